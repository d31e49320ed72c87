package run

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
)

// DataReport says what is read from files of samples.
type DataReport struct {
	File    string        `json:"file"`
	Form    string        `json:"form"`
	Samples int           `json:"samples"`
	Numbers []NumberStats `json:"numbers"`
	Left    []string      `json:"left_out,omitempty"` // columns
}

// NumberStats are of one number of each sample.
type NumberStats struct {
	Of     string    `json:"of"`               // x[0], or y
	Target bool      `json:"target,omitempty"` // else an input
	Column string    `json:"column,omitempty"` // of a table
	Type   string    `json:"type"`             // integer, number, class
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Mean   float64   `json:"mean"`
	First  []float64 `json:"first"`             // of the first samples
	Labels []string  `json:"labels,omitempty"`  // of the classes
	Counts []int     `json:"classes,omitempty"` // samples by class
}

// firstRows is how many samples a DataReport shows.
const firstRows = 5

// CheckData reads samples as training does, or, if weights are named, as eval
// does with them, and says what it read; without targets if the network has no
// loss.
func (c *Compiler) CheckData(net *spec.Network, source dataset.Source, weights string) (*DataReport, error) {
	shape, _, err := c.prepare(net, toEval)
	if err != nil {
		return nil, err
	}
	if weights != "" {
		if _, err := readWeights(net, shape, weights); err != nil {
			return nil, err
		}
		source.Trained = trainedColumns(weights)
	}
	targets := shape.Targets()
	read := source.Read
	if len(targets) == 0 {
		read = source.ReadInputs
	}
	data, err := read(shape.Inputs, targets)
	if err != nil {
		return nil, err
	}
	r := &DataReport{File: source.Data, Form: data.Form, Samples: data.N, Left: append(data.Left, data.LeftTargets...)}
	r.add(shape.Inputs, data.Inputs, data.Columns.Inputs, false)
	r.add(targets, data.Targets, data.Columns.Targets, true)
	return r, nil
}

// add reports the numbers of ports.
func (r *DataReport) add(ports []dataset.Port, data [][]float64, columns []string, target bool) {
	for i, p := range ports {
		for e := range p.Width() {
			s := NumberStats{Of: p.Name, Target: target, Labels: p.Labels}
			if p.Width() > 1 {
				s.Of = fmt.Sprintf("%s[%d]", p.Name, e)
			}
			if columns != nil {
				s.Column, columns = columns[0], columns[1:]
			}
			s.measure(data[i], p.Width(), e, p.Classes)
			r.Numbers = append(r.Numbers, s)
		}
	}
}

// measure describes every stride-th of some numbers, beginning with one.
func (s *NumberStats) measure(data []float64, stride, first, classes int) {
	s.Type, s.Min, s.Max = "integer", math.Inf(1), math.Inf(-1)
	n := float64(len(data) / stride)
	for i := first; i < len(data); i += stride {
		v := data[i]
		s.Min, s.Max, s.Mean = min(s.Min, v), max(s.Max, v), s.Mean+v/n
		if v != math.Trunc(v) {
			s.Type = "number"
		}
		if len(s.First) < firstRows {
			s.First = append(s.First, v)
		}
	}
	if classes == 0 && s.Type == "integer" {
		classes = len(s.Labels) // of a yes or no
	}
	if classes == 0 {
		return
	}
	s.Type, s.Counts = "class", make([]int, classes)
	for i := first; i < len(data); i += stride {
		s.Counts[int(data[i])]++
	}
}

// WriteText writes the report as a table, of wide ports the beginning alone.
func (r *DataReport) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s, %s\n\n", r.File, plural.Of(r.Samples, "sample"), r.Form)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(out, "\tcolumn\ttype\tmin\tmax\tmean")
	for i := range min(firstRows, r.Samples) {
		fmt.Fprintf(out, "\trow %d", i+1)
	}
	fmt.Fprintln(out)
	const most = 20
	for shown, i := 0, 0; i < len(r.Numbers); i++ {
		s := &r.Numbers[i]
		if i > 0 && s.Target != r.Numbers[i-1].Target {
			shown = 0
		}
		if shown++; shown <= most {
			s.writeText(out)
		} else if i+1 == len(r.Numbers) || r.Numbers[i+1].Target != s.Target {
			fmt.Fprintf(out, "… %d more\n", shown-most)
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for i := range r.Numbers {
		r.Numbers[i].writeClasses(w)
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(w, "\nleft out: %s\n", strings.Join(r.Left, ", "))
	}
	return nil
}

// writeText writes a row of the table.
func (s *NumberStats) writeText(w io.Writer) {
	kind := "input"
	if s.Target {
		kind = "target"
	}
	fmt.Fprintf(w, "%s %s\t%s\t%s\t%.4g\t%.4g\t%.4g", kind, s.Of, clip(s.Column, 24), s.Type, s.Min, s.Max, s.Mean)
	for _, v := range s.First {
		text := strconv.FormatFloat(v, 'g', 6, 64)
		if s.Counts != nil && s.Labels != nil {
			text = clip(s.Labels[int(v)], 16)
		}
		fmt.Fprintf(w, "\t%s", text)
	}
	fmt.Fprintln(w)
}

// writeClasses writes how many samples each class has.
func (s *NumberStats) writeClasses(w io.Writer) {
	if s.Counts == nil {
		return
	}
	fmt.Fprintf(w, "\nclasses of %s\n", s.Of)
	for c, n := range s.Counts {
		name := strconv.Itoa(c)
		if s.Labels != nil {
			name += " " + clip(s.Labels[c], 32)
		}
		fmt.Fprintf(w, "  %-24s %d\n", name, n)
	}
}

package run

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
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
	Of     string   `json:"of"`               // x[0], or y
	Target bool     `json:"target,omitempty"` // else an input
	Column string   `json:"column,omitempty"` // of a table
	Type   string   `json:"type"`             // integer, number, class, category
	Min    float64  `json:"min"`
	Max    float64  `json:"max"`
	Mean   float64  `json:"mean"`
	First  []cell   `json:"first"`             // of the first samples
	Labels []string `json:"labels,omitempty"`  // of the classes, or the texts of a column
	Counts []int    `json:"classes,omitempty"` // samples by class or text
	// Missing is how many samples have no value.
	Missing int `json:"missing,omitempty"`
}

// cell is a number that may be missing, NaN here and null in JSON.
type cell float64

// MarshalJSON writes the number.
func (c cell) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(c)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(c))
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
	if source.Sequence != "" {
		data.Columns.Inputs, data.Columns.Targets = ofSteps(shape.Inputs, data.Columns.Inputs), ofSteps(targets, data.Columns.Targets)
	}
	r.add(shape.Inputs, data.Inputs, data.Texts, data.Columns.Inputs, false)
	r.add(targets, data.Targets, nil, data.Columns.Targets, true)
	return r, nil
}

// ofSteps names the column of every number of ports, where a row is a step; a length has
// none.
func ofSteps(ports []dataset.Port, columns []string) []string {
	var out []string
	for _, p := range ports {
		width := p.Width() / max(1, p.Steps)
		if p.Length {
			out = append(out, "")
			continue
		}
		out = append(out, slices.Repeat(columns[:width], max(1, p.Steps))...)
		columns = columns[width:]
	}
	return out
}

// add reports the numbers of ports, and what texts they stand for.
func (r *DataReport) add(ports []dataset.Port, data [][]float64, texts [][][]string, columns []string, target bool) {
	for i, p := range ports {
		at := 0 // the first element of the column
		for e := range p.Width() {
			s := NumberStats{Of: p.Name, Target: target, Labels: p.Labels}
			elements, classes := 1, p.Classes
			if p.Cells != nil {
				elements = p.Cells[e].Elements
				s.Labels = texts[i][e]
				classes = len(s.Labels)
			}
			switch {
			case elements > 1:
				s.Of = fmt.Sprintf("%s[%d…%d]", p.Name, at, at+elements-1)
			case p.Size > 1 && p.Width() > 1:
				s.Of = fmt.Sprintf("%s[%d]", p.Name, at)
			}
			at += elements
			if columns != nil {
				s.Column, columns = columns[0], columns[1:]
			}
			s.measure(data[i], p.Width(), e, classes)
			if p.Cells != nil && s.Labels != nil {
				s.Type = "category"
			}
			r.Numbers = append(r.Numbers, s)
		}
	}
}

// measure describes every stride-th of some numbers, beginning with one.
func (s *NumberStats) measure(data []float64, stride, first, classes int) {
	s.Type, s.Min, s.Max = "integer", math.Inf(1), math.Inf(-1)
	there := 0.0
	for i := first; i < len(data); i += stride {
		v := data[i]
		if len(s.First) < firstRows {
			s.First = append(s.First, cell(v))
		}
		if math.IsNaN(v) {
			s.Missing++
			continue
		}
		there++
		s.Min, s.Max, s.Mean = min(s.Min, v), max(s.Max, v), s.Mean+(v-s.Mean)/there
		if v != math.Trunc(v) {
			s.Type = "number"
		}
	}
	if there == 0 {
		s.Min, s.Max = 0, 0
	}
	if classes == 0 && s.Type == "integer" {
		classes = len(s.Labels) // of a yes or no
	}
	if classes == 0 {
		return
	}
	s.Type, s.Counts = "class", make([]int, classes)
	for i := first; i < len(data); i += stride {
		if !math.IsNaN(data[i]) {
			s.Counts[int(data[i])]++
		}
	}
}

// WriteText writes the report as a table, of wide ports the beginning alone.
func (r *DataReport) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s, %s\n\n", r.File, plural.Of(r.Samples, "sample"), r.Form)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(out, "\tcolumn\ttype\tmin\tmax\tmean")
	missing := slices.ContainsFunc(r.Numbers, func(s NumberStats) bool { return s.Missing > 0 })
	if missing {
		fmt.Fprint(out, "\tmissing")
	}
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
			s.writeText(out, missing)
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

// writeText writes a row of the table, with what is missing if some is.
func (s *NumberStats) writeText(w io.Writer, missing bool) {
	kind := "input"
	if s.Target {
		kind = "target"
	}
	fmt.Fprintf(w, "%s %s\t%s\t%s", kind, s.Of, clip(s.Column, 24), s.Type)
	if s.Type == "category" {
		fmt.Fprint(w, "\t\t\t")
	} else {
		fmt.Fprintf(w, "\t%.4g\t%.4g\t%.4g", s.Min, s.Max, s.Mean)
	}
	if missing {
		fmt.Fprintf(w, "\t%d", s.Missing)
	}
	for _, v := range s.First {
		text := strconv.FormatFloat(float64(v), 'g', 6, 64)
		switch {
		case math.IsNaN(float64(v)):
			text = "–"
		case s.Counts != nil && s.Labels != nil:
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
	if s.Type == "category" {
		fmt.Fprintf(w, "\ncolumn %s\n", s.Column)
	} else {
		fmt.Fprintf(w, "\nclasses of %s\n", s.Of)
	}
	const most = 50
	for c, n := range s.Counts {
		if s.Type == "category" && c == most {
			fmt.Fprintf(w, "  … %d more\n", len(s.Counts)-most)
			break
		}
		name := strconv.Itoa(c)
		if s.Labels != nil {
			name += " " + clip(s.Labels[c], 32)
		}
		fmt.Fprintf(w, "  %-24s %d\n", name, n)
	}
	if s.Missing > 0 {
		fmt.Fprintf(w, "  %-24s %d\n", "missing", s.Missing)
	}
}

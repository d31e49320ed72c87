package run

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// PredictOptions say what to predict.
type PredictOptions struct {
	Weights string
	In      string
	Targets []string // columns of a CSV file that hold targets, which are left out
	// Sequence names the column of a CSV file that tells sequences apart.
	Sequence string
	Table    dataset.Table
	Out      string    // .npy, .npz or .csv; empty is CSV to Stdout
	JSON     bool      // for no file: lines of JSON instead
	Stdout   io.Writer // for no file
	Talk     io.Writer
}

// Predict runs a network over inputs and writes its outputs: an .npy with one
// row per sample, an .npz with an array per output, or CSV, where a classifier
// says the class too. It returns the number of samples.
func (c *Compiler) Predict(ctx context.Context, net *spec.Network, o PredictOptions) (int, error) {
	shape, _, err := c.prepare(net, toPredict)
	if err != nil {
		return 0, err
	}
	if _, err := predictionWriter(o.Out, shape); err != nil {
		return 0, err
	}
	stats, err := readWeights(net, shape, o.Weights)
	if err != nil {
		return 0, err
	}
	for _, warning := range stats.Warnings() {
		fmt.Fprintf(o.Talk, "warning: %s: %s\n", o.Weights, warning)
	}
	source := dataset.Source{Data: o.In, Columns: o.Targets, Sequence: o.Sequence, Trained: trainedColumns(o.Weights), Table: o.Table}
	data, err := source.ReadInputs(shape.Inputs, c.targetsIfTrained(net))
	if err != nil {
		return 0, err
	}
	sayLeft(o.Talk, source, data)
	job := job{Command: "predict", Samples: data.N, Weights: o.Weights}
	if slices.ContainsFunc(shape.Inputs, func(p dataset.Port) bool { return p.Windows }) {
		job.Windows = max(1, data.Windows)
	}
	outputs, err := c.outputs(ctx, net, toPredict, job, data, o.In, o.Talk, nil)
	if err != nil {
		return 0, err
	}
	table := filepath.Ext(o.Out) == ".csv" || o.Out == ""
	var write func(io.Writer, []*dataset.Array) error
	if shape, outputs, err = shape.ofSequences(data, outputs, o.Sequence, table); err != nil {
		return 0, err
	}
	if write, err = predictionWriter(o.Out, shape); err != nil {
		return 0, err
	}
	n := outputs[0].Rows()
	if o.Out == "" && o.JSON {
		return n, shape.writeJSON(o.Stdout, outputs)
	}
	if o.Out == "" {
		return n, write(o.Stdout, outputs)
	}
	return n, nnrt.SaveFile(o.Out, func(w io.Writer) error { return write(w, outputs) })
}

// targetsIfTrained returns the targets that a table of samples may have beside
// the inputs, also for a network that is generated without training code.
func (c *Compiler) targetsIfTrained(net *spec.Network) []dataset.Port {
	shape, _, err := c.prepare(net, toEval)
	if err != nil {
		return nil
	}
	return shape.Targets()
}

// PredictionFormats are the endings of files that predictions are written to.
var PredictionFormats = []string{".npy", ".npz", ".csv"}

// predictionWriter returns how to write outputs to a file of this name.
func predictionWriter(path string, s *Shape) (func(io.Writer, []*dataset.Array) error, error) {
	size := s.NumberSize()
	switch ext := filepath.Ext(path); {
	case path != "" && !slices.Contains(PredictionFormats, ext):
		return nil, OptionErrorf("--out %s: the ending says the format; it must be one of %s; - is CSV to standard output", path, strings.Join(PredictionFormats, ", "))
	case ext == ".npz":
		return func(w io.Writer, a []*dataset.Array) error { return dataset.WriteNPZ(w, a, size) }, nil
	case path == "", ext == ".csv":
		return func(w io.Writer, a []*dataset.Array) error {
			return dataset.WriteCSV(w, a, s.columns(), size, s.answers(a)...)
		}, nil
	case len(s.Outputs) > 1:
		return nil, OptionErrorf("--out %s: the network has %d outputs; write them to an .npz or .csv file", path, len(s.Outputs))
	}
	return func(w io.Writer, a []*dataset.Array) error { return dataset.WriteNPY(w, a[0], size) }, nil
}

// PredictionHeader is the first line of a table of predictions, of sequences where a
// column tells them apart.
func (s *Shape) PredictionHeader(sequence string) (string, error) {
	none := make([]*dataset.Array, len(s.Outputs))
	for i, o := range s.Outputs {
		none[i] = &dataset.Array{Shape: []int{0, o.Size}}
	}
	if sequence != "" {
		var err error
		if s, none, err = s.ofSequences(&dataset.Samples{Names: []string{}}, none, sequence, true); err != nil {
			return "", err
		}
	}
	var line strings.Builder
	err := dataset.WriteCSV(&line, none, s.columns(), s.NumberSize(), s.answers(none)...)
	return line.String(), err
}

// answers returns for each classifier, and each of its places, the columns class, the number of the
// class that each sample is in by its outputs, and label, its name; with several
// outputs, output.class. They are empty where an output is NaN.
func (s *Shape) answers(outputs []*dataset.Array) []dataset.TextColumn {
	out := slices.Clone(s.texts)
	used := s.columns()
	for _, t := range s.texts {
		used = append(used, t.Name)
	}
	column := func(o Output, name string, rows int) dataset.TextColumn {
		if len(s.Outputs) > 1 {
			name = o.Name + "." + name
		}
		for slices.Contains(used, name) {
			name = "predicted_" + name
		}
		used = append(used, name)
		return dataset.TextColumn{Name: name, Texts: make([]string, rows)}
	}
	for i, o := range s.Outputs {
		if o.Kind != KindClasses && o.Kind != KindBinary {
			continue
		}
		n, size := outputs[i].Rows(), o.Size/max(1, o.Places)
		for k := range max(1, o.Places) {
			of := ""
			if o.Places > 1 {
				of = strconv.Itoa(k)
			}
			columns := []dataset.TextColumn{column(o, "class"+of, n)}
			if len(o.Labels) > 1 {
				columns = append(columns, column(o, "label"+of, n))
			}
			for r := range n {
				scores := outputs[i].Data[r*o.Size+k*size:][:size]
				if slices.ContainsFunc(scores, math.IsNaN) {
					continue
				}
				c := o.answer(scores)
				columns[0].Texts[r] = strconv.Itoa(c)
				if len(columns) > 1 {
					columns[1].Texts[r] = o.Labels[c]
				}
			}
			out = append(out, columns...)
		}
	}
	return out
}

// columns names the columns of a table of outputs: the labels (of two for one
// value, the second), or the name of the output and a number; with several
// outputs, output.column.
func (s *Shape) columns() []string {
	var names []string
	for _, o := range s.Outputs {
		for i := range o.Size {
			name := fmt.Sprintf("%s%d", o.Name, i)
			switch {
			case o.Kind == KindBinary && len(o.Labels) == 2:
				name = o.Labels[1]
			case i < len(o.Labels) && o.Places <= 1:
				name = o.Labels[i]
			case o.Size == 1:
				name = o.Name
			}
			if len(s.Outputs) > 1 && name != o.Name {
				name = o.Name + "." + name
			}
			names = append(names, name)
		}
	}
	return names
}

// writeJSON writes an object per sample: a list of numbers for each output, by
// its name, and what answers says of it. What is not finite is null.
func (s *Shape) writeJSON(w io.Writer, outputs []*dataset.Array) error {
	out := json.NewEncoder(w)
	answers := s.answers(outputs)
	for r := range outputs[0].Rows() {
		row := map[string]any{}
		for i, o := range s.Outputs {
			values := make([]*json.Number, o.Size)
			for j, v := range outputs[i].Data[r*o.Size : (r+1)*o.Size] {
				if !math.IsNaN(v) && !math.IsInf(v, 0) {
					n := json.Number(strconv.FormatFloat(v, 'g', -1, 8*s.NumberSize()))
					values[j] = &n
				}
			}
			row[o.Name] = values
		}
		for _, c := range answers {
			name := c.Name
			if _, taken := row[name]; taken {
				name = "predicted_" + name
			}
			if n, err := strconv.Atoi(c.Texts[r]); err == nil && strings.Contains(c.Name, "class") {
				row[name] = n
			} else if c.Texts[r] != "" {
				row[name] = c.Texts[r]
			}
		}
		if err := out.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

package run

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
)

// PredictOptions say what to predict.
type PredictOptions struct {
	Weights string
	In      string
	Out     string    // .npy, .npz or .csv; empty is CSV to Stdout
	Stdout  io.Writer // for an empty Out
	Talk    io.Writer
}

// Predict runs a network over inputs and writes its outputs: an .npy with one
// row per sample, an .npz with an array per output, or CSV. It returns the
// number of samples.
func (c *Compiler) Predict(ctx context.Context, net *spec.Network, o PredictOptions) (int, error) {
	if _, err := os.Stat(o.Weights); err != nil {
		return 0, err
	}
	shape, _, err := c.prepare(net, toPredict)
	if err != nil {
		return 0, err
	}
	write, err := predictionWriter(o.Out, shape)
	if err != nil {
		return 0, err
	}
	data, left, err := dataset.ReadInputs(o.In, shape.Inputs, c.targetsIfTrained(net))
	if err != nil {
		return 0, err
	}
	if left > 0 {
		fmt.Fprintf(o.Talk, "note: the last %s of %s is taken for targets and left out\n", plural.Of(left, "column"), o.In)
	}
	job := job{Command: "predict", Samples: data.N, Weights: o.Weights}
	outputs, err := c.outputs(ctx, net, toPredict, job, data, o.In, o.Talk, nil)
	if err != nil {
		return 0, err
	}
	if o.Out == "" {
		return data.N, write(o.Stdout, outputs)
	}
	return data.N, nnrt.SaveFile(o.Out, func(w io.Writer) error { return write(w, outputs) })
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

// predictionWriter returns how to write outputs to a file of this name.
func predictionWriter(path string, s *Shape) (func(io.Writer, []*dataset.Array) error, error) {
	size := s.NumberSize()
	switch {
	case strings.HasSuffix(path, ".npz"):
		return func(w io.Writer, a []*dataset.Array) error { return dataset.WriteNPZ(w, a, size) }, nil
	case path == "", strings.HasSuffix(path, ".csv"):
		return func(w io.Writer, a []*dataset.Array) error { return dataset.WriteCSV(w, a, s.columns(), size) }, nil
	case len(s.Outputs) > 1:
		return nil, OptionErrorf("--out %s: the network has %d outputs; write them to an .npz or .csv file", path, len(s.Outputs))
	}
	return func(w io.Writer, a []*dataset.Array) error { return dataset.WriteNPY(w, a[0], size) }, nil
}

// columns names the columns of a table of outputs: the labels, or the name of
// the output and a number; with several outputs, output.column.
func (s *Shape) columns() []string {
	var names []string
	for _, o := range s.Outputs {
		for i := range o.Size {
			name := fmt.Sprintf("%s%d", o.Name, i)
			switch {
			case i < len(o.Labels):
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

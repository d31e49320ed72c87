package run

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// EvalOptions say what to evaluate.
type EvalOptions struct {
	Data    dataset.Source
	Weights string
	Talk    io.Writer
}

// EvalReport is the result of an evaluation.
type EvalReport struct {
	Samples int `json:"samples"`
	// Loss is the loss of the spec, per sample; nil if no output has one.
	Loss *float64 `json:"loss"`
	// Accuracy is that of the classifier, if there is just one.
	Accuracy *float64        `json:"accuracy,omitempty"`
	Outputs  []OutputMetrics `json:"outputs"`
	Weights  *WeightStats    `json:"weights,omitempty"`
	// Note says why the loss is null, if it is not a finite number.
	Note string `json:"note,omitempty"`
}

// Eval runs a network over samples and compares with their targets.
func (c *Compiler) Eval(ctx context.Context, net *spec.Network, o EvalOptions) (*EvalReport, error) {
	shape, _, err := c.prepare(net, toEval)
	if err != nil {
		return nil, err
	}
	if len(shape.Targets()) == 0 {
		return nil, net.Errorf(net.Pos, "write a loss, for instance loss: mse", code.Missing+"the network cannot be evaluated: no output has a loss")
	}
	report := &EvalReport{}
	if report.Weights, err = readWeights(net, shape, o.Weights); err != nil {
		return nil, err
	}
	o.Data.Trained = trainedColumns(o.Weights)
	data, err := o.Data.Read(shape.Inputs, shape.Targets())
	if err != nil {
		return nil, err
	}
	sayLeft(o.Talk, o.Data, data)
	report.Samples = data.N / max(1, data.Windows)
	if s := net.Codegen.Storage; s != "float32" {
		fmt.Fprintf(o.Talk, "note: evaluated with the float32 weights of the training; nngen verify says what storage %s changes\n", s)
	}
	job := job{Command: "eval", Samples: data.N, Windows: max(1, data.Windows), Weights: o.Weights}
	outputs, err := c.outputs(ctx, net, toEval, job, data, o.Data.Data, o.Talk, func(e event) { report.Loss, report.Note = e.Loss, e.Message })
	if err != nil {
		return nil, err
	}
	report.judge(shape, outputs, data)
	return report, nil
}

// judge fills in the metrics of the trained outputs.
func (r *EvalReport) judge(shape *Shape, outputs []*dataset.Array, data *dataset.Samples) {
	classifiers := 0
	next := 0
	for i, o := range shape.Outputs {
		if o.Target == nil {
			continue
		}
		var lengths []float64
		if o.Length >= 0 {
			lengths = data.Inputs[o.Length]
		}
		m := judge(o, outputs[i], data.Targets[next], lengths)
		next++
		r.Outputs = append(r.Outputs, m)
		if m.Accuracy != nil {
			classifiers++
			r.Accuracy = m.Accuracy
		}
	}
	if classifiers > 1 {
		r.Accuracy = nil
	}
}

// outputs runs a network over samples and returns its outputs.
func (c *Compiler) outputs(ctx context.Context, net *spec.Network, p purpose, j job, data *dataset.Samples, name string, talk io.Writer, handle func(event)) ([]*dataset.Array, error) {
	b, err := c.build(ctx, net, p, nil)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	dir, remove, err := workDir()
	if err != nil {
		return nil, err
	}
	defer remove()
	j.Data, j.Predictions = filepath.Join(dir, "data"), filepath.Join(dir, "outputs")
	if !b.Shape.Train {
		data = &dataset.Samples{N: data.N, Inputs: data.Inputs}
	}
	if _, err := writeSamples(j.Data, b.Shape, data, allRows(data.N)); err != nil {
		return nil, nameFile(err, name)
	}
	err = b.process(ctx, j, talk, func(e event) {
		if e.Event == "done" && handle != nil {
			handle(e)
		}
	})
	if err != nil {
		return nil, err
	}
	return readOutputs(j.Predictions, b.Shape, data.N)
}

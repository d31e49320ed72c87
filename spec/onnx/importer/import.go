package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// Options say how a model is imported.
type Options struct {
	Name string // of the network
	// Bind gives inputs of the graph that are really constants their values.
	Bind map[string]*onnx.Tensor
	// States are inputs and the outputs that they are in the next call; none is to
	// find out, one with the input "none" none at all.
	States []State
	// Context gives inputs the number of their last elements that are those of the
	// call before.
	Context map[string]int
	// Stream is how many elements along the last axis of its only input a call of the
	// network reads anew, where the model reads a window of a signal; 0 if it does not.
	Stream int
	// BatchAxis is "0" if the first dimension of inputs is the batch, "1" if the second
	// is, "none" if it belongs to the sample, "" to find out.
	BatchAxis string
	// Inference leaves training out of the spec.
	Inference bool
}

// Result is an imported model.
type Result struct {
	Spec    []byte   // YAML
	Tensors []Tensor // the weights
	Float64 bool     // the model computes in float64
	// Notes say what was decided, such as where the batch is.
	Notes []string
	// Inputs and Outputs are the names in the model of those of the network, in
	// its order.
	Inputs, Outputs []string
	// Batch reports whether a dimension of inputs and outputs in the model is the
	// batch: the first, or which InputBatch and OutputBatch say.
	Batch                   bool
	InputBatch, OutputBatch []int
	// InputShapes are those of a sample, in the model.
	InputShapes [][]int
	// Stream is as in Options; Window is how much the model reads of the signal at once,
	// and Result how much it gives.
	Stream, Window, Result int
	// States are the inputs of the model that are none of the network, but its
	// state; Contexts are those of Inputs.
	States   []State
	Contexts []int
	// StateParts are the elements of a state, by its input: each is one of a part
	// of the network's state.
	StateParts map[string][]StatePart
}

// StatePart is an element of a part of a network's state: of lstm1.h, for instance.
type StatePart struct {
	Name  string
	Index int
}

// Tensor is a weight in the canonical layout, under its canonical name.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float64
}

// Import turns a model into a network. Errors are of type *Error or
// *onnx.Error.
func Import(m *onnx.Model, o Options) (*Result, error) {
	s, err := load(m, o.Bind)
	if err != nil {
		return nil, err
	}
	var notes []string
	if s.states, notes, err = s.guessed(o.States); err != nil {
		return nil, err
	}
	s.context = o.Context
	if err := s.checkContext(); err != nil {
		return nil, err
	}
	if len(s.states)+len(s.context) > 0 && o.BatchAxis == "" {
		o.BatchAxis = "none" // a stream is one sample
	}
	l, more, err := chooseBatch(s, o.BatchAxis)
	if err != nil {
		return nil, err
	}
	notes = append(notes, more...)
	l.graph.ownStates()
	l.graph.writeOut()
	r := &Result{Float64: l.double, Batch: l.batch, States: s.states, Stream: o.Stream}
	if o.Stream > 0 {
		var failed *Error
		if r.Window, r.Result, failed = l.graph.stream(o.Stream); failed != nil {
			return nil, failed
		}
	}
	l.graph.simplify()
	if err := l.graph.check(); err != nil {
		return nil, err
	}
	r.Notes = append(notes, l.notes...)
	for _, in := range s.inputs {
		if !s.used[in.Name] {
			r.Notes = append(r.Notes, fmt.Sprintf("input %s is not used", quote(in.Name)))
		}
	}
	if len(m.TrainingInfo) > 0 {
		r.Notes = append(r.Notes, "its information on training is ignored")
	}
	if l.graph.dropUnread(); len(l.graph.inputs) == 0 {
		return nil, errorf("graph.output", "name outputs that the model computes from its inputs", "the outputs depend on no input")
	}
	for _, in := range l.graph.inputs {
		r.Inputs, r.InputBatch = append(r.Inputs, in.hints[0]), append(r.InputBatch, in.at)
		r.InputShapes, r.Contexts = append(r.InputShapes, in.given()), append(r.Contexts, s.context[in.hints[0]])
	}
	for _, out := range l.graph.outputs {
		r.Outputs, r.OutputBatch = append(r.Outputs, out.name), append(r.OutputBatch, out.batch)
	}
	w := &writer{graph: l.graph, context: s.context, name: o.Name, double: l.double, train: !o.Inference && o.Stream == 0}
	var lost []string
	w.labels, lost = labels(m, l.graph.outputs)
	r.Notes = append(r.Notes, lost...)
	w.taken, w.valid = map[string]bool{}, func(name string) bool { return spec.CheckName(name) == "" }
	r.Spec = w.spec()
	if n := w.layers; n > maxLayers {
		return nil, errorf("", cutOut, "the network has %d layers; the limit is %d", n, maxLayers)
	}
	r.Tensors, r.StateParts = w.tensors, w.stateParts()
	return r, nil
}

// chooseBatch lowers the model with the batch where it is said to be, or where
// it works out.
func chooseBatch(s *source, axis string) (*lowering, []string, error) {
	switch axis {
	case "0":
		l, err := lower(s, 0)
		return l, nil, err
	case "1":
		l, err := lower(s, 1)
		return l, nil, err
	case "none":
		l, err := lower(s, noBatch)
		return l, nil, err
	}
	if !s.mayHaveBatch() {
		l, err := lower(s, noBatch)
		return l, []string{"the inputs have no dimension for a batch"}, err
	}
	l, err := lower(s, 0)
	if err == nil {
		return l, []string{fmt.Sprintf("the first dimension (%s) is taken as the batch; --batch-axis none makes it part of the sample", s.leading())}, nil
	}
	const stepsFirst = "the second dimension is taken as the batch, the first as the steps of a sequence"
	if e, ok := err.(*Error); !ok || !e.mixesBatch {
		if second, secondErr := lower(s, 1); secondErr == nil && s.recurrent() {
			return second, []string{stepsFirst}, nil
		}
		return nil, nil, err
	}
	none, noneErr := lower(s, noBatch)
	if (noneErr != nil || none.graph.hasRows()) && s.recurrent() {
		second, secondErr := lower(s, 1)
		if secondErr == nil {
			return second, []string{stepsFirst}, nil
		}
		if e, ok := secondErr.(*Error); ok && !e.mixesBatch && noneErr != nil {
			return nil, nil, secondErr
		}
	}
	if noneErr != nil {
		if e, ok := noneErr.(*Error); ok && e.Operator == "" && strings.Contains(e.Msg, "is not fixed") {
			return nil, nil, err
		}
		return nil, nil, noneErr
	}
	return none, []string{fmt.Sprintf("the first dimension (%s) is taken as part of the sample, not as the batch", s.leading())}, nil
}

// noBatch is the axis of the batch where it belongs to the sample.
const noBatch = -1

// recurrent reports whether the model has recurrent layers.
func (s *source) recurrent() bool {
	return slices.ContainsFunc(s.nodes, func(c *call) bool { return cellRows[c.n.OpType].kind != "" })
}

// mayHaveBatch reports whether the first input that is read has a dimension
// beside the batch.
func (s *source) mayHaveBatch() bool {
	for _, in := range s.inputs {
		if s.used[in.Name] {
			return in.Type != nil && in.Type.Tensor != nil && in.Type.Tensor.Shape != nil &&
				(len(in.Type.Tensor.Shape.Dims) > 1 || len(in.Type.Tensor.Shape.Dims) == 1 && !in.Type.Tensor.Shape.Dims[0].HasValue)
		}
	}
	return false
}

// leading is the first dimension of the first input, for messages.
func (s *source) leading() string {
	for _, in := range s.inputs {
		if s.used[in.Name] {
			d := in.Type.Tensor.Shape.Dims[0]
			if d.HasValue {
				return fmt.Sprint(d.Value)
			}
			if d.Param != "" {
				return quote(d.Param)
			}
			break
		}
	}
	return "not fixed"
}

// check refuses what simplification has not resolved.
func (g *graph) check() error {
	for _, n := range g.order() {
		if n.kind == "empty" {
			e := errorf(n.place, cutOut, "its result of shape %v has no elements", n.shape)
			e.Operator, e.Node = n.op, n.node
			return e
		}
		why := ""
		switch {
		case n.kind == "final cell":
			why = "its output Y_c, the last cell state, is only understood as the state of the next call (--state), or over few steps"
		case n.kind == "last state":
			why = "its last state is not supported beside all its results and a length"
		case n.kind == "ceil":
			why = "whole numbers are only understood as the lengths of sequences"
		case n.cell != nil && (n.cell.begins() || !n.cell.said()):
			why = n.cell.unsaid() + fmt.Sprintf(" over more than %d steps, or with a length", mostWritten)
		}
		if why != "" {
			e := errorf(n.place, cutOut, "%s", why)
			e.Operator, e.Node = n.op, n.node
			return e
		}
	}
	return nil
}

// dropUnread removes inputs that nothing reads any more.
func (g *graph) dropUnread() {
	readers := g.readers()
	g.inputs = slices.DeleteFunc(g.inputs, func(in *node) bool { return len(readers[in]) == 0 })
}

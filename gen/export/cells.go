package export

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// cellGates are the gates of our parameters, by name, and ONNX's order of them.
var cellGates = map[string]struct {
	op         string
	ours, onnx string
}{
	"rnn": {"RNN", "h", "h"}, "gru": {"GRU", "rzh", "zrh"}, "lstm": {"LSTM", "ifco", "iofc"},
}

// cell is RNN, GRU or LSTM over a sequence [steps, batch, inputs], which is one step
// without an axis.
func (e *exporter) cell(l *spec.Layer, xs []value) value {
	kind, units := cellGates[l.Kind], l.Args.Int("units")
	x := e.batched(xs[0])
	var in string
	steps, inputs := 0, volume(x.dims)
	if l.Args.Has("axis") {
		steps = axis(l, x.dims) // counted with the batch
		inputs = x.dims[2-steps]
		in = e.node("Transpose", []string{x.name}, integers("perm", []int{steps, 0, 3 - steps}))
	} else {
		in = e.node("Unsqueeze", []string{e.vector(x).name, e.list("axes", 0)})
	}
	attrs := e.cellAttributes(l)
	if l.Args.Bool("go_backwards") {
		attrs = append(attrs, &onnx.Attribute{Name: "direction", Type: onnx.AttributeString, S: []byte("reverse")})
	}
	gates := len(kind.ours)
	bias := ""
	if l.Args.Bool("use_bias") {
		bias = e.gates(l, "B", []int{1, 2 * gates * units}, kind.ours, kind.onnx, []string{".bias_ih", ".bias_hh"})
	}
	operands := []string{in, e.gates(l, "W", []int{1, gates * units, inputs}, kind.ours, kind.onnx, []string{".weight_ih"}),
		e.gates(l, "R", []int{1, gates * units, units}, kind.ours, kind.onnx, []string{".weight_hh"}), bias}
	if attrs = append(attrs, integer("hidden_size", units)); len(xs) > 1 {
		operands = append(operands, e.lengths(e.batched(xs[1]), x.dims[steps-1]))
	}
	var states []value
	if !l.Args.Has("axis") || l.Args.Bool("stateful") {
		for len(operands) < 5 {
			operands = append(operands, "")
		}
		for _, slot := range []string{".h", ".c"}[:1+bit(l.Kind == "lstm")] {
			states = append(states, e.state(l.Name+slot, 1, units))
			operands = append(operands, states[len(states)-1].name)
		}
	}
	y := e.node(kind.op, operands, attrs...)
	node := e.graph.Nodes[len(e.graph.Nodes)-1]
	for _, s := range states {
		node.Outputs = append(node.Outputs, e.unique(s.name+"_last"))
	}
	for i, s := range states {
		e.after(s, node.Outputs[1+i])
	}
	if !l.Args.Has("axis") || l.Args.Text("return") == "last" {
		if states == nil {
			node.Outputs = append(node.Outputs, e.unique(y+"_last"))
		}
		node.Outputs[0] = ""
		return value{name: e.node("Squeeze", []string{node.Outputs[1], e.list("axes", 0)}), dims: []int{units}}
	}
	all := e.node("Transpose", []string{e.node("Squeeze", []string{y, e.list("axes", 1)})}, integers("perm", [][]int{nil, {1, 0, 2}, {1, 2, 0}}[steps]))
	if l.Args.Text("return") == "mean" && len(xs) > 1 {
		sum := e.node("ReduceSum", []string{all, e.list("axes", int64(steps))}, integer("keepdims", 0))
		count := e.node("Max", []string{e.vector(e.batched(xs[1])).name, e.scalar(1)})
		return value{name: e.node("Div", []string{sum, count}), dims: []int{units}}
	}
	if l.Args.Text("return") == "mean" {
		return value{name: e.node("ReduceMean", []string{all}, integers("axes", []int{steps}), integer("keepdims", 0)), dims: []int{units}}
	}
	return value{name: all}
}

// gates stores parameters, one after the other, with their gates in ONNX's order.
func (e *exporter) gates(l *spec.Layer, name string, dims []int, ours, theirs string, params []string) string {
	var data []float64
	for _, p := range params {
		values := slices.Concat(e.params[l.Name+p], e.params[l.Name+p+"_n"]) // the last gate's are apart, with the reset before
		each := len(values) / len(ours)
		for _, g := range theirs {
			at := slices.Index([]rune(ours), g) * each
			data = append(data, values[at:at+each]...)
		}
	}
	name = e.unique(l.Name + "_" + name)
	e.store(name, dims, data)
	return name
}

// cellAttributes are the activations, and where the reset is.
func (e *exporter) cellAttributes(l *spec.Layer) []*onnx.Attribute {
	var attrs []*onnx.Attribute
	fields := []string{"recurrent_activation", "activation", "output_activation"}
	switch l.Kind {
	case "rnn":
		fields = fields[1:2]
	case "gru":
		fields = fields[:2]
		attrs = append(attrs, integer("linear_before_reset", bit(l.Args.Bool("reset_after"))))
	}
	names := &onnx.Attribute{Name: "activations", Type: onnx.AttributeStrings}
	alpha := &onnx.Attribute{Name: "activation_alpha", Type: onnx.AttributeFloats}
	beta := &onnx.Attribute{Name: "activation_beta", Type: onnx.AttributeFloats}
	for _, field := range fields {
		act := l.Args.Word(field)
		if act == nil {
			act = l.Args.Word("activation")
		}
		if !slices.Contains([]string{"relu", "tanh", "sigmoid", "leaky_relu", "thresholded_relu", "hard_sigmoid", "elu", "softsign", "softplus"}, act.Name) {
			e.fail("layer %q: ONNX has no cell with the activation %s", l.Name, act.Name)
			return nil
		}
		row := operators[act.Name]
		names.Strings = append(names.Strings, []byte(row.op))
		for i, a := range row.attrs {
			list := []*onnx.Attribute{alpha, beta}[i]
			list.Floats = append(list.Floats, float32(act.Args.Float(a.field)))
		}
	}
	for _, a := range []*onnx.Attribute{names, alpha, beta} {
		if len(a.Strings)+len(a.Floats) > 0 {
			attrs = append(attrs, a)
		}
	}
	return attrs
}

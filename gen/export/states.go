package export

import (
	"math"
	"strings"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// state is a part of the network's state as an input of the graph, with the batch of
// one that a stream has in front. after names what it is in the next call.
func (e *exporter) state(part string, dims ...int) value {
	v := value{name: e.unique(strings.ReplaceAll(part, ".", "_")), dims: dims}
	e.graph.Inputs = append(e.graph.Inputs, e.info(v))
	return v
}

// after makes a value the state of the next call: the output whose name is that of the
// input and _out.
func (e *exporter) after(state value, next string) {
	out := value{name: e.unique(state.name + "_out"), dims: state.dims}
	e.graph.Nodes = append(e.graph.Nodes, &onnx.Node{Name: out.name, OpType: "Identity", Inputs: []string{next}, Outputs: []string{out.name}})
	e.kept = append(e.kept, e.info(out))
}

// remembered is a value [channels, elements] with the elements of the calls before in
// front, of which it keeps the last.
func (e *exporter) remembered(part string, x value, kept int) value {
	past := e.state(part, x.dims[0], kept)
	all := value{e.node("Concat", []string{past.name, x.name}, integer("axis", 2)), []int{x.dims[0], kept + x.dims[1]}, false}
	e.after(past, e.node("Slice", []string{all.name, e.list("starts", int64(-kept)), e.list("ends", math.MaxInt64), e.list("axes", 2)}))
	return all
}

// context is an input with the last elements of the call before in front.
func (e *exporter) context(in *spec.Input, x value) value {
	row := e.reshaped(e.vector(x), []int{1, in.Size()})
	all := e.remembered(in.Name+".past", row, in.Context)
	return e.reshaped(all, all.dims[1:])
}

// delay is the source some calls ago.
func (e *exporter) delay(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	n := volume(x.dims)
	all := e.remembered(l.Name+".past", e.reshaped(x, []int{1, n}), l.Args.Int("steps")*n)
	first := value{name: e.node("Slice", []string{all.name, e.list("starts", 0), e.list("ends", int64(n)), e.list("axes", 2)}), dims: []int{1, n}}
	return e.reshaped(first, x.dims)
}

// stateLayer is what a layer below was in the call before.
func (e *exporter) stateLayer(l *spec.Layer, _ []value) value {
	v := e.state(l.Name+".state", e.prog.Shapes[l.Name]...)
	e.pending = append(e.pending, func() {
		e.at = l.Name
		next := e.batched(e.values[l.Args.Text("next")])
		e.after(v, e.reshaped(next, v.dims).name)
	})
	return v
}

// lengths is how many steps each sequence has, as ONNX counts them: a step is one of a
// sequence where it is below a number, which need not be whole.
func (e *exporter) lengths(x value, steps int) string {
	whole := e.node("Clip", []string{e.node("Ceil", []string{e.vector(x).name}), e.scalar(0), e.scalar(float64(steps))})
	list := e.node("Squeeze", []string{whole, e.list("axes", 1)})
	return e.node("Cast", []string{list}, integer("to", int(onnx.Int32)))
}

package export

import (
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// reduction is a reduction over axes. Those of ReduceSum are an input, of the
// others an attribute, in this operator set.
func reduction(op string) func(e *exporter, l *spec.Layer, xs []value) value {
	return func(e *exporter, l *spec.Layer, xs []value) value {
		x := e.batched(xs[0])
		var list []int
		for _, a := range axes(l, x.dims) {
			list = append(list, a+1)
		}
		if len(list) == 0 { // a single number
			return value{name: e.node("Identity", []string{x.name})}
		}
		keep := integer("keepdims", bit(l.Args.Bool("keepdims")))
		if op == "ReduceSum" {
			return value{name: e.node(op, []string{x.name, e.list("axes", wide(list)...)}, keep)}
		}
		return value{name: e.node(op, []string{x.name}, integers("axes", list), keep)}
	}
}

// extreme is the place of an extreme, as a number of the network's type.
func extreme(op string) func(e *exporter, l *spec.Layer, xs []value) value {
	return func(e *exporter, l *spec.Layer, xs []value) value {
		x, at, keep := e.batched(xs[0]), 1, l.Args.Bool("keepdims")
		if l.Args.Has("axis") {
			at = axis(l, x.dims)
		} else {
			x, keep = e.vector(x), false
		}
		place := e.node(op, []string{x.name}, integer("axis", at), integer("keepdims", bit(keep)),
			integer("select_last_index", bit(l.Args.Bool("last"))))
		y := value{name: e.node("Cast", []string{place}, integer("to", int(e.elem)))}
		if l.Args.Has("axis") {
			return y
		}
		return e.reshaped(y, e.prog.Shapes[l.Name])
	}
}

// softmax is taken along an axis, or over all elements of a sample.
func (e *exporter) softmax(op string, args spec.Args, x value) value {
	over := func(x value, axis int) value {
		return value{name: e.node(op, []string{x.name}, []*onnx.Attribute{integer("axis", axis)}...), dims: x.dims}
	}
	if !args.Has("axis") {
		return e.reshaped(over(e.vector(x), 1), x.dims)
	}
	return over(x, axis(&spec.Layer{Args: args}, x.dims))
}

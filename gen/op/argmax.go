package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// argParams are the fields of argmax and argmin.
var argParams = []spec.Param{
	{Name: "axis", Doc: "axis, of the shape without the batch, from the end if negative; all elements as a row-major vector if absent", Type: spec.Integer},
	keepdims,
	{Name: "last", Doc: "the last of equals instead of the first", Type: spec.Bool, Default: false},
}

// The places of extremes, as numbers of the network's type.
var (
	argmax = Layer{
		Kind:  spec.Kind{Name: "argmax", Doc: "Place 0, 1, … of the maximum along an axis, the first of equals or of NaNs, as a number; it has no derivative.", Params: argParams},
		Build: argLayer(ir.ArgMax, ir.ArgMaxLast),
	}
	argmin = Layer{
		Kind:  spec.Kind{Name: "argmin", Doc: "Place 0, 1, … of the minimum along an axis, the first of equals or of NaNs, as a number; it has no derivative.", Params: argParams},
		Build: argLayer(ir.ArgMin, ir.ArgMinLast),
	}
)

func argLayer(first, last ir.ReduceKind) func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	return func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x := xs[0]
		if b.untrained(l, x.Value) {
			return Tensor{}
		}
		var axes []int
		for i := range x.Dims {
			axes = append(axes, i)
		}
		if arg, written := l.Args["axis"]; written {
			axis, ok := b.axisField("axis", arg, x.Dims)
			if !ok {
				return Tensor{}
			}
			axes = []int{axis}
		}
		kind := first
		if l.Args.Bool("last") {
			kind = last
		}
		_, g := b.toGroups(l, x, axes)
		return Tensor{b.ReduceAxis(l.Kind, l.Name, kind, x.Value, g), reducedDims(l, x.Dims, axes)}
	}
}

// untrained refuses to train through a layer without a derivative.
func (b *Builder) untrained(l *spec.Layer, x *ir.Value) bool {
	refused := b.Net.Codegen.Train && b.flows[x]
	if refused {
		b.Errorf(l.Pos, "remove it while training, or write codegen: {train: false}", code.NotTrainable+"%s has no derivative, so the net cannot train through it", l.Kind)
	}
	return refused
}

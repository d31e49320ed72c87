package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// dropout zeroes unit outputs in training: y = x·m, m = 0 with probability
// rate, else 1/(1−rate). It is the identity in inference.
var dropout = Layer{
	Kind: spec.Kind{
		Name: "dropout",
		Doc:  "Dropout of unit outputs with inverted scaling, y = x·m/(1−rate), m ~ Bernoulli(1−rate), gradient dx = dy·m/(1−rate); the identity in inference.",
		Params: []spec.Param{
			{Name: "rate", Doc: "probability of dropping a unit", Type: spec.Number, Required: true, Range: &spec.Range{Min: 0, Max: 1, MaxOpen: true}},
			{Name: "axis", Doc: "axis, of the shape without the batch, from the end if negative, along which whole parts are dropped: axis: 0 drops channels (PyTorch Dropout2d, Keras SpatialDropout2D); each unit by itself if absent", Type: spec.Integer},
		},
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x, rate, layer := xs[0].Value, l.Args.Float("rate"), 2*b.NextLayer()
		dims := xs[0].Dims
		if l.Args.Has("axis") {
			axis, ok := b.axisField("axis", l.Args["axis"], dims)
			if !ok {
				return Tensor{}
			}
			dims = slices.Repeat([]int{1}, len(dims))
			dims[axis] = xs[0].Dims[axis]
		}
		if !b.Training || rate == 0 {
			return xs[0]
		}
		m := b.Temp(l.Name+"_mask", volume(dims))
		b.Emit(&ir.Random{Y: m, Purpose: "dropout", Layer: layer, Rate: rate})
		m, _ = b.spread(Tensor{m, dims}, xs[0].Dims)
		product := func(out, a string) expr.Program { return expr.One(out, expr.Mul(expr.L(a), expr.L("m"))) }
		y := b.Map("dropout", l.Name, product("y", "x"), "y", x.Size(), "x", x, "m", m)
		b.Record(y, func(dy *ir.Value) {
			b.AddGrad(x, b.Map("dropout gradient", "d"+x.Name, product("dx", "dy"), "dx", x.Size(), "dy", dy, "m", m))
		})
		return Tensor{y, xs[0].Dims}
	},
}

package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// prelu is the leaky ReLU with a trained slope.
var prelu = Layer{
	Kind: spec.Kind{
		Name: "prelu",
		Doc:  "Parametric ReLU, y = x for x ≥ 0, else w·x, gradient dx = dy for x > 0, else w·dy, dw = Σ dy·min(x, 0) (He et al. 2015; PyTorch PReLU, which has one w unless told otherwise).",
		Params: slices.Concat(axesParams, []spec.Param{
			{Name: "init", Doc: "initial slope w", Type: spec.Number, Default: 0.25},
			trainableParam,
		}),
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x := xs[0]
		stored, combined, ok := b.paramDims(l, x.Dims)
		if !ok {
			return Tensor{}
		}
		param, ok := b.elementwise(l, "weight", stored, combined, l.Args.Float("init"))
		if !ok {
			return Tensor{}
		}
		w, back := b.spread(param, x.Dims)
		y := b.Map("prelu", l.Name, formula("y = select(x < 0, w*x, x)"), "y", x.Size(), "x", x.Value, "w", w)
		b.Record(y, func(dy *ir.Value) {
			if b.Flows(x.Value) {
				b.AddGrad(x.Value, b.Map("prelu gradient", "d"+x.Name, formula("dx = select(0 < x, dy, w*dy)"), "dx", x.Size(),
					"x", x.Value, "dy", dy, "w", w))
			}
			if param.Param.Trained {
				back(b.Map("slope gradient", "d"+l.Name+"_weight", formula("dw = select(0 < x, 0, x*dy)"), "dw", x.Size(), "x", x.Value, "dy", dy))
			}
		})
		return Tensor{y, x.Dims}
	},
}

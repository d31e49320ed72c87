package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// scaleShift is y = x·w + b with a weight and a bias per feature.
var scaleShift = Layer{
	Kind: spec.Kind{
		Name: "scale_shift",
		Doc:  "Scale and shift by feature, y = x·w + b, gradient dx = dy·w, dw = Σ dy·x, db = Σ dy; w starts at 1, b at 0.",
		Params: slices.Concat(axesParams, []spec.Param{
			{Name: "use_weight", Doc: "multiply by the weight w", Type: spec.Bool, Default: true},
			{Name: "use_bias", Doc: "add the bias b", Type: spec.Bool, Default: true},
			trainableParam,
		}),
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		stored, combined, ok := b.paramDims(l, xs[0].Dims)
		if !ok {
			return Tensor{}
		}
		if !l.Args.Bool("use_weight") && !l.Args.Bool("use_bias") {
			b.Errorf(l.Pos, "leave one of them out, or remove the layer", code.Conflict+"use_weight and use_bias are both false")
			return Tensor{}
		}
		return b.affine(l, xs[0], stored, combined, l.Name)
	},
}

// affine is y = x·<layer>.weight + <layer>.bias, as far as the fields
// use_weight and use_bias ask for them.
func (b *Builder) affine(l *spec.Layer, x Tensor, stored, combined []int, name string) Tensor {
	prog := expr.L("x")
	ins := []any{"x", x.Value}
	var w, bias *ir.Value
	var backW, backB func(*ir.Value)
	if l.Args.Bool("use_weight") {
		t, ok := b.elementwise(l, "weight", stored, combined, 1)
		if !ok {
			return Tensor{}
		}
		w, backW = b.spread(t, x.Dims)
		prog, ins = expr.Mul(prog, expr.L("w")), append(ins, "w", w)
	}
	if l.Args.Bool("use_bias") {
		t, ok := b.elementwise(l, "bias", stored, combined, 0)
		if !ok {
			return Tensor{}
		}
		bias, backB = b.spread(t, x.Dims)
		prog, ins = expr.Add(prog, expr.L("b")), append(ins, "b", bias)
	}
	y := b.Map("scale and shift", name, expr.One("y", prog), "y", x.Size(), ins...)
	b.Record(y, func(dy *ir.Value) {
		dx := dy
		if w != nil {
			if b.Flows(x.Value) {
				dx = b.Map("scale gradient", "d"+x.Name, formula("dx = dy*w"), "dx", x.Size(), "dy", dy, "w", w)
			}
			if l.Args.Bool("trainable") {
				backW(b.Map("weight gradient", "d"+name+"_weight", formula("dw = dy*x"), "dw", x.Size(), "dy", dy, "x", x.Value))
			}
		}
		if bias != nil {
			backB(dy)
		}
		if b.Flows(x.Value) {
			b.AddGrad(x.Value, dx)
		}
	})
	return Tensor{y, x.Dims}
}

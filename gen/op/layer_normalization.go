package op

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// layerNormalization normalises the elements of a sample, or of groups of them.
var layerNormalization = Layer{
	Kind: spec.Kind{
		Name: "layer_normalization", Aliases: []string{"layer_norm"},
		Doc: "Layer normalisation, y = h·w + b, h = (x − μ)·r, r = 1/√(σ² + ε), with mean μ and variance σ² of the n elements along the axes, gradient dx = r·(dh − (Σ dh + h·Σ dh·h)/n), dh = dy·w, dw = Σ dy·h, db = Σ dy; w and b have one element per element along the axes (Ba et al. 2016; PyTorch LayerNorm). With the default ε the squares of deviations up to 1e31 in float32, and 1e290 in float64, are there.",
		Params: []spec.Param{
			{Name: "epsilon", Doc: "ε, added to the variance", Type: spec.Number, Default: 1e-5, Range: notNegative},
			{Name: "axis", Doc: "first of the axes that are normalised, which are it and those after it, of the shape without the batch, from the end if negative", Type: spec.Integer, Default: -1},
			{Name: "use_weight", Doc: "multiply by the weight w", Type: spec.Bool, Default: true},
			{Name: "use_bias", Doc: "add the bias b", Type: spec.Bool, Default: true},
			trainableParam,
		},
	},
	Build: buildLayerNormalization,
}

func buildLayerNormalization(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	x := xs[0]
	axis, ok := b.axisField("axis", l.Args["axis"], x.Dims)
	if !ok {
		return Tensor{}
	}
	g := along(x.Dims, axis, len(x.Dims)-1)
	h := Tensor{normalised(b, l, x.Value, g), x.Dims}
	if !l.Args.Bool("use_weight") && !l.Args.Bool("use_bias") {
		h.Name = l.Name
		return h
	}
	dims := x.Dims[axis:]
	return b.affine(l, h, dims, dims, l.Name)
}

// squareScale is the power of two by which deviations are multiplied before they
// are squared: as small as it may be for squares that are lost to be nothing
// beside epsilon. In float32 with ε = 1e−5 it is 2⁻⁴¹, and deviations up to 1e31
// have a variance; without ε it is 1.
func squareScale(t ir.DType, epsilon float64) float64 {
	mantissa, least := 24, -126
	if t == ir.Float64 {
		mantissa, least = 53, -1022
	}
	if epsilon == 0 {
		return 1
	}
	_, exponent := math.Frexp(epsilon)
	return math.Ldexp(1, min(0, (least+mantissa+4-exponent)/2))
}

// normalised is h = (x − μ)·r of every group.
func normalised(b *Builder, l *spec.Layer, x *ir.Value, g groups) *ir.Value {
	epsilon := l.Args.Float("epsilon")
	c := squareScale(b.Prog.DType, epsilon)
	n := map[string]float64{"n": float64(g.length), "c": c, "epsilon": c * c * epsilon}
	mapped := func(doc, name, prog, out string, size int, ins ...any) *ir.Value {
		return b.Map(doc, name, expr.MustParse(prog).Bind(n), out, size, ins...)
	}
	sum := b.reduce(g, "sum", l.Name+"_sum", ir.Sum, formula("e = x"), "x", x)
	mean := mapped("mean", l.Name+"_mean", "m = s/n", "m", g.count(), "s", sum)
	d := mapped("deviation", l.Name+"_deviation", "d = x - m", "d", g.size(), "x", x, "m", b.repeat(g, mean))
	squares := b.reduce(g, "sum of squares", l.Name+"_squares", ir.Sum, formula("q = d*c; e = q*q").Bind(n), "d", d)
	r := mapped("reciprocal deviation", l.Name+"_scale", "r = c/sqrt(s/n + epsilon)", "r", g.count(), "s", squares)
	scale := b.repeat(g, r)
	h := mapped("normalise", l.Name+"_normalised", "h = d*r", "h", g.size(), "d", d, "r", scale)
	b.Record(h, func(dh *ir.Value) {
		s1 := b.reduce(g, "sum", dh.Name+"_sum", ir.Sum, formula("e = x"), "x", dh)
		s2 := b.reduce(g, "sum of products", dh.Name+"_dot", ir.Sum, formula("e = dh*h"), "dh", dh, "h", h)
		b.AddGrad(x, mapped("layer normalisation gradient", "d"+x.Name, "dx = r*(dh - (s + h*t)/n)", "dx", g.size(),
			"r", scale, "dh", dh, "s", b.repeat(g, s1), "h", h, "t", b.repeat(g, s2)))
	})
	return h
}

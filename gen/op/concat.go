package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// concat places its sources one after the other.
var concat = Layer{
	Kind: spec.Kind{
		Name: "concat", Aliases: []string{"concatenate"}, MinFrom: 2, MaxFrom: 64,
		Doc: "Concatenation of two or more sources, y = [x₁, x₂, …], gradient dxᵢ the slice of dy.",
	},
	Build: func(b *Builder, l *spec.Layer, xs []*ir.Value) *ir.Value {
		size := 0
		for _, x := range xs {
			size += x.Size()
		}
		y := b.Temp(l.Name, size)
		b.Emit(&ir.Concat{Y: y, Xs: xs})
		b.Record(y, func(dy *ir.Value) {
			from := 0
			for _, x := range xs {
				if b.Flows(x) {
					dx := b.Temp("d"+x.Name, x.Size())
					b.Emit(&ir.Slice{Y: dx, X: dy, From: from})
					b.AddGrad(x, dx)
				}
				from += x.Size()
			}
		})
		return y
	},
}

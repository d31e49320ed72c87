package op

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// add is the element-wise sum of its sources.
var add = Layer{
	Kind: spec.Kind{
		Name: "add", MinFrom: 2, MaxFrom: 64,
		Doc: "Element-wise sum of two or more sources of one width, y = Σ xᵢ, gradient dxᵢ = dy.",
	},
	Build: func(b *Builder, l *spec.Layer, xs []*ir.Value) *ir.Value {
		ok := true
		for i, x := range xs[1:] {
			if x.Size() != xs[0].Size() {
				b.Errorf(l.Pos, "give them the same units, or join them with concat",
					"its sources must have one width, got %s with %d and %s with %d",
					l.From[0], xs[0].Size(), l.From[i+1], x.Size())
				ok = false
			}
		}
		if !ok {
			return nil
		}
		sum := expr.L("x0")
		ins := []any{"x0", xs[0]}
		for i, x := range xs[1:] {
			leaf := fmt.Sprintf("x%d", i+1)
			sum = expr.Add(sum, expr.L(leaf))
			ins = append(ins, leaf, x)
		}
		y := b.Map("add", l.Name, expr.One("y", sum), "y", xs[0].Size(), ins...)
		b.Record(y, func(dy *ir.Value) {
			for _, x := range xs {
				b.AddGrad(x, dy)
			}
		})
		return y
	},
}

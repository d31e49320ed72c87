package op

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// merge is the mathematics of a layer that combines its sources element by
// element: y from the leaves x0, x1, …, and the gradient of source i of n from
// them, y and dy.
type merge struct {
	value func(xs []*expr.Node) *expr.Node
	grad  func(xs []*expr.Node, i int) *expr.Node // nil: it has no derivative
}

// repeats is what the documentation of all of them says.
const repeats = "; shapes are combined as NumPy broadcasts them, without the batch, and the gradient of a repeated element is the sum over its repetitions"

// mergeLayer is the row of an element-wise layer.
func mergeLayer(k spec.Kind, m merge) Layer {
	k.MinFrom = max(2, k.MinFrom)
	if k.MaxFrom == 0 {
		k.MaxFrom = 64
	}
	k.Doc += repeats + "."
	return Layer{Kind: k, Build: m.build}
}

var (
	add = mergeLayer(spec.Kind{
		Name: "add",
		Doc:  "Element-wise sum of two or more sources, y = Σ xᵢ, gradient dxᵢ = dy",
	}, merge{
		value: func(xs []*expr.Node) *expr.Node { return chain(xs, expr.Add) },
		grad:  func([]*expr.Node, int) *expr.Node { return expr.L("dy") },
	})
	subtract = mergeLayer(spec.Kind{
		Name: "subtract", Aliases: []string{"sub"}, MaxFrom: 2,
		Doc: "Element-wise difference of two sources, y = x₁ − x₂, gradient dx₁ = dy, dx₂ = −dy",
	}, merge{
		value: func(xs []*expr.Node) *expr.Node { return expr.Sub(xs[0], xs[1]) },
		grad: func(_ []*expr.Node, i int) *expr.Node {
			return []*expr.Node{expr.L("dy"), expr.Neg(expr.L("dy"))}[i]
		},
	})
	multiply = mergeLayer(spec.Kind{
		Name: "multiply", Aliases: []string{"mul"},
		Doc: "Element-wise product of two or more sources, y = Π xᵢ, gradient dxᵢ = dy·Π of the others",
	}, merge{
		value: func(xs []*expr.Node) *expr.Node { return chain(xs, expr.Mul) },
		grad: func(xs []*expr.Node, i int) *expr.Node {
			p := expr.L("dy")
			for j, x := range xs {
				if j != i {
					p = expr.Mul(p, x)
				}
			}
			return p
		},
	})
	divide = mergeLayer(spec.Kind{
		Name: "divide", Aliases: []string{"div"}, MaxFrom: 2,
		Doc: "Element-wise quotient of two sources, y = x₁/x₂, gradient dx₁ = dy/x₂, dx₂ = −dy·y/x₂",
	}, merge{
		value: func(xs []*expr.Node) *expr.Node { return expr.Div(xs[0], xs[1]) },
		grad: func(xs []*expr.Node, i int) *expr.Node {
			d := expr.Div(expr.L("dy"), xs[1])
			return []*expr.Node{d, expr.Neg(expr.Mul(d, expr.L("y")))}[i]
		},
	})
	minimum = mergeLayer(spec.Kind{
		Name: "minimum",
		Doc:  "Element-wise minimum of two or more sources, y = min xᵢ, gradient dxᵢ = dy/k where k sources are the least and xᵢ is one of them, else 0",
	}, merge{
		value: func(xs []*expr.Node) *expr.Node {
			return chain(xs, func(a, b *expr.Node) *expr.Node { return extreme(b, a, a, b) })
		},
		grad: shared,
	})
	maximum = mergeLayer(spec.Kind{
		Name: "maximum",
		Doc:  "Element-wise maximum of two or more sources, y = max xᵢ, gradient dxᵢ = dy/k where k sources are the greatest and xᵢ is one of them, else 0",
	}, merge{
		value: func(xs []*expr.Node) *expr.Node {
			return chain(xs, func(a, b *expr.Node) *expr.Node { return extreme(a, b, a, b) })
		},
		grad: shared,
	})
	average = mergeLayer(spec.Kind{
		Name: "average",
		Doc:  "Element-wise mean of n ≥ 2 sources, y = Σ xᵢ/n, gradient dxᵢ = dy/n",
	}, merge{
		value: func(xs []*expr.Node) *expr.Node { return expr.Div(chain(xs, expr.Add), expr.C(float64(len(xs)))) },
		grad:  func(xs []*expr.Node, _ int) *expr.Node { return expr.Div(expr.L("dy"), expr.C(float64(len(xs)))) },
	})
)

// chain is f(f(x0, x1), x2)….
func chain(xs []*expr.Node, f func(a, b *expr.Node) *expr.Node) *expr.Node {
	y := xs[0]
	for _, x := range xs[1:] {
		y = f(y, x)
	}
	return y
}

// extreme is b where less < more, else a, and NaN where a or b is.
func extreme(less, more, a, b *expr.Node) *expr.Node {
	return expr.Select(expr.Less(less, more), b, expr.Select(expr.LessEqual(more, less), a, expr.Add(a, b)))
}

// shared divides dy among the sources that are y. NaN stays.
func shared(xs []*expr.Node, i int) *expr.Node {
	y := expr.L("y")
	terms := make([]*expr.Node, len(xs))
	for j, x := range xs {
		terms[j] = expr.Select(expr.Equal(x, y), expr.C(1), expr.C(0))
	}
	return expr.Select(expr.Equal(xs[i], y), expr.Div(expr.L("dy"), chain(terms, expr.Add)), zeroOrNaN)
}

// zeroOrNaN is 0, or NaN where y is.
var zeroOrNaN = expr.Select(expr.Equal(expr.L("y"), expr.L("y")), expr.C(0), expr.L("y"))

func (m merge) build(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	dims := xs[0].Dims
	for i, x := range xs[1:] {
		joint, ok := broadcast(dims, x.Dims)
		if !ok || volume(joint) > MaxElements {
			b.Errorf(l.Pos, "give them one shape, or shapes that NumPy broadcasts; concat joins different ones",
				code.Shapes+"its sources do not fit together, %s has the shape %s and %s has %s",
				l.From[0], shapeText(xs[0].Dims), l.From[i+1], shapeText(x.Dims))
			return Tensor{}
		}
		dims = joint
	}
	for _, x := range xs {
		if m.grad == nil && b.untrained(l, x.Value) {
			return Tensor{}
		}
	}
	leaves := make([]*expr.Node, len(xs))
	backs := make([]func(*ir.Value), len(xs))
	var ins []any
	for i, x := range xs {
		leaf := fmt.Sprintf("x%d", i)
		leaves[i] = expr.L(leaf)
		v, back := b.spread(x, dims)
		ins, backs[i] = append(ins, leaf, v), back
	}
	y := b.Map(l.Kind, l.Name, expr.One("y", m.value(leaves)), "y", volume(dims), ins...)
	b.Record(y, func(dy *ir.Value) {
		for i, x := range xs {
			if !b.Flows(x.Value) {
				continue
			}
			d := dy
			if grad := expr.One("dx", m.grad(leaves, i)); grad[0].X.Op != expr.OpLeaf {
				d = b.Map(l.Kind+" gradient", "d"+x.Name, grad, "dx", volume(dims), append([]any{"y", y, "dy", dy}, ins...)...)
			}
			backs[i](d)
		}
	})
	return Tensor{y, dims}
}

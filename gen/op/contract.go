package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Contract adds a contraction, and how gradients flow back to its operands.
func (b *Builder) Contract(c *ir.Contract) {
	c.Terms = slices.DeleteFunc(c.Terms, func(t ir.Term) bool { return !c.Exists(&t) })
	b.Emit(c)
	b.Record(c.Y.V, func(dy *ir.Value) {
		for i := range c.Terms {
			t := &c.Terms[i]
			for j, o := range t.Operands() {
				b.gather(o.V, func(dx *ir.Value) []*ir.Contract { return c.Grad(t, j, dy, dx) })
			}
		}
		if c.Init != nil {
			b.gather(c.Init.V, func(dx *ir.Value) []*ir.Contract { return c.GradInit(dy, dx) })
		}
	})
}

// gather adds the gradient of an operand that its parts compute, if it is
// wanted.
func (b *Builder) gather(x *ir.Value, parts func(dx *ir.Value) []*ir.Contract) {
	if !b.wanted(x) {
		return
	}
	dx := b.gradValue(x)
	for _, c := range parts(dx) {
		b.Emit(c)
	}
	b.AddGrad(x, dx)
}

// wanted reports whether the gradient of a value, or of a parameter, is wanted.
func (b *Builder) wanted(x *ir.Value) bool {
	if x.Kind == ir.Param {
		return b.Training && x.Param.Trained
	}
	return b.Flows(x)
}

// gradValue is a value for the gradient of x, or for a part of it. The first
// part of a parameter's is where the gradient ends up, the others lie beside it
// until they are added.
func (b *Builder) gradValue(x *ir.Value) *ir.Value {
	g := ir.Value{Name: "d" + x.Name, Shape: x.Shape, Batch: x.Batch, DType: x.DType, Param: x.Param}
	if x.Param != nil {
		g.Name, g.Kind = x.Name, ir.Gradient
		if b.grads[b.params[x.Param.Name]] != nil {
			g.Name, g.Kind = x.Param.Name+".shared", ir.Temp
		}
	}
	return b.Value(g)
}

// addParamGrad adds a part to the gradient of a parameter.
func (b *Builder) addParamGrad(p, part *ir.Value) {
	sum := part
	if gs := b.grads[p]; gs != nil {
		sum = b.Value(ir.Value{Name: p.Name, Kind: ir.Gradient, Shape: p.Shape, DType: p.DType, Param: p.Param})
		b.Emit(&ir.Map{
			Doc: "add gradients", Prog: expr.One("s", expr.Add(expr.L("a"), expr.L("b"))),
			In: []*ir.Value{gs[0], part}, InNames: []string{"a", "b"}, Out: []*ir.Value{sum}, OutNames: []string{"s"},
		})
	}
	b.grads[p] = []*ir.Value{sum}
}

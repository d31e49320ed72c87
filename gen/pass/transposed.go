package pass

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Transposed gives gradients of the inputs of convolutions, and transposed
// convolutions, filters whose lanes are the channels they compute: a copy of the
// filters with filters and channels exchanged, made once in a step, or, for inference,
// when weights are set.
var Transposed = Pass{"transposed", func(p *ir.Program) error {
	copies := map[*ir.Value]*ir.Value{}
	for _, f := range []*ir.Func{p.Infer, p.Evaluate, p.Gradients} {
		if f == nil {
			continue
		}
		made := map[*ir.Value]bool{}
		var ops []ir.Op
		for _, op := range f.Ops {
			if c, ok := op.(*ir.Contract); ok && ir.Form(op) == any(c) {
				merged := c.Merged() // blocks of channels
				if w := lanesOfChannels(merged); w != nil && (f == p.Gradients || copies[w] != nil || isConvolution(merged, w)) {
					if copies[w] == nil {
						copies[w] = transposedOf(p, w)
					}
					if !made[w] {
						made[w] = true
						ops = append(ops, exchange(c.Layer, copies[w], w))
					}
					op = withTransposed(merged, w, copies[w])
				} else if f == p.Gradients {
					op = merged
				}
			}
			ops = append(ops, op)
		}
		f.Ops = ops
	}
	return nil
}}

// isConvolution reports whether the contraction of filters has a kernel where it reads
// a copy of them.
func isConvolution(c *ir.Contract, w *ir.Value) bool {
	copied := &ir.Value{Name: w.Name, DType: w.DType, Shape: exchanged(w.Shape), Param: &ir.ParamInfo{Shape: exchanged(w.Shape), Transposed: w.Param}}
	return w.StorageOf() == w.DType && ir.ConvolutionOf(withTransposed(c, w, copied)) != nil
}

// lanesOfChannels returns the filters of a contraction whose results lie side by
// side as their channels do, nil of others.
func lanesOfChannels(c *ir.Contract) *ir.Value {
	if !c.Y.V.Batch || len(c.Terms) != 1 || c.Terms[0].B == nil {
		return nil
	}
	w := c.Terms[0].B
	if w.V.Kind != ir.Param {
		w = &c.Terms[0].A
	}
	if w.V.Kind != ir.Param || len(w.V.Shape) < 3 || w.V.Param.Order == ir.RowMajor || w.V.Param.Mask != nil {
		return nil
	}
	y := c.Y.Flat()
	for i, l := range c.Loops {
		if l.Size > 1 && y.Coefficient(i) == 1 && w.At[1].Coefficient(i) == 1 && w.At[0].Coefficient(i) == 0 && l.Size == w.V.Shape[1] {
			return w.V
		}
	}
	return nil
}

// transposedOf is a value for the filters with filters and channels exchanged.
func transposedOf(p *ir.Program, w *ir.Value) *ir.Value {
	shape := exchanged(w.Shape)
	v := &ir.Value{
		ID: len(p.Values), Name: w.Name + ".transposed", DType: w.DType, Shape: shape,
		Param: &ir.ParamInfo{Name: w.Name + ".transposed", Shape: shape, Transposed: w.Param},
	}
	p.Values = append(p.Values, v)
	return v
}

// exchanged is a list with its first two elements exchanged.
func exchanged[T any](list []T) []T {
	list = slices.Clone(list)
	list[0], list[1] = list[1], list[0]
	return list
}

// exchange is the operation that makes the copy.
func exchange(layer string, copied, w *ir.Value) *ir.Contract {
	var loops []ir.Loop
	var at []ir.Affine
	for i, n := range copied.Shape {
		loops = append(loops, ir.Loop{Name: []string{"c", "n", "u", "v"}[i], Size: n})
		at = append(at, ir.Unit(i))
	}
	return &ir.Contract{Layer: layer, Loops: loops, Y: ir.Operand{V: copied, At: at}, Init: &ir.Operand{V: w, At: exchanged(at)}, Chains: 1}
}

// withTransposed is a contraction that reads the copy.
func withTransposed(c *ir.Contract, w, copied *ir.Value) *ir.Contract {
	n := *c
	n.Terms = slices.Clone(c.Terms)
	t := &n.Terms[0]
	of := func(o ir.Operand) ir.Operand {
		if o.V != w {
			return o
		}
		return ir.Operand{V: copied, At: exchanged(o.At)}
	}
	b := of(*t.B)
	t.A, t.B = of(t.A), &b
	return &n
}

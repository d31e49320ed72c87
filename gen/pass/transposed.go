package pass

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Transposed gives gradients of the inputs of convolutions, and transposed
// convolutions, filters whose lanes are the channels they compute: a copy of the
// filters with filters and channels exchanged, in groups those of each, made once in a
// step, or, for inference, when weights are set.
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
				if f == p.Gradients {
					op = merged
				}
				e := exchangeOf(merged)
				if e != nil && (e.group == ir.None && (f == p.Gradients || copies[e.w] != nil) || e.isConvolution()) {
					if copies[e.w] == nil {
						copies[e.w] = e.transposed(len(p.Values))
						p.Values = append(p.Values, copies[e.w])
					}
					if !made[e.w] {
						made[e.w] = true
						ops = append(ops, e.copy(copies[e.w]))
					}
					op = e.with(copies[e.w])
				}
			}
			ops = append(ops, op)
		}
		f.Ops = ops
	}
	return nil
}}

// exchange is that of the filters and channels of a contraction.
type exchange struct {
	*ir.Contract
	w *ir.Value
	// group is the loop over groups, None of one; there are groups of them.
	group, groups int
}

// exchangeOf is that of a contraction whose results lie side by side as the channels of
// its filters do, or as those of their groups; nil of others.
func exchangeOf(c *ir.Contract) *exchange {
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
	e, y, channels := &exchange{c, w.V, ir.None, 1}, c.Y.Flat(), w.V.Shape[1]
	lanes := false
	for i, l := range c.Loops {
		filters := w.At[0].Coefficient(i)
		switch {
		case l.Size == 1:
		case y.Coefficient(i) == 1 && w.At[1].Coefficient(i) == 1 && filters == 0 && l.Size == channels:
			lanes = true
		case y.Coefficient(i) == channels && w.At[1].Coefficient(i) == 0 && filters > 1 && filters*l.Size == w.V.Shape[0]:
			e.group, e.groups = i, l.Size
		}
	}
	if !lanes && (channels > 1 || e.group == ir.None) {
		return nil
	}
	return e
}

// isConvolution reports whether the contraction has a kernel where it reads the copy.
func (e *exchange) isConvolution() bool {
	return e.w.StorageOf() == e.w.DType && ir.ConvolutionOf(e.with(e.transposed(0))) != nil
}

// transposed is a value for the filters with filters and channels exchanged.
func (e *exchange) transposed(id int) *ir.Value {
	shape := slices.Clone(e.w.Shape)
	shape[0], shape[1] = e.groups*e.w.Shape[1], e.w.Shape[0]/e.groups
	return &ir.Value{
		ID: id, Name: e.w.Name + ".transposed", DType: e.w.DType, Shape: shape,
		Param: &ir.ParamInfo{Name: e.w.Name + ".transposed", Shape: shape, Transposed: e.w.Param},
	}
}

// copy is the operation that makes the copy.
func (e *exchange) copy(copied *ir.Value) *ir.Contract {
	channels, filters := e.w.Shape[1], copied.Shape[1]
	loops := []ir.Loop{{Name: "c", Size: channels}, {Name: "n", Size: filters}}
	c, n := ir.Unit(0), ir.Unit(1)
	from, to := n, c
	if e.groups > 1 {
		g := len(copied.Shape)
		from, to = n.Plus(ir.Unit(g), filters), c.Plus(ir.Unit(g), channels)
	}
	y, x := []ir.Affine{to, n}, []ir.Affine{from, c}
	for i, size := range copied.Shape[2:] {
		loops = append(loops, ir.Loop{Name: []string{"u", "v"}[i], Size: size})
		y, x = append(y, ir.Unit(2+i)), append(x, ir.Unit(2+i))
	}
	if e.groups > 1 {
		loops = append(loops, ir.Loop{Name: "g", Size: e.groups})
	}
	return &ir.Contract{Layer: e.Layer, Loops: loops, Y: ir.Operand{V: copied, At: y}, Init: &ir.Operand{V: e.w, At: x}, Chains: 1}
}

// with is the contraction that reads the copy.
func (e *exchange) with(copied *ir.Value) *ir.Contract {
	n := *e.Contract
	n.Terms = slices.Clone(e.Terms)
	t := &n.Terms[0]
	of := func(o ir.Operand) ir.Operand {
		if o.V != e.w {
			return o
		}
		at := slices.Clone(o.At)
		at[0], at[1] = o.At[1], o.At[0]
		if e.group != ir.None {
			g := ir.Unit(e.group)
			at[0], at[1] = at[0].Plus(g, e.w.Shape[1]), at[1].Plus(g, -copied.Shape[1])
		}
		return ir.Operand{V: copied, At: at}
	}
	b := of(*t.B)
	t.A, t.B = of(t.A), &b
	return &n
}

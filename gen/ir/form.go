package ir

import "slices"

// Dense is the contraction Y[t,n] = B[n] + Σ_k W[n,k]·X[t,k] over the rows t of
// a sample. B may be nil.
type Dense struct {
	Layer      string
	Y, X, W, B *Value
	Rows       int // 0 is one
}

// DenseGradInput is the contraction DX[k] = Σ_n W[n,k]·DY[n].
type DenseGradInput struct {
	Layer     string
	DX, DY, W *Value
}

// DenseGradWeight is the contraction DW[n,k] = Σ over the samples of DY[n]·X[k].
type DenseGradWeight struct {
	Layer     string
	DW, DY, X *Value
}

// BatchSum is the contraction Y = Σ over the samples of X.
type BatchSum struct {
	Y, X *Value
}

// Copy is the contraction Y = X, without any term.
type Copy struct {
	Y, X *Value
}

// Contract is the copy as a contraction.
func (s *Copy) Contract() *Contract {
	size := s.Y.Size()
	x := vector(s.X, size, 0)
	return &Contract{Loops: []Loop{{"n", size, true}}, Y: vector(s.Y, size, 0), Init: &x, Chains: 1}
}

func vector(v *Value, size, i int) Operand { return Operand{v, []int{size}, []Affine{Unit(i)}} }

// Contract is the layer as a contraction.
func (d *Dense) Contract() *Contract {
	outs, ins := d.W.Shape[0], d.W.Shape[1]
	var loops []Loop
	row := vector
	if d.Rows > 1 {
		loops = []Loop{{Name: "t", Size: d.Rows}}
		row = func(v *Value, size, i int) Operand {
			return Operand{v, []int{d.Rows, size}, []Affine{Unit(0), Unit(i)}}
		}
	}
	n, k := len(loops), len(loops)+1
	c := &Contract{
		Layer: d.Layer, Loops: append(loops, Loop{"n", outs, true}), Y: row(d.Y, outs, n),
		Terms: []Term{{
			Loops: []Loop{{"k", ins, true}}, A: row(d.X, ins, k),
			B: &Operand{V: d.W, At: []Affine{Unit(n), Unit(k)}},
		}},
	}
	if d.B != nil {
		b := vector(d.B, outs, n)
		c.Init = &b
	}
	return c
}

// Contract is the gradient as a contraction.
func (d *DenseGradInput) Contract() *Contract {
	outs, ins := d.W.Shape[0], d.W.Shape[1]
	return &Contract{
		Layer: d.Layer, Loops: []Loop{{"k", ins, true}}, Y: vector(d.DX, ins, 0), Chains: 1,
		Terms: []Term{{
			Loops: []Loop{{"n", outs, true}}, A: vector(d.DY, outs, 1),
			B: &Operand{V: d.W, At: []Affine{Unit(1), Unit(0)}},
		}},
	}
}

// Contract is the gradient as a contraction.
func (d *DenseGradWeight) Contract() *Contract {
	outs, ins := d.DW.Shape[0], d.DW.Shape[1]
	x := vector(d.X, ins, 1)
	return &Contract{
		Layer: d.Layer, Loops: []Loop{{"n", outs, true}, {"k", ins, true}}, Chains: 1,
		Y:     Operand{V: d.DW, At: []Affine{Unit(0), Unit(1)}},
		Terms: []Term{{A: vector(d.DY, outs, 0), B: &x}},
	}
}

// Contract is the sum as a contraction.
func (s *BatchSum) Contract() *Contract {
	size := s.Y.Size()
	return &Contract{
		Loops: []Loop{{"n", size, true}}, Y: vector(s.Y, size, 0), Chains: 1,
		Terms: []Term{{A: vector(s.X, size, 0)}},
	}
}

// Form returns an operation as what there are kernels for: a contraction as
// *Dense, *DenseGradInput, *DenseGradWeight, of one row, or *BatchSum, if its
// loops and maps are those of one, and everything else as it is.
func Form(op Op) any {
	c, ok := op.(*Contract)
	if !ok || len(c.Terms) != 1 || len(c.Terms[0].Where) > 0 {
		return op
	}
	t := &c.Terms[0]
	if t.B == nil {
		s := &BatchSum{c.Y.V, t.A.V}
		if c.OverBatch() && c.Init == nil && s.X.Size() == s.Y.Size() && c.same(s.Contract()) {
			return s
		}
		return op
	}
	for _, x := range []struct{ a, b *Value }{{t.A.V, t.B.V}, {t.B.V, t.A.V}} {
		if f := c.dense(x.a, x.b); f != nil {
			return f
		}
	}
	return op
}

// dense is the form of a product of a with b, nil if it is none of a dense
// layer's.
func (c *Contract) dense(a, b *Value) any {
	y := c.Y.V
	switch {
	case y.Batch && a.Batch && b.isMatrix():
		d := &Dense{Layer: c.Layer, Y: y, X: a, W: b}
		if c.Init != nil {
			d.B = c.Init.V
		}
		if c.same(d.Contract()) {
			return d
		}
		if g := (&DenseGradInput{Layer: c.Layer, DX: y, DY: a, W: b}); c.same(g.Contract()) {
			return g
		}
	case y.isMatrix() && a.Batch && b.Batch:
		if g := (&DenseGradWeight{Layer: c.Layer, DW: y, DY: a, X: b}); c.same(g.Contract()) {
			return g
		}
	}
	return nil
}

// isMatrix reports whether the value is, or belongs to, a weight [out, in].
func (v *Value) isMatrix() bool {
	return !v.Batch && v.Param != nil && v.Param.Order != RowMajor && len(v.Shape) == 2
}

// same reports whether two contractions of one term have the same loops and
// maps, whatever their loops are called.
func (c *Contract) same(d *Contract) bool {
	s, t := &c.Terms[0], &d.Terms[0]
	sizes := func(a, b Loop) bool { return a.Size == b.Size }
	if !slices.EqualFunc(c.Loops, d.Loops, sizes) || !slices.EqualFunc(s.Loops, t.Loops, sizes) || !c.Y.same(&d.Y) {
		return false
	}
	if (c.Init == nil) != (d.Init == nil) || c.Init != nil && !c.Init.same(d.Init) {
		return false
	}
	if s.B == nil {
		return s.A.same(&t.A)
	}
	return s.A.same(&t.A) && s.B.same(t.B) || s.A.same(t.B) && s.B.same(&t.A)
}

// same reports whether two operands are the same elements.
func (o *Operand) same(p *Operand) bool {
	return o.V == p.V && slices.Equal(o.Shape(), p.Shape()) && slices.EqualFunc(o.At, p.At, Affine.equal)
}

// Weight is the parameter, or the copy of one, that a contraction of samples
// multiplies them by: nil if there is none.
func (c *Contract) Weight() *Value {
	for i := range c.Terms {
		for _, o := range c.Terms[i].Operands() {
			if o.V.Param != nil && !o.V.Batch {
				return o.V
			}
		}
	}
	return nil
}

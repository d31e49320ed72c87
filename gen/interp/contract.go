package interp

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/schedule"
)

// contract runs a contraction: for every sample, for every element of the
// result, the terms in their order.
func (m *Machine) contract(o *ir.Contract) {
	if d, ok := ir.Form(o).(*ir.Dense); ok && d.W.Param.Storage == ir.Int8 && !m.Plain && !m.Unrounded {
		m.integers(d)
		return
	}
	if o.Algo.Tile() > 0 && !m.Plain {
		m.winograd(ir.TiledOf(o))
		return
	}
	s := m.newSum(o)
	y := o.Y.V
	whole := o.Whole()
	rows := func(b int) []float64 {
		if whole || b >= len(m.values[y]) { // nothing yet, or of a smaller batch before
			return make([]float64, y.Size())
		}
		return append([]float64(nil), m.row(y, b)...) // other parts are there
	}
	if y.Batch {
		m.perSample(y, func(b int) []float64 {
			out := rows(b)
			s.results(out, b, b+1)
			return out
		})
		return
	}
	out := rows(0)
	last := 1
	if o.OverBatch() {
		last = m.Batch
	}
	s.results(out, 0, last)
	m.Set(y, out)
}

// contraction is a sum that is being computed.
type contraction struct {
	m      *Machine
	o      *ir.Contract
	y      *elementOf
	init   *elementOf
	terms  []*products
	chains []float64
}

// products are those of a term.
type products struct {
	loops []ir.Loop
	a, b  *elementOf
	where []ir.Affine
	l     []int // steps of the loops of the result and of the term
	add   func(x, y, z float64) float64
}

func (m *Machine) newSum(o *ir.Contract) *contraction {
	s := &contraction{m: m, o: o, y: m.element(&o.Y, o.Loops), chains: make([]float64, m.chainsOf(o))}
	if o.Init != nil {
		s.init = m.element(o.Init, o.Loops)
	}
	for i := range o.Terms {
		t := &o.Terms[i]
		all := o.All(t)
		p := &products{loops: t.Loops, a: m.element(&t.A, all), where: t.Where, l: make([]int, len(all)), add: m.multiplyAdd(o)}
		if t.B != nil {
			p.b = m.element(t.B, all)
		}
		s.terms = append(s.terms, p)
	}
	return s
}

// chainsOf is the number of accumulator chains.
func (m *Machine) chainsOf(o *ir.Contract) int {
	if m.Plain || o.OverBatch() {
		return 1
	}
	switch f := ir.Form(o).(type) {
	case *ir.Dense:
		if f.W.Param.Mask != nil {
			return 1
		}
		if f.W.Param.Order == ir.ByInputs {
			return schedule.OfNarrow(f.W.Shape[0], f.W.Shape[1])
		}
		return schedule.OfDense(f.W.Shape[0], f.W.Shape[1], m.Prog.Mode == "fast")
	case *ir.DenseGradInput:
		if f.W.Param.Mask != nil {
			return 1
		}
		if f.W.Param.Order == ir.ByInputs {
			return 1
		}
		return schedule.GradInputChains
	}
	if o.Chains > 0 {
		return o.Chains
	}
	return schedule.Chains(o.Results(), o.Length())
}

// multiplyAdd is x·y + z: in one rounding, where the arithmetic has it, in the
// products of fully connected layers and convolutions alone.
func (m *Machine) multiplyAdd(o *ir.Contract) func(x, y, z float64) float64 {
	var w *ir.Value
	switch f := ir.Form(o).(type) {
	case *ir.Dense:
		w = f.W
	case *ir.DenseGradInput:
		w = f.W
	case *ir.DenseGradWeight:
		w = f.DW
	}
	if conv := ir.ConvolutionOf(o); conv != nil && conv.W != nil && conv.Regular(m.chainsOf(o)) {
		w = conv.W.V
	}
	if ir.FilterGradientOf(o) != nil {
		w = o.Y.V
	}
	if w == nil || w.Param.Mask != nil {
		return m.separate
	}
	return m.Arith.MulAdd
}

// results computes the elements of the result, summed over some samples.
func (s *contraction) results(out []float64, first, last int) {
	l := make([]int, len(s.o.Loops))
	for ok := true; ok; ok = ir.Next(l, s.o.Loops) {
		if !s.y.exists(l) {
			continue
		}
		clear(s.chains)
		if s.init != nil && s.init.exists(l) {
			s.chains[0] = s.init.value(first, l)
		}
		for b := first; b < last; b++ {
			s.sample(b, l)
		}
		out[s.y.flat.Eval(l)] = s.m.halve(s.chains)
	}
}

// sample adds the terms of a sample. Those that do not exist are counted.
func (s *contraction) sample(b int, l []int) {
	chain := 0
	for _, p := range s.terms {
		copy(p.l, l)
		outer := p.loops[:max(len(p.loops)-1, 0)]
		steps := p.l[len(l) : len(l)+len(outer)]
		clear(steps)
		for ok := true; ok; ok = ir.Next(steps, outer) {
			chain = s.line(p, b, chain)
		}
	}
}

// line adds the terms of the steps of the last loop, of which there may be none.
func (s *contraction) line(p *products, b, chain int) int {
	n := 1
	at := func(int) {}
	if len(p.loops) > 0 {
		n = p.loops[len(p.loops)-1].Size
		at = func(i int) { p.l[len(p.l)-1] = i }
	}
	at(0)
	whole := p.a.mask == nil && (p.b == nil || p.b.mask == nil) && p.exists()
	if whole && n > 1 {
		at(n - 1)
		whole = p.exists() // bounds are linear
		at(0)
	}
	x, dx := p.a.flat.Eval(p.l), p.a.flat.Coefficient(max(len(p.l)-1, 0))
	xs := p.a.row(b)
	var ys []float64
	y, dy := 0, 0
	if p.b != nil {
		ys, y, dy = p.b.row(b), p.b.flat.Eval(p.l), p.b.flat.Coefficient(max(len(p.l)-1, 0))
	}
	if whole && p.b != nil {
		for range n {
			s.chains[chain] = p.add(xs[x], ys[y], s.chains[chain])
			x, y = x+dx, y+dy
			if chain++; chain == len(s.chains) {
				chain = 0
			}
		}
		return chain
	}
	for i := range n {
		if !whole {
			at(i)
		}
		if acc := &s.chains[chain]; whole || p.exists() {
			if p.b == nil {
				*acc = s.m.Arith.Apply(expr.OpAdd, *acc, xs[x+i*dx])
			} else {
				*acc = p.add(xs[x+i*dx], ys[y+i*dy], *acc)
			}
		}
		if chain++; chain == len(s.chains) {
			chain = 0
		}
	}
	return chain
}

func (p *products) exists() bool {
	for _, a := range p.where {
		if a.Eval(p.l) < 0 {
			return false
		}
	}
	return p.a.exists(p.l) && (p.b == nil || p.b.exists(p.l))
}

// elementOf reads an operand.
type elementOf struct {
	o       *ir.Operand
	rows    [][]float64 // one per sample, or one
	flat    ir.Affine
	outside []int  // axes along which it may leave the value
	mask    []bool // elements there are, nil is all
}

func (m *Machine) element(o *ir.Operand, loops []ir.Loop) *elementOf {
	e := &elementOf{o: o, rows: m.values[o.V], flat: o.Flat(), outside: o.Outside(loops)}
	if p := o.V.Param; p != nil && p.Mask != nil {
		e.mask = make([]bool, o.V.Size())
		each(o.V, func(i int) { e.mask[i] = true })
	}
	return e
}

func (e *elementOf) exists(l []int) bool {
	return (len(e.outside) == 0 || e.o.Inside(l, e.outside)) && (e.mask == nil || e.mask[e.flat.Eval(l)])
}

func (e *elementOf) value(b int, l []int) float64 { return e.row(b)[e.flat.Eval(l)] }

func (e *elementOf) row(b int) []float64 {
	if !e.o.V.Batch {
		b = 0
	}
	return e.rows[b]
}

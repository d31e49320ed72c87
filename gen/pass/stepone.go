package pass

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// StepOne adds the step on one sample to programs trained by plain gradient
// descent: the gradients' operations with a rank-one update in place of every
// gradient of weights that nothing but w −= lr·g reads, then the update of the
// other parameters.
var StepOne = Pass{"step_one", func(p *ir.Program) error {
	if p.Gradients == nil || p.Gradients.Waits() || len(p.Memory) > 0 {
		return nil
	}
	s := &stepOne{
		prog: p, plain: map[*ir.ParamInfo]*ir.Value{}, done: map[*ir.ParamInfo]bool{},
		weights: map[*ir.ParamInfo]*ir.Value{}, layers: map[*ir.Value]int{}, last: map[*ir.Value]int{},
	}
	if !s.survey() {
		return nil
	}
	f := &ir.Func{Name: "step_one", Results: []*ir.Value{p.Loss}}
	f.Ops = append(f.Ops, s.numbers...)
	f.Ops = append(f.Ops, s.backward(p.Gradients.Ops)...)
	f.Ops = append(f.Ops, s.rest(p.Update.Ops)...)
	if p.SummedLoss != nil {
		f.Results = append(f.Results, p.SummedLoss)
	}
	p.StepOne = f
	return nil
}}

// stepOne is what the pass finds out.
type stepOne struct {
	prog    *ir.Program
	numbers []ir.Op                     // of the step, which the update starts with
	plain   map[*ir.ParamInfo]*ir.Value // the rate, where the update is w −= lr·g
	done    map[*ir.ParamInfo]bool      // has a rank-one update
	weights map[*ir.ParamInfo]*ir.Value
	layers  map[*ir.Value]int // that read a weight
	last    map[*ir.Value]int // operation of the gradients that reads a value
}

var plainUpdate = expr.One("w", expr.Sub(expr.L("w"), expr.Mul(expr.L("lr"), expr.L("g")))).String()

// survey reads the update; it reports whether any weight's is plain.
func (s *stepOne) survey() bool {
	for _, op := range s.prog.Update.Ops {
		m, ok := op.(*ir.Map)
		switch {
		case !ok:
			return false // clipping by the norm of all gradients
		case m.Out[0].Param == nil:
			s.numbers = append(s.numbers, m)
			continue
		}
		if m.Prog.String() == plainUpdate {
			s.plain[m.Out[0].Param] = m.In[slices.Index(m.InNames, "lr")]
		}
	}
	for _, w := range s.prog.Params {
		s.weights[w.Param] = w
	}
	for i, op := range s.prog.Gradients.Ops {
		for _, x := range op.Ins() {
			s.last[x] = i
		}
		if d, ok := ir.Form(op).(*ir.Dense); ok {
			s.layers[d.W]++
		}
	}
	for _, op := range s.prog.Gradients.Ops {
		if g, ok := ir.Form(op).(*ir.DenseGradWeight); ok && s.rankOne(g) != nil {
			return true
		}
	}
	return false
}

// rankOne is the update in place of a gradient, nil if there cannot be one.
func (s *stepOne) rankOne(g *ir.DenseGradWeight) *ir.RankOne {
	rate, w := s.plain[g.DW.Param], s.weights[g.DW.Param]
	// The weight itself must be what one layer reads, not a copy with connections
	// removed.
	if rate == nil || g.DW.Param.Mask != nil || s.layers[w] != 1 {
		return nil
	}
	r := &ir.RankOne{Layer: g.Layer, W: w, DY: g.DY, X: g.X, Rate: rate}
	if b := g.DW.Param.Bias; b != nil && s.plain[b.Param] == rate {
		r.B = b
	}
	return r
}

// backward replaces the gradients; the update of a weight follows the last
// operation that reads it.
func (s *stepOne) backward(ops []ir.Op) []ir.Op {
	var out []ir.Op
	pending := map[*ir.Value]*ir.RankOne{} // by weight, until its gradient by the input is made
	flush := func(w *ir.Value) {
		if r := pending[w]; r != nil {
			out = append(out, r)
			delete(pending, w)
		}
	}
	for i, op := range ops {
		switch o := ir.Form(op).(type) {
		case *ir.DenseGradWeight:
			r := s.rankOne(o)
			if r == nil {
				break
			}
			s.done[o.DW.Param] = true
			if r.B != nil {
				s.done[r.B.Param] = true
			}
			pending[r.W] = r
			if s.last[r.W] <= i {
				flush(r.W)
			}
			continue
		case *ir.DenseGradInput:
			out = append(out, op)
			flush(o.W)
			continue
		}
		out = append(out, op)
	}
	return slices.DeleteFunc(out, func(op ir.Op) bool {
		b, ok := ir.Form(op).(*ir.BatchSum)
		return ok && b.Y.Param != nil && s.done[b.Y.Param]
	})
}

// rest is the update of the parameters that have no rank-one update.
func (s *stepOne) rest(ops []ir.Op) []ir.Op {
	var out []ir.Op
	for _, op := range ops {
		m := op.(*ir.Map)
		if info := m.Out[0].Param; info != nil && !s.done[info] {
			out = append(out, op)
		}
	}
	return out
}

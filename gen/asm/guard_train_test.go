//go:build linux

package asm_test

import (
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// optimiser are the operands of an update, by their leaves.
type optimiser struct {
	*suite
	at map[string]*array
}

// optimiser adds the operands of an update of n elements, but the one named,
// and passes them.
func (b *built) optimiser(u *kernel.Update, n int, but string, args map[string]pass) *optimiser {
	o := &optimiser{b.s, map[string]*array{}}
	for _, leaf := range u.Arrays {
		if leaf != but {
			o.at[leaf] = b.operand(argument(leaf), b.s.positive(n))
			args[argument(leaf)] = o.at[leaf].from(0)
		}
	}
	for _, leaf := range u.Singles {
		o.at[leaf] = b.operand(argument(leaf), b.s.positive(1))
		args[argument(leaf)] = o.at[leaf].from(0)
	}
	return o
}

// apply computes the update of n elements, each at its place in the arrays;
// gradient gives them if they are no array.
func (o *optimiser) apply(u *kernel.Update, n int, place func(i int) int, gradient []float64) {
	leaves := append(append([]string(nil), u.Arrays...), u.Singles...)
	f, err := expr.Compile(u.Prog, o.arith, leaves...)
	require.NoError(o, err)
	for i := range n {
		env := make([]float64, len(f.Vars))
		for j, leaf := range leaves {
			switch a := o.at[leaf]; {
			case a == nil:
				env[j] = gradient[i]
			case len(a.before) == 1:
				env[j] = a.before[0]
			default:
				env[j] = a.before[place(i)]
			}
		}
		f.Run(env)
		for _, leaf := range u.Stores {
			o.at[leaf].after[place(i)] = env[f.Index(leaf)]
		}
	}
}

// gradWeight is a case of the gradients of one panel's weights over rows, or of
// several panels', with the update of what they belong to if there is one; it
// reports whether the target has the kernel.
func (s *suite) gradWeight(outs, ins, rows, turn int, update *kernel.Update, which int) bool {
	width := schedule.Panel
	if outs <= schedule.Panel/2 && turn%2 == 0 {
		width = schedule.Panel / 2
	}
	apart, size, panels := 0, ins*width, 0
	if outs > schedule.Panel {
		apart, panels = (ins+turn%2)*width, outs/schedule.Panel
		size = panels * apart
	}
	xStride, dyStride := ins+turn%3, outs+turn%4
	if ins == 1 && turn%2 == 0 {
		xStride = 0 // the bias: every row is the same number
	}
	c := s.newCase("GradWeight %d→%d of %d, %d rows %d and %d apart, update %d", ins, outs, width, rows, xStride, dyStride, which)
	dy, x := c.operand("dy", s.rows(rows, outs, dyStride, untouched)), c.operand("x", s.rows(rows, ins, xStride, untouched))
	most := s.VectorOutputs(s.elem, 1)
	args := map[string]pass{"x": x.from(0), "inputs": number(ins), "rows": number(rows), "xStride": number(xStride * s.size()), "dyStride": number(dyStride * s.size()), "panelStride": number(apart * s.size())}
	var dw *array
	var o *optimiser
	if update == nil {
		dw = c.operand("dw", s.numbers(size))
		args[argument("dw")] = dw.from(0)
	} else {
		o = c.optimiser(update, size, "g", args)
	}
	var gradients []float64
	for k := range ins {
		for n := range outs {
			gradients = append(gradients, s.sum(rows, 1, 0, func(r int) (float64, float64) { return dy.before[r*dyStride+n], x.before[r*xStride+k] }))
		}
	}
	place := func(i int) int {
		k, n := i/outs, i%outs
		return n/schedule.Panel*apart + k*width + n%schedule.Panel
	}
	if update == nil {
		for i, g := range gradients {
			dw.after[place(i)] = g
		}
	} else {
		o.apply(update, len(gradients), place, gradients)
	}
	own := 0
	if ins < schedule.Panel {
		own = ins / 2 * (turn % 3) // half as many, all or all but one
	}
	for lane := 0; lane < outs; lane += most {
		room, partial, mask := s.Last(s.elem, min(most, outs-lane), false)
		g := &kernel.Gradient{Elem: s.elem, Fused: s.fused, Inputs: own, Outputs: room, Partial: partial, Width: width, Panels: panels, Update: update}
		args["mask"] = number(mask)
		key := "GradWeight" + g.Key()
		if _, ok := s.GradWeight("", nil, g); !ok {
			return false
		}
		fn := s.function(key, func(name string) *asm.Func {
			f, _ := s.GradWeight(name, nil, g)
			return f
		})
		these := map[string]pass{"dy": dy.from(lane)}
		for name, p := range args {
			if p.array != nil && len(p.before) == size && p.array != x {
				p.at += lane
			}
			these[name] = p
		}
		c.call(fn, these)
	}
	for _, a := range c.arrays {
		if a == dw || o != nil && len(a.before) == size && a != x && a != dy {
			for i := range a.free { // the padding of parameters
				a.free[i] = panels == 0 && i%width >= outs
			}
		}
	}
	c.done()
	return true
}

func gradWeightCases(s *suite) {
	updates := append([]*kernel.Update{nil}, s.updates()...)
	fused := 0
	for turn := range 2 {
		for i, p := range sizes(turn) {
			outs := (p[0]-1)%schedule.Panel + 1
			for which, u := range updates {
				if (which+i)%3 == 0 || which == 0 {
					if s.gradWeight(outs, p[1], 1+(i+which)%9, i+turn, u, which) && u != nil {
						fused++
					}
				}
			}
			if most := s.VectorOutputs(s.elem, 1); most > schedule.Panel && i%4 == turn { // panels side by side
				s.gradWeight(most, p[1], 1+i%9, i/4, updates[i/4%len(updates)], i/4%len(updates))
			}
		}
	}
	require.Greater(s, fused, 64)
}

// rankOne is a case of the step of one sample on a layer's weights.
func (s *suite) rankOne(outs, ins, turn int, dx, listed bool, epilogue []kernel.Epilogue) {
	w := s.weights(outs, ins, turn%2 > 0)
	k := &kernel.RankOne{Elem: s.elem, Fused: s.fused, Inputs: ins, Outputs: outs, Panels: w.panels(), Bias: !dx && turn%3 > 0, DX: dx, Epilogue: epilogue, Listed: listed, AnyZero: s.fused && turn%2 > 0}
	c := s.newCase("RankOne %d→%d, %+v", ins, outs, k)
	full, tail := c.stored(w)
	x, dy, rate := c.operand("x", s.numbers(ins)), c.operand("dy", s.numbers(outs)), c.number("rate")
	bias, dxs, u := c.operand("b", s.padded(outs)), c.operand("dx", s.numbers(ins)), c.operand("u", s.numbers(ins))
	first, list := 0, []int{}
	if dx && !listed && ins > 8 {
		first = turn % 3
	}
	for i := first; i < ins-first; i++ {
		if !listed || s.rng.IntN(3) > 0 {
			list = append(list, i)
		}
	}
	args := map[string]pass{
		"w": full.from(0), "wt": tail.from(0), "b": bias.from(0), "x": x.from(0), "dy": dy.from(0), "rate": rate.from(0), "dx": dxs.from(0), "u": u.from(0),
		"first": number(first), "count": number(len(list)), "panels": number(w.layout.Full), "panelStride": number(w.layout.PanelBytes()),
	}
	if listed {
		args["list"] = c.list("list", list).from(0)
	}
	printed := k
	if dx {
		printed = k.Open()
		var mask int
		printed.Outputs, printed.Partial, mask = s.Last(s.elem, printed.Outputs, true)
		args["mask"] = number(mask)
	}
	fn := s.function("RankOne"+printed.Key(), func(name string) *asm.Func { return s.RankOne(name, nil, printed) })
	// The kernel is given the negative rate.
	step := func(w, g float64) float64 {
		return s.arith.Apply(expr.OpAdd, w, s.arith.Apply(expr.OpMul, rate.before[0], g))
	}
	changed := append([]float64(nil), w.w...)
	finish := s.after(epilogue)
	for _, i := range list {
		sum := s.sum(outs, schedule.GradInputChains, 0, func(n int) (float64, float64) { return w.at(n, i), dy.before[n] })
		if dx {
			dxs.after[i] = finish(sum, u.before[i])
		}
		for n := range outs {
			g := s.arith.MulAdd(x.before[i], dy.before[n], 0)
			if k.AnyZero { // as a product, with the sign of its zero
				g = s.arith.Apply(expr.OpMul, x.before[i], dy.before[n])
			}
			changed[n*ins+i] = step(w.at(n, i), g)
		}
	}
	w.change(full, tail, func(n, k int) float64 { return changed[n*ins+k] })
	if k.Bias {
		for n := range bias.before {
			if bias.free[n] = n >= outs; !bias.free[n] {
				bias.after[n] = step(bias.before[n], s.arith.Apply(expr.OpAdd, 0, dy.before[n]))
			}
		}
	}
	c.call(fn, args)
	c.done()
}

func rankOneCases(s *suite) {
	e := [][]kernel.Epilogue{nil}
	for _, g := range s.gradientEpilogues()[1:] {
		if s.FusesRankOne(s.elem, g) {
			e = append(e, g)
		}
	}
	for turn := range 2 {
		for i, p := range sizes(turn) {
			s.rankOne(p[0], p[1], i+turn, false, turn > 0, nil)
			s.rankOne(p[0], p[1], i+turn, true, turn > 0, nil)
			s.rankOne(p[0], p[1], i, true, turn > 0, e[i%len(e)])
		}
		for i, outs := range []int{128, 137, 271} { // loops over panels
			s.rankOne(outs, 9, i+turn, false, turn > 0, nil)
			s.rankOne(outs, 6, i+turn, true, turn > 0, nil)
		}
	}
}

//go:build linux

package asm_test

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// gradInput is a case of the gradients of a layer's inputs for rows, or of the outputs
// of a narrow layer.
func (s *suite) gradInput(outs, ins, turn, chains int, bias bool, epilogue []kernel.Epilogue) {
	w := s.weights(outs, ins, turn%2 > 0)
	xStride, yStride, uStride := outs+turn%3, ins+turn%4, ins+turn%5
	k := kernel.Swapped(s.elem, ins, outs, chains, bias, epilogue...)
	k.Panels, k.Fused = w.panels(), s.fused
	dots := k.Narrow() && s.Dots != nil
	open, at := k.Open(), s.InputsAtOnce(k)
	room, partial, mask := s.Last(s.elem, open.Terms(), true)
	open.Outputs, open.Partial, open.Segments[0].Channels, open.Tile.Rows = at, partial, room, s.GradInputRows(k, at)
	if dots && !s.FusesDots(k) || !dots && !s.FusesGradInput(open) {
		k.Epilogue, open.Epilogue = nil, nil
	}
	print, of := func(name string) *asm.Func { return s.GradInput(name, nil, open) }, open.Tile.Rows
	one := turn%4 == 3
	if dots {
		at, open, of = ins, k.Some(ins), s.DotsTiles(k)
		print = func(name string) *asm.Func { return s.Dots(name, nil, open, one) }
	}
	fn := s.function(fmt.Sprint("GradInput", open.Key(), dots && one), print)
	counts, rows := tiles(of, turn)
	if dots && one {
		rows = 1
	}
	c := s.newCase("GradInput %d→%d, %d rows %d, %d and %d apart, %v", ins, outs, rows, xStride, yStride, uStride, k.Epilogue)
	dx, dy := c.operand("dx", s.rows(rows, ins, yStride, sentinel)), c.operand("dy", s.rows(rows, outs, xStride, untouched))
	full, tail := c.stored(w)
	u, b := c.operand("u", s.rows(rows, ins, uStride, untouched)), c.operand("b", s.padded(ins))
	finish := s.after(k.Epilogue)
	for r := range rows {
		for i := range ins {
			sum := s.sum(outs, chains, s.start(k, b.before[i]), func(n int) (float64, float64) { return w.at(n, i), dy.before[r*xStride+n] })
			dx.after[r*yStride+i] = finish(sum, u.before[r*uStride+i])
		}
	}
	call := func(first, blocks int) {
		args := map[string]pass{
			"dx": dx.from(first), "dy": dy.from(0), "w": full.from(first * schedule.Panel), "wt": tail.from(first * w.layout.Tail),
			"b": b.from(first), "u": u.from(first), "blocks": number(blocks), "panels": number(w.layout.Full / k.PanelsInTurn()), "panelStride": number(w.layout.PanelBytes()),
			"dyStride": number(xStride * s.size()), "dxStride": number(yStride * s.size()), "uStride": number(uStride * s.size()), "mask": number(mask),
		}
		for narrow, name := range map[string]string{"y": "dx", "x": "dy", "yStride": "dxStride", "xStride": "dyStride"} {
			args[narrow] = args[name]
		}
		for i, n := range counts {
			args[fmt.Sprintf("tiles%d", i)] = number(n)
		}
		c.call(fn, args)
	}
	call(0, ins/at)
	if ins%at > 0 {
		call(ins-at, 1)
	}
	c.done()
}

func gradInputCases(s *suite) {
	e := s.gradientEpilogues()
	for turn := range 3 {
		for i, p := range sizes(turn) {
			s.gradInput(p[0], p[1], i+turn, schedule.GradInputChains, false, e[turn%2*((i+turn)%len(e))])
		}
	}
}

// narrowCases: every number of outputs, with all numbers of inputs that are left after
// a panel, few panels and loops over many.
func narrowCases(s *suite) {
	if s.elem != "float32" {
		s.Skip("weights lie by inputs in float32 alone")
	}
	e, activations := s.gradientEpilogues(), s.epilogues()
	for outs := 1; outs <= schedule.Panel; outs++ {
		for i, full := range []int{2, 4, 9, 40} {
			for j := range 2 {
				turn := outs + i + 3*j
				ins := full*schedule.Panel + (5*turn+outs/2)%schedule.Panel
				s.gradInput(ins, outs, turn, schedule.OfNarrow(outs, ins), full < 4 || turn%5 > 0, e[turn/2%2*(turn%len(e))])
			}
		}
		for i := range 3 { // one row takes a long activation along
			ins := 4*schedule.Panel + outs
			s.gradInput(ins, outs, 3, schedule.OfNarrow(outs, ins), true, activations[(3*outs+i)%len(activations)])
		}
	}
}

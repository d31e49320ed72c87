//go:build linux

package asm_test

import (
	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
)

// filterGradientCases: the gradients of the filters of the same convolutions.
func filterGradientCases(s *suite) {
	s.geometries(func(g *geometry, i int) {
		if g.pool == "" {
			if i%7 == 5 && !g.depthwise {
				g.divide(2 + i%4)
			}
			s.filterGradientCase(g)
		}
	})
}

func (s *suite) filterGradientCase(g *geometry) {
	k, layout := g.plan(s)
	if k == nil {
		return
	}
	k.Fused = s.fused
	height, width := g.out(0), g.out(1)
	c := s.newCase("FilterGradient %+v", *g)
	ins := layout.Ins()
	stored := s.numbers(((layout.Full-1)*layout.Rows + ins) * 16)
	dw := c.operand("dw", stored)
	x, dy := c.operand("x", s.numbers(g.channels*g.size[0]*g.size[1])), c.operand("dy", s.numbers(height*width*g.filters))
	for i := range stored { // lanes that are no filters, and rows between panels
		dw.free[i] = i/16/layout.Rows*16+i%16 >= g.filters
	}
	for n := range g.filters {
		for i := range ins {
			at := layout.Index(n, i/layout.Taps, i%layout.Taps)
			dw.after[at] = g.gradient(s, x.before, dy.before, stored[at], n, i/layout.Taps, i%layout.Taps)
		}
	}
	all := calls.FilterGradientOf(s.Target, k, 1)
	for _, part := range all.Parts {
		fn := s.function(part.Kernel.Key(), func(name string) *asm.Func { return s.FilterGradient(name, nil, part.Kernel) })
		for q := part.From; q < part.To; q++ {
			for r := 0; r < all.Rows; r += all.PerCall {
				for _, w := range all.Windows {
					from, to := max(r, w.First), min(r+all.PerCall, w.End)
					if from >= to {
						continue
					}
					lane := q*16 + part.Lane
					at := from*all.X + w.X + q/all.XPanels*all.XStride + part.X
					c.call(fn, map[string]pass{
						"dw": dw.from(q*layout.Rows*16 + w.G + part.Lane), "x": x.from(at), "dy": dy.from(from*all.DY + lane), "rows": number(to - from),
					})
				}
			}
		}
	}
	c.done()
}

// gradient adds to the gradient of the weight of filter n, a channel and a place
// of the window the products of all places of the result, in their order.
func (g *geometry) gradient(s *suite, x, dy []float64, sum float64, n, channel, tap int) float64 {
	switch {
	case g.depthwise:
		channel = n
	case g.groups > 0:
		channel += n / (g.filters / g.groups) * (g.channels / g.groups)
	}
	u, v := tap/g.kernel[1], tap%g.kernel[1]
	for i := range g.out(0) {
		for j := range g.out(1) {
			at, to := i*g.stride[0]+u*g.step[0]-g.before[0], j*g.stride[1]+v*g.step[1]-g.before[1]
			if at >= 0 && at < g.size[0] && to >= 0 && to < g.size[1] {
				element := x[place(g.planes, g.channels, g.size[0], g.size[1], channel, at, to)]
				sum = s.arith.MulAdd(dy[(i*g.out(1)+j)*g.filters+n], element, sum)
			}
		}
	}
	return sum
}

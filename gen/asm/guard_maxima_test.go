//go:build linux

package asm_test

import (
	"fmt"
	"math"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// maxGradientCases: the gradients of maxima of the windows of the same convolutions, of
// few different numbers, so that some are equal, among them NaNs and infinities.
func maxGradientCases(s *suite) {
	s.geometries(func(g *geometry, i int) {
		g.pool, g.depthwise, g.planes, g.turned, g.channels = "max_pool2d", true, false, false, g.filters
		if g.out(0)*g.out(1) > 0 {
			s.maxGradientCase(g, 2+i%5)
		}
	})
}

func (s *suite) maxGradientCase(g *geometry, different int) {
	k, _ := g.plan(s)
	if k == nil || !k.Max { // of one channel there is no kernel
		return
	}
	height, width := g.out(0), g.out(1)
	size := g.channels * g.size[0] * g.size[1]
	all := calls.PoolGradientOf(s.Target, k, size)
	c := s.newCase("MaxGradient %+v, adds %t", *g, all.Adds)
	values := make([]float64, size)
	for i := range values {
		values[i] = float64(s.rng.IntN(different) - 1)
		if s.rng.IntN(20) == 0 {
			values[i] = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}[s.rng.IntN(4)]
		}
	}
	before := make([]float64, size)
	for i := range before {
		if before[i] = sentinel; all.Clears {
			before[i] = 0
		}
	}
	dx, x, y := c.operand("dx", before), c.operand("x", values), c.operand("y", s.numbers(height*width*g.filters))
	if !all.Adds {
		y.before[0], y.after[0] = math.Copysign(0, -1), math.Copysign(0, -1)
	}
	copy(dx.after, make([]float64, size))
	for i := range height {
		for j := range width {
			for n := range g.filters {
				at := g.greatest(values, n, i, j)
				dx.after[at] = s.arith.Apply(expr.OpAdd, dx.after[at], y.before[(i*width+j)*g.filters+n])
			}
		}
	}
	for _, part := range all.Parts {
		of := all.Kernel(part)
		fn := s.function(of.Key(), func(name string) *asm.Func { return s.MaxGradient(name, nil, of) })
		for q := part.From; q < part.To; q += part.Panels {
			for _, rows := range all.Rows {
				from := rows.X + q/all.XPanels*all.XStride + part.X
				c.call(fn, map[string]pass{
					"dx": dx.from(from), "x": x.from(from), "y": y.from(rows.Y + q*16 + part.Lane), "rows": number(rows.Rows), "taps": number(rows.Taps),
				})
			}
		}
	}
	c.name += fmt.Sprintf(", %d calls", len(c.calls))
	c.done()
}

// greatest is where the greatest of a window of a channel lies, the first of equals and the
// last of NaNs.
func (g *geometry) greatest(x []float64, channel, i, j int) int {
	best := -1
	for u := range g.kernel[0] {
		for v := range g.kernel[1] {
			row, col := i*g.stride[0]+u*g.step[0]-g.before[0], j*g.stride[1]+v*g.step[1]-g.before[1]
			if row < 0 || row >= g.size[0] || col < 0 || col >= g.size[1] {
				continue
			}
			if at := place(false, g.channels, g.size[0], g.size[1], channel, row, col); best < 0 || x[at] > x[best] || math.IsNaN(x[at]) {
				best = at
			}
		}
	}
	return best
}

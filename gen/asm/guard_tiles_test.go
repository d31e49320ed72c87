//go:build linux

package asm_test

import (
	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// tilesCases: transforms of tiles of every number of channels that there may be, of
// maps that tiles fill and do not fill, with every padding: of the source and back.
// They are compared with the products of matrices that define them.
func tilesCases(s *suite) {
	if s.elem != "float32" {
		s.calls += 64 // there are none
		return
	}
	residual := []kernel.Epilogue{{Name: "a", Prog: expr.One("y", expr.Add(expr.L("x"), expr.L("u"))),
		Operands: []kernel.Operand{{Leaf: "x", From: kernel.Sum}, {Leaf: "u", From: "u"}}, Result: "y"}}
	epilogues := append(s.epilogues(), residual)
	for i := range 40 {
		g := &geometry{filters: 16 + (i*7)%25, channels: 16 + i%25, kernel: [2]int{3, 3}, stride: [2]int{1, 1}, step: [2]int{1, 1}, bias: i%3 > 0, algo: "winograd2"}
		for g.out(0)*g.out(1) == 0 {
			for axis := range 2 {
				g.size[axis] = 1 + s.rng.IntN(9)
				g.before[axis], g.after[axis] = s.rng.IntN(3), s.rng.IntN(3)
			}
		}
		k, _ := g.plan(s)
		if k == nil || k.Winograd.Block == 0 {
			continue // of one row or column
		}
		k.Winograd.Block = 1 + s.rng.IntN(k.TileRows())
		if k.Epilogue = nil; s.FusesTiles(&kernel.Kernel{Elem: k.Elem, Epilogue: epilogues[i%len(epilogues)]}) {
			k.Epilogue = epilogues[i%len(epilogues)]
		}
		for _, b := range calls.WinogradOf(s.Target, k).Blocks {
			s.tilesCase(g, k, &b)
		}
	}
}

// The transforms of an axis, Bᵀ and Aᵀ of F(2×2, 3×3).
var (
	tilesFrom = [4][4]float64{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}
	tilesBack = [2][4]float64{{1, 1, 1, 0}, {0, 1, -1, -1}}
)

// times is the product of a row of a transform with four numbers, what is added
// before what is taken away, in order.
func (s *suite) times(row [4]float64, x func(i int) float64) float64 {
	sum, first := 0.0, true
	for _, sign := range []float64{1, -1} {
		for i, f := range row {
			switch {
			case f != sign:
			case first:
				sum, first = x(i), false
			case sign > 0:
				sum = s.arith.Apply(expr.OpAdd, sum, x(i))
			default:
				sum = s.arith.Apply(expr.OpSub, sum, x(i))
			}
		}
	}
	return sum
}

// tilesCase is both transforms of the first of some blocks of rows of tiles.
func (s *suite) tilesCase(g *geometry, k *kernel.Kernel, b *calls.TileBlocks) {
	cols, tiles := k.TileCols(), b.Rows*k.TileCols()
	c := s.newCase("Tiles %+v from row %d", *g, b.First)
	x := c.operand("x", s.numbers(g.channels*g.size[0]*g.size[1]))
	v := c.operand("v", s.planes(tiles*g.channels))
	for t := range tiles {
		for n := range g.channels {
			element := func(r, col int) float64 {
				i, j := 2*(b.First+t/cols)-g.before[0]+r, 2*(t%cols)-g.before[1]+col
				if i < 0 || i >= g.size[0] || j < 0 || j >= g.size[1] {
					return 0
				}
				return x.before[(i*g.size[1]+j)*g.channels+n]
			}
			for p := range kernel.Planes {
				v.after[p*k.Plane(b.Rows, g.channels)+t*g.channels+n] = s.times(tilesFrom[p%4], func(col int) float64 {
					return s.times(tilesFrom[p/4], func(r int) float64 { return element(r, col) })
				})
			}
		}
	}
	row := 0
	for _, group := range b.Source {
		c.call(s.function(group.Key(), func(name string) *asm.Func { return s.Tiles(name, nil, group.Tiles) }), map[string]pass{
			"v": v.from(row * cols * g.channels), "x": x.from(group.At * group.RowStride), "rows": number(group.Count),
		})
		row += group.Count
	}
	c.done()

	c = s.newCase("Tiles back %+v from row %d, %d operands", *g, b.First, len(k.Extras()))
	none := make([]float64, g.out(0)*g.out(1)*g.filters)
	for i := range none {
		none[i] = sentinel
	}
	m, bias := c.operand("v", s.numbers(kernel.Planes*k.Plane(b.Rows, g.filters))), c.operand("b", s.padded(g.filters))
	y, u := c.operand("y", none), c.operand("u", s.numbers(len(none)))
	finish := s.after(k.Epilogue)
	for i := 2 * b.First; i < min(2*(b.First+b.Rows), g.out(0)); i++ {
		for j := range g.out(1) {
			for n := range g.filters {
				product := func(r, col int) float64 {
					return m.before[(4*r+col)*k.Plane(b.Rows, g.filters)+((i/2-b.First)*cols+j/2)*g.filters+n]
				}
				sum := s.times(tilesBack[j%2], func(col int) float64 {
					return s.times(tilesBack[i%2], func(r int) float64 { return product(r, col) })
				})
				if g.bias {
					sum = s.arith.Apply(expr.OpAdd, sum, bias.before[n])
				}
				at := (i*g.out(1)+j)*g.filters + n
				y.after[at] = finish(sum, u.before[at])
			}
		}
	}
	row = 0
	for _, group := range b.Back {
		at := group.At * group.RowStride
		c.call(s.function(group.Key(), func(name string) *asm.Func { return s.Tiles(name, nil, group.Tiles) }), map[string]pass{
			"v": m.from(row * cols * g.filters), "y": y.from(at), "b": bias.from(0), "u": u.from(at), "rows": number(group.Count),
		})
		row += group.Count
	}
	c.done()
}

// planes are planes of so many elements each, none of which was written.
func (s *suite) planes(elements int) []float64 {
	out := make([]float64, kernel.Planes*(elements+kernel.PlaneGap))
	for i := range out {
		out[i] = sentinel
	}
	return out
}

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
// They are compared with the sums that define them.
func tilesCases(s *suite) {
	if s.elem != "float32" {
		s.calls += 64 // there are none
		return
	}
	residual := []kernel.Epilogue{{Name: "a", Prog: expr.One("y", expr.Add(expr.L("x"), expr.L("u"))),
		Operands: []kernel.Operand{{Leaf: "x", From: kernel.Sum}, {Leaf: "u", From: "u"}}, Result: "y"}}
	epilogues := append(s.epilogues(), residual)
	for i := range 40 {
		g := &geometry{filters: 16 + (i*7)%25, channels: 16 + i%25, kernel: [2]int{3, 3}, stride: [2]int{1, 1}, step: [2]int{1, 1}, bias: i%3 > 0, algo: []string{"winograd2", "winograd4"}[i%2]}
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

// fromSource and toResults are the transforms of an axis, Bᵀ·d and Aᵀ·m, sum by sum.
func (s *suite) fromSource(d []float64) []float64 {
	plus, minus, times := s.sums()
	if len(d) == 4 {
		return []float64{minus(d[0], d[2]), plus(d[1], d[2]), minus(d[2], d[1]), minus(d[1], d[3])}
	}
	return []float64{
		plus(times(4, minus(d[0], d[2])), minus(d[4], d[2])),
		plus(minus(d[4], times(4, d[2])), minus(d[3], times(4, d[1]))),
		minus(minus(d[4], times(4, d[2])), minus(d[3], times(4, d[1]))),
		plus(minus(d[4], d[2]), times(2, minus(d[3], d[1]))),
		minus(minus(d[4], d[2]), times(2, minus(d[3], d[1]))),
		plus(times(4, minus(d[1], d[3])), minus(d[5], d[3])),
	}
}

func (s *suite) toResults(m []float64) []float64 {
	plus, minus, times := s.sums()
	if len(m) == 4 {
		return []float64{plus(plus(m[0], m[1]), m[2]), minus(minus(m[1], m[2]), m[3])}
	}
	return []float64{
		plus(plus(m[0], plus(m[1], m[2])), plus(m[3], m[4])),
		plus(minus(m[1], m[2]), times(2, minus(m[3], m[4]))),
		plus(plus(m[1], m[2]), times(4, plus(m[3], m[4]))),
		plus(plus(minus(m[1], m[2]), times(8, minus(m[3], m[4]))), m[5]),
	}
}

func (s *suite) sums() (plus, minus, times func(a, b float64) float64) {
	of := func(op expr.Op) func(a, b float64) float64 {
		return func(a, b float64) float64 { return s.arith.Apply(op, a, b) }
	}
	return of(expr.OpAdd), of(expr.OpSub), of(expr.OpMul)
}

// twice is a transform along the columns of n × n elements, then along the rows.
func twice(n int, element func(r, col int) float64, transform func([]float64) []float64) [][]float64 {
	along := func(of func(i, j int) float64, count int) [][]float64 {
		out := make([][]float64, count)
		for i := range out {
			line := make([]float64, n)
			for j := range line {
				line[j] = of(i, j)
			}
			out[i] = transform(line)
		}
		return out
	}
	cols := along(func(i, j int) float64 { return element(j, i) }, n)
	return along(func(i, j int) float64 { return cols[j][i] }, len(cols[0]))
}

// tilesCase is both transforms of the first of some blocks of rows of tiles.
func (s *suite) tilesCase(g *geometry, k *kernel.Kernel, b *calls.TileBlocks) {
	size, cols, tiles := k.Winograd.Size, k.TileCols(), b.Rows*k.TileCols()
	c := s.newCase("Tiles %+v from row %d", *g, b.First)
	x := c.operand("x", s.numbers(g.channels*g.size[0]*g.size[1]))
	v := c.operand("v", s.planes(size, tiles*g.channels))
	for t := range tiles {
		for n := range g.channels {
			element := func(r, col int) float64 {
				i, j := size*(b.First+t/cols)-g.before[0]+r, size*(t%cols)-g.before[1]+col
				if i < 0 || i >= g.size[0] || j < 0 || j >= g.size[1] {
					return 0
				}
				return x.before[(i*g.size[1]+j)*g.channels+n]
			}
			for a, line := range twice(size+2, element, s.fromSource) {
				for b2, sum := range line {
					v.after[((size+2)*a+b2)*k.Plane(b.Rows, g.channels)+t*g.channels+n] = sum
				}
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
	m, bias := c.operand("v", s.numbers(kernel.Planes(size)*k.Plane(b.Rows, g.filters))), c.operand("b", s.padded(g.filters))
	y, u := c.operand("y", none), c.operand("u", s.numbers(len(none)))
	finish := s.after(k.Epilogue)
	for i := size * b.First; i < min(size*(b.First+b.Rows), g.out(0)); i++ {
		for j := range g.out(1) {
			for n := range g.filters {
				product := func(r, col int) float64 {
					return m.before[((size+2)*r+col)*k.Plane(b.Rows, g.filters)+((i/size-b.First)*cols+j/size)*g.filters+n]
				}
				sum := twice(size+2, product, s.toResults)[i%size][j%size]
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
func (s *suite) planes(size, elements int) []float64 {
	out := make([]float64, kernel.Planes(size)*(elements+kernel.PlaneGap))
	for i := range out {
		out[i] = sentinel
	}
	return out
}

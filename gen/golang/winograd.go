package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// tiled reports whether the operation is a convolution by tiles.
func (m *matrix) tiled() bool { return m.step.Scratch != nil }

// scratch is what a convolution by tiles works with: the row of a part's first sample
// serves all of its samples.
func (b *body) scratch(s *plan.Step) jen.Code {
	if b.layers {
		size, _ := s.Kernel.Scratch()
		return exprf("(*%s)(%s[0][:])", array(b.e.elem, size), b.rowsVariable(s.Scratch))
	}
	return exprf("%s", b.result(s.Scratch).ptr)
}

// transformFilters makes the transformed copy of filters with filters and channels
// exchanged.
func (b *body) transformFilters(o *ir.Contract) {
	to, from := b.e.plan.TensorOf(o.Y.V.Param), b.e.plan.TensorOf(o.Init.V.Param)
	flat := func(holder, field, index string, size int) jen.Code {
		return b.e.RT("Flat").Call(exprf("&%s.%s%s", holder, field, index), exprf("%d", size))
	}
	l := &from.Layout
	b.add(b.e.RT("WinogradTransposed").Call(
		flat(b.holder(o.Y.V), to.Field, "[0][0][0][0]", kernel.Planes*to.Layout.Panels()*to.Layout.In*schedule.Panel),
		flat(b.holder(o.Init.V), b.e.field(from, from.Field), "[0][0][0]", l.Size()),
		exprf("%d, %d, %d", l.Out, l.In, l.Rows)))
}

// tiledLoops write a convolution by tiles in portable Go: the runtime's transforms.
func (m *matrix) tiledLoops(k *kernelFunc) {
	d, T := m.step.Kernel, typeName(m.e.elem)
	_, products := d.Scratch()
	w, c := &d.Winograd, d.Segments[0].Channels
	k.args = append(k.args, arg{"w", fmt.Sprintf("*[%d][%d][%d][%d]%s", kernel.Planes, m.layout.Panels(), c, schedule.Panel, T)})
	bias := "nil"
	if m.bias != nil {
		panels := m.e.plan.TensorOf(m.bias.Param).Layout.Full
		k.args = append(k.args, arg{"b", fmt.Sprintf("*[%d][16]%s", panels, T)})
		bias = "bias"
		k.body = append(k.body, let(bias, m.e.RT("Flat").Call(exprf("&b[0][0]"), exprf("%d", panels*schedule.Panel))))
	}
	k.doc = []string{
		k.name + " computes the convolution of x with filters of 3×3, w transformed, by Winograd's",
		fmt.Sprintf("F(2×2, 3×3), %d rows of tiles at a time in s. It does not allocate.", w.Block),
	}
	k.body = append(k.body,
		let("filters", m.e.RT("Flat").Call(exprf("&w[0][0][0][0]"), exprf("%d", kernel.Planes*m.layout.Panels()*c*schedule.Panel))),
		let("t", m.e.RT("WinogradTiles").Values(jen.Dict{
			jen.Id("Height"): jen.Lit(w.Height), jen.Id("Width"): jen.Lit(w.Width), jen.Id("Channels"): jen.Lit(c),
			jen.Id("ResultRows"): jen.Lit(len(d.Rows)), jen.Id("ResultCols"): jen.Lit(d.Cols()), jen.Id("Outputs"): jen.Lit(d.Outputs),
			jen.Id("Top"): jen.Lit(w.Top), jen.Id("Left"): jen.Lit(w.Left), jen.Id("Gap"): jen.Lit(kernel.PlaneGap),
		})),
		jen.For(letf("first", "0"), exprf("first < %d", d.TileRows()), exprf("first += %d", w.Block)).Block(
			letf("rows", "min(%d, %d-first)", w.Block, d.TileRows()),
			jen.Id("t.Source").Call(exprf("s[:], x[:], first, rows")),
			jen.Id("t.Products").Call(exprf("s[%d:], s[:], filters, rows", products)),
			jen.Id("t.Results").Call(exprf("y[:], s[%d:], %s, first, rows", products, bias))))
}

// tiledCalls are the calls of assembly, block by block.
func (m *matrix) tiledCalls() []jen.Code {
	c := calls.WinogradOf(m.target(), m.step.Kernel)
	var out []jen.Code
	for i := range c.Blocks {
		b := &c.Blocks[i]
		block := m.tileBlock(b)
		if c.Preempt {
			block = append(block, m.e.Preempt())
		}
		if b.Count > 1 {
			block = []jen.Code{forRange("i", fmt.Sprint(b.Count), block...)}
		}
		out = append(out, block...)
	}
	return out
}

// tileBlock is the calls of a block of rows of tiles, the i-th of several.
func (m *matrix) tileBlock(b *calls.TileBlocks) []jen.Code {
	d := m.step.Kernel
	_, products := d.Scratch()
	at := func(g *kernel.TileGroup) string { // of the first element that exists
		s := fmt.Sprint(g.At * g.RowStride)
		if b.Count > 1 {
			s = plusConst(fmt.Sprintf("i*%d", 2*b.Rows*g.RowStride), g.At*g.RowStride)
		}
		return s
	}
	var out []jen.Code
	row := 0
	for _, g := range b.Source {
		out = append(out, jen.Id(m.tilesAssembly(g.Tiles)).Call(exprf("&s[%d], &x[%s], %d", row*d.TileCols()*g.Channels, at(&g), g.Count)))
		row += g.Count
	}
	var parts []jen.Code
	planeX, planeY := d.Plane(b.Rows, d.Segments[0].Channels), d.Plane(b.Rows, d.Outputs)
	for _, p := range b.Parts {
		call := func(q string) jen.Code {
			y := plusConst(fmt.Sprintf("k*%d", planeY), products+p.Lane)
			if q == "q" {
				y += "+q*16"
			} else if p.From > 0 {
				y += fmt.Sprint("+", p.From*schedule.Panel)
			}
			return jen.Id(m.convolveAssembly(p.Kernel)).Call(exprf("&s[%s], &s[k*%d], &w[k][%s][0][%d], 1, 1", y, planeX, q, p.Lane))
		}
		if p.To-p.From == 1 {
			parts = append(parts, call(fmt.Sprint(p.From)))
		} else {
			parts = append(parts, forRange("q", fmt.Sprint(p.To), call("q")))
		}
	}
	out = append(out, forRange("k", fmt.Sprint(kernel.Planes), parts...))
	row = 0
	for _, g := range b.Back {
		args := []string{fmt.Sprintf("&y[%s]", at(&g)), fmt.Sprintf("&s[%d]", products+row*d.TileCols()*g.Channels)}
		if g.Bias {
			args = append(args, "&b[0][0]")
		}
		for i := range m.extra {
			args = append(args, fmt.Sprintf("&u%d[%s]", i, at(&g)))
		}
		out = append(out, jen.Id(m.tilesAssembly(g.Tiles)).Call(exprf("%s, %d", strings.Join(args, ", "), g.Count)))
		row += g.Count
	}
	return out
}

// tilesAssembly is the assembly of a transform.
func (m *matrix) tilesAssembly(k *kernel.Tiles) string {
	hint, doc := "tiles", "transforms rows of tiles of 4×4 elements to 16 planes."
	if k.Back {
		hint, doc = "tiles back", "transforms 16 planes back to rows of tiles of 2×2 results."
	}
	return m.e.Assembly(k.Key(), fmt.Sprintf("%s %d", hint, k.Channels), doc, func(t *target.Target, name string, doc []string) *asm.Func { return t.Tiles(name, doc, k) })
}

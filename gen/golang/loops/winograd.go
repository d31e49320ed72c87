package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// Tiled reports whether the operation is a convolution by tiles.
func (m *Matrix) Tiled() bool { return m.Step.Scratch != nil }

// tiledLoops write a convolution by tiles in portable Go: the runtime's transforms.
func (m *Matrix) tiledLoops(k *function.Func) {
	d, T := m.Step.Kernel, source.TypeName(m.y.DType)
	_, products := d.Scratch()
	w, c := &d.Winograd, d.Segments[0].Channels
	planes := kernel.Planes(w.Size)
	k.Args = append(k.Args, function.Arg{Name: "w", Type: fmt.Sprintf("*[%d][%d][%d][%d]%s", planes, m.layout.Panels(), c, schedule.Panel, T)})
	bias := "nil"
	if m.Bias != nil {
		panels := m.e.plan.TensorOf(m.Bias.Param).Layout.Full
		k.Args = append(k.Args, function.Arg{Name: "b", Type: fmt.Sprintf("*[%d][16]%s", panels, T)})
		bias = "bias"
		k.Body = append(k.Body, source.Let(bias, m.e.RT("Flat").Call(source.Exprf("&b[0][0]"), source.Exprf("%d", panels*schedule.Panel))))
	}
	k.Doc = []string{
		k.Name + " computes the convolution of x with filters of 3×3, w transformed, by Winograd's",
		fmt.Sprintf("F(%d×%[1]d, 3×3), %d rows of tiles at a time in s. It does not allocate.", w.Size, w.Block),
	}
	k.Body = append(k.Body,
		source.Let("filters", m.e.RT("Flat").Call(source.Exprf("&w[0][0][0][0]"), source.Exprf("%d", planes*m.layout.Panels()*c*schedule.Panel))),
		source.Let("t", m.e.RT("WinogradTiles").Values(jen.Dict{
			jen.Id("Size"):   jen.Lit(w.Size),
			jen.Id("Height"): jen.Lit(w.Height), jen.Id("Width"): jen.Lit(w.Width), jen.Id("Channels"): jen.Lit(c),
			jen.Id("ResultRows"): jen.Lit(len(d.Rows)), jen.Id("ResultCols"): jen.Lit(d.Cols()), jen.Id("Outputs"): jen.Lit(d.Outputs),
			jen.Id("Top"): jen.Lit(w.Top), jen.Id("Left"): jen.Lit(w.Left), jen.Id("Gap"): jen.Lit(kernel.PlaneGap),
		})),
		jen.For(source.Letf("first", "0"), source.Exprf("first < %d", d.TileRows()), source.Exprf("first += %d", w.Block)).Block(
			source.Letf("rows", "min(%d, %d-first)", w.Block, d.TileRows()),
			jen.Id("t.Source").Call(source.Exprf("s[:], x[:], first, rows")),
			jen.Id("t.Products").Call(source.Exprf("s[%d:], s[:], filters, rows", products)),
			jen.Id("t.Results").Call(source.Exprf("y[:], s[%d:], %s, first, rows", products, bias))))
}

// tiledCalls are the calls of assembly, block by block.
func (m *Matrix) tiledCalls() []jen.Code {
	c := calls.WinogradOf(m.target(), m.Step.Kernel)
	var out []jen.Code
	for i := range c.Blocks {
		b := &c.Blocks[i]
		block := m.tileBlock(b)
		if c.Preempt {
			block = append(block, m.e.Preempt())
		}
		if b.Count > 1 {
			block = []jen.Code{source.ForRange("i", fmt.Sprint(b.Count), block...)}
		}
		out = append(out, block...)
	}
	return out
}

// tileBlock is the calls of a block of rows of tiles, the i-th of several.
func (m *Matrix) tileBlock(b *calls.TileBlocks) []jen.Code {
	d := m.Step.Kernel
	_, products := d.Scratch()
	at := func(g *kernel.TileGroup) string { // of the first element that exists
		s := fmt.Sprint(g.At * g.RowStride)
		if b.Count > 1 {
			s = plusConst(fmt.Sprintf("i*%d", b.Size*b.Rows*g.RowStride), g.At*g.RowStride)
		}
		return s
	}
	var out []jen.Code
	row := 0
	for _, g := range b.Source {
		out = append(out, jen.Id(m.tilesAssembly(g.Tiles)).Call(source.Exprf("&s[%d], &x[%s], %d", row*d.TileCols()*g.Channels, at(&g), g.Count)))
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
			return jen.Id(m.convolveAssembly(p.Kernel)).Call(source.Exprf("&s[%s], &s[k*%d], &w[k][%s][0][%d], 1, 1", y, planeX, q, p.Lane))
		}
		if p.To-p.From == 1 {
			parts = append(parts, call(fmt.Sprint(p.From)))
		} else {
			parts = append(parts, source.ForRange("q", fmt.Sprint(p.To), call("q")))
		}
	}
	out = append(out, source.ForRange("k", fmt.Sprint(kernel.Planes(d.Winograd.Size)), parts...))
	row = 0
	for _, g := range b.Back {
		args := []string{fmt.Sprintf("&y[%s]", at(&g)), fmt.Sprintf("&s[%d]", products+row*d.TileCols()*g.Channels)}
		if g.Bias {
			args = append(args, "&b[0][0]")
		}
		for i := range m.Extra {
			args = append(args, fmt.Sprintf("&u%d[%s]", i, at(&g)))
		}
		out = append(out, jen.Id(m.tilesAssembly(g.Tiles)).Call(source.Exprf("%s, %d", strings.Join(args, ", "), g.Count)))
		row += g.Count
	}
	return out
}

// tilesAssembly is the assembly of a transform.
func (m *Matrix) tilesAssembly(k *kernel.Tiles) string {
	hint, doc := "tiles", fmt.Sprintf("transforms rows of tiles of %d×%[1]d elements to %d planes.", k.Size+2, kernel.Planes(k.Size))
	if k.Back {
		hint, doc = "tiles back", fmt.Sprintf("transforms %d planes back to rows of tiles of %d×%[2]d results.", kernel.Planes(k.Size), k.Size)
	}
	return m.e.Assembly(k.Key(), fmt.Sprintf("%s %d", hint, k.Channels), doc, func(t *target.Target, name string, doc []string) *asm.Func { return t.Tiles(name, doc, k) })
}

package loops

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// filterCalls are the calls of assembly that sum the gradient of filters: sample
// by sample, some rows at a time.
func (c *Contraction) filterCalls(k *kernel.Kernel) []jen.Code {
	conv := ir.FilterGradientOf(c.o)
	g := calls.FilterGradientOf(c.e.Target(), k, c.e.plan.Options.Batch)
	panel := c.e.plan.TensorOf(c.o.Y.V.Param).Layout.Rows
	var rows []jen.Code
	for _, w := range g.Windows {
		var each []jen.Code
		for _, p := range g.Parts {
			if p.To-p.From == 1 {
				each = append(each, c.filterCall(g, p, w, panel, fmt.Sprint(p.From)))
			} else {
				each = append(each, source.ForRange("q", fmt.Sprint(p.To), c.filterCall(g, p, w, panel, "q")))
			}
		}
		if g.PerCall == g.Rows {
			rows = append(rows, jen.Block(append([]jen.Code{jen.Const().Id("from, to").Op("=").Add(source.Exprf("%d, %d", w.First, w.End))}, each...)...))
			continue
		}
		rows = append(rows, jen.If(source.Letf("from, to", "max(r, %d), min(r+%d, %d)", w.First, g.PerCall, w.End), source.Exprf("from < to")).Block(each...))
	}
	if g.PerCall < g.Rows {
		rows = []jen.Code{jen.For(source.Letf("r", "0"), source.Exprf("r < %d", g.Rows), source.Exprf("r += %d", g.PerCall)).Block(rows...)}
	}
	if g.Preempt {
		rows = append(rows, c.e.Preempt())
	}
	sample := []jen.Code{source.Letf("xb", "&%s", c.sampleOf(conv.X.V)), source.Letf("db", "&%s", c.sampleOf(conv.Y.V))}
	return c.summed(append(sample, rows...))
}

// summed adds what code adds to y for every sample, from 0 on or to what is there.
func (c *Contraction) summed(code []jen.Code) []jen.Code {
	each := source.ForRange("b", c.Rows, code...)
	if c.o.Adds() {
		return []jen.Code{each}
	}
	return []jen.Code{jen.Id("clear").Call(jen.Id("y")), each}
}

// sampleOf is the row of a value for sample b.
func (c *Contraction) sampleOf(v *ir.Value) string {
	if of := c.Inputs[v]; of != nil {
		return strings.TrimSuffix(of("b", "#"), "[#]")
	}
	return c.Names[v] + "[b]"
}

// filterCall is the call for panel q, of which each has some rows.
func (c *Contraction) filterCall(g *calls.FilterGradient, p calls.FilterPart, w calls.WindowRow, panel int, q string) jen.Code {
	k := p.Kernel
	doc := fmt.Sprintf("adds the products of rows of x and dy to the gradients of %d filters.", k.Outputs)
	name := c.e.Assembly(k.Key(), fmt.Sprintf("filters %d", k.Outputs), doc,
		func(t *target.Target, name string, doc []string) *asm.Func { return t.FilterGradient(name, doc, k) })
	lane, first := times16(q), fmt.Sprintf("%s*%d", q, panel*schedule.Panel)
	if n, err := strconv.Atoi(q); err == nil {
		first = fmt.Sprint(n * panel * schedule.Panel)
	}
	x := fmt.Sprintf("from*%d%+d", g.X, w.X)
	if g.XStride > 0 || p.X > 0 {
		x += "+" + plus(sourceOf(g.XPanels, g.XStride, q), p.X)
	}
	return jen.Id(name).Call(source.Exprf("&y[%s], &xb[%s], &db[from*%d+%s], to-from",
		plus(first, w.G+p.Lane), x, g.DY, plus(lane, p.Lane)))
}

// biasCalls are the calls of assembly that sum the gradient of biases: for every
// part of a panel, sample by sample.
func (c *Contraction) biasCalls(k *kernel.Kernel) []jen.Code {
	conv := ir.BiasGradientOf(c.o)
	g := calls.ConvolutionOf(c.e.Target(), k)
	row := g.Rows[0]
	var parts []jen.Code
	for _, p := range g.Parts {
		part := p.Kernel
		name := c.e.Assembly(part.Key(), convolutionHint(part), convolutionDoc(part),
			func(t *target.Target, name string, doc []string) *asm.Func { return t.Convolve(name, doc, part) })
		call := func(q string) jen.Code {
			y := plus(times16(q), p.Lane)
			return jen.Id(name).Call(source.Exprf("&y[%s], &db[%s], &y[%s], %d, %d", y, plus(times16(q), row.X+p.Lane), y, row.Rows, row.Taps))
		}
		if p.To-p.From == p.Panels {
			parts = append(parts, call(fmt.Sprint(p.From)))
		} else {
			parts = append(parts, source.ForRange("q", fmt.Sprint(p.To), call("q")))
		}
	}
	if g.Preempt {
		parts = append(parts, c.e.Preempt())
	}
	return c.summed(append([]jen.Code{source.Letf("db", "&%s", c.sampleOf(conv.X.V))}, parts...))
}

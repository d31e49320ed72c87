package phases

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// paramMap emits an element-wise operation on parameter-shaped values: an
// update of parameters and states, or a copy.
func (b *body) paramMap(o *ir.Map) error {
	t := b.e.plan.TensorOf(o.Out[0].Param)
	if o.Out[0].Kind == ir.Temp {
		b.at[o.Out[0]] = place{b.holder(o.Out[0]), ""}
	}
	b.update(o, t)
	return nil
}

// randomWeights draws the mask of removed connections, by canonical index.
func (b *body) randomWeights(o *ir.Random, threshold uint32, scale float64) error {
	p := o.Y.Param
	outs, ins := p.Shape[0], p.Shape[1]
	b.at[o.Y] = place{b.holder(o.Y), ""}
	cell := b.holder(o.Y) + "." + b.e.cellAt(b.e.plan.TensorOf(p), "o", "i")
	store := []jen.Code{source.Setf("*"+cell, "v")}
	if p.Mask != nil {
		store = []jen.Code{jen.If(source.Letf("c", "%s", cell), source.Exprf("c != nil")).Block(source.Setf("*c", "v"))}
	}
	b.add(source.ForRange("o", fmt.Sprint(outs),
		jen.Var().Id("row").Id(source.Array(o.Y.DType, ins)),
		b.e.RT("Dropout").Call(source.Exprf("row[:]"), source.Exprf("t.seed"), b.e.RT("PurposeDropConnect"), source.Exprf("t.step"),
			source.Exprf("%s", b.e.layerOf(o)), source.Exprf("0"), source.Exprf("uint64(o*%d)", ins), source.Exprf("%d", threshold), source.Exprf("%s", source.Literal(scale, o.Y.DType))),
		source.ForRange("i, v", "row", store...)))
	return nil
}

// reduceParam adds the elements of a parameter: one accumulator per output of
// a panel, added in halves, panels in order.
func (b *body) reduceParam(o *ir.Reduce, wide *ir.Value) {
	t := b.e.plan.TensorOf(wide.Param)
	l, T, field, tail := &t.Layout, source.TypeName(o.Y.DType), b.e.field(t, t.Field), b.e.field(t, t.TailField())
	y := b.result(o.Y)
	b.add(jen.Var().Id(y.idx).Id(T))
	term := func(index string) jen.Code {
		operands := make([]string, len(o.In))
		for i, x := range o.In {
			operands[i] = fmt.Sprintf("%s.%s", b.holder(x), index)
			if source.IsNumber(x) {
				operands[i] = b.at[x].idx
			}
		}
		return jen.Id("lanes[j%16]").Op("+=").Id(T).Call(b.e.Apply(o.Y.DType, o.Doc, o.Prog, o.InNames, operands, "e"))
	}
	if o.When != nil {
		defer func(before []jen.Code) {
			b.stmts = append(before, jen.If(source.Exprf("%s != 0", b.at[o.When].idx)).Block(b.stmts...))
		}(b.take())
	}
	panel := func(loops ...jen.Code) []jen.Code {
		out := append([]jen.Code{jen.Var().Id("lanes").Id("[16]" + T)}, loops...)
		return append(out, jen.Id(y.idx).Op("+=").Add(b.e.Halve(o.Y.DType)))
	}
	total := func(code ...jen.Code) { b.add(jen.Block(code...)) }
	switch l.Order {
	case plan.Connections:
		total(append([]jen.Code{jen.Var().Id("lanes").Id("[16]" + T), source.ForRange("j", fmt.Sprint(l.First(l.Out)), term(field+"[j]"))},
			source.Set(y.idx, b.e.Halve(o.Y.DType)))...)
	case plan.Vector:
		for q := range l.Full {
			n := min(schedule.Panel, l.Out-q*schedule.Panel)
			if q == 0 && n == schedule.Panel && l.Full > 1 {
				b.add(source.ForRange("q", fmt.Sprint(l.Out/schedule.Panel), panel(source.ForRange("j", "16", term(field+"[q][j]")))...))
			}
			if n < schedule.Panel || l.Full == 1 {
				total(panel(source.ForRange("j", fmt.Sprint(n), term(fmt.Sprintf("%s[%d][j]", field, q))))...)
			}
		}
	case plan.Panels:
		if l.ByInputs { // the order is that of outputs all the same
			var loops []jen.Code
			if l.Full > 0 {
				loops = append(loops, source.ForRange("q", fmt.Sprint(l.Full), source.ForRange("i", "16", source.ForRange("j", fmt.Sprint(l.In), term(field+"[q][j][i]")))))
			}
			if l.Tail > 0 {
				loops = append(loops, source.ForRange("i", fmt.Sprint(l.TailOutputs()), source.ForRange("j", fmt.Sprint(l.In), term(tail+"[j][i]"))))
			}
			total(panel(loops...)...)
			return
		}
		if n := l.WholePanels(); n > 0 {
			b.add(source.ForRange("q", fmt.Sprint(n), panel(source.ForRange("k", fmt.Sprint(l.Ins()), source.ForRange("j", "16", term(field+"[q][k][j]"))))...))
		}
		if l.Partial() {
			total(panel(source.ForRange("k", fmt.Sprint(l.Ins()), source.ForRange("j", fmt.Sprint(l.Out%schedule.Panel), term(fmt.Sprintf("%s[%d][k][j]", field, l.Full-1)))))...)
		}
		if l.Tail > 0 {
			total(panel(source.ForRange("k", fmt.Sprint(l.Ins()), source.ForRange("j", fmt.Sprint(l.TailOutputs()), term(tail+"[k][j]"))))...)
		}
	}
}

package api

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/plan"
)

// stored is the value of the weight in a cell, at o, i.
func (e *API) stored(t *plan.Tensor, cell string) *jen.Statement {
	v := e.Widen(t.Value.DType, t.Layout.Elem, "*"+cell)
	if t.Scaled() {
		v.Op("*").Id(source.VectorAt("p."+t.ScaleField(), "o"))
	}
	return v
}

// narrowSet prints how a weight stored narrow is set from values in canonical
// layout, which must fit.
func (e *API) narrowSet(t *plan.Tensor) []jen.Code {
	bound, storage := "Largest16", t.Layout.Elem
	if t.Scaled() {
		bound = "Largest8"
	}
	out := []jen.Code{jen.If(source.Let("err", e.RT("CheckStored").Call(jen.Lit(t.Value.Name), jen.Id("v"), e.RT(bound), jen.Lit(string(storage)))), source.Exprf("err != nil")).Block(
		jen.Return(jen.Id("err")))}
	return append(out, source.ForRange("o", fmt.Sprint(t.Layout.Out), e.storeRow(t, fmt.Sprintf("v[o*%d:][:%d]", t.Layout.In, t.Layout.In))))
}

// storeRow is the call that stores a row of weights.
func (e *API) storeRow(t *plan.Tensor, row string) jen.Code {
	return jen.Id("p."+storeName(t)).Call(jen.Id("o"), source.Exprf("%s", row))
}

// storeName is the method that stores a row.
func storeName(t *plan.Tensor) string { return source.LowerCamel("store " + t.Value.Param.Name) }

// narrowLoops walks the indices of a weight row by row: inner gives row[i] its
// value, then the row is stored.
func (e *API) narrowLoops(t *plan.Tensor, inner func(at string) []jen.Code) jen.Code {
	l := &t.Layout
	return jen.Block(
		source.Letf("row", "make([]%s, %d)", source.TypeName(t.Value.DType), l.In),
		source.ForRange("o", fmt.Sprint(l.Out), source.ForRange("i", "row", inner(fmt.Sprintf("o*%d+i", l.In))...), e.storeRow(t, "row")))
}

// embedsIntegers reports whether the embedded file holds weights as integers.
func (e *API) embedsIntegers() bool {
	return e.Embedded != nil && slices.ContainsFunc(e.plan.Tensors, (*plan.Tensor).Scaled)
}

// storedTensors prints the tensors of the embedded file, in the form in which
// they are stored, and how they are set.
func (e *API) storedTensors(f *jen.File) {
	var rows, sets []jen.Code
	row := func(name string, integers bool, shape ...int) {
		var dims []jen.Code
		for _, d := range shape {
			dims = append(dims, jen.Lit(d))
		}
		fields := []jen.Code{jen.Id("Name").Op(":").Lit(name), jen.Id("Shape").Op(":").Index().Int().Values(dims...)}
		if integers {
			fields = append(fields, jen.Id("Int8").Op(":").True())
		}
		rows = append(rows, jen.Values(fields...))
	}
	put := func(body ...jen.Code) { sets = append(sets, jen.Case(jen.Lit(len(rows)-1)).Block(body...)) }
	for n, t := range e.plan.Tensors {
		row(t.Value.Name, t.Scaled(), t.Value.Shape...)
		if !t.Scaled() {
			put(jen.Return(source.Exprf("p.set(%d, v)", n)))
			continue
		}
		put(loops(t, func(at string) []jen.Code {
			if t.Layout.Order == plan.Connections {
				return []jen.Code{jen.If(source.Letf("c", "%s", e.cell(t)), source.Exprf("c != nil")).Block(source.Setf("*c", "int8(v[%s])", at))}
			}
			return []jen.Code{source.Setf("*"+e.cell(t), "int8(v[%s])", at)}
		}))
		row(plan.ScaleName(t.Value.Name), false, t.Layout.Out)
		put(source.ForRange("o", fmt.Sprint(t.Layout.Out), source.Setf(source.VectorAt("p."+t.ScaleField(), "o"), "v[o]")))
	}
	f.Comment("storedTensors are the tensors of the embedded file: weights as they are stored, and")
	f.Comment("their scales.")
	f.Var().Id("storedTensors").Op("=").Index().Add(e.RT("Tensor")).ValuesFunc(func(g *jen.Group) {
		for _, r := range rows {
			g.Line().Add(r)
		}
		g.Line()
	})
	f.Line()
	f.Comment("setStored copies v, in canonical layout, to tensor n of the embedded file.")
	f.Func().Params(jen.Id("p").Op("*").Id("params")).Id("setStored").Params(jen.Id("n int, v []"+source.TypeName(e.prog.DType))).Error().Block(
		jen.Switch(jen.Id("n")).Block(sets...), jen.Return(jen.Nil()))
	f.Line()
}

// storer prints the method that stores a row of weights.
func (e *API) storer(f *jen.File, t *plan.Tensor) {
	l := &t.Layout
	var body []jen.Code
	value := e.RT("Round16").Call(jen.Id("w"))
	if t.Scaled() {
		body = append(body, source.Let("s", e.RT("Scale8").Call(jen.Id("row"))), source.Setf(source.VectorAt("p."+t.ScaleField(), "o"), "s"))
		value = e.RT("Round8").Call(jen.Id("w"), jen.Id("s"))
	}
	store := source.Set("*"+e.cell(t), value)
	if l.Order == plan.Connections {
		store = jen.If(source.Letf("c", "%s", e.cell(t)), source.Exprf("c != nil")).Block(source.Set("*c", value))
	}
	body = append(body, source.ForRange("i, w", "row", store))
	f.Comment(fmt.Sprintf("%s rounds the weights of output o to %s, as they are stored.", storeName(t), l.Elem))
	f.Func().Params(jen.Id("p").Op("*").Id("params")).Id(storeName(t)).Params(jen.Id("o").Int(), jen.Id("row").Index().Id(source.TypeName(t.Value.DType))).Block(body...)
	f.Line()
}

// overBlocks prints something for blocks of a run: the tensors of the first stand
// for those of the turn's.
func (e *API) overBlocks(r *plan.Run, block plan.Move, do func()) {
	outer := e.blocks
	e.blocks = map[*plan.Tensor]plan.Move{}
	for _, t := range e.plan.Tensors[r.First : r.First+len(r.Fields)] {
		e.blocks[t] = block
	}
	do()
	e.blocks = outer
}

// field is a field of a tensor in the arena: of the block of the turn in a loop over
// equal layers.
func (e *API) field(t *plan.Tensor, name string) string {
	if m, ok := e.blocks[t]; ok {
		return fmt.Sprintf("%s[%s].%s", t.Run.Name, m.Text(source.Turn), name)
	}
	return t.Path(name)
}

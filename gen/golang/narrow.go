package golang

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// narrow reports whether a tensor's elements are stored in fewer bits than
// they are computed with.
func narrow(t *plan.Tensor) bool { return t.Layout.Elem != t.Value.DType }

// widen is the value of a stored weight, in units of its scale if it has one.
func (e *emitter) widen(elem ir.DType, cell string) *jen.Statement {
	switch elem {
	case ir.Float16:
		return e.RT("Widen16").Call(exprf("%s", cell))
	case ir.Int8:
		return jen.Id(typeName(e.elem)).Call(exprf("%s", cell))
	}
	return exprf("%s", cell)
}

// stored is the value of the weight in a cell, at o, i.
func (e *emitter) stored(t *plan.Tensor, cell string) *jen.Statement {
	v := e.widen(t.Layout.Elem, "*"+cell)
	if t.Scaled() {
		v.Op("*").Id(vectorAt("p."+t.ScaleField(), "o"))
	}
	return v
}

// initial is what a sum starts from: the bias, unless a scale comes before it.
func (p *printer) initial(bias string) string {
	if p.bias == nil || p.tensor.Scaled() {
		return ""
	}
	return bias
}

// scale multiplies a sum by the scale of its output and adds the bias, where
// the sum is one of integers.
func (p *printer) scale(sum, scale, bias string) []jen.Code {
	if !p.tensor.Scaled() {
		return nil
	}
	product := jen.Id(typeName(p.e.elem)).Call(exprf("%s * %s", scale, sum))
	if p.bias != nil {
		product = exprf("%s", bias).Op("+").Add(product)
	}
	return []jen.Code{set(sum, product)}
}

// scaleArg is the parameter that holds the scales, if there are any.
func (m *matrix) scaleArg() []arg {
	if !m.tensor.Scaled() {
		return nil
	}
	return []arg{{"scale", m.scaleType()}}
}

func (m *matrix) scaleType() string {
	return fmt.Sprintf("*[%d][16]%s", m.layout.Panels(), typeName(m.e.elem))
}

// narrowSet prints how a weight stored narrow is set from values in canonical
// layout, which must fit.
func (e *emitter) narrowSet(t *plan.Tensor) []jen.Code {
	bound, storage := "Largest16", t.Layout.Elem
	if t.Scaled() {
		bound = "Largest8"
	}
	out := []jen.Code{jen.If(let("err", e.RT("CheckStored").Call(jen.Lit(t.Value.Name), jen.Id("v"), e.RT(bound), jen.Lit(string(storage)))), exprf("err != nil")).Block(
		jen.Return(jen.Id("err")))}
	return append(out, forRange("o", fmt.Sprint(t.Layout.Out), e.storeRow(t, fmt.Sprintf("v[o*%d:][:%d]", t.Layout.In, t.Layout.In))))
}

// storeRow is the call that stores a row of weights.
func (e *emitter) storeRow(t *plan.Tensor, row string) jen.Code {
	return jen.Id("p."+storeName(t)).Call(jen.Id("o"), exprf("%s", row))
}

func storeName(t *plan.Tensor) string { return lowerCamel("store " + t.Value.Param.Name) }

// narrowLoops walks the indices of a weight row by row: inner gives row[i] its
// value, then the row is stored.
func (e *emitter) narrowLoops(t *plan.Tensor, inner func(at string) []jen.Code) jen.Code {
	l := &t.Layout
	return jen.Block(
		letf("row", "make([]%s, %d)", typeName(e.elem), l.In),
		forRange("o", fmt.Sprint(l.Out), forRange("i", "row", inner(fmt.Sprintf("o*%d+i", l.In))...), e.storeRow(t, "row")))
}

// embedsIntegers reports whether the embedded file holds weights as integers.
func (e *emitter) embedsIntegers() bool {
	return e.opts.Embedded != nil && slices.ContainsFunc(e.plan.Tensors, (*plan.Tensor).Scaled)
}

// storedTensors prints the tensors of the embedded file, in the form in which
// they are stored, and how they are set.
func (e *emitter) storedTensors(f *jen.File) {
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
			put(jen.Return(exprf("p.set(%d, v)", n)))
			continue
		}
		put(loops(t, func(at string) []jen.Code {
			if t.Layout.Order == plan.Connections {
				return []jen.Code{jen.If(letf("c", "%s", e.cell(t)), exprf("c != nil")).Block(setf("*c", "int8(v[%s])", at))}
			}
			return []jen.Code{setf("*"+e.cell(t), "int8(v[%s])", at)}
		}))
		row(plan.ScaleName(t.Value.Name), false, t.Layout.Out)
		put(forRange("o", fmt.Sprint(t.Layout.Out), setf(vectorAt("p."+t.ScaleField(), "o"), "v[o]")))
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
	f.Func().Params(jen.Id("p").Op("*").Id("params")).Id("setStored").Params(jen.Id("n int, v []"+typeName(e.elem))).Error().Block(
		jen.Switch(jen.Id("n")).Block(sets...), jen.Return(jen.Nil()))
	f.Line()
}

// storer prints the method that stores a row of weights.
func (e *emitter) storer(f *jen.File, t *plan.Tensor) {
	l := &t.Layout
	var body []jen.Code
	value := e.RT("Round16").Call(jen.Id("w"))
	if t.Scaled() {
		body = append(body, let("s", e.RT("Scale8").Call(jen.Id("row"))), setf(vectorAt("p."+t.ScaleField(), "o"), "s"))
		value = e.RT("Round8").Call(jen.Id("w"), jen.Id("s"))
	}
	store := set("*"+e.cell(t), value)
	if l.Order == plan.Connections {
		store = jen.If(letf("c", "%s", e.cell(t)), exprf("c != nil")).Block(set("*c", value))
	}
	body = append(body, forRange("i, w", "row", store))
	f.Comment(fmt.Sprintf("%s rounds the weights of output o to %s, as they are stored.", storeName(t), l.Elem))
	f.Func().Params(jen.Id("p").Op("*").Id("params")).Id(storeName(t)).Params(jen.Id("o").Int(), jen.Id("row").Index().Id(typeName(e.elem))).Block(body...)
	f.Line()
}

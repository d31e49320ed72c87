package api

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// Params prints the parameters: the arena, accessors by canonical index, the
// table of tensors and the initial values.
func (e *API) Params() (*jen.File, error) {
	f := e.File()
	f.Comment("params holds the parameters, packed for the kernels: every array starts on a")
	f.Comment("64-byte boundary, w[n/16][k][n%16] is the weight from input k to output n.")
	f.Type().Id("params").Struct(e.Arena(&e.plan.Net)...)
	f.Line()
	for _, t := range e.plan.Tensors {
		if t.Layout.Order == plan.Connections {
			e.sparseTables(f, t)
		}
		if t.Block > 0 {
			continue
		}
		e.accessor(f, t)
		if source.Narrow(t) {
			e.storer(f, t)
		}
	}
	e.tensorTable(f)
	e.getSet(f)
	if e.embedsIntegers() {
		e.storedTensors(f)
	}
	e.initialise(f)
	e.filters(f)
	return f, nil
}

// Arena are the fields of a struct, padding included.
func (e *API) Arena(a *plan.Arena) []jen.Code {
	var fields, block []jen.Code
	for _, f := range a.Fields {
		run, name := f.Tensor.Run, f.Name
		if run != nil && f.Tensor.Block > 0 {
			continue
		}
		if run != nil {
			name = name[strings.LastIndex(name, ".")+1:]
		}
		own := []jen.Code{jen.Id(name).Id(source.Array(f.Elem, f.Dims...)).Comment(fmt.Sprintf("%s, byte %d", f.Doc, f.Offset))}
		if f.Pad > 0 {
			own = append(own, jen.Id("_").Id(source.Array(f.Elem, f.Pad)))
		}
		if run == nil {
			fields = append(fields, own...)
			continue
		}
		if block = append(block, own...); name == run.Last {
			fields = append(fields, jen.Id(run.Name).Index(jen.Lit(run.Count)).Struct(block...))
			block = nil
		}
	}
	return fields
}

// sparseTables prints where the connections of a sparse weight are.
func (e *API) sparseTables(f *jen.File, t *plan.Tensor) {
	l := &t.Layout
	cols, rows := source.Tables(t)
	typ := "uint16"
	if l.In > 1<<16 {
		typ = "uint32"
	}
	var inputs []string
	for _, c := range l.Mask.Cols {
		for _, k := range c {
			inputs = append(inputs, fmt.Sprint(k))
		}
	}
	var begin []string
	for o := range l.Out + 1 {
		begin = append(begin, fmt.Sprint(l.First(o)))
	}
	f.Comment(fmt.Sprintf("The connections of %s: the inputs of output n are %s[%s[n]:%s[n+1]].", t.Value.Name, cols, rows, rows))
	f.Var().Defs(
		jen.Id(cols).Op("=").Id("[...]"+typ).Values(source.Exprf("%s", source.Wrap(inputs))),
		jen.Id(rows).Op("=").Id("[...]uint32").Values(source.Exprf("%s", source.Wrap(begin))),
	)
}

// accessor prints the method that returns the place of an element.
func (e *API) accessor(f *jen.File, t *plan.Tensor) {
	l, name, T, p := &t.Layout, source.ParamName(t.Value), source.TypeName(t.Layout.Elem), "p."
	o, i := "o", "i" // as the layout has them
	if l.ByInputs {
		o, i = i, o
	}
	if t.Run != nil {
		name, p = source.RunAccessor(t), fmt.Sprintf("p.%s[%s].", t.Run.Name, source.Turn)
	}
	head := func(args string, what string) *jen.Statement {
		if t.Run == nil {
			f.Comment(fmt.Sprintf("%s is where %s[%s] lies%s.", name, t.Value.Name, args, what))
		} else {
			f.Comment(fmt.Sprintf("%s is where element [%s] of block %s lies, the first of which is %s.", name, args, source.Turn, t.Value.Name))
			args = source.Turn + ", " + args
		}
		return f.Func().Params(jen.Id("p").Op("*").Id("params")).Id(name).Params(jen.Id(args + " int")).Op("*").Id(T)
	}
	switch {
	case l.Order == plan.Vector:
		head("o", "").Block(jen.Return(source.Exprf("&%s", e.vectorWithin(p+t.Field, "o", l.Out))))
	case l.Order == plan.Connections:
		cols, rows := source.Tables(t)
		head("o, i", ", nil where there is no connection").Block(
			jen.For(source.Letf("c", "%s[o]", rows), source.Exprf("c < %s[o+1]", rows), source.Exprf("c++")).Block(
				jen.If(source.Exprf("int(%s[c]) == i", cols)).Block(jen.Return(source.Exprf("&p.%s[c]", t.Field)))),
			jen.Return(jen.Nil()))
	case l.Tail == 0:
		row := i
		if l.Taps > 1 && l.In > 1 {
			row = fmt.Sprintf("i%%%d*%d+i/%d", l.Taps, l.In, l.Taps)
		}
		head("o, i", "").Block(jen.Return(source.Exprf("&%s", source.FullAt(p+t.Field, o, row))))
	case l.Full == 0:
		head("o, i", "").Block(jen.Return(source.Exprf("&%s", source.TailAt(l, p+t.Field, o, i))))
	default:
		head("o, i", "").Block(
			jen.If(source.Exprf("%s < %d", o, l.Full*16)).Block(jen.Return(source.Exprf("&%s", source.FullAt(p+t.Field, o, i)))),
			jen.Return(source.Exprf("&%s", source.TailAt(l, p+t.TailField(), o, i))))
	}
	f.Line()
}

// vectorWithin is element o of n, which panics where the array has more.
func (e *API) vectorWithin(field, o string, n int) string {
	if n%schedule.Panel == 0 {
		return source.VectorAt(field, o)
	}
	_, lane := source.Split(o)
	return fmt.Sprintf("%s[%s(%s, %d)/%d][%s]", field, e.RTName("Index"), o, n, schedule.Panel, lane)
}

// tensorTable prints the names and shapes of the weight file.
func (e *API) tensorTable(f *jen.File) {
	var rows []jen.Code
	for _, t := range e.plan.Tensors {
		dims := make([]jen.Code, len(t.Value.Shape))
		for i, d := range t.Value.Shape {
			dims[i] = jen.Lit(d)
		}
		rows = append(rows, jen.Values(jen.Id("Name").Op(":").Lit(t.Value.Name), jen.Id("Shape").Op(":").Index().Int().Values(dims...)))
	}
	f.Comment("tensors are the tensors of a weight file, in canonical layout: weights [out, in],")
	f.Comment("biases [out].")
	f.Var().Id("tensors").Op("=").Index().Add(e.RT("Tensor")).ValuesFunc(func(g *jen.Group) {
		for _, r := range rows {
			g.Line().Add(r)
		}
		g.Line()
	})
	f.Line()
	f.Comment("arch identifies the architecture in weight files.")
	f.Const().Id("arch").Op("=").Lit(e.net.Arch())
	f.Line()
}

// loops walks the canonical indices of a tensor: o (and i); at is the
// canonical position.
func loops(t *plan.Tensor, inner func(at string) []jen.Code) jen.Code {
	l := &t.Layout
	if l.Order == plan.Vector {
		return source.ForRange("o", fmt.Sprint(l.Out), inner("o")...)
	}
	outs, ins := l.Out, l.Ins()
	if l.ByInputs {
		outs, ins = ins, outs
	}
	return source.ForRange("o", fmt.Sprint(outs), source.ForRange("i", fmt.Sprint(ins), inner(fmt.Sprintf("o*%d+i", ins))...))
}

// cell is the element of a tensor at o (and i).
func (e *API) cell(t *plan.Tensor) string {
	if t.Layout.Order == plan.Vector {
		return "p." + source.CellAt(t, e.blocks, "o")
	}
	return "p." + source.CellAt(t, e.blocks, "o", "i")
}

func (e *API) getSet(f *jen.File) {
	T := source.TypeName(e.prog.DType)
	f.Comment("get copies tensor n to v in canonical layout.")
	f.Func().Params(jen.Id("p").Op("*").Id("params")).Id("get").Params(jen.Id("n int, v []" + T)).Block(
		append([]jen.Code{jen.Id("clear").Call(jen.Id("v"))}, e.tensorCases(e.getTensor)...)...)
	f.Line()
	f.Comment("set copies v, in canonical layout, to tensor n.")
	f.Func().Params(jen.Id("p").Op("*").Id("params")).Id("set").Params(jen.Id("n int, v []" + T)).Error().Block(
		append(e.tensorCases(e.setTensor), jen.Return(jen.Nil()))...)
	f.Line()
}

// tensorCases do something with tensor n: with a field of a block where it is of a
// run of equal ones.
func (e *API) tensorCases(do func(t *plan.Tensor) []jen.Code) []jen.Code {
	var blocks, cases []jen.Code
	for n, t := range e.plan.Tensors {
		if t.Run == nil {
			cases = append(cases, jen.Case(jen.Lit(n)).Block(append([]jen.Code{jen.Comment(t.Value.Name)}, do(t)...)...))
		}
	}
	for _, r := range e.plan.Runs {
		fields := e.plan.Tensors[r.First : r.First+len(r.Fields)]
		var own []jen.Code
		e.overBlocks(r, plan.Move{Step: 1}, func() {
			for i, t := range fields {
				own = append(own, jen.Case(jen.Lit(i)).Block(do(t)...))
			}
		})
		k := "n"
		if r.First > 0 {
			k = fmt.Sprintf("(n - %d)", r.First)
		}
		last := e.plan.Tensors[r.First+r.Count*len(fields)-1]
		blocks = append(blocks,
			source.Note("%s … %s", fields[0].Value.Name, last.Value.Name),
			jen.If(source.Letf(source.Turn, "%s / %d", k, len(fields)), source.Exprf("n >= %d && %s < %d", r.First, source.Turn, r.Count)).Block(
				jen.Switch(source.Exprf("%s %% %d", k, len(fields))).Block(own...)))
	}
	if cases != nil {
		blocks = append(blocks, jen.Switch(jen.Id("n")).Block(cases...))
	}
	return blocks
}

// getTensor copies a tensor to v.
func (e *API) getTensor(t *plan.Tensor) []jen.Code {
	return []jen.Code{loops(t, func(at string) []jen.Code {
		if t.Layout.Order == plan.Connections {
			return []jen.Code{jen.If(source.Letf("c", "%s", e.cell(t)), source.Exprf("c != nil")).Block(source.Set("v["+at+"]", e.stored(t, "c")))}
		}
		return []jen.Code{source.Set("v["+at+"]", e.stored(t, e.cell(t)))}
	})}
}

// setTensor copies v, in canonical layout, to a tensor.
func (e *API) setTensor(t *plan.Tensor) []jen.Code {
	var out []jen.Code
	if t.Layout.Order == plan.Connections {
		refuse := jen.Return(jen.Op("&").Add(e.RT("TensorError")).Values(
			jen.Id("Name").Op(":").Lit(t.Value.Name),
			jen.Id("Want").Op(":").Lit("0 where the mask has no connection"),
			jen.Id("Got").Op(":").Lit("a weight that is not 0")))
		out = append(out, loops(t, func(at string) []jen.Code {
			if source.Narrow(t) {
				return []jen.Code{jen.If(source.Exprf("%s == nil && v[%s] != 0", e.cell(t), at)).Block(refuse)}
			}
			return []jen.Code{jen.If(source.Letf("c", "%s", e.cell(t)), source.Exprf("c != nil")).Block(source.Setf("*c", "v[%s]", at)).Else().If(source.Exprf("v[%s] != 0", at)).Block(refuse)}
		}))
	}
	switch {
	case source.Narrow(t):
		out = append(out, e.narrowSet(t)...)
	case out == nil:
		out = append(out, loops(t, func(at string) []jen.Code { return []jen.Code{source.Setf("*"+e.cell(t), "v[%s]", at)} }))
	}
	return out
}

// initialise prints the initial values.
func (e *API) initialise(f *jen.File) {
	var body []jen.Code
	for _, t := range e.plan.Tensors {
		if t.Run != nil {
			if t.Block == 0 {
				body = append(body, e.initialRun(t)...)
			}
			continue
		}
		if c := e.initial(t, fmt.Sprint(t.Value.Param.Layer)); c != nil {
			body = append(body, jen.Comment(t.Value.Name+": "+initialDoc(t.Value.Param)), c)
		}
	}
	f.Comment("initialise sets the initial values the spec asks for; they depend on the seed and")
	f.Comment("the canonical index alone.")
	f.Func().Params(jen.Id("p").Op("*").Id("params")).Id("initialise").Params(jen.Id("seed uint64")).Block(body...)
}

// initialRun prints the initial values of a field of a run's blocks.
func (e *API) initialRun(first *plan.Tensor) []jen.Code {
	var body []jen.Code
	for _, g := range e.plan.InitialBlocks(first) {
		what, block, layer := g.First.Name, plan.Move{From: g.From}, fmt.Sprint(g.Layer)
		if g.Count > 1 {
			what, block.Step = what+" … "+g.Last.Name, 1
			layer = fmt.Sprintf("uint32(%s)", plan.Move{From: g.Layer, Step: g.LayerStep}.Text(source.Turn))
		}
		e.overBlocks(first.Run, block, func() {
			c := e.initialOf(first, g.First, layer)
			if c == nil {
				return
			}
			if g.Count > 1 {
				c = source.ForRange(source.Turn, fmt.Sprint(g.Count), c)
			}
			body = append(body, jen.Comment(what+": "+initialDoc(g.First)), c)
		})
	}
	return body
}

func initialDoc(p *ir.ParamInfo) string {
	switch {
	case p.Orthogonal != 0:
		return fmt.Sprintf("orthogonal, gain %g", p.Orthogonal)
	case len(p.Values) > 0:
		return "constant"
	}
	return p.Init.String()
}

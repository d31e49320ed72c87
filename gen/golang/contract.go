package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
)

// contraction prints a contraction that no other kernel is for, as the loops it
// stands for.
type contraction struct {
	b      *body
	o      *ir.Contract
	parts  []*ir.Contract // that it is printed in
	chains int
	over   bool // the samples are summed over
	args   []arg
	pass   []jen.Code
	names  map[*ir.Value]string // the parameters that values are passed as
	maps   map[*ir.Value]bool   // filters of which a map says where they lie
	rows   string               // a parameter with a row per sample
	// rowVars are pointers to rows of sample b, and top declares them; places
	// counts the variables that hold a part of a place.
	rowVars map[string]string
	top     []jen.Code
	places  int
}

// contract emits the call of the function that computes a contraction; those of the
// gradients of filters and their biases have a kernel.
func (b *body) contract(o *ir.Contract, chains int, kern *kernel.Kernel) {
	c := &contraction{b: b, o: o, chains: chains, over: o.OverBatch(), names: map[*ir.Value]string{}, maps: map[*ir.Value]bool{}}
	c.parts = calls.PortableParts(o, chains, b.e.plan.Filters)
	for _, v := range append(o.Ins(), o.Y.V) {
		c.maps[v] = c.mapped(v, c.parts)
	}
	c.operand(&o.Y, "y", true)
	n := 0
	for i := range o.Terms {
		for _, x := range o.Terms[i].Operands() {
			c.operand(x, fmt.Sprintf("x%d", n), false)
			n++
		}
	}
	if o.Init != nil {
		c.operand(o.Init, "init", false)
	}
	code, doc := c.code(), c.formula()
	hint := o.Layer
	if c.over {
		hint += " sum"
	}
	key := fmt.Sprintf("contract %v %v %#v", c.args, doc, jen.Block(code...))
	k := b.e.kernel(key, hint+" contract", func(k *kernelFunc) {
		k.train = b.training
		k.doc = append([]string{k.name + " computes, over the loops"}, doc...)
		k.doc = append(k.doc, "in which an element that does not exist makes no term. It does not allocate.")
		if k.args, k.body = c.args, code; kern != nil {
			b.e.fast(k, func() []jen.Code {
				if kern.Segments[0].Weight == "" {
					return c.biasCalls(kern)
				}
				return c.filterCalls(kern)
			})
		}
	})
	b.add(b.e.id(k).Call(c.pass...))
}

// operand makes a value a parameter of the function.
func (c *contraction) operand(o *ir.Operand, name string, result bool) {
	v, b := o.V, c.b
	if c.names[v] != "" {
		return
	}
	c.names[v] = name
	add := func(typ, pass string) {
		c.args, c.pass = append(c.args, arg{name, typ}), append(c.pass, exprf("%s", pass))
	}
	switch {
	case v.Param != nil && !v.Batch:
		t, holder := b.e.plan.TensorOf(v.Param), b.weights
		if v.Kind != ir.Param {
			holder = b.holder(v)
			if result && v.Kind == ir.Temp {
				b.at[v] = place{holder, ""}
			}
		}
		if c.flat(v) {
			first, size := "[0][0]", v.Size()
			if b.e.plan.Filters(v) {
				first, size = "[0][0][0]", t.Layout.Size()
			}
			c.args = append(c.args, arg{name, "[]" + typeName(t.Layout.Elem)})
			c.pass = append(c.pass, b.e.RT("Flat").Call(exprf("&%s.%s%s", holder, b.e.field(t, t.Field), first), exprf("%d", size)))
			return
		}
		if strings.HasPrefix(holder, "t.") {
			holder = "&" + holder
		}
		add("*params", holder)
	case c.over && v.Batch:
		if v.Kind == ir.Input {
			name = "x"
			c.names[v] = name
		}
		pass, typ, _ := b.source(v)
		add(typ, pass)
		if c.rows == "" {
			c.rows = name
		}
	case result:
		add("*"+array(v.DType, v.Size()), b.result(v).ptr)
	case isNumber(v):
		add(typeName(v.DType), b.at[v].idx)
	default:
		add("*"+array(v.DType, v.Size()), b.pointer(v))
	}
}

// flat reports whether a map says where the elements of something lie that is
// stored as a parameter is.
func (c *contraction) flat(v *ir.Value) bool {
	return c.b.e.plan.TensorOf(v.Param).Layout.Order == plan.Vector || c.maps[v]
}

// place is where an element lies in an array.
func (c *contraction) place(o *ir.Operand) ir.Affine {
	if c.maps[o.V] {
		return c.b.e.plan.TensorOf(o.V.Param).Layout.Place(o)
	}
	return o.Flat()
}

// mapped reports whether a map says where the filters lie in all parts.
func (c *contraction) mapped(v *ir.Value, parts []*ir.Contract) bool {
	if !c.b.e.plan.Filters(v) {
		return false
	}
	fails := func(o *ir.Operand, loops []ir.Loop) bool { return o.V == v && !plan.Mapped(o, loops) }
	for _, p := range parts {
		if fails(&p.Y, p.Loops) || p.Init != nil && fails(p.Init, p.Loops) {
			return false
		}
		for i := range p.Terms {
			for _, o := range p.Terms[i].Operands() {
				if fails(o, p.All(&p.Terms[i])) {
					return false
				}
			}
		}
	}
	return true
}

// element is the Go expression of an operand's element, and the conditions
// under which it exists.
func (c *contraction) element(o *ir.Operand, loops []ir.Loop) (element string, where []string) {
	v, name := o.V, c.names[o.V]
	for _, d := range o.Outside(loops) {
		where = append(where, within(alive(o.At[d], loops), loops, o.Shape()[d])...)
	}
	flat := c.text(c.place(o), loops)
	switch {
	case v.Param != nil && !v.Batch:
		return c.param(o, loops, name, where)
	case c.over && v.Batch:
		_, _, row := c.b.source(v)
		if row != nil { // of the network's input
			return row("b", flat), where
		}
		return fmt.Sprintf("%s[b][%s]", name, flat), where
	case isNumber(v) && v != c.o.Y.V:
		return name, where
	}
	return fmt.Sprintf("%s[%s]", name, flat), where
}

// param is the element of something stored as a parameter is.
func (c *contraction) param(o *ir.Operand, loops []ir.Loop, name string, where []string) (string, []string) {
	if c.flat(o.V) {
		return fmt.Sprintf("%s[%s]", name, c.text(c.place(o), loops)), where
	}
	t := c.b.e.plan.TensorOf(o.V.Param)
	ins := ir.Operand{V: o.V, Dims: o.Shape()[1:], At: o.At[1:]}
	out, in := c.text(o.At[0], loops), c.text(ins.Flat(), loops)
	cell := name + "." + c.b.e.cellAt(t, out, in)
	if t.Layout.Order == plan.Connections {
		where = append(where, cell+" != nil")
	}
	if o.V.Kind != ir.Param || !narrow(t) {
		return "*" + cell, where
	}
	value := "float32(*" + cell + ")"
	if t.Layout.Elem == ir.Float16 {
		value = c.b.e.RTName("Widen16") + "(*" + cell + ")"
	}
	if t.Scaled() {
		value = fmt.Sprintf("(%s * %s.%s[%s/16][%s%%16])", value, name, t.ScaleField(), parens(out), parens(out))
	}
	return value, where
}

// code is the body of the function.
func (c *contraction) code() []jen.Code {
	T := typeName(c.o.Y.V.DType)
	var out []jen.Code
	for _, a := range c.args { // as many rows of each
		if c.over && strings.HasPrefix(a.typ, "[]") && a.typ != "[]"+T && a.name != c.rows {
			out = append(out, setf(a.name, "%s[:len(%s)]", a.name, c.rows))
		}
	}
	whole := c.o
	defer func() { c.o = whole }()
	for _, c.o = range c.parts {
		code := c.chained
		if c.chains == 1 {
			code = c.tiled
		}
		if len(c.parts) > 1 {
			out = append(out, jen.Block(code()...))
		} else {
			out = append(out, code()...)
		}
	}
	return out
}

// chained computes results one after the other, each in several chains, among
// which the terms that do not exist count.
func (c *contraction) chained() []jen.Code {
	T := typeName(c.o.Y.V.DType)
	loops := withNames(c.o.Loops, 0)
	y, inY := c.element(&c.o.Y, loops)
	sum := []jen.Code{jen.Var().Id("s").Id(fmt.Sprintf("[%d]%s", c.chains, T))}
	if c.o.Init != nil {
		init, inInit := c.element(c.o.Init, loops)
		sum = append(sum, when(inInit, setf("s[0]", "%s", init))...)
	}
	sum = append(sum, letf("c", "0"))
	for i := range c.o.Terms {
		sum = append(sum, c.term(&c.o.Terms[i], loops)...)
	}
	sum = append(sum, jen.For(letf("h", "%d", c.chains/2), exprf("h >= 1"), exprf("h /= 2")).Block(
		forRange("i", "h", jen.Id("s[i]").Op("+=").Id("s[i+h]"))))
	return nest(loops, c.uses, when(inY, append(sum, setf(y, "s[0]"))...))
}

// reads reports whether a map of an operand has a property.
func (c *contraction) reads(has func(a ir.Affine) bool) bool {
	operands := []*ir.Operand{&c.o.Y}
	if c.o.Init != nil {
		operands = append(operands, c.o.Init)
	}
	for i := range c.o.Terms {
		operands = append(operands, c.o.Terms[i].Operands()...)
		for _, a := range c.o.Terms[i].Where {
			if has(a) {
				return true
			}
		}
	}
	for _, o := range operands {
		for _, a := range o.At {
			if has(a) {
				return true
			}
		}
	}
	return false
}

// term adds the products of a term to the chains.
func (c *contraction) term(t *ir.Term, results []ir.Loop) []jen.Code {
	own := withNames(t.Loops, len(results))
	loops := append(results[:len(results):len(results)], own...)
	a, where := c.element(&t.A, loops)
	for _, w := range t.Where {
		where = append(where, w.Text(loops)+" >= 0")
	}
	add := jen.Id("s[c]").Op("+=").Id(a)
	if t.B != nil {
		b, inB := c.element(t.B, loops)
		where = append(where, inB...)
		add = jen.Id("s[c]").Op("+=").Id(typeName(c.o.Y.V.DType)).Call(exprf("%s * %s", a, b))
	}
	code := append(when(where, add), setf("c", "(c + 1) %% %d", c.chains))
	maps := append([]ir.Affine(nil), t.Where...)
	for _, o := range t.Operands() {
		maps = append(maps, o.At...)
	}
	return nest(own, func(i int) bool {
		for _, m := range maps {
			if m.Coefficient(len(results)+i) != 0 {
				return true
			}
		}
		return false
	}, code)
}

// formula is the contraction as lines of documentation.
func (c *contraction) formula() []string {
	loops := withNames(c.o.Loops, 0)
	head := "\tfor every"
	for _, l := range loops {
		head += fmt.Sprintf(" %s<%d", l.Name, l.Size)
	}
	text := func(o *ir.Operand, loops []ir.Loop) string {
		s := c.names[o.V]
		for _, a := range o.At {
			s += "[" + a.Text(loops) + "]"
		}
		if o.Dims != nil {
			s += fmt.Sprintf(" of %v", o.Dims)
		}
		return s
	}
	lines := []string{"", head, "\t" + text(&c.o.Y, loops) + " ="}
	if c.o.Init != nil {
		lines = append(lines, "\t\t"+text(c.o.Init, loops))
	}
	for i := range c.o.Terms {
		t := &c.o.Terms[i]
		all := append(loops[:len(loops):len(loops)], withNames(t.Loops, len(loops))...)
		line := "\t\t+ Σ"
		if c.over {
			line += " over the samples"
		}
		for _, l := range all[len(loops):] {
			line += fmt.Sprintf(" %s<%d", l.Name, l.Size)
		}
		line += " of " + text(&t.A, all)
		if t.B != nil {
			line += " * " + text(t.B, all)
		}
		for j, w := range t.Where {
			line += map[bool]string{true: " where ", false: ", "}[j == 0] + w.Text(all) + " >= 0"
		}
		lines = append(lines, line)
	}
	return append(lines, "")
}

package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
)

// Contraction prints a contraction that no other kernel is for, as the loops it
// stands for.
type Contraction struct {
	e      *Loops
	o      *ir.Contract
	parts  []*ir.Contract // that it is printed in
	chains int
	Over   bool // the samples are summed over
	Args   []function.Arg
	Pass   []jen.Code
	Names  map[*ir.Value]string                      // the parameters that values are passed as
	maps   map[*ir.Value]bool                        // filters of which a map says where they lie
	Rows   string                                    // a parameter with a row per sample
	Inputs map[*ir.Value]func(i, j string) string    // elements of the network's inputs
	cell   func(t *plan.Tensor, at ...string) string // the method of params for an element
	// rowVars are pointers to rows of sample b, and top declares them; places
	// counts the variables that hold a part of a place.
	rowVars map[string]string
	top     []jen.Code
	places  int
}

// NewContraction describes a contraction whose operands are still to be named.
func (e *Loops) NewContraction(o *ir.Contract, chains int, cell func(t *plan.Tensor, at ...string) string) *Contraction {
	c := &Contraction{
		e: e, o: o, chains: chains, Over: o.OverBatch(), parts: calls.PortableParts(o, chains, e.plan.Filters), cell: cell,
		Names: map[*ir.Value]string{}, maps: map[*ir.Value]bool{}, Inputs: map[*ir.Value]func(i, j string) string{},
	}
	for _, v := range append(o.Ins(), o.Y.V) {
		c.maps[v] = c.mapped(v, c.parts)
	}
	return c
}

// Function is the function that computes it, with assembly if it has a kernel.
func (c *Contraction) Function(kern *kernel.Kernel, train bool) *function.Func {
	code, doc := c.code(), c.formula()
	hint := c.o.Layer
	if c.Over {
		hint += " sum"
	}
	key := fmt.Sprintf("contract %v %v %#v", c.Args, doc, jen.Block(code...))
	return c.e.Make(key, hint+" contract", func(k *function.Func) {
		k.Train = train
		k.Doc = append([]string{k.Name + " computes, over the loops"}, doc...)
		k.Doc = append(k.Doc, "in which an element that does not exist makes no term. It does not allocate.")
		if k.Args, k.Body = c.Args, code; kern != nil {
			c.e.Fast(k, func() []jen.Code {
				if kern.Segments[0].Weight == "" {
					return c.biasCalls(kern)
				}
				return c.filterCalls(kern)
			})
		}
	})
}

// Flat reports whether a map says where the elements of something lie that is
// stored as a parameter is.
func (c *Contraction) Flat(v *ir.Value) bool {
	return c.e.plan.TensorOf(v.Param).Layout.Order == plan.Vector || c.maps[v]
}

// place is where an element lies in an array.
func (c *Contraction) place(o *ir.Operand) ir.Affine {
	if c.maps[o.V] {
		return c.e.plan.TensorOf(o.V.Param).Layout.Place(o)
	}
	return o.Flat()
}

// mapped reports whether a map says where the filters lie in all parts.
func (c *Contraction) mapped(v *ir.Value, parts []*ir.Contract) bool {
	if !c.e.plan.Filters(v) {
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
func (c *Contraction) element(o *ir.Operand, loops []ir.Loop) (element string, where []string) {
	v, name := o.V, c.Names[o.V]
	for _, d := range o.Outside(loops) {
		where = append(where, source.Within(alive(o.At[d], loops), loops, o.Shape()[d])...)
	}
	flat := c.text(c.place(o), loops)
	switch {
	case v.Param != nil && !v.Batch:
		return c.param(o, loops, name, where)
	case c.Over && v.Batch:
		if row := c.Inputs[v]; row != nil { // of the network's input
			return row("b", flat), where
		}
		return fmt.Sprintf("%s[b][%s]", name, flat), where
	case source.IsNumber(v) && v != c.o.Y.V:
		return name, where
	}
	return fmt.Sprintf("%s[%s]", name, flat), where
}

// param is the element of something stored as a parameter is.
func (c *Contraction) param(o *ir.Operand, loops []ir.Loop, name string, where []string) (string, []string) {
	if c.Flat(o.V) {
		return fmt.Sprintf("%s[%s]", name, c.text(c.place(o), loops)), where
	}
	t := c.e.plan.TensorOf(o.V.Param)
	ins := ir.Operand{V: o.V, Dims: o.Shape()[1:], At: o.At[1:]}
	out, in := c.text(o.At[0], loops), c.text(ins.Flat(), loops)
	cell := name + "." + c.cell(t, out, in)
	if t.Layout.Order == plan.Connections {
		where = append(where, cell+" != nil")
	}
	if o.V.Kind != ir.Param || !source.Narrow(t) {
		return "*" + cell, where
	}
	value := "float32(*" + cell + ")"
	if t.Layout.Elem == ir.Float16 {
		value = c.e.RTName("Widen16") + "(*" + cell + ")"
	}
	if t.Scaled() {
		value = fmt.Sprintf("(%s * %s.%s[%s/16][%s%%16])", value, name, t.ScaleField(), source.Parens(out), source.Parens(out))
	}
	return value, where
}

// code is the body of the function.
func (c *Contraction) code() []jen.Code {
	T := source.TypeName(c.o.Y.V.DType)
	var out []jen.Code
	for _, a := range c.Args { // as many rows of each
		if c.Over && strings.HasPrefix(a.Type, "[]") && a.Type != "[]"+T && a.Name != c.Rows {
			out = append(out, source.Setf(a.Name, "%s[:len(%s)]", a.Name, c.Rows))
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
func (c *Contraction) chained() []jen.Code {
	T := source.TypeName(c.o.Y.V.DType)
	loops := source.WithNames(c.o.Loops, 0)
	y, inY := c.element(&c.o.Y, loops)
	sum := []jen.Code{jen.Var().Id("s").Id(fmt.Sprintf("[%d]%s", c.chains, T))}
	if c.o.Init != nil {
		init, inInit := c.element(c.o.Init, loops)
		sum = append(sum, source.When(inInit, source.Setf("s[0]", "%s", init))...)
	}
	sum = append(sum, source.Letf("c", "0"))
	for i := range c.o.Terms {
		sum = append(sum, c.term(&c.o.Terms[i], loops)...)
	}
	sum = append(sum, jen.For(source.Letf("h", "%d", c.chains/2), source.Exprf("h >= 1"), source.Exprf("h /= 2")).Block(
		source.ForRange("i", "h", jen.Id("s[i]").Op("+=").Id("s[i+h]"))))
	return source.Nest(loops, c.uses, source.When(inY, append(sum, source.Setf(y, "s[0]"))...))
}

// reads reports whether a map of an operand has a property.
func (c *Contraction) reads(has func(a ir.Affine) bool) bool {
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
func (c *Contraction) term(t *ir.Term, results []ir.Loop) []jen.Code {
	own := source.WithNames(t.Loops, len(results))
	loops := append(results[:len(results):len(results)], own...)
	a, where := c.element(&t.A, loops)
	for _, w := range t.Where {
		where = append(where, w.Text(loops)+" >= 0")
	}
	add := jen.Id("s[c]").Op("+=").Id(a)
	if t.B != nil {
		b, inB := c.element(t.B, loops)
		where = append(where, inB...)
		add = jen.Id("s[c]").Op("+=").Id(source.TypeName(c.o.Y.V.DType)).Call(source.Exprf("%s * %s", a, b))
	}
	code := append(source.When(where, add), source.Setf("c", "(c + 1) %% %d", c.chains))
	maps := append([]ir.Affine(nil), t.Where...)
	for _, o := range t.Operands() {
		maps = append(maps, o.At...)
	}
	return source.Nest(own, func(i int) bool {
		for _, m := range maps {
			if m.Coefficient(len(results)+i) != 0 {
				return true
			}
		}
		return false
	}, code)
}

// formula is the contraction as lines of documentation.
func (c *Contraction) formula() []string {
	loops := source.WithNames(c.o.Loops, 0)
	head := "\tfor every"
	for _, l := range loops {
		head += fmt.Sprintf(" %s<%d", l.Name, l.Size)
	}
	text := func(o *ir.Operand, loops []ir.Loop) string {
		s := c.Names[o.V]
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
		all := append(loops[:len(loops):len(loops)], source.WithNames(t.Loops, len(loops))...)
		line := "\t\t+ Σ"
		if c.Over {
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

package phases

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
)

// contract emits the call of the function that computes a contraction; those of the
// gradients of filters and their biases have a kernel.
func (b *body) contract(o *ir.Contract, chains int, kern *kernel.Kernel) {
	c := b.e.NewContraction(o, chains, b.e.cellAt)
	b.contracted(c, &o.Y, "y", true)
	n := 0
	for i := range o.Terms {
		for _, x := range o.Terms[i].Operands() {
			b.contracted(c, x, fmt.Sprintf("x%d", n), false)
			n++
		}
	}
	if o.Init != nil {
		b.contracted(c, o.Init, "init", false)
	}
	b.add(b.e.ID(c.Function(kern, b.training)).Call(c.Pass...))
}

// contracted makes an operand of a contraction a parameter of its function.
func (b *body) contracted(c *loops.Contraction, o *ir.Operand, name string, result bool) {
	v := o.V
	if c.Names[v] != "" {
		return
	}
	c.Names[v] = name
	add := func(typ, pass string) {
		c.Args, c.Pass = append(c.Args, function.Arg{Name: name, Type: typ}), append(c.Pass, source.Exprf("%s", pass))
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
		if c.Flat(v) {
			first, size := "[0][0]", v.Size()
			if b.e.plan.Filters(v) {
				first, size = "[0][0][0]", t.Layout.Size()
			}
			c.Args = append(c.Args, function.Arg{Name: name, Type: "[]" + source.TypeName(t.Layout.Elem)})
			c.Pass = append(c.Pass, b.e.RT("Flat").Call(source.Exprf("&%s.%s%s", holder, b.e.field(t, t.Field), first), source.Exprf("%d", size)))
			return
		}
		if strings.HasPrefix(holder, "t.") {
			holder = "&" + holder
		}
		add("*params", holder)
	case c.Over && v.Batch:
		if v.Kind == ir.Input {
			name = "x"
			c.Names[v] = name
		}
		pass, typ, element := b.source(v)
		c.Inputs[v] = element
		add(typ, pass)
		if c.Rows == "" {
			c.Rows = name
		}
	case result:
		add("*"+source.Array(v.DType, v.Size()), b.result(v).ptr)
	case source.IsNumber(v):
		add(source.TypeName(v.DType), b.at[v].idx)
	default:
		add("*"+source.Array(v.DType, v.Size()), b.pointer(v))
	}
}

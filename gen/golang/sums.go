package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

func dropout(rate float64) (uint32, float64) { return interp.Dropout(rate) }

// holder is the Go expression of the struct that holds a parameter-shaped
// value: parameters, gradients, states and copies have one field per tensor.
func (b *body) holder(v *ir.Value) string {
	if name := b.args[v]; name != "" {
		return name
	}
	switch v.Kind {
	case ir.Param:
		return b.weights
	case ir.Gradient:
		return b.grads
	case ir.State:
		return "t.m." + source.LowerCamel(plan.StateName(v))
	}
	if v.Param.Transposed != nil {
		return "t.m.transposed"
	}
	return "t.m." + copyName(v)
}

// field is a tensor's field in a holder, or what a function was passed of it.
func (b *body) field(t *plan.Tensor, holder, field string) string {
	switch {
	case b.args == nil:
		return holder + "." + b.e.field(t, field)
	case field != t.Field:
		return holder + "t"
	}
	return holder
}

// pointers are the addresses of a tensor's fields in a holder.
func (b *body) pointers(t *plan.Tensor, holder string) []jen.Code {
	var out []jen.Code
	for _, f := range fieldsOf(t) {
		if at := b.field(t, holder, f); b.args == nil {
			out = append(out, source.Exprf("&%s", at))
		} else {
			out = append(out, source.Exprf("%s", at))
		}
	}
	return out
}

// tensorArgs are the parameters of a function for a tensor's fields.
func tensorArgs(t *plan.Tensor, name string) []function.Arg {
	T := source.TypeName(t.Layout.Elem)
	if t.Layout.Order == plan.Vector {
		return []function.Arg{{Name: name, Type: fmt.Sprintf("*[%d][16]%s", t.Layout.Full, T)}}
	}
	var args []function.Arg
	for i, typ := range weightTypes(&t.Layout, T) {
		args = append(args, function.Arg{Name: name + []string{"", "t"}[i], Type: typ})
	}
	return args
}

// copyName is the trainer's field of a parameter-shaped temporary.
func copyName(v *ir.Value) string {
	if v.Name == v.Param.Name+".shared" {
		return "sharedGrads"
	}
	return "connections" + strings.ToUpper(v.Name[len(v.Param.Name)+1:][:1]) + v.Name[len(v.Param.Name)+2:]
}

// source is how a kernel reads a value of every sample: the expression
// passed, its type, and the element expression for sample i.
func (b *body) source(v *ir.Value) (pass, typ string, element func(i, j string) string) {
	if v.Kind == ir.Input {
		field := b.e.InputField(v)
		return "x", "[]Input", func(i, j string) string { return fmt.Sprintf("x[%s]%s[%s]", i, field, j) }
	}
	if name := b.args[v]; name != "" {
		return name, "[]" + source.Array(v.DType, b.e.RowStride(v.Size())), nil
	}
	if b.single {
		return b.slot(v) + "[:]", "[]" + source.Array(v.DType, v.Size()), nil
	}
	name := b.rowsName(v)
	return name + "[:len(x)]", "[]" + source.Array(v.DType, b.e.RowStride(v.Size())), nil
}

// rowsName is the array of a value's rows in the trainer.
func (b *body) rowsName(v *ir.Value) string { return "t.m." + b.e.rowField(v) }

// gradWeight emits the sum over the samples of dy·xᵀ.
func (b *body) gradWeight(s *plan.Step, o *ir.DenseGradWeight) error {
	t := b.e.plan.TensorOf(o.DW.Param)
	xPass, xType, xElement := b.source(o.X)
	dPass, dType, _ := b.source(o.DY)
	var vector func() []jen.Code
	if s.Vector {
		vector = func() []jen.Code { return b.e.gradWeightRows(t, b.rowsOf(o.X), b.rowsOf(o.DY)) }
	}
	k := b.e.weightGradient(t, o.Layer, dType, xType, xElement, vector)
	b.add(b.e.ID(k).Call(append(b.pointers(t, b.holder(o.DW)), source.Exprf("%s", dPass), source.Exprf("%s", xPass))...))
	return nil
}

// weightGradient is the function of the gradient of a weight: of the rows dy and x, of
// some Go types, where xElement is the element of a row that is not an array's; vector
// makes the calls of assembly, if there are any.
func (e *loops) weightGradient(t *plan.Tensor, layer, dType, xType string, xElement func(i, j string) string, vector func() []jen.Code) *function.Func {
	if xElement == nil {
		xElement = func(i, j string) string { return fmt.Sprintf("x[%s][%s]", i, j) }
	}
	key := fmt.Sprintf("gradWeight %s %s %s", t.Layout.String(), xType, xElement("b", "k"))
	if t.Layout.Order == plan.Connections {
		key += t.Field
	}
	key += dType
	return e.Make(key, source.LowerCamel(layer)+"GradWeight", func(k *function.Func) {
		k.Train = true
		g := &gradWeight{e: e, t: t}
		g.x, g.dy = factors(xElement, func(i, j string) string { return fmt.Sprintf("dy[%s][%s]", i, j) }, &t.Layout)
		g.build(k, layer, xType, dType)
		if vector != nil {
			e.Fast(k, vector)
			k.Rows, k.Generic, k.Body = true, k.Body, nil
		}
	})
}

// fieldsOf are the fields of a tensor: panels and tail.
func fieldsOf(t *plan.Tensor) []string {
	l := &t.Layout
	if l.Order != plan.Panels || l.Full == 0 || l.Tail == 0 {
		return []string{t.Field}
	}
	return []string{t.Field, t.TailField()}
}

// gradWeight prints the kernel of a weight's gradient.
type gradWeight struct {
	e *loops
	t *plan.Tensor
	// x and dy are the elements of a row; exchanged where weights lie by inputs.
	x, dy func(i, j string) string
}

func (g *gradWeight) build(k *function.Func, layer, xType, dType string) {
	l, T := &g.t.Layout, source.TypeName(g.e.elem)
	k.Doc = []string{fmt.Sprintf("%s computes the gradient of the weights of layer %q", k.Name, source.OneLine(layer))}
	k.Loops = []string{
		"\tfor n := range dy {", "\t\tfor k := range x {", "\t\t\tg[n][k] = Σ over the samples of dy[n] * x[k]", "\t\t}", "\t}", "",
		"in the order of the samples. It does not allocate.",
	}
	switch {
	case l.Order == plan.Connections:
		k.Args = append(k.Args, function.Arg{Name: "g", Type: fmt.Sprintf("*[%d]%s", l.Size(), T)})
	default:
		if l.Full > 0 {
			k.Args = append(k.Args, function.Arg{Name: "g", Type: fmt.Sprintf("*[%d][%d][16]%s", l.Full, l.Rows, T)})
		}
		if l.Tail > 0 {
			k.Args = append(k.Args, function.Arg{Name: "gt", Type: fmt.Sprintf("*[%d][%d]%s", l.In, l.Tail, T)})
		}
	}
	k.Args = append(k.Args, function.Arg{Name: "dy", Type: dType}, function.Arg{Name: "x", Type: xType})
	k.Body = append(k.Body, source.Setf("dy", "dy[:len(x)]"))
	if l.Order == plan.Connections {
		k.Body = append(k.Body, g.sparse()...)
		return
	}
	if l.Full > 0 {
		inner := func(q, first string) jen.Code {
			return source.ForRange("k", fmt.Sprint(l.In), append([]jen.Code{source.Letf("gk", "&g[%s][k]", q)}, g.row(schedule.Panel, first)...)...)
		}
		if l.Full == 1 {
			k.Body = append(k.Body, inner("0", "0"))
		} else {
			k.Body = append(k.Body, source.ForRange("q", "g", inner("q", "q*16")))
		}
	}
	if l.Tail > 0 {
		k.Body = append(k.Body, source.ForRange("k", fmt.Sprint(l.In),
			append([]jen.Code{source.Letf("gk", "&gt[k]")}, g.row(l.TailOutputs(), fmt.Sprint(l.Full*schedule.Panel))...)...))
	}
}

// row sums the gradients of one input's weights to a panel of outputs.
func (g *gradWeight) row(outs int, first string) []jen.Code {
	T := source.TypeName(g.e.elem)
	tile := kernel.PanelTile
	if g.t.Layout.ByInputs {
		tile = kernel.FewTerms
	}
	return inTile(tile, outs, func(j string, n int) []jen.Code {
		var names []string
		loop := []jen.Code{
			source.Letf("xk", "%s", g.x("b", "k")),
			source.Letf("d", "(*%s)(%s)", source.Array(g.e.elem, outs), g.dy("b", fmt.Sprintf("%s:%s+%d", first, first, outs))),
		}
		var stores []jen.Code
		for i := range n {
			names = append(names, fmt.Sprintf("s%d", i))
			loop = append(loop, jen.Id(names[i]).Op("+=").Id(T).Call(source.Exprf("d[%s] * xk", plus(j, i))))
			stores = append(stores, source.Setf(fmt.Sprintf("gk[%s]", plus(j, i)), "%s", names[i]))
		}
		body := []jen.Code{jen.Var().Id(source.JoinComma(names)).Id(T), source.ForRange("b", "x", loop...)}
		return append(body, stores...)
	})
}

// sparse sums the gradients of the connections there are.
func (g *gradWeight) sparse() []jen.Code {
	l, T := &g.t.Layout, source.TypeName(g.e.elem)
	cols, rows := source.Tables(g.t)
	return []jen.Code{source.ForRange("n", fmt.Sprint(l.Out),
		source.Letf("gn", "g[%s[n]:%s[n+1]]", rows, rows),
		source.Letf("c", "%s[%s[n]:][:len(gn)]", cols, rows),
		source.ForRange("i", "gn",
			source.Letf("k", "min(int(c[i]), %d)", l.In-1),
			jen.Var().Id("s").Id(T),
			source.ForRange("b", "x", jen.Id("s").Op("+=").Id(T).Call(source.Exprf("dy[b][n] * %s", g.x("b", "k")))),
			source.Setf("gn[i]", "s")))}
}

// batchSum emits the sum of a value over the samples.
func (b *body) batchSum(s *plan.Step, o *ir.BatchSum) error {
	rows, _, element := b.source(o.X)
	if source.IsNumber(o.Y) {
		if _, kept := b.at[o.Y]; kept {
			b.define(o.Y, func() jen.Code { return source.Exprf("0") })
		} else if b.single {
			b.define(o.Y, func() jen.Code { return source.Exprf("0 + %s", b.operand(o.X, "0")) })
			return nil
		} else {
			b.add(jen.Var().Id(b.result(o.Y).idx).Id(source.TypeName(b.e.elem)))
		}
		if element == nil {
			element = func(i, j string) string { return fmt.Sprintf("%s[%s][%s]", b.rowsName(o.X), i, j) }
		}
		y := b.at[o.Y]
		b.add(source.ForRange("i", rows, jen.Id(y.idx).Op("+=").Add(source.Exprf("%s", element("i", "0")))))
		return nil
	}
	t := b.e.plan.TensorOf(o.Y.Param)
	size, stride := o.X.Size(), b.e.RowStride(o.X.Size())
	if b.single {
		stride = size
	}
	if !s.Vector && !b.single && stride == size && element == nil {
		b.flatSum(o, t)
		return nil
	}
	k := b.e.biasGradient(t, o.Y.Param.Name, size, stride, s.Vector && !b.single)
	b.add(b.e.ID(k).Call(append(b.pointers(t, b.holder(o.Y)), source.Exprf("%s", rows))...))
	return nil
}

// biasGradient is the function of the gradient of a bias: the sum of rows of some
// elements, stride apart.
func (e *loops) biasGradient(t *plan.Tensor, name string, size, stride int, vector bool) *function.Func {
	return e.Make(fmt.Sprintf("batchSum %d of %d, %t", size, stride, vector), source.LowerCamel(name)+"Grad", func(k *function.Func) {
		k.Train = true
		k.Doc = []string{fmt.Sprintf("%s computes the gradient of a bias: the sum of dy over the samples, in their order.", k.Name)}
		k.Args = []function.Arg{{Name: "g", Type: fmt.Sprintf("*[%d][16]%s", t.Layout.Full, source.TypeName(e.elem))}, {Name: "dy", Type: "[]" + source.Array(e.elem, stride)}}
		k.Body = []jen.Code{
			source.Setf("*g", "[%d][16]%s{}", t.Layout.Full, source.TypeName(e.elem)),
			source.ForRange("b", "dy",
				source.Letf("d", "(*%s)(dy[b][:])", source.Array(e.elem, size)),
				source.ForRange("j, dj", "d", jen.Id(source.VectorAt("g", "j")).Op("+=").Id("dj"))),
		}
		if vector {
			e.Fast(k, func() []jen.Code { return e.biasRows(size, stride) })
			k.Rows, k.Generic, k.Body = true, k.Body, nil
		}
	})
}

// flatSum emits the gradient of a bias, where rows have no gaps: a function does for all
// sizes.
func (b *body) flatSum(o *ir.BatchSum, t *plan.Tensor) {
	name := b.args[o.X]
	samples := name
	if name == "" {
		name, samples = b.rowsName(o.X), "x"
	}
	dy := b.e.RT("Flat").Call(source.Exprf("&%s[0][0]", name), source.Exprf("%d*len(%s)", o.X.Size(), samples))
	g := b.e.RT("Flat").Call(source.Exprf("&%s[0][0]", b.field(t, b.holder(o.Y), t.Field)), source.Exprf("%d", o.X.Size()))
	b.add(b.e.ID(b.e.flatBiasGradient()).Call(g, dy))
}

// flatBiasGradient is its function.
func (e *loops) flatBiasGradient() *function.Func {
	return e.Make("flat sum", "bias gradient", func(k *function.Func) {
		k.Train = true
		k.Doc = []string{fmt.Sprintf("%s computes the gradient of a bias: the sum of the rows dy over the samples, in their order.", k.Name)}
		T := source.TypeName(e.elem)
		k.Args = []function.Arg{{Name: "g", Type: "[]" + T}, {Name: "dy", Type: "[]" + T}}
		k.Body = []jen.Code{
			jen.Id("clear").Call(jen.Id("g")),
			jen.For(jen.Empty(), source.Exprf("len(dy) >= len(g)"), source.Setf("dy", "dy[len(g):]")).Block(
				source.ForRange("j, dj", "dy[:len(g)]", jen.Id("g[j]").Op("+=").Id("dj"))),
		}
	})
}

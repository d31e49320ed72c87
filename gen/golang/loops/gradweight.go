package loops

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// WeightGradient is the function of the gradient of a weight: of the rows dy and x, of
// some Go types, where xElement is the element of a row that is not an array's; vector
// makes the calls of assembly, if there are any.
func (e *Loops) WeightGradient(t *plan.Tensor, layer, dType, xType string, xElement func(i, j string) string, vector func() []jen.Code) *function.Func {
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

// gradWeight prints the kernel of a weight's gradient.
type gradWeight struct {
	e *Loops
	t *plan.Tensor
	// x and dy are the elements of a row; exchanged where weights lie by inputs.
	x, dy func(i, j string) string
}

func (g *gradWeight) build(k *function.Func, layer, xType, dType string) {
	l, T := &g.t.Layout, source.TypeName(g.t.Value.DType)
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
	T := source.TypeName(g.t.Value.DType)
	tile := kernel.PanelTile
	if g.t.Layout.ByInputs {
		tile = kernel.FewTerms
	}
	return inTile(tile, outs, func(j string, n int) []jen.Code {
		var names []string
		loop := []jen.Code{
			source.Letf("xk", "%s", g.x("b", "k")),
			source.Letf("d", "(*%s)(%s)", source.Array(g.t.Value.DType, outs), g.dy("b", fmt.Sprintf("%s:%s+%d", first, first, outs))),
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
	l, T := &g.t.Layout, source.TypeName(g.t.Value.DType)
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

// BiasGradient is the function of the gradient of a bias: the sum of rows of some
// elements, stride apart.
func (e *Loops) BiasGradient(t *plan.Tensor, name string, size, stride int, vector bool) *function.Func {
	return e.Make(fmt.Sprintf("batchSum %s %d of %d, %t", t.Value.DType, size, stride, vector), source.LowerCamel(name)+"Grad", func(k *function.Func) {
		k.Train = true
		k.Doc = []string{fmt.Sprintf("%s computes the gradient of a bias: the sum of dy over the samples, in their order.", k.Name)}
		k.Args = []function.Arg{{Name: "g", Type: fmt.Sprintf("*[%d][16]%s", t.Layout.Full, source.TypeName(t.Value.DType))}, {Name: "dy", Type: "[]" + source.Array(t.Value.DType, stride)}}
		k.Body = []jen.Code{
			source.Setf("*g", "[%d][16]%s{}", t.Layout.Full, source.TypeName(t.Value.DType)),
			source.ForRange("b", "dy",
				source.Letf("d", "(*%s)(dy[b][:])", source.Array(t.Value.DType, size)),
				source.ForRange("j, dj", "d", jen.Id(source.VectorAt("g", "j")).Op("+=").Id("dj"))),
		}
		if vector {
			e.Fast(k, func() []jen.Code {
				return (&gradients{e: e, gradient: "g"}).Bias(size, NamedRows{Rows{Stride: stride, Elem: t.Value.DType}, "dy"})
			})
			k.Rows, k.Generic, k.Body = true, k.Body, nil
		}
	})
}

// FlatBiasGradient is its function, of elements of a type.
func (e *Loops) FlatBiasGradient(elem ir.DType) *function.Func {
	return e.Make(fmt.Sprint("flat sum ", elem), "bias gradient", func(k *function.Func) {
		k.Train = true
		k.Doc = []string{fmt.Sprintf("%s computes the gradient of a bias: the sum of the rows dy over the samples, in their order.", k.Name)}
		T := source.TypeName(elem)
		k.Args = []function.Arg{{Name: "g", Type: "[]" + T}, {Name: "dy", Type: "[]" + T}}
		k.Body = []jen.Code{
			jen.Id("clear").Call(jen.Id("g")),
			jen.For(jen.Empty(), source.Exprf("len(dy) >= len(g)"), source.Setf("dy", "dy[len(g):]")).Block(
				source.ForRange("j, dj", "dy[:len(g)]", jen.Id("g[j]").Op("+=").Id("dj"))),
		}
	})
}

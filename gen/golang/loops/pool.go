package loops

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// PoolOf is its function, of a value of a Go type and its elements.
func (e *Loops) PoolOf(o *ir.Pool, typ string, element func(name, at string) string, train bool) *function.Func {
	key := fmt.Sprintf("pool %t %s %v %v %v %d", o.Place, typ, o.X, o.Y, o.All(), len(o.Loops))
	return e.Make(key, o.Layer+" pool", func(k *function.Func) {
		k.Train = train
		k.Args = []function.Arg{{Name: "y", Type: "*" + source.Array(o.Y.V.DType, o.Y.V.Size())}, {Name: "x", Type: typ}}
		e.windows(k, o, element)
	})
}

// windows prints the loops of a pooling; element is one of x.
func (e *Loops) windows(k *function.Func, o *ir.Pool, element func(name, at string) string) {
	T := source.TypeName(o.Y.V.DType)
	loops, all := source.WithNames(o.Loops, 0), source.WithNames(o.All(), 0)
	from, to := o.X.Flat().Text(all), o.Y.Flat().Text(loops)
	var where []string
	for _, d := range o.X.Outside(all) {
		where = append(where, source.Within(o.X.At[d], all, o.X.Shape()[d])...)
	}
	what := "the greatest"
	if o.Place {
		what = "the place of the greatest, the first of equals,"
	}
	k.Doc = []string{fmt.Sprintf("%s computes y[%s], %s of x[%s] over", k.Name, to, what, from), windowDoc(all, len(loops)) + ", of those inside of x. It does not allocate."}
	take := []jen.Code{jen.If(source.Letf("v", "%s", element("x", from)), source.Exprf("v > s || v != v")).Block(source.Setf("s", "v"))}
	bits := strings.TrimPrefix(T, "float")
	if o.Place { // as whole numbers, which are compared without a branch
		k := jen.Id("k").Op(":=").Add(e.RT("Ordered" + bits)).Call(source.Exprf("%s", element("x", from)))
		take = []jen.Code{jen.If(k, source.Exprf("k > s")).Block(jen.List(jen.Id("s"), jen.Id("at")).Op("=").List(
			jen.Min(jen.Id("k"), jen.Qual("math", "MaxInt"+bits).Op("-").Lit(1)), source.Exprf("%s", from)))}
	}
	used := func(i int) bool { return o.X.Flat().Coefficient(i) != 0 || o.Y.Flat().Coefficient(i) != 0 }
	window := source.Nest(all[len(loops):], func(i int) bool { return used(len(loops) + i) }, source.When(where, take...))
	body := []jen.Code{source.Let("s", jen.Id(T).Call(jen.Qual("math", "Inf").Call(jen.Lit(-1))))}
	result := "s"
	if o.Place {
		body = []jen.Code{source.Let("s", jen.Id("int"+bits).Call(jen.Qual("math", "MinInt"+bits))), source.Letf("at", "-1")}
		result = T + "(at)"
	}
	body = append(append(body, window...), source.Setf("y["+to+"]", "%s", result))
	for i := range outward(o) { // results in the order in which they lie
		body = source.Nest(loops[i:i+1], func(int) bool { return used(i) }, body)
	}
	k.Body = body
}

// outward is the loops of the results of a pooling, from the one whose results lie
// closest together on.
func outward(o *ir.Pool) iter.Seq[int] {
	y := o.Y.Flat()
	order := make([]int, len(o.Loops))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return y.Coefficient(i) - y.Coefficient(j) })
	return slices.Values(order)
}

// windowDoc lists the loops of a window and of the results.
func windowDoc(all []ir.Loop, results int) string {
	list := func(loops []ir.Loop) string {
		var items []string
		for _, l := range loops {
			items = append(items, fmt.Sprintf("%s<%d", l.Name, l.Size))
		}
		return strings.Join(items, " ")
	}
	return fmt.Sprintf("%s, for every %s", list(all[results:]), list(all[:results]))
}

// ScatterOf is its function.
func (e *Loops) ScatterOf(o *ir.Scatter, train bool) *function.Func {
	T := o.DX.DType
	return e.Make(fmt.Sprintf("scatter %d %d", o.DX.Size(), o.DY.Size()), o.Doc+" gradient", func(k *function.Func) {
		k.Train = train
		k.Doc = []string{fmt.Sprintf("%s adds every dy[i] to dx[at[i]], in their order. It does not allocate.", k.Name)}
		k.Args = []function.Arg{{Name: "dx", Type: "*" + source.Array(T, o.DX.Size())}, {Name: "dy", Type: "*" + source.Array(T, o.DY.Size())}, {Name: "at", Type: "*" + source.Array(T, o.At.Size())}}
		k.Body = []jen.Code{
			jen.Id("clear").Call(source.Exprf("dx[:]")),
			source.ForRange("i, p", "at", jen.Id("dx[int(p)]").Op("+=").Id("dy[i]")),
		}
	})
}

package golang

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// pool emits the maximum of every window, or its place.
func (b *body) pool(o *ir.Pool) {
	y := b.result(o.Y.V)
	pass, typ, element := b.elementsOf(o.X.V)
	b.add(b.e.id(b.e.poolOf(o, typ, element, b.training)).Call(exprf("%s", y.ptr), exprf("%s", pass)))
}

// poolOf is its function, of a value of a Go type and its elements.
func (e *loops) poolOf(o *ir.Pool, typ string, element func(name, at string) string, train bool) *kernelFunc {
	key := fmt.Sprintf("pool %t %s %v %v %v %d", o.Place, typ, o.X, o.Y, o.All(), len(o.Loops))
	return e.kernel(key, o.Layer+" pool", func(k *kernelFunc) {
		k.train = train
		k.args = []arg{{"y", "*" + array(o.Y.V.DType, o.Y.V.Size())}, {"x", typ}}
		e.windows(k, o, element)
	})
}

// windows prints the loops of a pooling; element is one of x.
func (e *loops) windows(k *kernelFunc, o *ir.Pool, element func(name, at string) string) {
	T := typeName(o.Y.V.DType)
	loops, all := withNames(o.Loops, 0), withNames(o.All(), 0)
	from, to := o.X.Flat().Text(all), o.Y.Flat().Text(loops)
	var where []string
	for _, d := range o.X.Outside(all) {
		where = append(where, within(o.X.At[d], all, o.X.Shape()[d])...)
	}
	what := "the greatest"
	if o.Place {
		what = "the place of the greatest, the first of equals,"
	}
	k.doc = []string{fmt.Sprintf("%s computes y[%s], %s of x[%s] over", k.name, to, what, from), windowDoc(all, len(loops)) + ", of those inside of x. It does not allocate."}
	take := []jen.Code{jen.If(letf("v", "%s", element("x", from)), exprf("v > s || v != v")).Block(setf("s", "v"))}
	bits := strings.TrimPrefix(T, "float")
	if o.Place { // as whole numbers, which are compared without a branch
		k := jen.Id("k").Op(":=").Add(e.RT("Ordered" + bits)).Call(exprf("%s", element("x", from)))
		take = []jen.Code{jen.If(k, exprf("k > s")).Block(jen.List(jen.Id("s"), jen.Id("at")).Op("=").List(
			jen.Min(jen.Id("k"), jen.Qual("math", "MaxInt"+bits).Op("-").Lit(1)), exprf("%s", from)))}
	}
	used := func(i int) bool { return o.X.Flat().Coefficient(i) != 0 || o.Y.Flat().Coefficient(i) != 0 }
	window := nest(all[len(loops):], func(i int) bool { return used(len(loops) + i) }, when(where, take...))
	body := []jen.Code{let("s", jen.Id(T).Call(jen.Qual("math", "Inf").Call(jen.Lit(-1))))}
	result := "s"
	if o.Place {
		body = []jen.Code{let("s", jen.Id("int"+bits).Call(jen.Qual("math", "MinInt"+bits))), letf("at", "-1")}
		result = T + "(at)"
	}
	body = append(append(body, window...), setf("y["+to+"]", "%s", result))
	for i := range outward(o) { // results in the order in which they lie
		body = nest(loops[i:i+1], func(int) bool { return used(i) }, body)
	}
	k.body = body
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

// scatter emits the gradient of what was chosen by its place.
func (b *body) scatter(o *ir.Scatter) {
	dx := b.result(o.DX)
	b.add(b.e.id(b.e.scatterOf(o, b.training)).Call(exprf("%s", dx.ptr), exprf("%s", b.pointer(o.DY)), exprf("%s", b.pointer(o.At))))
}

// scatterOf is its function.
func (e *loops) scatterOf(o *ir.Scatter, train bool) *kernelFunc {
	T := o.DX.DType
	return e.kernel(fmt.Sprintf("scatter %d %d", o.DX.Size(), o.DY.Size()), o.Doc+" gradient", func(k *kernelFunc) {
		k.train = train
		k.doc = []string{fmt.Sprintf("%s adds every dy[i] to dx[at[i]], in their order. It does not allocate.", k.name)}
		k.args = []arg{{"dx", "*" + array(T, o.DX.Size())}, {"dy", "*" + array(T, o.DY.Size())}, {"at", "*" + array(T, o.At.Size())}}
		k.body = []jen.Code{
			jen.Id("clear").Call(exprf("dx[:]")),
			forRange("i, p", "at", jen.Id("dx[int(p)]").Op("+=").Id("dy[i]")),
		}
	})
}

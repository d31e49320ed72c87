package loops

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// PoolOf is its function, of a value of a Go type and its elements.
func (e *Loops) PoolOf(o *ir.Pool, typ string, element func(name, at string) string, train bool) *function.Func {
	key := fmt.Sprintf("pool %s %v %v %v %d", typ, o.X, o.Y, o.All(), len(o.Loops))
	return e.Make(key, o.Layer+" pool", func(k *function.Func) {
		k.Train = train
		k.Args = []function.Arg{{Name: "y", Type: "*" + source.Array(o.Y.V.DType, o.Y.V.Size())}, {Name: "x", Type: typ}}
		e.windows(k, o, element)
	})
}

// windows prints the loops of a pooling; element is one of x.
func (e *Loops) windows(k *function.Func, o *ir.Pool, element func(name, at string) string) {
	w := windowsOf(o)
	k.Doc = []string{fmt.Sprintf("%s computes y[%s], the greatest of x[%s] over", k.Name, w.to, w.from), windowDoc(w.all, len(o.Loops)) + ", of those inside of x. It does not allocate."}
	k.Body = w.loops([]jen.Code{source.Let("s", jen.Id(source.TypeName(o.Y.V.DType)).Call(jen.Qual("math", "Inf").Call(jen.Lit(-1))))},
		jen.If(source.Letf("v", "%s", element("x", w.from)), source.Exprf("v > s || v != v")).Block(source.Setf("s", "v")),
		source.Setf("y["+w.to+"]", "s"))
}

// PoolGradientOf is its function, of a value of a Go type and its elements; with assembly
// if it has a kernel.
func (e *Loops) PoolGradientOf(o *ir.PoolGradient, kern *kernel.Kernel, typ string, element func(name, at string) string, train bool) *function.Func {
	key := fmt.Sprintf("pool gradient %t %s %v %v %v %d", kern != nil, typ, o.X, o.DY, o.Of().All(), len(o.Loops))
	return e.Make(key, o.Layer+" pool gradient", func(k *function.Func) {
		k.Train = train
		array := func(v *ir.Value) string { return "*" + source.Array(v.DType, v.Size()) }
		k.Args = []function.Arg{{Name: "dx", Type: array(o.DX.V)}, {Name: "dy", Type: array(o.DY.V)}, {Name: "x", Type: typ}}
		w := windowsOf(o.Of())
		k.Doc = []string{
			fmt.Sprintf("%s adds dy[%s] to dx, from 0 on, where the greatest of x[%s] lies, the first of equals, over", k.Name, w.to, w.from),
			windowDoc(w.all, len(o.Loops)) + ", of those inside of x. It does not allocate.",
		}
		bits := strings.TrimPrefix(source.TypeName(o.X.V.DType), "float")
		greatest := jen.Id("k").Op(":=").Add(e.RT("Ordered" + bits)).Call(source.Exprf("%s", element("x", w.from)))
		// as whole numbers, which are compared without a branch
		k.Body = append([]jen.Code{jen.Id("clear").Call(source.Exprf("dx[:]"))}, w.loops(
			[]jen.Code{source.Let("s", jen.Id("int"+bits).Call(jen.Qual("math", "MinInt"+bits))), source.Letf("at", "0")},
			jen.If(greatest, source.Exprf("k > s")).Block(jen.List(jen.Id("s"), jen.Id("at")).Op("=").List(
				jen.Min(jen.Id("k"), jen.Qual("math", "MaxInt"+bits).Op("-").Lit(1)), source.Exprf("%s", w.from))),
			// through a float64, as Go's compiler branches to choose an address
			jen.Id("dx[int(float64(at))]").Op("+=").Id("dy["+w.to+"]"))...)
		if kern != nil {
			e.Fast(k, func() []jen.Code { return e.poolGradientCalls(kern, o.X.V.Size()) })
		}
	})
}

// poolGradientCalls are the calls of assembly of the gradient of a pooling of some
// elements.
func (e *Loops) poolGradientCalls(k *kernel.Kernel, elements int) []jen.Code {
	g := calls.PoolGradientOf(e.Target(), k, elements)
	code := e.partCalls(&g.Convolution, func(p calls.ConvolutionPart, r calls.RowGroup, q string) jen.Code {
		of := g.Kernel(p)
		doc := fmt.Sprintf("gives the greatest of up to %d elements of each of %d channels at %d positions of every row the gradient y.", len(k.Segments[0].Taps), p.Kernel.Outputs, k.Positions())
		name := e.Assembly(of.Key(), fmt.Sprintf("maxima gradient of %d", p.Kernel.Outputs), doc,
			func(t *target.Target, name string, doc []string) *asm.Func { return t.MaxGradient(name, doc, of) })
		x := plus(sourceOf(g.XPanels, g.XStride, q), r.X+p.X)
		return jen.Id(name).Call(source.Exprf("&dx[%s], &dy[%s], &x[%s], %d, %d", x, plus(times16(q), r.Y+p.Lane), x, r.Rows, r.Taps))
	})
	if g.Clears {
		code = append([]jen.Code{jen.Id("clear").Call(source.Exprf("dx[:]"))}, code...)
	}
	return code
}

// windows are how the loops of a pooling are printed.
type windows struct {
	*ir.Pool
	all      []ir.Loop // with names
	from, to string    // the places of an element and of the result
	where    []string  // the element exists
}

func windowsOf(o *ir.Pool) *windows {
	w := &windows{Pool: o, all: source.WithNames(o.All(), 0)}
	w.from, w.to = o.X.Flat().Text(w.all), o.Y.Flat().Text(w.all[:len(o.Loops)])
	for _, d := range o.X.Outside(w.all) {
		w.where = append(w.where, source.Within(o.X.At[d], w.all, o.X.Shape()[d])...)
	}
	return w
}

// loops are those over the results, in the order in which they lie, of what is done
// before, for and after the elements of a window.
func (w *windows) loops(before []jen.Code, each, after jen.Code) []jen.Code {
	n := len(w.Loops)
	used := func(i int) bool { return w.X.Flat().Coefficient(i) != 0 || w.Y.Flat().Coefficient(i) != 0 }
	body := append(before, source.Nest(w.all[n:], func(i int) bool { return used(n + i) }, source.When(w.where, each))...)
	body = append(body, after)
	for i := range outward(w.Pool) {
		body = source.Nest(w.all[i:i+1], func(int) bool { return used(i) }, body)
	}
	return body
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

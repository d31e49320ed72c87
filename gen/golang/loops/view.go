package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// viewLoops walks a view of runs of some elements: inner gets the position in the
// row-major result and in the source. Some steps of the last axis are written out.
func viewLoops(axes []ir.Axis, offset, run int, inner func(flat, at string) []jen.Code) []jen.Code {
	last, steps := len(axes)-1, 1
	if last >= 0 && run == 1 {
		steps = calls.WrittenOut(axes[last].Size)
	}
	place := func(k, stride int) []string {
		switch {
		case stride == 0 || k == last && steps == axes[k].Size:
			return nil
		case stride == 1:
			return []string{fmt.Sprintf("i%d", k)}
		}
		return []string{fmt.Sprintf("i%d*%d", k, stride)}
	}
	sum := func(offset int, terms []string) string {
		switch {
		case len(terms) == 0:
			return fmt.Sprint(offset)
		case offset != 0:
			terms = append([]string{fmt.Sprint(offset)}, terms...)
		}
		return strings.ReplaceAll(strings.Join(terms, " + "), "+ -", "- ")
	}
	var body []jen.Code
	for j := range steps {
		var flat, at []string
		from, behind := offset, run
		for k := last; k >= 0; k-- {
			flat = append(place(k, behind), flat...)
			behind *= axes[k].Size
		}
		for k, a := range axes {
			at = append(at, place(k, a.Stride)...)
		}
		if last >= 0 {
			from += j * axes[last].Stride
		}
		body = append(body, inner(sum(j*run, flat), sum(from, at))...)
	}
	for k := last; k >= 0; k-- {
		switch i := fmt.Sprintf("i%d", k); {
		case k == last && steps == axes[k].Size:
		case k == last && steps > 1:
			body = []jen.Code{source.ForStep(i, axes[k].Size-steps, steps, body...)}
		default:
			body = []jen.Code{source.ForRange(i, fmt.Sprint(axes[k].Size), body...)}
		}
	}
	return body
}

// ViewOf is the function of a view, of a value of a Go type and its elements.
func (e *Loops) ViewOf(o *ir.View, typ string, element func(name, at string) string, train bool) *function.Func {
	axes := ir.MergeAxes(o.Axes)
	return e.Make(fmt.Sprintf("view %v %d %s %d %s", axes, o.Offset, o.Y.DType, o.Y.Size(), typ), o.Doc, func(k *function.Func) {
		k.Train = train
		k.Doc = []string{fmt.Sprintf("%s is %s.", k.Name, viewDoc(axes, o.Offset))}
		k.Args = []function.Arg{{Name: "y", Type: "*" + source.Array(o.Y.DType, o.Y.Size())}, {Name: "x", Type: typ}}
		if n := len(axes); n == 1 && axes[0].Stride == 1 && o.X.Kind != ir.Param {
			k.Body = []jen.Code{jen.Id("copy").Call(source.Exprf("y[:]"), source.Exprf("x[%d:%d]", o.Offset, o.Offset+o.Y.Size()))}
			return
		}
		last := len(axes) - 1
		if last > 0 && calls.Runs(axes[last].Size, axes[last].Stride) && o.X.Kind != ir.Param {
			n := axes[last].Size
			k.Body = viewLoops(axes[:last], o.Offset, n, func(flat, at string) []jen.Code {
				return []jen.Code{jen.Id("copy").Call(source.Exprf("y[%s:][:%d]", flat, n), source.Exprf("x[%s:]", at))}
			})
			return
		}
		k.Body = viewLoops(axes, o.Offset, 1, func(flat, at string) []jen.Code {
			return []jen.Code{source.Setf("y["+flat+"]", "%s", element("x", at))}
		})
	})
}

// ViewGradient is its function.
func (e *Loops) ViewGradient(o *ir.ViewGrad, train bool) *function.Func {
	axes := ir.MergeAxes(o.Axes)
	return e.Make(fmt.Sprintf("view gradient %v %d %s %d %d", axes, o.Offset, o.DX.DType, o.DX.Size(), o.DY.Size()), o.Doc+" gradient", func(k *function.Func) {
		k.Train = train
		k.Doc = []string{
			fmt.Sprintf("%s adds every dy to the dx it was read from, in their order, where y is", k.Name),
			viewDoc(axes, o.Offset) + ".",
		}
		k.Args = []function.Arg{{Name: "dx", Type: "*" + source.Array(o.DX.DType, o.DX.Size())}, {Name: "dy", Type: "*" + source.Array(o.DY.DType, o.DY.Size())}}
		k.Body = append([]jen.Code{jen.Id("clear").Call(source.Exprf("dx[:]"))}, viewLoops(axes, o.Offset, 1, func(flat, at string) []jen.Code {
			return []jen.Code{jen.Id("dx[" + at + "]").Op("+=").Id("dy[" + flat + "]")}
		})...)
	})
}

// viewDoc is the view as a formula: y[i][j] = x[3 + 4*i + j].
func viewDoc(axes []ir.Axis, offset int) string {
	left, right := "", ""
	if offset != 0 || len(axes) == 0 {
		right = fmt.Sprint(offset)
	}
	for k, a := range axes {
		left += fmt.Sprintf("[i%d]", k)
		if a.Stride != 0 {
			if right != "" {
				right += " + "
			}
			if a.Stride != 1 {
				right += fmt.Sprintf("%d·", a.Stride)
			}
			right += fmt.Sprintf("i%d", k)
		}
	}
	if left == "" {
		left = "[0]"
	}
	if right == "" {
		right = "0"
	}
	sizes := make([]string, len(axes))
	for k, a := range axes {
		sizes[k] = fmt.Sprint(a.Size)
	}
	return fmt.Sprintf("y%s = x[%s] for the shape [%s]", left, right, strings.Join(sizes, ", "))
}

// AxisReduction is its function.
func (e *Loops) AxisReduction(o *ir.ReduceAxis, chains int, train bool) *function.Func {
	return e.Make(fmt.Sprintf("reduce %s %s %d %d %d", o.Kind, o.X.DType, o.Outer, o.Length, o.Inner), o.Doc, func(k *function.Func) {
		k.Train = train
		k.Args = []function.Arg{{Name: "y", Type: "*" + source.Array(o.Y.DType, o.Y.Size())}, {Name: "x", Type: "*" + source.Array(o.X.DType, o.X.Size())}}
		k.Doc = []string{fmt.Sprintf("%s computes y[o][i], %s x[o][n][i] over n, for x of the shape [%d, %d, %d].",
			k.Name, reduceDocs[o.Kind], o.Outer, o.Length, o.Inner)}
		at := func(n string) string { return flatIndex(o, n) }
		body := []jen.Code{}
		if o.Kind == ir.Sum && chains == 1 && calls.WrittenOut(o.Length) == o.Length {
			T := source.TypeName(o.Y.DType)
			body = append(body, jen.Var().Id("s").Id(T))
			for n := range o.Length {
				body = append(body, jen.Id("s").Op("+=").Id(T).Call(source.Exprf("x[%s]", at(fmt.Sprint(n)))))
			}
			body = append(body, source.Setf("y["+resultIndex(o)+"]", "s"))
		} else if o.Kind == ir.Sum {
			body = append(body, e.ChainSum(o.Y.DType, "s", o.Length, chains, func(n string) *jen.Statement { return source.Exprf("x[%s]", at(n)) })...)
			body = append(body, source.Setf("y["+resultIndex(o)+"]", "s"))
		} else {
			body = append(body, e.extreme(o, at)...)
		}
		for _, loop := range []struct {
			name string
			size int
		}{{"i", o.Inner}, {"o", o.Outer}} {
			if loop.size > 1 {
				body = []jen.Code{source.ForRange(loop.name, fmt.Sprint(loop.size), body...)}
			}
		}
		k.Body = body
	})
}

var reduceDocs = map[ir.ReduceKind]string{
	ir.Sum: "the sum of", ir.MaxOf: "the greatest", ir.MinOf: "the least",
	ir.ArgMax: "the first place of the greatest", ir.ArgMin: "the first place of the least",
	ir.ArgMaxLast: "the last place of the greatest", ir.ArgMinLast: "the last place of the least",
}

// extreme is the search for the greatest or least element of a line.
func (e *Loops) extreme(o *ir.ReduceAxis, at func(n string) string) []jen.Code {
	sign := map[ir.ReduceKind]string{ir.MaxOf: ">", ir.MinOf: "<", ir.ArgMax: ">", ir.ArgMin: "<", ir.ArgMaxLast: ">=", ir.ArgMinLast: "<="}[o.Kind]
	value := o.Kind == ir.MaxOf || o.Kind == ir.MinOf
	cond, take, result := "v "+sign+" s", []jen.Code{source.Setf("s", "v")}, "s"
	if value {
		cond += " || v != v" // a NaN stays
	} else {
		cond += source.FirstNaN(o.Kind, "v", "s")
		take = []jen.Code{source.Setf("s, best", "v, n")}
		result = source.TypeName(o.Y.DType) + "(best)"
	}
	out := []jen.Code{source.Letf("s", "x[%s]", at("0"))}
	if !value {
		out = append(out, source.Letf("best", "0"))
	}
	if o.Length > 1 {
		out = append(out, jen.For(source.Letf("n", "1"), source.Exprf("n < %d", o.Length), source.Exprf("n++")).Block(
			source.Letf("v", "x[%s]", at("n")), jen.If(source.Exprf("%s", cond)).Block(take...)))
	} else if !value {
		out = []jen.Code{source.Setf("y["+resultIndex(o)+"]", "0")}
		return out
	}
	return append(out, source.Setf("y["+resultIndex(o)+"]", "%s", result))
}

// flatIndex is the place of x[o][n][i].
func flatIndex(o *ir.ReduceAxis, n string) string {
	at := n
	if o.Inner > 1 {
		switch {
		case n == "0":
			at = "i"
		case strings.Contains(n, "+"):
			at = fmt.Sprintf("(%s)*%d + i", n, o.Inner)
		default:
			at = fmt.Sprintf("%s*%d + i", n, o.Inner)
		}
	}
	if o.Outer > 1 {
		at = fmt.Sprintf("o*%d + %s", o.Length*o.Inner, at)
	}
	return at
}

// resultIndex is the place of y[o][i].
func resultIndex(o *ir.ReduceAxis) string {
	switch {
	case o.Outer > 1 && o.Inner > 1:
		return fmt.Sprintf("o*%d+i", o.Inner)
	case o.Outer > 1:
		return "o"
	case o.Inner > 1:
		return "i"
	}
	return "0"
}

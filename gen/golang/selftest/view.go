package selftest

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// view prints a view of the reference, one element after the other.
func (r *ref) view(o *ir.View) {
	x := r.value(o.X)
	y := r.result(o.Y)
	at := fmt.Sprint(o.Offset)
	for k, a := range o.Axes {
		if a.Stride != 0 {
			at += fmt.Sprintf(" + %d*i%d", a.Stride, k)
		}
	}
	body := []jen.Code{source.Setf(y, "append(%s, %s[%s])", y, x, at)}
	for k := len(o.Axes) - 1; k >= 0; k-- {
		loop := jen.Range().Lit(o.Axes[k].Size)
		if o.Axes[k].Stride != 0 {
			loop = jen.Id(fmt.Sprintf("i%d", k)).Op(":=").Add(loop)
		}
		body = []jen.Code{jen.For(loop).Block(body...)}
	}
	r.add(jen.Var().Id(y).Index().Float64())
	r.add(body...)
}

// reduceAxis prints a reduction along an axis of the reference.
func (r *ref) reduceAxis(o *ir.ReduceAxis) {
	x := r.value(o.X)
	y := r.result(o.Y)
	// Element n of the line of result j.
	place := func(n string) string {
		if o.Inner == 1 {
			return fmt.Sprintf("%s[j*%d+%s]", x, o.Length, n)
		}
		return fmt.Sprintf("%s[(j/%d*%d+%s)*%d+j%%%d]", x, o.Inner, o.Length, n, o.Inner, o.Inner)
	}
	element := place("n")
	var step []jen.Code
	take := source.Setf(y+"[j]", "v")
	switch o.Kind {
	case ir.Sum:
		step = []jen.Code{jen.Id(y + "[j]").Op("+=").Id(element)}
	case ir.MaxOf, ir.MinOf:
		fn := map[ir.ReduceKind]string{ir.MaxOf: "Max", ir.MinOf: "Min"}[o.Kind]
		step = []jen.Code{
			source.Letf("v", "%s", element),
			jen.If(source.Exprf("n > 0")).Block(source.Set("v", jen.Qual("math", fn).Call(source.Exprf("v"), source.Exprf("%s[j]", y)))),
			take,
		}
	default:
		sign := map[ir.ReduceKind]string{ir.ArgMax: ">", ir.ArgMin: "<", ir.ArgMaxLast: ">=", ir.ArgMinLast: "<="}[o.Kind]
		best := place("int(" + y + "[j])")
		step = []jen.Code{
			source.Letf("v, s", "%s, %s", element, best),
			jen.If(source.Exprf("v %s s%s", sign, source.FirstNaN(o.Kind, "v", "s"))).Block(source.Setf(y+"[j]", "float64(n)")),
		}
	}
	r.add(source.Letf(y, "make([]float64, %d)", o.Y.Size()),
		source.ForRange("j", y, jen.For(jen.Id("n").Op(":=").Range().Lit(o.Length)).Block(step...)))
}

package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// GradWeightRows is the body of the gradient of a weight with assembly: per panel, over
// all rows of the batch.
func (e *Loops) GradWeightRows(t *plan.Tensor, xs, dys Rows) []jen.Code {
	l, elem := &t.Layout, source.TypeName(e.elem)
	x, dy := factors(NamedRows{xs, "x"}, NamedRows{dys, "dy"}, l)
	w := calls.WeightsOf(e.Target(), elem, l.In, l.Out, e.plan.Options.Batch)
	at, count := "0", fmt.Sprint(l.In)
	if w.Divided {
		at, count = "k", fmt.Sprintf("min(%d, %d-k)", w.PerCall, l.In)
	}
	var code []jen.Code
	for i := range w.Loops {
		loop := &w.Loops[i]
		place := gradientPlace(loop, l)
		var each []jen.Code
		for _, p := range loop.Calls {
			kern := &kernel.Gradient{Elem: elem, Fused: e.prog.Mode == "fast", Outputs: p.Room, Partial: p.Partial, Width: place.width, Panels: loop.Together()}
			name := e.gradientKernel(kern, p.String())
			args := []string{fmt.Sprintf("&g%s[%s][%d]", place.field(), at, p.Lane), dy.Element(dy.Name, "0", plusText(place.first, p.Lane)), x.Element(x.Name, "0", at),
				count, "len(x)", fmt.Sprint(dy.bytes()), fmt.Sprint(x.bytes())}
			if loop.Together() > 1 {
				args = append(args, fmt.Sprint(l.PanelBytes()))
			}
			each = append(each, jen.Id(name).Call(source.Exprf("%s", strings.Join(append(args, maskArg(p.Partial, p.Mask)...), ", "))))
		}
		if w.Preempt && (!loop.Tail || len(w.Loops) == 1 && w.Divided) {
			each = append(each, e.Preempt())
		}
		code = append(code, overPanels(loop, each)...)
	}
	if w.Divided {
		code = []jen.Code{jen.For(source.Letf("k", "0"), source.Exprf("k < %d", l.In), source.Exprf("k += %d", w.PerCall)).Block(code...)}
	}
	return code
}

// NamedRows are the rows of a function's argument.
type NamedRows struct {
	Rows
	Name string
}

// factors are the two that the gradient of a weight is a product of: the elements of
// one are taken one by one, those of the other are lanes.
func factors[T any](x, dy T, l *plan.Layout) (single, lanes T) {
	if l.ByInputs {
		return dy, x
	}
	return x, dy
}

// biasRows is the body of the gradient of a bias with assembly: that of weights of one
// input, which is 1 in all rows.
func (e *Loops) biasRows(size, stride int) []jen.Code {
	elem := source.TypeName(e.elem)
	w := calls.WeightsOf(e.Target(), elem, 1, size, e.plan.Options.Batch)
	code := []jen.Code{source.Letf("one", "%s(1)", elem)}
	for i := range w.Loops {
		loop := &w.Loops[i]
		q, outputs := "q", schedule.Panel
		switch {
		case loop.Tail:
			q, outputs = fmt.Sprint(size/schedule.Panel), size%schedule.Panel
		case loop.Once():
			q = fmt.Sprint(loop.From)
		}
		var each []jen.Code
		for _, p := range loop.Calls {
			kern := &kernel.Gradient{Elem: elem, Fused: e.prog.Mode == "fast", Outputs: p.Room, Partial: p.Partial, Width: plan.TailWidth(outputs), Panels: loop.Together()}
			args := []string{fmt.Sprintf("&g[%s][%d]", q, p.Lane), fmt.Sprintf("&dy[0][%s]", plusText(times16(q), p.Lane)), "&one",
				"1", "len(dy)", fmt.Sprint(stride * plan.ElemSize(e.elem)), "0"}
			if loop.Together() > 1 {
				args = append(args, fmt.Sprint(schedule.Panel*plan.ElemSize(e.elem)))
			}
			each = append(each, jen.Id(e.gradientKernel(kern, p.String())).Call(source.Exprf("%s", strings.Join(append(args, maskArg(p.Partial, p.Mask)...), ", "))))
		}
		code = append(code, overPanels(loop, each)...)
	}
	return code
}

// gradientKernel is the assembly of a panel's gradient.
func (e *Loops) gradientKernel(kern *kernel.Gradient, outputs string) string {
	return e.Assembly(kern.Key(), "weightGradient "+outputs, fmt.Sprintf("sums the gradients of the weights of %s outputs over the rows.", outputs),
		func(t *target.Target, name string, doc []string) *asm.Func {
			f, _ := t.GradWeight(name, doc, kern)
			return f
		})
}

// gradientPlaces says where the gradients of a loop over panels lie: the panel or
// "", which is the tail, the first output, the width of a panel.
type gradientPlaces struct {
	q, first string
	width    int
}

func gradientPlace(loop *calls.PanelLoop, l *plan.Layout) gradientPlaces {
	if loop.Tail {
		return gradientPlaces{"", fmt.Sprint(l.Full * schedule.Panel), l.Tail}
	}
	q := "q"
	if loop.Once() {
		q = fmt.Sprint(loop.From)
	}
	return gradientPlaces{q, times16(q), schedule.Panel}
}

// field is what comes behind the name of the gradients.
func (p gradientPlaces) field() string {
	if p.q == "" {
		return "t"
	}
	return "[" + p.q + "]"
}

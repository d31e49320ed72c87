package loops

import (
	"cmp"
	"fmt"
	"slices"
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

// gradients makes the calls of assembly that sum the gradient of a parameter over rows, and
// update it.
type gradients struct {
	e        *Loops
	gradient string            // where it lies
	rows     string            // of which there are as many as are summed, "" dy
	update   *updateKernel     // nil where none follows
	doc      string            // of the update
	hold     map[string]string // where the update's arrays lie, by leaf
	numbers  []string          // the arguments of the update's numbers
}

// Learning is a gradient followed by an update, whose arrays lie where hold says, and what
// is passed of its numbers.
func (e *Loops) Learning(u *updateKernel, hold map[string]string, gradient string, numbers []string, doc string) *gradients {
	return &gradients{e: e, gradient: gradient, update: u, doc: doc, hold: hold, numbers: numbers}
}

// GradWeightRows is the body of the gradient of a weight with assembly: per panel, over
// all rows of the batch.
func (e *Loops) GradWeightRows(t *plan.Tensor, xs, dys Rows) []jen.Code {
	l := &t.Layout
	w := calls.WeightsOf(e.Target(), source.TypeName(t.Value.DType), l.In, l.Out, e.plan.Options.Batch)
	at, count := "0", fmt.Sprint(l.In)
	if w.Divided {
		at, count = "k", fmt.Sprintf("min(%d, %d-k)", w.PerCall, l.In)
	}
	code := (&gradients{e: e, gradient: "g", rows: "x"}).weights(l, w, NamedRows{xs, "x"}, NamedRows{dys, "dy"}, at, count, "t")
	if w.Divided {
		code = []jen.Code{jen.For(source.Letf("k", "0"), source.Exprf("k < %d", l.In), source.Exprf("k += %d", w.PerCall)).Block(code...)}
	}
	return code
}

// Weights takes some inputs at a time through all panels.
func (g *gradients) Weights(t *plan.Tensor, x, dy NamedRows) []jen.Code {
	l, tail := &t.Layout, ""
	if l.Full > 0 {
		tail = "t"
	}
	w := calls.LearnOf(g.e.Target(), source.TypeName(t.Value.DType), l.In, l.Out, g.e.plan.Options.Batch, plan.ElemSize(t.Value.DType))
	return []jen.Code{
		source.Letf("from, to", "%s(%d, %d, part, parts)", g.e.shares(), l.In, g.e.Target().InputsOfWeights),
		jen.For(source.Letf("k", "from"), source.Exprf("k < to"), source.Exprf("k += %d", w.PerCall)).Block(
			append([]jen.Code{source.Letf("m", "min(%d, to-k)", w.PerCall)}, g.weights(l, w, x, dy, "k", "m", tail)...)...),
	}
}

// weights is the calls for some inputs from one on; tail is what comes behind the name of
// an array whose tail is a field of its own.
func (g *gradients) weights(l *plan.Layout, w *calls.Weights, x, dy NamedRows, at, inputs, tail string) []jen.Code {
	x, dy = factors(x, dy, l)
	var code []jen.Code
	for i := range w.Loops {
		loop := &w.Loops[i]
		q, width := firstPanel(loop), schedule.Panel
		first := times16(q)
		if loop.Tail {
			first, width = fmt.Sprint(l.Full*schedule.Panel), l.Tail
		}
		each := g.call(dy, panelCall{
			calls: loop.Calls, own: w.Inputs, panels: loop.Together(), apart: l.PanelBytes(), width: width, xBytes: x.bytes(), first: first,
			x: x.Element(x.Name, "0", at), inputs: inputs, vectors: vectorsOf(inputs, width, g.e.Target().Lanes(source.TypeName(dy.Elem))), q: q,
			element: func(array, q string, lane int) string {
				if loop.Tail {
					return fmt.Sprintf("&%s[%s][%d]", array+tail, at, lane)
				}
				return fmt.Sprintf("&%s[%s][%s][%d]", array, q, at, lane)
			},
		})
		if w.Preempt && (!loop.Tail || len(w.Loops) == 1 && w.Divided) {
			each = append(each, g.e.Preempt())
		}
		code = append(code, overPanels(loop, each)...)
	}
	return code
}

// Bias is the gradient of a bias of some outputs: that of weights of one input, which is 1
// in all rows.
func (g *gradients) Bias(outputs int, dy NamedRows) []jen.Code {
	T, size := source.TypeName(dy.Elem), plan.ElemSize(dy.Elem)
	w := calls.WeightsOf(g.e.Target(), T, 1, outputs, g.e.plan.Options.Batch)
	code := []jen.Code{source.Letf("one", "%s(1)", T)}
	for i := range w.Loops {
		loop := &w.Loops[i]
		q, some := firstPanel(loop), schedule.Panel
		if loop.Tail {
			q, some = fmt.Sprint(outputs/schedule.Panel), outputs%schedule.Panel
		}
		code = append(code, overPanels(loop, g.call(dy, panelCall{
			calls: loop.Calls, panels: loop.Together(), apart: schedule.Panel * size, width: plan.TailWidth(some), first: times16(q),
			x: "&one", inputs: "1", vectors: fmt.Sprint(schedule.Panel / g.e.Target().Lanes(T)), q: q,
			element: func(array, q string, lane int) string { return fmt.Sprintf("&%s[%s][%d]", array, q, lane) },
		}))...)
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

// vectorsOf is the number of vectors that hold some rows of a panel; the last
// may reach into the padding of the tensor.
func vectorsOf(rows string, width, lanes int) string {
	if width < lanes {
		return fmt.Sprintf("(%s*%d+%d)/%d", rows, width, lanes-1, lanes)
	}
	return fmt.Sprintf("%s*%d", rows, width/lanes)
}

// panelCall is a panel of weights to be updated, or several, or a row of biases.
type panelCall struct {
	calls         []calls.Panel
	own           int // inputs that its kernels are for
	panels, apart int // several panels, and the bytes between them
	width, xBytes int
	first         string // output
	x, inputs     string
	vectors       string // of the panel, for the update
	q             string // the first panel
	element       func(array, q string, lane int) string
}

// call is the call of the assembly for a panel: with the update in registers, or the
// gradients first.
func (g *gradients) call(dy NamedRows, c panelCall) []jen.Code {
	part := func(p *calls.Panel, update *kernel.Update) *kernel.Gradient {
		return &kernel.Gradient{
			Elem: source.TypeName(dy.Elem), Fused: g.e.prog.Mode == "fast", Inputs: c.own, Outputs: p.Room, Width: c.width, Panels: c.panels, Partial: p.Partial,
			Update: update, Shared: update != nil && g.e.plan.Shares(),
		}
	}
	fused := g.update != nil && !slices.ContainsFunc(c.calls, func(p calls.Panel) bool { return !calls.FusesUpdate(g.e.Target(), part(&p, &g.update.Update)) })
	var out []jen.Code
	arrays := func(q string, lane int, gradient bool) []string {
		var args []string
		for _, a := range g.update.Arrays {
			if h := g.hold[a]; gradient || h != g.gradient {
				args = append(args, c.element(h, q, lane))
			}
		}
		return args
	}
	rows := cmp.Or(g.rows, dy.Name)
	for _, p := range c.calls {
		kern, args, hint := part(&p, nil), []string{c.element(g.gradient, c.q, p.Lane)}, "weightGradient"
		if fused {
			kern, hint = part(&p, &g.update.Update), "learn"
			args = append(arrays(c.q, p.Lane, false), g.numbers...)
		}
		args = append(args, dy.Element(dy.Name, "0", plusText(c.first, p.Lane)), c.x, c.inputs, "len("+rows+")", fmt.Sprint(dy.bytes()), fmt.Sprint(c.xBytes))
		if c.panels > 1 {
			args = append(args, fmt.Sprint(c.apart))
		}
		args = append(args, maskArg(p.Partial, p.Mask)...)
		out = append(out, jen.Id(g.assembly(kern, hint, p.String())).Call(source.Exprf("%s", strings.Join(args, ", "))))
	}
	update := func(q string) jen.Code {
		args := append(append(arrays(q, 0, true), g.numbers...), c.vectors)
		return jen.Id(g.e.updateKernel(g.update, g.doc)).Call(source.Exprf("%s", strings.Join(args, ", ")))
	}
	switch {
	case fused || g.update == nil:
	case c.panels > 1:
		out = append(out, jen.For(source.Letf("i", "%s", c.q), source.Exprf("i < %s", plusText(c.q, c.panels)), source.Exprf("i++")).Block(update("i")))
	default:
		out = append(out, update(c.q))
	}
	return out
}

// assembly is the assembly of a gradient.
func (g *gradients) assembly(k *kernel.Gradient, hint, outputs string) string {
	doc := fmt.Sprintf("sums the gradients of the weights of %s outputs over the rows", outputs)
	if k.Update != nil {
		doc += " and updates what they belong to"
	}
	return g.e.Assembly(k.Key(), hint+" "+outputs, doc+".", func(t *target.Target, name string, doc []string) *asm.Func {
		f, _ := t.GradWeight(name, doc, k)
		return f
	})
}

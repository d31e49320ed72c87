package loops

import (
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

// learning makes the assembly of a parameter's gradient and update.
type learning struct {
	e        *Loops
	t        *plan.Tensor
	update   *updateKernel
	doc      string            // of the update
	hold     map[string]string // where the update's arrays lie, by leaf
	gradient string            // where the gradient does
	numbers  []string          // the arguments of the update's numbers
}

// NewLearning describes it: the update whose arrays lie where hold says, the gradient's, and
// what is passed of its numbers.
func (e *Loops) NewLearning(t *plan.Tensor, u *updateKernel, hold map[string]string, gradient string, numbers []string, doc string) *learning {
	return &learning{e: e, t: t, update: u, doc: doc, hold: hold, gradient: gradient, numbers: numbers}
}

// Bias sums the rows as products with one.
func (l *learning) Bias(dy NamedRows) []jen.Code {
	out := []jen.Code{
		jen.If(source.Exprf("part != 0")).Block(jen.Return()),
		source.Letf("one", "%s(1)", source.TypeName(l.e.elem)),
	}
	elem := source.TypeName(l.e.elem)
	w := calls.WeightsOf(l.e.Target(), elem, 1, l.t.Layout.Out, l.e.plan.Options.Batch)
	for i := range w.Loops {
		loop := &w.Loops[i]
		q, outputs := "q", schedule.Panel
		switch {
		case loop.Tail:
			q, outputs = fmt.Sprint(l.t.Layout.Out/schedule.Panel), l.t.Layout.Out%schedule.Panel
		case loop.Once():
			q = fmt.Sprint(loop.From)
		}
		out = append(out, overPanels(loop, l.call(dy, panelCall{
			calls: loop.Calls, panels: loop.Together(), apart: schedule.Panel * plan.ElemSize(l.e.elem), width: plan.TailWidth(outputs), first: times16(q), x: "&one", inputs: "1", vectors: fmt.Sprint(schedule.Panel / l.e.Target().Lanes(elem)),
			q: q, element: func(array, q string, lane int) string {
				return fmt.Sprintf("&%s[%s][%d]", array, q, lane)
			},
		}))...)
	}
	return out
}

// Weights takes some inputs at a time through all panels.
func (l *learning) Weights(x, dy NamedRows) []jen.Code {
	lay, elem := &l.t.Layout, source.TypeName(l.e.elem)
	x, dy = factors(x, dy, lay)
	w := calls.LearnOf(l.e.Target(), elem, lay.In, lay.Out, l.e.plan.Options.Batch, plan.ElemSize(l.e.elem))
	var code []jen.Code
	for i := range w.Loops {
		loop := &w.Loops[i]
		place, field := gradientPlace(loop, lay), ""
		if loop.Tail && lay.Full > 0 {
			field = "t"
		}
		each := l.call(dy, panelCall{
			calls: loop.Calls, panels: loop.Together(), apart: lay.PanelBytes(), width: place.width, xBytes: x.bytes(), first: place.first,
			x: x.Element(x.Name, "0", "k"), inputs: "m", vectors: vectorsOf("m", place.width, l.e.Target().Lanes(elem)),
			q: place.q, element: func(array, q string, lane int) string {
				if q == "" {
					return fmt.Sprintf("&%s[k][%d]", array+field, lane)
				}
				return fmt.Sprintf("&%s[%s][k][%d]", array+field, q, lane)
			},
		})
		if w.Preempt && (!loop.Tail || len(w.Loops) == 1) {
			each = append(each, l.e.Preempt())
		}
		code = append(code, overPanels(loop, each)...)
	}
	return []jen.Code{
		source.Letf("from, to", "%s(%d, %d, part, parts)", l.e.shares(), lay.In, l.e.Target().InputsOfWeights),
		jen.For(source.Letf("k", "from"), source.Exprf("k < to"), source.Exprf("k += %d", w.PerCall)).Block(
			append([]jen.Code{source.Letf("m", "min(%d, to-k)", w.PerCall)}, code...)...),
	}
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
	panels, apart int // several panels, and the bytes between them
	width, xBytes int
	first         string // output
	x, inputs     string
	vectors       string // of the panel, for the update
	q             string // the first panel, "" where they are a field of their own
	element       func(array, q string, lane int) string
}

// call is the call of the assembly for a panel: with the update in registers,
// or the gradients first.
func (l *learning) call(dy NamedRows, c panelCall) []jen.Code {
	part := func(p *calls.Panel, update *kernel.Update) *kernel.Gradient {
		return &kernel.Gradient{
			Elem: source.TypeName(l.e.elem), Fused: l.e.prog.Mode == "fast", Outputs: p.Room, Width: c.width, Panels: c.panels, Partial: p.Partial,
			Update: update, Shared: update != nil && l.e.plan.Shares(),
		}
	}
	fused := !slices.ContainsFunc(c.calls, func(p calls.Panel) bool { return !calls.FusesUpdate(l.e.Target(), part(&p, &l.update.Update)) })
	var out []jen.Code
	arrays := func(q string, lane int, gradient bool) []string {
		var args []string
		for _, a := range l.update.Arrays {
			if h := l.hold[a]; gradient || h != l.gradient {
				args = append(args, c.element(h, q, lane))
			}
		}
		return args
	}
	for _, p := range c.calls {
		g, args, hint := part(&p, nil), []string{c.element(l.gradient, c.q, p.Lane)}, "weightGradient"
		if fused {
			g, hint = part(&p, &l.update.Update), "learn"
			args = append(arrays(c.q, p.Lane, false), l.numbers...)
		}
		args = append(args, dy.Element(dy.Name, "0", plusText(c.first, p.Lane)), c.x, c.inputs, "len("+dy.Name+")", fmt.Sprint(dy.bytes()), fmt.Sprint(c.xBytes))
		if c.panels > 1 {
			args = append(args, fmt.Sprint(c.apart))
		}
		args = append(args, maskArg(p.Partial, p.Mask)...)
		out = append(out, jen.Id(l.gradWeight(g, hint, p.String())).Call(source.Exprf("%s", strings.Join(args, ", "))))
	}
	update := func(q string) jen.Code {
		args := append(append(arrays(q, 0, true), l.numbers...), c.vectors)
		return jen.Id(l.e.updateKernel(l.update, l.doc)).Call(source.Exprf("%s", strings.Join(args, ", ")))
	}
	switch {
	case fused:
	case c.panels > 1:
		out = append(out, jen.For(source.Letf("i", "%s", c.q), source.Exprf("i < %s", plusText(c.q, c.panels)), source.Exprf("i++")).Block(update("i")))
	default:
		out = append(out, update(c.q))
	}
	return out
}

// gradWeight is the assembly of a gradient.
func (l *learning) gradWeight(g *kernel.Gradient, hint, outputs string) string {
	doc := fmt.Sprintf("sums the gradients of the weights of %s outputs over the rows", outputs)
	if g.Update != nil {
		doc += " and updates what they belong to"
	}
	return l.e.Assembly(g.Key(), hint+" "+outputs, doc+".", func(t *target.Target, name string, doc []string) *asm.Func {
		f, _ := t.GradWeight(name, doc, g)
		return f
	})
}

package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// learn prints the update of the parameters by the samples of a batch, or by
// a worker's part of them: every gradient is used where it was made.
func (e *emitter) learn(f *jen.File) error {
	all := e.plan.Train.Learn
	if all == nil {
		return nil
	}
	b := e.batchBody(e.plan.Train.Gradients, true, ":len(x)")
	var steps []*plan.Step
	for _, l := range all {
		steps = append(steps, &plan.Step{Op: l.Update})
	}
	b.neededNumbers(e.plan.Train.Update.Steps, steps)
	ranks := e.plan.Ranks()
	for _, l := range all {
		fn, err := e.learnFunc(l, ranks[l.Update.Out[0].Param])
		if err != nil {
			return err
		}
		args := []string{"t"}
		for _, x := range l.Update.In {
			if isNumber(x) {
				args = append(args, b.asElem(x))
			}
		}
		b.add(jen.Id(fn.name).Call(exprf("%s, x, part, parts", strings.Join(args, ", "))))
	}
	e.method(f, []string{
		"learn updates the parameters once all samples went through the network: one of",
		"several parts, which together do what sums and update do.",
	}, "learn", "x []Input, part, parts int", "", b.take())
	return nil
}

// asElem is a number of the step in the network's type.
func (b *body) asElem(x *ir.Value) string {
	if x.DType == b.e.elem {
		return b.at[x].idx
	}
	return fmt.Sprintf("%s(%s)", typeName(b.e.elem), b.at[x].idx) // the step's number, which formulas only compare
}

// learnFunc is the function that updates one parameter, dealt out by its rank
// where it is not divided.
func (e *emitter) learnFunc(l plan.Learn, rank int) (*kernelFunc, error) {
	b := e.batchBody(e.plan.Train.Gradients, true, ":len(x)")
	b.names = e.local()
	var failed error
	t := e.plan.TensorOf(l.Update.Out[0].Param)
	k := e.kernel("learn "+l.Update.Out[0].Name, lowerCamel(l.Update.Out[0].Name)+" learn", func(k *kernelFunc) {
		k.train, k.rows = true, true
		k.doc = []string{fmt.Sprintf("%s updates %s: gradient and %s.", k.name, l.Update.Out[0].Name, l.Update.Doc)}
		k.args = []arg{{"t", "*Trainer"}}
		for i, x := range l.Update.In {
			if isNumber(x) {
				name := b.names.name(l.Update.InNames[i])
				k.args = append(k.args, arg{name, typeName(e.elem)})
				b.at[x] = place{name, ""}
			}
		}
		k.args = append(k.args, arg{"x", "[]Input"}, arg{"part", "int"}, arg{"parts", "int"})
		if failed = b.step(&plan.Step{Op: l.Gradient, Chains: 1, Vector: connected(l.Gradient)}); failed != nil {
			return
		}
		if failed = b.paramMap(l.Update); failed != nil {
			return
		}
		k.generic = append([]jen.Code{
			jen.If(exprf("part != %s(%d, parts)", e.dealer(), rank)).Block(jen.Return()),
			letf("p, g", "t.net.p, &t.m.grads"),
		}, b.take()...)
		if len(e.plan.Options.Targets) > 0 && connected(l.Gradient) {
			e.fast(k, func() []jen.Code {
				v := &learnKernel{body: b, Learn: l, t: t, target: e.target()}
				return v.fast()
			})
		}
		if k.fast == nil {
			k.rows, k.body = false, k.generic
		}
	})
	return k, failed
}

// connected reports whether a gradient has assembly.
func connected(op ir.Op) bool {
	switch o := ir.Form(op).(type) {
	case *ir.DenseGradWeight:
		return o.DW.Param.Mask == nil
	case *ir.BatchSum:
		return true
	}
	return false
}

// learnKernel makes the assembly of a parameter's gradient and update.
type learnKernel struct {
	*body
	plan.Learn
	t      *plan.Tensor
	target *target.Target
	update *updateKernel
	hold   map[string]string // where the update's arrays lie
}

// fast is the assembly, nil if there is none.
func (l *learnKernel) fast() []jen.Code {
	var ok bool
	if l.update, l.hold, ok = l.updateOf(l.Update); !ok {
		return nil
	}
	var out []jen.Code
	if bias, ok := ir.Form(l.Gradient).(*ir.BatchSum); ok {
		out = l.bias(bias)
	} else {
		out = l.weights(ir.Form(l.Gradient).(*ir.DenseGradWeight))
	}
	prefix := []jen.Code{letf("p", "t.net.p")}
	if !slices.ContainsFunc(l.update.Arrays, func(a string) bool { return l.hold[a] == "p" }) {
		prefix = nil
	}
	return append(prefix, out...)
}

// bias sums the rows as products with one.
func (l *learnKernel) bias(o *ir.BatchSum) []jen.Code {
	dy := l.rowsOf(o.X)
	out := []jen.Code{
		jen.If(exprf("part != 0")).Block(jen.Return()),
		letf("one", "%s(1)", typeName(l.e.elem)),
	}
	elem := typeName(l.e.elem)
	w := calls.WeightsOf(l.target, elem, 1, l.t.Layout.Out, l.e.plan.Options.Batch)
	for i := range w.Loops {
		loop := &w.Loops[i]
		q, outputs := "q", schedule.Panel
		switch {
		case loop.Tail:
			q, outputs = fmt.Sprint(l.t.Layout.Out/schedule.Panel), l.t.Layout.Out%schedule.Panel
		case loop.Once():
			q = fmt.Sprint(loop.From)
		}
		out = append(out, overPanels(loop, l.call(l.nameOf(o.X), dy, panelCall{
			calls: loop.Calls, width: plan.TailWidth(outputs), first: times16(q), x: "&one", inputs: "1", vectors: fmt.Sprint(schedule.Panel / l.target.Lanes(elem)),
			element: func(array string, lane int) string { return fmt.Sprintf("&%s.%s[%s][%d]", array, l.t.Field, q, lane) },
		}))...)
	}
	return out
}

// weights takes some inputs at a time through all panels.
func (l *learnKernel) weights(o *ir.DenseGradWeight) []jen.Code {
	x, dy := l.rowsOf(o.X), l.rowsOf(o.DY)
	lay, elem := &l.t.Layout, typeName(l.e.elem)
	w := calls.LearnOf(l.target, elem, lay.In, lay.Out, l.e.plan.Options.Batch, plan.ElemSize(l.e.elem))
	var code []jen.Code
	for i := range w.Loops {
		loop := &w.Loops[i]
		place := gradientPlace(loop, lay)
		field := l.t.Field + place.field
		if loop.Tail {
			field = l.t.TailField()
		}
		each := l.call(l.nameOf(o.DY), dy, panelCall{
			calls: loop.Calls, width: place.width, xBytes: x.bytes(), first: place.first,
			x: x.element(l.nameOf(o.X), "0", "k"), inputs: "m", vectors: vectorsOf("m", place.width, l.target.Lanes(elem)),
			element: func(array string, lane int) string { return fmt.Sprintf("&%s.%s[k][%d]", array, field, lane) },
		})
		if w.Preempt && (!loop.Tail || len(w.Loops) == 1) {
			each = append(each, l.e.preempt())
		}
		code = append(code, overPanels(loop, each)...)
	}
	return []jen.Code{
		letf("from, to", "%s(%d, %d, part, parts)", l.e.shares(), lay.In, l.target.InputsOfWeights),
		jen.For(letf("k", "from"), exprf("k < to"), exprf("k += %d", w.PerCall)).Block(
			append([]jen.Code{letf("m", "min(%d, to-k)", w.PerCall)}, code...)...),
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

// nameOf is the Go expression of a value's rows in the trainer.
func (b *body) nameOf(v *ir.Value) string {
	if v.Kind == ir.Input {
		return "x"
	}
	return b.rowsName(v)
}

// panelCall is a panel of weights to be updated, or a row of biases.
type panelCall struct {
	calls         []calls.Panel
	width, xBytes int
	first         string // output
	x, inputs     string
	vectors       string // of the panel, for the update
	element       func(array string, lane int) string
}

// call is the call of the assembly for a panel: with the update in registers,
// or the gradients first.
func (l *learnKernel) call(dyName string, dy rows, c panelCall) []jen.Code {
	part := func(p *calls.Panel, update *kernel.Update) *kernel.Gradient {
		return &kernel.Gradient{
			Elem: typeName(l.e.elem), Fused: l.e.prog.Mode == "fast", Outputs: p.Room, Width: c.width, Partial: p.Partial,
			Update: update, Shared: update != nil && l.e.plan.Shares(),
		}
	}
	fused := !slices.ContainsFunc(c.calls, func(p calls.Panel) bool { return !calls.FusesUpdate(l.target, part(&p, &l.update.Update)) })
	var out []jen.Code
	arrays := func(lane int, gradient bool) []string {
		var args []string
		for _, a := range l.update.Arrays {
			switch h := l.hold[a]; {
			case h != "g":
				args = append(args, c.element(h, lane))
			case gradient:
				args = append(args, c.element("t.m.grads", lane))
			}
		}
		return args
	}
	for _, p := range c.calls {
		g, args, hint := part(&p, nil), []string{c.element("t.m.grads", p.Lane)}, "weightGradient"
		if fused {
			g, hint = part(&p, &l.update.Update), "learn"
			args = append(arrays(p.Lane, false), l.numbers()...)
		}
		args = append(args, dy.element(dyName, "0", plusText(c.first, p.Lane)), c.x, c.inputs, "len(x)", fmt.Sprint(dy.bytes()), fmt.Sprint(c.xBytes))
		args = append(args, maskArg(p.Partial, p.Mask)...)
		out = append(out, jen.Id(l.gradWeight(g, hint, p.String())).Call(exprf("%s", strings.Join(args, ", "))))
	}
	if !fused {
		args := append(append(arrays(0, true), l.numbers()...), c.vectors)
		out = append(out, jen.Id(l.e.updateKernel(l.update, l.Update.Doc)).Call(exprf("%s", strings.Join(args, ", "))))
	}
	return out
}

// gradWeight is the assembly of a gradient.
func (l *learnKernel) gradWeight(g *kernel.Gradient, hint, outputs string) string {
	doc := fmt.Sprintf("sums the gradients of the weights of %s outputs over the rows", outputs)
	if g.Update != nil {
		doc += " and updates what they belong to"
	}
	return l.e.assembly(g.Key(), hint+" "+outputs, doc+".", func(t *target.Target, name string, doc []string) *asm.Func {
		f, _ := t.GradWeight(name, doc, g)
		return f
	})
}

// numbers are the arguments of the update's numbers.
func (l *learnKernel) numbers() []string {
	var args []string
	for _, x := range l.Update.In {
		if isNumber(x) {
			args = append(args, "&"+l.at[x].idx)
		}
	}
	return args
}

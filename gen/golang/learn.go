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
	var steps []*plan.Step // what reads the numbers
	for _, l := range all {
		steps = append(steps, &plan.Step{Op: l.Update})
	}
	b.neededNumbers(e.plan.Train.Update.Steps, steps)
	ranks := e.plan.Ranks()
	err := plan.Walk(len(all), e.plan.Train.LearnRepeats, func(i int) error { return b.learn(all[i], ranks) }, func(r *plan.Repeat) error {
		return b.loop(r, nil, func() error {
			for _, l := range all[r.First : r.First+r.Period] {
				if err := b.learn(l, ranks); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	code := b.take()
	if slices.ContainsFunc(all, func(l plan.Learn) bool { return rowsIn(l.Gradient) != nil }) {
		code = append([]jen.Code{letf("p, g", "t.net.p, &t.m.grads")}, code...)
	}
	e.method(f, []string{
		"learn updates the parameters once all samples went through the network: one of",
		"several parts, which together do what sums and update do.",
	}, "learn", "x []Input, part, parts int", "", code)
	return nil
}

// asElem is a number of the step in the network's type.
func (b *body) asElem(x *ir.Value) string {
	if x.DType == b.e.elem {
		return b.at[x].idx
	}
	return fmt.Sprintf("%s(%s)", typeName(b.e.elem), b.at[x].idx) // the step's number, which formulas only compare
}

// learn emits the update of one parameter, dealt out by its rank where it is not
// divided.
func (b *body) learn(l plan.Learn, ranks map[*ir.ParamInfo]int) error {
	t := b.e.plan.TensorOf(l.Update.Out[0].Param)
	k, err := b.e.learnFunc(l, t)
	args := b.passNumbers(l.Update)
	if over := rowsIn(l.Gradient); over != nil {
		args = append(args, b.passArrays(l.Update, t)...)
		for _, v := range over {
			pass, _, _ := b.source(v)
			args = append(args, exprf("%s", pass))
		}
	} else {
		args = append(args, exprf("t, x"))
	}
	b.add(b.e.id(k).Call(append(args, exprf("%s, part, parts", b.e.rank(l.Update.Out[0].Param, ranks)))...))
	return err
}

// rowsIn are the rows that the gradient of a dense layer is a sum over, dy and
// then x; nil for other gradients.
func rowsIn(gradient ir.Op) []*ir.Value {
	switch o := ir.Form(gradient).(type) {
	case *ir.DenseGradWeight:
		return []*ir.Value{o.DY, o.X}
	case *ir.BatchSum:
		return []*ir.Value{o.X}
	}
	return nil
}

// learnFunc is the function that updates a parameter: for gradients of dense
// layers that of all parameters of its layout, which is passed what it works on.
func (e *emitter) learnFunc(l plan.Learn, t *plan.Tensor) (*kernelFunc, error) {
	b := e.batchBody(e.plan.Train.Gradients, true, ":len(x)")
	over, key := rowsIn(l.Gradient), "learn "+l.Gradient.String()
	if over != nil {
		key = fmt.Sprintf("learn %T %v %s %d %s", ir.Form(l.Gradient), t.Layout.ByInputs, t.Layout.Dims(), t.Layout.Out, b.updateKey(l.Update))
		for _, v := range over {
			pass, typ, element := b.source(v)
			if key += " " + typ; element != nil {
				key += pass + element("b", "k")
			}
		}
	}
	var failed error
	k := e.kernel(key, lowerCamel(l.Update.Out[0].Name)+" learn", func(k *kernelFunc) {
		k.train, k.rows = true, true
		what := l.Update.Out[0].Name
		b.takeNumbers(k, l.Update)
		if over != nil {
			what = alike(l.Update.Out[0])
			b.takeArrays(k, b.arraysOf(l.Update), t)
			b.takeRows(k, over)
		} else {
			k.args = append(k.args, arg{"t", "*Trainer"}, arg{"x", "[]Input"})
		}
		k.doc = []string{fmt.Sprintf("%s updates %s: gradient and %s.", k.name, what, l.Update.Doc)}
		k.args = append(k.args, arg{"rank", "int"}, arg{"part", "int"}, arg{"parts", "int"})
		_, weights := ir.Form(l.Gradient).(*ir.DenseGradWeight)
		if failed = b.step(&plan.Step{Op: l.Gradient, Chains: 1, Vector: weights && connected(l.Gradient), Kernel: l.Kernel}); failed != nil {
			return
		}
		if failed = b.paramMap(l.Update); failed != nil {
			return
		}
		k.generic = []jen.Code{jen.If(exprf("part != %s(rank, parts)", e.dealer())).Block(jen.Return())}
		if over == nil {
			k.generic = append(k.generic, letf("p, g", "t.net.p, &t.m.grads"))
		}
		k.generic = append(k.generic, b.take()...)
		if len(e.plan.Options.Targets) > 0 && connected(l.Gradient) {
			e.fast(k, func() []jen.Code {
				v := &learnKernel{body: b, Learn: l, t: t, target: e.Target()}
				return v.fast()
			})
		}
		if k.fast == nil {
			k.rows, k.body = false, k.generic
		}
	})
	return k, failed
}

// takeRows makes rows arguments of a function.
func (b *body) takeRows(k *kernelFunc, over []*ir.Value) {
	for i, v := range over {
		name, typ, _ := b.source(v)
		if v.Kind != ir.Input {
			name = b.names.Own([]string{"dy", "x"}[i])
			b.args[v] = name
		}
		k.args = append(k.args, arg{name, typ})
	}
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
	if bias, ok := ir.Form(l.Gradient).(*ir.BatchSum); ok {
		return l.bias(bias)
	}
	return l.weights(ir.Form(l.Gradient).(*ir.DenseGradWeight))
}

// bias sums the rows as products with one.
func (l *learnKernel) bias(o *ir.BatchSum) []jen.Code {
	dy := namedRows{l.rowsOf(o.X), l.nameOf(o.X)}
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
		out = append(out, overPanels(loop, l.call(dy, panelCall{
			calls: loop.Calls, panels: loop.Together(), apart: schedule.Panel * plan.ElemSize(l.e.elem), width: plan.TailWidth(outputs), first: times16(q), x: "&one", inputs: "1", vectors: fmt.Sprint(schedule.Panel / l.target.Lanes(elem)),
			q: q, element: func(array, q string, lane int) string {
				return fmt.Sprintf("&%s[%s][%d]", l.field(l.t, array, l.t.Field), q, lane)
			},
		}))...)
	}
	return out
}

// weights takes some inputs at a time through all panels.
func (l *learnKernel) weights(o *ir.DenseGradWeight) []jen.Code {
	lay, elem := &l.t.Layout, typeName(l.e.elem)
	x, dy := factors(namedRows{l.rowsOf(o.X), l.nameOf(o.X)}, namedRows{l.rowsOf(o.DY), l.nameOf(o.DY)}, lay)
	w := calls.LearnOf(l.target, elem, lay.In, lay.Out, l.e.plan.Options.Batch, plan.ElemSize(l.e.elem))
	var code []jen.Code
	for i := range w.Loops {
		loop := &w.Loops[i]
		place := gradientPlace(loop, lay)
		field := l.t.Field
		if loop.Tail {
			field = l.t.TailField()
		}
		each := l.call(dy, panelCall{
			calls: loop.Calls, panels: loop.Together(), apart: lay.PanelBytes(), width: place.width, xBytes: x.bytes(), first: place.first,
			x: x.element(x.name, "0", "k"), inputs: "m", vectors: vectorsOf("m", place.width, l.target.Lanes(elem)),
			q: place.q, element: func(array, q string, lane int) string {
				if q == "" {
					return fmt.Sprintf("&%s[k][%d]", l.field(l.t, array, field), lane)
				}
				return fmt.Sprintf("&%s[%s][k][%d]", l.field(l.t, array, field), q, lane)
			},
		})
		if w.Preempt && (!loop.Tail || len(w.Loops) == 1) {
			each = append(each, l.e.Preempt())
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

// nameOf is the argument that holds a value's rows.
func (b *body) nameOf(v *ir.Value) string {
	if v.Kind == ir.Input {
		return "x"
	}
	return b.args[v]
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

// gradient holds the gradient.
func (l *learnKernel) gradient() string { return l.args[l.Gradient.Outs()[0]] }

// call is the call of the assembly for a panel: with the update in registers,
// or the gradients first.
func (l *learnKernel) call(dy namedRows, c panelCall) []jen.Code {
	part := func(p *calls.Panel, update *kernel.Update) *kernel.Gradient {
		return &kernel.Gradient{
			Elem: typeName(l.e.elem), Fused: l.e.prog.Mode == "fast", Outputs: p.Room, Width: c.width, Panels: c.panels, Partial: p.Partial,
			Update: update, Shared: update != nil && l.e.plan.Shares(),
		}
	}
	fused := !slices.ContainsFunc(c.calls, func(p calls.Panel) bool { return !calls.FusesUpdate(l.target, part(&p, &l.update.Update)) })
	var out []jen.Code
	arrays := func(q string, lane int, gradient bool) []string {
		var args []string
		for _, a := range l.update.Arrays {
			if h := l.hold[a]; gradient || h != l.gradient() {
				args = append(args, c.element(h, q, lane))
			}
		}
		return args
	}
	for _, p := range c.calls {
		g, args, hint := part(&p, nil), []string{c.element(l.gradient(), c.q, p.Lane)}, "weightGradient"
		if fused {
			g, hint = part(&p, &l.update.Update), "learn"
			args = append(arrays(c.q, p.Lane, false), l.numbers()...)
		}
		args = append(args, dy.element(dy.name, "0", plusText(c.first, p.Lane)), c.x, c.inputs, "len("+dy.name+")", fmt.Sprint(dy.bytes()), fmt.Sprint(c.xBytes))
		if c.panels > 1 {
			args = append(args, fmt.Sprint(c.apart))
		}
		args = append(args, maskArg(p.Partial, p.Mask)...)
		out = append(out, jen.Id(l.gradWeight(g, hint, p.String())).Call(exprf("%s", strings.Join(args, ", "))))
	}
	update := func(q string) jen.Code {
		args := append(append(arrays(q, 0, true), l.numbers()...), c.vectors)
		return jen.Id(l.e.updateKernel(l.update, l.Update.Doc)).Call(exprf("%s", strings.Join(args, ", ")))
	}
	switch {
	case fused:
	case c.panels > 1:
		out = append(out, jen.For(letf("i", "%s", c.q), exprf("i < %s", plusText(c.q, c.panels)), exprf("i++")).Block(update("i")))
	default:
		out = append(out, update(c.q))
	}
	return out
}

// gradWeight is the assembly of a gradient.
func (l *learnKernel) gradWeight(g *kernel.Gradient, hint, outputs string) string {
	doc := fmt.Sprintf("sums the gradients of the weights of %s outputs over the rows", outputs)
	if g.Update != nil {
		doc += " and updates what they belong to"
	}
	return l.e.Assembly(g.Key(), hint+" "+outputs, doc+".", func(t *target.Target, name string, doc []string) *asm.Func {
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

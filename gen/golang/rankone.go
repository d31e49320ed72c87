package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// stepOne prints the training step on one sample.
func (e *emitter) stepOne(f *jen.File) error {
	ph := e.plan.Train.One
	if ph == nil {
		return nil
	}
	b := &body{
		e: e, phase: ph, slots: "ws", weights: "p", net: "t.net", grads: "g", training: true, single: true,
		names:  e.Local(),
		at:     map[*ir.Value]place{},
		sample: "t.seen",
	}
	b.bindScalars()
	b.bindTargetsAt("0")
	b.add(letf("in", "&x[0]"))
	b.bindInputs("in")
	if err := b.run(); err != nil {
		return err
	}
	stmts := []jen.Code{letf("p", "t.net.p"), setf("y", "y[:1]")}
	if b.usesGradients() {
		stmts = append(stmts, letf("g", "&t.m.grads"))
	}
	if len(ph.Slots) > 0 {
		stmts = append(stmts, letf("ws", "&t.m.oneSpace"))
	}
	e.method(f, []string{"stepOne is a step on one sample: the gradients of the weights, products of two", "vectors, are used where they are made."},
		"stepOne", "x []Input, y []Target", typeName(e.elem), append(append(append(stmts, b.take()...), b.keepSummedLoss()...), jen.Return(exprf("%s", b.at[e.prog.Loss].idx))))
	return nil
}

// usesGradients reports whether any gradient is stored.
func (b *body) usesGradients() bool {
	for _, s := range b.phase.Steps {
		for _, v := range append(s.Op.Ins(), s.Op.Outs()...) {
			if v.Kind == ir.Gradient || v.Param != nil && v.Kind == ir.Temp {
				return true
			}
		}
	}
	return false
}

// rankOne emits the update of weights and bias by one sample.
func (b *body) rankOne(o *ir.RankOne) {
	k := b.e.rankOneKernel(o)
	b.add(b.e.id(k).Call(b.rankOneArgs(o)...))
}

// rankOneArgs are the arguments of an update: weights, bias, x, dy, rate.
func (b *body) rankOneArgs(o *ir.RankOne) []jen.Code {
	args := b.pointers(b.e.plan.TensorOf(o.W.Param), "p")
	if o.B != nil {
		args = append(args, b.pointers(b.e.plan.TensorOf(o.B.Param), "p")...)
	}
	return append(args, exprf("%s", b.pointer(o.X)), exprf("%s", b.pointer(o.DY)), exprf("%s", b.at[o.Rate].idx))
}

// rankOneKernel is the function of an update, with assembly if there is any.
func (e *emitter) rankOneKernel(o *ir.RankOne) *kernelFunc {
	l := &e.plan.TensorOf(o.W.Param).Layout
	key := fmt.Sprintf("rank one %s %d->%d %v", l, o.X.Size(), o.DY.Size(), o.B != nil)
	return e.kernel(key, lowerCamel(o.Layer)+"RankOne", func(k *kernelFunc) {
		k.train = true
		r := &rankOne{e: e, RankOne: o, l: l}
		r.build(k)
		if !e.plan.Layerwise {
			return
		}
		kern := e.describeRankOne(o)
		kern.Bias = o.B != nil && !l.ByInputs
		k.rows, k.generic, k.body = true, k.body, nil
		e.fast(k, func() []jen.Code {
			out := append([]jen.Code{letf("negative", "-rate")}, e.divideRankOne(kern, l)...)
			if o.B != nil && l.ByInputs {
				out = append(out, e.biasOne("dy", o.DY.Size()))
			}
			return out
		})
	})
}

func (e *emitter) describeRankOne(o *ir.RankOne) *kernel.RankOne {
	l := &e.plan.TensorOf(o.W.Param).Layout
	return &kernel.RankOne{
		Elem: typeName(e.elem), Fused: e.prog.Mode == "fast", Inputs: l.In, Outputs: l.Out,
		Panels: l.KernelPanels(), Ahead: e.plan.Ahead(),
	}
}

// rankOne prints the portable function.
type rankOne struct {
	*ir.RankOne
	e *emitter
	l *plan.Layout
}

func (r *rankOne) build(k *kernelFunc) {
	T := typeName(r.e.elem)
	k.doc = []string{fmt.Sprintf("%s is the step of layer %q by one sample", k.name, oneLine(r.Layer))}
	k.loops = []string{
		"\tfor n := range dy {", "\t\tfor k := range x {", "\t\t\tw[n][k] -= rate * (x[k] * dy[n])", "\t\t}", "\t\tb[n] -= rate * dy[n]", "\t}", "",
		"with gradients that are sums of one term, 0 + x[k]*dy[n].",
		"It does not allocate.",
	}
	for i, t := range weightTypes(r.l, T) {
		k.args = append(k.args, arg{weightNames(r.l)[i], t})
	}
	if r.B != nil {
		k.args = append(k.args, arg{"b", fmt.Sprintf("*[%d][16]%s", r.e.plan.TensorOf(r.B.Param).Layout.Full, T)})
	}
	k.args = append(k.args, arg{"x", "*" + array(r.e.elem, r.X.Size())}, arg{"dy", "*" + array(r.e.elem, r.DY.Size())}, arg{"rate", T})
	single, lanes := factors("x", "dy", r.l)
	panel := func(w, q, first string, outs int) []jen.Code {
		out := []jen.Code{
			letf("d", "(*%s)(%s[%s:%s+%d])", array(r.e.elem, outs), lanes, first, first, outs),
			forRange("k, xk", single, letf("wk", "&%s[k]", w),
				forRange("j, dj", "d", jen.Id("wk[j]").Op("-=").Id(T).Call(exprf("rate * (%s(xk*dj) + 0)", T)))),
		}
		if r.B != nil && !r.l.ByInputs {
			out = append(out, letf("bq", "&b[%s]", q), forRange("j, dj", "d", jen.Id("bq[j]").Op("-=").Id(T).Call(exprf("rate * (dj + 0)"))))
		}
		return out
	}
	if r.l.Full > 0 {
		k.body = append(k.body, forRange("q", "w", panel("w[q]", "q", "q*16", schedule.Panel)...))
	}
	if r.l.Tail > 0 {
		k.body = append(k.body, jen.Block(panel("wt", fmt.Sprint(r.l.Full), fmt.Sprint(r.l.Full*schedule.Panel), r.l.TailOutputs())...))
	}
	if r.B != nil && r.l.ByInputs {
		k.body = append(k.body, forRange("j, dj", "dy", jen.Id(vectorAt("b", "j")).Op("-=").Id(T).Call(exprf("rate * (dj + 0)"))))
	}
}

// gradInputOne gives the gradient of inputs of one sample its assembly,
// joined with the update of the weights if one follows, and emits its call.
func (b *body) gradInputOne(s *plan.Step, m *matrix) {
	then := m.step.Then
	key := fmt.Sprintf("one %s then=%v bias=%v", m.key(), then != nil, then != nil && then.B != nil)
	k := b.e.kernel(key, lowerCamel(m.layer)+"GradInputOne", func(k *kernelFunc) {
		k.train = true
		b.buildGradInputOne(k, m)
	})
	args := b.matrixArgs(m, s.Stored(), func(y *ir.Value) string { return b.result(y).ptr }, b.pointer)
	if then != nil {
		args = append(args, exprf("%s", b.pointer(then.X)), exprf("%s", b.at[then.Rate].idx))
		if then.B != nil {
			args = append(args, b.pointers(b.e.plan.TensorOf(then.B.Param), "p")...)
		}
	}
	b.add(b.e.id(k).Call(args...))
	if m.whole != nil {
		b.finish(m.whole)
	}
}

// buildGradInputOne writes the function. Its arguments are those of the
// gradient, then input, rate and bias of the update.
func (b *body) buildGradInputOne(k *kernelFunc, m *matrix) {
	e, then, T := b.e, m.step.Then, typeName(b.e.elem)
	single := e.kernel(m.key(), m.hint(true), func(f *kernelFunc) {
		f.train = true
		m.build(f)
	})
	k.args = append(k.args, single.args...)
	call := make([]string, len(single.args))
	for i, a := range single.args {
		call[i] = a.name
	}
	k.doc = []string{fmt.Sprintf("%s is %s.", k.name, single.portable())}
	if then == nil && m.step.Vector {
		k.plain = single.name
		e.id(single)
	}
	k.generic = []jen.Code{jen.Id(single.portable()).Call(exprf("%s", strings.Join(call, ", ")))}
	var update *kernelFunc
	wNames := weightNames(m.layout)
	if then != nil {
		update = e.rankOneKernel(then)
		k.doc = []string{fmt.Sprintf("%s is %s and then %s.", k.name, single.portable(), update.portable())}
		k.args = append(k.args, arg{"input", "*" + array(e.elem, then.X.Size())}, arg{"rate", T})
		args := append([]string(nil), wNames...)
		if then.B != nil {
			k.args = append(k.args, arg{"b", fmt.Sprintf("*[%d][16]%s", e.plan.TensorOf(then.B.Param).Layout.Full, T)})
			args = append(args, "b")
		}
		k.generic = append(k.generic, jen.Id(update.portable()).Call(exprf("%s, input, x, rate", strings.Join(args, ", "))))
	}
	k.rows = true
	if !m.step.Vector {
		k.rows, k.body = false, k.generic
		return
	}
	p := &printer{matrix: m, ptr: map[*ir.Value]string{}, names: e.Local()}
	for i, v := range m.stored {
		p.ptr[v] = single.args[i].name
	}
	for i, v := range m.extra {
		p.ptr[v] = single.args[len(single.args)-len(m.extra)+i].name
	}
	e.fast(k, func() []jen.Code {
		if then == nil {
			return p.gradInputFast()
		}
		return p.rankOneFast(then)
	})
}

// gradInputFast is the assembly of a gradient of inputs for one row.
func (p *printer) gradInputFast() []jen.Code {
	in := calls.InputsOfOne(p.target(), p.step.Kernel)
	name := p.inputGradient(in)
	tiles := strings.Repeat("0, ", len(in.Tiles)-1) + "1"
	call := func(input, blocks string) jen.Code {
		args := []string{fmt.Sprintf("&%s[%s]", p.ptr[p.stored[0]], input), "&x[0]"}
		if p.layout.Full > 0 {
			args = append(args, fmt.Sprintf("&w[0][%s][0]", input))
		}
		if p.layout.Tail > 0 {
			args = append(args, fmt.Sprintf("&wt[%s][0]", input))
		}
		if p.bias != nil {
			args = append(args, "&"+vectorAt("b", input))
		}
		distances := "0, 0" // one row has none
		if u := p.operandOfSums(); u != "" {
			args, distances = append(args, fmt.Sprintf("&%s[%s]", u, input)), "0, 0, 0"
		}
		args = append(append(append(args, p.panelArgs()...), distances), maskArg(in.Partial, in.Mask)...)
		args = append(args, blocks, tiles)
		return jen.Id(name).Call(exprf("%s", strings.Join(args, ", ")))
	}
	return p.e.inBlocks(in, p.outs, call)
}

// operandOfSums is the operand of the epilogue beside the sums, "" if it has none.
func (p *printer) operandOfSums() string {
	for _, o := range p.step.Kernel.Extras() {
		return p.ptr[p.extra[slices.IndexFunc(p.extra, func(v *ir.Value) bool { return v.String() == o.From })]]
	}
	return ""
}

// rankOneFast is the assembly of a gradient of inputs joined with the update
// of the weights.
func (p *printer) rankOneFast(then *ir.RankOne) []jen.Code {
	e := p.e
	kern := e.describeRankOne(then)
	kern.DX = true
	kern.Epilogue = p.step.Kernel.Epilogue
	name := p.stepGradient(kern)
	args := viewsFrom(p.layout.KernelPanels(), false, "0")
	args = append(args, "&input[0]", "&x[0]", "&negative", fmt.Sprintf("&%s[0]", p.ptr[p.stored[0]]))
	if u := p.operandOfSums(); u != "" {
		args = append(args, fmt.Sprintf("&%s[0]", u))
	}
	panels := strings.Join(append(append([]string{""}, p.panelArgs()...), p.gradientMask()...), ", ")
	out := []jen.Code{letf("negative", "-rate")}
	inputs := calls.StepInputs(p.ins)
	if inputs >= p.outs {
		out = append(out, jen.Id(name).Call(exprf("%s", strings.Join(append(args, "0", fmt.Sprint(p.outs)), ", ")+panels)))
	} else {
		each := []jen.Code{jen.Id(name).Call(exprf("%s, k, min(%d, %d-k)%s", strings.Join(args, ", "), inputs, p.outs, panels))}
		if calls.Preempts(4 * p.outs * p.ins) {
			each = append(each, e.Preempt())
		}
		out = append(out, jen.For(letf("k", "0"), exprf("k < %d", p.outs), exprf("k += %d", inputs)).Block(each...))
	}
	out = append(out, p.biasOne()...)
	if p.step.Skip {
		out = append(out[:1:1], append(p.skippingRankOne(p.layout), out[1:]...)...)
	}
	return out
}

// stepGradient is the assembly of a step with the gradients of inputs.
func (p *printer) stepGradient(kern *kernel.RankOne) string {
	open := kern.Open()
	open.Outputs, open.Partial, _ = p.target().Last(typeName(p.e.elem), open.Outputs, true)
	return p.e.Assembly(open.Key(), "step gradient", "computes the gradients of the inputs and updates the weights.",
		func(t *target.Target, name string, doc []string) *asm.Func { return t.RankOne(name, doc, open) })
}

// biasOne updates the bias by one sample.
func (p *printer) biasOne() []jen.Code {
	if p.step.Then.B == nil {
		return nil
	}
	return []jen.Code{p.e.biasOne("x", p.ins)}
}

// biasOne updates a bias by dy of one sample.
func (e *emitter) biasOne(dy string, outputs int) jen.Code {
	T := "*" + typeName(e.elem)
	m := &kernel.Map{Double: e.elem == ir.Float64, Prog: biasStep, Result: kernel.Result, YType: T}
	for i := range 3 {
		m.Ins = append(m.Ins, kernel.MapOperand{Leaf: kernel.Leaf(i), Arg: kernel.Leaf(i), Type: T, Single: i == 2})
	}
	return jen.Id(e.mapAssembly(m, "bias")).Call(exprf("&b[0][0], &b[0][0], &%s[0], &negative, %d, 1, 0", dy, outputs))
}

// biasStep is b += −rate·dy.
var biasStep = expr.One(kernel.Result, expr.Add(expr.L(kernel.Leaf(0)), expr.Mul(expr.L(kernel.Leaf(2)), expr.L(kernel.Leaf(1)))))

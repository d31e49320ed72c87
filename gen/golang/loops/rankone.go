package loops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// RankOneKernel is the function of an update, with assembly if there is any.
func (e *Loops) RankOneKernel(o *ir.RankOne) *function.Func {
	l := &e.plan.TensorOf(o.W.Param).Layout
	key := fmt.Sprintf("rank one %s %d->%d %v", l, o.X.Size(), o.DY.Size(), o.B != nil)
	return e.Make(key, source.LowerCamel(o.Layer)+"RankOne", func(k *function.Func) {
		k.Train = true
		r := &rankOne{e: e, RankOne: o, l: l}
		r.build(k)
		if !e.plan.Layerwise {
			return
		}
		kern := e.describeRankOne(o)
		kern.Bias = o.B != nil && !l.ByInputs
		k.Rows, k.Generic, k.Body = true, k.Body, nil
		e.Fast(k, func() []jen.Code {
			out := append([]jen.Code{source.Letf("negative", "-rate")}, e.divideRankOne(kern, l)...)
			if o.B != nil && l.ByInputs {
				out = append(out, e.biasOne("dy", o.DY))
			}
			return out
		})
	})
}

func (e *Loops) describeRankOne(o *ir.RankOne) *kernel.RankOne {
	l := &e.plan.TensorOf(o.W.Param).Layout
	return &kernel.RankOne{
		Elem: source.TypeName(o.W.DType), Fused: e.prog.Mode == "fast", Inputs: l.In, Outputs: l.Out,
		Panels: l.KernelPanels(), Ahead: e.plan.Ahead(), AnyZero: e.plan.AnyZero(),
	}
}

// rankOne prints the portable function.
type rankOne struct {
	*ir.RankOne
	e *Loops
	l *plan.Layout
}

func (r *rankOne) build(k *function.Func) {
	T := source.TypeName(r.W.DType)
	k.Doc = []string{fmt.Sprintf("%s is the step of layer %q by one sample", k.Name, source.OneLine(r.Layer))}
	k.Loops = []string{
		"\tfor n := range dy {", "\t\tfor k := range x {", "\t\t\tw[n][k] -= rate * (x[k] * dy[n])", "\t\t}", "\t\tb[n] -= rate * dy[n]", "\t}", "",
		"with gradients that are sums of one term, 0 + x[k]*dy[n].",
		"It does not allocate.",
	}
	for i, t := range WeightTypes(r.l, T) {
		k.Args = append(k.Args, function.Arg{Name: weightNames(r.l)[i], Type: t})
	}
	if r.B != nil {
		k.Args = append(k.Args, function.Arg{Name: "b", Type: fmt.Sprintf("*[%d][16]%s", r.e.plan.TensorOf(r.B.Param).Layout.Full, T)})
	}
	k.Args = append(k.Args, function.Arg{Name: "x", Type: "*" + source.Array(r.X.DType, r.X.Size())}, function.Arg{Name: "dy", Type: "*" + source.Array(r.DY.DType, r.DY.Size())}, function.Arg{Name: "rate", Type: T})
	single, lanes := factors("x", "dy", r.l)
	panel := func(w, q, first string, outs int) []jen.Code {
		out := []jen.Code{
			source.Letf("d", "(*%s)(%s[%s:%s+%d])", source.Array(r.DY.DType, outs), lanes, first, first, outs),
			source.ForRange("k, xk", single, source.Letf("wk", "&%s[k]", w),
				source.ForRange("j, dj", "d", jen.Id("wk[j]").Op("-=").Id(T).Call(source.Exprf("rate * (%s(xk*dj) + 0)", T)))),
		}
		if r.B != nil && !r.l.ByInputs {
			out = append(out, source.Letf("bq", "&b[%s]", q), source.ForRange("j, dj", "d", jen.Id("bq[j]").Op("-=").Id(T).Call(source.Exprf("rate * (dj + 0)"))))
		}
		return out
	}
	if r.l.Full > 0 {
		k.Body = append(k.Body, source.ForRange("q", "w", panel("w[q]", "q", "q*16", schedule.Panel)...))
	}
	if r.l.Tail > 0 {
		k.Body = append(k.Body, jen.Block(panel("wt", fmt.Sprint(r.l.Full), fmt.Sprint(r.l.Full*schedule.Panel), r.l.TailOutputs())...))
	}
	if r.B != nil && r.l.ByInputs {
		k.Body = append(k.Body, source.ForRange("j, dj", "dy", jen.Id(source.VectorAt("b", "j")).Op("-=").Id(T).Call(source.Exprf("rate * (dj + 0)"))))
	}
}

// GradInputOne is its function.
func (m *Matrix) GradInputOne() *function.Func {
	then := m.Step.Then
	key := fmt.Sprintf("one %s then=%v bias=%v", m.key(), then != nil, then != nil && then.B != nil)
	return m.e.Make(key, source.LowerCamel(m.layer)+"GradInputOne", func(k *function.Func) {
		k.Train = true
		m.buildGradInputOne(k)
	})
}

// buildGradInputOne writes the function. Its arguments are those of the
// gradient, then input, rate and bias of the update.
func (m *Matrix) buildGradInputOne(k *function.Func) {
	e, then, T := m.e, m.Step.Then, source.TypeName(m.y.DType)
	single := m.function(true)
	k.Args = append(k.Args, single.Args...)
	call := make([]string, len(single.Args))
	for i, a := range single.Args {
		call[i] = a.Name
	}
	k.Doc = []string{fmt.Sprintf("%s is %s.", k.Name, single.Portable())}
	if then == nil && m.Step.Vector {
		k.Plain = single.Name
		e.ID(single)
	}
	k.Generic = []jen.Code{jen.Id(single.Portable()).Call(source.Exprf("%s", strings.Join(call, ", ")))}
	var update *function.Func
	wNames := weightNames(m.layout)
	if then != nil {
		update = e.RankOneKernel(then)
		k.Doc = []string{fmt.Sprintf("%s is %s and then %s.", k.Name, single.Portable(), update.Portable())}
		k.Args = append(k.Args, function.Arg{Name: "input", Type: "*" + source.Array(then.X.DType, then.X.Size())}, function.Arg{Name: "rate", Type: T})
		args := append([]string(nil), wNames...)
		if then.B != nil {
			k.Args = append(k.Args, function.Arg{Name: "b", Type: fmt.Sprintf("*[%d][16]%s", e.plan.TensorOf(then.B.Param).Layout.Full, T)})
			args = append(args, "b")
		}
		k.Generic = append(k.Generic, jen.Id(update.Portable()).Call(source.Exprf("%s, input, x, rate", strings.Join(args, ", "))))
	}
	k.Rows = true
	if !m.Step.Vector {
		k.Rows, k.Body = false, k.Generic
		return
	}
	p := &printer{Matrix: m, ptr: map[*ir.Value]string{}, names: e.Local()}
	for i, v := range m.Stored {
		p.ptr[v] = single.Args[i].Name
	}
	for i, v := range m.Extra {
		p.ptr[v] = single.Args[len(single.Args)-len(m.Extra)+i].Name
	}
	e.Fast(k, func() []jen.Code {
		if then == nil {
			return p.gradInputFast()
		}
		return p.rankOneFast(then)
	})
}

// gradInputFast is the assembly of a gradient of inputs for one row.
func (p *printer) gradInputFast() []jen.Code {
	o := gradInputOperands{
		dx: func(input string) string { return fmt.Sprintf("&%s[%s]", p.ptr[p.Stored[0]], input) }, dy: "&x[0]",
		distances: []string{"0", "0"}, // one row has none
	}
	if u := p.operandOfSums(); u != "" {
		o.extra = func(input string) string { return fmt.Sprintf("&%s[%s]", u, input) }
		o.distances = append(o.distances, "0")
	}
	in := calls.InputsOfOne(p.target(), p.Step.Kernel)
	return p.inputGradientCalls(in, o, strings.Repeat("0, ", len(in.Tiles)-1)+"1")
}

// operandOfSums is the operand of the epilogue beside the sums, "" if it has none.
func (p *printer) operandOfSums() string {
	for _, o := range p.Step.Kernel.Extras() {
		return p.ptr[p.Extra[slices.IndexFunc(p.Extra, func(v *ir.Value) bool { return v.String() == o.From })]]
	}
	return ""
}

// rankOneFast is the assembly of a gradient of inputs joined with the update
// of the weights.
func (p *printer) rankOneFast(then *ir.RankOne) []jen.Code {
	e := p.e
	kern := e.describeRankOne(then)
	kern.DX = true
	kern.Epilogue = p.Step.Kernel.Epilogue
	name := p.stepGradient(kern)
	args := viewsFrom(p.layout.KernelPanels(), false, "0")
	args = append(args, "&input[0]", "&x[0]", "&negative", fmt.Sprintf("&%s[0]", p.ptr[p.Stored[0]]))
	if u := p.operandOfSums(); u != "" {
		args = append(args, fmt.Sprintf("&%s[0]", u))
	}
	panels := strings.Join(append(append([]string{""}, p.panelArgs()...), p.gradientMask()...), ", ")
	out := []jen.Code{source.Letf("negative", "-rate")}
	inputs := calls.StepInputs(p.ins)
	if inputs >= p.Outs {
		out = append(out, jen.Id(name).Call(source.Exprf("%s", strings.Join(append(args, "0", fmt.Sprint(p.Outs)), ", ")+panels)))
	} else {
		each := []jen.Code{jen.Id(name).Call(source.Exprf("%s, k, min(%d, %d-k)%s", strings.Join(args, ", "), inputs, p.Outs, panels))}
		if calls.Preempts(4 * p.Outs * p.ins) {
			each = append(each, e.Preempt())
		}
		out = append(out, jen.For(source.Letf("k", "0"), source.Exprf("k < %d", p.Outs), source.Exprf("k += %d", inputs)).Block(each...))
	}
	out = append(out, p.biasOne()...)
	if p.Step.Skip {
		out = append(out[:1:1], append(p.skippingRankOne(p.layout), out[1:]...)...)
	}
	return out
}

// stepGradient is the assembly of a step with the gradients of inputs.
func (p *printer) stepGradient(kern *kernel.RankOne) string {
	open := kern.Open()
	open.Outputs, open.Partial, _ = p.target().Last(kern.Elem, open.Outputs, true)
	return p.e.Assembly(open.Key(), "step gradient", "computes the gradients of the inputs and updates the weights.",
		func(t *target.Target, name string, doc []string) *asm.Func { return t.RankOne(name, doc, open) })
}

// biasOne updates the bias by one sample.
func (p *printer) biasOne() []jen.Code {
	if p.Step.Then.B == nil {
		return nil
	}
	return []jen.Code{p.e.biasOne("x", p.X)}
}

// biasOne updates a bias by dy of one sample, which has a name.
func (e *Loops) biasOne(name string, dy *ir.Value) jen.Code {
	T := "*" + source.TypeName(dy.DType)
	m := &kernel.Map{Double: dy.DType == ir.Float64, Prog: biasStep, Result: kernel.Result, YType: T}
	for i := range 3 {
		m.Ins = append(m.Ins, kernel.MapOperand{Leaf: kernel.Leaf(i), Arg: kernel.Leaf(i), Type: T, Single: i == 2})
	}
	return jen.Id(e.mapAssembly(m, "bias")).Call(source.Exprf("&b[0][0], &b[0][0], &%s[0], &negative, %d, 1, 0", name, dy.Size()))
}

// biasStep is b += −rate·dy.
var biasStep = expr.One(kernel.Result, expr.Add(expr.L(kernel.Leaf(0)), expr.Mul(expr.L(kernel.Leaf(2)), expr.L(kernel.Leaf(1)))))

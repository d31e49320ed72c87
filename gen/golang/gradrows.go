package golang

import (
	"fmt"
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

// vectorGradWeight gives the gradient of a weight its assembly: per panel,
// over all rows of the batch.
func (b *body) vectorGradWeight(k *kernelFunc, t *plan.Tensor, o *ir.DenseGradWeight) {
	b.e.fast(k, func() []jen.Code { return b.gradWeightRows(t, o) })
	k.rows, k.generic, k.body = true, k.body, nil
}

// gradWeightRows is the body with assembly.
func (b *body) gradWeightRows(t *plan.Tensor, o *ir.DenseGradWeight) []jen.Code {
	tgt := b.e.target()
	l, elem := &t.Layout, typeName(b.e.elem)
	x, dy := b.rowsOf(o.X), b.rowsOf(o.DY)
	inputs := max(flopsPerCall/(2*schedule.Panel*b.e.plan.Options.Batch), tgt.InputsOfWeights)
	panel := func(g, first string, width, valid int) []jen.Code {
		var out []jen.Code
		for lane, most := 0, tgt.VectorOutputs(elem, 1); lane < valid; lane += most {
			kern := &kernel.Gradient{
				Elem: elem, Fused: b.e.prog.Mode == "fast", Outputs: min(most, valid-lane), Width: width,
			}
			outputs, mask := kern.Outputs, 0
			kern.Outputs, kern.Partial, mask = tgt.Last(elem, outputs, false)
			name := b.e.assembly(kern.Key(), "weightGradient "+calls.Outputs(kern.Outputs, kern.Partial),
				fmt.Sprintf("sums the gradients of the weights of %s outputs over the rows.", calls.Outputs(kern.Outputs, kern.Partial)),
				func(t *target.Target, name string, doc []string) *asm.Func {
					f, _ := t.GradWeight(name, doc, kern)
					return f
				})
			at, count := "0", fmt.Sprint(l.In)
			if inputs < l.In {
				at, count = "k", fmt.Sprintf("min(%d, %d-k)", inputs, l.In)
			}
			out = append(out, jen.Id(name).Call(exprf("&%s[%s][%d], %s, %s, %s, len(x), %d, %d%s",
				g, at, lane, dy.element("dy", "0", plusText(first, lane)), x.element("x", "0", at), count, dy.bytes(), x.bytes(),
				strings.Join(append([]string{""}, maskArg(kern.Partial, mask)...), ", "))))
		}
		return out
	}
	var calls []jen.Code
	if l.Full > 0 {
		each := panel("g[q]", "q*16", schedule.Panel, schedule.Panel)
		calls = append(calls, forRange("q", "g", b.e.preempting(2*l.In*l.Out*b.e.plan.Options.Batch, each)...))
	}
	if l.Tail > 0 {
		calls = append(calls, panel("gt", fmt.Sprint(l.Full*schedule.Panel), l.Tail, l.TailOutputs())...)
	}
	if inputs < l.In {
		if l.Full == 0 {
			calls = b.e.preempting(2*l.In*l.Out*b.e.plan.Options.Batch, calls)
		}
		calls = []jen.Code{jen.For(letf("k", "0"), exprf("k < %d", l.In), exprf("k += %d", inputs)).Block(calls...)}
	}
	return calls
}

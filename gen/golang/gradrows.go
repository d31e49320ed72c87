package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// vectorGradWeight gives the gradient of a weight its assembly: per panel,
// over all rows of the batch.
func (b *body) vectorGradWeight(k *kernelFunc, t *plan.Tensor, o *ir.DenseGradWeight) {
	tgt := target.ByName(b.e.plan.Options.Targets[0])
	l, double := &t.Layout, b.e.elem == ir.Float64
	size := map[bool]int{false: 4, true: 8}[double]
	x, dy := b.rowsOf(o.X), b.rowsOf(o.DY)
	suffix := 0
	panel := func(g, first string, width, valid int) []jen.Code {
		var out []jen.Code
		for lane := 0; lane < valid; lane += tgt.VectorOutputs(double, 1) {
			m := asm.GradWeight{
				Double: double, Fused: b.e.prog.Mode == "fast", Inputs: l.In, Width: width,
				Valid: min(tgt.VectorOutputs(double, 1), valid-lane), XStride: x.stride * size, DYStride: dy.stride * size, Elem: typeName(b.e.elem),
			}
			name := fmt.Sprintf("%sPanel%d", k.name, suffix)
			suffix++
			k.extra = append(k.extra, &gradWeightKernel{m, name})
			out = append(out, jen.Id(name+strings.ToUpper(tgt.Name)).Call(exprf("&%s[0][%d], %s, %s, len(x)",
				g, lane, dy.element("dy", plusText(first, lane)), x.element("x", "0"))))
		}
		return out
	}
	if l.Full > 0 {
		k.fast = append(k.fast, forRange("q", "g", panel("g[q]", "q*16", schedule.Panel, schedule.Panel)...))
	}
	if l.Tail > 0 {
		k.fast = append(k.fast, panel("gt", fmt.Sprint(l.Full*schedule.Panel), l.Tail, l.TailOutputs())...)
	}
	k.fast = append(k.fast, jen.Return())
	k.rows, k.generic, k.body = true, k.body, nil
}

package loops

import (
	"fmt"
	"strconv"
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

// inPanels makes the calls of a layer on one sample: call gives that for some
// panels, as a function of the first.
func (e *Loops) inPanels(l *plan.Layout, outputs int, call func(panels kernel.Panels, outputs int) func(q string) jen.Code) []jen.Code {
	g := calls.GroupsOf(l.KernelPanels(), l.In, outputs, l.Size())
	var out []jen.Code
	if g.Per > 0 {
		out = append(out, jen.For(source.Letf("q", "0"), source.Exprf("q < %d", g.Grouped), source.Exprf("q += %d", g.Per)).Block(
			call(g.Group, g.Outputs)("q"), e.Preempt()))
	}
	if g.Left > 0 {
		out = append(out, call(g.Rest, g.Left)(fmt.Sprint(g.Grouped)))
	}
	return out
}

// divide calls the assembly of a dense layer for one sample.
func (p *printer) divide(m *kernel.Kernel) []jen.Code {
	return p.e.inPanels(p.layout, p.Outs, func(panels kernel.Panels, outputs int) func(q string) jen.Code {
		part := *m
		part.Panels, part.Outputs = panels, outputs
		name := p.e.Assembly(part.Key(), fmt.Sprintf("dense %dx%d", p.ins, outputs), fmt.Sprintf("sums %d products for each of %d outputs.", p.ins, outputs),
			func(t *target.Target, name string, doc []string) *asm.Func { return t.MatVec(name, doc, &part, false) })
		return func(q string) jen.Code {
			args := append([]string{fmt.Sprintf("&%s[%s]", p.ptr[p.Stored[0]], times16(q)), "&x[0]"}, viewsFrom(panels, p.Bias != nil, q)...)
			if part.Scaled {
				args = append(args, fmt.Sprintf("&scale[%s][0]", q))
			}
			return jen.Id(name).Call(source.Exprf("%s", strings.Join(args, ", ")))
		}
	})
}

// viewsFrom are the first weights of panels, and the bias, from panel q on.
func viewsFrom(panels kernel.Panels, bias bool, q string) []string {
	var args []string
	if panels.Full > 0 {
		args = append(args, fmt.Sprintf("&w[%s][0][0]", q))
	}
	if panels.Tail > 0 {
		args = append(args, "&wt[0][0]")
	}
	if bias {
		args = append(args, fmt.Sprintf("&b[%s][0]", q))
	}
	return args
}

// divideRankOne calls the assembly of a layer's update by one sample.
func (e *Loops) divideRankOne(kern *kernel.RankOne, l *plan.Layout) []jen.Code {
	single, lanes := factors("x", "dy", l)
	return e.inPanels(l, kern.Outputs, func(panels kernel.Panels, outputs int) func(q string) jen.Code {
		part := *kern
		part.Panels, part.Outputs = panels, outputs
		name := e.Assembly(part.Key(), fmt.Sprintf("step %dx%d", part.Inputs, outputs), fmt.Sprintf("is the step of one sample on the weights of %d outputs.", outputs),
			func(t *target.Target, name string, doc []string) *asm.Func { return t.RankOne(name, doc, &part) })
		return func(q string) jen.Code {
			return jen.Id(name).Call(source.Exprf("%s, &%s[0], &%s[%s], &negative", strings.Join(viewsFrom(panels, part.Bias, q), ", "), single, lanes, times16(q)))
		}
	})
}

// times16 is the first output of panel q.
func times16(q string) string {
	if n, err := strconv.Atoi(q); err == nil {
		return fmt.Sprint(n * schedule.Panel)
	}
	return q + "*16"
}

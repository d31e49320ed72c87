package golang

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// weightsPerCall bounds a call on one sample: every weight is fetched from
// memory for two or four operations, so it is the bytes that take the time.
const weightsPerCall = 3 << 18

// panelsPerCall is how many full panels a call on one sample may take.
func panelsPerCall(l *plan.Layout) int {
	per := max(weightsPerCall/(l.In*schedule.Panel), 1)
	if per > 4 {
		per -= per % 4 // whole turns of the kernels' loops over panels
	}
	return per
}

// panelGroups divides panels of which a call may take some: the panels of all
// groups of that size, and what is left for a last call. It returns nothing
// where one call does it all.
func panelGroups(l *plan.Layout, outputs int) (per, grouped int, group, rest kernel.Panels, left int) {
	per = panelsPerCall(l)
	if l.Size() <= weightsPerCall || l.Full <= per {
		return 0, 0, group, rest, 0
	}
	grouped = l.Full / per * per
	group = kernel.Panels{Full: per, PanelRows: l.Rows}
	rest = kernel.Panels{Full: l.Full - grouped, Tail: l.Tail, PanelRows: l.Rows}
	return per, grouped, group, rest, outputs - grouped*schedule.Panel
}

// inGroups prints the loop over groups and the call of what is left; call
// prints one from panel q on.
func (e *emitter) inGroups(per, grouped, left int, group, rest func(q string) jen.Code) []jen.Code {
	calls := e.preempting(2*flopsPerCall, []jen.Code{group("q")})
	out := []jen.Code{jen.For(letf("q", "0"), exprf("q < %d", grouped), exprf("q += %d", per)).Block(calls...)}
	if left > 0 {
		out = append(out, rest(fmt.Sprint(grouped)))
	}
	return out
}

// inPanels makes one call of a layer on one sample, or several of a large one:
// call gives the call for some panels, as a function of the first.
func (e *emitter) inPanels(l *plan.Layout, outputs int, call func(panels kernel.Panels, outputs int) func(q string) jen.Code) []jen.Code {
	per, grouped, group, rest, left := panelGroups(l, outputs)
	if per == 0 {
		return []jen.Code{call(kernel.Panels{Full: l.Full, Tail: l.Tail, PanelRows: l.Rows}, outputs)("0")}
	}
	var then func(q string) jen.Code
	if left > 0 {
		then = call(rest, left)
	}
	return e.inGroups(per, grouped, left, call(group, per*schedule.Panel), then)
}

// divide calls the assembly of a dense layer for one sample.
func (p *printer) divide(m *kernel.Kernel) []jen.Code {
	return p.e.inPanels(p.layout, p.outs, func(panels kernel.Panels, outputs int) func(q string) jen.Code {
		part := *m
		part.Panels, part.Outputs = panels, outputs
		name := p.e.assembly(part.Key(), fmt.Sprintf("dense %dx%d", p.ins, outputs), fmt.Sprintf("sums %d products for each of %d outputs.", p.ins, outputs),
			func(t *target.Target, name string, doc []string) *asm.Func { return t.MatVec(name, doc, &part, false) })
		return func(q string) jen.Code {
			args := append([]string{fmt.Sprintf("&%s[%s]", p.ptr[p.stored[0]], times16(q)), "&x[0]"}, viewsFrom(panels, p.bias != nil, q)...)
			if part.Scaled {
				args = append(args, fmt.Sprintf("&scale[%s][0]", q))
			}
			return jen.Id(name).Call(exprf("%s", strings.Join(args, ", ")))
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
func (e *emitter) divideRankOne(kern *kernel.RankOne, l *plan.Layout) []jen.Code {
	return e.inPanels(l, kern.Outputs, func(panels kernel.Panels, outputs int) func(q string) jen.Code {
		part := *kern
		part.Panels, part.Outputs = panels, outputs
		name := e.assembly(part.Key(), fmt.Sprintf("step %dx%d", part.Inputs, outputs), fmt.Sprintf("is the step of one sample on the weights of %d outputs.", outputs),
			func(t *target.Target, name string, doc []string) *asm.Func { return t.RankOne(name, doc, &part) })
		return func(q string) jen.Code {
			return jen.Id(name).Call(exprf("%s, &x[0], &dy[%s], &negative", strings.Join(viewsFrom(panels, part.Bias, q), ", "), times16(q)))
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

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
func (e *emitter) inGroups(k *kernelFunc, per, grouped, left int, group, rest func(q string) jen.Code) []jen.Code {
	calls := e.preempting(k, 2*flopsPerCall, []jen.Code{group("q")})
	out := []jen.Code{jen.For(letf("q", "0"), exprf("q < %d", grouped), exprf("q += %d", per)).Block(calls...)}
	if left > 0 {
		out = append(out, rest(fmt.Sprint(grouped)))
	}
	return out
}

// divide makes several calls of a large dense layer for one sample, nil where
// one is enough.
func (p *printer) divide(k *kernelFunc, m *matVec) []jen.Code {
	per, grouped, group, rest, left := panelGroups(p.layout, p.outs)
	if per == 0 {
		return nil
	}
	t := p.target()
	call := func(suffix string, panels kernel.Panels, outputs int) func(q string) jen.Code {
		part := *m.Kernel
		part.Panels, part.Outputs = panels, outputs
		if outputs == 0 {
			return nil
		}
		text := func(t *target.Target, name string, doc []string) *asm.Func {
			return t.MatVec(name, doc, &part, m.listed)
		}
		name := k.helper(t, suffix, fmt.Sprintf("is %s for %d outputs.", k.portable(), outputs), text)
		return func(q string) jen.Code {
			var args []jen.Code
			for _, a := range text(t, "", nil).Args {
				args = append(args, exprf("%s", k.from(a.Name, q)))
			}
			return jen.Id(name).Call(args...)
		}
	}
	return p.e.inGroups(k, per, grouped, left, call("Group", group, per*schedule.Panel), call("Rest", rest, left))
}

// from is an argument of assembly for the panels from q on.
func (k *kernelFunc) from(name, q string) string {
	view, ok := k.views[name]
	switch {
	case !ok:
		return name
	case name == "y":
		return strings.Replace(view, "[0]", "["+times16(q)+"]", 1)
	case name == "w" || name == "b" || name == "scale":
		return strings.Replace(view, "[0]", "["+q+"]", 1)
	}
	return view
}

// divideRankOne makes several calls of a large layer's update by one sample.
func (e *emitter) divideRankOne(k *kernelFunc, kern *kernel.RankOne, l *plan.Layout) []jen.Code {
	call := func(part kernel.RankOne, suffix, what string) func(q string) jen.Code {
		name := e.share(k, fmt.Sprintf("%+v", part), k.name+suffix, "is the update "+what+"in assembly.",
			func(t *target.Target, name string, doc []string) *asm.Func { return t.RankOne(name, doc, &part) })
		return func(q string) jen.Code {
			var args []string
			if part.Panels.Full > 0 {
				args = append(args, fmt.Sprintf("&w[%s][0][0]", q))
			}
			if part.Panels.Tail > 0 {
				args = append(args, "&wt[0][0]")
			}
			if part.Bias {
				args = append(args, fmt.Sprintf("&b[%s][0]", q))
			}
			return jen.Id(name).Call(exprf("%s, &x[0], &dy[%s], &negative", strings.Join(args, ", "), times16(q)))
		}
	}
	per, grouped, group, rest, left := panelGroups(l, kern.Outputs)
	if per == 0 {
		return []jen.Code{call(*kern, "All", "")("0")}
	}
	part, last := *kern, *kern
	part.Panels, part.Outputs = group, per*schedule.Panel
	last.Panels, last.Outputs = rest, left
	first := call(part, "Group", fmt.Sprintf("of %d outputs ", part.Outputs))
	var then func(q string) jen.Code
	if left > 0 {
		then = call(last, "Rest", "of the last outputs ")
	}
	return e.inGroups(k, per, grouped, left, first, then)
}

// times16 is the first output of panel q.
func times16(q string) string {
	if n, err := strconv.Atoi(q); err == nil {
		return fmt.Sprint(n * schedule.Panel)
	}
	return q + "*16"
}

package plan

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Unroll budgets. About 1,000 multiply-adds of straight-line code fill half
// of an instruction cache; beyond that, loops are faster.
const (
	unrollBudget = 1000  // multiply-adds per network and direction
	unrollLimit  = 20000 // `unroll: full` refuses more: compile time
)

// unroll chooses straight-line code for the smallest layers within the
// budget, separately for the forward pass and for input gradients.
func (p *Plan) unroll() {
	p.unrollSteps(p.Infer)
	if p.Train != nil {
		p.unrollSteps(p.Train.Gradients.Phases(Samples)...)
		p.unrollSteps(p.Train.Evaluate.Phases(Samples)...)
	}
}

// unrollSteps shares the budget among the steps of a function's phases.
func (p *Plan) unrollSteps(phases ...*Phase) {
	budget := map[string]int{"auto": unrollBudget, "full": unrollLimit}[p.Options.Unroll]
	for _, forward := range []bool{true, false} {
		var steps []*Step
		for _, ph := range phases {
			for _, s := range ph.Steps {
				if o := productOf(s.Op); o != nil && o.grad != forward {
					steps = append(steps, s)
				}
			}
		}
		slices.SortStableFunc(steps, func(a, b *Step) int { return multiplyAdds(a.Op) - multiplyAdds(b.Op) })
		left := budget
		for _, s := range steps {
			left -= multiplyAdds(s.Op)
			s.Unrolled = left >= 0
		}
	}
}

// multiplyAdds returns the multiply-adds per sample of a contraction.
func multiplyAdds(op ir.Op) int {
	if c, ok := op.(*ir.Contract); ok {
		return c.MultiplyAdds()
	}
	return 0
}

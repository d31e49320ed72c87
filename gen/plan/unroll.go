package plan

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Unroll budgets. Straight-line code is for the smallest layers alone: every
// multiply-add is a line that people commit.
const (
	unrollBudget = 256   // multiply-adds per network and direction
	unrollLimit  = 20000 // `unroll: full` refuses more: compile time
)

// unroll chooses straight-line code for the smallest layers within the
// budget, separately for the forward pass and for input gradients: the same in
// all phases, so that they share it.
func (p *Plan) unroll() {
	groups := [][]*Phase{{p.Infer}}
	if p.InferBatch != nil {
		groups = append(groups, []*Phase{p.InferBatch})
	}
	if p.Train != nil {
		groups = append(groups, p.Train.Gradients.Phases(Samples), p.Train.Evaluate.Phases(Samples))
		if p.Train.One != nil {
			groups = append(groups, []*Phase{p.Train.One})
		}
	}
	for _, phases := range groups {
		p.unrollSteps(phases...)
	}
}

// unrollSteps shares the budget among the steps of a function's phases.
func (p *Plan) unrollSteps(phases ...*Phase) {
	budget := map[string]int{"auto": unrollBudget, "full": unrollLimit}[p.Options.Unroll]
	for _, forward := range []bool{true, false} {
		var steps []*Step
		for _, ph := range phases {
			for _, s := range ph.Steps {
				if o := productOf(s.Op); o != nil && o.grad != forward && !few(s) {
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

// few reports whether an input's gradient has fewer terms than chains: a loop
// over the inputs then does nothing but what straight-line code does.
func few(s *Step) bool {
	o, ok := ir.Form(s.Op).(*ir.DenseGradInput)
	return ok && o.DY.Size() < s.Chains
}

// multiplyAdds returns the multiply-adds per sample of a contraction.
func multiplyAdds(op ir.Op) int {
	if c, ok := op.(*ir.Contract); ok {
		return c.MultiplyAdds()
	}
	return 0
}

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
	phases := []*Phase{p.Infer, p.InferBatch}
	if p.Train != nil {
		phases = append(phases, p.Train.Gradients.Sample, p.Train.Evaluate.Sample, p.Train.One)
	}
	for _, ph := range phases {
		if ph != nil {
			p.unrollPhase(ph)
		}
	}
}

func (p *Plan) unrollPhase(ph *Phase) {
	budget := map[string]int{"auto": unrollBudget, "full": unrollLimit}[p.Options.Unroll]
	for _, forward := range []bool{true, false} {
		var steps []*Step
		for _, s := range ph.Steps {
			if _, isForward := s.Op.(*ir.Dense); multiplyAdds(s.Op) > 0 && isForward == forward && !few(s) {
				steps = append(steps, s)
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
	o, ok := s.Op.(*ir.DenseGradInput)
	return ok && o.DY.Size() < s.Chains
}

// multiplyAdds returns the multiply-adds per sample of a matrix product.
func multiplyAdds(op ir.Op) int {
	var w *ir.Value
	switch o := op.(type) {
	case *ir.Dense:
		w = o.W
	case *ir.DenseGradInput:
		w = o.W
	default:
		return 0
	}
	return elements(w)
}

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
	p.unrollPhase(p.Infer)
	if p.Train != nil {
		p.unrollPhase(p.Train.Gradients.Sample)
		p.unrollPhase(p.Train.Evaluate.Sample)
	}
}

func (p *Plan) unrollPhase(ph *Phase) {
	budget := map[string]int{"auto": unrollBudget, "full": unrollLimit}[p.Options.Unroll]
	for _, forward := range []bool{true, false} {
		var steps []*Step
		for _, s := range ph.Steps {
			if _, isForward := s.Op.(*ir.Dense); multiplyAdds(s.Op) > 0 && isForward == forward {
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

package plan

import "github.com/nngen-go/nngen/gen/ir"

// vectorize chooses the operations of inference that run in assembly: fully
// connected layers. The choice is part of the numeric contract, because their
// sums are fused in fast mode.
func (p *Plan) vectorize() {
	if len(p.Options.Targets) == 0 {
		return
	}
	phases := []*Phase{p.Infer}
	if p.Train != nil {
		phases = append(phases, p.Train.Evaluate.Sample)
	}
	for _, ph := range phases {
		for _, s := range ph.Steps {
			d, ok := s.Op.(*ir.Dense)
			s.Vector = ok && d.W.Param.Mask == nil
		}
	}
}

package plan

import "github.com/nngen-go/nngen/gen/ir"

// vectorize chooses the operations that run in assembly: those of fully
// connected layers and convolutions. The choice is part of the numeric contract, because their
// sums are fused in fast mode.
func (p *Plan) vectorize() {
	if len(p.Options.Targets) == 0 {
		return
	}
	phases := []*Phase{p.Infer, p.InferBatch}
	if p.Train != nil {
		for _, b := range []*Batched{p.Train.Gradients, p.Train.Evaluate} {
			phases = append(append(phases, b.Phases(Samples)...), b.Sums())
		}
		if p.Train.One != nil {
			phases = append(phases, p.Train.One)
		}
	}
	for _, ph := range phases {
		for _, s := range ph.Steps {
			s.Vector = connected(s.Op) || s.Convolution() != nil
		}
	}
	if p.Train != nil {
		p.Train.Gradients.Sums().vectorBiases()
	}
}

// vectorBiases has the gradients of biases in assembly that every step of a sequence adds
// to; of others there is one in a training step, which is not worth the code.
func (ph *Phase) vectorBiases() {
	count := map[*ir.ParamInfo]int{}
	bias := func(s *Step) *ir.ParamInfo {
		if o, ok := ir.Form(s.Op).(*ir.BatchSum); ok && o.Y.Size() > 1 {
			return o.Y.Param
		}
		return nil
	}
	for _, s := range ph.Steps {
		count[bias(s)]++
	}
	for _, s := range ph.Steps {
		if p := bias(s); p != nil && count[p] >= leastTurns {
			s.Vector = true
		}
	}
}

// connected reports whether the operation is a matrix product over all
// connections of a layer.
func connected(op ir.Op) bool {
	switch o := ir.Form(op).(type) {
	case *ir.Dense, *ir.DenseGradInput:
		return productOf(op).connected()
	case *ir.DenseGradWeight:
		return o.DW.Param.Mask == nil
	case *ir.RankOne:
		return true
	}
	return false
}

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
}

// connected reports whether the operation is a matrix product over all
// connections of a layer.
func connected(op ir.Op) bool {
	switch o := ir.Form(op).(type) {
	case *ir.Dense, *ir.DenseGradInput:
		return productOf(op).connected()
	case *ir.DenseGradWeight:
		return o.DW.Param.Mask == nil
	case *ir.BatchSum:
		return o.Y.Param != nil && o.Y.Size() > 1
	case *ir.RankOne:
		return true
	}
	return false
}

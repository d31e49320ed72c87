package plan

import "github.com/nngen-go/nngen/gen/ir"

// vectorize chooses the operations that run in assembly: those of fully
// connected layers. The choice is part of the numeric contract, because their
// sums are fused in fast mode.
func (p *Plan) vectorize() {
	if len(p.Options.Targets) == 0 {
		return
	}
	phases := []*Phase{p.Infer, p.InferBatch}
	if p.Train != nil {
		phases = append(phases, p.Train.Gradients.Sample, p.Train.Gradients.Sums, p.Train.Evaluate.Sample)
	}
	for _, ph := range phases {
		for _, s := range ph.Steps {
			s.Vector = connected(s.Op)
		}
	}
}

// connected reports whether the operation is a matrix product over all
// connections of a layer.
func connected(op ir.Op) bool {
	switch o := op.(type) {
	case *ir.Dense:
		return o.W.Param.Mask == nil
	case *ir.DenseGradInput:
		return o.W.Param.Mask == nil
	case *ir.DenseGradWeight:
		return o.DW.Param.Mask == nil
	}
	return false
}

// TransposedRows is the number of rows of the panel into which weights are
// transposed for the gradients of inputs: the most outputs of such a layer.
func (p *Plan) TransposedRows() int {
	n := 0
	if p.Train == nil {
		return 0
	}
	for _, s := range p.Train.Gradients.Sample.Steps {
		if d, ok := s.Op.(*ir.DenseGradInput); ok && s.Vector {
			n = max(n, d.DY.Size())
		}
	}
	return n
}

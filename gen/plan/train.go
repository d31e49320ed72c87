package plan

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
)

// Batched is the plan of a function over a batch: what does not depend on the
// samples is prepared once, what does runs per sample, the sums over the batch
// follow.
type Batched struct {
	Prepare, Sample, Sums *Phase
}

// split plans a function over a batch. Values that a sum over the batch reads
// are kept for every sample.
func (p *Plan) split(t *Train, f *ir.Func) *Batched {
	summed := map[*ir.Value]bool{}
	var prepare, sample, sums []ir.Op
	keep := keepAll(f.Results)
	for _, op := range f.Ops {
		switch {
		case overBatch(op) || dependsOn(op, summed):
			sums = append(sums, op)
			define(op, summed)
			for _, x := range op.Ins() {
				if x.Batch && x.Kind == ir.Temp && !keep[x] {
					keep[x] = true
					t.Rows = append(t.Rows, x)
				}
			}
		case op.Outs()[0].Batch:
			sample = append(sample, op)
		default:
			prepare = append(prepare, op)
			for _, y := range op.Outs() {
				if y.Kind == ir.Temp && y.Param != nil {
					t.Copies = append(t.Copies, y)
				}
			}
		}
	}
	return &Batched{p.phase(prepare, keep, false), p.phase(sample, keep, p.Layerwise), p.phase(sums, keep, false)}
}

// train plans the functions of training.
func (p *Plan) train() {
	t := &Train{}
	t.Gradients = p.split(t, p.Prog.Gradients)
	t.Evaluate = p.split(t, p.Prog.Evaluate)
	t.Update = p.phase(p.Prog.Update.Ops, nil, false)
	if p.Prog.Penalty != nil {
		t.Penalty = p.phase(p.Prog.Penalty.Ops, nil, false)
	}
	for _, s := range p.Prog.States {
		if name := StateName(s); !slices.Contains(t.States, name) {
			t.States = append(t.States, name)
		}
	}
	p.Train = t
}

// StateName returns the optimiser's name of a state: "momentum" of
// "dense1.weight.momentum".
func StateName(s *ir.Value) string {
	return strings.TrimPrefix(s.Name, s.Param.Name+".")
}

// overBatch reports whether the operation sums over the samples.
func overBatch(op ir.Op) bool {
	switch op.(type) {
	case *ir.DenseGradWeight, *ir.BatchSum:
		return true
	}
	return false
}

func dependsOn(op ir.Op, set map[*ir.Value]bool) bool {
	return slices.ContainsFunc(op.Ins(), func(x *ir.Value) bool { return set[x] })
}

package plan

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
)

// Batched is the plan of a function over a batch: what does not depend on the
// samples is prepared once, what does runs per sample, the sums over the batch
// follow: those of the loss, and those of the parameters' gradients.
type Batched struct {
	Prepare, Sample, Loss, Sums *Phase
}

// split plans a function over a batch. Values that a sum over the batch reads
// are kept for every sample.
func (p *Plan) split(t *Train, f *ir.Func) *Batched {
	summed := map[*ir.Value]bool{}
	var prepare, sample, loss, sums []ir.Op
	keep := keepAll(f.Results)
	for _, op := range f.Ops {
		switch {
		case overBatch(op) || dependsOn(op, summed):
			if op.Outs()[0].Param != nil {
				sums = append(sums, op)
			} else {
				loss = append(loss, op)
			}
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
	return &Batched{p.phase(prepare, keep, false), p.phase(sample, keep, p.Layerwise), p.phase(loss, keep, false), p.phase(sums, keep, false)}
}

// train plans the functions of training.
func (p *Plan) train() {
	t := &Train{}
	t.Gradients = p.split(t, p.Prog.Gradients)
	t.Evaluate = p.split(t, p.Prog.Evaluate)
	t.Update = p.phase(p.Prog.Update.Ops, nil, false)
	if p.Prog.StepOne != nil {
		t.One = p.phase(p.Prog.StepOne.Ops, keepAll(p.Prog.StepOne.Results), true)
		t.One.rankOne()
	}
	t.learn()
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

// rankOne joins the update of weights to the step before it that reads them.
func (ph *Phase) rankOne() {
	var steps []*Step
	for _, s := range ph.Steps {
		if r, ok := s.Op.(*ir.RankOne); ok && len(steps) > 0 {
			before := steps[len(steps)-1]
			if d, ok := before.Op.(*ir.DenseGradInput); ok && d.W == r.W {
				before.Then = r
				continue
			}
		}
		steps = append(steps, s)
	}
	ph.Steps = steps
}

// learn pairs the gradients with the updates, where each update reads no more
// than the gradient and the state of its parameter.
func (t *Train) learn() {
	updates := map[*ir.ParamInfo]*ir.Map{}
	for _, s := range t.Update.Steps {
		m, ok := s.Op.(*ir.Map)
		if !ok {
			return
		}
		if m.Out[0].Param != nil {
			updates[m.Out[0].Param] = m
		}
	}
	var all []Learn
	for _, s := range t.Gradients.Sums.Steps {
		y := s.Op.Outs()[0]
		if !overBatch(s.Op) || y.Kind != ir.Gradient || updates[y.Param] == nil || !slices.Contains(updates[y.Param].In, y) {
			return
		}
		all = append(all, Learn{s.Op, updates[y.Param]})
	}
	t.Learn = all
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

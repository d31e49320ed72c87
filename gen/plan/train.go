package plan

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
)

// train plans the functions of training.
func (p *Plan) train() {
	t := &Train{}
	for _, m := range p.Prog.Memory {
		t.Rows = append(t.Rows, m.In, m.Trained, m.Evaluated)
	}
	t.Gradients = p.split(t, p.Prog.Gradients)
	t.Evaluate = p.split(t, p.Prog.Evaluate)
	t.Update = p.phase(p.Prog.Update.Ops, nil, false)
	if p.Prog.StepOne != nil {
		t.One = p.phase(p.Prog.StepOne.Ops, keepAll(p.Prog.StepOne.Results), true)
		t.One.rankOne()
	}
	t.learn()
	t.rowSeries(p.series)
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
			if p := productOf(before.Op); p != nil && p.grad && p.w == r.W && p.w.Param.Order != ir.ByInputs {
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
	if t.Group > 0 {
		return // they go on from group to group
	}
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
	for _, s := range t.Gradients.Sums().Steps {
		y := s.Op.Outs()[0]
		if !overBatch(s.Op) || y.Kind != ir.Gradient || updates[y.Param] == nil || !slices.Contains(updates[y.Param].In, y) {
			return
		}
		all = append(all, Learn{s.Op, updates[y.Param], s.Kernel})
	}
	t.Learn = all
}

// StateName returns the optimiser's name of a state: "momentum" of
// "dense1.weight.momentum".
func StateName(s *ir.Value) string {
	return strings.TrimPrefix(s.Name, s.Param.Name+".")
}

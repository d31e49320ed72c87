package calls

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// Mix is a run of steps on the elements of a sample that is one call, all of whose values
// stay in registers: a softmax, a layer normalisation.
type Mix struct {
	Steps  []*plan.Step
	Kernel *kernel.Mix
	Ins    []*ir.Value
	Stored []*ir.Value // in the order of the steps
}

// part describes the call of a step.
func (m *Mix) part(s *plan.Step) string {
	if s != m.Steps[0] {
		return "with the operations before"
	}
	return fmt.Sprintf("%d operations on %d elements in registers", len(m.Steps), m.Kernel.Size)
}

// MixesOf are the runs of a phase, by their steps: as long as every instruction set has
// registers for them. Where a batch goes through the phase layer by layer, a run whose every
// step takes all rows in a call stays as it is.
func MixesOf(p *plan.Plan, ph *plan.Phase) map[*plan.Step]*Mix {
	f := &mixer{p: p, ph: ph, targets: Targets(p), layers: ph != p.Infer && (p.Train == nil || ph != p.Train.One), found: map[*plan.Step]*Mix{}}
	if slices.ContainsFunc(f.targets, func(t *target.Target) bool { return t.Mix == nil }) || len(f.targets) == 0 {
		return f.found
	}
	_ = plan.Walk(len(ph.Steps), ph.Repeats, func(i int) error {
		if s := ph.Steps[i]; mixable(s.Op) {
			f.run = append(f.run, s)
		} else {
			f.flush()
		}
		return nil
	}, func(*plan.Repeat) error {
		f.flush()
		return nil
	})
	f.flush()
	return f.found
}

// mixer finds runs.
type mixer struct {
	p       *plan.Plan
	ph      *plan.Phase
	targets []*target.Target
	layers  bool
	found   map[*plan.Step]*Mix
	run     []*plan.Step // under way
}

// flush ends the run under way.
func (f *mixer) flush() {
	for from := 0; from < len(f.run); {
		m := f.longest(from)
		if m == nil {
			from++
			continue
		}
		for _, s := range m.Steps {
			f.found[s] = m
		}
		from += len(m.Steps)
	}
	f.run = nil
}

// mixable reports whether an operation is one on the elements of a sample.
func mixable(op ir.Op) bool {
	switch o := op.(type) {
	case *ir.Map:
		return len(o.Out) == 1 && o.Out[0].Batch && o.Out[0].Param == nil && o.Repeated() == 0 && plainOperands(o.Out[0], o.In)
	case *ir.Reduce:
		return o.When == nil && o.Y.Batch && plainOperands(o.Y, o.In)
	}
	return false
}

// plainOperands reports whether all operands are numbers of the step or a sample's, of
// the result's type.
func plainOperands(y *ir.Value, ins []*ir.Value) bool {
	return !slices.ContainsFunc(ins, func(x *ir.Value) bool {
		return x.DType != y.DType || x.Kind == ir.Param || x.Param != nil || !x.Batch && !x.IsNumber()
	})
}

// leastMixed is how many operations are worth a function of their own: two, as a squared
// error and its gradient, would save a few nanoseconds of a step, and cost a hundredth more text.
const leastMixed = 3

// longest is the longest run from a step on, nil if there is none: of elements enough for
// a call, with a reduction. What it ends with is of all elements: of a number alone, a
// function is faster in Go.
func (f *mixer) longest(from int) *Mix {
	steps := f.run[from:]
	size, n := sizeOf(steps)
	for ; n >= leastMixed; n-- {
		if m, ok := steps[n-1].Op.(*ir.Map); ok && m.Out[0].Size() == 1 {
			continue
		}
		reduces, alone := 0, 0
		for _, s := range steps[:n] {
			if _, ok := s.Op.(*ir.Reduce); ok {
				reduces++
			}
			if f.p.Through(s.Op.Outs()[0], s.Op.Ins()) {
				alone++
			}
		}
		if reduces == 0 || !Elements(size) || f.layers && alone == n {
			return nil
		}
		m := newMix(f.ph, steps[:n], size)
		if m == nil {
			return nil
		}
		if !slices.ContainsFunc(f.targets, func(t *target.Target) bool {
			_, ok := t.Mix(m.Kernel)
			return !ok
		}) {
			return m
		}
	}
	return nil
}

// sizeOf is the number of elements of a run that some steps begin with, and how many belong
// to it.
func sizeOf(steps []*plan.Step) (size, n int) {
	for i, s := range steps {
		for _, v := range slices.Concat(s.Op.Ins(), s.Op.Outs()) {
			switch {
			case v.Size() == 1 || v.Size() == size:
			case size > 0:
				return size, i
			default:
				size = v.Size()
			}
		}
	}
	return size, len(steps)
}

// newMix describes a run; nil if its first operation is not on all elements.
func newMix(ph *plan.Phase, steps []*plan.Step, size int) *Mix {
	m := &Mix{Steps: steps, Kernel: &kernel.Mix{Size: size, Double: steps[0].Op.Outs()[0].DType == ir.Float64}}
	made := map[*ir.Value]bool{}
	for _, s := range steps {
		for _, x := range s.Op.Ins() {
			if !made[x] && !slices.Contains(m.Ins, x) {
				m.Ins = append(m.Ins, x)
				m.Kernel.Ins = append(m.Kernel.Ins, x.Size() == 1)
			}
		}
		made[s.Op.Outs()[0]] = true
	}
	values := slices.Clone(m.Ins)
	for _, s := range steps {
		y := s.Op.Outs()[0]
		stage := kernel.Stage{Number: y.Size() == 1, Stored: outside(ph, steps, y)}
		wide := false
		for _, x := range s.Op.Ins() {
			stage.In = append(stage.In, slices.Index(values, x))
			wide = wide || x.Size() > 1
		}
		switch o := s.Op.(type) {
		case *ir.Map:
			stage.Prog = kernel.Positional(o.Prog, o.InNames, o.OutNames[0])
		case *ir.Reduce:
			if !wide { // of one element
				return nil
			}
			stage.Prog = kernel.Positional(o.Prog, o.InNames, "e")
			if stage.Reduction = kernel.Total; o.Kind == ir.MaxOf {
				stage.Reduction = kernel.Greatest
			} else {
				stage.Chains = s.Chains
			}
		}
		if stage.Stored {
			m.Stored = append(m.Stored, y)
		}
		values = append(values, y)
		m.Kernel.Stages = append(m.Kernel.Stages, stage)
	}
	return m
}

// outside reports whether a value is stored: something else than the steps reads it, or
// it is kept.
func outside(ph *plan.Phase, steps []*plan.Step, y *ir.Value) bool {
	if _, slot := ph.Slot[y]; !slot {
		return true
	}
	read := false
	for _, s := range ph.Steps {
		for _, op := range s.Ops() {
			if slices.Contains(op.Ins(), y) {
				if read = true; !slices.Contains(steps, s) {
					return true
				}
			}
		}
	}
	return !read
}

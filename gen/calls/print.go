package calls

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// Describe prints the machine schedule of a plan: for every instruction set and
// phase the calls of assembly; what has none runs as portable Go.
func Describe(p *plan.Plan) string {
	var b strings.Builder
	for _, t := range Targets(p) {
		d := &describer{p, t, &b}
		d.phase("infer", p.Infer, true)
		d.phase("infer a batch", p.InferBatch, false)
		if p.Train == nil {
			continue
		}
		for _, ph := range p.Train.Gradients.Phases(plan.Samples) {
			d.phase("gradients: per sample", ph, false)
		}
		for _, ph := range p.Train.Gradients.Phases(plan.Groups) {
			d.phase("gradients: over a group", ph, false)
		}
		d.phase("gradients: over the batch", p.Train.Gradients.Sums(), false)
		for _, ph := range p.Train.Evaluate.Phases(plan.Samples) {
			d.phase("evaluate: per sample", ph, false)
		}
		d.learn()
		d.phase("update", p.Train.Update, false)
		d.phase("step on one sample", p.Train.One, true)
	}
	return b.String()
}

type describer struct {
	plan   *plan.Plan
	target *target.Target
	*strings.Builder
}

func (d *describer) line(op fmt.Stringer, calls string) { fmt.Fprintf(d, "  %s\n    %s\n", op, calls) }

// phase prints the steps of a phase, of one sample or of a batch.
func (d *describer) phase(name string, ph *plan.Phase, one bool) {
	if ph == nil || len(ph.Steps) == 0 {
		return
	}
	fmt.Fprintf(d, "\ncalls of %s: %s\n", d.target.Name, name)
	mixes := MixesOf(d.plan, ph)
	d.walk(len(ph.Steps), ph.Repeats, func(i int) {
		s := ph.Steps[i]
		if m := mixes[s]; m != nil {
			d.line(s.Op, m.part(s))
			return
		}
		d.line(s.Op, d.step(s, one)+d.epilogue(s, one))
	})
}

// walk prints the items of a list, those of a loop once.
func (d *describer) walk(n int, repeats []*plan.Repeat, item func(i int)) {
	each := func(i int) error {
		item(i)
		return nil
	}
	_ = plan.Walk(n, repeats, each, func(r *plan.Repeat) error {
		fmt.Fprintf(d, "  %s\n", r)
		for q := range r.Period {
			item(r.First + q)
		}
		return nil
	})
}

// step describes the calls of a step.
func (d *describer) step(s *plan.Step, one bool) string {
	t, batch := d.target, d.plan.Options.Batch
	switch o := ir.Form(s.Op).(type) {
	case *ir.Dense:
		switch {
		case !s.Vector:
		case s.Kernel.Segments[0].Swapped:
			return d.swapped(s, one)
		case one:
			layout := &d.plan.TensorOf(o.W.Param).Layout
			text := GroupsOf(s.Kernel.Panels, o.X.Size(), o.Y.Size(), layout.Size()).String()
			if s.Skip {
				text += fmt.Sprintf("; a list of the inputs that are not zero, if they are %d at most", FewEnough(o.X.Size()))
			}
			return text
		default:
			return RowsOf(t, s.Kernel, batch).String()
		}
	case *ir.DenseGradInput:
		switch {
		case !s.Vector:
		case one && s.Then != nil:
			return fmt.Sprintf("gradient and step together, %d inputs a call", StepInputs(o.DY.Size()))
		case s.Kernel.Segments[0].Swapped:
			return d.swapped(s, one)
		case one:
			return GroupsOf(s.Kernel.Panels, o.DY.Size(), o.DX.Size(), o.W.Size()).String()
		default:
			return RowsOf(t, s.Kernel, batch).String()
		}
	case *ir.DenseGradWeight:
		if layout := &d.plan.TensorOf(o.DW.Param).Layout; s.Vector {
			return WeightsOf(t, string(o.DW.DType), layout.In, layout.Out, batch).String()
		}
	case *ir.BatchSum:
		if s.Vector {
			return WeightsOf(t, string(o.Y.DType), 1, o.X.Size(), batch).String()
		}
	case *ir.Contract:
		switch {
		case s.Vector && s.Scratch != nil:
			return WinogradOf(t, s.Kernel).String()
		case s.Vector:
			return ConvolutionOf(t, s.Kernel).String()
		case s.Kernel != nil && s.Kernel.Segments[0].Weight == "":
			return ConvolutionOf(t, s.Kernel).String()
		case s.Kernel != nil:
			return FilterGradientOf(t, s.Kernel, batch).String()
		}
		if c := CopyOf(o); c != nil {
			return fmt.Sprintf("copies of %d elements", c.High-c.Low)
		}
		if t := TileOf(o, s.Chains); t.Width > 1 {
			return fmt.Sprintf("portable Go, %d steps of %s side by side", t.Width, o.Loops[t.Loop].Name)
		}
	case *ir.PoolGradient:
		if s.Kernel != nil {
			return PoolGradientOf(t, s.Kernel, o.X.V.Size()).String()
		}
	case *ir.RankOne:
		layout := &d.plan.TensorOf(o.W.Param).Layout
		return GroupsOf(layout.KernelPanels(), layout.In, layout.Out, layout.Size()).String()
	case *ir.Map:
		switch out := o.Out[0]; {
		case out.Param != nil:
			return fmt.Sprintf("assembly, %d elements a call", elementsPerCall)
		case out.Batch && Elements(out.Size()):
			return "assembly, element by element" + d.through(out, o.In, one)
		}
	case *ir.Reduce:
		if SumOf([]*target.Target{t}, o, s.Chains) != nil {
			return fmt.Sprintf("assembly, %d elements side by side", s.Chains) + d.through(o.Y, o.In, one)
		}
	}
	return "portable Go"
}

// through says whether a call goes through all rows.
func (d *describer) through(y *ir.Value, ins []*ir.Value, one bool) string {
	if !one && d.plan.Through(y, ins) {
		return ", all rows in a call"
	}
	return ""
}

// swapped describes the calls of sums whose products lie side by side.
func (d *describer) swapped(s *plan.Step, one bool) string {
	if one {
		return InputsOfOne(d.target, s.Kernel).String()
	}
	return InputsOf(d.target, s.Kernel, d.plan.Options.Batch).String()
}

// epilogue describes where the epilogue of a step is applied.
func (d *describer) epilogue(s *plan.Step, one bool) string {
	targets := Targets(d.plan)
	switch {
	case s.Kernel == nil || len(s.Epilogue) == 0:
		return ""
	case !Splits(targets, s):
		return "; epilogue in registers"
	case one && Inlines(targets, s):
		return "; long epilogue written out"
	}
	return "; epilogue in a pass of its own"
}

// learn prints the gradients that are used where they are made.
func (d *describer) learn() {
	if len(d.plan.Train.Learn) == 0 {
		return
	}
	fmt.Fprintf(d, "\ncalls of %s: gradients and update\n", d.target.Name)
	d.walk(len(d.plan.Train.Learn), d.plan.Train.LearnRepeats, func(i int) {
		l := d.plan.Train.Learn[i]
		o, ok := ir.Form(l.Gradient).(*ir.DenseGradWeight)
		switch {
		case !ok:
			d.line(l.Gradient, "as the weights of one input")
		case o.DW.Param.Mask != nil:
			d.line(l.Gradient, "portable Go")
		default:
			elem, layout := o.DW.DType, &d.plan.TensorOf(o.DW.Param).Layout
			d.line(l.Gradient, LearnOf(d.target, string(elem), layout.In, layout.Out, d.plan.Options.Batch, plan.ElemSize(elem)).String())
		}
	})
}

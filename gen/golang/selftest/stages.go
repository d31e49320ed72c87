package selftest

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// refStage is a loop over the samples, and what comes before it.
type refStage struct {
	before, sample []jen.Code
	at             map[*ir.Value]bool // values that earlier loops kept and this one has
}

// stages prints operations in loops over the samples, each of which waits for
// the sums of the one before; the last stage has no loop. The first loop begins
// with what was printed so far.
func (r *ref) stages(ops []ir.Op) ([]*refStage, error) {
	level, summed := map[*ir.Value]int{}, map[*ir.Value]bool{}
	start := r.out
	r.out = nil
	stages := []*refStage{{}}
	stage := func(i int) *refStage {
		for len(stages) <= i {
			stages = append(stages, &refStage{at: map[*ir.Value]bool{}})
		}
		return stages[i]
	}
	kept := map[*ir.Value]string{}
	var rolls []*plan.Roll
	if !r.t.prog.Gradients.Waits() {
		rolls = slices.DeleteFunc(r.t.plan.Rolls(ops, r.t.prog.Loss), func(roll *plan.Roll) bool {
			return slices.ContainsFunc(ops[roll.First:roll.First+roll.Period], func(op ir.Op) bool { return !op.Outs()[0].Batch })
		})
	}
	err := plan.Walk(len(ops), rolls, func(i int) error {
		op := ops[i]
		sum, isSum := ir.Form(op).(*ir.BatchSum)
		if c, ok := op.(*ir.Contract); ok && c.OverBatch() && !isSum {
			return fmt.Errorf("reference: a sum over the samples that is none of single elements: %s", op)
		}
		at, waits := 0, false
		for _, x := range op.Ins() {
			at, waits = max(at, level[x]), waits || summed[x]
			if summed[x] && op.Outs()[0].Batch {
				at = max(at, level[x]+1)
			}
		}
		for _, y := range op.Outs() {
			level[y], summed[y] = at, isSum || waits && !y.Batch
		}
		s := stage(at)
		if isSum || op.Outs()[0].Batch {
			r.carry(op, level, kept, stages, at, start)
		}
		if isSum {
			y := r.result(sum.Y)
			s.before = append(s.before, source.Letf(y, "make([]float64, %d)", sum.Y.Size()))
			s.sample = append(s.sample, jen.Id("refAccumulate").Call(source.Exprf("%s", y), source.Exprf("%s", r.value(sum.X))))
			stage(at + 1)
			return nil
		}
		if err := r.op(op); err != nil {
			return err
		}
		switch {
		case op.Outs()[0].Batch:
			s.sample = append(s.sample, r.out...)
		case waits:
			s = stage(at + 1)
			fallthrough
		default:
			s.before = append(s.before, r.out...)
		}
		r.out = nil
		return nil
	}, func(roll *plan.Roll) error {
		err := r.roll(roll, ops)
		stage(0).sample = append(stage(0).sample, r.out...)
		r.out = nil
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(stages) > 2 {
		start = append(start, r.unused()...)
	}
	stages[0].sample = append(start, stages[0].sample...)
	return stages, nil
}

// unused lets inputs and targets be that a loop does not read.
func (r *ref) unused() []jen.Code {
	var out []jen.Code
	for _, v := range r.t.prog.Inputs {
		out = append(out, source.Setf("_", "%s", r.at[v]))
	}
	for _, o := range r.t.Trained() {
		out = append(out, source.Setf("_", "%s", r.at[o.Target]))
	}
	return out
}

// carry makes the values of a sample that an operation reads known in its loop:
// an earlier one appends them to rows.
func (r *ref) carry(op ir.Op, level map[*ir.Value]int, kept map[*ir.Value]string, stages []*refStage, at int, start []jen.Code) {
	s := stages[at]
	for _, x := range op.Ins() {
		from := level[x]
		if !x.Batch || at == 0 || from == at && x.Kind == ir.Temp || s.at[x] {
			continue
		}
		s.at[x] = true
		if x.Kind != ir.Temp { // of the network's input or target
			if !s.at[nil] { // once for all of them
				s.at[nil] = true
				s.sample = append(append(append([]jen.Code(nil), start...), r.unused()...), s.sample...)
			}
			continue
		}
		name := r.at[x]
		if kept[x] == "" {
			kept[x] = r.names.Name(name + "Rows")
			first := stages[from]
			first.before = append(first.before, jen.Var().Id(kept[x]).Index().Index().Float64())
			first.sample = append(first.sample, source.Setf(kept[x], "append(%s, %s)", kept[x], name))
		}
		s.sample = append(s.sample, source.Letf(name, "%s[i]", kept[x]))
	}
}

package lower

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// train builds the functions of training.
func (l *lowering) train() {
	l.Prog.Gradients = l.Begin("gradients", true)
	values := l.layers()
	if len(l.Errs) > 0 {
		return
	}
	l.remember()
	l.Prog.Loss = l.losses(values)
	if l.Prog.Loss == nil {
		return
	}
	l.summedLoss()
	l.Backward()
	for _, p := range l.Prog.Params {
		if g := l.Grad(p); g != nil {
			l.Prog.Grads = append(l.Prog.Grads, g)
			l.Prog.Gradients.Results = append(l.Prog.Gradients.Results, g)
		}
	}
	if len(l.Prog.Grads) == 0 {
		l.Errorf(l.Net.Layers[0].Pos, "add a dense layer that is trainable, or write codegen: {train: false}", code.NotTrainable+"the net has no parameters to train")
		return
	}
	l.Prog.Evaluate = l.Begin("evaluate", false)
	l.Prog.EvalLoss = l.losses(l.layers())
	l.remember()
	l.Prog.Update = l.Begin("update", false)
	l.update()
	l.penalty()
}

// losses adds the loss of every trained output; the loss of the batch is
// their weighted sum.
func (l *lowering) losses(values map[string]op.Tensor) *ir.Value {
	batch := l.Scalar("batch")
	l.lossSums = make([]*ir.Value, len(l.Net.Outputs))
	prog := expr.Program{}
	var ins []any
	var total *expr.Node
	for i := range l.Net.Outputs {
		out := &l.Net.Outputs[i]
		if out.Loss == nil {
			continue
		}
		sum, s := l.loss(i, out, values, batch)
		l.lossSums[i] = sum
		a, b := "l"+out.Name, "s"+out.Name
		term := expr.Mul(expr.L(a), expr.L(b))
		ins = append(ins, a, sum, b, s)
		if total == nil {
			total = term
		} else {
			total = expr.Add(total, term)
		}
	}
	if total == nil {
		l.Errorf(l.Net.Codegen.Pos, "write loss: mse, or codegen: {train: false}", code.Missing+"a trained network needs a loss")
		return nil
	}
	prog = append(prog, expr.Let("loss", total))
	loss := l.Map("loss", "loss", prog, "loss", 1, ins...)
	l.Func().Results = append(l.Func().Results, loss)
	return loss
}

// loss adds one output's loss and seeds its gradient. It returns the sum over
// the samples and the scale.
func (l *lowering) loss(i int, out *spec.Output, values map[string]op.Tensor, batch *ir.Value) (sum, s *ir.Value) {
	row, args, p := op.LossByName(out.Loss.Name), out.Loss.Args, values[out.From]
	target := l.target(i, out, p, row)

	var w *ir.Value
	if row.Weigh != nil {
		w = row.Weigh(l.Builder, args, target)
	}
	switch weight := expr.C(out.Weight); {
	case sums(out):
		s = l.Scalars("scale of the loss", expr.One("s", weight), []string{"s"}, p.Value.DType, "batch", batch)[0]
	case w != nil:
		total := l.Value(ir.Value{Name: "weight_" + out.Name, Shape: []int{1}})
		l.Emit((&ir.BatchSum{Y: total, X: w}).Contract())
		s = l.Map("scale of the loss", "s_"+out.Name, expr.One("s", expr.Div(weight, expr.L("w"))), "s", 1, "w", total)
	default:
		scale := expr.Div(weight, expr.Mul(expr.L("batch"), expr.C(elements(row, args, p.Dims))).Fold())
		s = l.Scalars("scale of the loss", expr.One("s", scale), []string{"s"}, p.Value.DType, "batch", batch)[0]
	}
	if n := out.Normalize; n != nil {
		mean, std := l.scale("output", out.Name, n, p.Size())
		target = l.normalized(target.Name, target, mean, std)
	}
	if out.Lengths != "" {
		w = l.within(out, values)
	}
	each := l.LossOf(row, args, p, target, s, w)
	sum = l.Value(ir.Value{Name: "loss_" + out.Name, Shape: []int{1}})
	l.Emit((&ir.BatchSum{Y: sum, X: each}).Contract())
	return sum, s
}

// within are the weights of the elements of an output in its loss: 0 from the step on
// at which the sample ends; else 1 in a sum and, in a mean over the elements, what
// makes it one over those of the steps that there are.
func (l *lowering) within(out *spec.Output, values map[string]op.Tensor) *ir.Value {
	p := values[out.From]
	steps, at := p.Dims[0], make([]float64, p.Size())
	for i := range at {
		at[i] = float64(i / (len(at) / steps))
	}
	one := expr.C(1)
	if !sums(out) {
		one = expr.Div(expr.C(float64(steps)), expr.Max(expr.L("n"), expr.C(1)))
	}
	weight := expr.Select(expr.Less(expr.L("t"), expr.L("n")), one, expr.C(0))
	return l.Map("steps of the sample", "within_"+out.Name, expr.One("w", weight), "w", p.Size(),
		"t", l.Constant("steps_"+out.Name, at), "n", values[out.Lengths].Value)
}

// sums reports whether an output's loss is a sum over the samples.
func sums(out *spec.Output) bool { return out.Loss.Args.Text("reduction") == "sum" }

// classWeights are what the samples of each class count in the mean of a loss.
func classWeights(out *spec.Output) []float64 {
	if out.Loss.Args.Text("target") != "class" || sums(out) {
		return nil
	}
	return out.Loss.Args.Floats("class_weights")
}

// elements is how many elements, or places, of a prediction a mean is over.
func elements(row *op.Loss, a spec.Args, dims []int) float64 {
	switch {
	case op.OfPlaces(a):
		dims = dims[:len(dims)-1]
	case row.Mean != op.OverElements:
		return 1
	}
	n := 1.0
	for _, d := range dims {
		n *= float64(d)
	}
	return n
}

// summedLoss adds the loss summed over the samples, where some outputs' losses
// are sums and others means: only it does not depend on the batch.
func (l *lowering) summedLoss() {
	var total *expr.Node
	var ins []any
	sum, mean, trained, weighted := false, false, 0, false
	for i := range l.Net.Outputs {
		out := &l.Net.Outputs[i]
		if out.Loss == nil {
			continue
		}
		trained++
		if w := classWeights(out); w != nil {
			l.Prog.Parts.ClassWeights, weighted = w, true
		} else if op.Balanced(out.Loss) && !sums(out) {
			l.Prog.Parts.Balanced, weighted = l.BalancedWeights(out.Name, l.Prog.Outputs[i].Value.Size()), true
		}
		factor := out.Weight
		if sums(out) {
			sum = true
		} else {
			mean = true
			factor /= elements(op.LossByName(out.Loss.Name), out.Loss.Args, l.Prog.Outputs[i].Shape)
		}
		leaf := "l" + out.Name
		ins = append(ins, leaf, l.lossSums[i])
		if term := expr.Mul(expr.L(leaf), expr.C(factor)); total == nil {
			total = term
		} else {
			total = expr.Add(total, term)
		}
	}
	l.Prog.Parts.Sum = sum && !mean
	l.Prog.Parts.Mean = mean && !sum && (!weighted || trained == 1)
	if sum && mean {
		l.Prog.SummedLoss = l.Map("loss summed over the samples", "summed_loss", expr.One("loss", total), "loss", 1, ins...)
		l.Func().Results = append(l.Func().Results, l.Prog.SummedLoss)
	}
}

// target returns what the output is compared with, adding it on first use.
func (l *lowering) target(i int, out *spec.Output, p op.Tensor, row *op.Loss) *ir.Value {
	if t := l.Prog.Outputs[i].Target; t != nil {
		return t
	}
	t := ir.Value{Name: op.TargetPrefix + out.Name, Kind: ir.Target, Shape: p.Value.Shape, Batch: true}
	if isClass(row, out.Loss.Args) {
		t.DType, t.Shape = ir.Int32, []int{1}
		if op.OfPlaces(out.Loss.Args) {
			t.Shape = p.Dims[:len(p.Dims)-1]
		}
	}
	l.Prog.Outputs[i].Target = l.Value(t)
	return l.Prog.Outputs[i].Target
}

// update adds the optimiser's step for every trained parameter.
func (l *lowering) update() {
	named := l.Net.Optimizer
	row := op.OptimizerByName(named.Name)
	l.step = l.Scalar("step")
	l.schedule(named.Args)
	u := &updater{lowering: l, row: row, args: named.Args}
	u.scalars = row.Scalars
	u.prepare()
	u.clipNorm()
	for i, p := range l.trained() {
		if p.Param.Momentum > 0 {
			u.average(p, l.gradOf(p))
			continue
		}
		u.param(p, l.gradOf(p), i)
	}
}

// schedule computes the learning rate of the step.
func (l *lowering) schedule(a spec.Args) {
	base := l.Scalar("learning_rate")
	rate := expr.L("learning_rate")
	if s := a.Word("schedule"); s != nil {
		t := expr.Sub(expr.L("step"), expr.C(1))
		rate = expr.Mul(rate, op.ScheduleByName(s.Name).Factor(s.Args, t).Fold())
	}
	l.lr = l.Scalars("scheduled learning rate", expr.One("lr", rate.Fold()), []string{"lr"}, ir.Float64,
		"learning_rate", base, "step", l.step)[0]
}

// trained returns the parameters that have a gradient, or a statistic of the
// batch in its place.
func (l *lowering) trained() []*ir.Value {
	var ps []*ir.Value
	for _, p := range l.Prog.Params {
		if l.gradOf(p) != nil {
			ps = append(ps, p)
		}
	}
	return ps
}

func (l *lowering) gradOf(p *ir.Value) *ir.Value {
	for _, g := range l.Prog.Grads {
		if g.Param == p.Param {
			return g
		}
	}
	return nil
}

// penalty adds the sum of the regularisers' penalties, reported on demand.
func (l *lowering) penalty() {
	f := l.Begin("penalty", false)
	var total *ir.Value
	for _, p := range l.Prog.Params {
		reg := l.Regularizers[p.Name]
		if reg == nil {
			continue
		}
		row := op.RegularizerByName(reg.Name)
		r := l.Reduce(row.Name, "r_"+p.Name, ir.Sum, row.Programs(reg.Args).Penalty.Rename(map[string]string{"r": "e"}), "w", p)
		if total == nil {
			total = r
		} else {
			total = l.Map("add", "penalty", expr.One("s", expr.Add(expr.L("a"), expr.L("b"))), "s", 1, "a", total, "b", r)
		}
	}
	if total != nil {
		f.Results = []*ir.Value{total}
		l.Prog.Penalty, l.Prog.PenaltyOf = f, total
	}
}

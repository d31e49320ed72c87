package lower

import (
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
	"github.com/nngen-go/nngen/spec/plural"
)

// checkTraining refuses what cannot be trained. It looks at the values of
// inference, so that everything wrong with a spec is found in one run.
func (l *lowering) checkTraining(values map[string]op.Tensor) {
	for i := range l.Net.Outputs {
		out := &l.Net.Outputs[i]
		if p := values[out.From].Value; p != nil && out.Loss != nil {
			l.checkLoss(out, values[out.From])
			l.checkLengths(out, values)
		}
	}
	l.Check("optimizer", l.Net.Optimizer, op.OptimizerByName(l.Net.Optimizer.Name).Check)
}

// checkLoss refuses losses that do not go with the prediction they get.
func (l *lowering) checkLoss(out *spec.Output, of op.Tensor) {
	row, p := op.LossByName(out.Loss.Name), of.Value
	made, x := l.MadeBy(p)
	inner, _ := l.MadeBy(x)
	if row.Refuse != nil {
		if why, hint := row.Refuse(out.Loss.Args, made); why != "" {
			l.Errorf(out.Loss.Pos, hint, code.Loss+"output %q: %s", out.Name, why)
			return
		}
	}
	classes := p.Size()
	if op.OfPlaces(out.Loss.Args) {
		if !l.checkPlaces(out, of.Dims) {
			return
		}
		classes = of.Dims[len(of.Dims)-1]
	}
	switch w := out.Loss.Args["class_weights"]; {
	case !w.Set:
	case op.Balanced(out.Loss):
		if !isClass(row, out.Loss.Args) {
			l.Errorf(w.Pos, "write target: class, or a list with a number for each class", code.Conflict+"output %q: class_weights: balanced counts classes, but the target is a %s", out.Name, out.Loss.Args.Text("target"))
		}
	case len(out.Loss.Args.Floats("class_weights")) != p.Size():
		l.Errorf(w.Pos, "give a weight for each class", code.Count+"output %q: class_weights has %s, the output has %d", out.Name, plural.Of(len(out.Loss.Args.Floats("class_weights")), "number"), p.Size())
	}
	switch {
	case isSoftmax(made) && isSoftmax(inner):
		l.Errorf(out.Loss.Pos, "remove one of the two", code.Loss+"output %q: a softmax is taken twice, by %s and by %s", out.Name, inner, made)
	case row.Class && classes < 2:
		l.Errorf(out.Loss.Pos, "write loss: bce_with_logits for two classes", code.Loss+"output %q: %s needs at least 2 values, got %d", out.Name, row.Name, classes)
	}
}

// checkPlaces refuses an axis of the loss that is not the last of several, and what
// does not go with it.
func (l *lowering) checkPlaces(out *spec.Output, dims []int) bool {
	axis, last := out.Loss.Args["axis"], len(dims)-1
	switch at := out.Loss.Args.Int("axis"); {
	case last < 1:
		l.Errorf(axis.Pos, "remove axis, or write return: all in the recurrent layer", code.Shapes+"output %q: axis needs an output of several axes, of the shape [steps, classes], got %v", out.Name, dims)
	case at != -1 && at != last:
		l.Errorf(axis.Pos, "write axis: -1, and a permute before the loss if the classes lie along another axis", code.Range+"output %q: axis of the loss must be the last, -1 or %d, got %d", out.Name, last, at)
	case out.Loss.Args.Has("class_weights"):
		l.Errorf(out.Loss.Args["class_weights"].Pos, "remove axis or class_weights", code.Conflict+"output %q: class_weights are of one class per sample, but axis gives one of every place", out.Name)
	default:
		return true
	}
	return false
}

// checkLengths refuses lengths of what has no steps.
func (l *lowering) checkLengths(out *spec.Output, values map[string]op.Tensor) {
	if out.Lengths == "" {
		return
	}
	n, p := values[out.Lengths], values[out.From]
	switch row := op.LossByName(out.Loss.Name); {
	case n.Value == nil: // reported there
	case row.Mix != nil && row.Places != nil && !op.OfPlaces(out.Loss.Args):
		l.Errorf(out.LengthsAt, "write loss: {cross_entropy: {axis: -1}} for a class of every step, or remove lengths", code.Conflict+"output %q: lengths is for losses of every step, and %s without axis is of one class per sample", out.Name, row.Name)
	case row.Mix != nil && row.Places == nil:
		l.Errorf(out.LengthsAt, "write loss: mse, or remove lengths", code.Conflict+"output %q: lengths is for losses of single numbers, not for %s", out.Name, row.Name)
	case len(p.Dims) < 2:
		l.Errorf(out.LengthsAt, "write return: all in the recurrent layer", code.Shapes+"output %q: lengths needs an output of several steps, of the shape [steps, …], got [%d]", out.Name, p.Size())
	case n.Size() != 1:
		l.Errorf(out.LengthsAt, "", code.Shapes+"output %q: lengths must name one number, got %d", out.Name, n.Size())
	}
}

func isSoftmax(activation string) bool { return activation == "softmax" || activation == "log_softmax" }

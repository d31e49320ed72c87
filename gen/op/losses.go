package op

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// reduction is a field of every loss.
var reduction = spec.Param{
	Name: "reduction", Doc: "mean over the batch (and the outputs, where the loss is one of single numbers), or sum",
	Type: spec.Enum, Enum: []string{"mean", "sum"}, Default: "mean",
}

// losses is the loss table. e = p − t.
var losses = []Loss{
	{
		Kind: spec.Kind{Name: "l2_norm", Doc: "Euclidean norm of the error of a sample, l = √Σe², gradient e/l, 0 at zero error (lecture eq. 8; PyTorch linalg.vector_norm).", Params: []spec.Param{reduction}},
		Mix:  l2Norm, Mean: OverSamples, Numbers: true,
		Kinks: equalTarget,
	},
	{
		Kind:  spec.Kind{Name: "mse", Doc: "Squared error, l = e², gradient 2·e (PyTorch MSELoss).", Params: []spec.Param{reduction}},
		Value: formula("e = p - t; l = e*e"),
		DP:    formula("dp = s*(2*(p - t))"),
		Mean:  OverElements, Numbers: true,
	},
	{
		Kind:  spec.Kind{Name: "mae", Doc: "Absolute error, l = |e|, gradient sign(e), 0 at zero error (PyTorch L1Loss).", Params: []spec.Param{reduction}},
		Value: formula("l = abs(p - t)"),
		DP:    formula("e = p - t; dp = select(0 < e, s, select(e < 0, -s, e))"),
		Mean:  OverElements, Numbers: true,
		Kinks: equalTarget,
	},
	{
		Kind: spec.Kind{
			Name: "huber", Doc: "Huber loss, l = ½·e² for |e| < δ, else δ·(|e| − ½·δ); gradient e, cut off at ±δ (PyTorch HuberLoss).",
			Params: []spec.Param{{Name: "delta", Doc: "error δ at which the loss becomes linear", Type: spec.Number, Default: 1.0, Range: positive}, reduction},
		},
		Value: formula("a = abs(p - t); l = select(a < delta, 0.5*(a*a), delta*(a - 0.5*delta))"),
		DP:    formula("dp = s*max(min(p - t, delta), -delta)"),
		Mean:  OverElements, Numbers: true,
	},
	{
		Kind: spec.Kind{Name: "bce", Doc: "Binary cross-entropy of a probability, l = −t·log(p) − (1 − t)·log(1 − p) with both logarithms at least −100, gradient e/max(p·(1 − p), 1e−12) (PyTorch BCELoss).", Params: []spec.Param{reduction}},
		// PyTorch's order: it is exact at p = 0 and p = 1.
		Value:  formula("l = (t - 1)*max(log1p(-p), -100) - t*max(log(p), -100)"),
		DP:     formula("dp = s*((p - t)/max((1 - p)*p, 1e-12))"),
		Mean:   OverElements,
		Kinks:  func(_ spec.Args, p, _ float64) bool { return p < 1e-3 || p > 1-1e-3 },
		Refuse: needProbability,
	},
	{
		Kind:   spec.Kind{Name: "bce_with_logits", Doc: "Binary cross-entropy of a logit, l = max(p, 0) − p·t + log1p(exp(−|p|)), gradient σ(p) − t (PyTorch BCEWithLogitsLoss).", Params: []spec.Param{reduction}},
		Value:  formula("l = max(p, 0) - p*t + log1p(exp(-abs(p)))"),
		DP:     formula("dp = s*(sigmoid(p) - t)"),
		Mean:   OverElements,
		Refuse: needLogit,
	},
	crossEntropy,
	nll,
}

// Losses returns the loss table.
func Losses() []Loss { return losses }

// LossByName returns the row of a loss, or nil.
func LossByName(name string) *Loss {
	return find(losses, name, func(r *Loss) *spec.Kind { return &r.Kind })
}

// l2Norm is l = c·√Σ(e/c)² with c = max |e|, so that no square overflows or
// vanishes. c is 1 where it would be 0, infinite or NaN.
func l2Norm(b *Builder, _ spec.Args, p, t, s, _ *ir.Value) (l, dp, of *ir.Value) {
	largest := b.Reduce("largest error", p.Name+"_max", ir.MaxOf, formula("e = abs(p - t)"), "p", p, "t", t)
	c := b.Map("scale of the norm", p.Name+"_scale", formula("c = select(m - m == 0, select(0 < m, m, 1), 1)"), "c", 1, "m", largest)
	sum := b.Reduce("l2_norm", p.Name+"_sum", ir.Sum, formula("r = (p - t)/c; e = r*r"), "p", p, "t", t, "c", c)
	l = b.Map("l2_norm", "l_"+p.Name, formula("l = c*sqrt(z)"), "l", 1, "c", c, "z", sum)
	// Where the norm is not positive it is the zero, or NaN, that dp must be.
	dp = b.Map("l2_norm gradient", "d"+p.Name, formula("dp = select(0 < l, s*((p - t)/l), l)"), "dp", p.Size(),
		"p", p, "t", t, "l", l, "s", s)
	return l, dp, p
}

// equalTarget marks zero error as a kink.
func equalTarget(_ spec.Args, p, t float64) bool { return math.Abs(p-t) < 1e-3 }

// needProbability refuses what is not between 0 and 1.
func needProbability(_ spec.Args, activation string) (why, hint string) {
	switch activation {
	case "sigmoid", "hard_sigmoid", "softmax", "step":
		return "", ""
	}
	return "bce takes probabilities, so sigmoid must stand before it" + not(activation), "write activation: sigmoid, or loss: bce_with_logits"
}

// needLogit refuses what has been through a sigmoid already.
func needLogit(_ spec.Args, activation string) (why, hint string) {
	switch activation {
	case "sigmoid", "hard_sigmoid", "softmax", "log_softmax":
		return "bce_with_logits applies the sigmoid itself, but " + activation + " stands before it",
			"remove the " + activation + ", or write loss: bce"
	}
	return "", ""
}

// not names what stands in the place of what is needed, if it has a name.
func not(activation string) string {
	if activation == "" {
		return ""
	}
	return ", not " + activation
}

package op

import (
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// crossEntropy is computed from logits. After softmax or log_softmax it reads
// the logits these were applied to and sends its gradient there: the
// activation is never applied twice nor differentiated.
var crossEntropy = Loss{
	Kind: spec.Kind{
		Name: "cross_entropy", Aliases: []string{"categorical_cross_entropy"},
		Doc: "Cross-entropy of logits x, l = −Σ t_i·log softmax(x)_i, gradient softmax(x)·Σt − t; fused with a softmax before it (PyTorch CrossEntropyLoss). With weights v and smoothing ε of n classes t_i is v_i·((1 − ε)·t_i + ε/n).",
		Params: []spec.Param{
			{Name: "target", Doc: "class: the number of the right class; distribution: one probability per class", Type: spec.Enum, Enum: []string{"class", "distribution"}, Default: "class"},
			classWeights,
			{Name: "label_smoothing", Doc: "share ε of the target that is spread evenly over all classes", Type: spec.Number, Default: 0.0, Range: &spec.Range{Max: 1, MaxOpen: true}},
			{Name: "axis", Doc: "the last axis, -1: every place along the axes before it, such as the steps of a sequence, is one class, the target has a number for each (PyTorch CrossEntropyLoss of [N, C, places]); absent, the sample is one class", Type: spec.Integer},
			reduction,
		},
	},
	Places: crossEntropyPlaces,
	Mix: func(b *Builder, a spec.Args, p, t, s, w *ir.Value) (l, dp, of *ir.Value) {
		x := logits(b, p)
		switch classes := a.Text("target") == "class"; {
		case classes && a.Float("label_smoothing") == 0:
			l, dp = crossEntropyClass(b, x, t, weighted(b, s, w))
			l = weighted(b, l, w)
		case classes:
			l, dp = crossEntropyDistribution(b, x, smoothed(b, a, b.OneHot("t_hot", x.Size(), t), t), s)
		default:
			l, dp = crossEntropyDistribution(b, x, smoothed(b, a, t, t), s)
		}
		return l, dp, x
	},
	Weigh: weightOfClass,
	Mean:  OverSamples, Class: true,
	Refuse: func(a spec.Args, activation string) (why, hint string) {
		switch {
		case OfPlaces(a) && (activation == "softmax" || activation == "log_softmax"):
			return "with axis every place is a distribution, but " + activation + " makes one of all of them", "write " + activation + ": {axis: -1}"
		case OfPlaces(a) && strings.HasSuffix(activation, overLast):
			return "", ""
		case strings.HasSuffix(activation, overLast):
			return "cross_entropy takes one distribution per sample, but " + activation + " gives several", "write loss: {cross_entropy: {axis: -1}} for one class of every place, or remove axis:"
		case strings.HasSuffix(activation, overAxis):
			return "cross_entropy takes one distribution per sample, but " + activation + " gives several", "remove axis:"
		case activation == "sigmoid" || activation == "hard_sigmoid":
			return "cross_entropy takes logits or a softmax, but " + activation + " stands before it",
				"remove the " + activation + ", or write loss: bce for independent classes"
		}
		return "", ""
	},
}

// classWeights is a field of losses of classes.
var classWeights = spec.Param{
	Name: "class_weights", Type: spec.EnumOrNumbers, Enum: []string{balanced}, Range: positive, ByLabel: true,
	Doc: "a weight v for each class, by which its terms are multiplied; where the target is a class, the mean divides by the sum of the weights of the right classes. balanced: n/(classes·count) of the n samples to train with and the count of them that the class has (scikit-learn compute_class_weight), fitted and stored with the weights",
}

// TargetPrefix stands before the name of an output in that of its target.
const TargetPrefix = "t_"

// balanced is the word for class weights that are fitted.
const balanced = "balanced"

// Balanced reports whether the class weights of a loss are fitted to the
// training data.
func Balanced(loss *spec.Named) bool {
	return loss != nil && loss.Args.Text("class_weights") == balanced
}

// BalancedWeights returns the constant <output>.class_weights, kept with the
// weights and set to the training data.
func (b *Builder) BalancedWeights(output string, classes int) *ir.Value {
	return b.Param(ir.ParamInfo{Name: weightsName(output), Shape: []int{classes}, Values: []float64{1}, FitPort: output, Stat: "class_weights"})
}

func weightsName(output string) string { return output + ".class_weights" }

// weightOfClass is the weight v_t of the right class, nil without weights or a
// right class.
func weightOfClass(b *Builder, a spec.Args, t *ir.Value) *ir.Value {
	if !a.Has("class_weights") || a.Text("target") != "class" {
		return nil
	}
	return b.Gather(t.Name+"_weight", weightsOfClasses(b, a, t), t)
}

// weightsOfClasses are the weights of the classes of a target.
func weightsOfClasses(b *Builder, a spec.Args, t *ir.Value) *ir.Value {
	if a.Text("class_weights") == balanced {
		return b.params[weightsName(strings.TrimPrefix(t.Name, TargetPrefix))]
	}
	return b.Constant(t.Name+"_weights", a.Floats("class_weights"))
}

// weighted is a number times the weight w of the sample, if it has one.
func weighted(b *Builder, x, w *ir.Value) *ir.Value {
	if w == nil {
		return x
	}
	return b.Map("weight of the class", x.Name+"_weighted", formula("y = x*w"), "y", 1, "x", x, "w", w)
}

// smoothed is the distribution q_i = v_i·((1 − ε)·p_i + ε/n) in the place of p,
// that of the target t.
func smoothed(b *Builder, a spec.Args, p, t *ir.Value) *ir.Value {
	e := a.Float("label_smoothing")
	if e == 0 && !a.Has("class_weights") {
		return p
	}
	numbers := map[string]float64{"keep": 1 - e, "share": e / float64(p.Size())}
	if !a.Has("class_weights") {
		return b.Map("label smoothing", t.Name+"_smooth", formula("q = p*keep + share").Bind(numbers), "q", p.Size(), "p", p)
	}
	v := weightsOfClasses(b, a, t)
	return b.Map("weighted label smoothing", t.Name+"_smooth", formula("q = v*(p*keep + share)").Bind(numbers), "q", p.Size(), "p", p, "v", v)
}

// nll is the negative log-likelihood. Like cross_entropy it sends its gradient
// to the logits.
var nll = Loss{
	Kind: spec.Kind{
		Name: "nll",
		Doc:  "Negative log-likelihood, l = −p_t, the log-probability of the right class, gradient softmax(x) − onehot(t) by the logits; needs log_softmax before it (PyTorch NLLLoss).",
		Params: []spec.Param{
			{Name: "target", Doc: "class: the number of the right class", Type: spec.Enum, Enum: []string{"class"}, Default: "class"},
			classWeights,
			reduction,
		},
	},
	Mix: func(b *Builder, _ spec.Args, p, t, s, w *ir.Value) (l, dp, of *ir.Value) {
		right := b.Gather(p.Name+"_t", p, t)
		l = weighted(b, b.Map("nll", "l_"+p.Name, formula("l = -p"), "l", 1, "p", right), w)
		s = weighted(b, s, w)
		hot := b.OneHot("t_hot", p.Size(), t)
		if act, x := b.MadeBy(p); act == "log_softmax" {
			return l, b.Map("nll gradient", "d"+x.Name, formula("dp = s*(exp(p) - h)"), "dp", p.Size(), "p", p, "h", hot, "s", s), x
		}
		return l, b.Map("nll gradient", "d"+p.Name, formula("dp = -s*h"), "dp", p.Size(), "h", hot, "s", s), p
	},
	Weigh: weightOfClass,
	Mean:  OverSamples, Class: true,
	Refuse: func(_ spec.Args, activation string) (why, hint string) {
		if activation == "log_softmax" {
			return "", ""
		}
		if activation == "softmax" {
			hint = "write log_softmax instead of softmax, or loss: cross_entropy"
		} else {
			hint = "add the layer log_softmax, or write loss: cross_entropy"
		}
		return "nll takes log-probabilities, so log_softmax must stand before it" + not(activation), hint
	},
}

// crossEntropyPlaces is, of every place k, l = Σ_i t_ki·(log Σ_j exp(x_kj − m_k) −
// (x_ki − m_k)) with the right class as t, dx_ki = softmax(x_k)_i·Σ_j t_kj − t_ki.
func crossEntropyPlaces(b *Builder, a spec.Args, p Tensor, t, s, w *ir.Value) (l, dx, of *ir.Value) {
	x, last := logits(b, p.Value), len(p.Dims)-1
	g := along(p.Dims, last, last)
	var total *ir.Value
	if a.Text("target") == "class" {
		t = b.OneHot("t_hot", g.length, t)
	} else {
		total = b.repeat(g, b.reduce(g, "sums of the targets", t.Name+"_sums", ir.Sum, formula("e = t"), "t", t))
	}
	if e := a.Float("label_smoothing"); e > 0 {
		t = b.Map("label smoothing", t.Name+"_smooth", formula("q = p*keep + share").Bind(map[string]float64{"keep": 1 - e, "share": e / float64(g.length)}), "q", x.Size(), "p", t)
	}
	m, e, z := expSum(b, x, g)
	m, c, z := b.repeat(g, m), b.repeat(g, b.Map("cross_entropy", x.Name+"_log", formula("c = log(z)"), "c", g.count(), "z", z)), b.repeat(g, z)
	value, gradient := formula("e = t*(c - (x - m))"), formula("dp = s*(e/z - t)")
	if total != nil {
		gradient = formula("dp = s*(e/z*d - t)")
	}
	if w != nil {
		value = append(value.Rename(map[string]string{"e": "all"}), formula("e = select(0 < w, w*all, 0)")...)
		gradient = append(gradient.Rename(map[string]string{"dp": "all"}), formula("dp = select(0 < w, w*all, 0)")...)
	}
	l = b.Reduce("cross_entropy", "l_"+x.Name, ir.Sum, value, "t", t, "c", c, "x", x, "m", m, "w", w)
	dx = b.Map("cross_entropy gradient", "d"+x.Name, gradient, "dp", x.Size(), "e", e, "z", z, "d", total, "t", t, "s", s, "w", w)
	return l, dx, x
}

// logits returns what the softmax or log_softmax that made p was applied to,
// or p itself.
func logits(b *Builder, p *ir.Value) *ir.Value {
	act, x := b.MadeBy(p)
	if act = strings.TrimSuffix(act, overLast); act == "softmax" || act == "log_softmax" {
		return x
	}
	return p
}

// crossEntropyClass is l = log Σ exp(x_j − m) − (x_t − m), dx = softmax(x) − onehot(t).
func crossEntropyClass(b *Builder, x, t, s *ir.Value) (l, dx *ir.Value) {
	m, e, z := expSum(b, x, whole(x.Size()))
	right := b.Gather(x.Name+"_t", x, t)
	l = b.Map("cross_entropy", "l_"+x.Name, formula("l = log(z) - (x - m)"), "l", 1, "x", right, "m", m, "z", z)
	hot := b.OneHot("t_hot", x.Size(), t)
	dx = b.Map("cross_entropy gradient", "d"+x.Name, formula("dp = s*(e/z - h)"), "dp", x.Size(),
		"e", e, "z", z, "h", hot, "s", s)
	return l, dx
}

// crossEntropyDistribution is l = Σ t_i·(log Σ exp(x_j − m) − (x_i − m)),
// dx = softmax(x)·Σt − t. Σt need not be 1.
func crossEntropyDistribution(b *Builder, x, t, s *ir.Value) (l, dx *ir.Value) {
	m, e, z := expSum(b, x, whole(x.Size()))
	c := b.Map("cross_entropy", x.Name+"_log", formula("c = log(z)"), "c", 1, "z", z)
	l = b.Reduce("cross_entropy", "l_"+x.Name, ir.Sum, formula("e = t*(c - (x - m))"), "x", x, "m", m, "c", c, "t", t)
	total := b.Reduce("sum of the target", t.Name+"_sum", ir.Sum, formula("e = t"), "t", t)
	dx = b.Map("cross_entropy gradient", "d"+x.Name, formula("dp = s*(e/z*d - t)"), "dp", x.Size(),
		"e", e, "z", z, "d", total, "t", t, "s", s)
	return l, dx
}

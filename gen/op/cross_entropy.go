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
		Doc: "Cross-entropy of logits x, l = −Σ t_i·log softmax(x)_i, gradient softmax(x)·Σt − t; fused with a softmax before it (PyTorch CrossEntropyLoss).",
		Params: []spec.Param{
			{Name: "target", Doc: "class: the number of the right class; distribution: one probability per class", Type: spec.Enum, Enum: []string{"class", "distribution"}, Default: "class"},
			reduction,
		},
	},
	Mix: func(b *Builder, a spec.Args, p, t, s *ir.Value) (l, dp, of *ir.Value) {
		x := logits(b, p)
		if a.Text("target") == "distribution" {
			l, dp = crossEntropyDistribution(b, x, t, s)
		} else {
			l, dp = crossEntropyClass(b, x, t, s)
		}
		return l, dp, x
	},
	Mean: OverSamples, Class: true,
	Refuse: func(_ spec.Args, activation string) (why, hint string) {
		if strings.HasSuffix(activation, overAxis) {
			return "cross_entropy takes one distribution per sample, but " + activation + " gives several", "remove axis:"
		}
		if activation == "sigmoid" || activation == "hard_sigmoid" {
			return "cross_entropy takes logits or a softmax, but " + activation + " stands before it",
				"remove the " + activation + ", or write loss: bce for independent classes"
		}
		return "", ""
	},
}

// nll is the negative log-likelihood. Like cross_entropy it sends its gradient
// to the logits.
var nll = Loss{
	Kind: spec.Kind{
		Name: "nll",
		Doc:  "Negative log-likelihood, l = −p_t, the log-probability of the right class, gradient softmax(x) − onehot(t) by the logits; needs log_softmax before it (PyTorch NLLLoss).",
		Params: []spec.Param{
			{Name: "target", Doc: "class: the number of the right class", Type: spec.Enum, Enum: []string{"class"}, Default: "class"},
			reduction,
		},
	},
	Mix: func(b *Builder, _ spec.Args, p, t, s *ir.Value) (l, dp, of *ir.Value) {
		right := b.Gather(p.Name+"_t", p, t)
		l = b.Map("nll", "l_"+p.Name, formula("l = -p"), "l", 1, "p", right)
		hot := b.OneHot("t_hot", p.Size(), t)
		if act, x := b.MadeBy(p); act == "log_softmax" {
			return l, b.Map("nll gradient", "d"+x.Name, formula("dp = s*(exp(p) - h)"), "dp", p.Size(), "p", p, "h", hot, "s", s), x
		}
		return l, b.Map("nll gradient", "d"+p.Name, formula("dp = -s*h"), "dp", p.Size(), "h", hot, "s", s), p
	},
	Mean: OverSamples, Class: true,
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

// logits returns what the softmax or log_softmax that made p was applied to,
// or p itself.
func logits(b *Builder, p *ir.Value) *ir.Value {
	if act, x := b.MadeBy(p); act == "softmax" || act == "log_softmax" {
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

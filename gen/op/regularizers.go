package op

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// method is a field of every regulariser.
var method = spec.Param{
	Name: "method", Doc: "subgradient: add the gradient of the penalty to the loss's; proximal: shrink the weights after the optimiser's step (sgd only)",
	Type: spec.Enum, Enum: []string{"subgradient", "proximal"}, Default: "subgradient",
}

// regularizers is the regulariser table. The penalty is a sum over the
// weights, not a mean, and does not depend on the batch.
var regularizers = []Regularizer{
	{
		Kind: spec.Kind{
			Name: "l1", Doc: "Lasso, λ·Σ|w|, gradient λ·sign(w), 0 at 0; the proximal step reaches exact zeros (Keras L1).",
			Params: []spec.Param{lambda("factor λ"), method},
		},
		Penalty: formula("r = lambda*abs(w)"),
		Grad:    formula("dw = select(0 < w, lambda, select(w < 0, -lambda, w))"),
		Prox:    func(spec.Args) expr.Program { return softThreshold("lambda") },
	},
	{
		Kind: spec.Kind{
			Name: "l2", Doc: "Ridge, λ·Σw², gradient 2·λ·w, twice that of a weight_decay of λ (Keras L2).",
			Params: []spec.Param{lambda("factor λ"), method},
		},
		Penalty: formula("r = lambda*(w*w)"),
		Grad:    formula("dw = 2*lambda*w"),
		Prox:    func(spec.Args) expr.Program { return shrink("lambda") },
	},
	{
		Kind: spec.Kind{
			Name: "l1_l2", Doc: "Elastic net, λ₁·Σ|w| + λ₂·Σw² (Keras L1L2).",
			Params: []spec.Param{
				{Name: "l1", Doc: "factor λ₁ of |w|", Type: spec.Number, Required: true, Range: notNegative},
				{Name: "l2", Doc: "factor λ₂ of w²", Type: spec.Number, Required: true, Range: notNegative},
				method,
			},
		},
		Penalty: formula("r = l1*abs(w) + l2*(w*w)"),
		Grad:    formula("dw = 2*l2*w + select(0 < w, l1, select(w < 0, -l1, w))"),
		Prox:    func(spec.Args) expr.Program { return programs(softThreshold("l1"), shrink("l2")) },
	},
	{
		Kind: spec.Kind{
			Name: "lp", Doc: "Lp penalty, λ·Σ|w|^p, gradient λ·p·|w|^(p−1)·sign(w), 0 at 0 (the lecture's ℓp regularisation).",
			Params: []spec.Param{
				{Name: "p", Doc: "exponent; 1 is l1, 2 is l2", Type: spec.Number, Required: true, Range: &spec.Range{Min: 1, Max: math.Inf(1)}},
				{Name: "lambda", Doc: "factor λ", Type: spec.Number, Required: true, Range: notNegative},
				method,
			},
		},
		Check:   checkLp,
		Penalty: formula("r = lambda*pow(abs(w), p)"),
		Grad:    formula("a = lambda*p*pow(abs(w), p - 1); dw = select(0 < w, a, select(w < 0, -a, w))"),
		Prox:    proxLp,
	},
}

func lambda(doc string) spec.Param {
	return spec.Param{Name: "lambda", Doc: doc, Type: spec.Number, Required: true, Short: true, Range: notNegative}
}

// Regularizers returns the regulariser table.
func Regularizers() []Regularizer { return regularizers }

// RegularizerByName returns the row of a regulariser, or nil.
func RegularizerByName(name string) *Regularizer {
	return find(regularizers, name, func(r *Regularizer) *spec.Kind { return &r.Kind })
}

// softThreshold is sign(w)·max(|w| − lr·λ, 0), exactly 0 below the threshold.
func softThreshold(lambda string) expr.Program {
	return formula("w = w - max(min(w, lr*lambda), -(lr*lambda))").Rename(map[string]string{"lambda": lambda})
}

func shrink(lambda string) expr.Program {
	return formula("w = w/(1 + 2*lambda*lr)").Rename(map[string]string{"lambda": lambda})
}

package op

import (
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// activations is the activation table.
var activations = slices.Concat(nonlinearities, mathFunctions)

// nonlinearities are the activations of the literature.
//
// The formulas hold for every float32 and float64: comparisons are written so
// that a NaN takes the branch that returns it, and arguments are cut off
// where the function is constant or zero in float64, so that no ∞·0, ∞−∞ or
// overflowing square arises. The sign of a zero gradient is not defined.
var nonlinearities = []Activation{
	{
		Kind: spec.Kind{Name: "linear", Aliases: []string{"identity"}, Doc: "Identity, y = x (PyTorch Identity, Keras linear)."},
		Y:    formula("y = x"), DX: formula("dx = dy"),
		Bound: "exact",
	},
	{
		Kind: spec.Kind{Name: "sigmoid", Aliases: []string{"logistic"}, Doc: "Logistic function, y = 1/(1 + exp(−x)), y′ = y·(1 − y) (lecture eq. 2; PyTorch Sigmoid)."},
		Y:    formula("y = sigmoid(x)"), DX: formula("dx = dy*(y*(1 - y))"),
		Bound: "y: 3.5·2⁻²⁴·|y|; y′: 1.5·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "step", Aliases: []string{"heaviside"},
			Doc: "Step function, y = 0 for x < 0, else 1; its derivative is 0 (lecture eq. 3).",
			Params: []spec.Param{
				{Name: "gradient", Doc: "none: the net only infers; straight_through: train as if y = x", Type: spec.Enum, Enum: []string{"none", "straight_through"}, Default: "none"},
			},
		},
		Variant: stepVariant,
		Refuse: func(a spec.Args) (why, hint string) {
			if a.Text("gradient") == "straight_through" {
				return "", ""
			}
			return "step has derivative 0, so the net cannot train through it",
				"write {step: {gradient: straight_through}}, or codegen: {train: false}"
		},
		Kinks: at(0),
		Bound: "exact",
	},
	{
		Kind: spec.Kind{Name: "softsign", Doc: "Softsign, y = x/(1 + |x|), y′ = 1/(1 + |x|)² (lecture, its eq. 4 corrected; PyTorch Softsign)."},
		// From 1e30 on y is ±1; without the cut, ∞/∞.
		Y:     formula("a = max(min(x, 1e30), -1e30); y = a/(1 + abs(a))"),
		DX:    formula("r = 1/(1 + abs(x)); dx = dy*(r*r)"),
		Bound: "y: 2·2⁻²⁴·|y|; y′: 3·2⁻²⁴",
	},
	{
		Kind: spec.Kind{Name: "tanh", Doc: "Hyperbolic tangent, y = (exp(x) − exp(−x))/(exp(x) + exp(−x)), y′ = 1 − y² (lecture eq. 5, its tanh corrected; PyTorch Tanh)."},
		Y:    formula("y = tanh(x)"), DX: formula("dx = dy*(1 - y*y)"),
		Bound: "y: 2.5·2⁻²⁴·|y|; y′: 5·2⁻²⁴",
	},
	{
		Kind: spec.Kind{Name: "relu", Doc: "Rectified linear unit, y = max(x, 0), y′ = 1 for x > 0, else 0, also at 0 (lecture eq. 6; PyTorch ReLU)."},
		// Where y is not positive it is the zero, or NaN, that dx must be.
		Y: formula("y = select(x < 0, 0, x)"), DX: formula("dx = select(0 < y, dy, y)"),
		Kinks: at(0), Relu: true,
		Bound: "exact",
	},
	{
		Kind: spec.Kind{Name: "relu6", Doc: "ReLU with a limit, y = min(max(x, 0), 6), y′ = 1 for 0 < x < 6, else 0, also at 0 and 6 (PyTorch ReLU6)."},
		Y:    formula("y = select(x < 0, 0, select(6 < x, 6, x))"), DX: formula("dx = select(0 < y, select(y < 6, dy, 0), y)"),
		Kinks: at(0, 6), Relu: true,
		Bound: "exact",
	},
	{
		Kind: spec.Kind{
			Name: "leaky_relu",
			Doc:  "Leaky ReLU, y = x for x ≥ 0, else s·x, y′ = 1 for x > 0, else s, also at 0 (lecture eq. 7 corrected; PyTorch LeakyReLU).",
			Params: []spec.Param{
				{Name: "negative_slope", Doc: "slope s for x < 0; for a slope of 0 use relu", Type: spec.Number, Default: 0.01, Range: positive},
			},
		},
		// The slope is positive, so y has the sign of x.
		Y:     formula("y = select(x < 0, negative_slope*x, x)"),
		DX:    formula("dx = select(0 < y, dy, select(y <= 0, negative_slope*dy, y))"),
		Kinks: at(0), Relu: true,
		Bound: "y: 1.5·2⁻²⁴·|y|; y′: 0.5·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "elu", Doc: "Exponential linear unit, y = x for x > 0, else α·(exp(x) − 1), y′ = 1 or α·exp(x) (Clevert et al. 2015; PyTorch ELU).",
			Params: []spec.Param{{Name: "alpha", Doc: "−α is the limit at −∞", Type: spec.Number, Default: 1.0, Range: positive}},
		},
		// By x: y + α would cancel.
		Y:     formula("y = select(x < 0, alpha*expm1(x), x)"),
		DX:    formula("dx = select(0 < x, dy, dy*(alpha*exp(x)))"),
		Kinks: at(0), Relu: true,
		Bound: "y: 1.5·2⁻²⁴·|y|; y′: 1·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "selu", Doc: "Scaled ELU, y = γ·elu(x) with α (Klambauer et al. 2017; PyTorch SELU).",
			Params: []spec.Param{
				{Name: "alpha", Doc: "−γ·α is the limit at −∞", Type: spec.Number, Default: 1.6732632423543772, Range: positive},
				{Name: "gamma", Doc: "scale γ", Type: spec.Number, Default: 1.0507009873554805, Range: positive},
			},
		},
		Y:     formula("y = select(x < 0, gamma*alpha*expm1(x), gamma*x)"),
		DX:    formula("dx = dy*select(0 < x, gamma, gamma*alpha*exp(x))"),
		Kinks: at(0), Relu: true,
		Bound: "y: 2.5·2⁻²⁴·|y|; y′: 2.5·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "celu", Doc: "Continuously differentiable ELU, y = x for x > 0, else α·(exp(x/α) − 1), y′ = 1 or exp(x/α) (Barron 2017; PyTorch CELU).",
			Params: []spec.Param{{Name: "alpha", Doc: "−α is the limit at −∞", Type: spec.Number, Default: 1.0, Range: positive}},
		},
		Y:     formula("y = select(x < 0, alpha*expm1(x/alpha), x)"),
		DX:    formula("dx = select(0 < x, dy, dy*exp(x/alpha))"),
		Kinks: at(0), Relu: true,
		Bound: "y: 1.5·2⁻²⁴·|y|; y′: 1·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "gelu", Doc: "Gaussian error linear unit, y = x·Φ(x) with the normal distribution Φ(x) = (1 + erf(x/√2))/2 (Hendrycks and Gimpel 2016; PyTorch GELU).",
			Params: []spec.Param{{Name: "approximate", Doc: "tanh: y = x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2 instead", Type: spec.Enum, Enum: []string{"none", "tanh"}, Default: "none"}},
		},
		Variant: geluVariant,
		Bound:   "y: 2·2⁻²⁴·max(1,|x|); y′: 3·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "silu", Aliases: []string{"swish"}, Doc: "Sigmoid linear unit, y = x·σ(β·x), y′ = σ + β·x·σ·(1 − σ) (Elfwing et al. 2017; PyTorch SiLU, ONNX Swish).",
			Params: []spec.Param{{Name: "beta", Doc: "slope β of the sigmoid", Type: spec.Number, Default: 1.0, Range: positive}},
		},
		Variant: siluVariant,
		Bound:   "y: 4·2⁻²⁴·|y|; y′: 3·2⁻²⁴",
	},
	{
		Kind: spec.Kind{Name: "softplus", Doc: "Softplus, y = log(1 + exp(x)) = max(x, 0) + log1p(exp(−|x|)), y′ = σ(x) (PyTorch Softplus, without its threshold at 20)."},
		// σ(x) = 1 − exp(−y), which is accurate at both ends.
		Y: formula("y = max(x, 0) + log1p(exp(-abs(x)))"), DX: formula("dx = dy*(-expm1(-y))"),
		Bound: "y: 2.5·2⁻²⁴·|y|; y′: 1·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "hard_sigmoid", Doc: "Piecewise linear sigmoid, y = min(max(α·x + β, 0), 1), y′ = α where 0 < y < 1, else 0 (PyTorch Hardsigmoid and Keras 3: α = 1/6; ONNX and Keras 2: α = 0.2).",
			Params: []spec.Param{
				{Name: "alpha", Doc: "slope α", Type: spec.Number, Default: 1.0 / 6, Range: positive},
				{Name: "beta", Doc: "value β at 0", Type: spec.Number, Default: 0.5},
			},
		},
		Variant: hardSigmoidVariant,
		Kinks:   hardSigmoidKinks,
		Bound:   "y: 2·2⁻²⁴·|y|; y′: 0.5·2⁻²⁴",
	},
	{
		Kind:  spec.Kind{Name: "hard_swish", Aliases: []string{"hard_silu"}, Doc: "Piecewise swish, y = x·min(max(x + 3, 0), 6)/6, y′ = x/3 + ½ between −3 and 3 (Howard et al. 2019; PyTorch Hardswish)."},
		Y:     formula("a = max(x, -3); y = a*(min(a + 3, 6)/6)"),
		DX:    formula("dx = select(3 <= x, dy, select(x <= -3, 0, dy*(x/3 + 0.5)))"),
		Kinks: at(-3, 3),
		Bound: "y: 2.5·2⁻²⁴·|y|; y′: 1.5·2⁻²⁴",
	},
	{
		Kind: spec.Kind{Name: "mish", Doc: "Mish, y = x·tanh(softplus(x)), y′ = t + x·σ(x)·(1 − t²) with t = y/x (Misra 2019; PyTorch Mish)."},
		// With w = exp(x), t = (w² + 2w)/(w² + 2w + 2); for x > 0 both are
		// divided by w². m is the denominator's last term.
		Y: formula(`
			a = max(x, -1000); e = exp(-abs(a))
			n = select(a < 0, e*(e + 2), 1 + 2*e)
			m = select(a < 0, 2, 2*e*e)
			y = a*(n/(n + m))`),
		DX: formula(`
			a = max(min(x, 1000), -1000); e = exp(-abs(a))
			n = select(a < 0, e*(e + 2), 1 + 2*e)
			m = select(a < 0, 2, 2*e*e)
			q = 1/(n + m); r = n*q
			dx = dy*(r + a*(select(a < 0, e, 1)/(1 + e)*(m*q*(1 + r))))`),
		Bound: "y: 5·2⁻²⁴·|y|; y′: 3.5·2⁻²⁴",
	},
	softmax,
	logSoftmax,
}

// Activations returns the activation table.
func Activations() []Activation { return activations }

// ActivationByName returns the row of an activation, or nil.
func ActivationByName(name string) *Activation {
	return find(activations, name, func(r *Activation) *spec.Kind { return &r.Kind })
}

// stepVariant gives the step function its gradient.
func stepVariant(a spec.Args) (y, dx expr.Program) {
	y = formula("y = select(x < 0, 0, select(0 <= x, 1, x))")
	if a.Text("gradient") == "straight_through" {
		return y, formula("dx = select(0 <= y, dy, y)")
	}
	return y, formula("dx = y - y") // 0, or NaN where y is
}

// geluVariant is the exact function or its approximation. The latter is
// written with (1 + tanh(v/2))/2 = σ(v), which does not cancel for x < 0; its
// derivative is σ + σ·(1 − σ)·u with u = x·v′, as in silu.
func geluVariant(a spec.Args) (y, dx expr.Program) {
	if a.Text("approximate") == "tanh" {
		return formula(`
				a = max(x, -40)
				y = a*sigmoid(sqrt(8/3.141592653589793)*(a + 0.044715*(a*a*a)))`),
			formula(`
				a = max(min(x, 40), -40)
				v = sqrt(8/3.141592653589793)*(a + 0.044715*(a*a*a))
				u = sqrt(8/3.141592653589793)*(a + 3*0.044715*(a*a*a))
				e = exp(-abs(v)); q = 1/(1 + e)
				r = select(v < 0, e*q, q)
				dx = dy*(r + u*(e*q*q))`)
	}
	return formula(`
			a = max(x, -40)
			y = 0.5*a*(1 + erf(sqrt(0.5)*a))`),
		formula(`
			a = max(min(x, 40), -40)
			dx = dy*(0.5*(1 + erf(sqrt(0.5)*a)) + a*(sqrt(0.5/3.141592653589793)*exp(-0.5*(a*a))))`)
}

// formula parses a row's program.
func formula(src string) expr.Program { return expr.MustParse(src) }

// at lists fixed kinks.
func at(xs ...float64) func(spec.Args) []float64 {
	return func(spec.Args) []float64 { return xs }
}

// The ranges of the rows' fields.
var (
	positive    = &spec.Range{Min: 0, MinOpen: true, Max: math.Inf(1)}
	notNegative = &spec.Range{Min: 0, Max: math.Inf(1)}
	fraction    = &spec.Range{Min: 0, Max: 1, MaxOpen: true} // [0, 1)
	count       = &spec.Range{Min: 1, Max: 1 << 53}
)

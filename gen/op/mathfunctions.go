package op

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// mathFunctions are the activations that are elementary functions rather than
// nonlinearities of their own. Where a function is not defined it is NaN, and
// so is its gradient.
var mathFunctions = []Activation{
	{
		Kind: spec.Kind{Name: "abs", Doc: "Absolute value, y = |x|, y′ = sign(x), 0 at 0 (PyTorch abs)."},
		Y:    formula("y = abs(x)"), DX: formula("dx = select(0 < x, dy, select(x < 0, -dy, x))"),
		Kinks: at(0),
		Bound: "exact",
	},
	{
		Kind: spec.Kind{Name: "neg", Aliases: []string{"negative"}, Doc: "Negation, y = −x, y′ = −1 (PyTorch neg)."},
		Y:    formula("y = -x"), DX: formula("dx = -dy"),
		Bound: "exact",
	},
	{
		Kind: spec.Kind{Name: "sign", Doc: "Sign, y = −1, 0 or 1; its derivative is 0 (PyTorch sign)."},
		Y:    formula("y = select(0 < x, 1, select(x < 0, -1, x))"), DX: formula("dx = y - y"),
		Kinks: at(0),
		Refuse: func(spec.Args) (why, hint string) {
			return "sign has derivative 0, so the net cannot train through it", "write tanh or softsign, or codegen: {train: false}"
		},
		Bound: "exact",
	},
	{
		Kind: spec.Kind{Name: "exp", Aliases: []string{"exponential"}, Doc: "Exponential function, y = exp(x), y′ = y (PyTorch exp)."},
		Y:    formula("y = exp(x)"), DX: formula("dx = dy*y"),
		Bound: "y: 2.5·2⁻²⁴·|y|; y′: 2.5·2⁻²⁴·|y′|",
	},
	{
		Kind: spec.Kind{Name: "log", Doc: "Natural logarithm, y = ln x, y′ = 1/x; NaN for x < 0 (PyTorch log)."},
		Y:    formula("y = log(x)"), DX: formula("dx = select(x < 0, y, dy/x)"),
		Bound: "y: 2·2⁻²⁴·|y|; y′: 1·2⁻²⁴·|y′|",
	},
	{
		Kind: spec.Kind{Name: "sqrt", Doc: "Square root, y = √x, y′ = 1/(2·y); NaN for x < 0 (PyTorch sqrt)."},
		Y:    formula("y = sqrt(x)"), DX: formula("dx = dy*(0.5/y)"),
		Bound: "y: 1·2⁻²⁴·|y|; y′: 2·2⁻²⁴·|y′|",
	},
	{
		Kind: spec.Kind{Name: "square", Doc: "Square, y = x², y′ = 2·x (PyTorch square)."},
		Y:    formula("y = x*x"), DX: formula("dx = dy*(2*x)"),
		Bound: "y: 1·2⁻²⁴·|y|; y′: 0·2⁻²⁴·|y′|",
	},
	{
		Kind: spec.Kind{Name: "reciprocal", Doc: "Reciprocal, y = 1/x, y′ = −y² (PyTorch reciprocal)."},
		Y:    formula("y = 1/x"), DX: formula("dx = -dy*(y*y)"),
		Bound: "y: 1·2⁻²⁴·|y|; y′: 3·2⁻²⁴·|y′|",
	},
	{
		Kind: spec.Kind{
			Name: "pow", Doc: "Power, y = x^p, y′ = p·x^(p − 1), 0 for p = 0; NaN for x < 0 unless p is whole (PyTorch pow).",
			Params: []spec.Param{{Name: "exponent", Doc: "exponent p", Type: spec.Number, Required: true, Short: true}},
		},
		Y:     formula("y = pow(x, exponent)"),
		DX:    formula("dx = select(exponent == 0, select(dy == dy, 0, dy), dy*(exponent*pow(x, exponent - 1)))"),
		Bound: "y: 2·2⁻²⁴·|y|; y′: 4·2⁻²⁴·|y′|",
	},
	{
		Kind: spec.Kind{Name: "erf", Doc: "Error function, y = 2/√π·∫₀ˣ exp(−t²) dt, y′ = 2/√π·exp(−x²) (PyTorch erf)."},
		Y:    formula("y = erf(x)"), DX: formula("dx = dy*(1.1283791670955126*exp(-(x*x)))"),
		Bound: "y: 2·2⁻²⁴·|y|; y′: 3·2⁻²⁴",
	},
	{
		Kind: spec.Kind{Name: "sin", Doc: "Sine of an angle in radians, y = sin(x), y′ = cos(x); in float64 portable code on every path (PyTorch sin)."},
		Y:    formula("y = sin(x)"), DX: formula("dx = dy*cos(x)"),
		Bound: "y: 1.1·2⁻²⁴·|y|; y′: 2.1·2⁻²⁴",
	},
	{
		Kind: spec.Kind{Name: "cos", Doc: "Cosine of an angle in radians, y = cos(x), y′ = −sin(x); in float64 portable code on every path (PyTorch cos)."},
		Y:    formula("y = cos(x)"), DX: formula("dx = -dy*sin(x)"),
		Bound: "y: 1.1·2⁻²⁴·|y|; y′: 2.1·2⁻²⁴",
	},
	{
		Kind: spec.Kind{
			Name: "clip", Aliases: []string{"clamp"}, Doc: "Cuts off, y = min(max(x, a), b), y′ = 1 for a ≤ x ≤ b, else 0 (ONNX Clip, PyTorch clamp).",
			Params: []spec.Param{
				{Name: "min", Doc: "least value a; none if absent", Type: spec.Number},
				{Name: "max", Doc: "greatest value b; none if absent", Type: spec.Number},
			},
		},
		Variant: clipVariant,
		Check: func(a spec.Args) (why, hint string) {
			switch {
			case !a.Has("min") && !a.Has("max"):
				return "clip needs an end, or it cuts nothing off", "write min, max or both"
			case a.Has("min") && a.Has("max") && a.Float("max") < a.Float("min"):
				return "the max of clip must not be less than its min", "exchange the two"
			}
			return "", ""
		},
		Kinks: func(a spec.Args) (xs []float64) {
			for _, end := range []string{"min", "max"} {
				if a.Has(end) {
					xs = append(xs, a.Float(end))
				}
			}
			return xs
		},
		Bound: "exact",
	},
	{
		Kind: spec.Kind{
			Name: "thresholded_relu", Doc: "Rectified linear unit with a threshold, y = x for x > θ, else 0, y′ = 1 or 0 (ONNX ThresholdedRelu, PyTorch Threshold).",
			Params: []spec.Param{{Name: "theta", Doc: "threshold θ", Type: spec.Number, Default: 1.0}},
		},
		Y:     formula("y = select(x <= theta, 0, x)"),
		DX:    formula("dx = select(theta < x, dy, select(x <= theta, 0, x))"),
		Kinks: func(a spec.Args) []float64 { return []float64{a.Float("theta")} },
		Bound: "exact",
	},
}

// clipVariant cuts off at the ends there are.
func clipVariant(a spec.Args) (y, dx expr.Program) {
	value, grad := "x", "select(x == x, dy, x)"
	if a.Has("min") {
		value, grad = "max("+value+", min)", "select(x < min, 0, "+grad+")"
	}
	if a.Has("max") {
		value, grad = "min("+value+", max)", "select(max < x, 0, "+grad+")"
	}
	return formula("y = " + value), formula("dx = " + grad)
}

// hardSigmoidVariant is PyTorch's by default; any other slope and offset are
// those of ONNX and Keras 2.
func hardSigmoidVariant(a spec.Args) (y, dx expr.Program) {
	// By y: 0 and NaN are returned as they are.
	if a.Float("alpha") == 1.0/6 && a.Float("beta") == 0.5 {
		return formula("y = min(max(x + 3, 0), 6)/6"), formula("dx = select(0 < y, select(y < 1, dy/6, 0), y)")
	}
	return formula("y = min(max(alpha*x + beta, 0), 1)"), formula("dx = select(0 < y, select(y < 1, alpha*dy, 0), y)")
}

// siluVariant is silu(β·x)/β. σ = r and σ·(1 − σ) = e·q² of one exponential;
// 1 − σ would cancel.
func siluVariant(a spec.Args) (y, dx expr.Program) {
	y = formula("a = max(x, -1000); y = a*sigmoid(a)")
	dx = formula("a = max(min(x, 1000), -1000)")
	if a.Float("beta") != 1 {
		y = formula("a = max(beta*x, -1000); y = a*sigmoid(a)/beta")
		dx = formula("a = max(min(beta*x, 1000), -1000)")
	}
	return y, append(dx, formula(`
			e = exp(-abs(a)); q = 1/(1 + e)
			r = select(a < 0, e*q, q)
			dx = dy*(r + a*(e*q*q))`)...)
}

// hardSigmoidKinks are where the line meets 0 and 1.
func hardSigmoidKinks(a spec.Args) []float64 {
	alpha, beta := a.Float("alpha"), a.Float("beta")
	if alpha == 1.0/6 && beta == 0.5 {
		return []float64{-3, 3}
	}
	return []float64{-beta / alpha, (1 - beta) / alpha}
}

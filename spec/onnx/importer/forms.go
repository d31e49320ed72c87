package importer

import (
	"math"

	"github.com/nngen-go/nngen/spec/onnx/symbolic"
)

// fn is a function of one number in exact terms.
type fn = *symbolic.Func

// form is a row of the table functions in exact terms.
type form struct {
	of func(x fn, p []float64) fn
	// read guesses the fields of a function that may be this one; what they are is
	// proven afterwards. It is nil where nothing is recognised as the function.
	read func(f fn) (p []float64, ok bool)
	// nearly reports whether a function that is not the same differs from it by
	// an amount that is proven not to matter; nil: there is none.
	nearly func(f fn) bool
}

// softplusThreshold is from where on softplus(x) may be written as x: they
// differ by log(1 + exp(−x)), there less than 1.1e-10 of x, where a float32 has
// 6e-8. PyTorch's softplus does so.
const softplusThreshold = 20

// forms has a row for every function.
var forms = map[string]form{
	"linear":     plain(func(x fn) fn { return x }),
	"relu":       plain(func(x fn) fn { return x.Max(symbolic.Number(0)) }),
	"sigmoid":    plain(fn.Sigmoid),
	"tanh":       plain(fn.Tanh),
	"softsign":   plain(func(x fn) fn { return x.Over(symbolic.Number(1).Plus(x.Abs())) }),
	"softplus":   {of: fixed(softplusForm), read: nothing, nearly: softplusNearly},
	"gelu":       plain(func(x fn) fn { return half(x, times(x, math.Sqrt(0.5)).Erf()) }),
	"gelu_tanh":  plain(func(x fn) fn { return half(x, times(x.Plus(times(x.Pow(3), 0.044715)), math.Sqrt(2/math.Pi)).Tanh()) }),
	"mish":       plain(func(x fn) fn { return x.Times(softplusForm(x).Tanh()) }),
	"hard_swish": plain(func(x fn) fn { return x.Times(between(plus(x, 3), 0, 6)).Over(symbolic.Number(6)) }),
	"abs":        plain(fn.Abs),
	"step":       plain(func(x fn) fn { return negative(x, symbolic.Number(0), symbolic.Number(1)) }),
	"silu": {
		of:   func(x fn, p []float64) fn { return x.Times(times(x, p[0]).Sigmoid()) },
		read: func(f fn) ([]float64, bool) { return positives(f.Inside(0, "sigmoid")) },
	},
	"leaky_relu": {
		of:   func(x fn, p []float64) fn { return negative(x, times(x, p[0]), x) },
		read: func(f fn) ([]float64, bool) { return positives(f.Factor(0, "x")) },
	},
	"elu": {
		of:   func(x fn, p []float64) fn { return negative(x, times(plus(x.Exp(), -1), p[0]), x) },
		read: func(f fn) ([]float64, bool) { return positives(f.Factor(0, "exp")) },
	},
	"celu": {
		of: func(x fn, p []float64) fn {
			return negative(x, times(plus(x.Over(symbolic.Number(p[0])).Exp(), -1), p[0]), x)
		},
		read: func(f fn) ([]float64, bool) { return positives(f.Factor(0, "exp")) },
	},
	"selu": {
		of: func(x fn, p []float64) fn {
			return negative(x, times(times(plus(x.Exp(), -1), p[0]), p[1]), times(x, p[1]))
		},
		read: func(f fn) ([]float64, bool) {
			gamma := f.Factor(1, "x")
			return positives(f.Factor(0, "exp")/gamma, gamma)
		},
	},
	"thresholded_relu": {
		of: func(x fn, p []float64) fn {
			return x.LessOrEqual(symbolic.Number(p[0])).Where(symbolic.Number(0), x)
		},
		read: func(f fn) ([]float64, bool) { return f.Breaks(), len(f.Breaks()) == 1 },
	},
	"hard_sigmoid": {
		of: func(x fn, p []float64) fn { return between(plus(times(x, p[0]), p[1]), 0, 1) },
		read: func(f fn) ([]float64, bool) {
			return []float64{f.Factor(1, "x"), f.Factor(1, "")}, f.Factor(1, "x") > 0
		},
	},
	"clip": {of: func(x fn, p []float64) fn { return between(x, p[0], p[1]) }, read: readClip},

	"exp":        {of: fixed(fn.Exp)},
	"log":        {of: fixed(fn.Log)},
	"sqrt":       {of: fixed(fn.Sqrt)},
	"square":     {of: fixed(func(x fn) fn { return x.Times(x) })},
	"reciprocal": {of: fixed(func(x fn) fn { return symbolic.Number(1).Over(x) })},
	"erf":        {of: fixed(fn.Erf)},
	"sin":        {of: fixed(fn.Sin)},
	"cos":        {of: fixed(fn.Cos)},
	"sign":       {of: fixed(fn.Sign)},
	"pow":        {of: func(x fn, p []float64) fn { return x.Pow(p[0]) }},
}

// plain is the row of a function without fields.
func plain(f func(x fn) fn) form { return form{of: fixed(f), read: nothing} }

func fixed(f func(x fn) fn) func(x fn, p []float64) fn {
	return func(x fn, _ []float64) fn { return f(x) }
}

func nothing(fn) ([]float64, bool) { return nil, true }

// positives are fields that the language wants positive.
func positives(p ...float64) ([]float64, bool) {
	for _, v := range p {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, false
		}
	}
	return p, true
}

func plus(x fn, c float64) fn  { return x.Plus(symbolic.Number(c)) }
func times(x fn, c float64) fn { return x.Times(symbolic.Number(c)) }

// half is x·(1 + f)/2.
func half(x, f fn) fn { return times(x, 0.5).Times(plus(f, 1)) }

// negative is below where x < 0, else from.
func negative(x, below, from fn) fn { return x.Less(symbolic.Number(0)).Where(below, from) }

// between cuts off at two ends, either of which may be infinite.
func between(x fn, lo, hi float64) fn {
	if !math.IsInf(lo, -1) {
		x = x.Max(symbolic.Number(lo))
	}
	if !math.IsInf(hi, 1) {
		x = x.Min(symbolic.Number(hi))
	}
	return x
}

func softplusForm(x fn) fn { return plus(x.Exp(), 1).Log() }

func softplusNearly(f fn) bool {
	at := f.Breaks()
	return len(at) == 1 && at[0] >= softplusThreshold && f.Part(0).Same(softplusForm(symbolic.X())) && f.Part(1).Same(symbolic.X())
}

func readClip(f fn) ([]float64, bool) {
	at := f.Breaks()
	switch {
	case len(at) == 2:
		return at, true
	case len(at) == 1 && f.Factor(0, "x") == 0:
		return []float64{at[0], math.Inf(1)}, true
	case len(at) == 1:
		return []float64{math.Inf(-1), at[0]}, true
	}
	return nil, false
}

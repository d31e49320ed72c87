package op

import (
	"fmt"
	"math"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// Exponents between 1 and this one are refused for the proximal step of lp:
// its 1/(p−1)-th power would have lost its digits.
const nearestOne = 1.01

// The largest exponent of the proximal step: larger ones overflow float32.
const largestExponent = 16

func checkLp(a spec.Args) (why, hint string) {
	p := a.Float("p")
	if a.Text("method") != "proximal" || p == 1 || p >= nearestOne && p <= largestExponent {
		return "", ""
	}
	return fmt.Sprintf("method proximal takes p = 1 or p between %g and %d, got %g", nearestOne, largestExponent, p),
		"write p: 1, or method: subgradient"
}

// proxLp is the proximal step of λ·|w|^p: the v ≥ 0 with
//
//	v + k·v^(p−1) = |w|, k = lr·λ·p,
//
// with the sign of w. For p > 2 this is solved for v, for p < 2 for
// u = v^(p−1). Both are u + k·u^q = a or u^q + k·u = a with q > 1, convex and
// increasing, so that Newton's method from an upper bound falls to the
// solution without overshooting; each step, ((q−1)·u^q + a)/(q·u^(q−1) + k),
// adds positive numbers only. The number of steps is fixed by p.
func proxLp(a spec.Args) expr.Program {
	switch p := a.Float("p"); {
	case p == 1:
		return softThreshold("lambda")
	case p == 2:
		return shrink("lambda")
	case p > 2:
		return proxNewton(p-1, formula("u = min(a, pow(a/k, 1/q))"),
			formula("v = k*pow(u, q - 1); u = ((q - 1)*v*u + a)/(q*v + 1)"),
			formula("v = u"))
	default:
		return proxNewton(1/(p-1), formula("u = min(pow(a, 1/q), a/k)"),
			formula("v = pow(u, q - 1); u = ((q - 1)*v*u + a)/(q*v + k)"),
			// a − k·u is the more accurate form of u^q unless it cancels.
			formula("v = pow(u, q); v = select(2*v < a, v, a - k*u)"))
	}
}

// proxNewton joins start, steps and result; a weight of 0 or NaN stays.
func proxNewton(q float64, start, step, result expr.Program) expr.Program {
	prog := programs(formula("a = abs(w); k = lr*lambda*p"), start)
	for range newtonSteps(q) {
		prog = append(prog, step...)
	}
	prog = programs(prog, result, formula("w = select(0 < a, select(w < 0, -v, v), w)"))
	return prog.Bind(map[string]float64{"q": q})
}

// newtonSteps is the number of steps to float64 precision from anywhere, with
// one to spare; TestProximalLp measures it. The start is off by a factor of
// about q at most, and the last steps double the digits.
func newtonSteps(q float64) int { return 5 + int(math.Ceil(math.Log2(q)/2)) }

package op

import (
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

type penalty struct {
	row  *Regularizer
	args spec.Args
}

func penalties() []penalty {
	var ps []penalty
	add := func(name string, set ...any) {
		r := RegularizerByName(name)
		ps = append(ps, penalty{r, args(r.Kind, set...)})
	}
	add("l1", "lambda", 0.3)
	add("l2", "lambda", 0.3)
	add("l1_l2", "l1", 0.2, "l2", 0.4)
	for _, p := range []float64{1, 1.01, 1.1, 1.5, 2, 2.5, 3, 7} {
		add("lp", "p", p, "lambda", 0.3)
	}
	return ps
}

func (p penalty) value(t *testing.T, a expr.Arith, w float64) float64 {
	t.Helper()
	return eval(t, p.row.Programs(p.args).Penalty, a, "r", leaves{"w": w})
}

func (p penalty) grad(t *testing.T, a expr.Arith, w float64) float64 {
	t.Helper()
	return eval(t, p.row.Programs(p.args).Grad, a, "dw", leaves{"w": w})
}

func (p penalty) prox(t *testing.T, a expr.Arith, w, lr float64) float64 {
	t.Helper()
	return eval(t, p.row.Prox(p.args).Bind(Numbers(p.args)), a, "w", leaves{"w": w, "lr": lr})
}

func TestRegularizerGradients(t *testing.T) {
	for _, p := range penalties() {
		name := p.row.Name
		for _, w := range []float64{-3, -1, -0.25, -1e-3, 1e-3, 0.5, 1, 2.5} {
			h := 1e-5 * math.Abs(w)
			q := (p.value(t, expr.Float64, w+h) - p.value(t, expr.Float64, w-h)) / (2 * h)
			if d := p.grad(t, expr.Float64, w); !near(d, q, 1e-9, 1e-3) {
				t.Errorf("%s %v: gradient(%v) = %v, difference quotient %v", name, Numbers(p.args), w, d, q)
			}
		}
		for _, a := range arithmetics {
			if d := p.grad(t, a, 0); d != 0 {
				t.Errorf("%s %v, %s: gradient(0) = %v", name, Numbers(p.args), a.name, d)
			}
			if r := p.value(t, a, 0); r != 0 {
				t.Errorf("%s %v, %s: penalty(0) = %v", name, Numbers(p.args), a.name, r)
			}
			nan := math.NaN()
			if !math.IsNaN(p.grad(t, a, nan)) || !math.IsNaN(p.value(t, a, nan)) || !math.IsNaN(p.prox(t, a, nan, 0.1)) {
				t.Errorf("%s %v, %s: NaN is lost", name, Numbers(p.args), a.name)
			}
			for _, w := range []float64{1e-30, 1e-10, 1, 1e4} {
				up, down := p.grad(t, a, w), p.grad(t, a, -w)
				if up != -down || up < 0 || math.IsInf(up, 0) {
					t.Errorf("%s %v, %s: gradient(±%v) = %v, %v", name, Numbers(p.args), a.name, w, up, down)
				}
			}
		}
	}
}

// TestProximalIsMinimum compares with a search for argmin ½(v−w)² + lr·r(v).
func TestProximalIsMinimum(t *testing.T) {
	for _, p := range penalties() {
		for _, w := range []float64{-2, -0.3, -0.01, 0, 0.02, 0.5, 1, 4} {
			for _, lr := range []float64{0, 0.01, 0.3, 5} {
				cost := func(v float64) float64 { return (v-w)*(v-w)/2 + lr*p.value(t, expr.Float64, v) }
				got := p.prox(t, expr.Float64, w, lr)
				lo, hi := min(w, 0)-0.1, max(w, 0)+0.1
				for range 60 { // convex: ternary search
					a, b := lo+(hi-lo)/3, hi-(hi-lo)/3
					if cost(a) < cost(b) {
						hi = b
					} else {
						lo = a
					}
				}
				if want := (lo + hi) / 2; !(math.Abs(got-want) <= 3e-8) {
					t.Errorf("%s %v: step from %v at rate %v is %v, want %v", p.row.Name, Numbers(p.args), w, lr, got, want)
				}
				if cost(got) > cost(got+1e-6)+1e-16 || cost(got) > cost(got-1e-6)+1e-16 {
					t.Errorf("%s %v: %v is no minimum at %v, rate %v", p.row.Name, Numbers(p.args), got, w, lr)
				}
			}
		}
	}
}

func TestProximalZeros(t *testing.T) {
	for _, a := range arithmetics {
		for _, p := range penalties() {
			if p.row.Name == "l2" || p.args.Float("p") > 1 {
				continue
			}
			l := max(p.args.Float("lambda"), p.args.Float("l1"))
			for _, w := range []float64{0, 0.5 * l * 0.1, -0.9 * l * 0.1, 1e-30} {
				if v := p.prox(t, a, w, 0.1); v != 0 {
					t.Errorf("%s, %s: step from %v is %v, want exactly 0", p.row.Name, a.name, w, v)
				}
			}
			if v := p.prox(t, a, 1, 0.1); !(v > 0 && v < 1) {
				t.Errorf("%s, %s: step from 1 is %v", p.row.Name, a.name, v)
			}
		}
	}
}

// TestProximalLp measures how well the fixed number of steps solves
// v + k·v^(p−1) = |w|, by the residual in units of |w|.
func TestProximalLp(t *testing.T) {
	r := RegularizerByName("lp")
	for _, p := range []float64{nearestOne, 1.02, 1.05, 1.1, 1.25, 1.5, 1.75, 1.9, 1.99, 2.01, 2.1, 2.5, 3, 4, 5.5, 8, 12, largestExponent} {
		args := args(r.Kind, "p", p, "lambda", 1.0, "method", "proximal")
		if why, _ := r.Check(args); why != "" {
			t.Fatal(why)
		}
		for _, a := range arithmetics {
			f, err := expr.Compile(r.Prox(args).Bind(Numbers(args)), a, "w", "lr")
			if err != nil {
				t.Fatal(err)
			}
			env, worst := make([]float64, len(f.Vars)), 0.0
			for k := -20; k <= 20; k++ {
				for i := -18; i <= 6; i++ {
					w, lr := a.Round(math.Pow(10, float64(i)/3)), a.Round(math.Pow(10, float64(k)/3.3)/p)
					env[0], env[1] = w, lr
					f.Run(env)
					worst = max(worst, residual(p, w, lr*p, env[0]))
				}
			}
			// The q-th power of u multiplies its rounding error by q.
			if q := max(p-1, 1/(p-1)); !(worst < (16+2*q)*a.eps) {
				t.Errorf("p = %v, %s: off by %.3g of |w|", p, a.name, worst)
			}
		}
	}
}

// residual bounds |v − v*|/w for the solution v* of v + k·v^(p−1) = w, found
// by bisection.
func residual(p, w, k, v float64) float64 {
	lo, hi := 0.0, w
	for range 80 {
		m := (lo + hi) / 2
		if m+k*math.Pow(m, p-1) < w {
			lo = m
		} else {
			hi = m
		}
	}
	return math.Abs(v-(lo+hi)/2) / w
}

func TestCheckLp(t *testing.T) {
	r := RegularizerByName("lp")
	for p, ok := range map[float64]bool{1: true, 1.001: false, nearestOne: true, 2: true, largestExponent: true, 17: false} {
		why, hint := r.Check(args(r.Kind, "p", p, "method", "proximal"))
		if (why == "") != ok || (hint == "") != ok {
			t.Errorf("proximal p = %v: %q, %q", p, why, hint)
		}
		if why, _ := r.Check(args(r.Kind, "p", p)); why != "" {
			t.Errorf("subgradient p = %v: %q", p, why)
		}
	}
}

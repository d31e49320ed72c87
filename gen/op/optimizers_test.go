package op

import (
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// optimizerArgs returns valid arguments that reach every branch of a row.
func optimizerArgs(r Optimizer) []spec.Args {
	all := []spec.Args{args(r.Kind), args(r.Kind, "weight_decay", 0.05)}
	switch r.Name {
	case "sgd":
		all = append(all, args(r.Kind, "momentum", 0.9), args(r.Kind, "momentum", 0.8, "dampening", 0.25, "weight_decay", 0.1),
			args(r.Kind, "momentum", 0.9, "nesterov", true), args(r.Kind, "momentum", 0.7, "nesterov", true, "weight_decay", 0.1))
	case "adam", "adamw":
		all = append(all, args(r.Kind, "beta1", 0.3, "beta2", 0.5, "epsilon", 1e-3), args(r.Kind, "beta1", 0.0))
	case "rmsprop":
		all = append(all, args(r.Kind, "centered", true), args(r.Kind, "momentum", 0.8), args(r.Kind, "alpha", 0.4, "centered", true),
			args(r.Kind, "centered", true, "momentum", 0.5, "alpha", 0.9, "weight_decay", 0.1))
	}
	return all
}

// reference is torch.optim's algorithm of one weight, transcribed from its
// documentation: step is called with t = 1, 2, …
type reference func(a spec.Args) func(w, g, lr float64, t int) float64

var references = map[string]reference{
	"sgd": func(a spec.Args) func(w, g, lr float64, t int) float64 {
		var b float64
		mu, tau := a.Float("momentum"), a.Float("dampening")
		return func(w, g, lr float64, t int) float64 {
			g += a.Float("weight_decay") * w
			if mu != 0 {
				if t > 1 {
					b = mu*b + (1-tau)*g
				} else {
					b = g
				}
				if a.Bool("nesterov") {
					g += mu * b
				} else {
					g = b
				}
			}
			return w - lr*g
		}
	},
	"adam":  func(a spec.Args) func(w, g, lr float64, t int) float64 { return adamReference(a, false) },
	"adamw": func(a spec.Args) func(w, g, lr float64, t int) float64 { return adamReference(a, true) },
	"rmsprop": func(a spec.Args) func(w, g, lr float64, t int) float64 {
		var v, b, mean float64
		alpha, mu := a.Float("alpha"), a.Float("momentum")
		return func(w, g, lr float64, _ int) float64 {
			g += a.Float("weight_decay") * w
			v = alpha*v + (1-alpha)*g*g
			centered := v
			if a.Bool("centered") {
				mean = mean*alpha + (1-alpha)*g
				centered -= mean * mean
			}
			if mu > 0 {
				b = mu*b + g/(math.Sqrt(centered)+a.Float("epsilon"))
				return w - lr*b
			}
			return w - lr*g/(math.Sqrt(centered)+a.Float("epsilon"))
		}
	},
}

func adamReference(a spec.Args, decoupled bool) func(w, g, lr float64, t int) float64 {
	var m, v float64
	beta1, beta2, wd := a.Float("beta1"), a.Float("beta2"), a.Float("weight_decay")
	return func(w, g, lr float64, t int) float64 {
		if decoupled {
			w -= lr * wd * w
		} else {
			g += wd * w
		}
		m = beta1*m + (1-beta1)*g
		v = beta2*v + (1-beta2)*g*g
		mHat := m / (1 - math.Pow(beta1, float64(t)))
		vHat := v / (1 - math.Pow(beta2, float64(t)))
		return w - lr*mHat/(math.Sqrt(vHat)+a.Float("epsilon"))
	}
}

// optimizer runs a row on one weight.
type optimizer struct {
	row    *Optimizer
	args   spec.Args
	arith  expr.Arith
	states leaves
}

func (o *optimizer) step(t *testing.T, w, g, lr float64, n int) float64 {
	t.Helper()
	l := leaves{"w": w, "g": g, "lr": lr, "step": float64(n)}
	if o.row.Scalars != nil {
		for p, i := o.row.Scalars(o.args).Bind(Numbers(o.args)), 0; i < len(p); i++ {
			l[p[i].Name] = eval(t, p[:i+1], expr.Float64, p[i].Name, leaves{"lr": lr, "step": float64(n)})
		}
	}
	for _, s := range o.row.States(o.args) {
		l[s] = o.states[s]
	}
	p := o.row.Update(o.args).Bind(Numbers(o.args))
	for _, s := range o.row.States(o.args) {
		o.states[s] = eval(t, p, o.arith, s, l)
	}
	return eval(t, p, o.arith, "w", l)
}

func TestOptimizers(t *testing.T) {
	gradients := []float64{0.5, -1.25, 0.01, 3, 0, -0.3, 0.7, -2}
	for i := range optimizers {
		r := &optimizers[i]
		for _, a := range optimizerArgs(*r) {
			if r.Check != nil {
				if why, _ := r.Check(a); why != "" {
					t.Fatalf("%s: %s", r.Name, why)
				}
			}
			for _, arith := range arithmetics {
				want, got := 0.75, arith.Round(0.75)
				ref := references[r.Name](a)
				o := &optimizer{r, a, arith, leaves{}}
				for n, g := range gradients {
					lr := 0.05 / float64(n+1) // as scheduled
					g = arith.Round(g)
					want = ref(want, g, lr, n+1)
					got = o.step(t, got, g, lr, n+1)
					if !near(got, want, 40*arith.eps, 1) {
						t.Errorf("%s %v, %s: w after step %d is %v, want %v", r.Name, Numbers(a), arith.name, n+1, got, want)
						break
					}
				}
			}
		}
	}
}

// TestOptimizersNaN: a NaN gradient is not hidden.
func TestOptimizersNaN(t *testing.T) {
	for i := range optimizers {
		r := &optimizers[i]
		for _, a := range optimizerArgs(*r) {
			o := &optimizer{r, a, expr.Float64, leaves{}}
			w := o.step(t, 0.5, 0.25, 0.1, 1)
			if w = o.step(t, w, math.NaN(), 0.1, 2); !math.IsNaN(w) {
				t.Errorf("%s %v: w = %v after a NaN gradient", r.Name, Numbers(a), w)
			}
		}
	}
}

// TestCenteredVariance: a variance that rounding makes negative counts as zero.
func TestCenteredVariance(t *testing.T) {
	r := OptimizerByName("rmsprop")
	o := &optimizer{r, args(r.Kind, "centered", true, "epsilon", 0.5), expr.Float64, leaves{"square_avg": 1, "grad_avg": 1.001}}
	if w := o.step(t, 0.75, 1, 0.25, 1); !near(w, 0.25, 1e-15, 1) {
		t.Errorf("w = %v, want 0.75 - 0.25*1/0.5", w)
	}
}

// TestLerp: like PyTorch's lerp, the average is computed from the end that it
// is nearer to, and from the new one in the middle.
func TestLerp(t *testing.T) {
	m, g := -0.7832387716160727, 0.0006609444493002624 // the two forms differ
	for beta, want := range map[float64]float64{0.9: m + (1-0.9)*(g-m), 0.5: g - 0.5*(g-m), 0.3: g - 0.3*(g-m)} {
		if got := eval(t, lerp("m", "beta", beta), expr.Float64, "m", leaves{"m": m, "g": g, "beta": beta}); got != want {
			t.Errorf("beta %v: %v, want %v", beta, got, want)
		}
	}
}

func TestCheckSGD(t *testing.T) {
	for _, c := range []struct {
		set []any
		ok  bool
	}{
		{nil, true},
		{[]any{"nesterov", true}, false},
		{[]any{"nesterov", true, "momentum", 0.9}, true},
		{[]any{"nesterov", true, "momentum", 0.9, "dampening", 0.1}, false},
		{[]any{"momentum", 0.9, "dampening", 0.1}, true},
	} {
		if why, hint := checkSGD(args(OptimizerByName("sgd").Kind, c.set...)); (why == "") != c.ok || (hint == "") != c.ok {
			t.Errorf("%v: %q, %q", c.set, why, hint)
		}
	}
}

func TestSchedules(t *testing.T) {
	word := func(name string, set ...any) *spec.Named {
		return &spec.Named{Name: name, Args: args(ScheduleByName(name).Kind, set...)}
	}
	step := word("step", "step_size", 2, "gamma", 0.5)
	for _, c := range []struct {
		s    *spec.Named
		want []float64 // at t = 0, 1, …
	}{
		{word("constant"), []float64{1, 1, 1}},
		{step, []float64{1, 1, 0.5, 0.5, 0.25, 0.25, 0.125}},
		{word("step", "step_size", 1), []float64{1, 0.1, 0.01}},
		{word("exponential", "gamma", 0.5), []float64{1, 0.5, 0.25, 0.125}},
		{word("cosine", "steps", 4), []float64{1, 0.5 + math.Sqrt2/4, 0.5, 0.5 - math.Sqrt2/4, 0, 0, 0}},
		{word("cosine", "steps", 2, "min_factor", 0.2), []float64{1, 0.6, 0.2, 0.2}},
		{word("warmup", "steps", 4), []float64{0.25, 0.5, 0.75, 1, 1, 1}},
		{word("warmup", "steps", 1), []float64{1, 1}},
		{word("warmup", "steps", 2, "then", step), []float64{0.5, 1, 1, 1, 0.5, 0.5, 0.25}},
		{word("warmup", "steps", 2, "then", word("warmup", "steps", 2, "then", word("exponential", "gamma", 0.5))), []float64{0.5, 1, 0.5, 1, 1, 0.5}},
	} {
		f := ScheduleByName(c.s.Name).Factor(c.s.Args, expr.Sub(expr.L("step"), expr.C(1)))
		for _, a := range arithmetics[:2] {
			for i, want := range c.want {
				if got := eval(t, expr.One("f", f), a, "f", leaves{"step": float64(i + 1)}); !near(got, want, 1e-15, 1) {
					t.Errorf("%s, %s: factor(%d) = %v, want %v", c.s.Name, a.name, i, got, want)
				}
			}
		}
	}
}

func TestClips(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, a := range arithmetics {
		value, norm := ClipByName("value"), ClipByName("norm")
		for _, c := range [][2]float64{{0.2, 0.2}, {-0.2, -0.2}, {0.5, 0.5}, {3, 0.5}, {-3, -0.5}, {inf, 0.5}, {-inf, -0.5}, {nan, nan}, {0, 0}} {
			if got := eval(t, value.Value.Bind(leaves{"max": 0.5}), a, "g", leaves{"g": c[0]}); !near(got, c[1], a.eps, 0) {
				t.Errorf("value, %s: clip(%v) = %v, want %v", a.name, c[0], got, c[1])
			}
		}
		for _, c := range []struct{ r, s, want float64 }{
			{0, 1, 1}, {0.2, 1, 1}, {4, 1, 0.5 / (4 + 1e-6)}, {0.5, 1, 0.5 / (0.5 + 1e-6)}, {inf, 1, 0}, {nan, 1, nan},
			{4, 0x1p80, 0x1p-83}, {0x1p60, 0x1p80, 0x1p-141}, // the norm is 2^82, and 2^140, above float32
		} {
			if got := eval(t, norm.Norm.Bind(leaves{"max": 0.5}), a, "c", leaves{"r": c.r, "s": c.s}); !near(got, c.want, 3*a.eps, 0) {
				t.Errorf("norm, %s: c(%v, %v) = %v, want %v", a.name, c.r, c.s, got, c.want)
			}
		}
	}
}

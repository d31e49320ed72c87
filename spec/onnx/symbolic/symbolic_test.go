package symbolic

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// both is a function in exact terms and in numbers. Comparisons of rounded
// numbers that are nearly the same say nothing.
type both struct {
	exact   *Func
	f       func(x float64) float64
	rounded bool
}

// random is a random function of some depth.
func random(r *rand.Rand, depth int) both {
	c := []float64{-2, -1, -0.5, 0.25, 1, 1.5, 3}[r.IntN(7)]
	if depth == 0 {
		if r.IntN(3) == 0 {
			return both{Number(c), func(float64) float64 { return c }, false}
		}
		return both{X(), func(x float64) float64 { return x }, false}
	}
	a, b := random(r, depth-1), random(r, r.IntN(depth))
	one := func(exact *Func, f func(x float64) float64) both {
		return both{exact, func(x float64) float64 { return f(a.f(x)) }, true}
	}
	two := func(exact *Func, f func(x, y float64) float64) both {
		return both{exact, func(x float64) float64 {
			y, z := a.f(x), b.f(x)
			if math.IsNaN(y) || math.IsNaN(z) {
				return math.NaN() // not defined, whatever is chosen by it
			}
			return f(y, z)
		}, a.rounded || b.rounded}
	}
	compared := func(exact *Func, f func(x, y float64) float64) both {
		return two(exact, func(y, z float64) float64 {
			if (a.rounded || b.rounded) && math.Abs(y-z) <= 1e-9*max(math.Abs(y), math.Abs(z), 1) {
				return math.NaN()
			}
			return f(y, z)
		})
	}
	truth := func(c bool) float64 {
		if c {
			return 1
		}
		return 0
	}
	switch r.IntN(18) {
	case 0:
		return two(a.exact.Plus(b.exact), func(x, y float64) float64 { return x + y })
	case 1:
		return two(a.exact.Minus(b.exact), func(x, y float64) float64 { return x - y })
	case 2:
		return two(a.exact.Times(b.exact), func(x, y float64) float64 { return x * y })
	case 3:
		y := two(a.exact.Over(b.exact), func(x, y float64) float64 { return x / y })
		y.rounded = true
		return y
	case 4:
		return two(a.exact.Min(b.exact), math.Min)
	case 5:
		return two(a.exact.Max(b.exact), math.Max)
	case 6:
		return one(a.exact.Abs(), math.Abs)
	case 7:
		return one(a.exact.Exp(), math.Exp)
	case 8:
		return one(a.exact.Log(), math.Log)
	case 9:
		return one(a.exact.Sigmoid(), func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })
	case 10:
		return one(a.exact.Tanh(), math.Tanh)
	case 11:
		return one(a.exact.Erf(), math.Erf)
	case 12:
		return one(a.exact.Sqrt(), math.Sqrt)
	case 13:
		return one(a.exact.Pow(3), func(x float64) float64 { return x * x * x })
	case 14:
		return compared(a.exact.Less(b.exact), func(x, y float64) float64 { return truth(x < y) })
	case 15:
		return compared(a.exact.LessOrEqual(b.exact).Where(a.exact, Number(c)), func(x, y float64) float64 {
			if x <= y {
				return x
			}
			return c
		})
	case 16:
		return compared(a.exact.Equal(b.exact), func(x, y float64) float64 { return truth(x == y) })
	}
	return one(a.exact.Sign(), func(x float64) float64 {
		if math.IsNaN(x) || a.rounded && math.Abs(x) < 1e-9 {
			return math.NaN()
		}
		return truth(x > 0) - truth(x < 0)
	})
}

// TestRandom: what is said in exact terms is the function, wherever all its parts
// are defined.
func TestRandom(t *testing.T) {
	proven, compared := 0, 0
	for seed := range uint64(4000) {
		var want both
		f, ok := Prove(func() *Func {
			want = random(rand.New(rand.NewPCG(seed, 1)), 1+int(seed%4))
			return want.exact
		})
		if !ok {
			continue
		}
		proven++
		points := []float64{-7.3, -3, -2, -1, -0.77, -0.5, 0, 0.25, 0.31, 1, 1.5, 2.2, 3, 8.1}
		for _, x := range points {
			w, g := want.f(x), f.Value(x)
			if math.IsNaN(w) || math.IsInf(w, 0) || math.IsInf(g, 0) || math.IsNaN(g) {
				continue // a form may be defined where another overflows
			}
			// At a break that no float64 is, the value may be that of the other side.
			if slack := 1e-9 * max(1, math.Abs(w)); math.Abs(w-g) > slack && math.Abs(w-f.Value(x+1e-12)) > 1e-6*max(1, math.Abs(w)) && math.Abs(w-f.Value(x-1e-12)) > 1e-6*max(1, math.Abs(w)) {
				t.Fatalf("function %d at %g: %g, want %g", seed, x, g, w)
			}
			compared++
		}
	}
	t.Logf("%d functions in exact terms, %d numbers compared", proven, compared)
	assert.Greater(t, proven, 2000)
}

// TestSame: equal functions in different words, and others that are not.
func TestSame(t *testing.T) {
	x, n := X(), Number
	for name, c := range map[string]struct {
		a, b *Func
		same bool
	}{
		"a third":                {x.Over(n(3)), x.Times(n(1.0 / 3)), true},
		"nearly a third":         {x.Over(n(3)), x.Times(n(1.0/3 + 1e-13)), false},
		"a break moved":          {x.Max(n(1)), x.Max(n(1 + 1e-13)), false},
		"open and closed":        {x.Less(n(1)), x.LessOrEqual(n(1)), false},
		"tanh and sigmoid":       {x.Tanh(), x.Times(n(2)).Sigmoid().Times(n(2)).Minus(n(1)), true},
		"exponentials":           {x.Exp().Times(x.Exp()), x.Times(n(2)).Exp(), true},
		"a root of a square":     {x.Times(x).Sqrt(), x.Abs(), true},
		"max and abs":            {x.Max(n(0)), x.Plus(x.Abs()).Times(n(0.5)), true},
		"softplus and reflected": {x.Exp().Plus(n(1)).Log(), n(0).Minus(x).Exp().Plus(n(1)).Log().Plus(x), true},
		"a zero of a quadratic":  {x.Times(x).Minus(n(1)).Max(n(0)), x.Times(x).Max(n(1)).Minus(n(1)), true},
	} {
		assert.Equal(t, c.same, c.a.Same(c.b), name)
		assert.Equal(t, c.same, c.b.Same(c.a), name)
	}
}

// TestGivesUp: nothing is said of what has no rational breaks, or is too large.
func TestGivesUp(t *testing.T) {
	for name, f := range map[string]func() *Func{
		"an irrational root": func() *Func { return X().Times(X()).Max(Number(2)) },
		"a root of exp":      func() *Func { return X().Exp().Max(Number(2)) },
		"no number":          func() *Func { return Number(math.NaN()) },
		"divided by nothing": func() *Func { return X().Over(Number(0)) },
		"too many terms": func() *Func {
			y := X()
			for i := range 20 {
				y = y.Times(y.Plus(Number(float64(i + 1))))
			}
			return y
		},
		"too many breaks": func() *Func {
			y := X()
			for range 8 {
				y = y.Abs().Minus(Number(1))
			}
			return y
		},
		"given up": GiveUp,
	} {
		_, ok := Prove(f)
		require.False(t, ok, name)
	}
}

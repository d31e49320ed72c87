package op

import (
	"fmt"
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// mathVariants are the elementary functions with arguments, and where they are
// defined.
func mathVariants() []struct {
	variant
	low, high float64
} {
	type row = struct {
		variant
		low, high float64
	}
	var rows []row
	add := func(name string, low, high float64, set ...any) {
		r := ActivationByName(name)
		a := args(r.Kind, set...)
		fy, fd := r.Programs(a)
		rows = append(rows, row{variant{fmt.Sprint(name, set), r, a, fy, fd}, low, high})
	}
	for _, name := range []string{"abs", "neg", "sign", "square"} {
		add(name, -100, 100)
	}
	add("exp", -80, 80)
	add("erf", -8, 8)
	add("sin", -30, 30)
	add("cos", 1, 30)
	add("cos", -30, -1)
	for _, name := range []string{"log", "sqrt", "reciprocal"} {
		add(name, 1e-3, 1e3)
	}
	add("reciprocal", -1e3, -1e-3)
	for _, p := range []float64{-2, -0.5, 0, 0.5, 1, 1.5, 2, 3} {
		add("pow", 1e-2, 1e2, "exponent", p)
	}
	for _, p := range []float64{-1, 0, 1, 2, 3} {
		add("pow", -1e2, -1e-2, "exponent", p)
	}
	add("clip", -10, 10, "min", -1.0, "max", 2.5)
	add("clip", -10, 10, "min", -1.0)
	add("clip", -10, 10, "max", 2.5)
	for _, theta := range []float64{-1.5, 0, 1} {
		add("thresholded_relu", -10, 10, "theta", theta)
	}
	return rows
}

// TestMathFunctions compares derivatives with difference quotients, float32
// with float64, and NaN with NaN.
func TestMathFunctions(t *testing.T) {
	covered := map[string]bool{}
	for _, v := range mathVariants() {
		covered[v.row.Name] = true
		exact, single := v.in(t, expr.Float64), v.in(t, arithmetics[2].Arith)
		boundY, boundD := mathBound(t, v.row)
		for i := range 2000 {
			x := float64(float32(v.low + (v.high-v.low)*(float64(i)+0.5)/2000))
			y, d := exact(x)
			y32, d32 := single(x)
			if !near(y32, y, boundY*0x1p-24, 0x1p-126) || !near(d32, d, boundD*0x1p-24, 1e-30) && !near(d32, d, boundD*0x1p-24, 1) {
				t.Errorf("%s: float32 %v and %v at %v, float64 %v and %v", v.name, y32, d32, x, y, d)
			}
			h := 1e-6 * max(math.Abs(x), 1e-3)
			if nearAny(x, kinksOf(v.variant), 2*h) {
				continue
			}
			lo, _ := exact(x - h)
			hi, _ := exact(x + h)
			if q := (hi - lo) / (2 * h); !near(d, q, 1e-7, 1e-3*max(1, math.Abs(y))) {
				t.Errorf("%s: y′(%v) = %v, difference quotient %v", v.name, x, d, q)
			}
		}
		if y, _ := exact(math.NaN()); !math.IsNaN(y) && v.args.Float("exponent") != 0 {
			t.Errorf("%s: y(NaN) = %v", v.name, y)
		}
	}
	for _, r := range mathFunctions {
		if !covered[r.Name] {
			t.Errorf("%s is not tested", r.Name)
		}
	}
}

func nearAny(x float64, points []float64, distance float64) bool {
	for _, p := range points {
		if math.Abs(x-p) <= distance {
			return true
		}
	}
	return false
}

// mathBound reads a row's bounds of y and y′, in 2⁻²⁴.
func mathBound(t *testing.T, r *Activation) (y, d float64) {
	if r.Bound == "exact" {
		return 0, 0
	}
	if n, err := fmt.Sscanf(r.Bound, "y: %f·2⁻²⁴·|y|; y′: %f·2⁻²⁴", &y, &d); n != 2 || err != nil {
		t.Fatalf("%s: bound %q: %v", r.Name, r.Bound, err)
	}
	return y, d
}

func TestClipChecks(t *testing.T) {
	r := ActivationByName("clip")
	for _, c := range []struct {
		set []any
		ok  bool
	}{
		{nil, false}, {[]any{"min", 1.0}, true}, {[]any{"max", 1.0}, true}, {[]any{"min", 1.0, "max", 1.0}, true}, {[]any{"min", 1.0, "max", 0.5}, false},
	} {
		if why, hint := r.Check(args(r.Kind, c.set...)); (why == "") != c.ok || (why == "") != (hint == "") {
			t.Errorf("%v: %q, %q", c.set, why, hint)
		}
	}
	if why, _ := ActivationByName("sign").Refuse(spec.Args{}); why == "" {
		t.Error("sign may be trained")
	}
}

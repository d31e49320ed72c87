package op

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// variants are the activations of one element with arguments to test.
type variant struct {
	name   string
	row    *Activation
	args   spec.Args
	fy, fd expr.Program
}

var variants = sync.OnceValue(func() []variant {
	var vs []variant
	add := func(name string, r *Activation, a spec.Args) {
		fy, fd := r.Programs(a)
		vs = append(vs, variant{name, r, a, fy, fd})
	}
	for i := range nonlinearities {
		r := &nonlinearities[i]
		if r.Mixing != nil {
			continue
		}
		for _, a := range choices(r.Kind) {
			name := r.Name
			for _, p := range r.Params {
				if p.Type == spec.Enum {
					name += " " + a.Text(p.Name)
				}
			}
			add(name, r, a)
		}
		if i := slices.IndexFunc(r.Params, func(p spec.Param) bool { return p.Type == spec.Number }); i >= 0 {
			add(r.Name+" 0.3", r, args(r.Kind, r.Params[i].Name, 0.3))
			add(r.Name+" 2", r, args(r.Kind, r.Params[i].Name, 2.0))
		}
	}
	return vs
})

// in returns the function that computes y and y′ in an arithmetic.
func (v variant) in(t *testing.T, a expr.Arith) func(x float64) (y, d float64) {
	t.Helper()
	fy, err := expr.Compile(v.fy, a, "x")
	if err != nil {
		t.Fatalf("%s: %v", v.name, err)
	}
	fd, err := expr.Compile(v.fd, a, "x", "y", "dy")
	if err != nil {
		t.Fatalf("%s gradient: %v", v.name, err)
	}
	ey, ed := make([]float64, len(fy.Vars)), make([]float64, len(fd.Vars))
	return func(x float64) (y, d float64) {
		ey[0] = a.Round(x)
		fy.Run(ey)
		ed[0], ed[1], ed[2] = ey[0], ey[fy.Index("y")], 1
		fd.Run(ed)
		return ed[1], ed[fd.Index("dx")]
	}
}

// at returns y and y′ at x.
func (v variant) at(t *testing.T, a expr.Arith, x float64) (y, d float64) {
	t.Helper()
	return v.in(t, a)(x)
}

// TestActivationLimits checks the ends: what holds at ±∞ holds from some
// point on, NaN stays NaN, nothing else gives NaN.
func TestActivationLimits(t *testing.T) {
	inf := math.Inf(1)
	limits := map[string][4]float64{ // y(−∞), y(∞), y′(−∞), y′(∞)
		"linear": {-inf, inf, 1, 1}, "sigmoid": {0, 1, 0, 0}, "softsign": {-1, 1, 0, 0}, "tanh": {-1, 1, 0, 0},
		"step none": {0, 1, 0, 0}, "step straight_through": {0, 1, 1, 1},
		"relu": {0, inf, 0, 1}, "relu6": {0, 6, 0, 0}, "leaky_relu": {-inf, inf, 0.01, 1}, "leaky_relu 0.3": {-inf, inf, 0.3, 1}, "leaky_relu 2": {-inf, inf, 2, 1},
		"elu": {-1, inf, 0, 1}, "elu 0.3": {-0.3, inf, 0, 1}, "elu 2": {-2, inf, 0, 1},
		"celu": {-1, inf, 0, 1}, "celu 0.3": {-0.3, inf, 0, 1}, "celu 2": {-2, inf, 0, 1},
		"selu":     {-1.0507009873554805 * 1.6732632423543772, inf, 0, 1.0507009873554805},
		"selu 0.3": {-1.0507009873554805 * 0.3, inf, 0, 1.0507009873554805},
		"selu 2":   {-1.0507009873554805 * 2, inf, 0, 1.0507009873554805},
		"silu 0.3": {0, inf, 0, 1}, "silu 2": {0, inf, 0, 1}, "hard_sigmoid 0.3": {0, 1, 0, 0}, "hard_sigmoid 2": {0, 1, 0, 0},
		"gelu none": {0, inf, 0, 1}, "gelu tanh": {0, inf, 0, 1}, "silu": {0, inf, 0, 1}, "mish": {0, inf, 0, 1},
		"softplus": {0, inf, 0, 1}, "hard_sigmoid": {0, 1, 0, 0}, "hard_swish": {0, inf, 0, 1},
	}
	for _, a := range arithmetics {
		for _, v := range variants() {
			want, ok := limits[v.name]
			if !ok {
				t.Fatalf("%s: no limits", v.name)
			}
			for i, x := range []float64{-inf, inf} {
				y, d := v.at(t, a, x)
				if !near(y, want[i], 4*a.eps, 0) || !near(d, want[2+i], 4*a.eps, 0) {
					t.Errorf("%s, %s: y(%v) = %v, y′ = %v, want %v, %v", v.name, a.name, x, y, d, want[i], want[2+i])
				}
			}
			for _, m := range []float64{1e3, 1e30, a.max} {
				lo, dlo := v.at(t, a, -m)
				hi, dhi := v.at(t, a, m)
				if !same(lo, bounded(want[0], -m, lo)) || !same(hi, bounded(want[1], m, hi)) || !near(dlo, want[2], 4*a.eps, 1) || !near(dhi, want[3], 4*a.eps, 1) {
					if v.name != "softsign" || m > 1e9 { // slow
						t.Errorf("%s, %s: at ±%v: %v, %v, derivative %v, %v", v.name, a.name, m, lo, hi, dlo, dhi)
					}
				}
			}
			if y, d := v.at(t, a, math.NaN()); !math.IsNaN(y) || !math.IsNaN(d) && v.name != "linear" {
				t.Errorf("%s, %s: y(NaN) = %v, y′ = %v", v.name, a.name, y, d)
			}
		}
	}
}

// bounded is the limit, or for an infinite one the value itself if it has the
// sign of x and is of its order.
func bounded(limit, x, y float64) float64 {
	if math.IsInf(limit, 0) && y/x > 0.009 && (y/x < 2.1 || math.IsInf(y, 0)) {
		return y
	}
	if math.Abs(y-limit) < 1e-6 {
		return y
	}
	return limit
}

func TestActivationZero(t *testing.T) {
	value := map[string]float64{"sigmoid": 0.5, "step": 1, "softplus": math.Ln2, "hard_sigmoid": 0.5}
	slope := map[string]float64{
		"sigmoid": 0.25, "step none": 0, "relu": 0, "relu6": 0, "leaky_relu": 0.01, "leaky_relu 0.3": 0.3, "leaky_relu 2": 2, "elu 0.3": 0.3, "elu 2": 2,
		"selu": 1.0507009873554805 * 1.6732632423543772, "gelu none": 0.5, "gelu tanh": 0.5, "silu": 0.5, "softplus": 0.5,
		"selu 0.3": 1.0507009873554805 * 0.3, "selu 2": 1.0507009873554805 * 2, "silu 0.3": 0.5, "silu 2": 0.5,
		"hard_sigmoid": 1. / 6, "hard_sigmoid 0.3": 0.3, "hard_sigmoid 2": 2, "hard_swish": 0.5, "mish": 0.6,
	}
	for _, a := range arithmetics {
		for _, v := range variants() {
			d0, ok := slope[v.name]
			if !ok {
				d0 = 1
			}
			for _, x := range []float64{0, math.Copysign(0, -1), 1e-30, -1e-30} {
				wantY, wantD := value[v.row.Name], d0
				if x < 0 && v.row.Name == "step" {
					wantY = 0
				}
				if x > 0 && len(kinksOf(v)) > 0 && v.row.Name != "hard_sigmoid" && v.row.Name != "hard_swish" && v.name != "step none" {
					wantD = 1
				}
				if x > 0 && v.row.Name == "selu" {
					wantD = 1.0507009873554805
				}
				y, d := v.at(t, a, x)
				if !near(y, wantY, 2*a.eps, 1e-23) && !(math.Abs(y) <= 3e-30) || !near(d, wantD, 4*a.eps, 0) {
					t.Errorf("%s, %s: y(%v) = %v, y′ = %v, want %v, %v", v.name, a.name, x, y, d, wantY, wantD)
				}
			}
		}
	}
	for _, v := range variants() { // −0 passes through what is odd or a rectifier
		if y, _ := v.at(t, expr.Float64, math.Copysign(0, -1)); value[v.row.Name] == 0 && (y != 0 || !math.Signbit(y)) {
			t.Errorf("%s: y(−0) = %v", v.name, y)
		}
	}
}

func kinksOf(v variant) []float64 {
	if v.row.Kinks == nil {
		return nil
	}
	return v.row.Kinks(v.args)
}

// grid calls f for points of both signs and many sizes.
func grid(f func(x float64)) {
	for x := -30.0; x <= 30; x += 0.0703125 {
		f(x)
	}
	for x := 1e-6; x < 0.1; x *= 1.9 {
		f(x)
		f(-x)
	}
}

func TestActivationDerivatives(t *testing.T) {
	for _, v := range variants() {
		if v.name == "step straight_through" { // not the derivative, on purpose
			continue
		}
		at := v.in(t, expr.Float64)
		grid(func(x float64) {
			const h = 1e-5
			kinks := kinksOf(v)
			if v.name == "softsign" { // its curvature jumps
				kinks = []float64{0}
			}
			for _, k := range kinks {
				if math.Abs(x-k) < 2*h {
					return
				}
			}
			_, d := at(x)
			lo, _ := at(x - h)
			hi, _ := at(x + h)
			if q := (hi - lo) / (2 * h); !near(d, q, 1e-8, 1) {
				t.Errorf("%s: y′(%v) = %v, difference quotient %v", v.name, x, d, q)
			}
		})
	}
}

// TestActivationGradient checks that dx is y′·dy.
func TestActivationGradient(t *testing.T) {
	for _, v := range variants() {
		at := v.in(t, expr.Float64)
		grid(func(x float64) {
			y, d := at(x)
			got := eval(t, v.fd, expr.Float64, "dx", leaves{"x": x, "y": y, "dy": -3})
			if !near(got, -3*d, 1e-14, 0) {
				t.Errorf("%s: dx(%v) = %v, want −3·%v", v.name, x, got, d)
			}
		})
	}
}

// TestActivationBounds checks the rows' Bound with the default fields, in
// float32 on float32 points between −25 and 25.
func TestActivationBounds(t *testing.T) {
	for _, v := range variants() {
		by, bd, relative := parseBound(t, v.row)
		var worstY, worstD float64
		exact, single := v.in(t, arithmetics[0]), v.in(t, arithmetics[2])
		for x := -25.0; x < 25; x += 0.00390625 * 1.01 {
			x := float64(float32(x))
			y, d := exact(x)
			y32, d32 := single(x)
			size := max(1, math.Abs(x))
			if relative {
				size = max(math.Abs(y), 1e-30)
			}
			worstY = max(worstY, math.Abs(y32-y)*0x1p24/size)
			worstD = max(worstD, math.Abs(d32-d)*0x1p24)
		}
		t.Logf("%-20s y %5.2f, y′ %5.2f (%s)", v.name, worstY, worstD, v.row.Bound)
		if !strings.HasSuffix(v.name, " 0.3") && !strings.HasSuffix(v.name, " 2") && !(worstY <= by && worstD <= bd) {
			t.Errorf("%s: y %.2f, y′ %.2f·2⁻²⁴, its row says %s", v.name, worstY, worstD, v.row.Bound)
		}
	}
}

// parseBound reads the bounds of y and y′, in 2⁻²⁴.
func parseBound(t *testing.T, r *Activation) (y, d float64, relative bool) {
	var size string
	if r.Bound == "exact" {
		return 0, 0, false
	}
	if n, err := fmt.Sscanf(r.Bound, "y: %f·2⁻²⁴·%s y′: %f·2⁻²⁴", &y, &size, &d); n != 3 || err != nil {
		t.Fatalf("%s: bound %q: %v", r.Name, r.Bound, err)
	}
	return y, d, size == "|y|;"
}

func TestActivationFlags(t *testing.T) {
	for _, r := range nonlinearities {
		relu := map[string]bool{"relu": true, "relu6": true, "leaky_relu": true, "elu": true, "selu": true, "celu": true}[r.Name]
		if r.Relu != relu {
			t.Errorf("%s: relu family %v", r.Name, r.Relu)
		}
		if r.Refuse == nil {
			continue
		}
		if why, hint := r.Refuse(args(r.Kind)); why == "" || hint == "" {
			t.Errorf("%s may be trained without a gradient", r.Name)
		}
		if why, _ := r.Refuse(args(r.Kind, "gradient", "straight_through")); why != "" {
			t.Errorf("%s: %s", r.Name, why)
		}
	}
}

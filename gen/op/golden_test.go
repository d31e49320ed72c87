package op

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// golden is a JSON number, or one of "nan", "inf", "-inf".
type golden float64

func (g *golden) UnmarshalJSON(b []byte) error {
	if b[0] != '"' {
		return json.Unmarshal(b, (*float64)(g))
	}
	v, ok := map[string]float64{`"nan"`: math.NaN(), `"inf"`: math.Inf(1), `"-inf"`: math.Inf(-1)}[string(b)]
	if !ok {
		return fmt.Errorf("number %s", b)
	}
	*g = golden(v)
	return nil
}

// readGolden reads the cases of a file of PyTorch's results.
func readGolden(t *testing.T, name string, cases any) {
	t.Helper()
	b, err := os.ReadFile("../../golden/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &struct{ Cases any }{cases}); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// goldenArgs turns a case's parameters into arguments.
func goldenArgs(k spec.Kind, params map[string]any, more ...any) spec.Args {
	set := more
	for name, v := range params {
		if list, ok := v.([]any); ok {
			var numbers []float64
			for _, x := range list {
				numbers = append(numbers, x.(float64))
			}
			v = numbers
		}
		set = append(set, name, v)
	}
	return args(k, set...)
}

type goldenVector struct {
	Note         string
	X, Y, DY, DX []golden
}

type goldenActivation struct {
	Name       string
	Params     map[string]any
	X, Y, DYDX []golden
	Vectors    []goldenVector
}

func TestGoldenActivations(t *testing.T) {
	var cases []goldenActivation
	readGolden(t, "activations.json", &cases)
	covered := map[string]bool{}
	for _, c := range cases {
		row := ActivationByName(c.Name)
		covered[c.Name] = true
		for _, v := range c.Vectors {
			checkGoldenMixing(t, row, v)
		}
		if row.Mixing == nil {
			c.check(t, row)
		}
	}
	for _, r := range activations {
		// sin and cos are compared with mpmath's values, in package nnrt.
		if !covered[r.Name] && !slices.Contains([]string{"mish", "sin", "cos"}, r.Name) {
			t.Errorf("%s has no reference", r.Name)
		}
	}
}

func (c goldenActivation) check(t *testing.T, row *Activation) {
	t.Helper()
	a := goldenArgs(row.Kind, c.Params)
	fy, fd := row.Programs(a)
	v := variant{fmt.Sprint(c.Name, c.Params), row, a, fy, fd}
	for _, arith := range arithmetics {
		tol, at := max(64*arith.eps, 1e-14), v.in(t, arith)
		for i, x := range c.X {
			y, d := at(float64(x))
			if (c.Name == "linear" || c.Name == "neg") && math.IsNaN(float64(x)) {
				d = math.NaN() // by decree
			}
			scale := 0.5 * max(1e-30, min(1, math.Abs(float64(x))))
			if !near(y, float64(c.Y[i]), tol, scale) || !near(d, float64(c.DYDX[i]), tol, 1) {
				t.Errorf("%s, %s: y(%v) = %v, y′ = %v, want %v, %v", v.name, arith.name, x, y, d, c.Y[i], c.DYDX[i])
			}
		}
	}
}

func checkGoldenMixing(t *testing.T, row *Activation, v goldenVector) {
	t.Helper()
	for _, arith := range arithmetics {
		y, dx := runMixing(t, row, arith, floats(v.X), floats(v.DY))
		for i := range y {
			scale := max(1, math.Abs(float64(v.X[i])))
			if math.IsInf(scale, 0) {
				scale = 1
			}
			if !near(y[i], float64(v.Y[i]), 8*arith.eps, scale) || !near(dx[i], float64(v.DX[i]), 64*arith.eps, 1) {
				t.Errorf("%s %s, %s: y %v, dx %v, want %v, %v", row.Name, v.Note, arith.name, y, dx, v.Y, v.DX)
				break
			}
		}
	}
}

func floats(gs []golden) []float64 {
	fs := make([]float64, len(gs))
	for i, g := range gs {
		fs[i] = float64(g)
	}
	return fs
}

// runMixing returns y and the vector-Jacobian product of a mixing activation.
func runMixing(t *testing.T, row *Activation, a expr.Arith, x, dy []float64) (y, dx []float64) {
	t.Helper()
	b := NewBuilder(&spec.Network{Numeric: spec.Numeric{DType: "float64"}})
	b.Begin("test", true)
	xv := b.Value(ir.Value{Name: "x", Kind: ir.Input, Shape: []int{len(x)}, Batch: true})
	dv := b.Value(ir.Value{Name: "dy", Kind: ir.Input, Shape: []int{len(x)}, Batch: true})
	yv := row.Mixing.Forward(b, xv, whole(len(x)))
	dxv := row.Mixing.Backward(b, xv, yv, dv, whole(len(x)))
	m := interp.New(b.Prog)
	m.Arith = a
	m.Set(xv, rounded(a, x))
	m.Set(dv, rounded(a, dy))
	if err := m.Run(b.Func()); err != nil {
		t.Fatal(err)
	}
	return m.Get(yv)[0], m.Get(dxv)[0]
}

func rounded(a expr.Arith, xs []float64) []float64 {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = a.Round(x)
	}
	return ys
}

type goldenLoss struct {
	Name      string
	Params    map[string]any
	Reduction string
	P, DP     [][]golden
	T         json.RawMessage
	Loss      golden
	Notes     []string
}

func TestGoldenLosses(t *testing.T) {
	var cases []goldenLoss
	readGolden(t, "losses.json", &cases)
	covered := map[string]bool{}
	for _, c := range cases {
		covered[c.Name] = true
		for i, a := range arithmetics {
			c.check(t, a, arithmetics[i].name, 64*a.eps)
		}
	}
	for _, r := range losses {
		if !covered[r.Name] {
			t.Errorf("%s has no reference", r.Name)
		}
	}
}

func (c goldenLoss) check(t *testing.T, a expr.Arith, arith string, tol float64) {
	t.Helper()
	row := LossByName(c.Name)
	var p [][]float64
	for _, r := range c.P {
		p = append(p, floats(r))
	}
	n := float64(len(p))
	if row.Mean == OverElements {
		n *= float64(len(p[0]))
	}
	args, target := goldenArgs(row.Kind, c.Params), goldenTarget(t, c.T)
	if args.Has("class_weights") && args.Text("target") == "class" { // the mean divides by the weights
		n = 0
		for _, row := range target {
			n += args.Floats("class_weights")[int(row[0])]
		}
	}
	if c.Reduction == "sum" {
		n = 1
	}
	l, dp := lossCase{c.Name, args, "", 1 / n}.run(t, a, p, target)
	sum := 0.0
	for _, v := range l {
		sum += v / n
	}
	if !near(sum, float64(c.Loss), tol, 1) {
		t.Errorf("%s %v %v, %s: loss %v, want %v", c.Name, c.Params, c.Notes, arith, sum, c.Loss)
	}
	for j := range dp {
		for k := range dp[j] {
			want := float64(c.DP[j][k])
			if math.Abs(want) > 1e11 {
				tol = 1e-8 // PyTorch's 1e-12 is a float32 number
			}
			if !near(dp[j][k], want, tol, 1/n) {
				t.Errorf("%s %v %v, %s: gradient %v, want %v", c.Name, c.Params, c.Notes, arith, dp[j], c.DP[j])
			}
		}
	}
}

// goldenTarget reads rows of numbers, or class numbers as rows of one.
func goldenTarget(t *testing.T, raw json.RawMessage) [][]float64 {
	t.Helper()
	var rows [][]float64
	if json.Unmarshal(raw, &rows) == nil {
		return rows
	}
	var classes []float64
	if err := json.Unmarshal(raw, &classes); err != nil {
		t.Fatal(err)
	}
	rows = nil
	for _, c := range classes {
		rows = append(rows, []float64{c})
	}
	return rows
}

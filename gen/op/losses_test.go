package op

import (
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// lossCase is a loss behind an activation ("" for none).
type lossCase struct {
	loss       string
	args       spec.Args
	activation string
	weight     float64 // the scale s
}

// run returns the loss of each sample and the gradient of what the activation
// was applied to. Targets are rows of one class number for class losses.
func (c lossCase) run(t *testing.T, a expr.Arith, x, target [][]float64) (l []float64, dx [][]float64) {
	t.Helper()
	b := NewBuilder(&spec.Network{Numeric: spec.Numeric{DType: "float64"}})
	b.Begin("test", true)
	row := LossByName(c.loss)
	xv := b.Value(ir.Value{Name: "x", Kind: ir.Input, Shape: []int{len(x[0])}, Batch: true})
	tv := b.Value(ir.Value{Name: "t", Kind: ir.Target, Shape: []int{len(target[0])}, Batch: true})
	sv := b.Value(ir.Value{Name: "s", Shape: []int{1}})
	if len(target[0]) == 1 && row.Class {
		tv.DType = ir.Int32
	}
	p := xv
	b.flows[xv] = true
	if c.activation != "" {
		act := ActivationByName(c.activation)
		p = b.Activate(&spec.Named{Name: act.Name, Args: args(act.Kind)}, Tensor{xv, xv.Shape}, "p").Value
	}
	var wv *ir.Value
	if row.Weigh != nil {
		wv = row.Weigh(b, c.args, tv)
	}
	loss := b.LossOf(row, c.args, Tensor{p, p.Shape}, tv, sv, wv)
	b.Backward()
	grad := b.Grad(xv)
	if len(b.Errs) > 0 || loss.Size() != 1 || grad.Size() != xv.Size() {
		t.Fatalf("%s: %v, loss %v, gradient %v", c.loss, b.Errs, loss, grad)
	}
	m := interp.New(b.Prog)
	m.Arith, m.Batch = a, len(x)
	round := func(rows [][]float64) [][]float64 {
		out := make([][]float64, len(rows))
		for i, r := range rows {
			for _, v := range r {
				out[i] = append(out[i], a.Round(v))
			}
		}
		return out
	}
	m.Set(xv, round(x)...)
	m.Set(tv, round(target)...)
	m.Set(sv, []float64{a.Round(c.weight)})
	if err := m.Run(b.Func()); err != nil {
		t.Fatalf("%s: %v", c.loss, err)
	}
	for _, r := range m.Get(loss) {
		l = append(l, r[0])
	}
	return l, m.Get(grad)
}

// lossCases covers every loss, with targets that suit it.
func lossCases() (cases []lossCase, targets [][]float64) {
	real, bits, distribution, class := []float64{0.5, -1, 2.25, 0.1}, []float64{0, 1, 0.25, 1}, []float64{0.5, 0, 0.125, 0.25}, []float64{2}
	weights := []float64{0.5, 2, 0.25, 3}
	add := func(target []float64, loss, activation string, set ...any) {
		cases = append(cases, lossCase{loss, args(LossByName(loss).Kind, set...), activation, 0.7})
		targets = append(targets, target)
	}
	add(real, "l2_norm", "")
	add(real, "mse", "")
	add(real, "mse", "tanh")
	add(real, "mae", "")
	add(real, "huber", "")
	add(real, "huber", "", "delta", 0.43)
	add(bits, "bce", "sigmoid")
	add(distribution, "bce", "softmax")
	add(bits, "bce_with_logits", "")
	for _, act := range []string{"", "softmax", "log_softmax"} {
		add(class, "cross_entropy", act)
		add(distribution, "cross_entropy", act, "target", "distribution")
		add(class, "cross_entropy", act, "class_weights", weights)
		add(class, "cross_entropy", act, "label_smoothing", 0.1)
		add(class, "cross_entropy", act, "class_weights", weights, "label_smoothing", 0.3)
		add(distribution, "cross_entropy", act, "target", "distribution", "class_weights", weights, "label_smoothing", 0.2)
	}
	add(class, "nll", "log_softmax", "class_weights", weights)
	add(class, "nll", "log_softmax")
	add(class, "nll", "")
	add(real, "mse", "softmax")
	add(real, "mse", "log_softmax")
	return cases, targets
}

func TestLossGradients(t *testing.T) {
	cases, targets := lossCases()
	covered := map[string]bool{}
	for i, c := range cases {
		covered[c.loss] = true
		for _, x := range [][]float64{{0.3, -0.4, 1.1, 2}, {-3, 2.5, 0.7, -0.2}, {0.1, 0.2, 0.3, 0.4}} {
			_, dx := c.run(t, expr.Float64, [][]float64{x}, [][]float64{targets[i]})
			for j := range x {
				const h = 1e-6
				up, down := append([]float64(nil), x...), append([]float64(nil), x...)
				up[j] += h
				down[j] -= h
				l, _ := c.run(t, expr.Float64, [][]float64{up, down}, [][]float64{targets[i], targets[i]})
				if q := c.weight * (l[0] - l[1]) / (2 * h); !near(dx[0][j], q, 1e-7, 1) {
					t.Errorf("%s after %q: gradient %d at %v is %v, difference quotient %v", c.loss, c.activation, j, x, dx[0][j], q)
				}
			}
		}
	}
	for _, r := range losses {
		if !covered[r.Name] {
			t.Errorf("%s is not tested", r.Name)
		}
	}
}

// TestLossExtremes: no NaN and no overflow where the loss is representable.
func TestLossExtremes(t *testing.T) {
	for _, a := range arithmetics {
		for _, c := range []struct {
			lossCase
			x, t []float64
			l    float64
			dx   []float64
		}{
			{lossCase{loss: "l2_norm"}, []float64{1, 2}, []float64{1, 2}, 0, []float64{0, 0}},
			{lossCase{loss: "l2_norm"}, []float64{3e30, 4e30}, []float64{0, 0}, 5e30, []float64{0.6, 0.8}},
			{lossCase{loss: "l2_norm"}, []float64{3e-30, 4e-30}, []float64{0, 0}, 5e-30, []float64{0.6, 0.8}},
			{lossCase{loss: "l2_norm"}, []float64{math.Inf(1), 4}, []float64{0, 0}, math.Inf(1), []float64{math.NaN(), 0}},
			{lossCase{loss: "l2_norm"}, []float64{math.NaN(), 4}, []float64{0, 0}, math.NaN(), []float64{math.NaN(), math.NaN()}},
			{lossCase{loss: "l2_norm"}, []float64{4, math.NaN()}, []float64{0, 0}, math.NaN(), []float64{math.NaN(), math.NaN()}},
			{lossCase{loss: "mae"}, []float64{2, 1, 0, math.NaN()}, []float64{1, 1, 1, 0}, math.NaN(), []float64{1, 0, -1, math.NaN()}},
			{lossCase{loss: "huber"}, []float64{1e30, -1e30, 0.5}, []float64{0, 0, 0}, 2e30, []float64{1, -1, 0.5}},
			{lossCase{loss: "huber"}, []float64{math.NaN(), 0}, []float64{0, 0}, math.NaN(), []float64{math.NaN(), 0}},
			{lossCase{loss: "bce"}, []float64{0, 1, 0, 1}, []float64{0, 1, 1, 0}, 200, []float64{0, 0, -1e12, 1e12}},
			{lossCase{loss: "bce"}, []float64{math.NaN()}, []float64{1}, math.NaN(), []float64{math.NaN()}},
			{lossCase{loss: "bce_with_logits"}, []float64{1e30, -1e30, -1e30}, []float64{1, 0, 1}, 1e30, []float64{0, 0, -1}},
			{lossCase{loss: "cross_entropy"}, []float64{1e30, -1e30, 0}, []float64{0}, 0, []float64{0, 0, 0}},
			{lossCase{loss: "cross_entropy", activation: "softmax"}, []float64{1e30, -1e30, 0}, []float64{2}, 1e30, []float64{1, 0, -1}},
			{lossCase{loss: "cross_entropy"}, []float64{-1000, -1000}, []float64{0}, math.Ln2, []float64{-0.5, 0.5}},
			{lossCase{loss: "cross_entropy"}, []float64{math.Inf(-1), 0, 0}, []float64{1}, math.Ln2, []float64{0, -0.5, 0.5}},
			{lossCase{loss: "cross_entropy"}, []float64{0, math.NaN()}, []float64{0}, math.NaN(), []float64{math.NaN(), math.NaN()}},
			{lossCase{loss: "cross_entropy"}, []float64{5}, []float64{0}, 0, []float64{0}},
			{lossCase{loss: "nll", activation: "log_softmax"}, []float64{1e30, -1e30, 0}, []float64{2}, 1e30, []float64{1, 0, -1}},
		} {
			c.args, c.weight = args(LossByName(c.loss).Kind), 1
			l, dx := c.run(t, a, [][]float64{c.x}, [][]float64{c.t})
			if !near(l[0], c.l, 4*a.eps, 0) {
				t.Errorf("%s of %v, %s: %v, want %v", c.loss, c.x, a.name, l[0], c.l)
			}
			for i := range dx[0] {
				if !near(dx[0][i], c.dx[i], 4*a.eps, 1) {
					t.Errorf("%s of %v, %s: gradient %v, want %v", c.loss, c.x, a.name, dx[0], c.dx)
				}
			}
		}
	}
}

// TestFusion: the loss after softmax is computed from the logits.
func TestFusion(t *testing.T) {
	for _, c := range []lossCase{{"cross_entropy", nil, "softmax", 1}, {"cross_entropy", nil, "log_softmax", 1}, {"nll", nil, "log_softmax", 1}} {
		c.args = args(LossByName(c.loss).Kind)
		plain := lossCase{"cross_entropy", args(crossEntropy.Kind), "", 1}
		x, target := [][]float64{{1, 2.5, -0.5}, {0, 0, 0}}, [][]float64{{2}, {0}}
		l, dx := c.run(t, expr.Float64, x, target)
		l2, dx2 := plain.run(t, expr.Float64, x, target)
		for i := range l {
			if !near(l[i], l2[i], 1e-15, 1) {
				t.Errorf("%s after %s: %v, want %v", c.loss, c.activation, l, l2)
			}
			for j := range dx[i] {
				if !near(dx[i][j], dx2[i][j], 1e-15, 1) {
					t.Errorf("%s after %s: gradient %v, want %v", c.loss, c.activation, dx, dx2)
				}
			}
		}
	}
}

func TestLossRefusals(t *testing.T) {
	for _, c := range []struct {
		loss, activation string
		ok               bool
	}{
		{"nll", "log_softmax", true}, {"nll", "softmax", false}, {"nll", "", false},
		{"bce", "sigmoid", true}, {"bce", "softmax", true}, {"bce", "", false}, {"bce", "tanh", false}, {"bce", "log_softmax", false},
		{"bce_with_logits", "", true}, {"bce_with_logits", "sigmoid", false}, {"bce_with_logits", "relu", true},
		{"cross_entropy", "", true}, {"cross_entropy", "softmax", true}, {"cross_entropy", "sigmoid", false},
	} {
		row := LossByName(c.loss)
		why, hint := row.Refuse(args(row.Kind), c.activation)
		if (why == "") != c.ok || (hint == "") != c.ok {
			t.Errorf("%s after %q: %q, %q", c.loss, c.activation, why, hint)
		}
	}
}

func TestLossMeans(t *testing.T) {
	for _, r := range losses {
		samples := map[string]bool{"l2_norm": true, "cross_entropy": true, "nll": true}[r.Name]
		if (r.Mean == OverSamples) != samples || (r.Mean == OverElements) == samples {
			t.Errorf("%s: mean over %q", r.Name, r.Mean)
		}
		if r.Class != (r.Name == "cross_entropy" || r.Name == "nll") {
			t.Errorf("%s: class %v", r.Name, r.Class)
		}
	}
}

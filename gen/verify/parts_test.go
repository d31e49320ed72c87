package verify

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

func TestErrorStats(t *testing.T) {
	var e ErrorStats
	e.add(ir.Float32, []float64{1, 2, 0, math.NaN(), math.Inf(1)}, []float64{1, 2, 0, math.NaN(), math.Inf(1)})
	require.Equal(t, ErrorStats{Numbers: 5}, e)
	ulp1 := math.Exp2(-23)
	e.add(ir.Float32, []float64{1}, []float64{1 + 3*ulp1})
	require.Equal(t, ErrorStats{Numbers: 6, Absolute: 3 * ulp1, Relative: 3 * ulp1 / (1 + 3*ulp1), ULP: 3}, e)
	e.add(ir.Float32, []float64{0}, []float64{1e-3}) // finite although zero is wanted
	require.InDelta(t, 1, e.Relative, 1e-12)
	e.add(ir.Float32, []float64{math.NaN(), math.Inf(1), 1}, []float64{1, 1e39, math.Inf(1)})
	require.Equal(t, 3, e.NonFinite)

	require.Equal(t, math.Exp2(-52), ulp(ir.Float64, 1))
	require.Equal(t, math.Exp2(-23), ulp(ir.Float32, 1.5))
	require.Equal(t, math.Exp2(-149), ulp(ir.Float32, 0))
	require.False(t, math.IsInf(ulp(ir.Float32, math.MaxFloat32), 0))
}

func TestChecks(t *testing.T) {
	c := &Checks{}
	require.NoError(t, c.Err())
	c.Bits("a", "x", []float64{1, math.NaN()}, []float64{1, math.NaN()})
	c.Bits("b", "y", []float64{0}, []float64{math.Copysign(0, -1)})
	c.Bits("b", "z", []float64{1}, []float64{2})
	c.Within("c", "w", []float64{1, 2.1}, []float64{1, 2}, 0.01)
	require.Len(t, c.List, 3)
	require.Equal(t, Check{Name: "a", Compared: 2}, *c.List[0])
	require.Equal(t, 2, c.List[1].Mismatches)
	require.Equal(t, "y[0]: got 0x0p+00 (0), want -0x0p+00 (-0)", c.List[1].First)
	require.EqualError(t, c.Err(), "b: "+c.List[1].First)

	all := &Checks{}
	all.merge(&Checks{List: []*Check{{Name: "b", Compared: 1}}}, "first: ")
	all.merge(c, "second: ")
	require.Equal(t, "b a c", all.List[0].Name+" "+all.List[1].Name+" "+all.List[2].Name)
	require.Equal(t, 3, all.List[0].Compared)
	require.Equal(t, "second: "+c.List[1].First, all.List[0].First)
	require.EqualError(t, all.Err(), "b: second: "+c.List[1].First)
}

func TestDiffWithin(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	require.Empty(t, DiffWithin("x", []float64{nan, inf, 1.0001}, []float64{nan, inf, 1}, 1e-3))
	require.Contains(t, DiffWithin("x", []float64{nan}, []float64{1}, 1e-3), "x[0]: got NaN")
	require.Contains(t, DiffWithin("x", []float64{1}, []float64{nan}, 1e-3), "x[0]: got 1, want NaN")
	require.Contains(t, DiffWithin("x", []float64{1, -inf}, []float64{1, inf}, 1e-3), "x[1]")
	require.Contains(t, DiffWithin("x", []float64{1, 2, 5}, []float64{1, 2.5, 4}, 1e-3), "x[2]: got 5, want 4, error 0.25")
	require.Contains(t, DiffWithin("x", []float64{1}, []float64{1, 2}, 1e-3), "1 element, want 2")
}

// TestCompensated: the sum that judges others is exact where a plain one is not.
func TestCompensated(t *testing.T) {
	var c compensated
	for _, x := range []float64{1, 1e100, 1, -1e100} {
		c.add(x)
	}
	require.Equal(t, 2.0, c.value())
}

// TestWrongGradient: a gradient that float64 and generated code agree about
// is still wrong if the loss does not change like it.
func TestWrongGradient(t *testing.T) {
	net := loaded(t, "xor")
	check := func(break_ func(prog *ir.Program)) *Report {
		n, err := Prepare(net)
		require.NoError(t, err)
		break_(n.Plan.Prog)
		v := &verification{Options: Options{Samples: 4}, n: n, rng: rand.New(rand.NewPCG(1, 0)), report: newReport(net, Options{})}
		require.NoError(t, v.prepare())
		random := v.cases[1]
		s := &trainingStep{Replay: &Replay{Network: n, Job: random.job}, batch: random.job.Batches[0], weights: random.initial}
		exact, err := s.gradients(random.initial)
		require.NoError(t, err)
		data, err := n.Weights(filled(n.Plan.Prog, exact))
		require.NoError(t, err)
		v.results = []*Result{nil, {Steps: []Step{{Gradients: data}}}}
		require.NoError(t, v.gradients(t.Context()))
		v.report.finish()
		return v.report
	}
	r := check(func(*ir.Program) {})
	require.True(t, r.OK, r.Failures)
	require.Len(t, r.Gradients, 4)
	r = check(func(prog *ir.Program) {
		for _, op := range prog.Gradients.Ops {
			if m, ok := op.(*ir.Map); ok && m.Doc == "tanh gradient" {
				m.Prog = expr.One("dx", expr.Mul(expr.C(1.01), m.Prog[len(m.Prog)-1].X))
			}
		}
	})
	require.False(t, r.OK)
	require.Contains(t, r.Failures[0], CheckDifferences+": dense1.")
}

// filled adds zeros for parameters without a gradient.
func filled(prog *ir.Program, v Values) Values {
	for _, p := range prog.Params {
		if v[p] == nil {
			v[p] = make([]float64, p.Size())
		}
	}
	return v
}

// TestStrict: sums that miss a term are more than roundings away.
func TestStrict(t *testing.T) {
	n, err := Prepare(loaded(t, "xor"))
	require.NoError(t, err)
	prog := n.Plan.Prog
	d := ir.Form(prog.Infer.Ops[0]).(*ir.Dense)
	m := interp.NewOracle(prog, false)
	for p, w := range randomParameters(rand.New(rand.NewPCG(1, 0)), prog) {
		m.Set(p, w)
	}
	m.Set(prog.Inputs[0], []float64{0.25, -3})
	require.NoError(t, m.Run(prog.Infer))
	l := &LayerErrors{Bound: new(float64), dense: d}
	l.measure(prog.DType, m)
	require.LessOrEqual(t, l.strict, 1.0)
	require.Less(t, *l.Bound, 1.0)
	m.Get(d.Y)[0][2] -= 1e-4
	l.measure(prog.DType, m)
	require.Greater(t, l.strict, 1.0)
	require.Greater(t, *l.Bound, 1.0)
}

// TestConditioned: the mean of what was normalised and mixed is a bias and a rounding of
// zero; where the bias is no larger than such roundings may make it wrong, it is
// ill-conditioned, in each type.
func TestConditioned(t *testing.T) {
	for dtype, bias := range map[string]float64{"float32": 1e-5, "float64": 1e-11} {
		for filters := 1; filters <= 3; filters++ {
			b := spec.New("net")
			x := b.Layer("batch_normalization", b.Input("x", 4, 3, 3), spec.Fields{"axis": 0, "statistics": "batch"})
			x = b.Layer("conv2d", x, spec.Fields{"filters": filters, "kernel_size": 1})
			x = b.Layer("batch_normalization", x, spec.Fields{"axis": 0, "statistics": "batch"})
			b.Output("y", b.Layer("flatten", x))
			b.Loss("mse")
			b.Optimizer("sgd", spec.Fields{"learning_rate": 0.1})
			b.Numeric(spec.Fields{"dtype": dtype})
			b.Codegen(spec.Fields{"batch": 4})
			net, err := b.Build(op.Vocabulary())
			require.NoError(t, err)
			n, err := Prepare(net)
			require.NoError(t, err)
			job := NewJob(rand.New(rand.NewPCG(uint64(filters), 1)), n, 4)
			r := &Replay{Network: n, Job: job}
			s := &trainingStep{Replay: r, batch: job.Batches[0], weights: r.initial(), states: Values{}}
			named := map[string]*ir.Value{}
			for _, p := range n.Plan.Prog.Params {
				if named[p.Name] = p; p.Name == "conv2d1.bias" {
					for i := range s.weights[p] {
						s.weights[p][i] = bias
					}
				}
			}
			exact, err := s.gradients(s.weights)
			require.NoError(t, err)
			well, err := s.wellConditioned(exact)
			require.NoError(t, err)
			require.True(t, well[named["batch_normalization1.running_mean"]], "%s, %d filters", dtype, filters)
			require.True(t, well[named["batch_normalization2.bias"]], "%s, %d filters", dtype, filters)
			require.False(t, well[named["batch_normalization2.running_mean"]], "%s, %d filters", dtype, filters)
		}
	}
}

// TestBeyond: gradients are not compared where those in float64 are beyond float32, and
// are where they are not.
func TestBeyond(t *testing.T) {
	for weight, compared := range map[float64]bool{1: true, 1e30: false} {
		b := spec.New("net")
		x := b.Layer("dense", b.Input("x", 2), spec.Fields{"units": 2})
		b.Output("y", b.Layer("dense", x, spec.Fields{"units": 2}))
		b.Loss("mse")
		b.Optimizer("sgd", spec.Fields{"learning_rate": 0.1})
		net, err := b.Build(op.Vocabulary())
		require.NoError(t, err)
		n, err := Prepare(net)
		require.NoError(t, err)
		r := &Replay{Network: n, Job: NewJob(rand.New(rand.NewPCG(1, 1)), n, 4)}
		s := &trainingStep{Replay: r, batch: r.Job.Batches[0], weights: r.initial(), states: Values{}}
		grads := Values{}
		for _, p := range n.Plan.Prog.Params {
			grads[p] = slices.Repeat([]float64{math.NaN()}, len(s.weights[p]))
			for i := range s.weights[p] {
				s.weights[p][i] = weight
			}
		}
		checks := &Checks{}
		require.NoError(t, s.gradientsInFloat64(checks, grads, 1e-4))
		require.Equal(t, compared, checks.Err() != nil, "weights of %g", weight)
		require.Equal(t, compared, s.LeftOut == 0)
	}
}

package verify

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
)

// ErrorStats is the largest error of some numbers against float64. Relative
// and ULP errors are measured at the larger of the two magnitudes, so that a
// zero on one side does not make them infinite.
type ErrorStats struct {
	Numbers  int     `json:"numbers"`
	Absolute float64 `json:"absolute"`
	Relative float64 `json:"relative"`
	ULP      float64 `json:"ulp"`
	// NonFinite counts numbers that are finite on one side only.
	NonFinite int `json:"non_finite,omitempty"`
}

// add measures rows of numbers.
func (e *ErrorStats) add(t ir.DType, got, want []float64) {
	for i, w := range want {
		e.Numbers++
		g := got[i]
		if Same(g, w) {
			continue
		}
		d := math.Abs(g - w)
		if math.IsNaN(d) || math.IsInf(d, 0) {
			e.NonFinite++
			continue
		}
		at := max(math.Abs(g), math.Abs(w))
		e.Absolute = max(e.Absolute, d)
		e.ULP = max(e.ULP, d/ulp(t, at))
		if at > 0 {
			e.Relative = max(e.Relative, d/at)
		}
	}
}

// ulp is the distance between numbers of a type at x.
func ulp(t ir.DType, x float64) float64 {
	if t == ir.Float64 {
		return math.Nextafter(x, math.Inf(1)) - x
	}
	f := float32(x)
	if u := float64(math.Nextafter32(f, float32(math.Inf(1)))) - float64(f); !math.IsInf(u, 0) && u > 0 {
		return u
	}
	return float64(math.MaxFloat32)
}

// round rounds a number to a type.
func round(t ir.DType, x float64) float64 {
	if t == ir.Float64 {
		return x
	}
	return float64(float32(x))
}

// OutputErrors are the errors of an output of the generated code.
type OutputErrors struct {
	Output string `json:"output"`
	ErrorStats
}

// LayerErrors are the errors of a value inside of the network: of the oracle,
// which generated code equals bit for bit.
type LayerErrors struct {
	Layer string `json:"layer"`
	Value string `json:"value"` // z1 are the sums of a dense layer, a1 its activations
	ErrorStats
	// Bound is, for sums, the largest error made by the layer itself as a share
	// of what the numeric contract allows: 8·2⁻²⁴·Σ|w·x| + 1e-6. That holds for
	// sums whose terms are of a kind; a large bias before many small terms may
	// exceed it.
	Bound *float64 `json:"of_bound,omitempty"`

	// strict is the same as a share of what roundings can ever add up to.
	strict float64

	value *ir.Value
	dense *ir.Dense
}

// outputErrors measures the outputs of generated code.
func (v *verification) outputErrors(results []*Result) []OutputErrors {
	prog := v.n.Plan.Prog
	rows := newOutputErrors(prog)
	for i, c := range v.cases {
		if c.job.Sequence {
			continue // of samples that are streams of their own
		}
		exact := v.infer(interp.New(prog), c)
		at := 0
		for j, o := range prog.Outputs {
			for s, want := range exact.Get(o.Value) {
				rows[j].add(prog.DType, results[i].Outputs[s][at:at+o.Value.Size()], want)
			}
			at += o.Value.Size()
		}
	}
	return rows
}

func newOutputErrors(prog *ir.Program) []OutputErrors {
	var rows []OutputErrors
	for _, o := range prog.Outputs {
		rows = append(rows, OutputErrors{Output: o.Name})
	}
	return rows
}

// infer runs inference on the samples of a case.
func (v *verification) infer(m *interp.Machine, c *testCase) *interp.Machine {
	r := &Replay{Network: v.n, Job: c.job, Initial: c.initial}
	r.machine(m, r.initial(), Batch{Inputs: c.job.Inputs})
	if err := Infer(m); err != nil {
		panic(fmt.Sprintf("internal error: verify: %v", err)) // it ran before
	}
	return m
}

// precision compares the values inside of the network with float64.
func (v *verification) precision(ctx context.Context) error {
	prog := v.n.Plan.Prog
	rows := v.layers()
	for _, c := range v.cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.job.Sequence {
			continue
		}
		exact, oracle := v.infer(interp.New(prog), c), v.infer(interp.NewOracle(prog, false), c)
		for _, row := range rows {
			for s, want := range exact.Get(row.value) {
				row.add(prog.DType, oracle.Get(row.value)[s], want)
			}
			if row.dense != nil {
				row.measure(prog.DType, oracle)
			}
		}
	}
	v.report.Layers = rows
	return nil
}

// layers lists the values of inference that stand for a layer, in order.
func (v *verification) layers() []*LayerErrors {
	names := map[string]string{} // value to layer
	for _, l := range v.n.Net.Layers {
		names[l.Name] = l.Name
	}
	var rows []*LayerErrors
	dense := 0
	for _, op := range v.n.Plan.Prog.Infer.Ops {
		c, ok := op.(*ir.Contract)
		if ok && c.Weight() != nil {
			dense++
			names[fmt.Sprintf("a%d", dense)] = c.Layer
		}
		if d, ok := ir.Form(op).(*ir.Dense); ok {
			rows = append(rows, &LayerErrors{Layer: d.Layer, Value: d.Y.Name, Bound: new(float64), value: d.Y, dense: d})
			continue
		}
		for _, y := range op.Outs() {
			if layer, ok := names[y.Name]; ok && !slices.ContainsFunc(rows, func(r *LayerErrors) bool { return r.value == y }) {
				rows = append(rows, &LayerErrors{Layer: layer, Value: y.Name, value: y})
			}
		}
	}
	return rows
}

// measure compares a layer's sums, given its inputs, with exact ones.
func (l *LayerErrors) measure(t ir.DType, m *interp.Machine) {
	unit, floor, tiny := math.Exp2(-24), 1e-6, math.Exp2(-149)
	if t == ir.Float64 {
		unit, floor, tiny = math.Exp2(-53), 1e-15, math.Exp2(-1074)
	}
	w, ins := m.Get(l.dense.W)[0], l.dense.W.Shape[1]
	terms := float64(ins + 2)
	for s, y := range m.Get(l.dense.Y) {
		rows := m.Get(l.dense.X)
		x := rows[min(s, len(rows)-1)]
		for n := range y {
			sum, size := newSum(m, l.dense, n)
			for k := range x {
				sum.add(w[n*ins+k] * x[k])
				size += math.Abs(w[n*ins+k] * x[k])
			}
			if e := math.Abs(y[n] - sum.value()); !math.IsNaN(e) && !math.IsInf(e, 0) {
				*l.Bound = max(*l.Bound, e/(8*unit*size+floor))
				l.strict = max(l.strict, e/(1.01*terms*(unit*size+tiny)))
			}
		}
	}
}

// newSum starts a sum from the bias, and the sum of magnitudes.
func newSum(m *interp.Machine, d *ir.Dense, n int) (*compensated, float64) {
	if d.B == nil {
		return &compensated{}, 0
	}
	b := m.Get(d.B)[0][n]
	return &compensated{sum: b}, math.Abs(b)
}

// compensated is a sum in float64 with the roundings added up beside it
// (Neumaier), so that it can judge sums in float64 as well.
type compensated struct{ sum, lost float64 }

func (c *compensated) add(x float64) {
	t := c.sum + x
	if math.Abs(c.sum) >= math.Abs(x) {
		c.lost += (c.sum - t) + x
	} else {
		c.lost += (x - t) + c.sum
	}
	c.sum = t
}

func (c *compensated) value() float64 { return c.sum + c.lost }

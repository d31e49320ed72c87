// Package interp runs a program in plain loops. In float64 it is the living
// definition of what a program computes; in the arithmetics of the numeric
// contract, summing as package schedule says, it is the oracle that generated
// code must equal bit for bit. It knows neither plans nor kernels.
package interp

import (
	"fmt"
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// Machine holds the values of a program while it runs. Numbers are carried
// as float64 and rounded by the arithmetic.
type Machine struct {
	Prog  *ir.Program
	Arith expr.Arith
	// Plain sums in one chain, in order: the definition, not the schedule.
	Plain bool
	// Unrounded weights are used as they are set, not as they are stored.
	Unrounded bool

	// Scalars of the training step.
	Batch        int
	Step         int // 1, 2, …
	FirstSample  int // number of samples of the step before this batch
	LearningRate float64
	Seed         uint64

	fused  bool                      // the oracle multiplies and adds with one rounding
	values map[*ir.Value][][]float64 // per sample, or one
}

// New returns a machine in float64 with package math: the definition.
func New(p *ir.Program) *Machine {
	return &Machine{Prog: p, Arith: expr.Float64, Plain: true, Step: 1, Batch: 1, values: map[*ir.Value][][]float64{}}
}

// NewOracle returns a machine that follows the numeric schedule, every operation
// in the type of its result, with fused or separate multiply-add.
func NewOracle(p *ir.Program, fused bool) *Machine {
	m := New(p)
	m.Plain, m.fused = false, fused
	m.Arith = m.arithmetic(p.DType)
	return m
}

// arithmetic is the exact arithmetic of a type.
func (m *Machine) arithmetic(t ir.DType) expr.Arith {
	switch {
	case t == ir.Float64 && m.fused:
		return Fused64
	case t == ir.Float64:
		return Strict64
	case m.fused:
		return Fused32
	}
	return Strict32
}

// Set gives a value its rows: one per sample, or one. Weights that are stored
// narrow are rounded.
func (m *Machine) Set(v *ir.Value, rows ...[]float64) {
	if v.Kind == ir.Param && v.Param.Storage != "" && !m.Unrounded {
		rows = [][]float64{Stored(v.Param, rows[0])}
	}
	m.values[v] = rows
}

// Get returns the rows of a value; nil if it has none.
func (m *Machine) Get(v *ir.Value) [][]float64 { return m.values[v] }

// Run runs a function of the program on the values that were set.
func (m *Machine) Run(f *ir.Func) error {
	for _, op := range f.Ops {
		if err := m.run(op); err != nil {
			return fmt.Errorf("%s: %s: %w", f.Name, op, err)
		}
	}
	return nil
}

func (m *Machine) run(op ir.Op) error {
	for _, x := range op.Ins() {
		switch {
		case x.Kind == ir.Scalar:
			m.values[x] = [][]float64{{m.scalar(x.Name)}}
		case x.Kind == ir.Constant && x.Const != nil:
			m.values[x] = [][]float64{m.constant(x)}
		case x.Kind == ir.State && m.values[x] == nil:
			m.values[x] = [][]float64{make([]float64, x.Size())}
		case x.Kind == ir.Stream && m.values[x] == nil:
			m.zero(x)
		}
		if m.values[x] == nil {
			return fmt.Errorf("%s (%s) was not set", x, x.Name)
		}
	}
	if y := op.Outs()[0]; !m.Plain {
		m.Arith = m.arithmetic(y.DType)
	}
	switch o := op.(type) {
	case *ir.Contract:
		m.contract(o)
	case *ir.RankOne:
		m.rankOne(o)
	case *ir.Map:
		return m.mapOp(o)
	case *ir.Reduce:
		return m.reduce(o)
	case *ir.Concat:
		m.perSample(o.Y, func(b int) []float64 {
			var y []float64
			for _, x := range o.Xs {
				y = append(y, m.row(x, b)...)
			}
			return y
		})
	case *ir.Slice:
		m.perSample(o.Y, func(b int) []float64 { return m.row(o.X, b)[o.From : o.From+o.Y.Size()] })
	case *ir.View:
		m.view(o)
	case *ir.ViewGrad:
		m.viewGrad(o)
	case *ir.Pool:
		m.pool(o)
	case *ir.PoolGradient:
		m.poolGradient(o)
	case *ir.ReduceAxis:
		m.reduceAxis(o)
	case *ir.Gather:
		m.perSample(o.Y, func(b int) []float64 { return []float64{m.row(o.X, b)[int(m.row(o.T, b)[0])]} })
	case *ir.OneHot:
		m.perSample(o.Y, func(b int) []float64 {
			y := make([]float64, o.Y.Size())
			for k, class := range m.row(o.T, b) {
				y[k*(o.Y.Size()/o.T.Size())+int(class)] = 1
			}
			return y
		})
	case *ir.Random:
		m.random(o)
	default:
		return fmt.Errorf("internal error: interp: unexpected op %T", op)
	}
	return nil
}

// zero is the beginning of a stream, for every sample.
func (m *Machine) zero(v *ir.Value) {
	m.perSample(v, func(int) []float64 { return make([]float64, v.Size()) })
}

// Advance ends a step of every stream: the state is the one after a function.
func (m *Machine) Advance(f *ir.Func) {
	after := map[*ir.Value][][]float64{}
	for _, s := range m.Prog.Memory {
		after[s.In] = m.values[m.Prog.After(s, f)]
	}
	for v, rows := range after {
		m.values[v] = rows
	}
}

// constant is a value known to the compiler, as it is stored.
func (m *Machine) constant(v *ir.Value) []float64 {
	if m.Plain || v.DType != ir.Float32 {
		return v.Const
	}
	row := make([]float64, len(v.Const))
	for i, x := range v.Const {
		row[i] = round32(x)
	}
	return row
}

func (m *Machine) scalar(name string) float64 {
	switch name {
	case "batch":
		return float64(m.Batch)
	case "step":
		return float64(m.Step)
	case "learning_rate":
		return m.LearningRate
	}
	return math.NaN()
}

// row returns a value's row for a sample; values without the batch have one.
func (m *Machine) row(v *ir.Value, b int) []float64 {
	if rows := m.values[v]; v.Batch {
		return rows[b]
	}
	return m.values[v][0]
}

// perSample computes the rows of y.
func (m *Machine) perSample(y *ir.Value, f func(b int) []float64) {
	n := 1
	if y.Batch {
		n = m.Batch
	}
	rows := make([][]float64, n)
	for b := range rows {
		rows[b] = f(b)
	}
	m.values[y] = rows
}

// chains returns the number of accumulator chains of a sum.
func (m *Machine) chains(outputs, length int) int {
	if m.Plain {
		return 1
	}
	return schedule.Chains(outputs, length)
}

// sum adds n terms to init in c chains; add adds term i to an accumulator.
func (m *Machine) sum(init float64, c, n int, add func(acc float64, i int) float64) float64 {
	acc := make([]float64, c)
	acc[0] = init
	for i := range n {
		acc[i%c] = add(acc[i%c], i)
	}
	return m.halve(acc)
}

// halve adds the accumulators in halves: i += i + len/2.
func (m *Machine) halve(acc []float64) float64 {
	for h := len(acc) / 2; h >= 1; h /= 2 {
		for i := range h {
			acc[i] = m.Arith.Apply(expr.OpAdd, acc[i], acc[i+h])
		}
	}
	return acc[0]
}

// random draws the inverted dropout mask. Units are counted canonically, so
// that the mask does not depend on layout, batch split or workers.
func (m *Machine) random(o *ir.Random) {
	threshold, scale := Dropout(o.Rate)
	scale = m.Arith.Round(scale)
	purpose := nnrt.PurposeDropout
	if o.Purpose == "drop_connect" {
		purpose = nnrt.PurposeDropConnect
	}
	m.perSample(o.Y, func(b int) []float64 {
		sample := uint32(0)
		if o.Y.Batch {
			sample = uint32(m.FirstSample + b)
		}
		y := make([]float64, o.Y.Size())
		for u := range y {
			r0, r1, r2, r3 := nnrt.Random(m.Seed, purpose, uint32(m.Step), uint32(o.Layer), sample, uint32(u/4))
			if [4]uint32{r0, r1, r2, r3}[u%4] >= threshold {
				y[u] = scale
			}
		}
		return y
	})
}

// Dropout returns the threshold below which a random word drops a unit, and
// the factor of the kept ones.
func Dropout(rate float64) (threshold uint32, scale float64) {
	return uint32(min(math.Round(rate*(1<<32)), math.MaxUint32)), 1 / (1 - rate)
}

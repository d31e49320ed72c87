package interp

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/schedule"
)

// Stored returns the weights as they come out of memory: see
// ir.ParamInfo.Storage.
func Stored(p *ir.ParamInfo, w []float64) []float64 {
	out := make([]float64, len(w))
	switch p.Storage {
	case ir.Float16:
		for i, x := range w {
			out[i] = half(x)
		}
	case ir.Int8:
		ins := p.Shape[1]
		for first := 0; first < len(w); first += ins {
			row := w[first : first+ins]
			s := Scale(row)
			for k, q := range wholes(row, s) {
				out[first+k] = q * s
			}
		}
	default:
		copy(out, w)
	}
	return out
}

// half is the float16 nearest to x, ties to even.
func half(x float64) float64 {
	_, exponent := math.Frexp(x)
	unit := math.Ldexp(1, max(exponent-11, -24))
	return max(-65504, min(65504, math.RoundToEven(x/unit)*unit))
}

// Scale is the scale of a row of weights that is stored as int8.
func Scale(row []float64) float64 {
	largest := 0.0
	for _, x := range row {
		largest = max(largest, min(math.Abs(x), 0x1p127))
	}
	fraction, exponent := math.Frexp(largest / 127)
	return max(0x1p-126, math.Ldexp(math.Ceil(fraction*(1<<17)), exponent-17))
}

// wholes are the weights of a row as they are stored, in units of the scale.
func wholes(row []float64, s float64) []float64 {
	q := make([]float64, len(row))
	for k, x := range row {
		q[k] = max(-127, min(127, math.RoundToEven(x/s)))
	}
	return q
}

// integers computes a layer of int8 weights: the sum of integers times inputs
// starts from zero; then come the scale and the bias, one multiply-add.
func (m *Machine) integers(o *ir.Dense) {
	w, outs := m.values[o.W][0], o.W.Shape[0]
	m.perSample(o.Y, func(b int) []float64 {
		x, y := m.row(o.X, b), make([]float64, outs)
		for n := range y {
			y[n] = m.scaled(o, w[n*len(x):(n+1)*len(x)], x, n)
		}
		return y
	})
}

// scaled is output n of a layer of int8 weights: the sum of integers times
// inputs starts from zero; then come the scale and the bias, one multiply-add.
func (m *Machine) scaled(o *ir.Dense, row, x []float64, n int) float64 {
	s := Scale(row)
	q := wholes(row, s)
	sum, mulAdd := 0.0, m.Arith.MulAdd
	if mask := o.W.Param.Mask; mask != nil {
		mulAdd = m.separate
		for _, k := range mask.Cols[n] {
			sum = mulAdd(q[k], x[k], sum)
		}
	} else {
		sum = m.sum(0, schedule.OfDense(len(m.values[o.W][0])/len(row), len(row), m.Prog.Mode == "fast"), len(row), func(acc float64, k int) float64 {
			return mulAdd(q[k], x[k], acc)
		})
	}
	if o.B == nil {
		return m.Arith.Apply(expr.OpMul, s, sum)
	}
	return mulAdd(s, sum, m.values[o.B][0][n])
}

package interp

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// maxima finds the maximum of every window and its place, −1 of a window without any.
func (m *Machine) maxima(o *ir.Pool, x []float64, found func(result int, best float64, place int)) {
	outside, flat, to := o.X.Outside(o.All()), o.X.Flat(), o.Y.Flat()
	l := make([]int, len(o.Loops)+len(o.Window))
	results, steps := l[:len(o.Loops)], l[len(o.Loops):]
	for ok := true; ok; ok = ir.Next(results, o.Loops) {
		best, place := math.Inf(-1), -1
		clear(steps)
		for more := true; more; more = ir.Next(steps, o.Window) {
			if !o.X.Inside(l, outside) {
				continue
			}
			if at := flat.Eval(l); place < 0 || x[at] > best || math.IsNaN(x[at]) {
				best, place = x[at], at
			}
		}
		found(to.Eval(results), best, place)
	}
}

// pool takes the maximum of every window.
func (m *Machine) pool(o *ir.Pool) {
	m.perSample(o.Y.V, func(b int) []float64 {
		y := make([]float64, o.Y.V.Size())
		m.maxima(o, m.row(o.X.V, b), func(result int, best float64, _ int) { y[result] = best })
		return y
	})
}

// poolGradient adds every dy where the maximum lies, in their order.
func (m *Machine) poolGradient(o *ir.PoolGradient) {
	m.perSample(o.DX.V, func(b int) []float64 {
		dx, dy := make([]float64, o.DX.V.Size()), m.row(o.DY.V, b)
		m.maxima(o.Of(), m.row(o.X.V, b), func(result int, _ float64, place int) {
			if place >= 0 {
				dx[place] = m.Arith.Apply(expr.OpAdd, dx[place], dy[result])
			}
		})
		return dx
	})
}

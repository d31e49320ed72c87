package interp

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// pool takes the maximum of every window, or finds its place.
func (m *Machine) pool(o *ir.Pool) {
	outside, flat, to := o.X.Outside(o.All()), o.X.Flat(), o.Y.Flat()
	m.perSample(o.Y.V, func(b int) []float64 {
		x, y := m.row(o.X.V, b), make([]float64, o.Y.V.Size())
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
			if o.Place {
				best = float64(place)
			}
			y[to.Eval(results)] = best
		}
		return y
	})
}

// scatter adds every dy where it belongs, in their order.
func (m *Machine) scatter(o *ir.Scatter) {
	m.perSample(o.DX, func(b int) []float64 {
		dx, dy := make([]float64, o.DX.Size()), m.row(o.DY, b)
		for i, at := range m.row(o.At, b) {
			dx[int(at)] = m.Arith.Apply(expr.OpAdd, dx[int(at)], dy[i])
		}
		return dx
	})
}

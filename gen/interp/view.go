package interp

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// places returns where in X the elements of a view lie, in the order of Y.
func places(axes []ir.Axis, offset int) []int {
	at := []int{offset}
	for _, a := range axes {
		var next []int
		for _, p := range at {
			for i := range a.Size {
				next = append(next, p+i*a.Stride)
			}
		}
		at = next
	}
	return at
}

func (m *Machine) view(o *ir.View) {
	at := places(o.Axes, o.Offset)
	m.perSample(o.Y, func(b int) []float64 {
		x, y := m.row(o.X, b), make([]float64, len(at))
		for i, p := range at {
			y[i] = x[p]
		}
		return y
	})
}

func (m *Machine) viewGrad(o *ir.ViewGrad) {
	at := places(o.Axes, o.Offset)
	m.perSample(o.DX, func(b int) []float64 {
		dy, dx := m.row(o.DY, b), make([]float64, o.DX.Size())
		for i, p := range at {
			dx[p] = m.Arith.Apply(expr.OpAdd, dx[p], dy[i])
		}
		return dx
	})
}

func (m *Machine) reduceAxis(o *ir.ReduceAxis) {
	m.perSample(o.Y, func(b int) []float64 {
		x, y := m.row(o.X, b), make([]float64, o.Y.Size())
		for j := range y {
			first := j/o.Inner*o.Length*o.Inner + j%o.Inner
			y[j] = m.along(o, func(n int) float64 { return x[first+n*o.Inner] })
		}
		return y
	})
}

// along reduces the elements of one line.
func (m *Machine) along(o *ir.ReduceAxis, x func(n int) float64) float64 {
	if o.Kind == ir.Sum {
		if o.Length == 1 {
			return x(0)
		}
		return m.sum(0, m.chains(o.Inner, o.Length), o.Length, func(acc float64, n int) float64 {
			return m.Arith.Apply(expr.OpAdd, acc, x(n))
		})
	}
	best, at := x(0), 0
	for n := 1; n < o.Length; n++ {
		v := x(n)
		switch o.Kind {
		case ir.MaxOf, ir.MinOf:
			if math.IsNaN(v) || o.Kind == ir.MaxOf && v > best || o.Kind == ir.MinOf && v < best {
				best = v
			}
			if math.IsNaN(best) {
				return best
			}
		case ir.ArgMax, ir.ArgMin, ir.ArgMaxLast, ir.ArgMinLast:
			if better(o.Kind, v, best) {
				best, at = v, n
			}
		}
	}
	if o.Kind == ir.MaxOf || o.Kind == ir.MinOf {
		return best
	}
	return float64(at)
}

// better reports whether v takes the place of best. A NaN does, of another one
// only where the last counts.
func better(kind ir.ReduceKind, v, best float64) bool {
	switch {
	case math.IsNaN(v):
		return !math.IsNaN(best) || kind == ir.ArgMaxLast || kind == ir.ArgMinLast
	case kind == ir.ArgMax:
		return v > best
	case kind == ir.ArgMaxLast:
		return v >= best
	case kind == ir.ArgMin:
		return v < best
	}
	return v <= best
}

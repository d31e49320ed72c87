package evaluate

import (
	"math"
	"slices"
)

// reductions combine the elements along axes into one.
var reductions = map[string]row{
	"ReduceSum":       reduction(total),
	"ReduceMean":      reduction(func(v []float64) float64 { return total(v) / float64(len(v)) }),
	"ReduceMax":       reduction(slices.Max[[]float64]),
	"ReduceMin":       reduction(slices.Min[[]float64]),
	"ReduceSumSquare": reduction(squares),
	"ReduceL2":        reduction(func(v []float64) float64 { return math.Sqrt(squares(v)) }),
	"ReduceL1": reduction(func(v []float64) float64 {
		s := 0.0
		for _, x := range v {
			s += math.Abs(x)
		}
		return s
	}),
	"ReduceProd": reduction(func(v []float64) float64 {
		p := 1.0
		for _, x := range v {
			p *= x
		}
		return p
	}),
	"ArgMax": extreme(func(a, b float64) bool { return a > b }),
	"ArgMin": extreme(func(a, b float64) bool { return a < b }),
}

func squares(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return s
}

func reduction(f func(v []float64) float64) row {
	return func(c *call) []*Tensor {
		x := c.x(0)
		list, _ := c.integers("axes", 1)
		switch {
		case len(list) > 0:
		case c.integer("noop_with_empty_axes", 0) != 0:
			return one(c.pointwise([]*Tensor{x}, f)) // of each element by itself
		default:
			list = from(0, len(x.Shape))
		}
		for i := range list {
			list[i] = c.axis(list[i], len(x.Shape))
		}
		return one(c.reduce(x, list, f))
	}
}

// reduce leaves one element of those along axes.
func (c *call) reduce(x *Tensor, axes []int, f func(v []float64) float64) *Tensor {
	shape := []int{}
	keep := c.integer("keepdims", 1) != 0
	for k, d := range x.Shape {
		switch {
		case !slices.Contains(axes, k):
			shape = append(shape, d)
		case keep:
			shape = append(shape, 1)
		}
	}
	y := c.tensor(shape, 0)
	y.Integer = x.Integer
	group := 0
	c.along(x, axes, func(v []float64) {
		y.Data[group] = f(v)
		group++
	})
	return y
}

// extreme is the place of the first or last extreme along an axis.
func extreme(better func(a, b float64) bool) row {
	return func(c *call) []*Tensor {
		x, last := c.x(0), c.integer("select_last_index", 0) != 0
		y := c.reduce(x, []int{c.axis(c.integer("axis", 0), len(x.Shape))}, func(v []float64) float64 {
			best := 0
			for i := range v {
				if better(v[i], v[best]) || last && v[i] == v[best] || math.IsNaN(v[i]) && !math.IsNaN(v[best]) { // a NaN is the extreme
					best = i
				}
			}
			return float64(best)
		})
		y.Integer = true
		return one(y)
	}
}

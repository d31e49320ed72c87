package evaluate

import (
	"math"
	"slices"
)

// mixing are the operators that multiply, normalise and choose along axes.
var mixing = map[string]row{
	"MatMul":             matmul,
	"Gemm":               gemm,
	"Einsum":             einsum,
	"Softmax":            softmax,
	"LogSoftmax":         softmax,
	"BatchNormalization": batchNormalization,
	"LayerNormalization": layerNormalization,
}

// matmul is NumPy's: leading dimensions are repeated, a vector is a row on the
// left and a column on the right.
func matmul(c *call) []*Tensor {
	a, b := c.x(0), c.x(1)
	if len(a.Shape) == 0 || len(b.Shape) == 0 {
		c.fail("an operand has no dimensions")
	}
	left, right := a.Shape, b.Shape
	if len(left) == 1 {
		left = []int{1, left[0]}
	}
	if len(right) == 1 {
		right = []int{right[0], 1}
	}
	rows, k, cols := left[len(left)-2], left[len(left)-1], right[len(right)-1]
	lead, ok := broadcast(left[:len(left)-2], right[:len(right)-2])
	if !ok || right[len(right)-2] != k {
		c.fail("shapes %v and %v do not go together", a.Shape, b.Shape)
	}
	y := c.tensor(slices.Concat(lead, []int{rows, cols}), int64(Size(lead))*int64(rows)*int64(cols)*int64(k))
	as, bs := blocks(left, lead), blocks(right, lead)
	for m := range as {
		product(y.Data[m*rows*cols:(m+1)*rows*cols], a.Data[as[m]*rows*k:], b.Data[bs[m]*k*cols:], rows, k, cols)
	}
	if len(b.Shape) == 1 {
		y.Shape = y.Shape[:len(y.Shape)-1]
	}
	if len(a.Shape) == 1 {
		at := len(lead)
		y.Shape = slices.Delete(slices.Clone(y.Shape), at, at+1)
	}
	return one(y)
}

// blocks numbers the matrices of an operand for every one of the result.
func blocks(shape, lead []int) []int {
	own := shape[:len(shape)-2]
	step, s := make([]int, len(lead)), strides(own)
	for i, d := range own {
		if d != 1 {
			step[len(lead)-len(own)+i] = s[i]
		}
	}
	return places(lead, step, 0)
}

// product adds a·b to y; every sum runs over k in order.
func product(y, a, b []float64, rows, k, cols int) {
	for i := range rows {
		to := y[i*cols : (i+1)*cols]
		for p, x := range a[i*k : (i+1)*k] {
			for j, w := range b[p*cols : (p+1)*cols] {
				to[j] += x * w
			}
		}
	}
}

// productOfRows adds a·bᵀ to y.
func productOfRows(y, a, b []float64, rows, k, cols int) {
	for i := range rows {
		from := a[i*k : (i+1)*k]
		for j := range cols {
			sum := 0.0
			for p, w := range b[j*k : (j+1)*k] {
				sum += from[p] * w
			}
			y[i*cols+j] += sum
		}
	}
}

func gemm(c *call) []*Tensor {
	a, b := c.x(0), c.x(1)
	if len(a.Shape) != 2 || len(b.Shape) != 2 {
		c.fail("shapes %v and %v are not both of matrices", a.Shape, b.Shape)
	}
	if c.integer("transA", 0) != 0 {
		c.r.spend(int64(len(a.Data)), len(a.Data))
		a = a.pick([]int{a.Shape[1], a.Shape[0]}, []int{1, a.Shape[1]}, 0)
	}
	rows, k, shape, multiply := a.Shape[0], a.Shape[1], b.Shape, product
	if c.integer("transB", 0) != 0 {
		shape, multiply = []int{b.Shape[1], b.Shape[0]}, productOfRows
	}
	if k != shape[0] {
		c.fail("shapes %v and %v do not go together", a.Shape, shape)
	}
	cols := shape[1]
	y := c.tensor([]int{rows, cols}, int64(rows)*int64(k)*int64(cols))
	multiply(y.Data, a.Data, b.Data, rows, k, cols)
	alpha, beta := c.float("alpha", 1), c.float("beta", 1)
	for i := range y.Data {
		y.Data[i] *= alpha
	}
	if !c.has(2) || beta == 0 {
		return one(y)
	}
	if shape, ok := broadcast(c.in[2].Shape, y.Shape); !ok || !slices.Equal(shape, y.Shape) {
		c.fail("shapes %v and %v do not go together", c.in[2].Shape, y.Shape)
	}
	for i, x := range c.in[2].spread(y.Shape) {
		y.Data[i] += beta * x
	}
	return one(y)
}

// along runs f over the elements along axes, group by group, in place.
func (c *call) along(x *Tensor, axes []int, f func(v []float64)) *Tensor {
	y := c.tensor(x.Shape, 2*int64(len(x.Data)))
	kept, inner, own := []int{}, []int{}, strides(x.Shape)
	var keptStep, innerStep []int
	for k, d := range x.Shape {
		if slices.Contains(axes, k) {
			inner, innerStep = append(inner, d), append(innerStep, own[k])
		} else {
			kept, keptStep = append(kept, d), append(keptStep, own[k])
		}
	}
	within := places(inner, innerStep, 0)
	v := make([]float64, len(within))
	for _, start := range places(kept, keptStep, 0) {
		for i, p := range within {
			v[i] = x.Data[start+p]
		}
		f(v)
		for i, p := range within {
			y.Data[start+p] = v[i]
		}
	}
	return y
}

// from are the axes from one on.
func from(axis, rank int) []int {
	var axes []int
	for a := axis; a < rank; a++ {
		axes = append(axes, a)
	}
	return axes
}

// softmax is Softmax and LogSoftmax, before operator set 13 over all
// dimensions from the axis on.
func softmax(c *call) []*Tensor {
	x := c.x(0)
	preset := -1
	if c.g.opset < 13 {
		preset = 1
	}
	axis := c.integer("axis", preset)
	if axis < 0 {
		axis += len(x.Shape)
	}
	axes := []int{axis}
	if c.g.opset < 13 {
		axes = from(axis, len(x.Shape))
	}
	return one(c.along(x, axes, func(v []float64) {
		most, total := slices.Max(v), 0.0
		for _, e := range v {
			total += math.Exp(e - most)
		}
		for i, e := range v {
			if v[i] = e - most - math.Log(total); c.n.OpType == "Softmax" {
				v[i] = math.Exp(e-most) / total
			}
		}
	}))
}

// batchNormalization normalises by given statistics, or in training by those of
// what it reads, and moves the given ones by them.
func batchNormalization(c *call) []*Tensor {
	x, epsilon := c.x(0), c.float("epsilon", 1e-5)
	in := []*Tensor{x}
	statistics := []*Tensor{c.x(3), c.x(4)}
	training := c.integer("training_mode", 0) != 0
	if training {
		statistics = c.statistics(x)
	}
	for _, p := range append([]*Tensor{c.x(1), c.x(2)}, statistics...) { // [C] as [C, 1, …]
		if len(x.Shape) > 1 {
			p = &Tensor{Shape: append([]int{len(p.Data)}, slices.Repeat([]int{1}, len(x.Shape)-2)...), Data: p.Data}
		}
		in = append(in, p)
	}
	list := one(c.pointwise(in, func(v []float64) float64 {
		return (v[0]-v[3])/math.Sqrt(v[4]+epsilon)*v[1] + v[2]
	}))
	if training {
		momentum := c.float("momentum", 0.9)
		for i, now := range statistics {
			list = append(list, c.pointwise([]*Tensor{c.x(3 + i), now}, func(v []float64) float64 { return v[0]*momentum + v[1]*(1-momentum) }))
		}
	}
	return list
}

// statistics are the mean and the variance of every channel, over the batch and the
// axes behind the channels.
func (c *call) statistics(x *Tensor) []*Tensor {
	channels, inner := x.Shape[1], Size(x.Shape[2:])
	mean, variance := c.tensor([]int{channels}, int64(len(x.Data))), c.tensor([]int{channels}, int64(len(x.Data)))
	n := float64(len(x.Data) / channels)
	for i, v := range x.Data {
		mean.Data[i/inner%channels] += v / n
	}
	for i, v := range x.Data {
		d := v - mean.Data[i/inner%channels]
		variance.Data[i/inner%channels] += d * d / n
	}
	return []*Tensor{mean, variance}
}

// layerNormalization gives, beside its result, the means and the reciprocal
// deviations.
func layerNormalization(c *call) []*Tensor {
	x, epsilon := c.x(0), c.float("epsilon", 1e-5)
	axes := from(c.axis(c.integer("axis", -1), len(x.Shape)), len(x.Shape))
	shape := slices.Clone(x.Shape)
	for _, a := range axes {
		shape[a] = 1
	}
	mean, inverse := c.tensor(shape, 0), c.tensor(shape, 0)
	group := 0
	h := c.along(x, axes, func(v []float64) {
		m, squares := total(v)/float64(len(v)), 0.0
		for _, e := range v {
			squares += (e - m) * (e - m)
		}
		d := 1 / math.Sqrt(squares/float64(len(v))+epsilon)
		mean.Data[group], inverse.Data[group] = m, d
		group++
		for i, e := range v {
			v[i] = (e - m) * d
		}
	})
	in := []*Tensor{h, c.x(1)}
	if c.has(2) {
		in = append(in, c.in[2])
	}
	y := c.pointwise(in, func(v []float64) float64 { return v[0]*v[1] + total(v[2:]) })
	return []*Tensor{y, mean, inverse}
}

func total(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

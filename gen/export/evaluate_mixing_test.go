package export

import (
	"math"
	"slices"
)

// mixers are the operators that combine elements.
var mixers = map[string]func(e *evaluator, xs []array) array{
	"Gemm": func(e *evaluator, xs []array) array {
		x, w := xs[0], xs[1]
		out := array{[]int{x.dims[0], w.dims[0]}, nil}
		if e.integer("transB", 0) != 1 {
			panic("the evaluator knows transB = 1 alone")
		}
		for n := range x.dims[0] {
			for o := range w.dims[0] {
				s := 0.0
				for i := range x.dims[1] {
					s += x.data[n*x.dims[1]+i] * w.data[o*w.dims[1]+i]
				}
				if len(xs) > 2 {
					s += xs[2].data[o]
				}
				out.data = append(out.data, s)
			}
		}
		return out
	},
	"MatMul": func(_ *evaluator, xs []array) array { // the rows of x by one matrix
		x, w := xs[0], xs[1]
		last := len(x.dims) - 1
		inputs, outputs := w.dims[0], w.dims[1]
		out := array{append(slices.Clone(x.dims[:last]), outputs), nil}
		for row := range sizeOf(x.dims[:last]) {
			for o := range outputs {
				s := 0.0
				for i := range inputs {
					s += x.data[row*inputs+i] * w.data[i*outputs+o]
				}
				out.data = append(out.data, s)
			}
		}
		return out
	},
	"Softmax": func(e *evaluator, xs []array) array {
		return along(xs[0], []int{e.integer("axis", -1)}, func(v []float64) []float64 {
			total := 0.0
			for _, x := range v {
				total += math.Exp(x)
			}
			for i, x := range v {
				v[i] = math.Exp(x) / total
			}
			return v
		})
	},
	"LogSoftmax": func(e *evaluator, xs []array) array {
		return along(xs[0], []int{e.integer("axis", -1)}, func(v []float64) []float64 {
			total := 0.0
			for _, x := range v {
				total += math.Exp(x)
			}
			for i, x := range v {
				v[i] = x - math.Log(total)
			}
			return v
		})
	},
	"LayerNormalization": func(e *evaluator, xs []array) array {
		var axes []int
		for a := e.integer("axis", -1); a < len(xs[0].dims); a++ {
			axes = append(axes, a)
		}
		h := along(xs[0], axes, func(v []float64) []float64 {
			mean, squares := sum(v)/float64(len(v)), 0.0
			for _, x := range v {
				squares += (x - mean) * (x - mean)
			}
			deviation := math.Sqrt(squares/float64(len(v)) + e.number("epsilon", 1e-5))
			for i, x := range v {
				v[i] = (x - mean) / deviation
			}
			return v
		})
		ins := append([]array{h}, xs[1:]...)
		return e.elementwise(ins, func(v []float64) float64 { return v[0]*v[1] + sum(v[2:]) })
	},
	"BatchNormalization": func(e *evaluator, xs []array) array {
		ins := []array{xs[0]}
		for _, p := range xs[1:] { // [C] as [C, 1, …]
			ins = append(ins, array{append([]int{p.dims[0]}, slices.Repeat([]int{1}, len(xs[0].dims)-2)...), p.data})
		}
		return e.elementwise(ins, func(v []float64) float64 {
			return (v[0]-v[3])/math.Sqrt(v[4]+e.number("epsilon", 1e-5))*v[1] + v[2]
		})
	},
	"ReduceSum":  reduceOp(sum),
	"ReduceMean": reduceOp(func(v []float64) float64 { return sum(v) / float64(len(v)) }),
	"ReduceMax":  reduceOp(func(v []float64) float64 { return slices.Max(v) }),
	"ReduceMin":  reduceOp(func(v []float64) float64 { return slices.Min(v) }),
	"ArgMax":     argOp(func(a, b float64) bool { return a > b }),
	"ArgMin":     argOp(func(a, b float64) bool { return a < b }),
}

// along replaces the elements along axes, which follow each other, by f.
func along(x array, axes []int, f func(v []float64) []float64) array {
	return apply(x, axes, true, f)
}

// apply combines the elements along axes; whole says that f returns as many.
func apply(x array, axes []int, whole bool, f func(v []float64) []float64) array {
	dims := slices.Clone(x.dims)
	for _, a := range axes {
		dims[a] = 1
	}
	reduced := array{dims, make([]float64, sizeOf(dims))}
	groups, places := make([][]float64, len(reduced.data)), make([][]int, len(reduced.data))
	for i, v := range x.data {
		k, g, stride := i, 0, 1
		for d := len(dims) - 1; d >= 0; d-- {
			if dims[d] > 1 {
				g += k % x.dims[d] * stride
			}
			k /= x.dims[d]
			stride *= dims[d]
		}
		groups[g], places[g] = append(groups[g], v), append(places[g], i)
	}
	out := array{x.dims, make([]float64, len(x.data))}
	for g, v := range groups {
		y := f(v)
		reduced.data[g] = y[0]
		for k := range y {
			out.data[places[g][k]] = y[k]
		}
	}
	if whole {
		return out
	}
	return reduced
}

// squeezed removes the axes of a reduction unless they are kept.
func (e *evaluator) squeezed(x array, axes []int) array {
	if e.integer("keepdims", 1) == 1 {
		return x
	}
	out := array{data: x.data}
	for i, d := range x.dims {
		if !slices.Contains(axes, i) {
			out.dims = append(out.dims, d)
		}
	}
	return out
}

func reduceOp(f func(v []float64) float64) func(e *evaluator, xs []array) array {
	return func(e *evaluator, xs []array) array {
		var axes []int
		if e.node.OpType == "ReduceSum" {
			for _, a := range xs[1].data {
				axes = append(axes, int(a))
			}
		} else {
			for _, a := range e.attr("axes").Ints {
				axes = append(axes, int(a))
			}
		}
		return e.squeezed(apply(xs[0], axes, false, func(v []float64) []float64 { return []float64{f(v)} }), axes)
	}
}

func argOp(better func(a, b float64) bool) func(e *evaluator, xs []array) array {
	return func(e *evaluator, xs []array) array {
		axes := []int{e.integer("axis", 0)}
		return e.squeezed(apply(xs[0], axes, false, func(v []float64) []float64 {
			best := 0
			for i := range v {
				if better(v[i], v[best]) || v[i] == v[best] && e.integer("select_last_index", 0) == 1 {
					best = i
				}
			}
			return []float64{float64(best)}
		}), axes)
	}
}

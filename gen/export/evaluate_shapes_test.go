package export

import (
	"math"
	"slices"

	"github.com/stretchr/testify/require"
)

// movers are the operators that only move elements.
var movers = map[string]func(e *evaluator, xs []array) array{
	"Flatten": func(e *evaluator, xs []array) array {
		at := e.integer("axis", 1)
		return array{[]int{sizeOf(xs[0].dims[:at]), sizeOf(xs[0].dims[at:])}, xs[0].data}
	},
	"Shape": func(_ *evaluator, xs []array) array {
		a := array{dims: []int{len(xs[0].dims)}}
		for _, d := range xs[0].dims {
			a.data = append(a.data, float64(d))
		}
		return a
	},
	"Reshape": func(e *evaluator, xs []array) array {
		a := array{data: xs[0].data}
		for i, d := range xs[1].data {
			if d == 0 {
				d = float64(xs[0].dims[i])
			}
			a.dims = append(a.dims, int(d))
		}
		require.Equal(e.t, len(a.data), sizeOf(a.dims))
		return a
	},
	"Expand": func(e *evaluator, xs []array) array {
		var dims []int
		for _, d := range xs[1].data {
			dims = append(dims, int(d))
		}
		return e.elementwise([]array{xs[0], {dims, make([]float64, sizeOf(dims))}}, func(v []float64) float64 { return v[0] })
	},
	"Transpose": func(e *evaluator, xs []array) array {
		var perm []int
		for _, p := range e.attr("perm").Ints {
			perm = append(perm, int(p))
		}
		dims := make([]int, len(perm))
		for i, p := range perm {
			dims[i] = xs[0].dims[p]
		}
		return gather(xs[0], dims, func(at []int) []int {
			from := make([]int, len(at))
			for i, p := range perm {
				from[p] = at[i]
			}
			return from
		})
	},
	"Concat": func(e *evaluator, xs []array) array {
		at := e.integer("axis", 0)
		dims := slices.Clone(xs[0].dims)
		dims[at] = 0
		for _, x := range xs {
			dims[at] += x.dims[at]
		}
		out := array{dims, make([]float64, sizeOf(dims))}
		offset := 0
		for _, x := range xs {
			run := sizeOf(x.dims[at:])
			for o := range sizeOf(x.dims[:at]) {
				copy(out.data[o*sizeOf(dims[at:])+offset:], x.data[o*run:(o+1)*run])
			}
			offset += run
		}
		return out
	},
	"Slice": sliceOp,
}

// gather makes an array whose element at a place is x's at another.
func gather(x array, dims []int, from func(at []int) []int) array {
	out := array{dims, make([]float64, sizeOf(dims))}
	at := make([]int, len(dims))
	for i := range out.data {
		k := i
		for d := len(dims) - 1; d >= 0; d-- {
			at[d] = k % dims[d]
			k /= dims[d]
		}
		place := 0
		for d, j := range from(at) {
			place = place*x.dims[d] + j
		}
		out.data[i] = x.data[place]
	}
	return out
}

// sliceOp is Slice along one axis.
func sliceOp(_ *evaluator, xs []array) array {
	axis, step := 0, 1
	if len(xs) > 3 {
		axis, step = int(xs[3].data[0]), int(xs[4].data[0])
	}
	n := float64(xs[0].dims[axis])
	clamp := func(v, low, high float64) int {
		if v < 0 {
			v += n
		}
		return int(math.Max(low, math.Min(high, v)))
	}
	start, end := clamp(xs[1].data[0], 0, n), clamp(xs[2].data[0], 0, n)
	if step < 0 {
		start, end = clamp(xs[1].data[0], 0, n-1), clamp(xs[2].data[0], -1, n-1)
	}
	var picked []int
	for i := start; step > 0 && i < end || step < 0 && i > end; i += step {
		picked = append(picked, i)
	}
	dims := slices.Clone(xs[0].dims)
	dims[axis] = len(picked)
	return gather(xs[0], dims, func(at []int) []int {
		from := slices.Clone(at)
		from[axis] = picked[at[axis]]
		return from
	})
}

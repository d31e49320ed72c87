package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// The operators of the evaluation that combine elements.

// matmul multiplies matrices, of which a vector is one row or one column.
func matmul(a, b *tensor) *tensor {
	if len(a.shape) == 1 {
		y := matmul(&tensor{[]int{1, a.shape[0]}, a.data}, b)
		return &tensor{slices.Delete(y.shape, len(y.shape)-2, len(y.shape)-1), y.data}
	}
	if len(b.shape) == 1 {
		y := matmul(a, &tensor{[]int{b.shape[0], 1}, b.data})
		return &tensor{y.shape[:len(y.shape)-1], y.data}
	}
	k := a.shape[len(a.shape)-1]
	lead := broadcastShapes(&tensor{shape: a.shape[:len(a.shape)-2]}, &tensor{shape: b.shape[:len(b.shape)-2]})
	shape := append(lead, a.shape[len(a.shape)-2], b.shape[len(b.shape)-1])
	return fill(shape, func(i []int) float64 {
		r := len(i)
		left, right := slices.Clone(i), slices.Clone(i)
		y := 0.0
		for p := range k {
			left[r-1], right[r-2] = p, p
			// A dimension of 1 of the matrices is no repetition: there p is 0 too.
			y += a.at(left[r-len(a.shape):]) * b.at(right[r-len(b.shape):])
		}
		return y
	})
}

func gemm(n *onnx.Node, in []*tensor) *tensor {
	get := func(t *tensor, trans bool) func(i, j int) float64 {
		return func(i, j int) float64 {
			if trans {
				i, j = j, i
			}
			return t.data[i*t.shape[1]+j]
		}
	}
	ta, tb := integer(n, "transA", 0) != 0, integer(n, "transB", 0) != 0
	a, b := get(in[0], ta), get(in[1], tb)
	m, k := in[0].shape[0], in[0].shape[1]
	if ta {
		m, k = k, m
	}
	cols := in[1].shape[1]
	if tb {
		cols = in[1].shape[0]
	}
	return fill([]int{m, cols}, func(i []int) float64 {
		y := 0.0
		for p := range k {
			y += a(i[0], p) * b(p, i[1])
		}
		y *= float(n, "alpha", 1)
		if beta := float(n, "beta", 1); len(in) > 2 && beta != 0 {
			y += beta * in[2].at(i)
		}
		return y
	})
}

// softmax runs along an axis, before operator set 13 over all from it on.
func (e *evaluation) softmax(n *onnx.Node, x *tensor) *tensor {
	group := func(i []int) []int { return i }
	axis := integer(n, "axis", 1)
	if e.opset >= 13 {
		axis = integer(n, "axis", -1)
	}
	if axis < 0 {
		axis += len(x.shape)
	}
	group = func(i []int) []int {
		key := slices.Clone(i)
		if e.opset >= 13 {
			key[axis] = 0
			return key
		}
		return key[:axis]
	}
	sums := map[string]float64{}
	fill(x.shape, func(i []int) float64 {
		sums[fmt.Sprint(group(i))] += math.Exp(x.at(i))
		return 0
	})
	return fill(x.shape, func(i []int) float64 {
		y := x.at(i) - math.Log(sums[fmt.Sprint(group(i))])
		if n.OpType == "Softmax" {
			y = math.Exp(y)
		}
		return y
	})
}

func reduceAxes(n *onnx.Node, in []*tensor) *tensor {
	x := in[0]
	axes := ints(attribute(n, "axes").Ints)
	if len(in) > 1 {
		for _, a := range in[1].data {
			axes = append(axes, int(a))
		}
	}
	for i := range axes {
		if axes[i] < 0 {
			axes[i] += len(x.shape)
		}
	}
	groups := map[string][]float64{}
	key := func(i []int) string {
		i = slices.Clone(i)
		for _, a := range axes {
			i[a] = 0
		}
		return fmt.Sprint(i)
	}
	fill(x.shape, func(i []int) float64 {
		groups[key(i)] = append(groups[key(i)], x.at(i))
		return 0
	})
	kept := slices.Clone(x.shape)
	for _, a := range axes {
		kept[a] = 1
	}
	y := fill(kept, func(i []int) float64 {
		list := groups[key(i)]
		switch n.OpType {
		case "ReduceMax":
			return slices.Max(list)
		case "ReduceMin":
			return slices.Min(list)
		}
		if n.OpType == "ReduceProd" {
			product := 1.0
			for _, v := range list {
				product *= v
			}
			return product
		}
		total := 0.0
		for _, v := range list {
			total += v
		}
		if n.OpType == "ReduceMean" {
			total /= float64(len(list))
		}
		return total
	})
	if integer(n, "keepdims", 1) == 0 {
		shape := []int{}
		for k, d := range x.shape {
			if !slices.Contains(axes, k) {
				shape = append(shape, d)
			}
		}
		y.shape = shape
	}
	return y
}

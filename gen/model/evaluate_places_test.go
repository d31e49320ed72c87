package model

import (
	"math"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/onnx"
)

// The operators of the evaluation that repeat, take and look up elements.
var placeOperators = map[string]func(n *onnx.Node, in []*tensor) *tensor{
	"Expand":                evalExpand,
	"Tile":                  evalTile,
	"Gather":                evalGather,
	"Squeeze":               evalSqueeze,
	"Unsqueeze":             evalUnsqueeze,
	"ArgMax":                evalArg,
	"ArgMin":                evalArg,
	"ConstantOfShape":       evalConstantOfShape,
	"Einsum":                evalEinsum,
	"Scaler":                evalScaler,
	"ArrayFeatureExtractor": evalFeatures,
}

func whole(t *tensor) []int {
	var list []int
	for _, x := range t.data {
		list = append(list, int(x))
	}
	return list
}

func evalExpand(_ *onnx.Node, in []*tensor) *tensor {
	shape := broadcastShapes(in[0], newTensor(whole(in[1])...))
	return fill(shape, in[0].at)
}

func evalTile(_ *onnx.Node, in []*tensor) *tensor {
	x, shape := in[0], slices.Clone(in[0].shape)
	for k, r := range whole(in[1]) {
		shape[k] *= r
	}
	return fill(shape, func(i []int) float64 {
		i = slices.Clone(i)
		for k := range i {
			i[k] %= x.shape[k]
		}
		return x.at(i)
	})
}

func evalGather(n *onnx.Node, in []*tensor) *tensor {
	x, at, axis := in[0], in[1], integer(n, "axis", 0)
	if axis < 0 {
		axis += len(x.shape)
	}
	shape := slices.Concat(x.shape[:axis], at.shape, x.shape[axis+1:])
	return fill(shape, func(i []int) float64 {
		k := int(at.at(i[axis : axis+len(at.shape)]))
		if k < 0 {
			k += x.shape[axis]
		}
		return x.at(slices.Concat(i[:axis], []int{k}, i[axis+len(at.shape):]))
	})
}

func evalSqueeze(_ *onnx.Node, in []*tensor) *tensor {
	x, shape := in[0], []int{}
	for k, d := range x.shape {
		if !slices.Contains(whole(in[1]), k) && !slices.Contains(whole(in[1]), k-len(x.shape)) {
			shape = append(shape, d)
		}
	}
	return &tensor{shape, x.data}
}

func evalUnsqueeze(_ *onnx.Node, in []*tensor) *tensor {
	axes, shape := whole(in[1]), slices.Clone(in[0].shape)
	for i := range axes {
		if axes[i] < 0 {
			axes[i] += len(shape) + len(axes)
		}
	}
	slices.Sort(axes)
	for _, a := range axes {
		shape = slices.Insert(shape, a, 1)
	}
	return &tensor{shape, in[0].data}
}

// evalArg is the place of an extreme, the first of equals.
func evalArg(n *onnx.Node, in []*tensor) *tensor {
	x, axis := in[0], integer(n, "axis", 0)
	if axis < 0 {
		axis += len(x.shape)
	}
	shape := slices.Clone(x.shape)
	shape[axis] = 1
	y := fill(shape, func(i []int) float64 {
		i = slices.Clone(i)
		best, place := math.Inf(-1), 0
		for k := range x.shape[axis] {
			i[axis] = k
			v := x.at(i)
			if n.OpType == "ArgMin" {
				v = -v
			}
			if v > best {
				best, place = v, k
			}
		}
		return float64(place)
	})
	if integer(n, "keepdims", 1) == 0 {
		y.shape = slices.Delete(y.shape, axis, axis+1)
	}
	return y
}

func evalConstantOfShape(n *onnx.Node, in []*tensor) *tensor {
	value := 0.0
	if has(n, "value") {
		value = tensorOf(attribute(n, "value").T).data[0]
	}
	return fill(whole(in[0]), func([]int) float64 { return value })
}

// evalEinsum sums the products over all values of the letters.
func evalEinsum(n *onnx.Node, in []*tensor) *tensor {
	left, out, _ := strings.Cut(strings.ReplaceAll(string(attribute(n, "equation").S), " ", ""), "->")
	terms := strings.Split(left, ",")
	letters, sizes := out, map[rune]int{}
	for i, term := range terms {
		for k, l := range term {
			sizes[l] = in[i].shape[k]
			if !strings.ContainsRune(letters, l) {
				letters += string(l)
			}
		}
	}
	dims := func(word string) (shape []int) {
		for _, l := range word {
			shape = append(shape, sizes[l])
		}
		return shape
	}
	y := newTensor(dims(out)...)
	fill(dims(letters), func(i []int) float64 {
		index := func(word string) (at []int) {
			for _, l := range word {
				at = append(at, i[strings.IndexRune(letters, l)])
			}
			return at
		}
		product := 1.0
		for k, term := range terms {
			place := 0
			for d, j := range index(term) {
				place = place*in[k].shape[d] + j
			}
			product *= in[k].data[place]
		}
		place := 0
		for d, j := range index(out) {
			place = place*y.shape[d] + j
		}
		y.data[place] += product
		return 0
	})
	return y
}

func evalScaler(n *onnx.Node, in []*tensor) *tensor {
	offset, scale := attribute(n, "offset").Floats, attribute(n, "scale").Floats
	return fill(in[0].shape, func(i []int) float64 {
		k := i[len(i)-1]
		return (in[0].at(i) - float64(offset[k%len(offset)])) * float64(scale[k%len(scale)])
	})
}

// evalFeatures takes elements of the last dimension.
func evalFeatures(_ *onnx.Node, in []*tensor) *tensor {
	x, at := in[0], whole(in[1])
	shape := append(slices.Clone(x.shape[:len(x.shape)-1]), len(at))
	if len(x.shape) == 1 {
		shape = []int{1, len(at)}
	}
	return fill(shape, func(i []int) float64 {
		i = slices.Clone(i)
		i[len(i)-1] = at[i[len(i)-1]]
		return x.at(i)
	})
}

package evaluate

import "slices"

// Tensor is a value of a graph. Whole numbers and truth values are float64,
// too.
type Tensor struct {
	Shape   []int
	Data    []float64 // row by row
	Integer bool      // whole numbers or truth values

	sizes bool    // follows from sizes and constants alone
	plain *Tensor // of a constant with noise, without it
}

// Size is the number of elements of a shape.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// strides are the steps of the dimensions of a row-major tensor.
func strides(shape []int) []int {
	s, n := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// broadcast is the common shape by NumPy's rule; ok is false if there is none.
func broadcast(shapes ...[]int) (out []int, ok bool) {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out = slices.Repeat([]int{1}, rank)
	for _, s := range shapes {
		for i, d := range s {
			k := rank - len(s) + i
			if d != 1 && out[k] != 1 && d != out[k] {
				return nil, false
			}
			if d != 1 {
				out[k] = d
			}
		}
	}
	return out, true
}

// places lists, for every element of a result, offset + Σ index·step.
func places(shape, step []int, offset int) []int {
	list := make([]int, 0, Size(shape))
	at := make([]int, len(shape))
	for range Size(shape) {
		list = append(list, offset)
		for k := len(shape) - 1; k >= 0; k-- {
			at[k]++
			offset += step[k]
			if at[k] < shape[k] {
				break
			}
			offset -= at[k] * step[k]
			at[k] = 0
		}
	}
	return list
}

// spread are the elements of a tensor repeated to a larger shape.
func (t *Tensor) spread(shape []int) []float64 {
	if slices.Equal(t.Shape, shape) {
		return t.Data
	}
	step, own := make([]int, len(shape)), strides(t.Shape)
	for i, d := range t.Shape {
		if d != 1 {
			step[len(shape)-len(t.Shape)+i] = own[i]
		}
	}
	return t.pick(shape, step, 0).Data
}

// pick takes the elements at offset + Σ index·step.
func (t *Tensor) pick(shape, step []int, offset int) *Tensor {
	out := &Tensor{Shape: shape, Data: make([]float64, 0, Size(shape)), Integer: t.Integer}
	for _, p := range places(shape, step, offset) {
		out.Data = append(out.Data, t.Data[p])
	}
	return out
}

package importer

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// array is a constant: numbers with a shape. Integers are whole numbers of
// float64; those that do not fit are refused where they are read.
type array struct {
	shape   []int
	data    []float64
	integer bool     // whole numbers or truth values
	names   []string // of text, whose data are the places in it
}

// unknown stands for the number of samples in the whole numbers that a graph
// computes from the shape of a batch. No other whole number is as large, so
// that products and quotients with it are known for what they are.
const unknown = -0x1p100

// ofSamples reports whether a whole number is a multiple of unknown.
func ofSamples(x float64) bool { return x <= unknown/0x1p30 }

// readsSamples reports whether the array holds multiples of the number of
// samples.
func (a *array) readsSamples() bool { return a.integer && slices.ContainsFunc(a.data, ofSamples) }

// most is how many elements a folded constant may have.
const most = 1 << 24

// newArray reads a tensor, its numbers as what they stand for unless they are
// exact.
func newArray(t *onnx.Tensor, exact bool) (*array, error) {
	if t.DataType == onnx.String {
		return textArray(t)
	}
	count, err := t.Count()
	if err != nil {
		return nil, err
	}
	a := &array{integer: t.DataType.IsInteger()}
	if size := t.DataType.Size(); count > most && size < 4 {
		return nil, errorf("", "store it as float32", "a constant of %d elements of type %s is too large", count, t.DataType)
	}
	for _, d := range t.Dims {
		a.shape = append(a.shape, int(d))
	}
	if exact {
		a.data, err = t.Float64s()
	} else {
		a.data, err = t.Numbers()
	}
	return a, err
}

// textArray reads a list of text.
func textArray(t *onnx.Tensor) (*array, error) {
	if len(t.Dims) != 1 || int(t.Dims[0]) != len(t.StringData) {
		return nil, &onnx.Error{Msg: fmt.Sprintf("elements of type string are understood as a list, got %d of dimensions %v", len(t.StringData), t.Dims), Hint: "convert them to float32"}
	}
	var places []int
	var names []string
	for i, text := range t.StringData {
		places, names = append(places, i), append(names, string(text))
	}
	a := integers(places...)
	a.names = names
	return a, nil
}

func scalar(x float64) *array { return &array{data: []float64{x}} }

func integers(list ...int) *array {
	a := &array{shape: []int{len(list)}, integer: true}
	for _, x := range list {
		a.data = append(a.data, float64(x))
	}
	return a
}

// uniform returns the one number of an array of equal numbers.
func (a *array) uniform() (float64, bool) {
	if len(a.data) == 0 {
		return 0, false
	}
	for _, x := range a.data[1:] {
		if x != a.data[0] {
			return 0, false
		}
	}
	return a.data[0], true
}

// single returns the number of an array of one element.
func (a *array) single() (float64, bool) {
	if len(a.data) != 1 {
		return 0, false
	}
	return a.data[0], true
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// strides are those of a row-major array.
func strides(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// broadcast is the shape of an element-wise result, by NumPy's rule.
func broadcast(a, b []int) ([]int, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i := range b {
		j := len(a) - len(b) + i
		switch {
		case b[i] == a[j] || b[i] == 1:
		case a[j] == 1:
			out[j] = b[i]
		default:
			return nil, false
		}
	}
	return out, true
}

// indices maps every element of a result of broadcasting to its element in an
// operand of a shape.
func indices(out, operand []int) []int {
	step := make([]int, len(out))
	for i, s := range strides(operand) {
		if operand[i] != 1 {
			step[len(out)-len(operand)+i] = s
		}
	}
	return walk(out, step, 0)
}

// walk lists offset + Σ iₖ·step[k] over the elements of a shape, row by row.
func walk(shape, step []int, offset int) []int {
	list := make([]int, 0, size(shape))
	at := make([]int, len(shape))
	for range size(shape) {
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

// expand repeats an array to a larger shape.
func (a *array) expand(shape []int) *array {
	if slices.Equal(a.shape, shape) {
		return a
	}
	out := &array{shape: shape, integer: a.integer, data: make([]float64, 0, size(shape))}
	for _, i := range indices(shape, a.shape) {
		out.data = append(out.data, a.data[i])
	}
	return out
}

// zip combines two arrays element by element.
func zip(a, b *array, f func(x, y float64) float64) (*array, bool) {
	shape, ok := broadcast(a.shape, b.shape)
	if !ok || size(shape) > most {
		return nil, false
	}
	a, b = a.expand(shape), b.expand(shape)
	out := &array{shape: shape, data: make([]float64, len(a.data)), integer: a.integer && b.integer}
	for i := range out.data {
		out.data[i] = f(a.data[i], b.data[i])
	}
	return out, true
}

// each applies a function to every element.
func (a *array) each(f func(x float64) float64) *array {
	out := &array{shape: a.shape, data: make([]float64, len(a.data)), integer: a.integer}
	for i, x := range a.data {
		out.data[i] = f(x)
	}
	return out
}

// pick takes the elements of a list of places.
func (a *array) pick(shape, places []int) *array {
	out := &array{shape: shape, integer: a.integer, data: make([]float64, len(places))}
	for i, p := range places {
		out.data[i] = a.data[p]
	}
	return out
}

// transposed permutes the dimensions of a shape: the new shape, and the place
// in the old order of every element.
func transposed(shape, perm []int) ([]int, []int) {
	s := strides(shape)
	out, step := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		out[i], step[i] = shape[p], s[p]
	}
	return out, walk(out, step, 0)
}

// sliced is a part of a shape along an axis: the new shape and the places.
func sliced(shape []int, axis, start, step, count int) ([]int, []int) {
	s := strides(shape)
	out := slices.Clone(shape)
	out[axis] = count
	offset := start * s[axis]
	s[axis] *= step
	return out, walk(out, s, offset)
}

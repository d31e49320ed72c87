package export

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/nngen-go/nngen/spec/onnx"
)

// node adds a node with one output and returns the output's name. A name ""
// is an input that is left out.
func (e *exporter) node(op string, ins []string, attrs ...*onnx.Attribute) string {
	for len(ins) > 0 && ins[len(ins)-1] == "" {
		ins = ins[:len(ins)-1]
	}
	name := e.unique(e.at + "_" + strings.ToLower(op))
	e.graph.Nodes = append(e.graph.Nodes, &onnx.Node{Name: name, OpType: op, Inputs: ins, Outputs: []string{name}, Attributes: attrs})
	return name
}

func integer(name string, v int) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeInt, I: int64(v)}
}

func number(name string, v float64) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeFloat, F: float32(v)}
}

func integers(name string, v []int) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeInts, Ints: wide(v)}
}

func bit(v bool) int {
	if v {
		return 1
	}
	return 0
}

func wide(v []int) []int64 {
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(x)
	}
	return out
}

// param stores a parameter under its name, in the shape it is combined in.
func (e *exporter) param(name string, dims []int) string {
	p := e.prog.ParamByName(name)
	values := e.params[name]
	switch {
	case p == nil:
		e.fail("internal error: export: there is no parameter %s", name)
	case len(values) != volume(dims) || p.Size() != volume(dims):
		e.fail("internal error: export: %s has %d values and the shape %v, not %v", name, len(values), p.Shape, dims)
	case !e.stored[name]:
		e.store(name, dims, values)
	}
	return name
}

// store adds an initialiser of numbers.
func (e *exporter) store(name string, dims []int, values []float64) {
	e.stored[name] = true
	var raw []byte
	for _, v := range values {
		if e.elem == onnx.Double {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		} else {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
		}
	}
	e.graph.Initializers = append(e.graph.Initializers, &onnx.Tensor{
		Name: name, Dims: wide(dims), DataType: e.elem, RawData: raw, HasRaw: true,
	})
}

// scalar is a number, stored once.
func (e *exporter) scalar(v float64) string {
	if e.numbers[v] == "" {
		e.numbers[v] = e.unique(fmt.Sprintf("number_%g", v))
		e.store(e.numbers[v], nil, []float64{v})
	}
	return e.numbers[v]
}

// filled is a vector of n equal numbers.
func (e *exporter) filled(name string, dims []int, v float64) string {
	values := make([]float64, volume(dims))
	for i := range values {
		values[i] = v
	}
	name = e.unique(name)
	e.store(name, dims, values)
	return name
}

// list is a stored list of integers, such as a shape.
func (e *exporter) list(name string, v ...int64) string {
	name = e.unique(e.at + "_" + name)
	e.graph.Initializers = append(e.graph.Initializers, onnx.IntTensor(name, []int64{int64(len(v))}, v))
	return name
}

// volume is the number of elements of a shape.
func volume(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// reshaped gives a value another shape of as many elements.
func (e *exporter) reshaped(x value, dims []int) value {
	if equal(x.dims, dims) {
		return x
	}
	shape := []int64{0} // the batch as it is
	if x.constant {
		shape = nil
	}
	return value{e.node("Reshape", []string{x.name, e.list("shape", append(shape, wide(dims)...)...)}), dims, x.constant}
}

// vector flattens a value.
func (e *exporter) vector(x value) value {
	x = e.batched(x)
	if len(x.dims) == 1 {
		return x
	}
	return value{name: e.node("Flatten", []string{x.name}, integer("axis", 1)), dims: []int{volume(x.dims)}}
}

// batched repeats a constant for every sample.
func (e *exporter) batched(x value) value {
	if !x.constant {
		return x
	}
	in := e.net.Inputs[0].Name
	size := e.node("Slice", []string{e.node("Shape", []string{in}), e.list("starts", 0), e.list("ends", 1)})
	shape := e.node("Concat", []string{size, e.list("shape", wide(x.dims)...)}, integer("axis", 0))
	return value{name: e.node("Expand", []string{x.name, shape}), dims: x.dims}
}

// padded puts axes of size 1 before those of a value until it has rank of
// them, so that the batch stays in front when shapes are combined.
func (e *exporter) padded(x value, rank int) value {
	if x.constant || len(x.dims) >= rank {
		return x
	}
	dims := x.dims
	for len(dims) < rank {
		dims = append([]int{1}, dims...)
	}
	return e.reshaped(x, dims)
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

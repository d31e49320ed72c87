package model

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// prepare fixes the shapes of inputs and reads those that are constants.
func prepare(path string, file *onnx.Model, o Options) (map[string]*onnx.Tensor, error) {
	input := func(name string) *onnx.ValueInfo {
		i := slices.IndexFunc(file.Graph.Inputs, func(in *onnx.ValueInfo) bool { return in.Name == name })
		if i < 0 || file.Graph.Inputs[i].Type == nil || file.Graph.Inputs[i].Type.Tensor == nil {
			return nil
		}
		return file.Graph.Inputs[i]
	}
	for name, shape := range o.Shapes {
		in := input(name)
		if in == nil {
			return nil, &Error{path, &onnx.Error{Msg: fmt.Sprintf("the model has no input %q to give a shape", name)}}
		}
		declared := in.Type.Tensor.Shape
		fits := declared == nil || len(declared.Dims) == len(shape)
		for i := range shape {
			fits = fits && (declared == nil || !declared.Dims[i].HasValue || declared.Dims[i].Value <= 0 || int(declared.Dims[i].Value) == shape[i])
		}
		if !fits {
			return nil, &Error{path, &onnx.Error{Msg: fmt.Sprintf("the shape %v does not go with that of the input %q", shape, name)}}
		}
		in.Type.Tensor.Shape = &onnx.Shape{}
		for _, d := range shape {
			in.Type.Tensor.Shape.Dims = append(in.Type.Tensor.Shape.Dims, &onnx.Dim{HasValue: true, Value: int64(d)})
		}
	}
	bind := map[string]*onnx.Tensor{}
	for name, from := range o.Bind {
		t, err := literal(from, input(name))
		if t == nil && err == nil {
			t, err = readTensor(from)
		}
		if err != nil {
			return nil, err
		}
		bind[name] = t
	}
	return bind, nil
}

// literal is a number, true, false, or a list of numbers in brackets, as a value of
// an input; nil for other text, which names a file.
func literal(text string, in *onnx.ValueInfo) (*onnx.Tensor, error) {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return nil, nil
	}
	t := &onnx.Tensor{}
	list, isList := v.([]any)
	if isList {
		t.Dims = []int64{int64(len(list))}
	} else {
		list = []any{v}
	}
	var numbers []float64
	for _, x := range list {
		switch x := x.(type) {
		case float64:
			numbers = append(numbers, x)
		case bool:
			numbers = append(numbers, map[bool]float64{true: 1}[x])
		default:
			return nil, nil
		}
	}
	t.DataType, t.DoubleData = onnx.Double, numbers
	if in != nil && in.Type.Tensor.ElemType.IsInteger() {
		t.DataType, t.DoubleData = onnx.Int64, nil
		for _, x := range numbers {
			t.Int64Data = append(t.Int64Data, int64(x))
		}
	}
	if shape := in; shape != nil && !isList && shape.Type.Tensor.Shape != nil {
		for range shape.Type.Tensor.Shape.Dims {
			t.Dims = append(t.Dims, 1)
		}
	}
	return t, nil
}

package model

import (
	"math"

	"github.com/nngen-go/nngen/spec/onnx"
)

// wrongNodes are nodes on x [batch, 4] and image [batch, 2, 3] that do not
// make sense.
var wrongNodes = []struct {
	name, want string
	build      func(b *builder, x, image string) string
}{
	{"matmul", "do not fit", func(b *builder, x, _ string) string { return b.op("MatMul", x, b.weights(5, 2)) }},
	{"matmul of values", "two values that the network computes", func(b *builder, x, image string) string { return b.op("MatMul", b.op("Relu", image), b.op("Relu", x)) }},
	{"matmul of inputs", "must be a constant", func(b *builder, x, image string) string { return b.op("MatMul", b.op("Relu", image), x) }},
	{"matmul with a number", "at least one dimension", func(b *builder, x, _ string) string { return b.op("MatMul", x, b.number(1)) }},
	{"gemm of constants", "A is a constant", func(b *builder, x, _ string) string { return b.op("Gemm", b.weights(2, 2), x) }},
	{"gemm of three dimensions", "must be matrices", func(b *builder, _, image string) string { return b.op("Gemm", image, b.weights(3, 2)) }},
	{"add", "do not fit", func(b *builder, x, _ string) string { return b.op("Add", x, b.weights(3)) }},
	{"add of values", "different dimensions", func(b *builder, x, image string) string { return b.op("Add", x, image) }},
	{"add over the batch", "batch as a dimension", func(b *builder, x, _ string) string { return b.op("Add", x, b.weights(5, 4)) }},
	{"a larger slope", "is larger", func(b *builder, x, _ string) string {
		return b.op("PRelu", b.op("Slice", x, b.integers(0), b.integers(1), b.integers(1)), b.weights(4))
	}},
	{"pow by a value", "must be a constant", func(b *builder, x, _ string) string { return b.op("Pow", x, b.op("Relu", x)) }},
	{"pow by many", "not all the same", func(b *builder, x, _ string) string { return b.op("Pow", x, b.weights(4)) }},
	{"clip by many", "must be one number", func(b *builder, x, _ string) string { return b.op("Clip", x, b.weights(4)) }},
	{"cast to integers", "conversion to int64", func(b *builder, x, _ string) string { return b.op("Cast", x, attrInt("to", 7)) }},
	{"cast to nothing", "conversion to undefined", func(b *builder, x, _ string) string { return b.op("Cast", x) }},
	{"reshape to another size", "batch", func(b *builder, x, _ string) string { return b.op("Reshape", x, b.integers(0, 5)) }},
	{"reshape twice open", "not valid", func(b *builder, _, image string) string { return b.op("Reshape", image, b.integers(0, -1, -1)) }},
	{"reshape negative", "not valid", func(b *builder, x, _ string) string { return b.op("Reshape", x, b.integers(0, -4)) }},
	{"reshape zero", "to be copied", func(b *builder, x, _ string) string { return b.op("Reshape", x, b.integers(0, 0, 0)) }},
	{"reshape of the batch", "holds the batch and others", func(b *builder, x, _ string) string { return b.op("Reshape", x, b.integers(-1, 2)) }},
	{"a batch joined and not", "joined with other dimensions in one operand", func(b *builder, x, _ string) string {
		return b.op("Add", b.op("Reshape", x, b.integers(-1, 2)), b.op("Slice", x, b.integers(0), b.integers(2), b.integers(1)))
	}},
	{"softmax over a joined batch", "along the batch axis", func(b *builder, x, _ string) string {
		return b.op("Softmax", b.op("Reshape", x, b.integers(-1, 2)), attrInt("axis", 0))
	}},
	{"transpose of a joined batch", "holds the batch and others", func(b *builder, x, _ string) string {
		return b.op("Transpose", b.op("Reshape", x, b.integers(-1, 2)), attrInts("perm", 0, 1))
	}},
	{"reshape by fractions", "must be whole numbers", func(b *builder, x, _ string) string { return b.op("Reshape", x, b.floats([]int64{2}, 0, 0.5)) }},
	{"reshape by a value", "must be a constant", func(b *builder, x, _ string) string { return b.op("Reshape", x, b.op("Relu", x)) }},
	{"reshape without a shape", "its shape is missing", func(b *builder, x, _ string) string { return b.op("Reshape", x) }},
	{"flatten", "out of range", func(b *builder, x, _ string) string { return b.op("Flatten", x, attrInt("axis", 5)) }},
	{"flatten of the batch", "joins the batch", func(b *builder, x, _ string) string { return b.op("Flatten", x, attrInt("axis", 0)) }},
	{"squeeze", "is not 1", func(b *builder, x, _ string) string { return b.op("Squeeze", x, b.integers(1)) }},
	{"squeeze of the batch", "batch axis", func(b *builder, x, _ string) string { return b.op("Squeeze", x, b.integers(0)) }},
	{"unsqueeze twice", "occurs twice", func(b *builder, x, _ string) string { return b.op("Unsqueeze", x, b.integers(1, 1)) }},
	{"unsqueeze far", "out of range", func(b *builder, x, _ string) string { return b.op("Unsqueeze", x, b.integers(9)) }},
	{"unsqueeze before the batch", "before the batch", func(b *builder, x, _ string) string { return b.op("Unsqueeze", x, b.integers(0)) }},
	{"unsqueeze without axes", "axes are missing", func(b *builder, x, _ string) string { return b.op("Unsqueeze", x) }},
	{"transpose", "no order", func(b *builder, x, _ string) string { return b.op("Transpose", x, attrInts("perm", 0, 0)) }},
	{"transpose of more", "no order", func(b *builder, x, _ string) string { return b.op("Transpose", x, attrInts("perm", 0, 2, 1)) }},
	{"transpose of the batch", "whose batch is dimension 1", func(b *builder, x, _ string) string {
		return b.op("Relu", b.op("Transpose", x, attrInts("perm", 1, 0)))
	}},
	{"expand", "before the batch", func(b *builder, x, _ string) string { return b.op("Expand", x, b.integers(2, 1, 4)) }},
	{"concat", "do not fit", func(b *builder, x, image string) string { return b.op("Concat", x, image, attrInt("axis", 1)) }},
	{"concat of the batch", "batch axis", func(b *builder, x, _ string) string { return b.op("Concat", x, x, attrInt("axis", 0)) }},
	{"concat with a constant", "does not fit the batch", func(b *builder, x, _ string) string { return b.op("Concat", x, b.weights(3, 4), attrInt("axis", 1)) }},
	{"split", "do not fit", func(b *builder, x, _ string) string { return b.op("Split", x, b.integers(9), attrInt("axis", 1)) }},
	{"split negative", "do not fit", func(b *builder, x, _ string) string { return b.op("Split", x, b.integers(-1), attrInt("axis", 1)) }},
	{"slice of nothing", "without elements", func(b *builder, x, _ string) string {
		return b.op("Slice", x, b.integers(3), b.integers(2), b.integers(1))
	}},
	{"slice step 0", "do not fit", func(b *builder, x, _ string) string {
		return b.op("Slice", x, b.integers(0), b.integers(2), b.integers(1), b.integers(0))
	}},
	{"slice lists", "do not fit", func(b *builder, x, _ string) string {
		return b.op("Slice", x, b.integers(0, 1), b.integers(2), b.integers(1))
	}},
	{"slice of the batch", "batch axis", func(b *builder, x, _ string) string {
		return b.op("Slice", x, b.integers(1), b.integers(2), b.integers(0))
	}},
	{"gather", "out of range", func(b *builder, x, _ string) string { return b.op("Gather", x, b.integers(4), attrInt("axis", 1)) }},
	{"embedding", "must be whole numbers", func(b *builder, x, _ string) string { return b.op("Gather", b.weights(4, 2), x) }},
	{"reduce twice", "occurs twice", func(b *builder, x, _ string) string { return b.op("ReduceSum", x, b.integers(1, -1)) }},
	{"reduce far", "out of range", func(b *builder, x, _ string) string { return b.op("ReduceSum", x, b.integers(7)) }},
	{"reduce the batch", "batch axis", func(b *builder, x, _ string) string { return b.op("ReduceSum", x) }},
	{"argmax in the middle", "arithmetic of whole numbers", func(b *builder, x, _ string) string {
		return b.op("Add", b.op("ArgMax", x, attrInt("axis", 1)), b.op("ArgMin", x, attrInt("axis", 1)))
	}},
	{"argmax of the batch", "batch axis", func(b *builder, x, _ string) string { return b.op("ArgMax", x) }},
	{"batch normalisation of other channels", "numbers for 4 channels", func(b *builder, x, _ string) string {
		return b.op("BatchNormalization", x, b.weights(3), b.weights(3), b.weights(3), b.weights(3))
	}},
	{"batch normalisation in training", "training mode", func(b *builder, x, _ string) string {
		return b.op("BatchNormalization", x, b.weights(4), b.weights(4), b.weights(4), b.weights(4), attrInt("training_mode", 1))
	}},
	{"layer normalisation", "it normalises", func(b *builder, x, _ string) string { return b.op("LayerNormalization", x, b.weights(3)) }},
	{"layer normalisation of the batch", "batch axis", func(b *builder, x, _ string) string {
		return b.op("LayerNormalization", x, b.weights(4), attrInt("axis", 0))
	}},
	{"dropout in training", "training mode", func(b *builder, x, _ string) string { return b.op("Dropout", x, b.number(0.5), b.number(1)) }},
	{"constant without a value", "must be numbers", func(b *builder, x, _ string) string { return b.op("Add", x, b.op("Constant")) }},
	{"constant of a billion", "too large", func(b *builder, x, _ string) string {
		return b.op("Add", x, b.op("ConstantOfShape", b.integers(1000, 1000, 1000)))
	}},
	{"constant of many dimensions", "too large", func(b *builder, x, _ string) string {
		return b.op("Add", x, b.op("ConstantOfShape", b.integers(math.MaxInt32, math.MaxInt32, math.MaxInt32)))
	}},
	{"constant of a negative shape", "must not be negative", func(b *builder, x, _ string) string { return b.op("Add", x, b.op("ConstantOfShape", b.integers(-1))) }},
	{"constant per pair of samples", "number of samples", func(b *builder, x, _ string) string {
		n := b.op("Gather", b.op("Shape", x), b.integers(0))
		return b.op("Add", x, b.op("ConstantOfShape", b.op("Concat", n, n, attrInt("axis", 0))))
	}},
	{"number of samples", "number of samples", func(b *builder, x, _ string) string {
		return b.op("Reshape", x, b.op("Add", b.op("Shape", x), b.integers(0, 0)))
	}},
	{"number of samples squared", "number of samples", func(b *builder, x, _ string) string {
		return b.op("Reshape", x, b.op("Mul", b.op("Shape", x), b.op("Shape", x)))
	}},
	{"number of samples as a number", "number of samples", func(b *builder, x, _ string) string {
		return b.op("Mul", x, b.op("Cast", b.op("Gather", b.op("Shape", x), b.integers(0)), attrInt("to", 1)))
	}},
	{"constant repeated too often", "cannot be repeated", func(b *builder, x, _ string) string {
		return b.op("Add", x, b.op("Expand", b.number(1), b.integers(1<<20, 1<<20)))
	}},
	{"constants that do not fit", "do not fit", func(b *builder, x, _ string) string { return b.op("Add", x, b.op("Add", b.weights(2), b.weights(3))) }},
	{"division by 0", "divided by 0", func(b *builder, x, _ string) string {
		return b.op("Reshape", x, b.op("Div", b.integers(1), b.integers(0)))
	}},
	{"gather of a constant", "out of range", func(b *builder, x, _ string) string {
		return b.op("Reshape", x, b.op("Gather", b.integers(1), b.integers(5)))
	}},
	{"transposed filters of other channels", "do not go with an input of shape", func(b *builder, _, image string) string { return b.op("ConvTranspose", image, b.weights(7, 2, 2)) }},
	{"places that nothing reaches", "10 places behind those that are computed", func(b *builder, _, image string) string {
		return b.op("ConvTranspose", image, b.weights(2, 2, 2), attrInts("output_shape", 14))
	}},
	{"pads that leave nothing", "leave nothing of axis 2", func(b *builder, _, image string) string {
		return b.op("ConvTranspose", image, b.weights(2, 2, 2), attrInts("pads", 2, 2))
	}},
	{"a scale of the batch", "it samples the batch axis", func(b *builder, _, image string) string {
		return b.op("Resize", image, "", b.floats([]int64{3}, 2, 1, 1))
	}},
	{"a scale of 0", "a scale must be positive", func(b *builder, _, image string) string {
		return b.op("Resize", image, "", b.floats([]int64{3}, 1, 1, 0))
	}},
	{"scales of other axes", "it has 2 numbers for 3 axes", func(b *builder, _, image string) string {
		return b.op("Resize", image, "", b.floats([]int64{2}, 1, 2))
	}},
	{"a part of an element", "makes no whole size", func(b *builder, _, image string) string {
		return b.op("Resize", image, "", b.floats([]int64{3}, 1, 1, 1.5), attrText("coordinate_transformation_mode", "align_corners"))
	}},
	{"a region", "coordinate_transformation_mode tf_crop_and_resize is not supported", func(b *builder, _, image string) string {
		return b.op("Resize", image, "", b.floats([]int64{3}, 1, 1, 2), attrText("coordinate_transformation_mode", "tf_crop_and_resize"))
	}},
	{"a whole number of the network", "Floor is only supported of constants", func(b *builder, x, _ string) string { return b.op("Floor", x) }},
	{"filters of other channels", "do not go with an input of shape", func(b *builder, _, image string) string { return b.op("Conv", image, b.weights(2, 7, 2)) }},
	{"prelu", "do not fit", func(b *builder, x, _ string) string { return b.op("PRelu", x, b.weights(3)) }},
	{"classes beyond float32", "its table holds 1.6777217e+07", func(b *builder, x, _ string) string {
		return b.op("Gather", b.integers(1, 1<<24+1, 2, 3), b.op("ArgMax", x, attrInt("axis", 1)))
	}},
	{"a table that is not finite", "its table holds NaN", func(b *builder, x, _ string) string {
		return b.op("Gather", b.floats([]int64{2}, 1, float32(math.NaN())), b.op("ArgMax", x, attrInt("axis", 1)))
	}},
	{"a table of one number", "looking up more", func(b *builder, x, _ string) string {
		return b.op("Gather", b.number(1), b.op("ArgMax", x, attrInt("axis", 1)))
	}},
	{"text as numbers", "reads text", func(b *builder, x, _ string) string {
		b.g.Initializers = append(b.g.Initializers, &onnx.Tensor{Name: "names", Dims: []int64{1}, DataType: onnx.String, StringData: [][]byte{[]byte("a")}})
		return b.op("Add", x, "names")
	}},
	{"a condition of the input", "depends on the input", func(b *builder, x, _ string) string {
		g := &onnx.Attribute{Name: "then_branch", Type: onnx.AttributeGraph, G: &onnx.Graph{}}
		return b.op("If", b.op("Less", x, x), g)
	}},
	{"a branch without its result", "need a result for each", func(b *builder, x, _ string) string {
		g := &onnx.Attribute{Name: "then_branch", Type: onnx.AttributeGraph, G: &onnx.Graph{}}
		return b.op("Add", x, b.op("If", b.op("Equal", b.whole(1), b.whole(1)), g))
	}},
	{"einsum of another rank", "does not fit operand 1", func(b *builder, x, _ string) string { return b.op("Einsum", x, attrText("equation", "bij->bj")) }},
	{"einsum over the batch", "does not keep the batch", func(b *builder, x, _ string) string { return b.op("Einsum", x, attrText("equation", "bi->i")) }},
	{"einsum of values", "only element by element", func(b *builder, x, image string) string {
		return b.op("Einsum", b.op("Relu", image), b.op("Tanh", image), attrText("equation", "bij,bkj->bik"))
	}},
	{"gather in too many ranges", "the limit is 1000", func(b *builder, x, _ string) string {
		var list []int64
		for i := range int64(1100) {
			list = append(list, []int64{0, 0, 3, 1, 1, 3}[i%6])
		}
		return b.op("Gather", x, b.integers(list...), attrInt("axis", 1))
	}},
	{"gelu", "must be none or tanh", func(b *builder, x, _ string) string {
		return b.op("Gelu", x, &onnx.Attribute{Name: "approximate", Type: onnx.AttributeString, S: []byte("fast")})
	}},
}

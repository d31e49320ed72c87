package model

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec/onnx"
)

// TestResampled imports transposed convolutions, resizing and what simplification
// makes of padding and channels dealt out; the import proves that the network is
// the graph.
func TestResampled(t *testing.T) {
	scaled := func(b *builder, x string, scales []float32, args ...any) string {
		return b.op("Resize", append([]any{x, "", b.floats([]int64{int64(len(scales))}, scales...)}, args...)...)
	}
	for name, c := range map[string]struct {
		dims   []int64
		build  func(b *builder, x string) string
		layers string
	}{
		"transposed": {[]int64{0, 2, 3, 4}, func(b *builder, x string) string {
			return b.op("ConvTranspose", x, b.weights(2, 3, 3, 2), b.weights(3), attrInts("strides", 2, 1), attrInts("pads", 1, 0, 0, 1), attrInts("output_padding", 1, 0))
		}, "  - conv2d_transpose: {filters: 3, kernel_size: [3, 2], strides: [2, 1], padding: [1, 0, 0, 1], output_padding: [1, 0]}"},
		"transposed, normalised": {[]int64{0, 4, 5}, func(b *builder, x string) string {
			z := b.op("ConvTranspose", x, b.weights(4, 3, 2), attrInt("group", 2), attrInts("strides", 2))
			return b.op("Relu", b.op("BatchNormalization", z, b.weights(6), b.weights(6), b.weights(6), b.floats([]int64{6}, 1, 2, 0.5, 1, 3, 1)))
		}, "  - conv1d_transpose: {filters: 6, kernel_size: 2, strides: 2, groups: 2, activation: relu}"},
		"transposed, same": {[]int64{0, 1, 3, 3}, func(b *builder, x string) string {
			return b.op("ConvTranspose", x, b.weights(1, 2, 3, 3), attrInts("strides", 2, 2), attrText("auto_pad", "SAME_LOWER"))
		}, "padding: [1, 1, 0, 0], "},
		"transposed, more than it reaches": {[]int64{0, 1, 3, 3}, func(b *builder, x string) string {
			return b.op("ConvTranspose", x, b.weights(1, 2, 2, 2), b.weights(2), attrInts("strides", 3, 3), attrInts("output_shape", 10, 8))
		}, "output_padding: [2, 0]"},
		"nearest": {[]int64{0, 2, 3, 4}, func(b *builder, x string) string {
			return scaled(b, x, []float32{1, 1, 2, 3}, attrText("coordinate_transformation_mode", "asymmetric"), attrText("nearest_mode", "floor"))
		}, "  - resize: {scales: [2, 3]}"},
		"upsample": {[]int64{0, 2, 3, 4}, func(b *builder, x string) string {
			return b.op("Resize", x, b.floats([]int64{4}, 1, 1, 2, 2)) // of operator set 10
		}, "  - resize: {scales: 2}"},
		"nearest, up and down": {[]int64{0, 2, 5, 7}, func(b *builder, x string) string {
			return scaled(b, x, []float32{1, 1, 0.6, 1.5}, attrText("nearest_mode", "ceil"))
		}, "  - resize: {scales: [0.6, 1.5], rounding: ceil}"},
		"linear": {[]int64{1, 2, 3, 4}, func(b *builder, x string) string {
			return b.op("Resize", x, "", "", b.integers(1, 2, 5, 6), attrText("mode", "linear"), attrText("coordinate_transformation_mode", "align_corners"))
		}, "  - resize: {sizes: [5, 6], mode: linear, coordinates: align_corners}"},
		"cubic": {[]int64{0, 3, 6}, func(b *builder, x string) string {
			return scaled(b, x, []float32{1, 1, 1.5}, attrText("mode", "cubic"))
		}, "  - resize: {scales: 1.5, mode: cubic}"},
		"sizes that are computed": {[]int64{0, 2, 3, 4}, func(b *builder, x string) string {
			batch := b.op("Slice", b.op("Shape", x), b.integers(0), b.integers(2), b.integers(0))
			return b.op("Resize", x, "", "", b.op("Concat", batch, b.integers(6, 8), attrInt("axis", 0)))
		}, "  - resize: {sizes: [6, 8]}"},
		"sizes of an exporter": {[]int64{1, 2, 3, 5}, func(b *builder, x string) string {
			size := b.op("Cast", b.op("Slice", b.op("Shape", x), b.integers(2), b.integers(4), b.integers(0)), attrInt("to", 1))
			all := b.op("Floor", b.op("Mul", size, b.floats([]int64{2}, 1.5, 1.5)))
			rows := b.op("Range", b.whole(0), b.whole(4), b.whole(2)) // 0, 2
			kept := b.op("Gather", b.op("Shape", x), b.op("Div", rows, b.whole(2)))
			return b.op("Resize", x, "", "", b.op("Concat", kept, b.op("Cast", all, attrInt("to", 7)), attrInt("axis", 0)), attrText("mode", "linear"))
		}, "  - resize: {sizes: [4, 7], mode: linear}"},
		"shuffle": {[]int64{0, 6, 2, 2}, func(b *builder, x string) string {
			parted := b.op("Reshape", x, b.integers(0, 3, 2, 2, 2))
			return b.op("Reshape", b.op("Transpose", parted, attrInts("perm", 0, 2, 1, 3, 4)), b.integers(0, 6, 2, 2))
		}, "  - channel_shuffle: {groups: 3}"},
		"padding of a convolution": {[]int64{0, 1, 5, 4}, func(b *builder, x string) string {
			padded := b.op("Pad", b.op("Relu", x), b.integers(0, 0, 1, 0, 0, 0, 1, 2))
			return b.op("Conv", padded, b.weights(2, 1, 3, 3), attrInts("pads", 0, 0, 1, 0))
		}, "  - conv2d: {filters: 2, kernel_size: 3, padding: [1, 0, 2, 2], use_bias: false}"},
		"padding of poolings": {[]int64{0, 2, 5, 4}, func(b *builder, x string) string {
			pads, kernel := b.integers(0, 0, 1, 1, 0, 0, 1, 1), attrInts("kernel_shape", 3, 3)
			largest := b.op("MaxPool", b.op("Pad", b.op("Relu", x), pads), kernel)
			return b.op("Add", largest, b.op("AveragePool", b.op("Pad", b.op("Tanh", x), pads), kernel))
		}, "  - max_pool2d: {kernel_size: 3, strides: 1, padding: 1}\n  - tanh: {from: x}\n  - avg_pool2d: {kernel_size: 3, strides: 1, padding: 1, count_include_pad: true}"},
		"a maximum with zeros": {[]int64{0, 2, 5, 4}, func(b *builder, x string) string {
			return b.op("MaxPool", b.op("Pad", b.op("Tanh", x), b.integers(0, 0, 1, 1, 0, 0, 1, 1)), attrInts("kernel_shape", 3, 3))
		}, "  - pad: {padding: [1, 1, 1, 1]}\n  - max_pool2d: {kernel_size: 3, strides: 1}"},
		"pixels": {[]int64{0, 3, 4, 2}, func(b *builder, x string) string {
			b.g.Inputs[0].Type.Tensor.ElemType = onnx.Uint8
			scaled := b.op("Div", b.op("Cast", x, attrInt("to", 1)), b.number(255))
			return b.op("Conv", b.op("Transpose", scaled, attrInts("perm", 0, 3, 1, 2)), b.weights(2, 2, 1, 1))
		}, "input: {shape: [3, 4, 2], layout: hwc, dtype: uint8, normalize: {mean: 0, std: 255}}"},
		"channels last": {[]int64{0, 3, 4, 2}, func(b *builder, x string) string {
			planes := b.op("Transpose", x, attrInts("perm", 0, 3, 1, 2))
			return b.op("Add", b.op("Conv", planes, b.weights(2, 2, 1, 1)), planes)
		}, "input: {shape: [3, 4, 2], layout: hwc}"},
		"zeros beside channels": {[]int64{1, 2, 3, 3}, func(b *builder, x string) string {
			zeros := b.op("ConstantOfShape", b.integers(1, 2, 3, 3))
			return b.op("Relu", b.op("Concat", zeros, x, attrInt("axis", 1)))
		}, "  - pad: {padding: [2, 0, 0, 0, 0, 0]}\n  - relu"},
	} {
		t.Run(name, func(t *testing.T) {
			opset := int64(13)
			if name == "upsample" {
				opset = 10
			}
			b := newBuilder(opset, 3)
			m := imported(t, b.model(c.build(b, b.input("x", c.dims...))), Options{})
			require.Contains(t, string(m.Spec), c.layers, fmt.Sprintf("%s", m.Spec))
			sameWithBatch(t, m, 1, max(1, 3-2*int(c.dims[0])))
		})
	}
}

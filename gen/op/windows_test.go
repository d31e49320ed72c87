package op_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// reported are windows that other programs got wrong, by their issues, on the
// inputs 1, 2, … (or negative, or all ones), with filters of ones unless they are
// given. The results are PyTorch's.
var reported = []struct {
	issue, shape, layer, inputs string
	weight, want                []float64
}{
	{"root-project/root#21737", "[1, 5]", "conv1d: {filters: 1, kernel_size: 4, strides: 2, padding: same, use_bias: false}", "", nil, []float64{6, 14, 9}},
	{"root-project/root#21737", "[1, 5]", "conv1d: {filters: 1, kernel_size: 4, strides: 2, padding: same_lower, use_bias: false}", "", nil, []float64{3, 10, 12}},
	{"root-project/root#22436", "[1, 4, 4]", "max_pool2d: {kernel_size: 2, padding: [0, 1, 0, 1]}", "", nil, []float64{5, 7, 8, 13, 15, 16}},
	{"microsoft/onnxruntime#27375", "[1, 2, 2]", "avg_pool2d: {kernel_size: 2, strides: 1, padding: [0, 0, 1, 1], count_include_pad: true}", "ones", nil, []float64{1, 0.5, 0.5, 0.25}},
	{"onnx/onnx#7721", "[1, 5, 5]", "conv2d: {filters: 1, kernel_size: 3, strides: 2, padding: [1, 0, 1, 0], use_bias: false}", "", nil, []float64{27, 39, 108, 126, 117, 129}},
	{"dmlc/nnvm#307", "[1, 2, 6]", "conv2d: {filters: 1, kernel_size: [6, 7], dilation: 2, padding: same, use_bias: false}", "", nil, []float64{27, 30, 27, 30, 27, 30, 9, 12, 9, 12, 9, 12}},
	{"uxlfoundation/oneDNN#1094", "[1, 3, 3]", "max_pool2d: {kernel_size: 3, strides: 1, padding: 1}", "negative", nil, []float64{-1, -1, -2, -1, -1, -2, -4, -4, -5}},
	{"microsoft/onnxruntime#16203", "[1, 9]", "avg_pool1d: {kernel_size: 7, strides: 3, padding: 3, ceil_mode: true, count_include_pad: true}", "", nil, []float64{10. / 7, 4, 39. / 7, 4}},
	{"microsoft/onnxruntime#16203", "[1, 9]", "avg_pool1d: {kernel_size: 7, strides: 3, padding: 3, ceil_mode: true}", "", nil, []float64{2.5, 4, 6.5, 8}},
	{"microsoft/onnxruntime#24681", "[1, 6]", "avg_pool1d: {kernel_size: 5, strides: 1, padding: same_lower, count_include_pad: true}", "", nil, []float64{1.2, 2, 3, 4, 3.6, 3}},
	{"root-project/root#22862", "[1, 6]", "avg_pool1d: {kernel_size: 3, strides: 2, ceil_mode: true}", "", nil, []float64{2, 4, 5.5}},
	{"microsoft/onnxruntime#15446", "[1, 3]", "max_pool1d: {kernel_size: 3, padding: 1, ceil_mode: true}", "", nil, []float64{2, 3}},
	{"tensorflow/tflite-micro#2319", "[1, 5]", "conv1d: {filters: 1, kernel_size: 3, dilation: 2, padding: same, use_bias: false}", "ones", nil, []float64{2, 2, 3, 2, 2}},
	{"deeplearning4j/deeplearning4j#8476", "[1, 5]", "conv1d: {filters: 1, kernel_size: 3, dilation: 2, padding: causal, use_bias: false}", "", []float64{1, 10, 100}, []float64{100, 200, 310, 420, 531}},
	{"tensorflow/tensorflow#61815", "[2, 4, 4]", "depthwise_conv2d: {kernel_size: [3, 1], strides: 2, padding: same, use_bias: false}", "", nil, []float64{15, 21, 22, 26, 63, 69, 54, 58}},
}

func TestReportedWindows(t *testing.T) {
	for _, c := range reported {
		t.Run(c.issue, func(t *testing.T) {
			text := fmt.Sprintf("nngen: 1\nname: n\ninput: {shape: %s}\nlayers:\n  - %s\ncodegen: {train: false}\n", c.shape, c.layer)
			net, err := spec.Decode("n.yaml", []byte(text), op.Vocabulary())
			require.NoError(t, err)
			prog, err := lower.Lower(net)
			require.NoError(t, err)
			m := interp.New(prog)
			m.Batch = 1
			x := make([]float64, prog.Inputs[0].Size())
			for i := range x {
				x[i] = map[string]float64{"": float64(i + 1), "negative": float64(-i - 1), "ones": 1}[c.inputs]
			}
			m.Set(prog.Inputs[0], x)
			for _, p := range prog.Params {
				w := c.weight
				for len(w) < p.Size() {
					w = append(w, 1)
				}
				m.Set(p, w)
			}
			require.NoError(t, m.Run(prog.Infer))
			require.InDeltaSlice(t, c.want, m.Get(prog.Outputs[0].Value)[0], 1e-12)
		})
	}
}

// TestLargeWindows: no check goes through a window place by place.
func TestLargeWindows(t *testing.T) {
	for _, layer := range []string{
		"max_pool1d: {kernel_size: 65536, strides: 1, padding: [60000, 60000]}", "avg_pool1d: {kernel_size: 65536, strides: 1, count_include_pad: true, padding: same}",
		"conv1d: {filters: 1, kernel_size: 65536, padding: same, use_bias: false}",
	} {
		net, err := spec.Decode("n.yaml", []byte("nngen: 1\nname: n\ninput: {shape: [1, 200000]}\nlayers:\n  - "+layer+"\ncodegen: {train: false}\n"), op.Vocabulary())
		require.NoError(t, err)
		_, err = lower.Lower(net)
		require.NoError(t, err)
	}
}

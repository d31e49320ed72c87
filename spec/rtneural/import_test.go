package rtneural

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDense reads a model of RTNeural's own tests; a test of package gen runs
// it against TensorFlow's outputs.
func TestDense(t *testing.T) {
	data, err := os.ReadFile("../../golden/models/rtneural_dense.json")
	require.NoError(t, err)
	require.True(t, Is(data))
	m, err := Import(data)
	require.NoError(t, err)
	require.Equal(t, `nngen: 1
input: {shape: [1]}
layers:
  - dense: {units: 8, activation: tanh}
  - dense: {units: 8, activation: relu}
  - dense: {units: 8, activation: elu}
  - dense: {units: 8}
  - softmax
  - dense: {units: 1}
  - dense: {units: 8, use_bias: false}
  - dense: {units: 8, use_bias: false}
  - dense: {units: 1, use_bias: false}
loss: mse
`, string(m.Spec))
	require.Equal(t, Tensor{"dense1.bias", []int{8}, []float64{0.04202878102660179, -0.0012000653659924865, 0.011545690707862377,
		-0.05244330316781998, 0.03159698098897934, 0.010745985433459282, -0.03388917073607445, 0.029600143432617188}}, m.Tensors[1])
	require.Equal(t, []int{8, 1}, m.Tensors[0].Shape)
}

func TestLayers(t *testing.T) {
	m, err := Import([]byte(`{"in_shape": [null, null, 2], "layers": [
		{"type": "time-distributed-dense", "activation": "sigmoid", "shape": [null, null, 3], "weights": [[[1, 2, 3], [4, 5, 6]], [7, 8, 9]]},
		{"type": "prelu", "shape": [null, 3], "weights": [[[0.1, 0.2, 0.3]]]},
		{"type": "batchnorm", "shape": [null, 3], "epsilon": 1e-05, "weights": [[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]]},
		{"type": "batchnorm", "shape": [null, 3], "epsilon": 0, "weights": [[3, 3, 3], [4, 4, 4]]},
		{"type": "dense", "shape": [null, 1], "weights": [[[1], [2], [3]]]},
		{"type": "activation", "activation": "tanh", "shape": [null, 1]},
		{"type": "activation", "activation": "linear", "shape": [null, 1]},
		{"type": "activation", "activation": "relu", "shape": [null, 1]}]}`))
	require.NoError(t, err)
	require.Equal(t, `nngen: 1
input: {shape: [2]}
layers:
  - dense: {units: 3, activation: sigmoid}
  - prelu
  - batch_normalization: {epsilon: 1e-05}
  - batch_normalization: {epsilon: 0, use_weight: false, use_bias: false}
  - dense: {units: 1, activation: tanh, use_bias: false}
  - relu
codegen: {train: false}
`, string(m.Spec))
	require.Equal(t, Tensor{"dense1.weight", []int{3, 2}, []float64{1, 4, 2, 5, 3, 6}}, m.Tensors[0])
	require.Equal(t, Tensor{"prelu1.weight", []int{3}, []float64{0.1, 0.2, 0.3}}, m.Tensors[2])
	require.Equal(t, Tensor{"batch_normalization2.running_var", []int{3}, []float64{4, 4, 4}}, m.Tensors[8])
}

// model has one layer after one input.
func model(layer string) string { return `{"in_shape": [null, 1], "layers": [` + layer + `]}` }

// bad are models that must be refused, and what the message says.
var bad = []struct{ name, data, want string }{
	{"empty", "", "byte 0: unexpected end of JSON input"},
	{"cut", `{"in_shape": [null, 1], "layers": [{"type"`, "byte 42: unexpected end of JSON input"},
	{"list", `[]`, "must be a rtneural.file, got a array"},
	{"weights alone", `{"weight": [[1]], "bias": [1]}`, "it holds weights alone"},
	{"no shape", `{"layers": []}`, "in_shape: it must end with the number of inputs"},
	{"open shape", `{"in_shape": [1, null], "layers": []}`, "in_shape: it must end with"},
	{"text shape", `{"in_shape": ["1"], "layers": []}`, "in_shape must be a int, got a string"},
	{"no inputs", `{"in_shape": [0], "layers": []}`, "from 1 to 1000000"},
	{"negative inputs", `{"in_shape": [-1], "layers": []}`, "from 1 to 1000000"},
	{"huge input", `{"in_shape": [1000000000], "layers": []}`, "from 1 to 1000000"},
	{"overflow", `{"in_shape": [99999999999999999999], "layers": []}`, "got a number"},
	{"no layers", `{"in_shape": [1], "layers": []}`, "layers: there must be from 1 to 10000 layers, got 0"},
	{"many layers", `{"in_shape": [1], "layers": [` + strings.Repeat("{},", 10000) + `{}]}`, "got 10001"},
	{"convolution", model(`{"type": "conv2d", "shape": [null, 1]}`), "layer 1 (conv2d): layers of this type are not supported; dense, "},
	{"gru without weights", model(`{"type": "gru", "shape": [1]}`), "weights must be two kernels and a bias, got 0 arrays"},
	{"lstm activation", model(`{"type": "lstm", "activation": "relu", "shape": [1], "weights": [[], [], []]}`), "the activation relu is not supported"},
	{"gru bias", model(`{"type": "gru", "shape": [1], "weights": [[[1, 2, 3]], [[1, 2, 3]], [1, 2, 3]]}`), "weights[0] must be 2 rows of 3 numbers"},
	{"conv1d without sizes", model(`{"type": "conv1d", "shape": [null, 1]}`), "a convolution has kernel_size, dilation"},
	{"conv1d of a block", model(`{"type": "conv1d", "shape": [64, 1], "kernel_size": [1], "dilation": [1], "weights": [[[[1]]], [1]]}`), "must both say how many samples"},
	{"conv1d that is too long", `{"in_shape": [null, 9, 1], "layers": [{"type": "conv1d", "shape": [null, 9, 1], "kernel_size": [2], "dilation": [1], "weights": [[[[1]], [[1]]], [1]]}]}`, "shape says 9 samples, but its windows have 8 places"},
	{"gru of a block", `{"in_shape": [null, 9, 1], "layers": [{"type": "gru", "shape": [null, 9, 1]}]}`, "in a model of a fixed number of samples"},
	{"no samples", `{"in_shape": [null, 0, 1], "layers": [{}]}`, "a signal must have from 1 to"},
	{"conv1d taps", model(`{"type": "conv1d", "shape": [null, 1], "kernel_size": [2], "dilation": [1], "weights": [[[[1]]], [1]]}`), "weights[0] must be 2 taps, got 1 element"},
	{"no type", model(`{}`), `layer 1 (""): layers of this type`},
	{"control characters", model(`{"type": "\u001b[2J"}`), `layer 1 ("\x1b[2J")`},
	{"layer without shape", model(`{"type": "dense"}`), "shape must end with the number of outputs"},
	{"layer of 10^9", model(`{"type": "dense", "shape": [1000000000], "weights": [[[]]]}`), "from 1 to 1000000"},
	{"no weights", model(`{"type": "dense", "shape": [2], "weights": []}`), "got 0 arrays"},
	{"three arrays", model(`{"type": "dense", "shape": [2], "weights": [[], [], []]}`), "got 3 arrays"},
	{"rows", model(`{"type": "dense", "shape": [2], "weights": [[[1, 2], [3, 4]]]}`), "weights[0] must be 1 row of 2 numbers, got 2 rows"},
	{"claim of 10^6", model(`{"type": "dense", "shape": [1000000], "weights": [[[1]]]}`), "weights[0][0] must be 1000000 numbers, got 1 element"},
	{"columns", model(`{"type": "dense", "shape": [2], "weights": [[[1]]]}`), "weights[0][0] must be 2 numbers, got 1 element"},
	{"null", model(`{"type": "dense", "shape": [1], "weights": [[[null]]]}`), "weights[0][0] must be 1 number"},
	{"word", model(`{"type": "dense", "shape": [1], "weights": [[["x"]]]}`), "weights[0][0] must be 1 number"},
	{"not a list", model(`{"type": "dense", "shape": [1], "weights": [7]}`), "must be 1 row of 1 number, got 7"},
	{"range", model(`{"type": "dense", "shape": [1], "weights": [[[1e999]]]}`), "weights[0][0] must be 1 number"},
	{"bias", model(`{"type": "dense", "shape": [1], "weights": [[[1]], [1, 2]]}`), "weights[1] must be 1 number, got 2 elements"},
	{"activation", model(`{"type": "activation", "activation": "snake", "shape": [1]}`), "the activation snake is not supported; RTNeural has tanh"},
	{"width", model(`{"type": "activation", "activation": "tanh", "shape": [2]}`), "shape says 2 outputs, the layer above has 1"},
	{"prelu", model(`{"type": "prelu", "shape": [1]}`), "one array of slopes, got 0 arrays"},
	{"prelu rows", model(`{"type": "prelu", "shape": [1], "weights": [[[1, 2]]]}`), "weights[0][0] must be 1 number, got 2"},
	{"epsilon", model(`{"type": "batchnorm", "shape": [1], "weights": [[1], [1]]}`), "epsilon must be a number"},
	{"batchnorm", model(`{"type": "batchnorm", "shape": [1], "epsilon": 1, "weights": [[1]]}`), "got 1 array"},
	{"statistics", model(`{"type": "batchnorm", "shape": [1], "epsilon": 1, "weights": [[1], []]}`), "weights[1] must be 1 number, got 0"},
}

func TestBad(t *testing.T) {
	for _, c := range bad {
		_, err := Import([]byte(c.data))
		var e *Error
		require.ErrorAs(t, err, &e, c.name)
		require.ErrorContains(t, err, c.want, c.name)
		require.NotEmpty(t, e.Hint, c.name)
	}
}

func FuzzImport(f *testing.F) {
	for _, c := range bad {
		f.Add([]byte(c.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Import(data)
		if err != nil {
			return
		}
		for _, one := range m.Tensors {
			n := 1
			for _, d := range one.Shape {
				n *= d
			}
			require.Len(t, one.Values, n)
		}
	})
}

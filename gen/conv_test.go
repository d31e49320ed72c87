package gen_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// convolutional are networks of convolutions: padding of every kind, even and
// odd windows, strides that divide and do not, dilation, groups.
var convolutional = []string{`
input: {shape: [3, 7, 6]}
layers:
  - conv2d: {filters: 4, kernel_size: 3, padding: same, activation: tanh, kernel_regularizer: {l2: 0.01}}
  - conv2d: {filters: 18, kernel_size: [3, 2], strides: [2, 1], groups: 2, padding: [1, 0, 2, 1], activation: sigmoid}
  - conv2d: {filters: 5, kernel_size: 1, strides: 2, use_bias: false, activation: tanh}
  - dense: {units: 2}
`, `
input: {shape: [24]}
layers:
  - dense: {units: 36, activation: tanh}
  - reshape: {shape: [2, 18]}
  - conv1d: {filters: 17, kernel_size: 3, padding: causal, dilation: 2, activation: tanh}
  - depthwise_conv1d: {kernel_size: 4, strides: 3, padding: same_lower, depth_multiplier: 2, kernel_initializer: orthogonal}
  - batch_normalization: {axis: 0, statistics: batch}
  - relu
  - conv1d: {filters: 3, kernel_size: 2, trainable: false}
  - dense: {units: 2}
`, `
input: {shape: [2, 6, 6]}
layers:
  - depthwise_conv2d: {name: a, kernel_size: [2, 3], padding: same, dilation: [2, 1], depth_multiplier: 9}
  - softmax: {axis: 0}
  - conv2d: {name: b, filters: 6, kernel_size: 3, strides: 2, padding: 1, groups: 6, activation: tanh}
  - conv2d: {name: c, from: x, filters: 6, kernel_size: 1, strides: 2}
  - add: {from: [b, c]}
  - dense: {units: 2}
`, `
input: {shape: [5, 1, 1]}
layers:
  - conv2d: {filters: 3, kernel_size: 3, padding: same, activation: tanh}
  - conv2d: {filters: 4, kernel_size: 3, padding: same, activation: tanh}
  - dense: {units: 5}
`}

// pools are networks of pooling and padding, and one whose windows mostly hold
// padding.
var pools = []string{`
input: {shape: [60]}
layers:
  - dense: {units: 60, activation: tanh}
  - reshape: {shape: [2, 5, 6]}
  - max_pool2d: {name: a, kernel_size: [3, 2], strides: [1, 2], padding: [1, 0, 1, 1]}
  - max_pool2d: {name: b, from: reshape1, kernel_size: 2, dilation: 2, ceil_mode: true}
  - avg_pool2d: {name: c, from: reshape1, kernel_size: 3, strides: 2, padding: 1}
  - avg_pool2d: {name: d, from: reshape1, kernel_size: 3, strides: 2, padding: 1, ceil_mode: true, count_include_pad: true}
  - global_avg_pool: {name: e, from: reshape1}
  - global_max_pool: {name: f, from: a, keepdims: true}
  - concat: {from: [a, b, c, d, e, f]}
  - dense: {units: 2}
`, `
input: {shape: [20]}
layers:
  - dense: {units: 24, activation: tanh}
  - reshape: {shape: [3, 8]}
  - conv1d: {filters: 2, kernel_size: 3, padding: same, activation: tanh}
  - pad: {name: a, padding: [2, 3], mode: reflect}
  - pad: {name: b, from: conv1d1, padding: [1, 2, 0, 1], mode: edge}
  - pad: {name: c, from: conv1d1, padding: [0, 1, 2, 0], value: 0.1}
  - pad: {name: d, from: conv1d1, padding: [1, 2, 1, 0]}
  - max_pool1d: {name: e, from: a, kernel_size: 4, strides: 3, padding: same}
  - avg_pool1d: {name: f, from: a, kernel_size: 3, padding: same_lower, strides: 2}
  - concat: {from: [b, c, d, e, f]}
  - dense: {units: 2}
`, `
input: {shape: [5]}
layers:
  - dense: {units: 9, activation: tanh}
  - reshape: {shape: [3, 3]}
  - depthwise_conv1d: {kernel_size: 3, strides: 3, padding: causal, activation: tanh}
  - dense: {units: 8}
`}

// pixels is a network of images as they come: bytes, the channels last.
const pixels = `
input: {shape: [5, 4, 3], layout: hwc, dtype: uint8, normalize: {min: 0, max: 255}}
layers:
  - conv2d: {filters: 8, kernel_size: 3, padding: same, activation: tanh}
  - dropout: {rate: 0.3, axis: 0}
  - conv2d: {filters: 3, kernel_size: 2, strides: 2}
  - dense: {units: 2}
`

// several is an image of bytes beside other inputs: numbers that lie behind an odd number
// of bytes and are multiplied where they lie.
const several = `
inputs:
  image: {shape: [5, 3, 3], layout: hwc, dtype: uint8, normalize: {min: 0, max: 255}}
  pose: {shape: [6]}
  mask: {shape: [6], dtype: uint8, normalize: {mean: 100, std: 100}}
layers:
  - dense: {name: p, units: 40, activation: tanh, from: pose}
  - conv2d: {filters: 8, kernel_size: 3, padding: same, activation: tanh, from: image}
  - global_avg_pool
  - concat: {from: [global_avg_pool1, mask, p]}
  - scale_shift
  - dense: {units: 2}
`

// resampled are networks of transposed convolutions, resizing and channels dealt
// out: parts by residue, cut places, scales up and down.
var resampled = []string{`
input: {shape: [24]}
layers:
  - dense: {units: 36, activation: tanh}
  - reshape: {shape: [4, 3, 3]}
  - channel_shuffle: {groups: 2}
  - conv2d_transpose: {name: a, filters: 18, kernel_size: [3, 2], strides: [2, 1], padding: [1, 0, 0, 1], output_padding: [1, 0], groups: 2, activation: tanh, kernel_regularizer: {l2: 0.01}}
  - conv2d_transpose: {filters: 2, kernel_size: 3, strides: 3, padding: same, dilation: 2}
  - dense: {units: 2}
`, `
input: {shape: [20]}
layers:
  - dense: {units: 34, activation: tanh}
  - reshape: {shape: [17, 2]}
  - conv1d_transpose: {name: a, filters: 3, kernel_size: 4, strides: 2, padding: 1, activation: sigmoid}
  - resize: {scales: 2, coordinates: asymmetric, rounding: floor}
  - conv1d_transpose: {filters: 2, kernel_size: 2, strides: 3, use_bias: false, padding: same_lower, activation: tanh}
  - conv1d_transpose: {filters: 2, kernel_size: 2, trainable: false}
  - dense: {units: 2}
`, `
input: {shape: [5]}
layers:
  - dense: {units: 24, activation: tanh}
  - reshape: {name: r, shape: [2, 3, 4]}
  - resize: {name: a, from: r, scales: 2}
  - resize: {name: b, from: r, scales: 2, mode: linear}
  - resize: {name: c, from: r, sizes: [5, 3], mode: linear, coordinates: align_corners}
  - resize: {name: d, from: r, scales: [1.5, 0.6], coordinates: pytorch_half_pixel, rounding: round_prefer_ceil}
  - resize: {name: e, from: r, sizes: [4, 7], mode: cubic}
  - resize: {name: f, from: r, sizes: [2, 3, 1], mode: linear}
  - concat: {from: [a, b, c, d, e, f]}
  - dense: {units: 2}
`}

// tiledBack is a transposed convolution by tiles, forward and backward, between others.
const tiledBack = `
input: {shape: [1, 4, 4]}
layers:
  - conv2d: {filters: 16, kernel_size: 1, activation: tanh}
  - conv2d_transpose: {filters: 17, kernel_size: 3, padding: 1, activation: tanh}
  - conv2d_transpose: {filters: 3, kernel_size: 3, strides: 2}
  - dense: {units: 2}
`

// TestResampled compares layers that make values larger as TestConvolutions does.
func TestResampled(t *testing.T) {
	runLayers(t, append(slices.Clone(resampled), pixels, several, tiledBack))
}

// TestConvolutions compares convolutions, pooling and padding with the oracle, bit
// for bit, and with float64, on every path and with several workers; the float64
// gradients with differences of the loss.
func TestConvolutions(t *testing.T) { runLayers(t, slices.Concat(convolutional, pools)) }

// runLayers checks networks that say what their layers are, as float32 and as
// float64 in turn; all have their gradients checked in float64.
func runLayers(t *testing.T, texts []string) {
	var nets []*gentest.Network
	for i, text := range texts {
		for j, tail := range []string{"optimizer: {sgd: {learning_rate: 0.1}}\n", "optimizer: {adam: {learning_rate: 0.01}}\nnumeric: {dtype: float64, mode: reproducible}\n"} {
			net, err := spec.Decode("n.yaml", []byte("nngen: 1\nname: n"+text+"loss: mse\ncodegen: {batch: 3}\n"+tail), op.Vocabulary())
			require.NoError(t, err)
			n, err := gentest.Prepare(net)
			require.NoError(t, err)
			if i%2 == j {
				nets = append(nets, n)
			}
			if j == 1 {
				differences(t, n)
			}
		}
	}
	runNetworks(t, nets)
}

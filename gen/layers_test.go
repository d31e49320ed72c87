package gen_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

// layerNetworks are networks around the layers that work on shapes: between
// dense layers, so that gradients pass through them.
var layerNetworks = map[string]string{
	"fixedfilters": `
input: {shape: [12]}
layers:
  - dense: {units: 32, activation: tanh}
  - reshape: {shape: [2, 4, 4]}
  - conv2d: {filters: 4, kernel_size: 3, trainable: false}
  - dense: {units: 3}
`,
	"merge": `
inputs: {a: {shape: [4]}, b: {shape: [3, 4]}}
layers:
  - dense: {from: a, units: 4, activation: tanh}
  - dense: {from: b, units: 12}
  - reshape: {name: m, shape: [3, -1]}
  - add: {from: [dense1, m, b]}
  - subtract: {from: [dense1, add1]}
  - multiply: {from: [subtract1, m, dense1]}
  - minimum: {from: [multiply1, dense1, b]}
  - maximum: {from: [minimum1, m]}
  - average: {from: [maximum1, m, dense1]}
  - dense: {from: a, units: 1, activation: softplus}
  - divide: {from: [average1, dense3]}
  - constant: {shape: [3, 1], value: [0.5, -1, 2], trainable: true}
  - constant: {shape: [4], value: 1.5}
  - multiply: {from: [constant1, divide1, constant2]}
  - dense: {units: 3}
`,
	"normalise": `
input: {shape: [2, 3, 5]}
layers:
  - dense: {units: 30}
  - reshape: {shape: [2, 3, 5]}
  - layer_normalization: {use_weight: false, use_bias: false}
  - layer_normalization
  - layer_normalization: {axis: 1, epsilon: 0.01}
  - layer_normalization: {axis: 0, use_bias: false}
  - scale_shift
  - scale_shift: {axes: [0, 2], use_bias: false}
  - scale_shift: {shared: true}
  - scale_shift: {axes: [0, 1, 2], use_weight: false, trainable: false}
  - batch_normalization: {axis: 0, trainable: false}
  - prelu
  - prelu: {shared: true, init: 0.1}
  - prelu: {axes: [1]}
  - flatten
  - batch_normalization: {trainable: false, use_bias: false}
  - scale_shift
  - dense: {units: 4}
`,
	"shapes": `
input: {shape: [2, 3, 4]}
layers:
  - dense: {units: 24, activation: silu}
  - reshape: {shape: [2, 3, 4]}
  - transpose: {perm: [2, 0, 1]}
  - transpose
  - slice: {axis: 0, start: 1}
  - slice: {from: transpose2, axis: 2, start: -1, step: -2}
  - slice: {from: transpose2, axis: 2, start: 1, end: -1}
  - concat: {from: [transpose2, slice1], axis: 0}
  - concat: {from: [slice2, slice3, transpose2], axis: 2}
  - softmax: {from: concat2, axis: 1}
  - log_softmax: {axis: -1}
  - softmax: {axis: 0}
  - concat: {from: [concat1, softmax2]}
  - dense: {units: 4}
`,
	"reduce": `
input: {shape: [2, 3, 4]}
layers:
  - dense: {units: 24, activation: silu}
  - reshape: {shape: [2, 3, 4]}
  - reduce_sum: {axes: [1]}
  - reduce_mean: {from: reshape1, axes: [0, -1], keepdims: true}
  - reduce_max: {from: reshape1, axes: [0]}
  - reduce_min: {from: reshape1}
  - reduce_max: {from: reshape1, axes: [0, 2]}
  - reduce_mean: {from: reshape1}
  - add: {name: sums, from: [reduce_sum1, reduce_min1, reduce_mean2]}
  - concat: {from: [sums, reduce_mean1, reduce_max1, reduce_max2]}
  - dense: {units: 4}
`,
	"one": `
inputs: {a: {shape: [5]}, b: {shape: [1]}}
layers:
  - dense: {from: a, units: 1}
  - layer_normalization
  - softmax: {from: b}
  - log_softmax: {from: dense1}
  - reduce_sum: {from: dense1}
  - reduce_max: {from: dense1}
  - reduce_mean: {from: b}
  - concat: {from: [a, layer_normalization1, softmax1, log_softmax1, reduce_sum1, reduce_max1, reduce_mean1]}
  - dense: {units: 2}
`,
	"arguments": `
input: {shape: [2, 3, 4]}
layers:
  - argmax: {axis: 1}
  - argmin: {from: x, axis: 0, keepdims: true}
  - argmax: {from: x, axis: -1, last: true}
  - argmin: {from: x, last: true}
  - concat: {from: [argmax1, argmin1, argmax2, argmin2]}
  - dense: {units: 4}
`,
	"choices": `
input: {shape: [3, 4]}
layers:
  - constant: {shape: [4], value: [0.5, -1, 0, 1]}
  - less: {from: [x, constant1]}
  - less_equal: {from: [constant1, x]}
  - equal: {from: [less1, less_equal1]}
  - dense: {from: x, units: 12, activation: sin}
  - reshape: {name: a, shape: [3, 4]}
  - dense: {from: x, units: 3}
  - cos
  - reshape: {name: b, shape: [3, 1]}
  - where: {from: [less1, a, b]}
  - where: {from: [where1, a, equal1]}
  - where: {from: [equal1, where2, x]}
  - dense: {units: 3}
`,
}

// inferenceNetworks are networks without anything to train, some without a
// single parameter.
var inferenceNetworks = map[string]string{
	"function": `
input: {shape: [3, 4, 5]}
layers:
  - abs
`,
	"shape": `
input: {shape: [2, 3]}
outputs: {a: {from: reshape1}, b: {from: reshape1}}
layers:
  - reshape: {shape: [3, 2]}
`,
	"outputs": `
inputs: {a: {shape: [3, 4, 5]}, b: {shape: [1]}}
outputs: {p: {from: t}, q: {from: m}, r: {from: s}, u: {from: t}}
layers:
  - transpose: {name: t, from: a}
  - maximum: {name: m, from: [a, b]}
  - reduce_mean: {name: s, from: a}
`,
	"places_of_nan": `
input: {shape: [3, 4]}
layers:
  - log
  - argmax: {axis: 1}
  - argmin: {from: log1, axis: 0}
  - argmax: {from: log1, axis: 0, last: true}
  - argmin: {from: log1, axis: 1, last: true}
  - less: {from: [log1, x]}
  - equal: {from: [log1, log1]}
  - where: {from: [log1, less1, equal1]}
  - flatten
  - concat: {from: [argmax1, argmin1, argmax2, argmin2, flatten1]}
`,
	"constants": `
input: {shape: [1]}
outputs: {a: {from: argmax1}, b: {from: add1}}
layers:
  - constant: {shape: [2, 1], value: [1.5, -2]}
  - divide: {from: [constant1, x]}
  - batch_normalization: {axis: 0}
  - argmax: {axis: 0}
  - reduce_max: {from: constant1}
  - add: {from: [x, reduce_max1]}
`,
}

// TestLayers compiles the networks in both types and modes and compares them
// with the oracle bit for bit and with float64.
func TestLayers(t *testing.T) {
	var nets []*gentest.Network
	var names []string
	add := func(name, body, rest string) {
		for i, numeric := range []string{"{dtype: float32, mode: fast}", "{dtype: float64, mode: reproducible}"} {
			src := fmt.Sprintf("nngen: 1\nname: %s%d\n%s%s\nnumeric: %s\n", name, i, body, rest, numeric)
			net, err := spec.Decode("net.yaml", []byte(src), op.Vocabulary())
			require.NoError(t, err, name)
			n, err := gentest.Prepare(net)
			require.NoError(t, err, name)
			nets, names = append(nets, n), append(names, name)
		}
	}
	for name, body := range layerNetworks {
		add(name, body, "loss: mse\ncodegen: {batch: 3}")
	}
	for name, body := range inferenceNetworks {
		add(name, body, "codegen: {batch: 3, train: false}")
	}
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(3, 3))
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = verify.NewJob(rng, n, n.Net.Codegen.Batch)
	}
	for _, path := range gentest.Paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		for i, n := range nets {
			replay, checks := &verify.Replay{Network: n, Job: jobs[i]}, &verify.Checks{}
			require.NoError(t, replay.Compare(t.Context(), results[i], checks), names[i])
			require.NoError(t, checks.Err(), "%s on %s", names[i], path)
			require.Less(t, replay.LeftOut, max(1, replay.Gradients), names[i])
		}
	}
}

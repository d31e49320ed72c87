package export

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
	"github.com/stretchr/testify/require"
)

var dump = flag.String("dump", "", "folder to write the exported models to, with inputs and outputs")

// oneSpec is a network of a few layers, for inference.
func oneSpec(dtype, input, layers string) string {
	return "nngen: 1\nname: n\n" + input + "\nlayers:\n" + layers + "\nnumeric: {dtype: " + dtype + "}\ncodegen: {train: false}\n"
}

const batch = 3

// randomValues draws parameters, as trained ones are, and samples.
func randomValues(net *spec.Network, prog *ir.Program) (params map[string][]float64, inputs map[string][][]float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	params, inputs = map[string][]float64{}, map[string][][]float64{}
	for _, p := range prog.Params {
		v := make([]float64, p.Size())
		positive := strings.HasSuffix(p.Name, ".std") || strings.HasSuffix(p.Name, "_var")
		for i := range v {
			v[i] = rng.NormFloat64() / math.Sqrt(float64(p.Shape[len(p.Shape)-1]))
			if positive {
				v[i] = 0.5 + rng.Float64()
			}
			if m := p.Param.Mask; m != nil && !slices.Contains(m.Cols[i/m.In], i%m.In) {
				v[i] = 0
			}
			v[i] = float64(float32(v[i]))
		}
		params[p.Name] = v
	}
	for _, in := range net.Inputs {
		for range batch {
			row := make([]float64, in.Size())
			for k := range row {
				row[k] = float64(float32(2 * rng.NormFloat64()))
			}
			inputs[in.Name] = append(inputs[in.Name], row)
		}
	}
	return params, inputs
}

// check exports a network with random parameters, reads the file back, and
// compares the evaluator with the interpreter on random samples, or on one step of a
// stream from a random state.
func check(t *testing.T, net *spec.Network) *onnx.Model {
	prog, err := lower.Lower(net)
	require.NoError(t, err)
	params, rows := randomValues(net, prog)
	m := interp.New(prog)
	m.Batch = batch
	if len(prog.Memory) > 0 {
		m.Batch = 1
	}
	for _, p := range prog.Params {
		m.Set(p, params[p.Name])
	}
	inputs := map[string]*evaluate.Tensor{}
	for i, in := range net.Inputs {
		list := rows[in.Name][:m.Batch]
		inputs[in.Name] = &evaluate.Tensor{Shape: append([]int{m.Batch}, in.Shape...), Data: slices.Concat(list...)}
		m.Set(prog.Inputs[i], list...)
	}
	model, err := Model(net, prog, params)
	require.NoError(t, err)
	states := stateInputs(net, prog, model)
	for i, s := range prog.Memory {
		row := make([]float64, s.In.Size())
		for k := range row {
			row[k] = float64(float32(math.Sin(float64(i + k))))
		}
		m.Set(s.In, row)
		inputs[states[i].Name] = &evaluate.Tensor{Data: row}
		for _, d := range states[i].Type.Tensor.Shape.Dims {
			inputs[states[i].Name].Shape = append(inputs[states[i].Name].Shape, int(d.Value))
		}
	}
	require.NoError(t, m.Run(prog.Infer))
	read, err := onnx.Read(model.Marshal())
	require.NoError(t, err)
	got := evaluated(t, read, inputs, prog.DType == ir.Float64)
	require.Len(t, got, len(net.Outputs)+len(prog.Memory))
	if *dump != "" {
		writeCase(t, filepath.Join(*dump, strings.ReplaceAll(t.Name(), "/", "_")), read, inputs, got)
	}
	near := func(name string, v *ir.Value) {
		want, data := slices.Concat(m.Get(v)...), got[name].Data
		require.Len(t, data, len(want))
		for k := range want {
			// Attributes are float32.
			require.InDelta(t, want[k], data[k], 3e-7*max(1, abs(want[k])), "output %s, element %d", name, k)
		}
	}
	for i, out := range prog.Outputs {
		near(read.Graph.Outputs[i].Name, out.Value)
	}
	for i, s := range prog.Memory {
		near(states[i].Name+"_out", s.Out)
	}
	return read
}

// stateInputs are the inputs of a model that are parts of the state, in the order of the
// program.
func stateInputs(net *spec.Network, prog *ir.Program, m *onnx.Model) []*onnx.ValueInfo {
	list := make([]*onnx.ValueInfo, len(prog.Memory))
	for _, in := range m.Graph.Inputs {
		for i, s := range prog.Memory {
			if in.Name == strings.ReplaceAll(s.Name, ".", "_") && !slices.ContainsFunc(net.Inputs, func(x spec.Input) bool { return x.Name == in.Name }) {
				list[i] = in
			}
		}
	}
	return list
}

// writeCase writes a model with inputs and outputs as a folder of ONNX's own
// tests, for docs/onnxruntime.sh.
func writeCase(t *testing.T, dir string, m *onnx.Model, inputs, outputs map[string]*evaluate.Tensor) {
	data := filepath.Join(dir, "test_data_set_0")
	require.NoError(t, os.MkdirAll(data, 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "model.onnx"), m.Marshal(), 0o666))
	save := func(kind string, infos []*onnx.ValueInfo, arrays map[string]*evaluate.Tensor) {
		for i, info := range infos {
			a := arrays[info.Name]
			e := &exporter{elem: info.Type.Tensor.ElemType, graph: &onnx.Graph{}, stored: map[string]bool{}}
			e.store(info.Name, a.Shape, a.Data)
			tensor := e.graph.Initializers[0]
			require.NoError(t, os.WriteFile(filepath.Join(data, fmt.Sprintf("%s_%d.pb", kind, i)), tensor.Marshal(), 0o666))
		}
	}
	save("input", m.Graph.Inputs, inputs)
	save("output", m.Graph.Outputs, outputs)
}

// TestRandomNetworks exports networks of every shape and row of the language.
func TestRandomNetworks(t *testing.T) {
	g := gentest.NewGenerator(7)
	for i := range 200 {
		net, err := g.Network(fmt.Sprintf("n%d", i))
		require.NoError(t, err)
		net.Codegen.Storage = "float32" // a model has the weights of the file, not of a narrow storage
		t.Run(net.Name, func(t *testing.T) { check(t, net) })
	}
}

func abs(x float64) float64 { return max(x, -x) }

func decode(t *testing.T, text string) *spec.Network {
	net, err := spec.Decode("n.yaml", []byte(text), op.Vocabulary())
	require.NoError(t, err, text)
	return net
}

// activationCases are all activations with some of their fields.
func activationCases() []string {
	fields := map[string][]string{
		"leaky_relu": {"", "{negative_slope: 0.3}"}, "elu": {"", "{alpha: 0.7}"}, "celu": {"", "{alpha: 0.7}"},
		"gelu": {"", "{approximate: tanh}"}, "selu": {"", "{alpha: 1.5, gamma: 1.25}"}, "silu": {"", "{beta: 1.5}"},
		"hard_sigmoid": {"", "{alpha: 0.2}", "{alpha: 0.25, beta: 0.75}"}, "thresholded_relu": {"", "{theta: 0.5}"},
		"clip": {"{min: -1}", "{max: 0.5}", "{min: -1, max: 0.5}"}, "pow": {"{exponent: 1.5}", "{exponent: 3}"},
	}
	var cases []string
	for _, a := range op.Activations() {
		if fields[a.Name] == nil {
			fields[a.Name] = []string{""}
		}
		for _, f := range fields[a.Name] {
			if f == "" {
				f = "{}"
			}
			cases = append(cases, "{"+a.Name+": "+f+"}")
		}
	}
	return cases
}

// TestActivations exports every activation, alone and in a dense layer.
func TestActivations(t *testing.T) {
	for _, a := range activationCases() {
		for _, dtype := range []string{"float32", "float64"} {
			t.Run(a+dtype, func(t *testing.T) {
				check(t, decode(t, oneSpec(dtype, "input: {shape: [5]}", "  - "+a[1:len(a)-1]+"\n  - dense: {from: x, units: 4, activation: "+a+"}\n  - concat: {from: ["+a[1:strings.Index(a, ":")]+"1, dense1]}")))
			})
		}
	}
}

// shapes are layers over shapes, by kind.
var shapes = []struct{ kind, layers string }{
	{"dense", "  - dense: {units: 4, use_bias: false}\n  - dense: {units: 3, mask: {density: 0.5}}"},
	{"dense", "  - dense: {units: 4, axis: -1, activation: tanh}\n  - dense: {units: 5, axis: 0, use_bias: false}\n  - dense: {units: 2, axis: 1}"},
	{"dense", "  - dense: {units: 4, axis: 2}\n  - dense: {from: x, units: 4, axis: -1, tied_to: dense1, activation: relu}\n  - add: {from: [dense1, dense2]}"},
	{"conv2d", "  - conv2d: {filters: 4, kernel_size: [2, 3], strides: [1, 2], padding: [1, 0, 0, 1], groups: 2, activation: tanh}"},
	{"conv2d", "  - conv2d: {filters: 3, kernel_size: 2, padding: same, use_bias: false}\n  - conv2d: {filters: 2, kernel_size: 2, padding: same_lower, dilation: 2}"},
	{"conv1d", "  - reshape: {shape: [4, 6]}\n  - conv1d: {filters: 3, kernel_size: 3, padding: causal, dilation: 2, activation: {leaky_relu: {negative_slope: 0.2}}}"},
	{"depthwise_conv2d", "  - depthwise_conv2d: {kernel_size: 2, padding: 1}\n  - depthwise_conv2d: {kernel_size: 2, depth_multiplier: 3, activation: relu}"},
	{"depthwise_conv1d", "  - reshape: {shape: [1, 24]}\n  - depthwise_conv1d: {kernel_size: 5, depth_multiplier: 4, strides: 3}"},
	{"conv2d_transpose", "  - conv2d_transpose: {filters: 4, kernel_size: [2, 3], strides: [1, 2], padding: [1, 0, 0, 1], output_padding: [0, 1], groups: 2, activation: tanh}"},
	{"conv2d_transpose", "  - conv2d_transpose: {filters: 3, kernel_size: 2, strides: 3, padding: same, use_bias: false}\n  - conv2d_transpose: {filters: 2, kernel_size: 2, padding: same_lower, dilation: 2}"},
	{"conv1d_transpose", "  - reshape: {shape: [4, 6]}\n  - conv1d_transpose: {filters: 3, kernel_size: 3, dilation: 2, padding: 1}"},
	{"resize", "  - resize: {scales: 2, coordinates: asymmetric, rounding: floor}\n  - resize: {sizes: [5, 9], mode: linear}"},
	{"resize", "  - resize: {scales: [1.5, 0.6], coordinates: pytorch_half_pixel, rounding: round_prefer_ceil}\n  - resize: {sizes: [7, 3], mode: linear, coordinates: align_corners}\n  - resize: {scales: [1, 1.5], mode: cubic}"},
	{"channel_shuffle", "  - reshape: {shape: [6, 4]}\n  - channel_shuffle: {groups: 3}"},
	{"max_pool2d", "  - max_pool2d: {kernel_size: [2, 3], strides: 1, padding: [0, 1, 1, 1]}"},
	{"max_pool2d", "  - max_pool2d: {kernel_size: 2, ceil_mode: true, padding: [1, 0, 0, 0]}"},
	{"max_pool1d", "  - reshape: {shape: [2, 12]}\n  - max_pool1d: {kernel_size: 3, dilation: 2, padding: same, strides: 2}"},
	{"avg_pool2d", "  - avg_pool2d: {kernel_size: [2, 3], strides: 1, padding: [0, 1, 1, 1]}\n  - avg_pool2d: {kernel_size: 2, padding: same_lower}"},
	{"avg_pool2d", "  - avg_pool2d: {kernel_size: 2, strides: 2, padding: 1, count_include_pad: true, ceil_mode: true}"},
	{"avg_pool1d", "  - reshape: {shape: [2, 12]}\n  - avg_pool1d: {kernel_size: 3, strides: 2, ceil_mode: true}"},
	{"avg_pool1d", "  - reshape: {shape: [2, 12]}\n  - avg_pool1d: {kernel_size: 3, strides: 2, dilation: 2, padding: 2}\n  - avg_pool1d: {kernel_size: 2, dilation: 2, padding: 1, count_include_pad: true, ceil_mode: true, strides: 3}"},
	{"global_max_pool", "  - global_max_pool\n  - dense: {units: 2}"},
	{"global_avg_pool", "  - global_avg_pool: {keepdims: true}\n  - reshape: {from: x, shape: [4, 6]}\n  - global_avg_pool\n  - concat: {from: [global_avg_pool1, global_avg_pool2]}"},
	{"pad", "  - pad: {padding: [1, 2]}\n  - pad: {padding: [1, 0, 2, 3], value: 0.5}\n  - pad: {padding: [1, 0, 1, 0, 2, 1], mode: edge}\n  - pad: {padding: [0, 1, 1, 2], mode: reflect}"},
	{"dropout", "  - dropout: {rate: 0.5}"},
	{"dropout", "  - dense: {units: 4}\n  - dropout: {rate: 0.5}"},
	{"flatten", "  - flatten"},
	{"reshape", "  - reshape: {shape: [3, -1]}"},
	{"transpose", "  - transpose"},
	{"transpose", "  - transpose: {perm: [1, 2, 0]}"},
	{"slice", "  - slice: {start: 1}"},
	{"slice", "  - slice: {axis: 1, end: -1}"},
	{"slice", "  - slice: {axis: 0, step: -1}"},
	{"slice", "  - slice: {axis: -1, start: -1, end: 0, step: -2}"},
	{"scale_shift", "  - scale_shift"},
	{"scale_shift", "  - scale_shift: {axes: [0, 2], use_bias: false}"},
	{"scale_shift", "  - scale_shift: {shared: true, use_weight: false}"},
	{"prelu", "  - prelu"},
	{"prelu", "  - prelu: {axes: [0]}"},
	{"prelu", "  - prelu: {shared: true}"},
	{"batch_normalization", "  - batch_normalization"},
	{"batch_normalization", "  - batch_normalization: {axis: 0, epsilon: 0.1, use_weight: false, use_bias: false}"},
	{"batch_normalization", "  - flatten\n  - batch_normalization: {use_bias: false}"},
	{"layer_normalization", "  - layer_normalization"},
	{"layer_normalization", "  - layer_normalization: {axis: 0, use_weight: false}"},
	{"layer_normalization", "  - layer_normalization: {axis: 1, use_weight: false, use_bias: false}"},
	{"reduce_sum", "  - reduce_sum"},
	{"reduce_sum", "  - reduce_sum: {axes: [0, -1], keepdims: true}"},
	{"reduce_mean", "  - reduce_mean: {axes: [1]}"},
	{"reduce_max", "  - reduce_max: {axes: [-1]}"},
	{"reduce_min", "  - reduce_min: {axes: [0, 1]}"},
	{"reduce_max", "  - reduce_max\n  - reduce_sum\n  - scale_shift\n  - reshape: {shape: [1]}"},
	{"argmax", "  - argmax"},
	{"argmax", "  - argmax: {axis: 1, keepdims: true, last: true}"},
	{"argmin", "  - argmin: {keepdims: true}"},
	{"argmin", "  - argmin: {axis: -1}"},
	{"softmax", "  - softmax"},
	{"softmax", "  - softmax: {axis: 1}"},
	{"log_softmax", "  - log_softmax: {axis: -1}"},
	{"concat", "  - relu\n  - concat: {from: [x, relu1]}"},
	{"concat", "  - relu\n  - concat: {from: [x, relu1], axis: 1}"},
	{"constant", "  - constant: {shape: [3, 1]}\n  - add: {from: [x, constant1]}"},
	{"constant", "  - constant: {shape: [5]}\n  - concat: {from: [constant1, x]}"},
	{"constant", "  - constant: {shape: [2]}\n  - constant: {shape: [2]}\n  - multiply: {from: [constant1, constant2]}\n  - concat: {from: [multiply1, x]}"},
	{"constant", "  - constant: {shape: [2, 3, 1]}\n  - dense: {from: constant1, units: 3}\n  - reduce_sum: {from: x, axes: [0, 2]}\n  - multiply: {from: [dense1, reduce_sum1]}"},
	{"add", "  - reduce_sum: {axes: [0]}\n  - reduce_max: {from: x, axes: [0, 1]}\n  - add: {from: [reduce_sum1, x, reduce_max1]}"},
	{"subtract", "  - reduce_sum: {axes: [0]}\n  - subtract: {from: [reduce_sum1, x]}"},
	{"multiply", "  - relu\n  - multiply: {from: [x, relu1, x]}"},
	{"divide", "  - constant: {shape: [4]}\n  - divide: {from: [x, constant1]}"},
	{"minimum", "  - tanh\n  - minimum: {from: [x, tanh1]}"},
	{"maximum", "  - tanh\n  - maximum: {from: [x, tanh1]}"},
	{"less", "  - constant: {shape: [4]}\n  - less: {from: [x, constant1]}"},
	{"less_equal", "  - constant: {shape: [3, 1]}\n  - less_equal: {from: [constant1, x]}"},
	{"equal", "  - sign\n  - equal: {from: [x, sign1]}"},
	{"where", "  - constant: {shape: [3, 1]}\n  - less: {from: [constant1, x]}\n  - tanh: {from: x}\n  - where: {from: [less1, x, tanh1]}"},
	{"where", "  - relu\n  - reduce_sum: {axes: [0, 2], keepdims: true}\n  - where: {from: [relu1, reduce_sum1, x]}"},
	{"rnn", "  - reshape: {shape: [4, 6]}\n  - rnn: {units: 3, axis: 0}"},
	{"rnn", "  - reshape: {shape: [4, 6]}\n  - rnn: {units: 3, axis: 1, return: all, activation: {leaky_relu: {negative_slope: 0.2}}, use_bias: false}"},
	{"gru", "  - reshape: {shape: [4, 6]}\n  - gru: {units: 3, axis: 0, return: all, go_backwards: true}\n  - gru: {units: 2, axis: 0, return: mean}"},
	{"gru", "  - reshape: {shape: [4, 6]}\n  - gru: {units: 3, axis: 0, reset_after: false, activation: relu, recurrent_activation: {hard_sigmoid: {alpha: 0.3}}}"},
	{"lstm", "  - reshape: {shape: [4, 6]}\n  - lstm: {units: 3, axis: 0, output_activation: softsign}"},
	{"lstm", "  - reshape: {shape: [4, 6]}\n  - lstm: {units: 3, axis: 1, return: all}\n  - lstm: {units: 2, axis: 1, go_backwards: true}"},
	{"average", "  - tanh\n  - average: {from: [x, tanh1, x]}"},
}

// TestLayers exports every layer of the language.
func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range shapes {
		seen[c.kind] = true
		t.Run(c.layers, func(t *testing.T) {
			check(t, decode(t, oneSpec("float32", "input: {shape: [2, 3, 4]}", c.layers)))
		})
	}
	for _, l := range op.Layers() {
		if l.Name == "state" || l.Name == "delay" {
			require.NotNil(t, layers[l.Name])
			continue // TestState
		}
		require.True(t, seen[l.Name], "no case for the layer %s", l.Name)
		require.NotNil(t, layers[l.Name])
	}
}

// TestState: what a network keeps from call to call is inputs and outputs of the model,
// and comes back: layers with a state as themselves, other parts as states.
func TestState(t *testing.T) {
	for _, c := range []struct{ input, layers, back string }{
		{"input: {shape: [5]}", "  - gru: {units: 3}\n  - lstm: {units: 4, output_activation: relu}\n  - rnn: {units: 2, use_bias: false}", "gru rnn lstm"},
		{"input: {shape: [5]}", "  - gru: {units: 3, reset_after: false, recurrent_activation: hard_sigmoid}", "gru"},
		{"input: {shape: [4, 6]}", "  - lstm: {units: 3, axis: 0, stateful: true, return: all}\n  - gru: {units: 2, axis: 1, stateful: true, return: mean}", "lstm gru"},
		{"input: {shape: [5]}", "  - delay: {steps: 3}", "state"},
		{"input: {shape: [2, 3]}", "  - state: {shape: [4], next: dense1}\n  - concat: {axis: 0, from: [flatten1, state1]}\n  - dense: {units: 4}", "state"},
		{"input: {shape: [2, 6]}", "  - conv1d: {filters: 3, kernel_size: 3, dilation: 2, strides: 2, padding: causal, stateful: true, activation: tanh}\n  - depthwise_conv1d: {kernel_size: 1, padding: causal, stateful: true}", "state"},
		{"input: {shape: [6], context: 4}", "  - dense: {units: 3}\n  - gru: {units: 2}", "state gru"},
	} {
		layers := strings.Replace(c.layers, "  - concat", "  - flatten: {from: x}\n  - concat", 1)
		t.Run(c.layers, func(t *testing.T) {
			net := decode(t, oneSpec("float32", c.input, layers))
			check(t, net)
			back, _ := roundTrip(t, net, 1e-6)
			for kind := range strings.FieldsSeq(c.back) {
				require.True(t, slices.ContainsFunc(back.Layers, func(l spec.Layer) bool { return l.Kind == kind }), kind)
			}
		})
	}
}

// TestLengths: the number of steps of a sequence is a source of the cell in ONNX, too, and
// comes back.
func TestLengths(t *testing.T) {
	for _, cell := range []string{"gru: {units: 3, axis: 0, %s}", "lstm: {units: 3, axis: 0, return: all, %s}", "rnn: {units: 2, axis: 0, return: mean, go_backwards: true, %s}", "gru: {units: 3, axis: 0, stateful: true, return: mean, %s}"} {
		t.Run(cell, func(t *testing.T) {
			// A length of 0 is not told apart: ONNX Runtime forgets the state then.
			net := decode(t, "nngen: 1\nname: n\ninputs: {x: {shape: [5, 2]}, n: {shape: [1]}}\nlayers:\n  - clip: {from: n, min: 1}\n  - "+fmt.Sprintf(cell, "from: [x, clip1]")+"\ncodegen: {train: false}\n")
			check(t, net)
			back, _ := roundTrip(t, net, 1e-6)
			require.True(t, slices.ContainsFunc(back.Layers, func(l spec.Layer) bool { return cellGates[l.Kind].op != "" && len(l.From) == 2 }))
		})
	}
}

// TestNames: names are those of the spec, also where they meet.
func TestNames(t *testing.T) {
	m := check(t, decode(t, `nngen: 1
name: n
inputs: {a: {shape: [3], normalize: {mean: [1, 2, 3], std: 2}}, b: {shape: [2, 2], normalize: {min: 0, max: 4}}}
layers:
  - concat: {from: [a, b]}
  - dense: {units: 4, activation: relu, name: hidden}
  - dense: {units: 2, name: policy}
  - dense: {units: 1, name: hidden_gemm, from: hidden}
outputs: {p: {from: policy}, v: {from: hidden_gemm}, h: {from: hidden}, again: {from: policy}, r: {from: policy, normalize: {mean: [3, -2], std: 0.5}}}
codegen: {train: false}
`))
	var names []string
	for _, n := range m.Graph.Nodes {
		names = append(names, n.Name+" "+n.Outputs[0])
	}
	require.Equal(t, []string{
		"a_sub a_sub", "a_div a_div", "b_sub b_sub", "b_div b_div", "concat1_flatten concat1_flatten", "concat1 concat1",
		"hidden_gemm_2 hidden_gemm_2", "hidden hidden", "policy p", "hidden_gemm v", "h h", "again again",
		"r_mul r_mul", "r_add r",
	}, names)
	require.Equal(t, "batch", m.Graph.Inputs[1].Type.Tensor.Shape.Dims[0].Param)
}

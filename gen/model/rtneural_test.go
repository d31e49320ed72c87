package model

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// rtneuralModels are RTNeural's models of ../shared/data/rtneural, with the layers and
// the names of the weights of those whose files hold weights alone.
var rtneuralModels = []struct {
	name, layers string
	names        map[string]string
	skip         int // results that PyTorch has not, those before the first whole window
}{
	{name: "dense"}, {name: "gru"}, {name: "gru_1d"}, {name: "lstm"}, {name: "conv_stateless"},
	{"lstm_torch", "input: {shape: [1]}\nlayers:\n  - lstm: {units: 8}\n  - lstm: {units: 8}\n  - lstm: {units: 8}\n  - lstm: {units: 8}\n  - dense: {units: 1}",
		map[string]string{"lstm.#_l0": "lstm1.#", "lstm2.#_l0": "lstm2.#", "lstm2.#_l1": "lstm3.#", "lstm2.#_l2": "lstm4.#", "dense.#": "dense1.#"}, 0},
	{"conv1d_torch", "input: {shape: [1, 1]}\nlayers:\n  - conv1d: {filters: 12, kernel_size: 5, padding: causal, stateful: true}", map[string]string{"#": "conv1d1.#"}, 4},
	{"conv1d_torch_stride_3", "input: {shape: [1, 1000]}\nlayers:\n  - conv1d: {filters: 12, kernel_size: 5, strides: 3}", map[string]string{"#": "conv1d1.#"}, 0},
}

// TestSharedRTNeural compares with what TensorFlow and PyTorch computed, on every path.
func TestSharedRTNeural(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data", "rtneural")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("%s is not there: RTNeural's models are not compared with TensorFlow and PyTorch", root)
	}
	var nets []*gentest.Network
	var jobs []*gentest.Job
	for _, c := range rtneuralModels {
		path := filepath.Join(root, c.name)
		net, weights := fromState(t, path+".json", c.layers, c.names)
		n, err := gentest.Prepare(net)
		require.NoError(t, err)
		x := numbersOf(t, csvOf(path, "x"))
		job := &gentest.Job{Weights: weights, Sequence: len(n.Plan.Prog.Memory) > 0}
		for row := range slices.Chunk(x, n.Plan.Prog.Inputs[0].Size()) {
			job.Inputs = append(job.Inputs, row)
		}
		nets, jobs = append(nets, n), append(jobs, job)
	}
	program, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	for _, path := range gentest.Paths {
		results, err := program.On(path).Run(jobs)
		require.NoError(t, err)
		for i, c := range rtneuralModels {
			want := numbersOf(t, csvOf(filepath.Join(root, c.name), "y"))
			rows := results[i].Outputs[c.skip:]
			var got []float64
			for o := range rows[0] { // as PyTorch: a channel after the other
				for _, row := range rows {
					got = append(got, row[o])
				}
			}
			require.Empty(t, verify.DiffNear(c.name, got, want, 1e-5, 1e-6), path)
		}
	}
	_, err = Import(filepath.Join(root, "convtranspose1d_torch.json"), Options{})
	require.ErrorContains(t, err, "it holds weights alone, and does not say what layers it has")
	t.Logf("%d models of RTNeural followed", len(nets))
}

// csvOf is the file of inputs or outputs of a model.
func csvOf(path, what string) string {
	name, stride := strings.CutSuffix(path, "_stride_3")
	if name += "_" + what + "_python"; stride {
		name += "_stride_3"
	}
	return name + ".csv"
}

// numbersOf reads a file of numbers.
func numbersOf(t *testing.T, path string) (list []float64) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, word := range strings.FieldsFunc(string(data), func(r rune) bool { return r == ',' || r == '\n' }) {
		v, err := strconv.ParseFloat(word, 64)
		require.NoError(t, err)
		list = append(list, v)
	}
	return list
}

// fromState imports a model, or makes a network of layers and the weights of PyTorch
// modules, whose names become those of the language: # is the parameter.
func fromState(t *testing.T, path, layers string, names map[string]string) (*spec.Network, []byte) {
	if layers == "" {
		m, err := Import(path, Options{Inference: true})
		require.NoError(t, err)
		return m.Net, m.Weights
	}
	net, err := spec.Decode("net.yaml", []byte("nngen: 1\nname: net\n"+layers+"\ncodegen: {train: false}\n"), op.Vocabulary())
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var state map[string]any
	require.NoError(t, json.Unmarshal(data, &state))
	var list []nnrt.Tensor
	var values [][]float32
	for _, name := range slices.Sorted(maps.Keys(state)) {
		for from, to := range names {
			before, behind, _ := strings.Cut(from, "#")
			kind, ok := strings.CutPrefix(name, before)
			if kind, found := strings.CutSuffix(kind, behind); ok && found && !strings.Contains(kind, ".") {
				one := nnrt.Tensor{Name: strings.ReplaceAll(to, "#", kind)}
				var flat []float32
				one.Shape, flat = flattened(state[name])
				list, values = append(list, one), append(values, flat)
			}
		}
	}
	require.Len(t, list, len(state))
	var buf bytes.Buffer
	require.NoError(t, nnrt.SaveTensors(io.Writer(&buf), list, nil, func(i int, v []float32) { copy(v, values[i]) }))
	return net, buf.Bytes()
}

// flattened is an array of JSON.
func flattened(v any) (shape []int, data []float32) {
	list, ok := v.([]any)
	if !ok {
		return nil, []float32{float32(v.(float64))}
	}
	for _, x := range list {
		inner, more := flattened(x)
		shape, data = append([]int{len(list)}, inner...), append(data, more...)
	}
	return shape, data
}

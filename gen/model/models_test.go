package model

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

var models = filepath.Join("..", "..", "golden", "onnx-models")

// realModels are trained models of others, with the layers they should become
// where these say something.
var realModels = map[string]string{
	"hls4ml/three_layer_keras": `
  - dense: {name: fc1, units: 64, activation: relu}
  - dense: {name: fc2, units: 32, activation: relu}
  - dense: {name: fc3, units: 32, activation: relu}
  - dense: {units: 5}
  - softmax`,
	"hls4ml/three_layer_pytorch": `
  - dense: {units: 64, activation: relu}
  - dense: {units: 32, activation: relu}
  - dense: {units: 32, activation: relu}
  - dense: {units: 5}
  - softmax`,
	"hls4ml/two_layer_keras": `
  - dense: {name: fc1, units: 32, activation: relu}
  - dense: {units: 1, activation: sigmoid}`,
	"mujoco-policies/apollo_policy": "",
	"mujoco-policies/bh_policy":     "",
	"mujoco-policies/go1_policy": `
  - dense: {name: hidden_0_1, units: 512, activation: silu}
  - dense: {name: hidden_1_1, units: 256, activation: silu}
  - dense: {name: hidden_2_1, units: 128, activation: silu}
  - dense: {name: hidden_3_1, units: 12, activation: tanh}`,
	"onnx-small/example_lora": `
  - dense: {name: base, units: 4, use_bias: false}`,
	"onnx-small/example_big_fanout": `
  - dense: {units: 4, use_bias: false}`,
}

// TestRealModels: specs that read as if written by hand, and generated code
// near what PyTorch computed in float64, relative to the largest output.
func TestRealModels(t *testing.T) {
	var nets []*gentest.Network
	var jobs []*gentest.Job
	var references []*Reference
	var names []string
	for name, layers := range realModels {
		m, err := Import(filepath.Join(models, name+".onnx"), Options{})
		require.NoError(t, err, name)
		assert.Less(t, bytes.Count(m.Spec, []byte("\n")), 40, name)
		assert.True(t, m.Net.Codegen.Train, "%s can be trained on", name)
		if layers != "" {
			assert.Equal(t, strings.TrimPrefix(layers, "\n"), layersOf(m), name)
		}
		if strings.HasPrefix(name, "mujoco") {
			assert.Contains(t, string(m.Spec), "normalize: standard", name)
			assert.Contains(t, string(m.Spec), "continuous_actions: {from: hidden_3_1}", name)
		}
		local, err := Import(filepath.Join(models, name+".onnx"), Options{Inference: true})
		require.NoError(t, err, name)
		r := reference(t, local, name)
		n, err := gentest.Prepare(local.Net)
		require.NoError(t, err)
		names, references, nets = append(names, name), append(references, r), append(nets, n)
		jobs = append(jobs, &gentest.Job{Weights: local.Weights, Inputs: r.Inputs})
		for s, row := range interpret(t, local, r.Inputs) {
			assert.Empty(t, verify.DiffWithin(name, row, r.Outputs[s], 2e-6), "float64")
		}
	}
	if testing.Short() {
		return
	}
	program, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	for _, path := range gentest.Paths {
		results, err := program.On(path).Run(jobs)
		require.NoError(t, err)
		for i, r := range results {
			want, limit := flatten(references[i].Outputs), 1e-5
			if names[i] == "mujoco-policies/apollo_policy" {
				limit = 1.1e-5 // sums of 512 float32 one after the other; PyTorch's float32 has 8.5e-6
			}
			assert.Empty(t, verify.DiffWithin(names[i], flatten(r.Outputs), want, limit), r.Path)
			assert.Empty(t, verify.DiffWithin(names[i], flatten(r.Batched), want, limit), r.Path)
		}
	}
}

func flatten(rows [][]float64) []float64 {
	var all []float64
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}

// reference reads the outputs that were derived from a model, or evaluates
// its graph.
func reference(t *testing.T, m *Model, name string) *Reference {
	base := filepath.Join(models, name)
	if _, err := os.Stat(base + ".derived_input.npy"); err == nil {
		data, err := ReadPair(base+".derived_input.npy", base+".derived_output_f64.npy")
		require.NoError(t, err)
		r, err := m.Reference(data)
		require.NoError(t, err)
		require.NotEmpty(t, r.Inputs)
		return r
	}
	x := [][]float64{{0.5, -1, 2, 0.25}}
	return &Reference{Name: name, Inputs: x, Outputs: evaluated(t, m, x)}
}

// TestUnsupportedModels: what cannot be imported, and what looks as if.
func TestUnsupportedModels(t *testing.T) {
	for name, want := range map[string]string{
		"onnx-unsupported/sklearn_randomforest":     "the operator ai.onnx.ml.TreeEnsembleClassifier is not supported\n    nngen imports neural networks",
		"onnx-unsupported/example_needs_extensions": "elements of type string are not supported",
		"onnx-unsupported/example_float16":          "elements of type float16 are not supported\n    convert the model to float32",
	} {
		_, err := Import(filepath.Join(models, name+".onnx"), Options{})
		var refused *importer.Error
		require.ErrorAs(t, err, &refused, name)
		assert.Contains(t, err.Error(), want, name)
	}
	// Its only dynamic axis is the batch.
	m, err := Import(filepath.Join(models, "onnx-unsupported", "example_dynamic_axes.onnx"), Options{})
	require.NoError(t, err)
	assert.Equal(t, "  - reduce_sum", layersOf(m))
	sameAsEvaluated(t, m, 1)
}

// TestExternalData: weights beside the model are read if that is allowed, and
// only from its folder.
func TestExternalData(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "model")
	require.NoError(t, os.Mkdir(inside, 0o777))
	m := valid()
	w := m.Graph.Initializers[0]
	data := append(make([]byte, 16), w.RawData...)
	for _, path := range []string{filepath.Join(inside, "w.bin"), filepath.Join(dir, "outside.bin")} {
		require.NoError(t, os.WriteFile(path, data, 0o666))
	}
	require.NoError(t, os.Symlink(filepath.Join(dir, "outside.bin"), filepath.Join(inside, "link.bin")))
	path := filepath.Join(inside, "model.onnx")
	write := func(entries ...string) {
		w.RawData, w.HasRaw, w.Location, w.External = nil, false, 1, nil
		for i := 0; i < len(entries); i += 2 {
			w.External = append(w.External, &onnx.Entry{Key: entries[i], Value: entries[i+1]})
		}
		require.NoError(t, os.WriteFile(path, m.Marshal(), 0o666))
	}
	write("location", "w.bin", "offset", "16", "length", "48")
	_, err := Import(path, Options{})
	require.ErrorContains(t, err, "give --external-data")
	got, err := Import(path, Options{ExternalData: true})
	require.NoError(t, err)
	want, err := importBytes(valid().Marshal())
	require.NoError(t, err)
	assert.Equal(t, want.Weights, got.Weights)
	for _, c := range [][]string{
		{"is not one in the folder", "location", "../outside.bin"},
		{"is not one in the folder", "location", "/etc/passwd"},
		{"is not one in the folder", "location", `..\outside.bin`},
		{"is not one in the folder"},
		{"link.bin", "location", "link.bin"},
		{"no such file", "location", "nothing.bin"},
		{"48 bytes from 32 on do not lie", "location", "w.bin", "offset", "32"},
		{"need 48 bytes, but its length is 47", "location", "w.bin", "length", "47"},
		{"offset must be a whole number", "location", "w.bin", "offset", "-1"},
		{"offset must be a whole number", "location", "w.bin", "offset", "99999999999999999999"},
		{"do not lie", "location", "w.bin", "offset", "4611686018427387903"},
	} {
		write(c[1:]...)
		_, err := Import(path, Options{ExternalData: true})
		var damaged *onnx.Error
		require.ErrorAs(t, err, &damaged, "%v", c)
		assert.ErrorContains(t, err, c[0])
	}
	w.Dims = []int64{1e9}
	write("location", "w.bin")
	_, err = Import(path, Options{ExternalData: true})
	require.ErrorContains(t, err, "4000000000 bytes from 0 on do not lie")
}

// TestSave: both files or none that stands alone, and no spec or weights of the
// user are lost.
func TestSave(t *testing.T) {
	m, err := importBytes(valid().Marshal())
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "new")
	written, err := m.Save(dir, false)
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "model.safetensors"), filepath.Join(dir, "model.yaml")}, written)
	_, err = m.Save(dir, false)
	require.NoError(t, err, "nothing changed")
	for i, want := range [][]byte{m.Weights, m.Spec} {
		require.NoError(t, os.WriteFile(written[i], []byte("mine"), 0o666))
		_, err = m.Save(dir, false)
		require.ErrorContains(t, err, []string{"weights", "spec"}[i]+" of the model")
		require.ErrorContains(t, err, "--force")
		for k, other := range [][]byte{m.Weights, m.Spec} {
			got, err := os.ReadFile(written[k])
			require.NoError(t, err)
			if k == i {
				other = []byte("mine")
			}
			require.Equal(t, other, got)
		}
		_, err = m.Save(dir, true)
		require.NoError(t, err)
		got, err := os.ReadFile(written[i])
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	m.Name = "../outside"
	_, err = m.Save(dir, true)
	require.ErrorContains(t, err, "--name")
}

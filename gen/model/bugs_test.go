package model

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/verify"
)

// functionCases are the layers that the cases of golden/onnx-bugs become where
// a function of one number is to be recognised, or must not.
var functionCases = map[string]string{
	"rec_clip_by_value_100":  "clip: {min: -100, max: 100}",
	"rec_clip_by_value_50":   "clip: {min: -50, max: 50}",
	"rec_clip_single":        "clip: {min: -100, max: 100}",
	"rec_exp_min":            "clip: {max: 10000}",
	"rec_keras_relu_max200":  "clip: {min: 0, max: 200}",
	"rec_log_relu_eps":       "log",
	"rec_log_sigmoid_eps":    "log",
	"rec_log_sigmoid_eps8":   "log",
	"rec_minmax_clamp":       "hard_sigmoid: {alpha: 0.01, beta: -1}",
	"rec_norm_sum_eps":       "divide",
	"rec_relu_clamp255":      "clip: {min: 0, max: 255}",
	"rec_relu_minus65":       "relu",
	"rec_relu_plus100":       "relu",
	"rec_si_units":           "relu",
	"rec_softcap":            "tanh",
	"rec_softplus_threshold": "softplus",
	"rec_tiny_scale":         "relu",
	"rec_zero":               "square",
}

// TestFunctionCases: the models compute the outputs beside them, with the layer
// they should have.
func TestFunctionCases(t *testing.T) {
	root := filepath.Join("..", "..", "golden", "onnx-bugs")
	for name, layer := range functionCases {
		dir := filepath.Join(root, name)
		m, err := Import(filepath.Join(dir, "model.onnx"), Options{Inference: true})
		require.NoError(t, err, name)
		assert.Contains(t, layersOf(m), layer, name)
		data, err := ReadPair(filepath.Join(dir, "in_0.npy"), filepath.Join(dir, "out_0.npy"))
		require.NoError(t, err, name)
		r, err := m.Reference(data)
		require.NoError(t, err, name)
		require.NotEmpty(t, r.Inputs)
		for s, got := range interpret(t, m, r.Inputs) {
			assert.Empty(t, verify.DiffNear(name, got, r.Outputs[s], 2e-6, 1e-12), "%s", m.Spec)
		}
	}
	cases, err := os.ReadDir(root)
	require.NoError(t, err)
	for _, c := range cases {
		if matched, _ := filepath.Match("rec_*", c.Name()); matched {
			assert.Contains(t, functionCases, c.Name())
		}
	}
}

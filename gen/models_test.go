package gen_test

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/rtneural"
)

const modelsDir = "../golden/models/"

// modelCompiler compiles the networks of the models.
func modelCompiler(t *testing.T) *run.Compiler {
	return &run.Compiler{
		Generate: func(net *spec.Network, standalone bool) (map[string][]byte, error) {
			return gen.Generate(net, gen.Options{Standalone: standalone})
		},
		Lower: lower.Lower,
		Cache: t.TempDir(),
	}
}

// predictModel runs the generated code of a network over the inputs of a file.
func predictModel(t *testing.T, net *spec.Network, weights, in string) []float64 {
	out := filepath.Join(t.TempDir(), "out.npy")
	_, err := modelCompiler(t).Predict(t.Context(), net, run.PredictOptions{Weights: weights, In: in, Out: out, Talk: os.Stderr})
	require.NoError(t, err)
	f, err := dataset.ReadFile(out)
	require.NoError(t, err)
	return f.Arrays[0].Data
}

// requireWithin compares with outputs that someone else computed: 1e-5 of the
// largest of them.
func requireWithin(t *testing.T, want, got []float64) {
	require.Len(t, got, len(want))
	largest, worst := 0.0, 0.0
	for i, w := range want {
		largest = max(largest, math.Abs(w))
		worst = max(worst, math.Abs(w-got[i]))
	}
	require.Positive(t, largest)
	require.LessOrEqual(t, worst, 1e-5*largest)
	t.Logf("%d numbers, largest %.4g, largest error %.2g", len(want), largest, worst)
}

// TestModels runs trained models from elsewhere: golden/models/README.md.
func TestModels(t *testing.T) {
	for _, c := range []struct{ name, spec string }{
		{"anomaly", "../golden/specs/anomaly.yaml"},
		{"sine", modelsDir + "sine.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			net, err := gen.Load(c.spec)
			require.NoError(t, err)
			want, err := dataset.ReadFile(modelsDir + c.name + "_output_f64.npy")
			require.NoError(t, err)
			got := predictModel(t, net, modelsDir+c.name+".safetensors", modelsDir+c.name+"_input.npy")
			requireWithin(t, want.Arrays[0].Data, got)
		})
	}
}

// TestRTNeural imports models of RTNeural and compares with the outputs that
// TensorFlow wrote: of those with a state, of one stream.
func TestRTNeural(t *testing.T) {
	for _, name := range []string{"dense", "gru", "lstm"} {
		t.Run(name, func(t *testing.T) { runRTNeural(t, name) })
	}
}

func runRTNeural(t *testing.T, name string) {
	data, err := os.ReadFile(modelsDir + "rtneural_" + name + ".json")
	require.NoError(t, err)
	model, err := rtneural.Import(data)
	require.NoError(t, err)
	net, err := spec.Decode("dense.yaml", model.Spec, op.Vocabulary())
	require.NoError(t, err)
	tensors := make([]nnrt.Tensor, len(model.Tensors))
	for i, one := range model.Tensors {
		tensors[i] = nnrt.Tensor{Name: one.Name, Shape: one.Shape}
	}
	weights := filepath.Join(t.TempDir(), "dense.safetensors")
	require.NoError(t, nnrt.SaveFile(weights, func(w io.Writer) error {
		return nnrt.SaveTensors(w, tensors, nil, func(i int, v []float32) {
			for j, x := range model.Tensors[i].Values {
				v[j] = float32(x)
			}
		})
	}))
	in := filepath.Join(t.TempDir(), "x.csv")
	x, err := os.ReadFile(modelsDir + "rtneural_" + name + "_x.csv")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(in, append([]byte("x\n"), x...), 0o666))
	text, err := os.ReadFile(modelsDir + "rtneural_" + name + "_y.csv")
	require.NoError(t, err)
	var want []float64
	for _, line := range strings.Fields(string(text)) {
		v, err := strconv.ParseFloat(line, 64)
		require.NoError(t, err)
		want = append(want, v)
	}
	require.Len(t, want, 100)
	requireWithin(t, want, predictModel(t, net, weights, in))
}

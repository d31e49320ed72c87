package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
)

// loaded is a network of golden/specs.
func loaded(t *testing.T, name string) *spec.Network {
	net, err := gen.Load("../../golden/specs/" + name + ".yaml")
	require.NoError(t, err)
	return net
}

// options verify with few samples, in a cache of the test.
func options(t *testing.T) Options {
	return Options{Samples: 5, Seed: 1, Compiler: &run.Compiler{Lower: lower.Lower, Cache: t.TempDir()}}
}

func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	net := loaded(t, "skip")
	n, err := Prepare(net)
	require.NoError(t, err)
	weights, err := n.Weights(interp.InitialValues(n.Plan.Prog, 99))
	require.NoError(t, err)
	o := options(t)
	o.Weights = filepath.Join(t.TempDir(), "w.safetensors")
	require.NoError(t, os.WriteFile(o.Weights, weights, 0o666))
	r, err := Run(t.Context(), net, o)
	require.NoError(t, err)
	require.True(t, r.OK, r.Failures)
	require.Equal(t, []string{"initial", "random", o.Weights}, r.Parameters)
	require.Equal(t, 9*len(r.Paths), r.Steps)
	names := map[string]int{}
	for _, c := range r.Paths[0].Checks {
		names[c.Name] = c.Compared
		require.Positive(t, c.Compared, c.Name)
	}
	require.Equal(t, 3*5*4, names[CheckForward])
	require.Equal(t, 3*5*4, names[CheckBatched])
	for _, name := range []string{CheckEvalLoss, CheckLoss, CheckGradient, CheckApply, CheckStep, CheckState, CheckGrad64, CheckStep64} {
		require.Contains(t, names, name)
	}
	require.Len(t, r.Layers, 11) // five sums, three activations, concat, add, softmax; two activations are linear
	require.Len(t, r.Outputs, 2)
	require.Positive(t, r.Outputs[0].ULP)
	require.Len(t, r.Gradients, 10)
	require.Positive(t, r.Tests.Passed)

	var text bytes.Buffer
	r.WriteText(&text)
	require.Contains(t, text.String(), "\nverified\n")
	_, err = json.Marshal(r)
	require.NoError(t, err)
}

// TestBugs plants bugs in the generated code; every one is found and
// explained.
func TestBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	for _, bug := range []struct{ file, from, to, found string }{
		{"n0/kernels_generic.go", "float32(wt[0][1] * xk)", "float32(wt[0][0] * xk)", "path purego: Forward: initial parameters: output of sample 0[0]: got "},
		{"n0/kernels_generic.go", "s1 := b[0][1]", "s1 := b[0][0]", "path purego: loss of a training step: initial parameters: step 2: loss of Gradients[0]: got "},
		{"n0/kernels_train_generic.go", "w_ - float32(lr", "w_ + float32(lr", "path purego: Apply: initial parameters: step 1: dense1.bias[0]: got "},
		{"n0/net_test.go", "func TestGolden(t *testing.T) {", "func TestGolden(t *testing.T) {\nt.Error(\"planted\")", "tests of the generated package: 1 failed"},
	} {
		o := options(t)
		o.source = func(module string, nets []*Network, standalone bool) (map[string][]byte, error) {
			files, err := Source(module, nets, standalone)
			require.NoError(t, err)
			require.Contains(t, string(files[bug.file]), bug.from)
			files[bug.file] = []byte(strings.ReplaceAll(string(files[bug.file]), bug.from, bug.to))
			return files, nil
		}
		r, err := Run(t.Context(), loaded(t, "xor"), o)
		require.NoError(t, err)
		require.False(t, r.OK, bug.found)
		require.Contains(t, r.Failures[0], bug.found)
		var text bytes.Buffer
		r.WriteText(&text)
		require.Contains(t, text.String(), "NOT verified:\n  "+bug.found)
	}
}

// TestReferences compares with results computed elsewhere.
func TestReferences(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	net := loaded(t, "xor")
	n, err := Prepare(net)
	require.NoError(t, err)
	o := options(t)
	ref := Reference{Name: "elsewhere", Inputs: [][]float64{{0.5, -1}, {2, 3}}, Tolerance: 1e-6}
	m := (&Replay{Network: n, Job: &Job{Seed: o.Seed}}).machine(interp.New(n.Plan.Prog), interp.InitialValues(n.Plan.Prog, o.Seed), Batch{Inputs: ref.Inputs})
	require.NoError(t, m.Run(n.Plan.Prog.Infer))
	ref.Outputs = Flat(outputs(n.Plan.Prog), m.Get)
	o.References = []Reference{ref}
	r, err := Run(t.Context(), net, o)
	require.NoError(t, err)
	require.True(t, r.OK, r.Failures)

	o.References[0].Outputs[1][0] += 1e-3
	r, err = Run(t.Context(), net, o)
	require.NoError(t, err)
	require.Len(t, r.Failures, len(r.Paths))
	require.Contains(t, r.Failures[0], "reference elsewhere: output of sample 1[0]: got ")
}

func TestRefusedWeights(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	n, err := Prepare(loaded(t, "iris"))
	require.NoError(t, err)
	other, err := n.Weights(interp.InitialValues(n.Plan.Prog, 1))
	require.NoError(t, err)
	o := options(t)
	o.Weights = filepath.Join(t.TempDir(), "w.safetensors")
	for _, data := range [][]byte{other, []byte("no weights"), nil} {
		require.NoError(t, os.WriteFile(o.Weights, data, 0o666))
		_, err = Run(t.Context(), loaded(t, "xor"), o)
		var invalid *run.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Contains(t, err.Error(), o.Weights+": ")
	}
	o.Weights += ".none"
	_, err = Run(t.Context(), loaded(t, "xor"), o)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, loaded(t, "xor"), options(t))
	require.ErrorIs(t, err, run.ErrInterrupted)
}

// TestOtherNetworks: float64, no training, an estimated gradient.
func TestOtherNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	for src, note := range map[string]string{
		"nngen: 1\ninput: {shape: [20]}\nlayers:\n  - dense: {units: 9, activation: gelu, drop_connect: 0.1}\n  - dropout: {rate: 0.3}\n  - dense: {units: 5, activation: softplus}\nloss: mse\noptimizer: {adam: {learning_rate: 0.01}}\nnumeric: {dtype: float64}\n": "",
		"nngen: 1\ninput: {shape: [5]}\nlayers:\n  - dense: {units: 4, activation: step}\n  - softmax\ncodegen: {train: false}\n":                                                                                                                                      "the network is not trained",
		"nngen: 1\ninput: {shape: [5], normalize: {min: 0, max: 9}}\nlayers:\n  - dense: {units: 4, activation: {step: {gradient: straight_through}}}\n  - dense: {units: 2}\nloss: mse\noptimizer: {sgd: {learning_rate: 0.01}}\nnumeric: {mode: reproducible}\n":     "step is trained with an estimated gradient, which differences cannot check",
	} {
		net, err := spec.Decode("net.yaml", []byte(src), op.Vocabulary())
		require.NoError(t, err)
		r, err := Run(t.Context(), net, options(t))
		require.NoError(t, err, src)
		require.True(t, r.OK, "%s\n%v", src, r.Failures)
		require.Equal(t, note, r.GradientNote)
		require.Equal(t, note == "", len(r.Gradients) > 0)
	}
}

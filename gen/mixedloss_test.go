package gen_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
)

// TestLossOfMixedReductions: where some losses are sums over the samples and
// others means, the loss that training reports depends on the size of the batch
// no more than where all are of a kind: it is that of eval.
func TestLossOfMixedReductions(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	data := filepath.Join(t.TempDir(), "data.csv")
	text := "x0,x1,x2,p0,p1,q0,q1,r\n"
	for range 10 {
		var row []string
		for range 7 {
			row = append(row, fmt.Sprintf("%.3f", rng.NormFloat64()))
		}
		text += strings.Join(row, ",") + fmt.Sprintf(",%d\n", rng.IntN(3))
	}
	require.NoError(t, os.WriteFile(data, []byte(text), 0o644))
	for _, losses := range [][3]string{
		{"{mse: {reduction: sum}}", "mae", "cross_entropy"},
		{"mse", "{l2_norm: {reduction: sum}}", "{cross_entropy: {reduction: sum}}"},
		{"mse", "huber", "cross_entropy"},
		{"{mse: {reduction: sum}}", "{mae: {reduction: sum}}", "{cross_entropy: {reduction: sum}}"},
	} {
		src := fmt.Sprintf(`nngen: 1
name: mixed
input: {shape: [3]}
layers:
  - dense: {name: a, from: x, units: 2}
  - dense: {name: b, from: x, units: 2}
  - dense: {name: c, from: x, units: 3}
outputs: {p: {from: a, loss: %s, weight: 0.5}, q: {from: b, loss: %s}, r: {from: c, loss: %s, weight: 2}}
optimizer: {sgd: {learning_rate: 1.0e-14}}
codegen: {batch: 10}
numeric: {dtype: float64}
`, losses[0], losses[1], losses[2])
		net, err := spec.Decode("mixed.yaml", []byte(src), op.Vocabulary())
		require.NoError(t, err)
		c, weights := modelCompiler(t), filepath.Join(t.TempDir(), "w.safetensors")
		source := dataset.Source{Data: data}
		var reported []float64
		for _, batch := range []int{1, 2, 5, 10, 4} {
			r, err := c.Train(t.Context(), net, run.TrainOptions{Data: source, Epochs: 1, Batch: batch, Seed: 3, Out: weights, Talk: io.Discard})
			require.NoError(t, err)
			reported = append(reported, *r.Last.Loss)
		}
		r, err := c.Eval(t.Context(), net, run.EvalOptions{Data: source, Weights: weights, Talk: io.Discard})
		require.NoError(t, err)
		for _, loss := range reported {
			require.InEpsilon(t, *r.Loss, loss, 1e-9, "%v", losses)
		}
	}
}

// TestLossOfClassWeights: the mean divides by the weights of the right classes,
// over all samples, whatever the batches; a sum does not divide.
func TestLossOfClassWeights(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	data := filepath.Join(t.TempDir(), "data.csv")
	classes := []int{0, 2, 2, 1, 0, 0, 2, 0, 1, 0}
	weights := []float64{0.25, 2, 1}
	text, total := "a,b,class\n", 0.0
	for i, class := range classes {
		text += fmt.Sprintf("%d,%d,%d\n", i%3, i*i%7, class)
		total += weights[class]
	}
	require.NoError(t, os.WriteFile(data, []byte(text), 0o644))
	source, out := dataset.Source{Data: data}, filepath.Join(t.TempDir(), "w.safetensors")
	decode := func(reduction string) *spec.Network {
		net, err := spec.Decode("weighted.yaml", fmt.Appendf(nil, `nngen: 1
name: weighted
input: {shape: [2]}
layers: [{dense: {units: 3}}]
loss: {cross_entropy: {class_weights: [0.25, 2, 1], reduction: %s}}
optimizer: {sgd: {learning_rate: 1.0e-14}}
codegen: {batch: 4}
numeric: {dtype: float64}
`, reduction), op.Vocabulary())
		require.NoError(t, err)
		return net
	}
	c := modelCompiler(t)
	var reported []float64
	for _, batch := range []int{4, 3, 1} {
		r, err := c.Train(t.Context(), decode("mean"), run.TrainOptions{Data: source, Epochs: 1, Batch: batch, Seed: 3, Out: out, Norm: true, Talk: io.Discard})
		require.NoError(t, err)
		require.Positive(t, *r.Last.GradientNorm)
		reported = append(reported, *r.Last.Loss)
	}
	sum, err := c.Eval(t.Context(), decode("sum"), run.EvalOptions{Data: source, Weights: out, Talk: io.Discard})
	require.NoError(t, err)
	mean, err := c.Eval(t.Context(), decode("mean"), run.EvalOptions{Data: source, Weights: out, Talk: io.Discard})
	require.NoError(t, err)
	want := *sum.Loss * float64(len(classes)) / total // eval divides a sum by the samples
	for _, got := range append(reported, *mean.Loss) {
		require.InEpsilon(t, want, got, 1e-9)
	}
}

// balancedNetworks have balanced class weights: of one output of several, with
// label smoothing, of more classes than a vector has, summed.
var balancedNetworks = []string{`nngen: 1
name: several
input: {shape: [5]}
outputs:
  a: {from: dense1, labels: [x, y, z], loss: {cross_entropy: {class_weights: {z: 3, x: 1, y: 0.5}}}}
  b: {from: dense2, loss: {cross_entropy: {class_weights: balanced, label_smoothing: 0.1}}, weight: 0.5}
  c: {from: log_softmax1, loss: {nll: {class_weights: balanced, reduction: sum}}}
layers:
  - dense: {units: 3}
  - dense: {units: 19, from: dense1}
  - dense: {units: 4, from: dense1}
  - log_softmax
codegen: {batch: 7}`}

// TestBalancedNetworks compares them with the oracle, on every path.
func TestBalancedNetworks(t *testing.T) { runSpecs(t, balancedNetworks) }

// TestBalanced: balanced class weights are the numbers that scikit-learn's
// formula gives for the samples that train, bit for bit, and by label the same;
// they are kept where a training is resumed on, and begun with, and a class
// without a sample is refused.
func TestBalanced(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "data.csv")
	classes := []string{"a", "c", "c", "b", "a", "a", "c", "a", "b", "a"}
	text := "x,y,class\n"
	for i, class := range classes {
		text += fmt.Sprintf("%d,%d,%s\n", i%3, i*i%7, class)
	}
	require.NoError(t, os.WriteFile(data, []byte(text), 0o644))
	c := modelCompiler(t)
	train := func(weights, out string, change func(o *run.TrainOptions)) (*run.TrainReport, error) {
		net, err := spec.Decode("balanced.yaml", fmt.Appendf(nil, `nngen: 1
name: balanced
input: {shape: [2]}
output: {labels: [a, b, c]}
layers: [{dense: {units: 3}}]
loss: {cross_entropy: {class_weights: %s}}
codegen: {batch: 4}
`, weights), op.Vocabulary())
		require.NoError(t, err)
		o := run.TrainOptions{Data: dataset.Source{Data: data}, Epochs: 2, Seed: 3, Shuffle: true, Out: filepath.Join(dir, out), Talk: io.Discard}
		if change != nil {
			change(&o)
		}
		return c.Train(t.Context(), net, o)
	}
	epochs := func(n int) func(o *run.TrainOptions) { return func(o *run.TrainOptions) { o.Epochs = n } }
	balanced, err := train("balanced", "w", epochs(4))
	require.NoError(t, err)
	want := []float64{float64(float32(10. / 15)), float64(float32(10. / 6)), float64(float32(10. / 9))}
	require.Equal(t, []run.ClassWeights{{Output: "y", Classes: []string{"a", "b", "c"}, Weights: want}}, balanced.ClassWeights)
	for _, written := range []string{fmt.Sprint(strings.Join(strings.Fields(fmt.Sprint(want)), ", ")), fmt.Sprintf("{c: %v, a: %v, b: %v}", want[2], want[0], want[1])} {
		same, err := train(written, "same", epochs(4))
		require.NoError(t, err)
		require.Equal(t, *same.Last.Loss, *balanced.Last.Loss, written)
	}

	whole, err := os.ReadFile(filepath.Join(dir, "w"))
	require.NoError(t, err)
	_, err = train("balanced", "resumed", epochs(1))
	require.NoError(t, err)
	_, err = train("balanced", "resumed", func(o *run.TrainOptions) { o.Epochs, o.Resume = 4, true })
	require.NoError(t, err)
	resumed, err := os.ReadFile(filepath.Join(dir, "resumed"))
	require.NoError(t, err)
	require.Equal(t, whole, resumed)

	require.NoError(t, os.WriteFile(data, []byte(strings.ReplaceAll(text, "b\n", "a\n")), 0o644))
	_, err = train("balanced", "none", nil)
	require.ErrorContains(t, err, "no sample to train with is of class b")
	begun, err := train("balanced", "begun", func(o *run.TrainOptions) { o.Weights = filepath.Join(dir, "w") })
	require.NoError(t, err)
	require.Equal(t, want, begun.ClassWeights[0].Weights)
}

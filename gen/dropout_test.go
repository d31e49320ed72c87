package gen_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// Three networks, whose losses and gradients dropoutCase writes out.
const (
	unitDropout = `nngen: 1
input: {shape: [9]}
layers:
  - dense: {units: 21}
  - dropout: {rate: %v}
  - dense: {units: 1}
loss: mse
optimizer: {sgd: {learning_rate: 0.01}}
numeric: %s
codegen: {batch: 5}`
	channelDropout = `nngen: 1
input: {shape: [9]}
layers:
  - dense: {units: 21}
  - reshape: {shape: [3, 7, 1]}
  - dropout: {rate: %v, axis: 1}
  - dense: {units: 1}
loss: mse
optimizer: {sgd: {learning_rate: 0.01}}
numeric: %s
codegen: {batch: 5}`
	weightDropout = `nngen: 1
input: {shape: [9]}
layers:
  - dense: {units: 21, drop_connect: %v}
  - dense: {units: 1, drop_connect: %[1]v}
loss: mse
optimizer: {sgd: {learning_rate: 0.01}}
numeric: %[2]s
codegen: {batch: 5}`
)

// dropoutCase is y = b2 + Σ w2·c2·d·(b1 + Σ w1·c1·x) with masks d of units and c1,
// c2 of weights, and the mean of (y−t)² over the samples.
type dropoutCase struct {
	*gentest.Network
	rate   float64
	parts  int // of the units that share a mask, in turn
	seed   uint64
	layers map[string][]uint32 // of the random words, by purpose
}

// mask draws inverted dropout: 0 for a share of rate of all words, else
// 1/(1−rate).
func (c *dropoutCase) mask(purpose nnrt.Purpose, step, layer, sample, size int) []float64 {
	m := make([]float64, size)
	for u := range m {
		var words [4]uint32
		words[0], words[1], words[2], words[3] = nnrt.Random(c.seed, purpose, uint32(step), uint32(layer), uint32(sample), uint32(u/4))
		if m[u] = 1 / (1 - c.rate); float64(words[u%4]) < c.rate*(1<<32) {
			m[u] = 0
		}
	}
	return m
}

func ones(size int) []float64 {
	m := make([]float64, size)
	for i := range m {
		m[i] = 1
	}
	return m
}

// step returns the loss and the gradients of a training step, or with step 0
// the outputs of inference.
func (c *dropoutCase) step(step int, w map[string][]float64, b gentest.Batch) (outputs []float64, loss float64, grads map[string][]float64) {
	const ins, hidden = 9, 21
	c1, c2, d := ones(hidden*ins), ones(hidden), ones(hidden)
	if at := c.layers["drop_connect"]; step > 0 && at != nil {
		c1 = c.mask(nnrt.PurposeDropConnect, step, int(at[0]), 0, hidden*ins)
		c2 = c.mask(nnrt.PurposeDropConnect, step, int(at[1]), 0, hidden)
	}
	grads = map[string][]float64{
		"dense1.weight": make([]float64, hidden*ins), "dense1.bias": make([]float64, hidden),
		"dense2.weight": make([]float64, hidden), "dense2.bias": make([]float64, 1),
	}
	for s, x := range b.Inputs {
		if at := c.layers["dropout"]; step > 0 && at != nil {
			for n, m := range slices.Repeat(c.mask(nnrt.PurposeDropout, step, int(at[0]), s, c.parts), hidden/c.parts) {
				d[n] = m
			}
		}
		h, y := make([]float64, hidden), w["dense2.bias"][0]
		for n := range h {
			h[n] = w["dense1.bias"][n]
			for k := range x {
				h[n] += w["dense1.weight"][n*ins+k] * c1[n*ins+k] * x[k]
			}
			y += w["dense2.weight"][n] * c2[n] * d[n] * h[n]
		}
		outputs = append(outputs, y)
		if step == 0 {
			continue
		}
		e := y - b.Targets[s][0]
		loss += e * e / float64(len(b.Inputs))
		dy := 2 * e / float64(len(b.Inputs))
		grads["dense2.bias"][0] += dy
		for n := range h {
			grads["dense2.weight"][n] += dy * c2[n] * d[n] * h[n]
			dh := dy * w["dense2.weight"][n] * c2[n] * d[n]
			grads["dense1.bias"][n] += dh
			for k := range x {
				grads["dense1.weight"][n*ins+k] += dh * c1[n*ins+k] * x[k]
			}
		}
	}
	return outputs, loss, grads
}

// byName are values by the name of their parameter.
func byName(v map[*ir.Value][]float64) map[string][]float64 {
	out := map[string][]float64{}
	for p, x := range v {
		out[p.Name] = x
	}
	return out
}

// TestDropout compares generated code with the formulas of dropout and
// drop_connect, written out with masks of their own: the scale, the share that
// is dropped, what inference leaves out, and all gradients.
func TestDropout(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	var cases []*dropoutCase
	var nets []*gentest.Network
	for _, f := range []struct {
		form  string
		parts int
	}{{unitDropout, 21}, {channelDropout, 7}, {weightDropout, 21}} {
		for _, numeric := range []string{"{dtype: float32}", "{dtype: float64, mode: reproducible}"} {
			for _, rate := range []float64{0.1, 0.5, 0.9} {
				net, err := spec.Decode("dropout.yaml", fmt.Appendf(nil, f.form, rate, numeric), op.Vocabulary())
				require.NoError(t, err)
				n, err := gentest.Prepare(net)
				require.NoError(t, err)
				c := &dropoutCase{Network: n, rate: rate, parts: f.parts, layers: map[string][]uint32{}}
				for _, o := range n.Plan.Prog.Gradients.Ops {
					if r, ok := o.(*ir.Random); ok {
						c.layers[r.Purpose] = append(c.layers[r.Purpose], uint32(r.Layer))
					}
				}
				cases, nets = append(cases, c), append(nets, n)
			}
		}
	}
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 0))
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = verify.NewJob(rng, n, n.Net.Codegen.Batch)
		cases[i].seed = jobs[i].Seed
	}
	for _, path := range gentest.Paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		for i, c := range cases {
			c.compare(t, fmt.Sprintf("%s on %s", c.Net.Canonical(op.Vocabulary()), path), jobs[i], results[i])
		}
	}
}

// compare compares what generated code computed with the formulas.
func (c *dropoutCase) compare(t *testing.T, what string, job *gentest.Job, result *gentest.Result) {
	require.NotEmpty(t, c.layers, what)
	// The gradients of an output near its target are differences of nearly equal numbers.
	tolerance := map[ir.DType]float64{ir.Float32: 1e-4, ir.Float64: 1e-10}[c.Plan.Prog.DType]
	within := func(name string, got, want []float64) {
		require.Empty(t, gentest.DiffWithin(name, got, want, tolerance), what)
	}
	weights := byName(interp.InitialValues(c.Plan.Prog, job.Seed))
	outputs, _, _ := c.step(0, weights, gentest.Batch{Inputs: job.Inputs})
	for s, y := range outputs {
		within("Forward", result.Outputs[s], []float64{y})
	}
	for i, b := range job.Batches {
		got := result.Steps[i]
		_, loss, grads := c.step(i+1, weights, b)
		within("loss", []float64{got.Loss}, []float64{loss})
		values, err := c.Decode(got.Gradients)
		require.NoError(t, err)
		for name, g := range byName(values) {
			within(name, g, grads[name])
		}
		require.Len(t, values, len(grads))
		after, err := c.Decode(got.Weights)
		require.NoError(t, err)
		weights = byName(after)
	}
}

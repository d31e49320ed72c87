package gen_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

// overflowSpec has inputs whose squares are above the largest number, or would
// be without care; the arguments are layers, optimiser and type.
const overflowSpec = `nngen: 1
name: net
input: {shape: [7]}
layers:
%s
loss: mse
optimizer: {sgd: {learning_rate: 0.1%s}}
codegen: {batch: 4}
numeric: {dtype: %s}
`

// TestSquaresThatOverflow: clipping by the norm and layer normalisation of
// numbers whose squares overflow are what float64 says.
func TestSquaresThatOverflow(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	const (
		dense  = "  - dense: {units: 3}"
		two    = "  - dense: {units: 20, activation: relu, kernel_regularizer: {l2: 0.01}}\n  - dense: {units: 3}"
		masked = "  - dense: {units: 3, mask: {density: 0.5, seed: 1}}"
		norm   = "  - layer_normalization\n  - dense: {units: 3}"
		groups = "  - reshape: {shape: [7, 1]}\n  - concat: {from: [reshape1, reshape1], axis: 1}\n  - layer_normalization: {axis: 0}\n  - flatten\n  - dense: {units: 3}"
		clip   = ", clip: {norm: 1}"
	)
	var nets []*gentest.Network
	var scales []float64
	for _, c := range []struct {
		layers, clip, dtype string
		scale               float64
	}{
		{dense, clip, "float32", 1e10}, {dense, clip, "float32", 1e15}, {two, clip, "float32", 1e12}, {masked, clip, "float32", 1e11},
		{dense, clip, "float32", 1e-3}, {dense, clip, "float64", 1e80}, {two, clip, "float64", 1e100},
		{norm, "", "float32", 1e20}, {norm, "", "float32", 1e30}, {groups, "", "float32", 1e30}, {norm, "", "float64", 1e200},
	} {
		net, err := spec.Decode("net.yaml", fmt.Appendf(nil, overflowSpec, c.layers, c.clip, c.dtype), op.Vocabulary())
		require.NoError(t, err)
		nets, scales = append(nets, prepared(t, net)), append(scales, c.scale)
	}
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 1))
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = verify.NewJob(rng, n, 4)
		rows := jobs[i].Inputs
		for _, b := range jobs[i].Batches {
			rows = append(rows, b.Inputs...)
		}
		for _, row := range rows {
			for j := range row {
				row[j] = float64(float32(row[j])) * scales[i]
				if n.Net.Numeric.DType == "float32" {
					row[j] = float64(float32(row[j]))
				}
			}
		}
	}
	for _, path := range gentest.Paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		for i, n := range nets {
			checks := &verify.Checks{}
			require.NoError(t, (&verify.Replay{Network: n, Job: jobs[i]}).Compare(t.Context(), results[i], checks))
			require.NoError(t, checks.Err(), "%s, scale %g\n%s", path, scales[i], n.Net.Canonical(op.Vocabulary()))
			exact := interp.New(n.Plan.Prog)
			for v, w := range interp.InitialValues(n.Plan.Prog, jobs[i].Seed) {
				exact.Set(v, w)
			}
			exact.Batch = len(jobs[i].Inputs)
			exact.Set(n.Plan.Prog.Inputs[0], jobs[i].Inputs...)
			require.NoError(t, exact.Run(n.Plan.Prog.Infer))
			for s, want := range exact.Get(n.Plan.Prog.Outputs[0].Value) {
				require.Empty(t, verify.DiffWithin("output", results[i].Outputs[s], want, 1e-5), "%s, scale %g", path, scales[i])
			}
			moved, err := n.Decode(results[i].Steps[0].Weights)
			require.NoError(t, err)
			for p, w := range interp.InitialValues(n.Plan.Prog, jobs[i].Seed) {
				if p.Param.FanIn > 0 {
					require.NotEqual(t, w, moved[p], "%s, scale %g: %s did not move", path, scales[i], p.Name)
				}
			}
		}
	}
}

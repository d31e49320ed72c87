package gen_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// normalisedTargets are networks with normalised targets: of wide outputs, of one
// that another layer reads too, of both types and modes.
var normalisedTargets = []string{`nngen: 1
name: wide
input: {shape: [9]}
outputs: {a: {from: dense1, normalize: {min: -3, max: 5}, loss: l2_norm}, b: {from: dense2, normalize: standard, loss: huber, weight: 0.5}, c: {from: dense1}}
layers:
  - dense: {units: 37, activation: softplus}
  - dense: {units: 33}
loss: mae
optimizer: {adam: {learning_rate: 0.01}}
codegen: {batch: 19}`, `nngen: 1
name: double
input: {shape: [4]}
output: {normalize: {mean: [1, 2, 3], std: [4, 5, 6]}}
layers:
  - dense: {units: 3, activation: gelu}
loss: {mse: {reduction: sum}}
numeric: {mode: reproducible, dtype: float64}
codegen: {batch: 4}`, `nngen: 1
name: small
input: {shape: [20]}
output: {normalize: {mean: -1, std: 0.01}}
layers:
  - dense: {units: 18, activation: relu}
loss: mse
numeric: {mode: reproducible}
codegen: {batch: 4}`}

// TestNormalisedTargets compares them with the oracle, on every path.
func TestNormalisedTargets(t *testing.T) { runSpecs(t, normalisedTargets) }

// TestNormalisedTargetsMean: a network with normalised targets is the same
// network without, trained on targets that were normalised before, whose outputs
// are multiplied and shifted: the same loss and gradients, bit for bit.
func TestNormalisedTargetsMean(t *testing.T) {
	const text = `nngen: 1
name: n
input: {shape: [3]}
output: {NORM}
layers:
  - dense: {units: 6, activation: sigmoid}
  - dense: {units: 2}
loss: LOSS
`
	const samples, mean, std = 4, 12.5, 3
	for _, loss := range []string{"mse", "mae", "huber", "l2_norm"} {
		var machines []*interp.Machine
		var progs []*ir.Program
		for _, norm := range []string{"normalize: {mean: 12.5, std: 3}", ""} {
			net, err := spec.Decode("n.yaml", []byte(strings.NewReplacer("NORM", norm, "LOSS", loss).Replace(text)), op.Vocabulary())
			require.NoError(t, err)
			p, err := gen.Plan(net, gen.Options{})
			require.NoError(t, err)
			m := interp.NewOracle(p.Prog, false)
			m.Batch = samples
			for v, w := range interp.InitialValues(p.Prog, 3) {
				m.Set(v, w)
			}
			machines, progs = append(machines, m), append(progs, p.Prog)
		}
		round := func(x float64) float64 { return float64(float32(x)) }
		rng := rand.New(rand.NewPCG(4, 5))
		var x, y, scaled [][]float64
		for range samples {
			x = append(x, []float64{round(rng.NormFloat64()), round(rng.NormFloat64()), round(rng.NormFloat64())})
			target := []float64{round(mean + 5*rng.NormFloat64()), round(mean + 5*rng.NormFloat64())}
			y = append(y, target)
			scaled = append(scaled, []float64{round(round(target[0]-mean) / std), round(round(target[1]-mean) / std)})
		}
		for i, m := range machines {
			m.Set(progs[i].Inputs[0], x...)
			m.Set(progs[i].Outputs[0].Target, [][][]float64{y, scaled}[i]...)
			require.NoError(t, m.Run(progs[i].Gradients))
		}
		for _, value := range []func(p *ir.Program) *ir.Value{
			func(p *ir.Program) *ir.Value { return p.Loss },
			func(p *ir.Program) *ir.Value { return p.Grads[0] }, func(p *ir.Program) *ir.Value { return p.Grads[3] },
		} {
			require.Equal(t, machines[1].Get(value(progs[1])), machines[0].Get(value(progs[0])), loss)
		}
		for i, m := range machines {
			require.NoError(t, m.Run(progs[i].Infer))
		}
		for s, row := range machines[1].Get(progs[1].Outputs[0].Value) {
			for i, z := range row {
				require.Equal(t, round(round(z*std)+mean), machines[0].Get(progs[0].Outputs[0].Value)[s][i], loss)
			}
		}
	}
}

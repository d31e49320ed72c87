package gen_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

// normalised are networks normalised by the statistics of the batch.
var normalised = []string{`nngen: 1
name: a
input: {shape: [6]}
layers:
  - dense: {name: gradient_space1, units: 20, use_bias: false}
  - batch_normalization: {name: shared_grads, statistics: batch}
  - relu: {name: loss_space}
  - dense: {units: 9}
  - batch_normalization: {statistics: batch, momentum: 0.3, use_weight: false, use_bias: false}
  - dense: {units: 3}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
codegen: {batch: 7}
`, `nngen: 1
name: b
input: {shape: [3, 4, 5]}
layers:
  - batch_normalization: {statistics: batch, axis: 0, epsilon: 1.0e-5}
  - dense: {units: 10, axis: -1, activation: tanh}
  - batch_normalization: {statistics: batch, axis: 1}
  - dense: {units: 4, axis: 0}
  - batch_normalization: {statistics: batch}
  - dense: {units: 1}
  - batch_normalization: {statistics: batch, trainable: false}
loss: mse
optimizer: {adam: {learning_rate: 0.01, clip: {norm: 1}}}
codegen: {batch: 5}
numeric: {dtype: float64}
`, `nngen: 1
name: inputs
inputs:
  one: {shape: [1]}
  four: {shape: [4]}
layers:
  - batch_normalization: {name: a, from: one, statistics: batch}
  - batch_normalization: {name: b, from: four, statistics: batch}
  - concat: {from: [a, b]}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
codegen: {batch: 4}
`}

// sharing are networks whose layers share weights among rows, or with each other.
var sharing = []string{`nngen: 1
name: a
input: {shape: [5, 12]}
layers:
  - dense: {units: 24, axis: -1, activation: tanh}
  - dense: {units: 3, axis: 0, activation: relu}
  - dense: {units: 4}
loss: mse
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
codegen: {batch: 6}
`, `nngen: 1
name: b
input: {shape: [20]}
layers:
  - dense: {units: 20, activation: tanh}
  - dense: {units: 20, activation: tanh, tied_to: dense1}
  - dense: {units: 20, activation: relu, tied_to: dense1}
  - dense: {units: 4}
loss: mse
optimizer: {adam: {learning_rate: 0.1}}
codegen: {batch: 6}
`, `nngen: 1
name: c
input: {shape: [4, 20]}
layers:
  - dense: {units: 20, axis: 1, activation: tanh, mask: {density: 0.5, seed: 3}}
  - dense: {units: 20, activation: tanh, tied_to: dense1, axis: 1}
  - dense: {units: 4}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
codegen: {batch: 6}
numeric: {dtype: float64}
`}

// TestSharing compares dense layers on rows and tied weights with the oracle, bit
// for bit, and with float64, on every path and with several workers.
func TestSharing(t *testing.T) { runSpecs(t, sharing) }

// TestBatchStatistics does so for trained batch normalisation.
func TestBatchStatistics(t *testing.T) { runSpecs(t, normalised) }

func runSpecs(t *testing.T, specs []string) {
	var nets []*gentest.Network
	for _, s := range specs {
		net, err := spec.Decode("n.yaml", []byte(s), op.Vocabulary())
		require.NoError(t, err)
		n, err := gentest.Prepare(net)
		require.NoError(t, err)
		nets = append(nets, n)
	}
	runNetworks(t, nets)
}

// runNetworks compares networks with the oracle and with float64, on every path
// and with one to three workers.
func runNetworks(t *testing.T, nets []*gentest.Network) {
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	var jobs []*gentest.Job
	for _, n := range nets {
		jobs = append(jobs, verify.NewJob(rng, n, n.Net.Codegen.Batch))
	}
	for _, path := range gentest.Paths {
		for workers := 1; workers <= 3; workers++ {
			for _, j := range jobs {
				j.Workers = workers
			}
			results, err := prog.On(path).Run(jobs)
			require.NoError(t, err)
			for i, n := range nets {
				replay := &verify.Replay{Network: n, Job: jobs[i]}
				checks := &verify.Checks{}
				require.NoError(t, replay.Compare(t.Context(), results[i], checks))
				require.NoError(t, checks.Err())
			}
		}
	}
}

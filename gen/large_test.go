package gen_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// largeSpecs are networks with layers whose kernels are called several times,
// so that no call holds up a garbage collection: groups of panels and what is
// left of them, blocks of inputs, parts of an update, chunks of a batch.
var largeSpecs = map[string]string{
	"panels": `nngen: 1
input: {shape: [3]}
layers:
  - dense: {units: 910, activation: tanh}
  - dense: {units: 1001, activation: softplus}
  - dense: {units: 3}
loss: mse
optimizer: {sgd: {learning_rate: 0.01}}
codegen: {batch: 1}`,
	"first": `nngen: 1
input: {shape: [2600]}
layers:
  - dense: {units: 310, activation: relu}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.001}}
codegen: {batch: 1}`,
	"chunks": `nngen: 1
input: {shape: [1900]}
layers:
  - dense: {units: 17, activation: tanh}
  - dense: {units: 8, activation: tanh}
  - dense: {units: 3700, activation: softplus}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.01}}
codegen: {batch: 72}`,
	"whole": `nngen: 1
input: {shape: [70000]}
layers:
  - dense: {units: 16, activation: relu}
  - dense: {units: 2, activation: tanh}
loss: mse
optimizer: {sgd: {learning_rate: 0.001, momentum: 0.9, clip: {norm: 1}}}
codegen: {batch: 2}`,
	"narrow": `nngen: 1
input: {shape: [800]}
layers:
  - dense: {units: 1007, activation: relu}
  - dense: {units: 3}
codegen: {storage: int8, batch: 1}`,
	"listed": `nngen: 1
input: {shape: [50]}
layers:
  - dense: {units: 120, activation: relu}
  - dense: {units: 84, activation: relu}
  - dense: {units: 3}
codegen: {storage: int8, batch: 3}`,
	"connections": `nngen: 1
input: {shape: [700]}
layers:
  - dense: {units: 650, activation: tanh, mask: {density: 0.4, seed: 1}}
  - dense: {units: 1}
loss: mse
numeric: {mode: reproducible}
optimizer: {adam: {learning_rate: 0.01}}
codegen: {batch: 3}`,
}

// TestLargeLayers compares networks with large layers as TestRandomNetworks
// does.
func TestLargeLayers(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	var nets []*gentest.Network
	for _, name := range sortedNames(largeSpecs) {
		net, err := spec.Decode(name+".yaml", []byte(largeSpecs[name]), op.Vocabulary())
		require.NoError(t, err, name)
		nets = append(nets, prepared(t, net))
	}
	stats := newRandomStats()
	host().runRandom(t, gentest.NewGenerator(1), nets, 0, stats)
	requirePaths(t, stats)
}

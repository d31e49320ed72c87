package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// sizesSpec is a network of layers side by side, one for each pair of outputs
// and inputs, that share an input layer, so that each has all its gradients.
func sizesSpec(pairs [][2]int, numeric string) string {
	var b strings.Builder
	widest := 0
	for _, p := range pairs {
		widest = max(widest, p[1])
	}
	fmt.Fprintf(&b, "nngen: 1\ninput: {shape: [3]}\nlayers:\n- dense: {name: all, units: %d, activation: tanh}\n", widest)
	var names []string
	for i, p := range pairs {
		name := fmt.Sprintf("layer%d", i)
		fmt.Fprintf(&b, "- slice: {name: part%d, from: all, axis: 0, start: %d}\n- dense: {name: %s, units: %d}\n", i, widest-p[1], name, p[0])
		names = append(names, name)
	}
	fmt.Fprintf(&b, "- concat: {from: [%s]}\nloss: mse\noptimizer: {sgd: {learning_rate: 0.1, momentum: 0.5}}\nnumeric: %s\ncodegen: {batch: 3, simd: none, unroll: none}\n",
		strings.Join(names, ", "), numeric)
	return b.String()
}

// TestPortableSizes compares portable layers of every number of outputs and of
// inputs from 1 to 64, and of all that is left of interleaved chains, with the
// oracle bit for bit, as TestGuards does for assembly.
func TestPortableSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	var each, tails [][2]int
	for i := range 64 {
		each = append(each, [2]int{i + 1, (5*i)%64 + 1})
		tails = append(tails, [2]int{i/8*3 + 1, 33 + i%8}) // 8, 4 and 2 chains
	}
	var nets []*gentest.Network
	for i, text := range []string{sizesSpec(each, "{dtype: float32}"), sizesSpec(tails, "{dtype: float64, mode: reproducible}")} {
		net, err := spec.Decode(fmt.Sprintf("sizes%d.yaml", i), []byte(text), op.Vocabulary())
		require.NoError(t, err)
		nets = append(nets, prepared(t, net))
	}
	host().runRandom(t, gentest.NewGenerator(1), nets, 0, newRandomStats())
}

package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/plan"
)

func planOf(t *testing.T, name string) *plan.Plan {
	net, err := gen.Load("../../golden/specs/" + name + ".yaml")
	require.NoError(t, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	return p
}

// TestShareFrom counts multiply-adds by hand: forward and gradient of every
// weight, and gradient of the input of all layers but the first.
func TestShareFrom(t *testing.T) {
	for name, want := range map[string]int{
		"w2":       10,  // 2,000,000 / (2·784·128 + 3·128·10) = 9.8
		"w3":       2,   // one sample is 1.6 million, but never shared
		"w6":       61,  // 2,000,000 / (2·64·64 + 3·(64·64 + 64·64 + 64)) = 60.7
		"portable": 447, // 200,000 / (2·8·16 + 3·16·4) = 446.4
	} {
		require.Equal(t, want, planOf(t, name).ShareFrom(), name)
	}
}

func TestRanks(t *testing.T) {
	p := planOf(t, "w3")
	got := map[string]int{}
	for info, rank := range p.Ranks() {
		got[info.Name] = rank
	}
	require.Equal(t, map[string]int{
		"dense1.weight": 0, "dense2.weight": 1, "dense3.weight": 2, "dense1.bias": 3, "dense2.bias": 4, "dense3.bias": 5,
	}, got)
}

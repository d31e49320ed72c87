package calls_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// runsOf are the runs of a phase: how many operations and what is stored of each.
func runsOf(p *plan.Plan, ph *plan.Phase) (out []string) {
	found := calls.MixesOf(p, ph)
	for _, s := range ph.Steps {
		if m := found[s]; m != nil && s == m.Steps[0] {
			out = append(out, fmt.Sprintf("%d of %d, %d stored", len(m.Steps), m.Kernel.Size, m.Kernel.Stored()))
		}
	}
	return out
}

// TestMixes: which operations are one call, by hand.
func TestMixes(t *testing.T) {
	for _, c := range []struct {
		last, codegen string
		infer, train  []string
	}{
		{"dense: {units: 10, activation: softmax}", "", []string{"4 of 10, 1 stored"}, []string{"3 of 10, 3 stored"}}, // the loss reads the maximum, the exponentials, their sum
		{"dense: {units: 10, activation: log_softmax}", "", []string{"5 of 10, 1 stored"}, []string{"3 of 10, 3 stored"}},
		{"dense: {units: 7, activation: softmax}", "", nil, nil},                         // too few for a call
		{"dense: {units: 1000, activation: softmax}", "", nil, nil},                      // too many for registers
		{"dense: {units: 10, activation: relu}", "", nil, []string{"3 of 10, 3 stored"}}, // nothing is reduced but in the loss
		{"dense: {units: 10, activation: softmax}", ", simd: [avx2, neon]", nil, nil},    // one of them has it as calls
		{"dense: {units: 10, activation: softmax}", ", simd: none", nil, nil},
	} {
		src := fmt.Sprintf("nngen: 1\nname: net\ninput: {shape: [20]}\nlayers:\n  - %s\nloss: cross_entropy\noptimizer: sgd\ncodegen: {batch: 8%s}\n", c.last, c.codegen)
		net, err := spec.Decode("net.yaml", []byte(src), op.Vocabulary())
		require.NoError(t, err, src)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err, src)
		require.Equal(t, c.infer, runsOf(p, p.Infer), src)
		require.Equal(t, c.train, runsOf(p, p.Train.One), src)
	}
}

// TestMixesOfBatches: batches have the runs of one sample.
func TestMixesOfBatches(t *testing.T) {
	src := "nngen: 1\nname: net\ninput: {shape: [20]}\nlayers:\n  - dense: {units: %d%s}\nloss: %s\noptimizer: sgd\ncodegen: {batch: 8}\n"
	for _, c := range []struct {
		units            int
		activation, loss string
		one, batch       []string
	}{
		{32, "", "mse", nil, nil}, // two operations
		{32, ", activation: softmax", "cross_entropy", []string{"3 of 32, 3 stored"}, []string{"3 of 32, 3 stored"}},
	} {
		net, err := spec.Decode("net.yaml", fmt.Appendf(nil, src, c.units, c.activation, c.loss), op.Vocabulary())
		require.NoError(t, err)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		require.Equal(t, c.one, runsOf(p, p.Train.One))
		require.Equal(t, c.batch, runsOf(p, p.Train.Gradients.Phases(plan.Samples)[0]))
	}
}

// TestMixKey: kernels that differ in what they compute have other keys.
func TestMixKey(t *testing.T) {
	a := kernel.Mix{Name: "a", Size: 10, Ins: []bool{false}, Stages: []kernel.Stage{{Reduction: kernel.Total, In: []int{0}, Number: true, Chains: 2, Stored: true}}}
	b := a
	b.Name, b.Doc = "b", []string{"of b"}
	require.Equal(t, a.Key(), b.Key())
	b.Stages = []kernel.Stage{a.Stages[0]}
	b.Stages[0].Chains = 4
	require.NotEqual(t, a.Key(), b.Key())
}

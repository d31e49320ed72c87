package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// pictures is a network of convolutions on pictures of size × size, trained in batches,
// with a dense layer of some units.
func pictures(t *testing.T, size, units, batch int, more string) *spec.Network {
	const text = `nngen: 1
name: n
input: {shape: [1, %d, %[1]d]}
layers:
  - conv2d: {filters: 16, kernel_size: 3, padding: same, activation: relu}
  - conv2d: {filters: 16, kernel_size: 3, padding: same, activation: relu}
%s
  - dense: {units: %d}
loss: mse
codegen: {batch: %d%s}
`
	middle, options := "  - global_avg_pool", more
	if more == "batch" {
		middle, options = "  - batch_normalization: {statistics: batch}\n  - global_avg_pool", ""
	}
	net, err := spec.Decode("n.yaml", fmt.Appendf(nil, text, size, middle, units, batch, options), op.Vocabulary())
	require.NoError(t, err)
	return net
}

// TestGroups: batches go through a network in groups where their values are more than a
// cache holds. By hand: of a sample, a1, dz1, dz2 and a2, whose place the gradient of a2
// takes, are 16 maps each.
func TestGroups(t *testing.T) {
	dense, err := gen.Load("../../golden/specs/w5.yaml")
	require.NoError(t, err)
	for _, c := range []struct {
		name string
		net  *spec.Network
		want int
	}{
		{"4 × 16 kB of a sample in 4 MiB, a multiple of 8", pictures(t, 16, 4, 64, ""), 56},
		{"a batch of as many", pictures(t, 16, 4, 56, ""), 0},
		{"4 × 256 kB: the least", pictures(t, 64, 4, 64, ""), 8},
		{"more parameters than values", pictures(t, 16, 1<<17, 64, ""), 0},
		{"sums over the batch between", pictures(t, 64, 4, 64, "batch"), 0},
		{"sample by sample", pictures(t, 64, 4, 64, ", simd: none"), 0},
		{"a dense network", dense, 0},
	} {
		p, err := gen.Plan(c.net, gen.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, p.Train.Group, c.name)
		require.Len(t, p.Train.Gradients.Phases(plan.Groups), min(c.want, 1), c.name)
	}
}

// TestGrouped: what a group has for itself is read by nothing but its own samples and
// the sums over them, all of which go on where the group before ended.
func TestGrouped(t *testing.T) {
	p, err := gen.Plan(pictures(t, 16, 4, 8, ""), gen.Options{Group: 3})
	require.NoError(t, err)
	require.Equal(t, 3, p.Train.Group)
	require.Len(t, p.Train.Grouped, 3) // a1, dz1, dz2
	sums := 0
	for _, s := range p.Train.Gradients.Stages {
		for _, step := range s.Phase.Steps {
			for _, x := range step.Op.Ins() {
				if p.Train.Grouped[x] {
					require.Contains(t, []plan.Domain{plan.Samples, plan.Groups}, s.Over, x.Describe())
				}
			}
			if s.Over == plan.Groups {
				sums++
				require.True(t, step.Op.(*ir.Contract).Adds(), "%s", step.Op)
				require.NotNil(t, step.Kernel, "%s", step.Op)
			}
		}
	}
	require.Equal(t, 4, sums)
	require.Nil(t, p.Train.Learn)
}

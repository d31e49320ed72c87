package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// TestStages: two layers of trained batch normalisation make a step of seven
// stages over the samples, with sums over the batch between them; everything
// else has one.
func TestStages(t *testing.T) {
	for layers, want := range []int{1, 4, 7} {
		p, err := gen.Plan(normalised(t, layers), gen.Options{})
		require.NoError(t, err)
		require.Len(t, p.Train.Gradients.Phases(plan.Samples), want)
		require.Len(t, p.Train.Evaluate.Phases(plan.Samples), 1)
		var over []plan.Domain
		for _, s := range p.Train.Gradients.Stages {
			over = append(over, s.Over)
		}
		list := append([]plan.Domain{plan.Once}, slices.Repeat([]plan.Domain{plan.Samples, plan.Batch}, want)...)
		require.Equal(t, append(list, plan.Parameters), over)
	}
}

// normalised is a network with layers of trained batch normalisation.
func normalised(t *testing.T, layers int) *spec.Network {
	const layer = "  - dense: {units: 4}\n  - batch_normalization: {statistics: batch}\n  - dropout: {rate: 0.5}\n"
	text := "nngen: 1\nname: n\ninput: {shape: [4]}\nlayers:\n%s  - dense: {units: 2}\nloss: mse\n"
	net, err := spec.Decode("n.yaml", fmt.Appendf(nil, text, strings.Repeat(layer, layers)), op.Vocabulary())
	require.NoError(t, err)
	return net
}

// inParts is a network whose gradients are computed in parts, some of nothing,
// behind sums over the batch: strides, and class weights whose sum divides.
func inParts(t *testing.T) *spec.Network {
	const text = `nngen: 1
name: n
input: {shape: [1, 5, 6]}
layers:
  - conv2d: {filters: 2, kernel_size: 1}
  - batch_normalization: {statistics: batch}
  - conv2d: {filters: 3, kernel_size: [3, 1], strides: 2, padding: same}
  - flatten
  - dense: {units: 3, activation: log_softmax}
loss: {nll: {class_weights: [0.5, 1, 2]}}
`
	net, err := spec.Decode("n.yaml", []byte(text), op.Vocabulary())
	require.NoError(t, err)
	return net
}

// TestBarriers follows every value by itself: what a stage reads was made there
// or in an earlier stage; what samples read of the batch, in an earlier one; and
// what crosses a barrier is kept for every sample.
func TestBarriers(t *testing.T) {
	waits := 0
	for _, net := range append(networks(t), normalised(t, 1), normalised(t, 3), inParts(t), pictures(t, 64, 4, 64, "")) {
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		if p.Train == nil {
			continue
		}
		for _, b := range []*plan.Batched{p.Train.Gradients, p.Train.Evaluate} {
			waits += len(b.Phases(plan.Samples)) - 1
			requireBarriers(t, p, b, net.Name)
		}
	}
	require.Greater(t, waits, 5, "no network waits for a batch")
}

func requireBarriers(t *testing.T, p *plan.Plan, b *plan.Batched, name string) {
	made, ops := map[*ir.Value]int{}, 0
	for i, s := range b.Stages {
		for _, step := range s.Phase.Steps {
			all := []ir.Op{step.Op}
			for _, m := range step.Epilogue {
				all = append(all, m)
			}
			for _, o := range all {
				ops++
				for _, x := range o.Ins() {
					from, temp := made[x]
					if !temp && x.Param != nil && p.TensorOf(x.Param).Copied {
						continue // among the parameters
					}
					if !temp {
						require.NotEqual(t, ir.Temp, x.Kind, "%s: stage %d reads %s, which nobody made", name, i, x.Describe())
						continue
					}
					if x.Batch && from != i {
						require.Contains(t, p.Train.Rows, x, "%s: stage %d", name, i)
					}
					if !x.Batch && o.Outs()[0].Batch && b.Stages[from].Over != plan.Once {
						require.Less(t, from, i, "%s: samples of stage %d read %s of their own batch", name, i, x.Describe())
						require.Contains(t, p.Train.Values, x, "%s: stage %d", name, i)
					}
				}
				for _, y := range o.Outs() {
					made[y] = i
					require.Equal(t, y.Batch, s.Over == plan.Samples, "%s: %s is made %s", name, y.Describe(), s.Over)
				}
			}
		}
	}
	f := map[bool]*ir.Func{true: p.Prog.Gradients, false: p.Prog.Evaluate}[b == p.Train.Gradients]
	for _, op := range f.Ops {
		if y := op.Outs()[0]; y.Param != nil && y.Param.Transposed != nil && p.TensorOf(y.Param).Copied {
			ops++ // when parameters change
		}
	}
	require.Equal(t, len(f.Ops), ops, "%s: every operation runs once", name)
}

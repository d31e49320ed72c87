package calls_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

func planOf(t *testing.T, name string) *plan.Plan {
	net, err := gen.Load("../../golden/specs/" + name + ".yaml")
	require.NoError(t, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	return p
}

// TestDescribe: the schedule is printed whole, for every instruction set and
// phase, and every step of a phase is there.
func TestDescribe(t *testing.T) {
	p := planOf(t, "w2") // 784-128-10, relu
	text := calls.Describe(p)
	for _, set := range []string{"avx512", "avx2"} {
		for _, phase := range []string{"infer", "infer a batch", "gradients: per sample", "gradients: over the batch", "evaluate: per sample", "gradients and update", "update", "step on one sample"} {
			require.Contains(t, text, "\ncalls of "+set+": "+phase+"\n")
		}
	}
	for _, ph := range slices.Concat([]*plan.Phase{p.Infer, p.InferBatch, p.Train.Gradients.Sums(), p.Train.Update, p.Train.One},
		p.Train.Gradients.Phases(plan.Samples), p.Train.Evaluate.Phases(plan.Samples)) {
		for _, s := range ph.Steps {
			require.Contains(t, text, "  "+s.Op.String()+"\n    ")
		}
	}
	// By hand: pairs of the eight panels of dense1 with AVX-512, one by one with AVX2; of
	// 128 products 16 in a cycle.
	require.Contains(t, text, "panels 0…7 by 2: 32 outputs in tiles of [12 8 4 1] rows; about 8.00 cycles for an input of a row; epilogue in registers\n")
	require.Contains(t, text, "panels 0…7 by 1: 16 outputs in tiles of [6 5 1] rows; about 8.00 cycles for an input of a row; epilogue in registers\n")
	require.NotContains(t, calls.Describe(planOf(t, "portable")), "calls of")
}

// covered counts how often each output of a layer is computed.
func covered(loops []calls.PanelLoop, full, outputs int) []int {
	n := make([]int, outputs)
	for _, l := range loops {
		switch {
		case l.Joined(): // one call for all
			l.Step = l.To - l.From
		case l.Tail:
			l.From, l.To, l.Step = full, full+1, 1
		}
		for q := l.From; q < l.To; q += l.Step {
			for _, c := range l.Calls {
				for i := range c.Outputs {
					n[q*16+c.Lane+i]++
				}
			}
		}
	}
	return n
}

// TestPanels: every output is computed once, and no call works for longer than the
// scheduler may wait.
func TestPanels(t *testing.T) {
	for i := range target.Targets {
		tg := &target.Targets[i]
		for outputs := 1; outputs <= 200; outputs++ {
			for _, inputs := range []int{1, 7, 64, 3000} {
				l := plan.NewPanels(outputs, inputs, 1, 1, "float32")
				k := kernel.Dense("float32", outputs, inputs, 1, true)
				k.Panels = l.KernelPanels()
				r := calls.RowsOf(tg, k, 256)
				for o, n := range covered(r.Loops, l.Full, outputs) {
					require.Equal(t, 1, n, "%s: output %d of %d", tg.Name, o, outputs)
				}
				for o, n := range covered(calls.WeightsOf(tg, "float32", inputs, outputs, 256).Loops, l.Full, outputs) {
					require.Equal(t, 1, n, "%s: gradient of output %d of %d", tg.Name, o, outputs)
				}
				if r.Divided {
					require.LessOrEqual(t, 2*r.PerCall*inputs*16, 8<<20, "%s: %d→%d", tg.Name, inputs, outputs)
				}
				g := calls.GroupsOf(l.KernelPanels(), inputs, outputs, l.Size())
				require.Equal(t, outputs, g.Grouped*16+g.Left)
			}
		}
	}
}

// TestEpilogues: relu stays in registers, gelu has a pass of its own, and tanh of a
// small layer is written out for one sample, as is the sigmoid of a narrow one.
func TestEpilogues(t *testing.T) {
	for name, want := range map[string][2]bool{"w2": {false, false}, "w1": {true, true}, "anomaly": {false, false}} {
		p := planOf(t, name)
		s := p.Infer.Steps[0]
		for i := range p.Infer.Steps {
			if p.Infer.Steps[i].Kernel != nil {
				s = p.Infer.Steps[i]
				break
			}
		}
		require.Equal(t, want[0], calls.Splits(calls.Targets(p), s), name)
		if want[0] {
			require.Equal(t, want[1], calls.Inlines(calls.Targets(p), s), name)
		}
	}
	p := planOf(t, "w6")
	last := p.Infer.Steps[len(p.Infer.Steps)-1]
	require.True(t, last.Kernel.Narrow() && calls.Splits(calls.Targets(p), last) && calls.Inlines(calls.Targets(p), last))
}

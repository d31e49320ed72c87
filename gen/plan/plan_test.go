package plan_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// networks are the examples and random networks.
func networks(t *testing.T) []*spec.Network {
	paths, err := filepath.Glob("../../golden/specs/*.yaml")
	require.NoError(t, err)
	require.Greater(t, len(paths), 10)
	var nets []*spec.Network
	for _, path := range paths {
		net, err := gen.Load(path)
		require.NoError(t, err)
		nets = append(nets, net)
	}
	g := gentest.NewGenerator(3)
	for i := range 60 {
		net, err := g.Network(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		nets = append(nets, net)
	}
	for _, layers := range gentest.Runs {
		net, err := spec.Decode("run.yaml", []byte(layers), op.Vocabulary())
		require.NoError(t, err)
		nets = append(nets, net)
	}
	return nets
}

// named is a phase of a plan.
type named struct {
	name  string
	phase *plan.Phase
}

func phases(p *plan.Plan) []named {
	list := []named{{"infer", p.Infer}}
	if t := p.Train; t != nil {
		list = append(list, named{"update", t.Update},
			named{"gradients: once", t.Gradients.Prepare()}, named{"gradients", t.Gradients.Phases(plan.Samples)[0]}, named{"gradients: sums", t.Gradients.Sums()},
			named{"evaluate: once", t.Evaluate.Prepare()}, named{"evaluate", t.Evaluate.Phases(plan.Samples)[0]}, named{"evaluate: sums", t.Evaluate.Sums()})
	}
	return list
}

// TestSlots follows the life of every value by itself: from the step that
// stores it to the last that reads it nobody else may have its slot.
func TestSlots(t *testing.T) {
	stored, shared := 0, 0
	for _, net := range networks(t) {
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		for _, ph := range phases(p) {
			requireDisjoint(t, ph.phase, net.Name+" "+ph.name)
			stored += len(ph.phase.Slot)
			shared += len(ph.phase.Slot) - len(ph.phase.Slots)
		}
	}
	require.Greater(t, shared, stored/4, "slots are hardly shared: the test shows little")
}

func requireDisjoint(t *testing.T, ph *plan.Phase, what string) {
	t.Helper()
	born, last := map[*ir.Value]int{}, map[*ir.Value]int{}
	for i, s := range ph.Steps {
		ops := []ir.Op{s.Op}
		for _, m := range s.Epilogue {
			ops = append(ops, m)
		}
		for _, op := range ops {
			for _, x := range op.Ins() {
				last[x] = i
			}
			for _, y := range op.Outs() {
				born[y] = i
				last[y] = max(last[y], i)
			}
		}
	}
	for x, slot := range ph.Slot {
		require.GreaterOrEqual(t, ph.Slots[slot], x.Size(), "%s: %s", what, x.Name)
		for y, other := range ph.Slot {
			if x != y && slot == other && ph.Index[x] == ph.Index[y] && born[x] <= last[y] && born[y] <= last[x] {
				require.Failf(t, "slots overlap", "%s: %s (steps %d to %d) and %s (steps %d to %d) share slot %d",
					what, x.Name, born[x], last[x], y.Name, born[y], last[y], slot)
			}
		}
	}
}

// TestUnrollBudget: straight-line code stays within 256 multiply-adds per
// direction, or 20,000 if it is asked for, and takes the smallest layers, but no
// gradients with fewer terms than chains.
func TestUnrollBudget(t *testing.T) {
	for _, net := range networks(t) {
		for unroll, budget := range map[string]int{"auto": 256, "full": 20000, "none": 0} {
			net.Codegen.Unroll = unroll
			p, err := gen.Plan(net, gen.Options{})
			require.NoError(t, err)
			for _, ph := range phases(p) {
				for _, forward := range []bool{true, false} {
					requireBudget(t, ph.phase, forward, budget, net.Name+" "+ph.name+" unroll "+unroll)
				}
			}
		}
	}
}

func requireBudget(t *testing.T, ph *plan.Phase, forward bool, budget int, what string) {
	t.Helper()
	used, largest, smallestLoop := 0, 0, math.MaxInt
	for _, s := range ph.Steps {
		n := work(s.Op, forward)
		switch d, ok := ir.Form(s.Op).(*ir.DenseGradInput); {
		case n == 0:
		case ok && d.DY.Size() < s.Chains:
			require.False(t, s.Unrolled, what)
		case s.Unrolled:
			used, largest = used+n, max(largest, n)
		default:
			smallestLoop = min(smallestLoop, n)
		}
	}
	require.LessOrEqual(t, used, budget, what)
	require.LessOrEqual(t, largest, smallestLoop, what)
	if smallestLoop < math.MaxInt && budget > 0 {
		require.Greater(t, used+smallestLoop, budget, "%s: one more fits", what)
	}
}

// work is the multiply-adds of a matrix operation of a direction.
func work(op ir.Op, forward bool) int {
	switch ir.Form(op).(type) {
	case *ir.Dense:
		if forward {
			return op.(*ir.Contract).MultiplyAdds()
		}
	case *ir.DenseGradInput:
		if !forward {
			return op.(*ir.Contract).MultiplyAdds()
		}
	}
	return 0
}

// TestString: a plan is printed the same way every time, and says what was
// decided.
func TestString(t *testing.T) {
	net, err := gen.Load("../../golden/specs/skip.yaml")
	require.NoError(t, err)
	var text [2]string
	for i := range text {
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		text[i] = p.String()
	}
	require.Equal(t, text[0], text[1])
	for _, want := range []string{
		"plan of skip, float32, fast mode, batch 16, unroll auto",
		"w2     body.weight    [3][8]float32            320     96     32",
		"straight-line, 4 chains, assembly]", `fused %14 = map "relu"`, "in t0", "momentum_buffer",
		"gradients: per sample, workspace", "gradients: over the batch", "\nupdate\n",
	} {
		require.Contains(t, text[0], want)
	}
}

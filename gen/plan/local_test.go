package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// TestLocal runs through the steps of a batch as the generated loops do, and follows what
// lies in every row of the workspaces: each step finds what it reads of its own sample.
func TestLocal(t *testing.T) {
	nets := append(networks(t), pictures(t, 64, 4, 64, ""), pictures(t, 64, 4, 64, "batch"), inParts(t))
	g := gentest.NewGenerator(5)
	for i := range 60 {
		net, err := g.Convolutional(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		nets = append(nets, net)
	}
	local := 0
	for _, net := range nets {
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		if !p.Layerwise {
			continue
		}
		phases := []*plan.Phase{p.InferBatch}
		if p.Train != nil {
			phases = append(append(phases, p.Train.Gradients.Phases(plan.Samples)...), p.Train.Evaluate.Phases(plan.Samples)...)
		}
		for _, ph := range phases {
			for v, is := range ph.Local {
				require.False(t, is && !v.Batch, v.Describe())
				if is {
					local++
				}
			}
			for _, apart := range []bool{false, true} {
				requireRows(t, p, ph, net.Name, apart)
			}
		}
	}
	require.Greater(t, local, 120)
}

// cell is a row of a place in a workspace, content what lies there.
type (
	cell    struct{ slot, index, row int }
	content struct {
		of     *ir.Value
		sample int
	}
)

// requireRows follows what lies in every row. apart: the operations that may take all
// rows at once do.
func requireRows(t *testing.T, p *plan.Plan, ph *plan.Phase, name string, apart bool) {
	const samples = 3
	rows := map[cell]content{}
	at := func(v *ir.Value, sample int) cell {
		if ph.Local[v] {
			sample = 0
		}
		if ph.OneRow(ph.Slot[v]) {
			require.Zero(t, sample, "%s: %s has one row", name, v.Describe())
		}
		return cell{ph.Slot[v], ph.Index[v], sample}
	}
	run := func(s *plan.Step, sample int) {
		made := map[*ir.Value]bool{}
		for _, op := range s.Ops() {
			for _, x := range op.Ins() {
				if _, ok := ph.Slot[x]; ok && !made[x] {
					require.Equal(t, content{x, sample}, rows[at(x, sample)], "%s: %s reads %s", name, op, x.Describe())
				}
			}
			for _, y := range op.Outs() {
				made[y] = true
			}
		}
		for _, y := range s.Stored() {
			if _, ok := ph.Slot[y]; ok {
				rows[at(y, sample)] = content{y, sample}
			}
		}
	}
	var loop []*plan.Step
	flush := func() {
		for sample := range samples {
			for _, s := range loop {
				run(s, sample)
			}
		}
		loop = nil
	}
	steps := func(list []*plan.Step) {
		for _, s := range list {
			all := s.AllRows()
			if m, ok := s.Op.(*ir.Map); ok && apart {
				all = p.Through(m.Out[0], m.In)
			}
			if all {
				flush()
			}
			if loop = append(loop, s); all {
				flush()
			}
		}
	}
	require.NoError(t, plan.Walk(len(ph.Steps), ph.Repeats, func(i int) error {
		steps(ph.Steps[i : i+1])
		return nil
	}, func(r *plan.Repeat) error {
		flush()
		for turn := range r.Count {
			steps(ph.Steps[r.First+turn*r.Period : r.First+(turn+1)*r.Period])
			flush()
		}
		return nil
	}))
	flush()
}

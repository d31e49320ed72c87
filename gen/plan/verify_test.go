package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
)

// chain is a phase x → a → b → c of concatenations.
type chain struct {
	x, a, b, c *ir.Value
	phase      *Phase
}

func newChain(slotA, slotB, slotC int, sizes ...int) *chain {
	v := func(id int, kind ir.Kind) *ir.Value {
		return &ir.Value{ID: id, Name: "v", Kind: kind, Shape: []int{4}, Batch: true, DType: ir.Float32}
	}
	h := &chain{x: v(0, ir.Input), a: v(1, ir.Temp), b: v(2, ir.Temp), c: v(3, ir.Temp)}
	step := func(y *ir.Value, xs ...*ir.Value) *Step { return &Step{Op: &ir.Concat{Y: y, Xs: xs}, Keep: true} }
	h.phase = &Phase{
		Steps: []*Step{step(h.a, h.x), step(h.b, h.a), step(h.c, h.a, h.b)},
		Slots: sizes, Elem: ir.Float32, Slot: map[*ir.Value]int{h.a: slotA, h.b: slotB, h.c: slotC},
	}
	return h
}

func (h *chain) verify() error { return (&Plan{Infer: h.phase}).Verify() }

func TestVerifySlots(t *testing.T) {
	require.NoError(t, newChain(0, 1, 2, 4, 4, 4).verify())

	require.ErrorContains(t, newChain(0, 0, 1, 4, 4).verify(), "step 1 writes %2 over its operand %1")
	require.ErrorContains(t, newChain(0, 1, 1, 4, 4).verify(), "step 2 writes %3 over its operand %2")
	require.ErrorContains(t, newChain(0, 1, 2, 4, 3, 4).verify(), "slot 1 is too small for %2")

	h := newChain(0, 1, 2, 4, 4, 4)
	h.phase.Steps[1].Op.(*ir.Concat).Xs = []*ir.Value{h.x}
	h.phase.Slot[h.b] = 0
	require.ErrorContains(t, h.verify(), "step 2 reads %1 from slot 0, which holds %2")

	h = newChain(0, 1, 2, 4, 4, 4)
	h.phase.Elem = ir.Float64
	require.ErrorContains(t, h.verify(), "a slot of float64 holds %1, of float32")

	h = newChain(0, 1, 2, 4, 4, 4)
	h.phase.Steps = h.phase.Steps[1:]
	require.ErrorContains(t, h.verify(), "step 0 reads %1 from slot 0, which holds")
}

// TestVerifyPhases: every phase is verified.
func TestVerifyPhases(t *testing.T) {
	bad := newChain(0, 0, 1, 4, 4).phase
	empty := &Phase{}
	batched := func(prepare, sample, loss, sums *Phase) *Batched {
		return &Batched{Stages: []*Stage{{Once, prepare}, {Samples, sample}, {Batch, loss}, {Parameters, sums}}}
	}
	good := batched(empty, empty, empty, empty)
	for name, train := range map[string]*Train{
		"update":  {Gradients: good, Evaluate: good, Update: bad},
		"prepare": {Gradients: batched(bad, empty, empty, empty), Evaluate: good, Update: empty},
		"sample":  {Gradients: good, Evaluate: batched(empty, bad, empty, empty), Update: empty},
		"sums":    {Gradients: good, Evaluate: batched(empty, empty, empty, bad), Update: empty},
		"loss":    {Gradients: batched(empty, empty, bad, empty), Evaluate: good, Update: empty},
		"one":     {Gradients: good, Evaluate: good, Update: empty, One: bad},
		"penalty": {Gradients: good, Evaluate: good, Update: empty, Penalty: bad},
	} {
		require.ErrorContains(t, (&Plan{Infer: empty, Train: train}).Verify(), "over its operand", name)
	}
	require.ErrorContains(t, (&Plan{Infer: empty, InferBatch: bad}).Verify(), "over its operand")
	require.NoError(t, (&Plan{Infer: empty, Train: &Train{Gradients: good, Evaluate: good, Update: empty}}).Verify())
}

func TestVerifyFields(t *testing.T) {
	plan := func(fields ...Field) *Plan { return &Plan{Net: Arena{Fields: fields, Size: 192}, Infer: &Phase{}} }
	require.NoError(t, plan(Field{Name: "a", Size: 100}, Field{Name: "b", Offset: 128, Size: 64}).Verify())
	require.ErrorContains(t, plan(Field{Name: "a", Size: 100}, Field{Name: "b", Offset: 64, Size: 64}).Verify(), "field b at 64 overlaps")
	require.ErrorContains(t, plan(Field{Name: "a", Size: 4}, Field{Name: "b", Offset: 32, Size: 64}).Verify(), "field b at 32 overlaps or is not aligned")
	require.ErrorContains(t, plan(Field{Name: "a", Size: 100}, Field{Name: "b", Offset: 128, Size: 65}).Verify(), "arena")
}

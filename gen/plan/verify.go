package plan

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir"
)

// Verify checks the properties emitters rely on: fields are aligned and do
// not overlap, and no slot is overwritten while its value is still read.
func (p *Plan) Verify() error {
	end := 0
	for _, f := range p.Net.Fields {
		if f.Offset%alignment != 0 || f.Offset < end {
			return fmt.Errorf("internal error: plan: field %s at %d overlaps or is not aligned", f.Name, f.Offset)
		}
		end = f.Offset + f.Size
	}
	if end > p.Net.Size {
		return fmt.Errorf("internal error: plan: the fields end at %d, the arena at %d", end, p.Net.Size)
	}
	phases := []*Phase{p.Infer}
	if p.InferBatch != nil {
		phases = append(phases, p.InferBatch)
	}
	if p.Train != nil {
		phases = append(phases, p.Train.Update)
		for _, b := range []*Batched{p.Train.Gradients, p.Train.Evaluate} {
			for _, s := range b.Stages {
				phases = append(phases, s.Phase)
			}
		}
		if p.Train.One != nil {
			phases = append(phases, p.Train.One)
		}
		if p.Train.Penalty != nil {
			phases = append(phases, p.Train.Penalty)
		}
	}
	for _, ph := range phases {
		if err := ph.verify(); err != nil {
			return err
		}
	}
	return nil
}

func (ph *Phase) verify() error {
	type element struct{ slot, index int }
	holds := map[element]*ir.Value{}
	at := func(v *ir.Value) (element, bool) {
		slot, ok := ph.Slot[v]
		return element{slot, ph.Index[v]}, ok
	}
	for i, s := range ph.Steps {
		for _, x := range s.ins() {
			if slot, ok := at(x); ok && holds[slot] != x {
				return fmt.Errorf("internal error: plan: step %d reads %s from slot %d, which holds %v", i, x, slot.slot, holds[slot])
			}
		}
		for _, y := range s.written() {
			slot, ok := at(y)
			if !ok {
				continue
			}
			for _, x := range s.ins() {
				if other, ok := at(x); ok && other == slot {
					return fmt.Errorf("internal error: plan: step %d writes %s over its operand %s", i, y, x)
				}
			}
			if y.DType != ph.Elem {
				return fmt.Errorf("internal error: plan: a slot of %s holds %s, of %s", ph.Elem, y, y.DType)
			}
			if ph.Slots[slot.slot] < y.Size() || slot.index >= ph.Room(slot.slot) {
				return fmt.Errorf("internal error: plan: slot %d is too small for %s", slot.slot, y)
			}
			holds[slot] = y
		}
	}
	return nil
}

package plan

import (
	"github.com/nngen-go/nngen/gen/ir"
)

// assign gives every temporary of the phase a slot of the workspace. Slots
// are reused once their value is read for the last time; a step's results
// never share a slot with its operands.
func (ph *Phase) assign(keep map[*ir.Value]bool) {
	ph.Slot = map[*ir.Value]int{}
	last := map[*ir.Value]int{}
	for i, s := range ph.Steps {
		for _, x := range s.ins() {
			last[x] = i
		}
	}
	var free []int
	for i, s := range ph.Steps {
		for _, y := range s.Stored() {
			if _, part := ph.Slot[y]; part || keep[y] || !y.Batch || y.Kind != ir.Temp {
				continue
			}
			if _, read := last[y]; !read {
				last[y] = i
			}
			free = ph.take(y, free)
		}
		for _, x := range append(s.ins(), s.Stored()...) {
			if slot, ok := ph.Slot[x]; ok && last[x] == i {
				free = append(free, slot)
				last[x] = -1
			}
		}
	}
}

// take puts y in the free slot that fits best, growing one if none does.
func (ph *Phase) take(y *ir.Value, free []int) []int {
	best := -1
	for i, slot := range free {
		switch {
		case ph.exact && ph.Slots[slot] != y.Size():
		case best < 0:
			best = i
		case ph.Slots[slot] >= y.Size() && (ph.Slots[free[best]] < y.Size() || ph.Slots[slot] < ph.Slots[free[best]]):
			best = i
		case ph.Slots[free[best]] < y.Size() && ph.Slots[slot] > ph.Slots[free[best]]:
			best = i
		}
	}
	if best < 0 {
		ph.Slot[y] = len(ph.Slots)
		ph.Slots = append(ph.Slots, y.Size())
		return free
	}
	slot := free[best]
	ph.Slot[y] = slot
	ph.Slots[slot] = max(ph.Slots[slot], y.Size())
	return append(free[:best], free[best+1:]...)
}

// ins returns everything the step reads that it does not itself compute.
func (s *Step) ins() []*ir.Value {
	own := map[*ir.Value]bool{}
	define(s.Op, own)
	vs := append([]*ir.Value(nil), s.Op.Ins()...)
	for _, m := range s.Epilogue {
		for _, x := range m.In {
			if !own[x] {
				vs = append(vs, x)
			}
		}
		define(m, own)
	}
	return vs
}

// Stored returns the values the step writes to memory.
func (s *Step) Stored() []*ir.Value {
	var vs []*ir.Value
	if s.Keep {
		vs = append(vs, s.Op.Outs()...)
	}
	for _, y := range results(s.Epilogue) {
		if !s.hidden[y] {
			vs = append(vs, y)
		}
	}
	return vs
}

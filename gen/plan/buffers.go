package plan

import (
	"github.com/nngen-go/nngen/gen/ir"
)

// assign gives every temporary of the phase a slot of the workspace. Slots
// are reused once their value is read for the last time; a step's results
// never share a slot with its operands.
// Values of a series have slots of their own, side by side, as has the scratch.
func (ph *Phase) assign(keep map[*ir.Value]bool, series map[*ir.Value]Element) {
	ph.Slot, ph.Many, ph.Index = map[*ir.Value]int{}, map[int]int{}, map[*ir.Value]int{}
	last := map[*ir.Value]int{}
	for i, s := range ph.Steps {
		for _, x := range s.ins() {
			last[x] = i
		}
	}
	var free []int
	live := 0
	arrays, own := ph.arrays(last, keep, series), map[int]bool{}
	if v := ph.Scratch; v != nil {
		ph.Slot[v] = ph.newSlot(v)
		own[0], last[v], live = true, -1, v.Size()
	}
	for i, s := range ph.Steps {
		for _, y := range s.written() {
			if _, part := ph.Slot[y]; part || keep[y] || !y.Batch || y.Kind != ir.Temp {
				continue
			}
			if _, read := last[y]; !read {
				last[y] = i
			}
			live += y.Size()
			if a := arrays[series[y].Series]; a != nil {
				ph.place(a, y)
				own[ph.Slot[y]] = true
				continue
			}
			free = ph.take(y, free)
		}
		ph.Least = max(ph.Least, live)
		for _, x := range append(s.ins(), s.written()...) {
			slot, ok := ph.Slot[x]
			if !ok || last[x] != i {
				continue
			}
			last[x], live = -1, live-x.Size()
			if !own[slot] {
				free = append(free, slot)
			}
		}
	}
}

// slotArray is a slot for values of a series.
type slotArray struct {
	slot  int // −1 until there is one
	many  int
	index map[*ir.Value]int
}

// arrays gives series an array each: as many values as live at a time, if that
// is few, else all.
func (ph *Phase) arrays(last map[*ir.Value]int, keep map[*ir.Value]bool, series map[*ir.Value]Element) map[*Series]*slotArray {
	made := map[*ir.Value]int{}
	values := map[*Series][]*ir.Value{}
	for i, s := range ph.Steps {
		for _, y := range s.Stored() {
			at := series[y].Series
			if _, again := made[y]; again || at == nil || keep[y] || !y.Batch || y.Kind != ir.Temp {
				continue
			}
			made[y] = i
			values[at] = append(values[at], y)
		}
	}
	out := map[*Series]*slotArray{}
	for s, all := range values {
		if len(all) < leastTurns {
			continue
		}
		least, most := series[all[0]].Index, 0
		for _, y := range all {
			least, most = min(least, series[y].Index), max(most, series[y].Index)
		}
		a := &slotArray{slot: -1, index: map[*ir.Value]int{}, many: 1}
		for ; a.many <= mostInRing && !ring(all, made, last, a.many, func(y *ir.Value) int { return series[y].Index }); a.many++ {
		}
		if a.many > mostInRing {
			a.many = most - least + 1
		}
		for _, y := range all {
			a.index[y] = (series[y].Index - least) % a.many
		}
		out[s] = a
	}
	return out
}

const mostInRing = 3 // values of a series that live at a time

// ring reports whether a ring of some elements has room for values in the order
// in which they are made.
func ring(values []*ir.Value, made, last map[*ir.Value]int, many int, index func(*ir.Value) int) bool {
	holds := map[int]*ir.Value{}
	for _, y := range values {
		at := index(y) % many
		if x := holds[at]; x != nil && max(last[x], made[x]) >= made[y] {
			return false
		}
		holds[at] = y
	}
	return true
}

// place puts y in its element of an array.
func (ph *Phase) place(a *slotArray, y *ir.Value) {
	if a.slot < 0 {
		a.slot = ph.newSlot(y)
		if a.many > 1 {
			ph.Many[a.slot] = a.many
		}
	}
	ph.Slot[y] = a.slot
	if a.many > 1 {
		ph.Index[y] = a.index[y]
	}
}

// newSlot adds a slot for values like y.
func (ph *Phase) newSlot(y *ir.Value) int {
	ph.Slots, ph.Elem = append(ph.Slots, y.Size()), y.DType
	return len(ph.Slots) - 1
}

// Room is the number of values that a slot has room for.
func (ph *Phase) Room(slot int) int { return max(1, ph.Many[slot]) }

// ring is the number of values that a slot holds in turn, 0 if it holds all.
func (ph *Phase) ring(slot int) int {
	if ph.Many[slot] > mostInRing {
		return 0
	}
	return ph.Many[slot]
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
		ph.Slot[y] = ph.newSlot(y)
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

// written are the values that have slots: what is stored, and what the step works with.
func (s *Step) written() []*ir.Value {
	if s.Scratch == nil {
		return s.Stored()
	}
	return append(s.Stored(), s.Scratch)
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

package plan

import "github.com/nngen-go/nngen/gen/ir"

// leastLocal is the size in bytes from which it matters where a value lies that is read
// right after it was made.
const leastLocal = 4096

// AllRows reports whether the step takes all samples of a batch that goes layer by layer;
// those between two of these are one loop over the samples.
func (s *Step) AllRows() bool { return s.Vector && s.Convolution() == nil }

// local finds the values that are made and read in one loop over the samples: the row
// of the first sample serves all of them, and stays in a cache. No other value that is
// made in the loop has the same place, for it has a row of every sample. alone: no other
// worker has the workspace, so that slots of nothing else, and the scratch, have one row.
func (ph *Phase) local(alone bool) {
	type element struct{ loop, slot, index int }
	loop := make([]int, len(ph.Steps)) // 0: none, or one of several turns
	n := 1
	_ = Walk(len(ph.Steps), ph.Repeats, func(i int) error {
		if ph.Steps[i].AllRows() {
			n++
		} else {
			loop[i] = n
		}
		return nil
	}, func(*Repeat) error {
		n++
		return nil
	})
	in, shared := map[*ir.Value]int{}, map[*ir.Value]bool{}
	for i, s := range ph.Steps {
		for _, v := range append(s.ins(), s.written()...) {
			if at, seen := in[v]; loop[i] == 0 || seen && at != loop[i] || v.Size()*ElemSize(v.DType) < leastLocal {
				shared[v] = true
			}
			in[v] = loop[i]
		}
	}
	at := func(v *ir.Value) element { return element{in[v], ph.Slot[v], ph.Index[v]} }
	taken := map[element]bool{}
	for i, s := range ph.Steps {
		for _, v := range s.written() {
			if _, ok := ph.Slot[v]; ok && shared[v] {
				taken[element{loop[i], ph.Slot[v], ph.Index[v]}] = true
			}
		}
	}
	ph.Local = map[*ir.Value]bool{}
	rows := map[int]bool{}
	for v, slot := range ph.Slot {
		ph.Local[v] = !shared[v] && !taken[at(v)]
		rows[slot] = rows[slot] || !ph.Local[v] && v != ph.Scratch
	}
	ph.oneRow = map[int]bool{}
	for slot := range ph.Slots {
		ph.oneRow[slot] = alone && !rows[slot]
	}
}

// AnyLocal reports whether there is such a value.
func (ph *Phase) AnyLocal() bool {
	for _, is := range ph.Local {
		if is {
			return true
		}
	}
	return false
}

// OneRow reports whether a slot of a workspace for several samples has one row.
func (ph *Phase) OneRow(slot int) bool { return ph.oneRow[slot] }

// Rows is how many rows of a workspace for some samples a slot has.
func (ph *Phase) Rows(slot, samples int) int {
	if ph.oneRow[slot] {
		return 1
	}
	return samples
}

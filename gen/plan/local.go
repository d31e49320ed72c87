package plan

import "github.com/nngen-go/nngen/gen/ir"

const (
	// leastLocal is the size in bytes from which it matters where a value lies that is read
	// right after it was made.
	leastLocal = 4096
	// rowsInCache is how many bytes the rows of a batch may have for one call to go
	// through all of them: more would have left the near caches when the next operation
	// reads them.
	rowsInCache = 128 << 10
)

// AllRows reports whether the step takes all samples of a batch that goes layer by layer;
// those between two of these are one loop over the samples.
func (s *Step) AllRows() bool { return s.Vector && s.Convolution() == nil }

// Through reports whether an element-wise operation, or the sum of its results, goes
// through the rows of a batch in one call: their values are as many for all operands.
func (p *Plan) Through(y *ir.Value, ins []*ir.Value) bool {
	wide := y
	for _, x := range ins {
		if x.Batch && x.Size() > wide.Size() {
			wide = x
		}
	}
	for _, x := range ins {
		if !x.IsNumber() && (!x.Batch || x.Param != nil || x.Size() != wide.Size() || x.DType != y.DType) {
			return false
		}
	}
	return y.Batch && wide.Size()*ElemSize(wide.DType)*p.Options.Batch <= rowsInCache
}

// mayTakeAll reports whether the step goes through the rows of a batch in one call where
// there is a kernel for it.
func (p *Plan) mayTakeAll(s *Step) bool {
	switch o := s.Op.(type) {
	case *ir.Map:
		return p.Through(o.Out[0], o.In)
	case *ir.Reduce:
		return p.Through(o.Y, o.In)
	}
	return false
}

// local finds the values that are made and read in one loop over the samples: the row
// of the first sample serves all of them, and stays in a cache. No other value that is
// made in the loop has the same place, for it has a row of every sample. alone: no other
// worker has the workspace, so that slots of nothing else, and the scratch, have one row.
// A step that may take all rows ends a loop, or does not.
func (p *Plan) local(ph *Phase, alone bool) {
	type element struct{ loop, slot, index int }
	loop, part := make([]int, len(ph.Steps)), make([]int, len(ph.Steps)) // 0: none, or one of several turns
	n, parts := 1, 1
	_ = Walk(len(ph.Steps), ph.Repeats, func(i int) error {
		switch s := ph.Steps[i]; {
		case s.AllRows():
			n, parts = n+1, parts+1
		case p.mayTakeAll(s):
			loop[i] = n
			parts++
		default:
			loop[i], part[i] = n, parts
		}
		return nil
	}, func(*Repeat) error {
		n, parts = n+1, parts+1
		return nil
	})
	in, whole, shared := map[*ir.Value]int{}, map[*ir.Value]int{}, map[*ir.Value]bool{}
	for i, s := range ph.Steps {
		for _, v := range append(s.ins(), s.written()...) {
			if at, seen := in[v]; part[i] == 0 || seen && at != part[i] || v.Size()*ElemSize(v.DType) < leastLocal {
				shared[v] = true
			}
			in[v], whole[v] = part[i], loop[i]
		}
	}
	at := func(v *ir.Value) element { return element{whole[v], ph.Slot[v], ph.Index[v]} }
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

// OneRow reports whether a slot of a workspace for several samples has one row.
func (ph *Phase) OneRow(slot int) bool { return ph.oneRow[slot] }

// Rows is how many rows of a workspace for some samples a slot has.
func (ph *Phase) Rows(slot, samples int) int {
	if ph.oneRow[slot] {
		return 1
	}
	return samples
}

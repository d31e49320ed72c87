package kernel

import "slices"

// AddPosition adds a position with some filter columns to the runs of a row.
func AddPosition(runs []Run, cols []bool) []Run {
	if !slices.Contains(cols, false) {
		cols = nil
	}
	if n := len(runs); n > 0 && slices.Equal(runs[n-1].Cols, cols) {
		runs[n-1].Positions++
		return runs
	}
	return append(runs, Run{Positions: 1, Cols: cols})
}

// Strip is neighbouring tiles of a row that have the same taps: Repeat of them,
// of some positions each. Cols gives the filter columns of every position.
type Strip struct {
	Repeat int
	Cols   [][]bool // nil is all
}

// Strips divides a row into tiles of at most some positions, as even as
// possible, the longer ones at its ends, or, where all have the same taps, before the
// shorter.
func Strips(runs []Run, most int) []Strip {
	var all [][]bool
	for _, r := range runs {
		for range r.Positions {
			all = append(all, r.Cols)
		}
	}
	n := (len(all) + most - 1) / most
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = len(all) / n
	}
	order := []int{0}
	if n > 1 && len(runs) > 1 {
		order = []int{0, n - 1}
	}
	for i := 1; len(order) < n; i++ {
		order = append(order, i)
	}
	for _, i := range order[:len(all)%n] {
		sizes[i]++
	}
	var out []Strip
	same := func(a, b []bool) bool { return slices.Equal(a, b) }
	for _, size := range sizes {
		tile := all[:size]
		all = all[size:]
		if last := len(out) - 1; last >= 0 && slices.EqualFunc(out[last].Cols, tile, same) {
			out[last].Repeat++
			continue
		}
		out = append(out, Strip{1, tile})
	}
	return out
}

// Positions is how many a row has.
func (k *Kernel) Positions() int {
	n := 0
	for _, r := range k.Runs {
		n += r.Positions
	}
	return n
}

// Part is a number of neighbouring tiles, Repeat times.
type Part struct{ Tiles, Repeat int }

// Parts divides the tiles of a strip into parts of at most some tiles: equal ones,
// unless these would be less than half as many; else some have one more.
func (s Strip) Parts(most int) []Part {
	most = min(most, s.Repeat)
	for n := most; n > most/2; n-- {
		if s.Repeat%n == 0 {
			return []Part{{n, s.Repeat / n}}
		}
	}
	parts := (s.Repeat + most - 1) / most
	n, longer := s.Repeat/parts, s.Repeat%parts
	return []Part{{n + 1, longer}, {n, parts - longer}}
}

// OpenRows is the kernel of some outputs of a panel, or of several whole ones, all of
// one group, for rows that have the same taps; how many, and which rows of the window,
// it is told by arguments. A tile has some positions.
func (k *Kernel) OpenRows(outputs, positions int) *Kernel {
	p := *k
	p.Outputs, p.Rows, p.Batch, p.Panels, p.Ahead = outputs, nil, Batch{}, Panels{}, 0
	if outputs > panel {
		p.Panels = Panels{Full: outputs / panel, PanelRows: k.Panels.PanelRows}
	}
	p.Out.Base, p.Out.PanelStride = 0, 0
	p.Segments = slices.Clone(k.Segments)
	p.Segments[0].GroupOutputs, p.Segments[0].GroupStride = 0, 0
	p.Tile = Tile{Positions: positions}
	return &p
}

// Flat is the kernel with all rows as one, where positions go on from row to row
// and have all taps; it reports false elsewhere.
func (k *Kernel) Flat() (*Kernel, bool) {
	s := &k.Segments[0]
	if len(k.Rows) < 2 || len(k.Runs) != 1 || len(s.Taps) != 1 || k.Runs[0].Cols != nil {
		return k, false
	}
	n := k.Runs[0].Positions
	if n > 1 && (s.RowStride != n*s.PosStride || k.Out.RowStride != n*k.Out.PosStride) {
		return k, false
	}
	for _, r := range k.Rows {
		if r.TapRows != 1 {
			return k, false
		}
	}
	p := *k
	p.Segments = slices.Clone(k.Segments)
	if n == 1 {
		p.Segments[0].PosStride, p.Out.PosStride = s.RowStride, k.Out.RowStride
	}
	p.Segments[0].RowStride, p.Out.RowStride = 0, 0
	p.Rows, p.Runs = k.Rows[:1], []Run{{Positions: n * len(k.Rows)}}
	return &p, true
}

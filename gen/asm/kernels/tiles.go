package kernels

// Registers of the transforms of F(4×4, 3×3): half a tile along an axis, two rows of
// it of the source, and what is worked on; of the transform back the result is in
// TileSum.
const (
	tileHalf, tileOther = 0, 6
	tileWork            = 12
	TileSum, tileBack   = 8, 6
)

// TileWriter writes the instructions of transforms of tiles, of F(4×4, 3×3): sums
// alone, for products with powers of two are some.
type TileWriter struct {
	Line func(func())
	// Load loads an element of the source, 0 where there is none; Take takes it away.
	Load, Take func(u, v, dst int)
	// Plane loads a plane's, Store stores one.
	Plane, Store func(plane, register int)
	Sum          func(a, b int, minus bool, dst int)
}

// times doubles a register n times.
func (w *TileWriter) times(n, r int) {
	for range n {
		w.Sum(r, r, false, r)
	}
}

// Source is V = Bᵀ·d·B of a vector of a tile.
func (w *TileWriter) Source() {
	t := tileWork
	for _, rows := range [][]int{{0}, {1, 2}, {3, 4}, {5}} {
		for v := range 6 {
			w.Line(func() {
				switch rows[0] {
				case 0:
					w.Load(4, v, t)
					w.Take(2, v, t)
					w.Load(0, v, t+1)
					w.Take(2, v, t+1)
					w.times(2, t+1)
					w.Sum(t+1, t, false, tileHalf+v)
					return
				case 5:
					w.Load(5, v, t)
					w.Take(3, v, t)
					w.Load(1, v, t+1)
					w.Take(3, v, t+1)
					w.times(2, t+1)
					w.Sum(t+1, t, false, tileHalf+v)
					return
				case 1:
					w.Load(2, v, t+1)
					w.times(2, t+1)
					w.Load(4, v, t)
					w.Sum(t, t+1, true, t)
					w.Load(1, v, t+2)
					w.times(2, t+2)
					w.Load(3, v, t+1)
					w.Sum(t+1, t+2, true, t+1)
				case 3:
					w.Load(4, v, t)
					w.Take(2, v, t)
					w.Load(3, v, t+1)
					w.Take(1, v, t+1)
					w.times(1, t+1)
				}
				w.Sum(t, t+1, false, tileHalf+v)
				w.Sum(t, t+1, true, tileOther+v)
			})
		}
		for i, a := range rows {
			w.row(tileHalf+i*(tileOther-tileHalf), 6*a)
		}
	}
}

// row is the transform along a row, of six registers, to planes.
func (w *TileWriter) row(h, plane int) {
	t := tileWork
	w.Line(func() {
		w.Sum(h+4, h+2, true, t)
		w.Sum(h, h+2, true, t+1)
		w.times(2, t+1)
		w.Sum(t+1, t, false, t+1)
		w.Store(plane, t+1)
		w.Sum(h+3, h+1, true, t+1)
		w.times(1, t+1)
		w.Sum(t, t+1, false, t+2)
		w.Store(plane+3, t+2)
		w.Sum(t, t+1, true, t+2)
		w.Store(plane+4, t+2)
	})
	w.Line(func() {
		w.Sum(h+1, h+3, true, t)
		w.times(2, t)
		w.Sum(h+5, h+3, true, t+1)
		w.Sum(t, t+1, false, t)
		w.Store(plane+5, t)
		w.times(2, h+2)
		w.Sum(h+4, h+2, true, t)
		w.times(2, h+1)
		w.Sum(h+3, h+1, true, t+1)
		w.Sum(t, t+1, false, t+2)
		w.Store(plane+1, t+2)
		w.Sum(t, t+1, true, t+2)
		w.Store(plane+2, t+2)
	})
}

// Half is row p of Aᵀ·M.
func (w *TileWriter) Half(p int) {
	for v := range 6 {
		w.Line(func() {
			w.back(p, tileHalf+v, func(r, dst int) int {
				w.Plane(6*r+v, dst)
				return dst
			})
		})
	}
}

// Result is result q of the row: in TileSum.
func (w *TileWriter) Result(q int) {
	w.back(q, TileSum, func(r, _ int) int { return tileHalf + r })
}

// back is one of Aᵀ·x, of elements that are read into a register, or are in one.
func (w *TileWriter) back(p, dst int, read func(r, dst int) int) {
	t, minus := tileBack, p%2 > 0
	w.Sum(read(3, t), read(4, t+1), minus, t)
	w.times(p, t)
	switch p {
	case 0: // (x0 + a) + c
		w.Sum(read(1, dst), read(2, t+1), minus, t+1)
		w.Sum(read(0, dst), t+1, false, dst)
		w.Sum(dst, t, false, dst)
	default:
		w.Sum(read(1, dst), read(2, t+1), minus, t+1)
		w.Sum(t+1, t, false, dst)
	}
	if p == 3 {
		w.Sum(dst, read(5, t), false, dst)
	}
}

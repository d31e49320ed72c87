package arm64

// Last says how the last vector of some outputs is told to an open kernel: the
// outputs that its vectors have room for, whether the last is partial, and the
// argument mask, how many lanes it has.
func Last(elem string, outputs int, _ bool) (room int, partial bool, mask int) {
	lanes := Lanes(elem)
	room = (outputs + lanes - 1) / lanes * lanes
	if valid := outputs % lanes; valid > 0 {
		return room, true, valid
	}
	return room, false, 0
}

// loadFirst loads the first lanes of a vector and clears the others.
func (w *writer) loadFirst(base R, disp, valid int, dst V) {
	switch {
	case valid == w.lanes():
		w.load(base, disp, dst)
	case valid == 1:
		w.loadElement(base, disp, dst)
	default:
		w.loadHalf(base, disp, dst)
		if valid == 3 {
			w.Ins("VLD1", addressed(w, base, disp+8), dst.String()+".S[2]")
		}
	}
}

// storeFirst stores the first lanes of a vector.
func (w *writer) storeFirst(src V, base R, disp, valid int) {
	switch {
	case valid == w.lanes():
		w.store(src, base, disp)
	case valid == 1:
		w.storeElement(src, base, disp)
	default:
		w.storeHalf(src, base, disp)
		if valid == 3 {
			w.Ins("VST1", src.String()+".S[2]", addressed(w, base, disp+8))
		}
	}
}

// some does a thing for as many lanes as a register says, fewer than there are.
func (w *writer) some(valid R, do func(valid int)) {
	if w.double {
		do(1)
		return
	}
	one, two, done := w.Label("one"), w.Label("two"), w.Label("some")
	w.Ins("TBZ", "$1", valid.String(), one)
	w.Ins("TBZ", "$0", valid.String(), two)
	do(3)
	w.Ins("JMP", done)
	w.Place(two)
	do(2)
	w.Ins("JMP", done)
	w.Place(one)
	do(1)
	w.Place(done)
}

// loadSome loads as many lanes as a register says and clears the others; storeSome
// stores them.
func (w *writer) loadSome(base R, disp int, valid R, dst V) {
	w.some(valid, func(n int) { w.loadFirst(base, disp, n, dst) })
}

func (w *writer) storeSome(src V, base R, disp int, valid R) {
	w.some(valid, func(n int) { w.storeFirst(src, base, disp, n) })
}

// laneMask puts a mask of as many lanes as a register says into dst.
func (w *writer) laneMask(valid R, dst V) {
	ones := w.ConstTable([]uint64{^uint64(0), ^uint64(0), 0, 0}, 8)
	w.Line(func() {
		w.shiftLeft(valid, map[int]int{4: 2, 8: 3}[w.size()], regAt)
		w.Ins("MOVD", "$"+ones, regConst.String())
		w.Ins("SUB", regAt.String(), regConst.String(), regConst.String())
		w.load(regConst, bytes, dst)
	})
}

package arm64

import "fmt"

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

// loadSome loads as many lanes as a register says, fewer than there are, and clears
// the others; storeSome stores them.
func (w *writer) loadSome(base R, disp int, valid R, dst V) {
	if w.double {
		w.loadFirst(base, disp, 1, dst)
		return
	}
	w.some("loadSome", base, disp, valid, dst, "FMOVD d(p), f", "VLD1 ("+regAt.String()+"), v.S[2]", "FMOVS d(p), f")
}

func (w *writer) storeSome(src V, base R, disp int, valid R) {
	if w.double {
		w.storeFirst(src, base, disp, 1)
		return
	}
	w.some("storeSome", base, disp, valid, src, "FMOVD f, d(p)", "VST1 v.S[2], ("+regAt.String()+")", "FMOVS f, d(p)")
}

// some moves one, two or three lanes of v, by instructions for two, the third and
// one.
func (w *writer) some(name string, base R, disp int, valid R, v V, two, third, one string) {
	w.Shared(name, []string{"v", "f", "d", "p", "n", "l1", "l2", "l3"}, func() {
		w.Line(func() {
			for _, ins := range []string{
				"TBZ $1, n, l1", "TBZ $0, n, l2", two, "ADD $(d+8), p, " + regAt.String(), third,
				"JMP l3", "l2: " + two, "JMP l3", "l1: " + one, "l3:",
			} {
				w.Func.Ins(ins)
			}
		})
	})
	w.Use(name, v.String(), v.f(), fmt.Sprint(disp), base.String(), valid.String(), w.Label("one"), w.Label("two"), w.Label("some"))
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

package x86

import "fmt"

// A partial vector is loaded and stored under a mask: a register of AVX-512,
// or a vector from a table, whose signs say which lanes there are.

// tailMask makes the mask of a vector's first lanes, in dst unless there are
// mask registers.
func (w *writer) tailMask(lanes int, dst Y) {
	if w.isa.masks {
		w.Ins("MOVL", fmt.Sprintf("$%#x", 1<<lanes-1), regMask)
		w.Ins("KMOVW", regMask, maskTail)
		return
	}
	w.Ins("LEAQ", MaskName+"<>(SB)", regMask)
	w.load(mem(regMask, (w.lanes()-lanes)*w.size()), dst)
}

// lastMask gets ready the mask of the last vector: a mask register, or with AVX2
// a pointer to a vector.
func (w *writer) lastMask(reg string) {
	if w.isa.masks {
		w.Ins("MOVQ", w.ArgOf("mask"), reg)
		w.Ins("KMOVW", reg, maskTail)
		return
	}
	w.Ins("LEAQ", MaskName+"<>(SB)", reg)
	w.Ins("ADDQ", w.ArgOf("mask"), reg)
}

// toMask loads the mask that is ready into dst, unless it is in a mask register.
func (w *writer) toMask(reg string, dst Y) {
	if !w.isa.masks {
		w.load(mem(reg, 0), dst)
	}
}

// moveFull is the move of a vector under a mask register.
func (w *writer) moveFull() string { return w.op("VMOVUPS", "VMOVUPD") }

// loadMasked loads the lanes whose mask is set, zeros for the others.
func (w *writer) loadMasked(src string, mask, dst Y) { w.loadPart(src, mask.String(), dst.String()) }

// storeMasked stores the lanes whose mask is set.
func (w *writer) storeMasked(src, mask Y, dst string) { w.storePart(src.String(), mask.String(), dst) }

// loadPart and storePart are the same with the registers' names.
func (w *writer) loadPart(src, mask, dst string) {
	if w.isa.masks {
		w.Ins(w.moveFull()+".Z", src, maskTail, dst)
		return
	}
	w.Ins(w.op("VMASKMOVPS", "VMASKMOVPD"), src, mask, dst)
}

func (w *writer) storePart(src, mask, dst string) {
	if w.isa.masks {
		w.Ins(w.moveFull(), src, maskTail, dst)
		return
	}
	w.Ins(w.op("VMASKMOVPS", "VMASKMOVPD"), src, mask, dst)
}

// loadSome and storeSome move a vector of which only some lanes belong to the
// array; what lies in the others may be moved along where it does no harm.
func (w *writer) loadSome(src string, partial bool, dst Y) {
	if partial && w.isa.masks {
		w.loadPart(src, "", dst.String())
		return
	}
	w.load(src, dst)
}

func (w *writer) storeSome(src Y, partial bool, dst string) {
	if partial && w.isa.masks {
		w.storePart(src.String(), "", dst)
		return
	}
	w.store(src, dst)
}

// someMask makes the mask for loadSome and storeSome.
func (w *writer) someMask(lanes int) {
	if w.isa.masks && lanes < w.lanes() {
		w.tailMask(lanes, 0)
	}
}

// Where it is known how much there is of a vector that lies between two calls, it is
// loaded and stored in pieces: under a mask the store takes longer, and what it stores the
// next call cannot load before it is in the cache.

// loadFirst loads the first bytes of a vector, zeros for the others; part is a register to
// work with.
func (w *writer) loadFirst(base string, at, bytes int, y, part Y) {
	switch src := mem(base, at); {
	case bytes == w.bytes:
		w.load(src, y)
	case bytes > 32:
		w.Func.Ins("VMOVUPS", src, y.of(32))
		w.sized(true, func() { w.loadFirst(base, at+32, bytes-32, part, y) })
		w.Func.Ins("VINSERTF64X4", "$1", part.of(32), y.of(64), y.of(64))
	case bytes == 32 || bytes == 16:
		w.Func.Ins("VMOVUPS", src, y.of(bytes))
	case bytes > 16:
		w.loadFirst(base, at, 16, y, part)
		w.loadFirst(base, at+16, bytes-16, part, y)
		w.inHalf("VINSERTF128", "$1", part.of(16), y.of(32), y.of(32))
	case bytes == 4:
		w.Func.Ins("VMOVSS", src, y.of(16))
	default:
		w.Func.Ins("VMOVSD", src, y.of(16))
		if bytes == 12 {
			w.Func.Ins("VINSERTPS", "$32", mem(base, at+8), y.of(16), y.of(16))
		}
	}
}

// storeFirst stores the first bytes of a vector; part is a register to work with.
func (w *writer) storeFirst(y Y, base string, at, bytes int, part Y) {
	switch dst := mem(base, at); {
	case bytes == w.bytes:
		w.store(y, dst)
	case bytes > 32:
		w.Func.Ins("VMOVUPS", y.of(32), dst)
		w.Func.Ins("VEXTRACTF64X4", "$1", y.of(64), part.of(32))
		w.sized(true, func() { w.storeFirst(part, base, at+32, bytes-32, part) })
	case bytes == 32 || bytes == 16:
		w.Func.Ins("VMOVUPS", y.of(bytes), dst)
	case bytes > 16:
		w.storeFirst(y, base, at, 16, part)
		w.inHalf("VEXTRACTF128", "$1", y.of(32), part.of(16))
		w.storeFirst(part, base, at+16, bytes-16, part)
	case bytes == 4:
		w.Func.Ins("VMOVSS", y.of(16), dst)
	default:
		w.Func.Ins("VMOVLPS", y.of(16), dst)
		if bytes == 12 {
			w.Func.Ins("VEXTRACTPS", "$2", y.of(16), mem(base, at+8))
		}
	}
}

// inHalf writes an instruction on the lower half of long vectors.
func (w *writer) inHalf(op string, operands ...string) {
	w.sized(w.bytes == 64, func() { w.Ins(op, operands...) })
}

// MaskName is the table of masks for partial vectors, which every file of
// kernels with AVX2 carries.
const MaskName = "laneMasks"

// Masks is the data of the table: 32 bytes of ones, 32 of zeros.
func (s *ISA) Masks() string {
	if s.masks {
		return ""
	}
	text := ""
	for i := range 8 {
		v := "0xffffffffffffffff"
		if i >= 4 {
			v = "0"
		}
		text += fmt.Sprintf("DATA %s<>+%d(SB)/8, $%s\n", MaskName, i*8, v)
	}
	return text + fmt.Sprintf("GLOBL %s<>(SB), RODATA|NOPTR, $64\n", MaskName)
}

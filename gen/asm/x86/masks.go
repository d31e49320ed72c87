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

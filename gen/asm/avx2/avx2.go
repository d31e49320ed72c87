// Package avx2 prints kernels for amd64 with AVX2 and FMA.
//
// Register map: Y0–Y12 accumulators, Y13 zero or mask, Y14 product, Y15
// broadcast input; SI the inputs, DI the weights, DX the tail's weights, BX
// the bias, R8 the results, R10 the weights of the current panels, CX and R11
// the loop counters, R9 the mask table.
package avx2

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers.
const (
	regX, regW, regTail, regBias, regY, regCount = "SI", "DI", "DX", "BX", "R8", "CX"
	regMask, regPanels, regTurns                 = "R9", "R10", "R11"
)

// bytes of a vector register.
const vectorBytes = 32

// Y is a vector register.
type Y int

// The registers with a role of their own.
const (
	zero      Y = 13
	product   Y = 14
	broadcast Y = 15
)

func (y Y) String() string { return fmt.Sprintf("Y%d", int(y)) }

// mem is the operand at a displacement from a pointer.
func mem(base string, disp int) string {
	if disp == 0 {
		return "(" + base + ")"
	}
	return fmt.Sprintf("%d(%s)", disp, base)
}

// writer is a function being written for one element type.
type writer struct {
	*asm.Func
	double bool // float64
	fused  bool // fused multiply-add; else product and sum round separately
}

// op picks the instruction for the element type.
func (w *writer) op(single, double string) string {
	if w.double {
		return double
	}
	return single
}

func (w *writer) size() int {
	if w.double {
		return 8
	}
	return 4
}

// newWriter starts a function on elements of a type.
func newWriter(name string, doc []string, elem string, fused bool) *writer {
	return &writer{Func: &asm.Func{Name: name, Doc: doc}, double: elem == "float64", fused: fused}
}

// scratch is a writer whose text nobody reads.
func scratch(k *kernel.Kernel) *writer { return newWriter("scratch", nil, k.Elem.Acc, k.Fused) }

// argument adds an argument.
func (w *writer) argument(name, typ string) {
	w.Args = append(w.Args, asm.Arg{Name: name, Type: typ})
}

// Lanes is the number of elements in a vector.
func Lanes(elem string) int { return newWriter("", nil, elem, false).lanes() }

// lanes is the number of elements in a vector.
func (w *writer) lanes() int { return vectorBytes / w.size() }

// The instructions, operands in the assembler's order: sources, destination.

func (w *writer) load(src string, dst Y)  { w.Ins("VMOVUPS", src, dst.String()) }
func (w *writer) store(src Y, dst string) { w.Ins("VMOVUPS", src.String(), dst) }
func (w *writer) clear(dst Y)             { w.Ins("VXORPS", dst.String(), dst.String(), dst.String()) }
func (w *writer) add(a, b, dst Y) {
	w.Ins(w.op("VADDPS", "VADDPD"), a.String(), b.String(), dst.String())
}
func (w *writer) broadcast(src string) {
	w.Ins(w.op("VBROADCASTSS", "VBROADCASTSD"), src, broadcast.String())
}

// max is the larger of a and b; where they are equal or one is NaN, a.
func (w *writer) max(a, b, dst Y) {
	w.Ins(w.op("VMAXPS", "VMAXPD"), a.String(), b.String(), dst.String())
}

// storeMasked stores the lanes whose mask is set.
func (w *writer) storeMasked(src, mask Y, dst string) {
	w.Ins(w.op("VMASKMOVPS", "VMASKMOVPD"), src.String(), mask.String(), dst)
}

// mulAdd is acc += broadcast input · src.
func (w *writer) mulAdd(src string, acc Y) { w.mulAddAny(src, broadcast, acc) }

// mulAddOf is acc += a · b.
func (w *writer) mulAddOf(a, b, acc Y) { w.mulAddAny(a.String(), b, acc) }

// mulAddAny is acc += src · factor, rounded once or twice.
func (w *writer) mulAddAny(src string, factor, acc Y) {
	if w.fused {
		w.Ins(w.op("VFMADD231PS", "VFMADD231PD"), src, factor.String(), acc.String())
		return
	}
	w.Ins(w.op("VMULPS", "VMULPD"), src, factor.String(), product.String())
	w.Ins(w.op("VADDPS", "VADDPD"), product.String(), acc.String(), acc.String())
}

// tailMask puts the mask of a vector's first lanes into a register.
func (w *writer) tailMask(lanes int, dst Y) {
	w.Ins("LEAQ", MaskName+"<>(SB)", regMask)
	w.load(mem(regMask, (w.lanes()-lanes)*w.size()), dst)
}

// loadMasked loads the lanes whose mask is set, zeros for the others.
func (w *writer) loadMasked(src string, mask, dst Y) {
	w.Ins(w.op("VMASKMOVPS", "VMASKMOVPD"), src, mask.String(), dst.String())
}

// countdown repeats from the label while the counter is not zero.
func (w *writer) countdown(reg, label string) { w.Ins("DECQ", reg); w.Ins("JNZ", label) }

func (w *writer) pointer(arg, reg string)    { w.Ins("MOVQ", w.ArgOf(arg), reg) }
func (w *writer) advance(reg string, by int) { w.Ins("ADDQ", fmt.Sprintf("$%d", by), reg) }
func (w *writer) count(n int)                { w.Ins("MOVQ", fmt.Sprintf("$%d", n), regCount) }
func (w *writer) again(label string)         { w.countdown(regCount, label) }
func (w *writer) ret()                       { w.Ins("VZEROUPPER"); w.Ins("RET") }

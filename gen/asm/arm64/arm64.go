// Package arm64 prints kernels for arm64 with NEON, which every such processor
// has: 32 vectors of 16 bytes, a multiply-add by one element of a vector, no
// masks. The lanes of a partial vector are loaded and stored one by one.
//
// Kernels say which registers they use at their heads. R16 and R17 hold
// addresses for the next instruction, V31 what an operation takes that is several
// instructions.
package arm64

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/asm"
)

// R is a register for addresses and numbers.
type R int

// reserved are the registers that are not ours, and whose they are.
var reserved = map[R]string{18: "the operating system's", 27: "the assembler's", 28: "the goroutine", 29: "the frame pointer", 30: "the link register"}

func (r R) String() string {
	if why := reserved[r]; why != "" || r < 0 || r > 30 {
		panic(fmt.Sprintf("internal error: arm64: R%d is %s", int(r), why))
	}
	return fmt.Sprintf("R%d", int(r))
}

// The registers of addresses that last for an instruction: of constants, and of
// what lies out of an instruction's reach.
const (
	regConst R = 16
	regAt    R = 17
)

// V is a vector register.
type V int

func (v V) checked() V {
	if v < 0 || v > 31 {
		panic(fmt.Sprintf("internal error: arm64: V%d", int(v)))
	}
	return v
}

func (v V) String() string { return fmt.Sprintf("V%d", int(v.checked())) }

// f is the register's name in loads and stores.
func (v V) f() string { return fmt.Sprintf("F%d", int(v.checked())) }

// bytes is the size of a vector.
const bytes = 16

// sums is how many registers are for sums.
const sums = 24

// panel is the number of outputs that lie side by side.
const panel = 16

// writer is a function being written for one element type.
type writer struct {
	*asm.Func
	double bool // float64
	fused  bool // fused multiply-add; else product and sum round separately
	// addresses are registers that point to constants.
	addresses map[string]R
}

func newWriter(name string, doc []string, elem string, fused bool) *writer {
	return &writer{Func: &asm.Func{Name: name, Doc: doc}, double: elem == "float64", fused: fused}
}

// size is the bytes of an element.
func (w *writer) size() int {
	if w.double {
		return 8
	}
	return 4
}

// lanes is the number of elements in a vector.
func (w *writer) lanes() int { return bytes / w.size() }

// op is an instruction on the elements at hand.
func (w *writer) op(name string) string {
	if w.double {
		return name + ".D2"
	}
	return name + ".S4"
}

// Ins writes an instruction. One on vectors has their arrangement behind its
// name; the assembler wants it behind every operand.
func (w *writer) Ins(op string, operands ...string) {
	name, arrangement, _ := strings.Cut(op, ".")
	if _, ok := instructions[name]; ok {
		w.lacking(name, arrangement, operands)
		return
	}
	if w.several(name, arrangement, operands) {
		return
	}
	if arrangement != "" && name[0] == 'V' {
		for i, o := range operands {
			if o[0] == 'V' {
				operands[i] = o + "." + arrangement
			}
		}
		op = name
	}
	w.Func.Ins(op, operands...)
}

// mem is the operand at a displacement from a pointer.
func mem(base R, disp int) string {
	if disp == 0 {
		return "(" + base.String() + ")"
	}
	return fmt.Sprint(disp) + "(" + base.String() + ")"
}

// reach is the operand at a displacement for a load or store of some bytes; what
// is out of the instruction's reach gets an address of its own.
func (w *writer) reach(base R, disp, size int) string {
	if disp >= -256 && disp <= 255 || disp >= 0 && disp <= 4095*size && disp%size == 0 {
		return mem(base, disp)
	}
	w.addTo(base, disp, regAt)
	return mem(regAt, 0)
}

// The moves: of a vector, of two neighbours, of half a vector and of a number,
// which clear what is above them.
func (w *writer) load(base R, disp int, dst V) { w.Ins("FMOVQ", w.reach(base, disp, bytes), dst.f()) }
func (w *writer) store(src V, base R, disp int) {
	w.Ins("FMOVQ", src.f(), w.reach(base, disp, bytes))
}
func (w *writer) loadHalf(base R, disp int, dst V) { w.Ins("FMOVD", w.reach(base, disp, 8), dst.f()) }
func (w *writer) storeHalf(src V, base R, disp int) {
	w.Ins("FMOVD", src.f(), w.reach(base, disp, 8))
}

// moveElement is the move of one element.
func (w *writer) moveElement() string {
	if w.double {
		return "FMOVD"
	}
	return "FMOVS"
}

func (w *writer) loadElement(base R, disp int, dst V) {
	w.Ins(w.moveElement(), w.reach(base, disp, w.size()), dst.f())
}

func (w *writer) storeElement(src V, base R, disp int) {
	w.Ins(w.moveElement(), src.f(), w.reach(base, disp, w.size()))
}

// broadcast puts a number into every lane.
func (w *writer) broadcast(base R, disp int, dst V) {
	w.Ins("VLD1R", addressed(w, base, disp), w.listed(dst))
}

// addressed is the operand of an instruction that takes no displacement.
func addressed(w *writer, base R, disp int) string {
	if disp != 0 {
		w.addTo(base, disp, regAt)
		base = regAt
	}
	return mem(base, 0)
}

// listed is a register in brackets, with its arrangement.
func (w *writer) listed(v V) string {
	_, arrangement, _ := strings.Cut(w.op(""), ".")
	return fmt.Sprintf("[%v.%s]", v, arrangement)
}

// clear makes zeros.
func (w *writer) clear(dst V) {
	w.Shared("zero", []string{"v"}, func() { w.Func.Ins("VEOR", "v.B16", "v.B16", "v.B16") })
	w.Use("zero", dst.String())
}

func (w *writer) add(a, b, dst V)   { w.Ins(w.op("FADD"), a.String(), b.String(), dst.String()) }
func (w *writer) times(a, b, dst V) { w.Ins(w.op("FMUL"), a.String(), b.String(), dst.String()) }
func (w *writer) copy(src, dst V) {
	if src != dst {
		w.Ins("VORR.B16", src.String(), src.String(), dst.String())
	}
}

// mulAddElement is acc += a·x[lane], rounded once or, by a product, twice.
func (w *writer) mulAddElement(acc, a, x V, lane int, product V) {
	if w.fused {
		w.fmlaElement(acc, a, x, lane)
		return
	}
	w.fmulElement(product, a, x, lane)
	w.add(acc, product, acc)
}

// mulAdd is acc += a·b, rounded once or, by a product, twice.
func (w *writer) mulAdd(acc, a, b, product V) {
	if w.fused {
		w.Ins(w.op("VFMLA"), b.String(), a.String(), acc.String())
		return
	}
	w.times(a, b, product)
	w.add(acc, product, acc)
}

// addChains adds the chains of a sum in halves.
func (w *writer) addChains(chains int, acc func(c int) V) {
	for h := chains / 2; h >= 1; h /= 2 {
		for c := range h {
			w.add(acc(c), acc(c+h), acc(c))
		}
	}
}

// The instructions on addresses and numbers.

func (w *writer) pointer(arg string, dst R) { w.Ins("MOVD", w.ArgOf(arg), dst.String()) }
func (w *writer) move(src, dst R)           { w.Ins("MOVD", src.String(), dst.String()) }
func (w *writer) set(n int, dst R)          { w.Ins("MOVD", fmt.Sprintf("$%d", n), dst.String()) }
func (w *writer) sum(a, b, dst R)           { w.Ins("ADD", a.String(), b.String(), dst.String()) }
func (w *writer) advance(reg R, by int)     { w.addTo(reg, by, reg) }
func (w *writer) shiftLeft(src R, by int, dst R) {
	w.Ins("LSL", fmt.Sprintf("$%d", by), src.String(), dst.String())
}

// addTo is dst = src + n.
func (w *writer) addTo(src R, n int, dst R) {
	op := "ADD"
	if n < 0 {
		op, n = "SUB", -n
	}
	w.Ins(op, fmt.Sprintf("$%d", n), src.String(), dst.String())
}

// countdown repeats from the label while the counter is not zero.
func (w *writer) countdown(reg R, label string) {
	w.Line(func() {
		w.advance(reg, -1)
		w.Ins("CBNZ", reg.String(), label)
	})
}

// ifZero goes to a label if a number is zero.
func (w *writer) ifZero(reg R, label string) { w.Ins("CBZ", reg.String(), label) }

// ifBelow goes to a label if a number is below another, ifNotBelow if it is not.
func (w *writer) ifBelow(reg R, n int, label string)    { w.branch(reg, n, "BLT", label) }
func (w *writer) ifNotBelow(reg R, n int, label string) { w.branch(reg, n, "BGE", label) }

func (w *writer) branch(reg R, n int, op, label string) {
	w.Line(func() {
		w.Ins("CMP", fmt.Sprintf("$%d", n), reg.String())
		w.Ins(op, label)
	})
}

func (w *writer) ret() { w.Ins("RET") }

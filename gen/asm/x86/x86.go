// Package x86 prints kernels for amd64: with AVX2 and FMA, and with AVX-512,
// whose vectors are twice as long and whose masks and further registers make
// the same printers shorter of breath.
//
// Register map: the first registers are accumulators; the last four are
// weights, zero, product and broadcast input (Y12–Y15 or Z28–Z31). SI the
// inputs, DI the weights, DX the tail's weights, BX the bias, R8 the results,
// R10 the weights of the current panels, CX and R11 the loop counters, R9 the
// mask table. With AVX-512, K7 is the mask of a partial vector and the others
// are those of comparisons.
package x86

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/asm"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// ISA is an instruction set.
type ISA struct {
	bytes     int      // of a vector register
	registers int      // how many there are
	masks     bool     // lanes are chosen by mask registers
	set, half *vec.Set // for whole vectors, and for those of half the bytes
}

// The instruction sets.
var (
	AVX2   = &ISA{bytes: 32, registers: 16, set: avx2}
	AVX512 = &ISA{bytes: 64, registers: 32, masks: true, set: avx512, half: avx512Half}
)

// Registers.
const (
	regX, regW, regTail, regBias, regY, regCount = "SI", "DI", "DX", "BX", "R8", "CX"
	regMask, regPanels, regTurns                 = "R9", "R10", "R11"
)

// maskTail is the mask of a partial vector.
const maskTail = "K7"

// Y is a vector register. It is written Z where the vectors have 64 bytes.
type Y int

func (y Y) String() string {
	if y >= parameter {
		return fmt.Sprintf("s%d", int(y-parameter))
	}
	return fmt.Sprintf("Y%d", int(y))
}

// parameter and those after it stand for the sums s0, s1, … that a macro is given.
const parameter Y = 100

// sumsOf are the parameters of a macro: one, and some sums.
func sumsOf(first string, n int) []string {
	names := []string{first}
	for i := range n {
		names = append(names, (parameter + Y(i)).String())
	}
	return names
}

// useSums writes a macro with an operand and sums.
func (w *writer) useSums(name, operand string, n int, sum func(i int) Y) {
	args := []string{operand}
	for i := range n {
		args = append(args, w.register(sum(i)))
	}
	w.Use(name, args...)
}

// register is a register's name as the vectors at hand have it.
func (w *writer) register(y Y) string {
	if w.bytes == 64 && y < parameter {
		return "Z" + y.String()[1:]
	}
	return y.String()
}

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
	isa    *ISA
	bytes  int  // of its vectors
	double bool // float64
	fused  bool // fused multiply-add; else product and sum round separately
	// Registers with a role of their own; sums is how many there are for sums.
	weight0, zero, product, input Y
	sums                          int
}

// op picks the instruction for the element type.
func (w *writer) op(single, double string) string {
	if w.double {
		return double
	}
	return single
}

func (w *writer) size() int { return bytesOf(w.double) }

func bytesOf(double bool) int {
	if double {
		return 8
	}
	return 4
}

// writer starts to write a function.
func (s *ISA) writer(f *asm.Func, double bool) *writer {
	last := Y(s.registers)
	return &writer{
		Func: f, isa: s, bytes: s.bytes, double: double,
		weight0: last - 4, zero: last - 3, product: last - 2, input: last - 1, sums: s.registers - 4,
	}
}

// newWriter starts a function on elements of a type.
func (s *ISA) newWriter(name string, doc []string, elem string, fused bool) *writer {
	w := s.writer(&asm.Func{Name: name, Doc: doc}, elem == "float64")
	w.fused = fused
	return w
}

// set is the instructions for its vectors.
func (w *writer) set() *vec.Set {
	if w.bytes < w.isa.bytes {
		return w.isa.half
	}
	return w.isa.set
}

// lanes is the number of elements in a vector.
func (w *writer) lanes() int { return w.bytes / w.size() }

// Ins writes an instruction, with the names of the registers and instructions
// that the vectors at hand have.
func (w *writer) Ins(op string, operands ...string) {
	if w.isa.masks {
		switch op {
		case "VINSERTF128":
			op = "VINSERTF32X4"
		case "VEXTRACTF128":
			op = "VEXTRACTF32X4"
		}
	}
	if w.bytes == 64 {
		for i, o := range operands {
			if strings.HasPrefix(o, "Y") {
				operands[i] = "Z" + o[1:]
			}
		}
	}
	w.Func.Ins(op, operands...)
}

// The instructions, operands in the assembler's order: sources, destination.

func (w *writer) load(src string, dst Y)  { w.Ins("VMOVUPS", src, dst.String()) }
func (w *writer) store(src Y, dst string) { w.Ins("VMOVUPS", src.String(), dst) }
func (w *writer) clear(dst Y) {
	w.Shared("zero", []string{"s0"}, func() { w.Ins("VXORPS", "s0", "s0", "s0") })
	w.Use("zero", w.register(dst))
}

// clearFirst clears the first registers.
func (w *writer) clearFirst(n int) {
	if n < 4 {
		w.Line(func() {
			for i := range n {
				w.clear(Y(i))
			}
		})
		return
	}
	name := fmt.Sprintf("zero%dx%d", n, w.bytes)
	w.Shared(name, nil, func() {
		w.Line(func() {
			for i := range n {
				w.clear(Y(i))
			}
		})
	})
	w.Use(name)
}
func (w *writer) add(a, b, dst Y) {
	w.Ins(w.op("VADDPS", "VADDPD"), a.String(), b.String(), dst.String())
}
func (w *writer) broadcast(src string) { w.broadcastTo(src, w.input) }

// broadcastTo puts a number into every lane.
func (w *writer) broadcastTo(src string, dst Y) {
	w.Ins(w.op("VBROADCASTSS", "VBROADCASTSD"), src, dst.String())
}

// mulAdd is acc += broadcast input · src.
func (w *writer) mulAdd(src string, acc Y) { w.mulAddAny(src, w.input, acc) }

// mulAddOf is acc += a · b.
func (w *writer) mulAddOf(a, b, acc Y) { w.mulAddAny(a.String(), b, acc) }

// mulAddPart is acc += broadcast input · src for the lanes of a partial vector;
// without mask registers, src must be readable in all of them.
func (w *writer) mulAddPart(src string, acc Y) {
	if !w.isa.masks {
		w.mulAdd(src, acc)
		return
	}
	if w.fused {
		w.Ins(w.op("VFMADD231PS", "VFMADD231PD"), src, w.input.String(), maskTail, acc.String())
		return
	}
	w.Ins(w.op("VMULPS", "VMULPD")+".Z", src, w.input.String(), maskTail, w.product.String())
	w.add(w.product, acc, acc)
}

// mulAddAny is acc += src · factor, rounded once or twice.
func (w *writer) mulAddAny(src string, factor, acc Y) {
	if w.fused {
		w.Ins(w.op("VFMADD231PS", "VFMADD231PD"), src, factor.String(), acc.String())
		return
	}
	w.Ins(w.op("VMULPS", "VMULPD"), src, factor.String(), w.product.String())
	w.Ins(w.op("VADDPS", "VADDPD"), w.product.String(), acc.String(), acc.String())
}

// countdown repeats from the label while the counter is not zero.
func (w *writer) countdown(reg, label string) {
	w.Line(func() {
		w.Ins("DECQ", reg)
		w.Ins("JNZ", label)
	})
}

func (w *writer) pointer(arg, reg string)    { w.Ins("MOVQ", w.ArgOf(arg), reg) }
func (w *writer) advance(reg string, by int) { w.Ins("ADDQ", fmt.Sprintf("$%d", by), reg) }
func (w *writer) count(n int)                { w.Ins("MOVQ", fmt.Sprintf("$%d", n), regCount) }
func (w *writer) again(label string)         { w.countdown(regCount, label) }
func (w *writer) ret()                       { w.Ins("VZEROUPPER"); w.Ins("RET") }

// prefetchToWrite asks for cache lines that will be written to. It does nothing on
// processors that have no PREFETCHW, which the assembler does not know; the
// instruction is spelt out, displacement last.
func (w *writer) prefetchToWrite(base string, lines []int) {
	one, four := "prefetchw"+base, "prefetchw4"+base
	w.Shared(one, []string{"at"}, func() {
		w.Line(func() {
			switch base {
			case "R8", "R9", "R11", "R14":
				w.Ins("LONG", map[string]string{"R8": "$0x880d0f41", "R9": "$0x890d0f41", "R11": "$0x8b0d0f41", "R14": "$0x8e0d0f41"}[base])
			case "BX":
				w.Ins("WORD", "$0x0d0f")
				w.Ins("BYTE", "$0x8b")
			case "DX":
				w.Ins("WORD", "$0x0d0f")
				w.Ins("BYTE", "$0x8a")
			}
			w.Ins("LONG", "$at")
		})
	})
	w.Line(func() {
		for len(lines) > 0 {
			if len(lines) < 4 || lines[3]-lines[0] != 3*cacheLine {
				w.Use(one, fmt.Sprint(lines[0]))
				lines = lines[1:]
				continue
			}
			w.Shared(four, []string{"at"}, func() {
				w.Line(func() {
					for i := range 4 {
						w.Use(one, plus("at", i*cacheLine))
					}
				})
			})
			w.Use(four, fmt.Sprint(lines[0]))
			lines = lines[4:]
		}
	})
}

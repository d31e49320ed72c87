package arm64

import (
	"fmt"
	"strconv"
	"strings"
)

// Go's assembler has no floating-point arithmetic on vectors but VFMLA and VFMLS.
// The instructions it lacks are written as WORD, with the instruction as LLVM
// writes it beside them.

// instruction is one that the assembler lacks: its encoding for registers 0, and
// the arrangements of its result and its operands. One that has no arrangement
// is told it, S4 or D2.
type instruction struct {
	code    uint32
	sources int
	result  string
	operand string
	shift   bool // by a number
}

// wide is the bit that says that lanes have 8 bytes.
const wide = 1 << 22

var instructions = map[string]instruction{
	"FADD":   {code: 0x4e20d400, sources: 2},
	"FSUB":   {code: 0x4ea0d400, sources: 2},
	"FMUL":   {code: 0x6e20dc00, sources: 2},
	"FDIV":   {code: 0x6e20fc00, sources: 2},
	"FMAX":   {code: 0x4e20f400, sources: 2},
	"FMIN":   {code: 0x4ea0f400, sources: 2},
	"FCMGT":  {code: 0x6ea0e400, sources: 2},
	"FCMGE":  {code: 0x6e20e400, sources: 2},
	"FCMEQ":  {code: 0x4e20e400, sources: 2},
	"FADDP":  {code: 0x6e20d400, sources: 2},
	"BIC":    {code: 0x4e601c00, sources: 2, result: "16b", operand: "16b"},
	"MLA":    {code: 0x4ea09400, sources: 2, result: "4s", operand: "4s"},
	"FSQRT":  {code: 0x6ea1f800, sources: 1},
	"FABS":   {code: 0x4ea0f800, sources: 1},
	"FNEG":   {code: 0x6ea0f800, sources: 1},
	"FRINTM": {code: 0x4e219800, sources: 1},
	"FRINTZ": {code: 0x4ea19800, sources: 1},
	"SCVTF":  {code: 0x4e21d800, sources: 1},
	"MVN":    {code: 0x6e205800, sources: 1, result: "16b", operand: "16b"},
	"FCVTLH": {code: 0x0e217800, sources: 1, result: "4s", operand: "4h"},
	"FCVTL":  {code: 0x0e617800, sources: 1, result: "2d", operand: "2s"},
	"FCVTN":  {code: 0x0e616800, sources: 1, result: "2s", operand: "2d"},
	"SXTLB":  {code: 0x0f08a400, sources: 1, result: "8h", operand: "8b"},
	"SXTLH":  {code: 0x0f10a400, sources: 1, result: "4s", operand: "4h"},
	"SSHR":   {code: 0x4f000400, sources: 1, shift: true},
}

// assembled is an instruction's name as LLVM has it: letters that tell
// arrangements apart are ours.
func assembled(name string) string {
	switch name {
	case "FCVTLH":
		return "fcvtl"
	case "SXTLB", "SXTLH":
		return "sxtl"
	}
	return strings.ToLower(name)
}

// word writes an encoding with the instruction beside it.
func (w *writer) word(code uint32, format string, args ...any) {
	w.Func.Ins("WORD", fmt.Sprintf("$%#08x /* %s */", code, fmt.Sprintf(format, args...)))
}

// lacking writes an instruction that the assembler lacks: operands are the
// sources in the order of the architecture's manual, a number before them where
// there is one, and then the result.
func (w *writer) lacking(name, arrangement string, operands []string) {
	in := instructions[name]
	code, result, source := in.code, in.result, in.operand
	if result == "" {
		result = map[string]string{"S4": "4s", "D2": "2d"}[arrangement]
		source = result
		if arrangement == "D2" && !in.shift {
			code |= wide
		}
	}
	number := 0
	if in.shift {
		number, operands = w.number(operands[0]), operands[1:]
		bits := map[string]int{"S4": 32, "D2": 64}[arrangement]
		if number < 1 || number > bits {
			panic(fmt.Sprintf("internal error: arm64: %s by %d", name, number))
		}
		code |= uint32(2*bits-number) << 16
	}
	if len(operands) != in.sources+1 || result == "" {
		panic(fmt.Sprintf("internal error: arm64: %s.%s of %v", name, arrangement, operands))
	}
	d := vectorOf(operands[in.sources])
	text := fmt.Sprintf("%s v%d.%s", assembled(name), d, result)
	for i, o := range operands[:in.sources] {
		v := vectorOf(o)
		code |= uint32(v) << []int{5, 16}[i]
		text += fmt.Sprintf(", v%d.%s", v, source)
	}
	if in.shift {
		text += fmt.Sprintf(", #%d", number)
	}
	w.word(code|uint32(d), "%s", text)
}

// number is that of an operand such as $31.
func (w *writer) number(operand string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(operand, "$"))
	if err != nil {
		panic("internal error: arm64: no number: " + operand)
	}
	return n
}

// vectorOf is the register of an operand such as V7.
func vectorOf(operand string) V {
	n, err := strconv.Atoi(strings.TrimPrefix(operand, "V"))
	if err != nil {
		panic("internal error: arm64: no vector register: " + operand)
	}
	return V(n).checked()
}

// byElement writes acc += a·x[lane], or a = b·x[lane].
func (w *writer) byElement(single, double uint32, name string, acc, a, x V, lane int) {
	if lane < 0 || lane >= w.lanes() {
		panic(fmt.Sprintf("internal error: arm64: lane %d of %d", lane, w.lanes()))
	}
	code, arrangement, element := single|uint32(lane&1)<<21|uint32(lane>>1)<<11, "4s", "s"
	if w.double {
		code, arrangement, element = double|uint32(lane)<<11, "2d", "d"
	}
	code |= uint32(x.checked())<<16 | uint32(a.checked())<<5 | uint32(acc.checked())
	w.word(code, "%s v%d.%s, v%d.%[3]s, v%[5]d.%[6]s[%[7]d]", name, acc, arrangement, a, x, element, lane)
}

// fmlaElement is acc += a·x[lane], rounded once.
func (w *writer) fmlaElement(acc, a, x V, lane int) {
	w.byElement(0x4f801000, 0x4fc01000, "fmla", acc, a, x, lane)
}

// fmulElement is dst = a·x[lane].
func (w *writer) fmulElement(dst, a, x V, lane int) {
	w.byElement(0x4f809000, 0x4fc09000, "fmul", dst, a, x, lane)
}

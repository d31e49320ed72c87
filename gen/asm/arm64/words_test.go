package arm64

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
)

// published are encodings of the manual, with registers 0, 1 and 2, as LLVM
// assembles them.
const published = `
4e22d420 fadd v0.4s, v1.4s, v2.4s
4e62d420 fadd v0.2d, v1.2d, v2.2d
4ea2d420 fsub v0.4s, v1.4s, v2.4s
4ea29420 mla v0.4s, v1.4s, v2.4s
4ee2d420 fsub v0.2d, v1.2d, v2.2d
6e22dc20 fmul v0.4s, v1.4s, v2.4s
6e62dc20 fmul v0.2d, v1.2d, v2.2d
6e22fc20 fdiv v0.4s, v1.4s, v2.4s
6e62fc20 fdiv v0.2d, v1.2d, v2.2d
4e22f420 fmax v0.4s, v1.4s, v2.4s
4e62f420 fmax v0.2d, v1.2d, v2.2d
4ea2f420 fmin v0.4s, v1.4s, v2.4s
4ee2f420 fmin v0.2d, v1.2d, v2.2d
6ea2e420 fcmgt v0.4s, v1.4s, v2.4s
6ee2e420 fcmgt v0.2d, v1.2d, v2.2d
6e22e420 fcmge v0.4s, v1.4s, v2.4s
6e62e420 fcmge v0.2d, v1.2d, v2.2d
4e22e420 fcmeq v0.4s, v1.4s, v2.4s
4e62e420 fcmeq v0.2d, v1.2d, v2.2d
6e22d420 faddp v0.4s, v1.4s, v2.4s
6e62d420 faddp v0.2d, v1.2d, v2.2d
6ea1f820 fsqrt v0.4s, v1.4s
6ee1f820 fsqrt v0.2d, v1.2d
4ea0f820 fabs v0.4s, v1.4s
4ee0f820 fabs v0.2d, v1.2d
6ea0f820 fneg v0.4s, v1.4s
6ee0f820 fneg v0.2d, v1.2d
4e219820 frintm v0.4s, v1.4s
4e619820 frintm v0.2d, v1.2d
4ea19820 frintz v0.4s, v1.4s
4ee19820 frintz v0.2d, v1.2d
4e21d820 scvtf v0.4s, v1.4s
4e61d820 scvtf v0.2d, v1.2d
4f821020 fmla v0.4s, v1.4s, v2.s[0]
4f829020 fmul v0.4s, v1.4s, v2.s[0]
4fc21020 fmla v0.2d, v1.2d, v2.d[0]
4fc29020 fmul v0.2d, v1.2d, v2.d[0]
4f210420 sshr v0.4s, v1.4s, #31
0e217820 fcvtl v0.4s, v1.4h
0e617820 fcvtl v0.2d, v1.2s
0e616820 fcvtn v0.2s, v1.2d
0f08a420 sxtl v0.8h, v1.8b
0f10a420 sxtl v0.4s, v1.4h
4e621c20 bic v0.16b, v1.16b, v2.16b
6e205820 mvn v0.16b, v1.16b
`

// each writes every instruction that the assembler lacks, with the registers and
// numbers that are given.
func each(registers func() V, number func(below int) int) string {
	w := newWriter("f", nil, "float32", true)
	for _, double := range []bool{false, true} {
		w.double = double
		for name, in := range instructions {
			var operands []string
			if in.shift {
				operands = append(operands, fmt.Sprintf("$%d", 1+number(8*w.size())))
			}
			first := len(operands)
			for range in.sources + 1 {
				operands = append(operands, registers().String())
			}
			operands = append(operands[:first], append(operands[first+1:], operands[first])...)
			if in.result == "" {
				name = w.op(name)
			}
			w.Ins(name, operands...)
		}
		d, n, m := registers(), registers(), registers()
		w.fmlaElement(d, n, m, number(w.lanes()))
		w.fmulElement(d, n, m, number(w.lanes()))
	}
	return w.Text()
}

// TestEncodings compares the encodings with those that are published.
func TestEncodings(t *testing.T) {
	w := newWriter("f", nil, "float32", true)
	for _, double := range []bool{false, true} {
		w.double = double
		for name, in := range instructions {
			operands := append([]string{"V1", "V2"}[:in.sources:in.sources], "V0")
			if in.shift {
				operands = append([]string{"$31"}, operands...)
			}
			if in.result == "" {
				name = w.op(name)
			}
			w.Ins(name, operands...)
		}
		w.fmlaElement(0, 1, 2, 0)
		w.fmulElement(0, 1, 2, 0)
	}
	words := asmtest.Words(w.Text()).Codes
	for line := range strings.Lines(strings.TrimSpace(published)) {
		require.Contains(t, words, strings.TrimSpace(line))
	}
	require.Len(t, words, strings.Count(published, "\n")-1+1) // and a shift of long lanes
}

// TestWords disassembles every instruction with random registers.
func TestWords(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for range 50 {
		text.WriteString(each(func() V { return V(r.IntN(32)) }, r.IntN))
	}
	words := asmtest.Words(text.String()).Codes
	require.Greater(t, len(words), 2500)
	asmtest.Disassembled(t, words)
}

// TestRefuses: registers that are not ours, lanes and numbers out of range are
// programmers' errors.
func TestRefuses(t *testing.T) {
	w := newWriter("f", nil, "float32", true)
	w.Args = []asm.Arg{{Name: "y", Type: "int"}}
	for name, f := range map[string]func(){
		"R18 is the operating system's": func() { w.move(18, 0) },
		"R27 is the assembler's":        func() { w.move(0, 27) },
		"R28 is the goroutine":          func() { w.advance(28, 1) },
		"R29 is the frame pointer":      func() { w.load(29, 0, 0) },
		"R30 is the link register":      func() { w.pointer("y", 30) },
		"V32":                           func() { w.fmlaElement(0, 1, 32, 0) },
		"lane 4 of 4":                   func() { w.fmlaElement(0, 1, 2, 4) },
		"SSHR by 33":                    func() { w.Ins("SSHR.S4", "$33", "V0", "V1") },
		"FADD.S4 of [V0 V1]":            func() { w.Ins("FADD.S4", "V0", "V1") },
		"no vector register: R1":        func() { w.Ins("FADD.S4", "R1", "V1", "V2") },
	} {
		require.PanicsWithValue(t, "internal error: arm64: "+name, f)
	}
}

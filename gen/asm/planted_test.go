//go:build linux

package asm_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/target"
)

// The encodings of a multiply-add by element, without lane and registers, of the
// product alone, and of a sum.
const (
	fmla, fmul, fadd = 0x4f801000, 0x4f809000, 0x4e20d400
	lowLane, product = 1 << 21, 31
)

// change replaces one word of assembly, the last of a kind.
func change(t *testing.T, assembly string, is func(code uint32) bool, by func(code uint32) []uint32) string {
	words := regexp.MustCompile(`WORD \$0x([0-9a-f]{8}) /\*.*?\*/`).FindAllStringSubmatchIndex(assembly, -1)
	for i := len(words) - 1; i >= 0; i-- {
		code, err := strconv.ParseUint(assembly[words[i][2]:words[i][3]], 16, 32)
		require.NoError(t, err)
		if is(uint32(code)) {
			text := ""
			for _, c := range by(uint32(code)) {
				text += fmt.Sprintf("WORD $0x%08x; ", c)
			}
			return assembly[:words[i][0]] + text[:len(text)-2] + assembly[words[i][1]:]
		}
	}
	t.Fatal("there is no such word")
	return ""
}

// isMultiplyAdd recognises a multiply-add by element.
func isMultiplyAdd(code uint32) bool { return code&0xffc0f400 == fmla }

// planted are faults of kernels for arm64.
var planted = map[string]func(t *testing.T, assembly string) string{
	"an unfused product": func(t *testing.T, assembly string) string {
		return change(t, assembly, isMultiplyAdd, func(code uint32) []uint32 {
			sum := code & 31
			return []uint32{code&^(fmla|31) | fmul | product, fadd | product<<16 | sum<<5 | sum}
		})
	},
	"a wrong lane": func(t *testing.T, assembly string) string {
		return change(t, assembly, isMultiplyAdd, func(code uint32) []uint32 { return []uint32{code ^ lowLane} })
	},
	"a wrong store": func(t *testing.T, assembly string) string {
		stores := regexp.MustCompile(`FMOVQ F\d+, (\d*\(R0\))`)
		at := stores.FindStringSubmatchIndex(assembly)
		require.NotNil(t, at)
		return assembly[:at[0]] + "FMOVQ F28, " + assembly[at[2]:]
	},
}

// TestPlanted: the guard tests find faults in kernels for arm64, each in a layer
// for one sample and in one for rows.
func TestPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	tg := target.ByName("neon")
	present(t, tg)
	cases := map[string]func(s *suite){
		"MatVec": func(s *suite) { s.matVec(20, 37, matVecForm{bias: true}).done() },
		"MatMul": func(s *suite) {
			for turn := range 4 {
				s.matMul(16, 37, turn, matMulForm{chains: 1, bias: true})
			}
		},
	}
	for name, run := range cases {
		s := newSuite(t, tg, "float32", true)
		run(s)
		require.Empty(t, s.run(), name)
		for what, plant := range planted {
			s := newSuite(t, tg, "float32", true)
			s.plant = func(assembly string) string { return plant(t, assembly) }
			run(s)
			require.NotEmpty(t, s.run(), "%s: nobody noticed %s", name, what)
		}
	}
}

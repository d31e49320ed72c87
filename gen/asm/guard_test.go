//go:build linux

package asm_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/target"
)

var allSizes = flag.Bool("sizes", false, "TestGuards takes all 64×64 sizes of a layer, and all numbers up to 130 (minutes)")

// Numbers of inputs and outputs: all of the first ones, and with flags all of the
// others, of which a run takes a tenth.
const (
	allOf, mostOf = 64, 130
	tenth         = (mostOf - allOf + 9) / 10
)

// The memory a kernel may touch:
//
//   - Inputs, results and their rows: their elements, and nothing between rows
//     or beyond the last.
//   - Weights and whatever is stored like them: panels of 16 outputs and a last
//     one of 8 or 16, of as many rows as there are inputs. The lanes beyond the
//     outputs are read and written, but what they hold reaches no result.
//   - Biases: as many as fill panels of 16; the same holds for the lanes.
//   - Element-wise updates: whole vectors, as the padding of parameters allows.
//   - The list of inputs that are not zero: a vector of numbers more than x has
//     elements.

// TestGuards runs every kernel with every number of inputs and of outputs from
// 1 to 64, hence all tails, and with some up to 130, with each operand between pages that cannot be
// touched: once it ends where the page behind begins, once it begins where the
// page before ends. Results equal the reference bit for bit.
func TestGuards(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles thousands of kernels")
	}
	for i := range target.Targets {
		tg := &target.Targets[i]
		for _, elem := range []string{"float32", "float64"} {
			for _, fused := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/fused=%v", tg.Name, elem, fused), func(t *testing.T) {
					present(t, tg)
					if under, _ := asmtest.Under(tg.Arch); under != nil && !*asmtest.All && fused != (elem == "float32") {
						t.Skip("emulation takes its time: -emulated runs it")
					}
					for _, kind := range kinds {
						if kind.once && !fused || kind.name == "Mix" && tg.Mix == nil {
							continue
						}
						t.Run(kind.name, func(t *testing.T) {
							s := newSuite(t, tg, elem, fused)
							kind.cases(s)
							require.Empty(t, s.run())
							require.GreaterOrEqual(t, s.calls, 64)
							t.Logf("%d kernels, %d cases", s.kernels, s.calls)
						})
					}
				})
			}
		}
	}
}

// kinds are the kernels of a target.
var kinds = []struct {
	name  string
	once  bool // no rounding of products
	cases func(s *suite)
}{
	{"MatVec", false, matVecCases},
	{"MatMul", false, matMulCases},
	{"Convolve", false, convolveCases},
	{"Tiles", true, tilesCases},
	{"MaxGradient", true, maxGradientCases},
	{"FilterGradient", false, filterGradientCases},
	{"GradInput", false, gradInputCases},
	{"Narrow", true, narrowCases},
	{"GradWeight", false, gradWeightCases},
	{"RankOne", false, rankOneCases},
	{"NonZero", true, nonZeroCases},
	{"Map", true, mapCases},
	{"Mix", true, mixCases},
	{"Update", true, updateCases},
}

// TestGuardsNotice: operands that are too short are found at either end.
func TestGuardsNotice(t *testing.T) {
	tg := target.ByName("avx2")
	present(t, tg)
	s := newSuite(t, tg, "float32", true)
	for _, short := range []string{"x", "y", "w", "none"} {
		c := s.matVec(20, 9, matVecForm{})
		for i := range c.arrays {
			if a := c.arrays[i]; a.name == short {
				a.before, a.after, a.free = a.before[:len(a.before)-1], a.after[:len(a.after)-1], a.free[:len(a.free)-1]
			}
		}
		c.name = short
		c.done()
	}
	c := s.matVec(20, 9, matVecForm{})
	c.name, c.arrays[0].after[3] = "result", 1
	c.done()
	found := s.run()
	for _, want := range []string{
		`x: guard after: touched byte 32 of the 32 of operand x`, `x: guard before: operand y: element`,
		`y: guard after: touched byte 76 of the 76 of operand y`, `y: guard before: operand y: byte 76 of 76 was written`,
		`w: guard after: touched byte 572 of the 572 of operand w`,
		`result: guard after: operand y: element 3 of 20`, `result: guard before: operand y: element 3 of 20`,
	} {
		require.Contains(t, found, want)
	}
	require.NotContains(t, found, "none:")
}

// present skips the test where neither the machine nor an emulator has the
// instruction set.
func present(t testing.TB, tg *target.Target) {
	if asmtest.Need(t, tg.Arch); tg.Arch != "amd64" {
		return // every processor has it
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	require.NoError(t, err)
	name := map[string]string{"avx512": "avx512f"}[tg.Name]
	if name == "" {
		name = tg.Name
	}
	if !strings.Contains(string(info)+" ", " "+name+" ") {
		t.Skip("needs " + tg.Name)
	}
}

// sizes are numbers of outputs and inputs: every one from 1 to 64 of each, in
// an order of its own for every turn, or with -sizes all pairs; then some up to
// 130, or with -sizes or -emulated every one. Tests of vectors alone take the
// outputs.
func sizes(turn int) (pairs [][2]int) {
	for i := range allOf {
		if !*allSizes {
			pairs = append(pairs, [2]int{i + 1, (i*(2*turn+5)+11*turn)%allOf + 1})
			continue
		}
		for j := range allOf {
			pairs = append(pairs, [2]int{i + 1, j + 1})
		}
	}
	rng := rand.New(rand.NewPCG(3, uint64(turn)))
	outs, ins := rng.Perm(mostOf-allOf), rng.Perm(mostOf-allOf)
	if !*allSizes && !*asmtest.All {
		outs = outs[:tenth]
	}
	for i, n := range outs {
		pairs = append(pairs, [2]int{allOf + 1 + n, allOf + 1 + ins[i]})
	}
	return pairs
}

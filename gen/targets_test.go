package gen_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/spec"
)

// TestForMachine: what runs here alone has the instruction sets of this machine.
func TestForMachine(t *testing.T) {
	simd := func(arch string, words ...string) []string {
		net := &spec.Network{Codegen: spec.Codegen{SIMD: words}}
		defer func() { require.Equal(t, words, net.Codegen.SIMD) }()
		return gen.ForMachine(net, arch).Codegen.SIMD
	}
	require.Equal(t, []string{"neon"}, simd("arm64", "auto"))
	require.Equal(t, []string{"auto"}, simd("amd64", "auto"))
	require.Equal(t, []string{"auto"}, simd("s390x", "auto"))
	require.Equal(t, []string{"none"}, simd("arm64", "none"))
	require.Equal(t, []string{"avx2"}, simd("arm64", "avx2"))
}

// TestInstructionSets: the language names the instruction sets there are, and
// no others. Those that this machine lacks and nothing emulates are skipped by
// name, which is what CI says in its last lines.
func TestInstructionSets(t *testing.T) {
	codegen := spec.Sections()["codegen"]
	i := slices.IndexFunc(codegen, func(p spec.Param) bool { return p.Name == "simd" })
	words := []string{"auto", "none", "all"}
	for _, tg := range target.Targets {
		words = append(words, tg.Name)
		t.Run(tg.Name, func(t *testing.T) {
			if _, emulated := asmtest.Under(tg.Arch); !hasPath(tg.Name) && (tg.Arch == runtime.GOARCH || !emulated) {
				t.Skipf("this machine lacks %s: %s", tg.Name, tg.Doc)
			}
		})
	}
	require.ElementsMatch(t, words, codegen[i].Enum)
}

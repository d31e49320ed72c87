package gen_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/spec"
)

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

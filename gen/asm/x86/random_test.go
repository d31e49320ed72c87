package x86_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/asm/x86"
)

var functionsFlag = flag.Uint64("functions", 50, "number of random functions of each element type in TestRandom; 500 take a minute")

// TestRandom runs random functions as assembly.
func TestRandom(t *testing.T) {
	for _, s := range []struct {
		*x86.ISA
		name, flag string // and what Linux calls it
	}{{x86.AVX2, "avx2", "avx2"}, {x86.AVX512, "avx512", "avx512dq"}} {
		t.Run(s.name, func(t *testing.T) {
			if info, err := os.ReadFile("/proc/cpuinfo"); err == nil && !strings.Contains(string(info), " "+s.flag+" ") {
				t.Skip("needs " + s.name)
			}
			asmtest.Random(t, "amd64", s.Masks(), 32, s.Form, *functionsFlag)
		})
	}
}

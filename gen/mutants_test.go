package gen_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var allMutants = flag.Bool("mutants", false, "TestMutants plants every fault, not the first two (minutes)")

// compilerMutants are faults of the compiler's back, and the test that must find
// each: in a file, old, which it has once, becomes new.
var compilerMutants = []struct{ file, old, new, pkg, test string }{
	// Kernels: the first two are a fault in the renaming of operands and one in the
	// composition of epilogues.
	{"kernel/key.go", `fmt.Sprint(kind, len(names))`, `fmt.Sprint(kind, 0*len(names))`, "kernel", "TestKeys"},
	{"kernel/compose.go", `fmt.Sprintf("v%d_%s", i, a.Name)`, `fmt.Sprintf("v%d_%s", 0*i, a.Name)`, "kernel", "TestCompose"},
	{"kernel/compose.go", `Leaf(i + 1)`, `Leaf(0*i + 1)`, "kernel", "TestCompose"},
	{"kernel/key.go", `names[l] = Leaf(i)`, `names[l] = Leaf(0 * i)`, "kernel", "TestKeys"},
	{"kernel/interpret.go", `at.row*k.Out.RowStride`, `at.row*k.Out.PosStride`, "kernel", "TestEveryFieldCounts"},
	{"kernel/rows.go", `sizes[i]++`, `sizes[0*i]++`, "asm", "TestGuards/avx2/float32/fused=true/Convolve"},
	// The schedules, and where weights lie.
	{"schedule/schedule.go", `c*outputs*2 <= parallel`, `c*outputs*2 < parallel`, "schedule", "TestGolden"},
	{"schedule/schedule.go", `length >= 2*c*minTerms`, `length > 2*c*minTerms`, "schedule", "TestGolden"},
	{"calls/gradients.go", `return &Groups{Rest: panels, Left: outputs}`, `return &Groups{Rest: panels, Left: outputs - 1}`, "calls", "TestPanels"},
	{"calls/gradients.go", `outputs-full*schedule.Panel`, `outputs-full*schedule.Panel+1`, "calls", "TestPanels"},
	{"calls/convolution.go", `Y: k.Out.Base + i*k.Out.RowStride`, `Y: k.Out.Base + i*k.Out.PosStride`, "asm", "TestGuards/avx2/float32/fused=true/Convolve"},
	{"plan/layout.go", `row*l.Tail+lane)*l.Group`, `row*l.Tail+lane/2)*l.Group`, "plan", "TestIndexIsABijection"},
	// Vector programs.
	{"vector/allocate.go", `if readers[r] == 0 && !r.Kept`, `if readers[r] == 0`, "vector", "TestAllocate"},
	{"vector/code.go", `twins[r] = r`, `twins[r] = &Register{}`, "vector", "TestTwice"},
	// Printers.
	{"golang/source/layout.go", `fmt.Sprint(n % schedule.Panel)`, `fmt.Sprint(n % (schedule.Panel - 1))`, "golang/source", "TestLayoutText"},
	{"golang/loops/outputs.go", `c == 0 && init != ""`, `init != ""`, "", "TestRandomNetworks"},
	{"asm/x86/matvec.go", `min(m.lanes(), rest-v)`, `m.lanes()`, "asm", "TestGuards/avx2/float32/fused=true/MatVec"},
	{"asm/x86/convolve.go", `const unordered = "$3"`, `const unordered = "$0"`, "asm", "TestGuards/avx2/float32/fused=true/Convolve"},
	{"asm/x86/gradfilters.go", `m.pairs(c, 1, longer*(size+1), size, parts-longer)`, `m.pairs(c, 1, longer*size, size, parts-longer)`, "asm", "TestGuards/avx2/float32/fused=true/FilterGradient"},
	{"asm/arm64/convolveterms.go", `(tap.Weight - m.taps[0].Weight)`, `tap.Weight`, "asm", "TestGuards/neon/float32/fused=true/Convolve"},
	{"asm/arm64/words.go", `"FADD":   {code: 0x4e20d400`, `"FADD":   {code: 0x4ea0d400`, "asm/arm64", "TestEncodings"},
}

// TestMutants: a fault in a kernel, in a schedule or in a printer is found by a test
// beside it.
func TestMutants(t *testing.T) {
	for _, m := range compilerMutants {
		source, err := os.ReadFile(filepath.FromSlash(m.file))
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(source), m.old), "%s has not once %s", m.file, m.old)
	}
	if testing.Short() {
		t.Skip("compiles")
	}
	planted := compilerMutants
	if !*allMutants {
		planted = planted[:2]
	}
	for _, m := range planted {
		t.Run(m.file, func(t *testing.T) {
			dir := t.TempDir()
			path, err := filepath.Abs(filepath.FromSlash(m.file))
			require.NoError(t, err)
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			write := func(name string, data []byte) string {
				file := filepath.Join(dir, name)
				require.NoError(t, os.WriteFile(file, data, 0o644))
				return file
			}
			replaced, err := json.Marshal(map[string]map[string]string{"Replace": {
				path: write("mutant.go", []byte(strings.Replace(string(source), m.old, m.new, 1))),
			}})
			require.NoError(t, err)
			program := filepath.Join(dir, "test")
			build := exec.Command("go", "test", "-c", "-overlay", write("overlay.json", replaced), "-o", program, "./"+m.pkg)
			out, err := build.CombinedOutput()
			require.NoError(t, err, "the mutant does not compile: %s", out)
			run := exec.Command(program, "-test.run", "^"+strings.ReplaceAll(m.test, "/", "$/^")+"$", "-test.v")
			run.Dir = filepath.FromSlash(m.pkg)
			out, err = run.CombinedOutput()
			if err == nil && strings.Contains(string(out), "--- SKIP: ") {
				t.Skip("needs what this machine lacks: ", m.test)
			}
			require.Error(t, err, "nobody noticed %s in the place of %s", m.new, m.old)
			top, _, _ := strings.Cut(m.test, "/")
			require.True(t, strings.Contains(string(out), "--- FAIL: "+top) || strings.Contains(string(out), "panic: "), "%s", firstLines(string(out), 20))
		})
	}
}

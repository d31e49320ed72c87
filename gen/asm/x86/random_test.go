package x86_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/vector"
	"github.com/nngen-go/nngen/gen/vector/portable"
	"github.com/nngen-go/nngen/gen/vector/vectortest"
)

var functionsFlag = flag.Uint64("functions", 50, "number of random functions of each element type in TestRandom; 500 take a minute")

// TestRandom runs random functions as assembly and as portable Go; both equal
// what the form means, bit for bit.
func TestRandom(t *testing.T) {
	for _, s := range isas {
		t.Run(s.name, func(t *testing.T) {
			present(t, s)
			dir := t.TempDir()
			copyRuntime(t, dir)
			var functions []*vector.Function
			var text, stubs, rows strings.Builder
			var kernels []*asm.Func
			for _, bytes := range []int{4, 8} {
				in := vectortest.Inputs(bytes)
				for seed := range *functionsFlag {
					f := vectortest.Function(seed, bytes)
					p := f.Program()
					fn, ok := s.Form(fmt.Sprintf("f%d_%d", seed, bytes), p, bytes == 8)
					if !ok { // too many values at once
						continue
					}
					functions = append(functions, f)
					kernels = append(kernels, fn)
					text.WriteString("\n" + fn.Text())
					stubs.WriteString(fn.Stub() + "\n\n")
					fmt.Fprintf(&rows, "\tcheck%d(%q, %s, nnrt.%[2]s, []uint64{", 8*bytes, f.Name, fn.Name)
					for i := range in {
						b := in[(i*7+int(seed))%len(in)]
						fmt.Fprintf(&rows, "%#x, %#x, %#x, ", in[i], b, p.Eval(in[i], b)[0])
					}
					rows.WriteString("})\n")
				}
			}
			require.Greater(t, len(functions), int(*functionsFlag*3/2))
			source, err := portable.File("// Test.", functions)
			require.NoError(t, err)
			main, err := os.ReadFile("testdata/random.go.txt")
			require.NoError(t, err)
			for name, data := range map[string]string{
				"go.mod": "module test\n\ngo 1.26\n", "nnrt/random.go": string(source), "main.go": string(main),
				"rows.go":         "package main\n\nimport \"test/nnrt\"\n\n" + stubs.String() + "func rows() {\n" + rows.String() + "}\n",
				"kernels_amd64.s": "#include \"textflag.h\"\n\n" + s.Masks() + asm.Constants(kernels...) + text.String(),
			} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644))
			}
			cmd := exec.Command("go", "run", ".")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

package x86_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/x86"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	nngenruntime "github.com/nngen-go/nngen/runtime"
)

// isa is an instruction set and what Linux calls it.
type isa struct {
	*x86.ISA
	name, flag string
}

var isas = []*isa{{x86.AVX2, "avx2", "avx2"}, {x86.AVX512, "avx512", "avx512dq"}}

// function is a formula, what package nnrt calls it and what computes it in
// package math.
type function struct {
	formula, portable, math string
	bits                    string // of the element types
}

var functions = []function{
	{"exp(a)", "Exp%d(a)", "math.Exp(a)", "32 64"},
	{"expm1(a)", "Expm1%d(a)", "math.Expm1(a)", "32 64"},
	{"tanh(a)", "Tanh%d(a)", "math.Tanh(a)", "32 64"},
	{"sigmoid(a)", "Sigmoid%d(a)", "1 / (1 + math.Exp(-a))", "32 64"},
	{"log(a)", "Log%d(a)", "math.Log(a)", "32 64"},
	{"log1p(a)", "Log1p%d(a)", "math.Log1p(a)", "32 64"},
	{"erf(a)", "Erf%d(a)", "math.Erf(a)", "32 64"},
	{"pow(a,b)", "Pow%d(a, b)", "math.Pow(a, b)", "32 64"},
	{"pow(a,1.5)", "Pow%d(a, 1.5)", "math.Pow(a, 1.5)", "32 64"},
	{"pow(0.75,a)", "Pow%d(0.75, a)", "math.Pow(0.75, a)", "32 64"},
	{"floor(a)", "Floor%d(a)", "math.Floor(a)", "64"},
	{"sqrt(a)", "Sqrt%d(a)", "math.Sqrt(a)", "32 64"},
	{"abs(a)", "Abs%d(a)", "math.Abs(a)", "32 64"},
	{"min(a,b)", "Min%d(a, b)", "min(a, b)", "32 64"},
	{"max(a,b)", "Max%d(a, b)", "max(a, b)", "32 64"},
	{"max(1,a)", "Max%d(1, a)", "max(1, a)", "32 64"},
}

// kernel is the assembly of the function and its row in the program's table.
func (f *function) kernel(t testing.TB, s *isa, name string, bits int) (fn *asm.Func, row string) {
	typ := fmt.Sprintf("*[n]float%d", bits)
	k := &kernel.Map{Name: name, Double: bits == 64, Prog: expr.One("y", expr.MustParseNode(f.formula)), Result: "y", YType: typ}
	args := "y"
	for _, leaf := range k.Prog.Leaves() {
		k.Ins = append(k.Ins, kernel.MapOperand{Leaf: leaf, Arg: leaf, Type: typ})
		args += ", " + leaf
	}
	fn, ok := s.Map(k)
	require.True(t, ok, "%s in float%d has no vector form", f.formula, bits)
	portable := fmt.Sprintf(f.portable, bits)
	row = fmt.Sprintf("{%q, func(y, a, b %s) { %s(%s, len(y), 1, 0) }, func(a, b float%d) float%[5]d { return nnrt.%[6]s }, func(a, b float64) float64 { return %[7]s }},\n",
		f.formula, typ, name, args, bits, portable, f.math)
	return fn, row
}

// present skips where the processor lacks the instructions.
func present(t testing.TB, s *isa) {
	if runtime.GOARCH != "amd64" {
		t.Skip("needs amd64")
	}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil && !strings.Contains(string(info), " "+s.flag+" ") {
		t.Skip("needs " + s.name)
	}
}

// copyRuntime copies package nnrt into a folder of the module.
func copyRuntime(t testing.TB, dir string) {
	require.NoError(t, os.Mkdir(filepath.Join(dir, "nnrt"), 0o755))
	entries, err := fs.ReadDir(nngenruntime.Source, "nnrt")
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			data, err := fs.ReadFile(nngenruntime.Source, "nnrt/"+e.Name())
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "nnrt", e.Name()), data, 0o644))
		}
	}
}

// build compiles testdata/functions.go.txt with the assembly of every function.
func build(t testing.TB, s *isa) (program string) {
	present(t, s)
	dir := t.TempDir()
	write := func(name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	copyRuntime(t, dir)
	var text, stubs strings.Builder
	var kernels []*asm.Func
	stubs.WriteString("package main\n\nimport (\n\t\"math\"\n\n\t\"test/nnrt\"\n)\n\n")
	for _, bits := range []int{32, 64} {
		var rows, decls strings.Builder
		for i, f := range functions {
			if !strings.Contains(f.bits, strconv.Itoa(bits)) {
				continue
			}
			fn, row := f.kernel(t, s, fmt.Sprintf("function%dFloat%d", i, bits), bits)
			kernels = append(kernels, fn)
			text.WriteString("\n" + fn.Text())
			decls.WriteString(fn.Stub() + "\n\n")
			rows.WriteString("\t" + row)
		}
		fmt.Fprintf(&stubs, "%svar functions%d = []function%[2]d{\n%[3]s}\n\n", decls.String(), bits, rows.String())
	}
	main, err := os.ReadFile("testdata/functions.go.txt")
	require.NoError(t, err)
	write("main.go", main)
	write("kernels.go", []byte(stubs.String()))
	write("kernels_amd64.s", []byte("#include \"textflag.h\"\n\n"+s.Masks()+asm.Constants(kernels...)+text.String()))
	write("go.mod", []byte("module test\n\ngo 1.26\n"))
	program = filepath.Join(dir, "functions")
	for _, args := range [][]string{{"vet", "."}, {"build", "-o", program, "."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return program
}

// TestFunctions compares the assembly of every function with the portable
// one, bit for bit.
func TestFunctions(t *testing.T) {
	for _, s := range isas {
		t.Run(s.name, func(t *testing.T) {
			out, err := exec.Command(build(t, s)).CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

// BenchmarkFunctions measures the assembly, the portable function and package
// math's float64 function in the same run, in ns per element.
func BenchmarkFunctions(b *testing.B) {
	for _, s := range isas {
		b.Run(s.name, func(b *testing.B) { benchmarkFunctions(b, s) })
	}
}

func benchmarkFunctions(b *testing.B, s *isa) {
	program := build(b, s)
	out, err := exec.Command(program, "bench").CombinedOutput()
	require.NoError(b, err, "%s", out)
	for line := range strings.Lines(string(out)) {
		w := strings.Fields(line)
		require.Len(b, w, 5, line)
		b.Run(w[1]+"/"+w[0], func(b *testing.B) {
			var v [3]float64
			for i := range v {
				var err error
				v[i], err = strconv.ParseFloat(w[2+i], 64)
				require.NoError(b, err)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(v[0], "assembly-ns")
			b.ReportMetric(v[1], "portable-ns")
			b.ReportMetric(v[2], "math-ns")
			b.ReportMetric(v[2]/v[0], "times")
		})
	}
}

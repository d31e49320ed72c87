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

// function is an operation, what package nnrt calls it and what computes it
// in package math.
type function struct {
	op   expr.Op
	name string
	math string
	bits string // of the element types
}

var functions = []function{
	{expr.OpExp, "Exp", "math.Exp(a)", "32 64"},
	{expr.OpExpm1, "Expm1", "math.Expm1(a)", "32 64"},
	{expr.OpTanh, "Tanh", "math.Tanh(a)", "32 64"},
	{expr.OpSigmoid, "Sigmoid", "1 / (1 + math.Exp(-a))", "32 64"},
	{expr.OpLog, "Log", "math.Log(a)", "32 64"},
	{expr.OpLog1p, "Log1p", "math.Log1p(a)", "32 64"},
	{expr.OpErf, "Erf", "math.Erf(a)", "32 64"},
	{expr.OpPow, "Pow", "math.Pow(a, b)", "32 64"},
	{expr.OpFloor, "Floor", "math.Floor(a)", "64"},
	{expr.OpSqrt, "Sqrt", "math.Sqrt(a)", "32 64"},
	{expr.OpAbs, "Abs", "math.Abs(a)", "32 64"},
	{expr.OpMin, "Min", "min(a, b)", "32 64"},
	{expr.OpMax, "Max", "max(a, b)", "32 64"},
}

func (f *function) binary() bool { return f.op >= expr.OpAdd }

// size is the length of the arrays in testdata/functions.go.txt.
const size = 1000*8 + 5

// kernel is the assembly of the function and its row in the program's table.
func (f *function) kernel(t testing.TB, double bool) (fn *asm.Func, row string) {
	bits := 32
	if double {
		bits = 64
	}
	typ := fmt.Sprintf("*[n]float%d", bits)
	x := &expr.Node{Op: f.op, Args: []*expr.Node{expr.L("a")}}
	names := "a"
	k := &kernel.Map{
		Name: fmt.Sprintf("asm%s%d", f.name, bits), Double: double, Size: size, Result: "y", YType: typ,
		Ins: []kernel.MapOperand{{Leaf: "a", Arg: "a", Type: typ}},
	}
	if f.binary() {
		x.Args = append(x.Args, expr.L("b"))
		k.Ins = append(k.Ins, kernel.MapOperand{Leaf: "b", Arg: "b", Type: typ})
		names = "a, b"
	}
	k.Prog = expr.One("y", x)
	fn, ok := x86.AVX2.Map(k)
	require.True(t, ok, "%s in float%d has no vector form", f.name, bits)
	row = fmt.Sprintf("{%q, func(y, a, b %s) { %s(y, %s) }, func(a, b float%d) float%[5]d { return nnrt.%[6]s%[5]d(%[7]s) }, func(a, b float64) float64 { return %[8]s }},\n",
		f.name, typ, k.Name, names, bits, f.name, names, f.math)
	return fn, row
}

// build compiles testdata/functions.go.txt with the assembly of every function.
func build(t testing.TB) (program string) {
	if runtime.GOARCH != "amd64" {
		t.Skip("needs amd64")
	}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil && !strings.Contains(string(info), " avx2 ") {
		t.Skip("needs AVX2")
	}
	dir := t.TempDir()
	write := func(name string, data []byte) {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, data, 0o644))
	}
	entries, err := fs.ReadDir(nngenruntime.Source, "nnrt")
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			data, err := fs.ReadFile(nngenruntime.Source, "nnrt/"+e.Name())
			require.NoError(t, err)
			write("nnrt/"+e.Name(), data)
		}
	}
	var text, stubs strings.Builder
	text.WriteString("#include \"textflag.h\"\n\n" + x86.AVX2.Masks())
	stubs.WriteString("package main\n\nimport (\n\t\"math\"\n\n\t\"test/nnrt\"\n)\n\n")
	for _, double := range []bool{false, true} {
		table := map[bool]string{false: "functions32 = []function32", true: "functions64 = []function64"}[double]
		var rows, decls strings.Builder
		for _, f := range functions {
			if !strings.Contains(f.bits, map[bool]string{false: "32", true: "64"}[double]) {
				continue
			}
			fn, row := f.kernel(t, double)
			text.WriteString("\n" + fn.Text())
			decls.WriteString(fn.Stub() + "\n\n")
			rows.WriteString("\t" + row)
		}
		fmt.Fprintf(&stubs, "%svar %s{\n%s}\n\n", decls.String(), table, rows.String())
	}
	main, err := os.ReadFile("testdata/functions.go.txt")
	require.NoError(t, err)
	write("main.go", main)
	write("kernels.go", []byte(stubs.String()))
	write("kernels_amd64.s", []byte(text.String()))
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
	out, err := exec.Command(build(t)).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// BenchmarkFunctions measures the assembly, the portable function and package
// math's float64 function in the same run, in ns per element.
func BenchmarkFunctions(b *testing.B) {
	program := build(b)
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

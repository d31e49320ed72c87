//go:build linux

package asm_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

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
	{"sin(a)", "Sin%d(a)", "math.Sin(a)", "32"},
	{"cos(a)", "Cos%d(a)", "math.Cos(a)", "32"},
	{"floor(a)", "Floor%d(a)", "math.Floor(a)", "64"},
	{"sqrt(a)", "Sqrt%d(a)", "math.Sqrt(a)", "32 64"},
	{"abs(a)", "Abs%d(a)", "math.Abs(a)", "32 64"},
	{"min(a,b)", "Min%d(a, b)", "min(a, b)", "32 64"},
	{"max(a,b)", "Max%d(a, b)", "max(a, b)", "32 64"},
	{"max(1,a)", "Max%d(1, a)", "max(1, a)", "32 64"},
}

// kernel is the assembly of the function and its row in the program's table, with
// it and without.
func (f *function) kernel(t testing.TB, s *target.Target, name string, bits int) (fn *asm.Func, row, none string) {
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
	format := "{%q, %s, func(a, b float%d) float%[3]d { return nnrt.%[4]s }, func(a, b float64) float64 { return %[5]s }},\n"
	call := fmt.Sprintf("func(y, a, b %s) { %s(%s, len(y), 1, 0) }", typ, name, args)
	return fn, fmt.Sprintf(format, f.formula, call, bits, portable, f.math), fmt.Sprintf(format, f.formula, "nil", bits, portable, f.math)
}

// build compiles testdata/functions.go.txt with the assembly of every function,
// and, for another machine than this one, the same without assembly for this one.
func build(t testing.TB, tg *target.Target) (program, portable string) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	asmtest.CopyRuntime(t, dir)
	var text, stubs, others strings.Builder
	var kernels []*asm.Func
	const head = "package main\n\nimport (\n\t\"math\"\n\n\t\"test/nnrt\"\n)\n\n"
	stubs.WriteString(head)
	others.WriteString("//go:build !" + tg.Arch + "\n\n" + head)
	for _, bits := range []int{32, 64} {
		var rows, decls, nones strings.Builder
		for i, f := range functions {
			if !strings.Contains(f.bits, strconv.Itoa(bits)) {
				continue
			}
			fn, row, none := f.kernel(t, tg, fmt.Sprintf("function%dFloat%d", i, bits), bits)
			kernels = append(kernels, fn)
			text.WriteString("\n" + fn.Text())
			decls.WriteString(fn.Stub() + "\n\n")
			rows.WriteString("\t" + row)
			nones.WriteString("\t" + none)
		}
		fmt.Fprintf(&stubs, "%svar functions%d = []function%[2]d{\n%[3]s}\n\n", decls.String(), bits, rows.String())
		fmt.Fprintf(&others, "var functions%d = []function%[1]d{\n%[2]s}\n\n", bits, nones.String())
	}
	main, err := os.ReadFile("testdata/functions.go.txt")
	require.NoError(t, err)
	write("main.go", main)
	write("kernels_"+tg.Arch+".go", []byte(stubs.String()))
	write("kernels_others.go", []byte(others.String()))
	write("kernels_"+tg.Arch+".s", []byte("#include \"textflag.h\"\n\n"+tg.NonZeroData+asm.Constants(kernels...)+text.String()))
	write("go.mod", []byte("module test\n\ngo 1.26\n"))
	if tg.Arch != runtime.GOARCH {
		portable = asmtest.Build(t, dir, runtime.GOARCH)
	}
	return asmtest.Build(t, dir, tg.Arch), portable
}

// emulatedArguments is how many arguments of a function are tried under emulation,
// as a power of two.
func emulatedArguments() string {
	if *asmtest.All {
		return "24"
	}
	return "14"
}

// TestFunctions compares the assembly of every function with the portable one, bit
// for bit: value by value, or, under emulation, hashes of the results with those of
// this machine.
func TestFunctions(t *testing.T) {
	for i := range target.Targets {
		tg := &target.Targets[i]
		t.Run(tg.Name, func(t *testing.T) {
			present(t, tg)
			under, _ := asmtest.Under(tg.Arch)
			program, portable := build(t, tg)
			if portable == "" {
				out, err := asmtest.Command(under, program).CombinedOutput()
				require.NoError(t, err, "%s", out)
				return
			}
			want, err := exec.Command(portable, "hash", emulatedArguments()).Output()
			require.NoError(t, err)
			got, err := asmtest.Command(under, program, "hash", emulatedArguments()).Output()
			require.NoError(t, err)
			lines := 0
			for _, f := range functions {
				lines += len(strings.Fields(f.bits))
			}
			require.Equal(t, lines, strings.Count(string(want), "\n"))
			require.Equal(t, string(want), string(got))
		})
	}
}

// BenchmarkFunctions measures the assembly, the portable function and package
// math's float64 function in the same run, in ns per element.
func BenchmarkFunctions(b *testing.B) {
	for i := range target.Targets {
		tg := &target.Targets[i]
		b.Run(tg.Name, func(b *testing.B) {
			present(b, tg)
			if tg.Arch != runtime.GOARCH {
				b.Skip("needs " + tg.Arch)
			}
			benchmarkFunctions(b, tg)
		})
	}
}

func benchmarkFunctions(b *testing.B, tg *target.Target) {
	program, _ := build(b, tg)
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

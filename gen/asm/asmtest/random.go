package asmtest

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/vector"
	"github.com/nngen-go/nngen/gen/vector/portable"
	"github.com/nngen-go/nngen/gen/vector/vectortest"
	"github.com/nngen-go/nngen/runtime"
)

//go:embed random.go.txt
var randomMain string

// Form prints a program of two vectors: y = p(a, b), one vector each. It reports
// false where the registers do not suffice.
type Form func(name string, p *vector.Program, double bool) (f *asm.Func, ok bool)

// Random runs n random functions of each element type as assembly of an
// architecture, whose vectors have some bytes and whose data stands before it, and
// as portable Go; both equal what the form means, bit for bit.
func Random(t testing.TB, arch, data string, bytes int, form Form, n uint64) {
	main := strings.Replace(randomMain, "const vector = 32", fmt.Sprint("const vector = ", bytes), 1)
	under := Need(t, arch)
	dir := t.TempDir()
	CopyRuntime(t, dir)
	var functions []*vector.Function
	var text, stubs, rows strings.Builder
	var kernels []*asm.Func
	for _, bytes := range []int{4, 8} {
		in := vectortest.Inputs(bytes)
		for seed := range n {
			f := vectortest.Function(seed, bytes)
			p := f.Program()
			fn, ok := form(fmt.Sprintf("f%d_%d", seed, bytes), p, bytes == 8)
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
	if len(functions) <= int(n*3/2) {
		t.Fatalf("%d functions of %d", len(functions), 2*n)
	}
	source, err := portable.File("// Test.", functions)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod": "module test\n\ngo 1.26\n", "nnrt/random.go": string(source), "main.go": main,
		"rows.go":                "package main\n\nimport \"test/nnrt\"\n\n" + stubs.String() + "func rows() {\n" + rows.String() + "}\n",
		"kernels_" + arch + ".s": "#include \"textflag.h\"\n\n" + data + asm.Constants(kernels...) + text.String(),
	} {
		write(t, filepath.Join(dir, name), text)
	}
	program := Build(t, dir, arch)
	if out, err := Command(under, program).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// Build vets and compiles the program in a folder.
func Build(t testing.TB, dir, arch string) (program string) {
	program = filepath.Join(dir, "program_"+arch)
	for _, args := range [][]string{{"vet", "."}, {"build", "-o", program, "."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), Env(arch)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", args[0], err, out)
		}
	}
	return program
}

// CopyRuntime copies package nnrt into a folder of the module.
func CopyRuntime(t testing.TB, dir string) {
	entries, err := fs.ReadDir(runtime.Source, "nnrt")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			data, err := fs.ReadFile(runtime.Source, "nnrt/"+e.Name())
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "nnrt", e.Name()), string(data))
		}
	}
}

func write(t testing.TB, file, text string) {
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

package gen_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
)

// oldCPUs are processors as qemu names them: without AVX, with AVX alone, and
// one with AVX2 but without FMA.
var oldCPUs = []string{"Westmere", "SandyBridge", "Haswell,-fma"}

// pathTest asks a generated package which path it runs on.
const pathTest = `package digits

import (
	"os"
	"testing"
)

func TestPath(t *testing.T) {
	if want := os.Getenv("WANT_PATH"); Path() != want {
		t.Errorf("the path is %s, expected %s", Path(), want)
	}
}
`

// TestOldCPU runs a generated package's own tests where there is no assembly
// for it: on emulated processors without AVX2 or FMA, where an instruction
// they lack would end the program; built with the tag purego; and with
// NNGEN_PATH.
func TestOldCPU(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	net, err := gen.Load("../golden/specs/digits.yaml")
	require.NoError(t, err)
	files, err := gen.Generate(net, gen.Options{Standalone: true})
	require.NoError(t, err)
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "path_test.go"), []byte(pathTest), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module test\n\ngo 1.26\n"), 0o644))
	goIn(t, dir, nil, "test", "-c", "-o", "plain", ".")
	goIn(t, dir, nil, "test", "-c", "-tags", "purego", "-o", "tagged", ".")
	run := func(want string, env []string, command ...string) {
		t.Helper()
		cmd := exec.Command(command[0], append(command[1:], "-test.short")...)
		cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "WANT_PATH="+want), env...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v\n%s", command, out)
	}
	for path := range pathFlags { // those of amd64, which the package has
		if hasPath(path) {
			run(path, []string{"NNGEN_PATH=" + path}, "./plain")
		}
	}
	run("purego", nil, "./tagged")
	run("purego", []string{"NNGEN_PATH=purego"}, "./plain")
	if runtime.GOARCH != "amd64" || runtime.GOOS != "linux" {
		return
	}
	emulator, err := exec.LookPath(qemu("x86_64"))
	if err != nil {
		t.Skip("without qemu there is no old processor: ", err)
	}
	for _, cpu := range oldCPUs {
		run("purego", nil, emulator, "-cpu", cpu, "./plain")
	}
	// One with AVX2 but without AVX-512.
	run("avx2", nil, emulator, "-cpu", "Haswell", "./plain")
	run("avx2", []string{"NNGEN_PATH=avx512"}, emulator, "-cpu", "Haswell", "./plain")
}

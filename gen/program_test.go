package gen_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// networkProgram compiles a program of testdata with a network, which it
// imports as test/network, in a module without requirements.
func networkProgram(t *testing.T, name, text, file string, edit func(main string) string) (program string) {
	net, err := spec.Decode(name+".yaml", []byte(text), op.Vocabulary())
	require.NoError(t, err)
	files, err := gen.Generate(net, gen.Options{Package: "network", Standalone: true})
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "network"), 0o755))
	for name, data := range files {
		write(filepath.Join("network", name), data)
	}
	main, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	if edit != nil {
		main = []byte(edit(string(main)))
	}
	write("main.go", main)
	write("go.mod", []byte("module test\n\ngo 1.26\n"))
	goIn(t, dir, nil, "build", "-o", "program", ".")
	return filepath.Join(dir, "program")
}

// goIn runs the go command in a folder.
func goIn(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0"), env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %v\n%s", args, out)
}

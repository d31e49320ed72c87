package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadme runs the README: its commands in a copy of the repository, its
// spec and program in a module of their own.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and trains")
	}
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	blocks := map[string][]string{}
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		blocks[m[1]] = append(blocks[m[1]], m[2])
	}
	require.Len(t, blocks["sh"], 3)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	weights := filepath.Join(t.TempDir(), "digits.safetensors")

	// The first command, with the weights written elsewhere.
	first := strings.Replace(strings.TrimSpace(blocks["sh"][0]), "--out digits.safetensors", "--out "+weights, 1)
	out := shell(t, root, first)
	require.Regexp(t, `accuracy +9[789]\.\d+ %`, out)
	require.Contains(t, out, "0 allocs/op")
	require.Regexp(t, `inference +\d+ ns per sample`, out)

	// The second runs this test; that its flags are right is enough.
	require.Equal(t, "go test -timeout 30m ./...", strings.TrimSpace(blocks["sh"][1]))
	shell(t, root, "go test -timeout 30m -run XXX ./runtime/...")

	// The spec and the program, in a module of their own.
	app := t.TempDir()
	write := func(name, data string) {
		require.NoError(t, os.WriteFile(filepath.Join(app, name), []byte(data), 0o644))
	}
	write("digits.yaml", blocks["yaml"][0])
	write("main.go", blocks["go"][0])
	for _, name := range []string{"go.mod", "go.sum"} { // the requirements, without network
		data, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		write(name, string(data))
	}
	shell(t, app, "go mod edit -module example.com/app -require github.com/nngen-go/nngen@v0.0.0 "+
		"-replace github.com/nngen-go/nngen="+root+" -tool github.com/nngen-go/nngen/cmd/nngen")
	shell(t, app, "go generate ./...")
	copied, err := os.ReadFile(weights)
	require.NoError(t, err)
	write("digits.safetensors", string(copied))
	require.Regexp(t, `^\d\n$`, shell(t, app, "go run ."))
	shell(t, app, "go test ./digits")
}

// shell runs a command line and returns what it printed.
func shell(t *testing.T, dir, line string) string {
	t.Helper()
	fields := strings.Fields(line)
	cmd := exec.Command(fields[0], fields[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", line, out)
	return string(out)
}

package main_test

import (
	"flag"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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

var fromNothing = flag.Bool("from-nothing", false, "TestReadmeCommands begins with nothing compiled")

// TestReadmeCommands runs the README's way from an empty folder to a trained
// network in a program, word for word: at most four commands, and at most 32 more lines of
// go.mod. What is got is this folder, by a replace directive, and other modules from the
// module cache.
func TestReadmeCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and trains")
	}
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	m := regexp.MustCompile("(?s)## Use it in your module.*?`go mod init (\\S+)`.*?\n```sh\n(.*?)```").FindStringSubmatch(string(text))
	require.NotNil(t, m)
	commands := strings.Split(strings.TrimSpace(m[2]), "\n")
	require.LessOrEqual(t, len(commands), 4)
	require.True(t, strings.HasPrefix(commands[0], "go get -tool "))

	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	require.NoError(t, err)
	if out, err := exec.Command("go", "mod", "download").CombinedOutput(); err != nil {
		t.Skipf("the modules are neither in the cache nor can be had: %s", out)
	}
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(strings.TrimSpace(string(cache)))+"/cache/download")
	t.Setenv("GOSUMDB", "off")
	t.Setenv("NNGEN_CACHE", t.TempDir())
	if *fromNothing {
		t.Setenv("GOCACHE", t.TempDir())
	}
	dir := filepath.Join(t.TempDir(), path.Base(m[1]))
	require.NoError(t, os.Mkdir(dir, 0o777))
	lines := func() int {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		require.NoError(t, err)
		return strings.Count(string(data), "\n")
	}
	run := func(command string) string {
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		begin := time.Now()
		out, err := cmd.CombinedOutput()
		t.Logf("%.1f s  %s", time.Since(begin).Seconds(), command)
		require.NoError(t, err, "%s\n%s", command, out)
		return string(out)
	}
	run("go mod init " + m[1] + " && go mod edit -replace github.com/nngen-go/nngen=" + root)
	before := lines()
	last := ""
	for i, command := range commands {
		last = run(command)
		if i == 0 {
			t.Logf("%d lines of go.mod", lines()-before)
			require.LessOrEqual(t, lines()-before, 32)
		}
	}
	require.Contains(t, last, "[0 0] is inside")
	require.NotContains(t, run("go test -v ."), "SKIP")
	run("go vet ./...")
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

package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTutorial runs docs/tutorial.md: files are written when their block is
// reached, commands run in their order. What is fetched comes from here.
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and trains")
	}
	text, err := os.ReadFile("../../docs/tutorial.md")
	require.NoError(t, err)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	l, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	page := &tutorial{T: t, root: root, dir: filepath.Join(t.TempDir(), "iris"), addr: l.Addr().String()}
	require.NoError(t, l.Close())
	require.NoError(t, os.Mkdir(page.dir, 0o777))
	for _, block := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		if block[1] != "sh" {
			name := strings.TrimSpace(strings.TrimLeft(strings.SplitN(block[2], "\n", 2)[0], "#/"))
			page.write(name, block[2])
			continue
		}
		for line := range strings.Lines(block[2]) {
			page.run(strings.ReplaceAll(strings.TrimSpace(line), "localhost:8080", page.addr))
		}
	}
	require.Equal(t, []string{"setosa", "virginica"}, page.labels)
	require.FileExists(t, filepath.Join(page.dir, "loss.svg"))
}

type tutorial struct {
	*testing.T
	root, dir, addr string
	service         *exec.Cmd
	labels          []string // that the service answered
}

func (p *tutorial) write(name, data string) {
	require.NoError(p, os.WriteFile(filepath.Join(p.dir, name), []byte(data), 0o644))
}

func (p *tutorial) copy(from, to string) {
	data, err := os.ReadFile(filepath.Join(p.root, from))
	require.NoError(p, err)
	p.write(to, string(data))
}

// run runs a line of the page.
func (p *tutorial) run(line string) {
	p.Helper()
	if strings.Contains(line, "learnt.safetensors") && p.service != nil { // Ctrl-C
		require.NoError(p, p.service.Process.Signal(os.Interrupt))
		require.NoError(p, p.service.Wait())
		p.service = nil
	}
	switch {
	case strings.HasPrefix(line, "go mod init"): // with the requirements, and the sums, of this module
		p.copy("go.mod", "go.mod")
		p.copy("go.sum", "go.sum")
		shell(p.T, p.dir, "go mod edit -module example.com/iris -require github.com/nngen-go/nngen@v0.0.0 -replace github.com/nngen-go/nngen="+p.root)
	case strings.HasPrefix(line, "go get -tool"):
		shell(p.T, p.dir, "go mod edit -tool github.com/nngen-go/nngen/cmd/nngen")
	case strings.HasPrefix(line, "curl -LO"):
		p.copy("golden/data/iris.csv", "iris.csv")
	case line == "go mod tidy": // would look for the tests of what is required
	case strings.HasSuffix(line, "&"):
		p.serve(strings.Fields(strings.TrimSuffix(line, "&")))
	case strings.HasPrefix(line, "go tool nngen diff"):
		cmd := exec.Command("go", strings.Fields(line)[1:]...)
		cmd.Dir = p.dir
		out, err := cmd.Output()
		var exit *exec.ExitError
		require.ErrorAs(p, err, &exit, "they differ")
		require.Contains(p, string(out), "~ dense1.weight")
	case strings.HasPrefix(line, "curl "):
		p.curl(line)
	default:
		out := shell(p.T, p.dir, line)
		if strings.Contains(line, "nngen train") || strings.Contains(line, "nngen eval") {
			require.Regexp(p, `accuracy +(9[0-9]|100)\.\d+ %`, out)
		}
	}
}

// serve starts the service and waits until it listens.
func (p *tutorial) serve(args []string) {
	p.service = exec.Command(args[0], args[1:]...)
	p.service.Dir, p.service.Stderr = p.dir, os.Stderr
	require.NoError(p, p.service.Start())
	p.Cleanup(func() {
		if p.service != nil {
			p.service.Process.Kill()
			p.service.Wait()
		}
	})
	require.Eventually(p, func() bool {
		c, err := net.Dial("tcp", p.addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
}

// curl asks the service.
func (p *tutorial) curl(line string) {
	out, err := exec.Command("sh", "-c", "command -v curl >/dev/null || exit 77; "+line).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() == 77 {
		p.Skip("there is no curl on this machine")
	}
	require.NoError(p, err, "%s\n%s", line, out)
	if strings.Contains(line, "/classify") {
		m := regexp.MustCompile(`"label":"(\w+)"`).FindSubmatch(out)
		require.NotNil(p, m, "%s", out)
		p.labels = append(p.labels, string(m[1]))
	}
	fmt.Fprintf(p.Output(), "%s%s\n", out, line)
}

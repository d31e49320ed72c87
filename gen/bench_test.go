package gen_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/gentest"
)

// The benchmarks of the generated code are in the generated packages:
//
//	go test -run - -bench . -count 5 ./generated/bench/...
//
// Those here are of the compiler.

// BenchmarkGenerate is generating W2 from its file.
func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		generate(b, "../golden/specs/w2.yaml")
	}
}

// BenchmarkBuild is go build of the generated W2, with everything below it
// built already.
func BenchmarkBuild(b *testing.B) {
	p := newBuilt(b)
	for b.Loop() {
		p.build()
	}
}

// BenchmarkCommand generates W2 with the command, start to end.
func BenchmarkCommand(b *testing.B) {
	tool, dir := buildTool(b), filepath.Join(b.TempDir(), "w2")
	for b.Loop() {
		out, err := exec.Command(tool, "generate", "-o", dir, "../golden/specs/w2.yaml").CombinedOutput()
		require.NoError(b, err, "%s", out)
	}
}

// built is a module with the generated W2.
type built struct {
	testing.TB
	dir   string
	files files.Files
	count int
}

func newBuilt(t testing.TB) *built {
	net, err := gen.Load("../golden/specs/w2.yaml")
	require.NoError(t, err)
	n, err := gentest.Prepare(net)
	require.NoError(t, err)
	p := &built{TB: t, dir: t.TempDir(), files: generate(t, "../golden/specs/w2.yaml")}
	_, err = gentest.Build(p.dir, []*gentest.Network{n})
	require.NoError(t, err)
	return p
}

// build compiles the package; a new comment in each file keeps it out of the
// build cache.
func (p *built) build() {
	p.count++
	for name, data := range p.files {
		text := fmt.Appendf(data, "\n// %d %d\n", time.Now().UnixNano(), p.count)
		path := filepath.Join(p.dir, "w2", name)
		require.NoError(p, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(p, os.WriteFile(path, text, 0o644))
	}
	cmd := exec.Command("go", "build", "./w2")
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(p, err, "%s", out)
}

package gen_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

var allOwnTests = flag.Bool("own-tests", false, "TestOwnTests takes all odd specs and random networks, not a tenth of them (minutes)")

const (
	oddFile   = "../golden/odd.txtar"
	ownRandom = 100 // random networks
	ownShare  = 10  // of which, and of the odd specs, a run takes one
)

// TestOwnTests runs the tests that generated packages bring along, of odd specs
// and of random networks, on every path: a right package passes them.
func TestOwnTests(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	odd, err := txtar.ParseFile(oddFile)
	require.NoError(t, err)
	var nets []*spec.Network
	for _, f := range odd.Files {
		net, err := spec.Decode(f.Name, f.Data, op.Vocabulary())
		require.NoError(t, err)
		nets = append(nets, net)
	}
	g := gentest.NewGenerator(*randomSeed)
	for i := range ownRandom {
		net, err := g.Network(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		nets = append(nets, net)
	}
	if !*allOwnTests {
		rng := rand.New(rand.NewPCG(*randomSeed, 0))
		rng.Shuffle(len(nets), func(i, j int) { nets[i], nets[j] = nets[j], nets[i] })
		nets = nets[:len(nets)/ownShare]
	}
	skipped := 0
	for len(nets) > 0 {
		n := min(len(nets), perProgram)
		skipped += runOwnTests(t, nets[:n])
		nets = nets[n:]
	}
	t.Logf("%d tests were skipped", skipped)
}

// runOwnTests runs the tests of some packages and returns how many of them
// were skipped.
func runOwnTests(t *testing.T, nets []*spec.Network) (skipped int) {
	own := newOwnTests(t)
	for _, net := range nets {
		files, err := gen.Generate(net, gen.Options{})
		require.NoError(t, err, net.Name)
		own.add(net.Name, files)
	}
	own.build()
	for _, path := range gentest.Paths {
		if path != gentest.Paths[0] && !hasPath(path) {
			continue
		}
		out, err := own.run(path)
		if err != nil {
			t.Errorf("%s: %v\n%s", path, err, failures(out))
		}
		skipped += strings.Count(out, "--- SKIP")
	}
	return skipped
}

// failures are the lines of go test -v that tell of one.
func failures(out string) string {
	var lines []string
	for line := range strings.SplitSeq(out, "\n") {
		if !strings.HasPrefix(line, "=== ") && !strings.Contains(line, "--- PASS") && !strings.Contains(line, "--- SKIP") {
			lines = append(lines, line)
		}
	}
	return firstLines(strings.Join(lines, "\n"), 100)
}

// ownTests is one test program of several packages' tests.
type ownTests struct {
	*testing.T
	machine        // that it runs on
	dir            string
	imports, calls bytes.Buffer
	packages       int
}

func newOwnTests(t *testing.T) *ownTests {
	o := &ownTests{T: t, dir: t.TempDir()}
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	o.write("go.mod", "module own\n\ngo 1.26\n\nrequire "+gen.Module+" v0.0.0\n\nreplace "+gen.Module+" => "+root+"\n")
	return o
}

func (o *ownTests) write(name, text string) {
	file := filepath.Join(o.dir, filepath.FromSlash(name))
	require.NoError(o, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(o, os.WriteFile(file, []byte(text), 0o644))
}

// add adds a package. Its tests are no longer called so, so that another
// package can call them.
func (o *ownTests) add(name string, files map[string][]byte) {
	folder := fmt.Sprintf("p%d", o.packages)
	o.packages++
	fmt.Fprintf(&o.imports, "import %s %q\n", folder, "own/"+folder)
	for file, data := range files {
		if test, ok := strings.CutSuffix(file, "_test.go"); ok {
			file = test + "_tests.go"
			for _, f := range testsOf(o.T, data) {
				fmt.Fprintf(&o.calls, "\tt.Run(%q, %s.%s)\n", name+"/"+f, folder, f)
			}
		}
		o.write(path.Join(folder, file), string(data))
	}
}

// testsOf lists the tests of a file.
func testsOf(t *testing.T, src []byte) (names []string) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, 0)
	require.NoError(t, err, "%s", src)
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
			names = append(names, fn.Name.Name)
		}
	}
	return names
}

// build compiles the program.
func (o *ownTests) build() {
	o.write("own_test.go", fmt.Sprintf("package own\n\nimport \"testing\"\n\n%s\nfunc TestOwn(t *testing.T) {\n%s}\n", &o.imports, &o.calls))
	cmd := exec.Command("go", "test", "-c", "-o", "own", ".")
	cmd.Dir, cmd.Env = o.dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=0")
	cmd.Env = append(cmd.Env, o.env...)
	cmd.Env = append(cmd.Env, "GOFLAGS=-mod=mod")
	out, err := cmd.CombinedOutput()
	require.NoError(o, err, "%s", out)
}

// run runs it on a path.
func (o *ownTests) run(path string) (string, error) {
	cmd := asmtest.Command(strings.Fields(o.under), filepath.Join(o.dir, "own"), "-test.v")
	cmd.Dir, cmd.Env = o.dir, append(os.Environ(), "NNGEN_PATH="+path)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

package gen_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
)

const generatedDir = "../generated"

// committed are the packages that generated/generate.go lists: folder to spec.
func committed(t *testing.T) map[string]string {
	src, err := os.ReadFile(generatedDir + "/generate.go")
	require.NoError(t, err)
	list := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//go:generate (.*)$`).FindAllStringSubmatch(string(src), -1) {
		args := strings.TrimPrefix(m[1], "go run ../cmd/nngen generate -o ")
		dir, file, ok := strings.Cut(args, " ")
		require.True(t, ok && args != m[1], "generate.go: %s", m[0])
		require.NotContains(t, list, dir)
		list[dir] = filepath.Join(generatedDir, filepath.FromSlash(file))
	}
	require.GreaterOrEqual(t, len(list), 11)
	return list
}

func generate(t testing.TB, path string) files.Files {
	net, err := gen.Load(path)
	require.NoError(t, err)
	out, err := gen.Generate(net, gen.Options{})
	require.NoError(t, err)
	return out
}

// TestUpToDate compares the committed packages with what the compiler makes:
// the same files, the same bytes, nothing else, all recognised as generated.
func TestUpToDate(t *testing.T) {
	list := committed(t)
	expected := []string{"generate.go"}
	for dir, file := range list {
		made := generate(t, file)
		at := filepath.Join(generatedDir, filepath.FromSlash(dir))
		diff, err := made.Diff(at)
		require.NoError(t, err)
		if diff != "" {
			t.Errorf("generated/%s is out of date; run: go generate ./generated\n%s", dir, firstLines(diff, 40))
		}
		for _, name := range made.Names() {
			expected = append(expected, dir+"/"+name)
			isGenerated(t, at, name)
		}
	}
	for _, name := range byHand {
		expected = append(expected, name)
		_, err := os.Stat(filepath.Join(generatedDir, name))
		require.NoError(t, err)
	}
	var have []string
	require.NoError(t, fs.WalkDir(os.DirFS(generatedDir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			have = append(have, path)
		}
		return err
	}))
	slices.Sort(expected)
	slices.Sort(have)
	require.Equal(t, expected, have)
}

// byHand are the files under generated that nobody generates.
var byHand = []string{"bench/naive_test.go", "xor/example_test.go"}

// isGenerated fails for a Go file that tools do not recognise as generated.
func isGenerated(t *testing.T, dir, name string) {
	if filepath.Ext(name) != ".go" {
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	require.True(t, ast.IsGenerated(f), "%s/%s", dir, name)
}

func firstLines(s string, n int) string {
	lines := strings.SplitAfterN(s, "\n", n+1)
	if len(lines) > n {
		lines[n] = "…\n"
	}
	return strings.Join(lines, "")
}

// TestGeneratedTypes type-checks the committed packages with their tests, also
// with the tag purego and for other platforms.
func TestGeneratedTypes(t *testing.T) {
	if testing.Short() {
		t.Skip("type-checks everything")
	}
	dirs := slices.Collect(maps.Keys(committed(t)))
	for _, c := range []struct{ flag, env string }{{"-tags=", ""}, {"-tags=purego", ""}, {"-tags=", "GOARCH=arm"}} {
		pkgs, err := packages.Load(&packages.Config{
			Mode:       packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedForTest,
			Dir:        generatedDir,
			Env:        append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0", c.env),
			BuildFlags: []string{c.flag},
			Tests:      true,
		}, "./...")
		require.NoError(t, err)
		tested := map[string]bool{}
		for _, p := range pkgs {
			require.Empty(t, p.Errors, "%s %s %v", c.flag, c.env, p)
			require.NotNil(t, p.Types)
			require.False(t, p.IllTyped, "%v", p)
			if path, ok := strings.CutPrefix(p.PkgPath, gen.Module+"/generated/"); ok && p.ForTest != "" {
				tested[path] = true
			}
		}
		for _, dir := range dirs {
			require.Contains(t, tested, dir, "%s: not checked with its tests", c.flag)
		}
	}
}

// TestDeterministic generates in other folders, locales, time zones and with
// other numbers of processors, and many times: the bytes must not change.
func TestDeterministic(t *testing.T) {
	list := []string{"skip", "lecture", "reproducible", "standalone"}
	want := map[string]files.Files{}
	for _, name := range list {
		want[name] = generate(t, "../golden/specs/"+name+".yaml")
	}
	t.Run("repeated", func(t *testing.T) {
		for i := range 20 {
			old := runtime.GOMAXPROCS(1 + i%8)
			for _, name := range list {
				require.Equal(t, want[name], generate(t, "../golden/specs/"+name+".yaml"), "%s, round %d", name, i)
			}
			runtime.GOMAXPROCS(old)
		}
	})
	t.Run("command", func(t *testing.T) {
		if testing.Short() {
			t.Skip("builds the command")
		}
		tool := buildTool(t)
		specs, err := filepath.Abs("../golden/specs")
		require.NoError(t, err)
		elsewhere := t.TempDir()
		copied := filepath.Join(elsewhere, "a b", "ünïcode")
		require.NoError(t, os.CopyFS(copied, os.DirFS(specs)))
		for i, c := range []struct {
			dir, specs string
			env        []string
		}{
			{specs, ".", []string{"GOMAXPROCS=1", "LANG=C", "LC_ALL=C", "TZ=UTC"}},
			{"/", specs, []string{"GOMAXPROCS=8", "LANG=tr_TR.UTF-8", "LC_ALL=tr_TR.UTF-8", "TZ=Asia/Kathmandu"}},
			{elsewhere, filepath.Join("a b", "ünïcode"), []string{"GOMAXPROCS=3", "LANG=de_DE.UTF-8", "LC_ALL=de_DE.UTF-8", "TZ=America/St_Johns", "HOME=/nowhere", "USER=nobody"}},
		} {
			for _, name := range list {
				out := filepath.Join(t.TempDir(), fmt.Sprint(i), name)
				cmd := exec.Command(tool, "generate", "-o", out, filepath.Join(c.specs, name+".yaml"))
				cmd.Dir, cmd.Env = c.dir, append(os.Environ(), c.env...)
				text, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", text)
				got := files.Files{}
				entries, err := os.ReadDir(out)
				require.NoError(t, err)
				for _, e := range entries {
					got[e.Name()], err = os.ReadFile(filepath.Join(out, e.Name()))
					require.NoError(t, err)
				}
				require.Equal(t, want[name].Names(), got.Names())
				for _, f := range got.Names() {
					require.True(t, bytes.Equal(want[name][f], got[f]), "%v: %s/%s", c, name, f)
				}
			}
		}
	})
}

// buildTool compiles the command and returns its path.
func buildTool(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "nngen")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", path, "../cmd/nngen")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

package gen

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrows are the imports between the packages of this module, and those of
// other modules. Packages are named by their folders. A new arrow is a
// decision: add it here if it does not break a rule below.
var arrows = map[string]string{
	"spec":               "spec/code spec/plural go.yaml.in/yaml/v4 go.yaml.in/yaml/v4/plugin/loaderlimits",
	"spec/code":          "",
	"spec/plural":        "",
	"templates":          "",
	"spec/onnx":          "spec/plural google.golang.org/protobuf/encoding/protowire",
	"spec/onnx/symbolic": "",
	"spec/onnx/importer": "spec spec/onnx spec/onnx/symbolic spec/plural",
	"spec/onnx/evaluate": "spec/onnx",

	// What generated code links against, and its source for code that stands alone.
	"runtime/nnrt": "",
	"runtime":      "",

	// Engines for many machines: modules of their own, which know no generated package.
	"runtime/nnmpi":  "github.com/ebitengine/purego",
	"runtime/nnbeam": "github.com/apache/beam/sdks/v2/go/pkg/beam github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts github.com/apache/beam/sdks/v2/go/pkg/beam/register github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal github.com/parquet-go/parquet-go",

	// The program and what describes it.
	"gen/ir/expr":  "",
	"gen/ir":       "gen/ir/expr",
	"gen/schedule": "",
	"gen/kernel":   "gen/ir/expr",
	"gen/dataset":  "spec/plural",

	// The phases.
	"gen/op":     "gen/dataset gen/ir gen/ir/expr runtime/nnrt spec spec/code",
	"gen/lower":  "gen/ir gen/ir/expr gen/op spec spec/code spec/plural",
	"gen/pass":   "gen/ir gen/ir/expr gen/schedule",
	"gen/plan":   "gen/ir gen/ir/expr gen/kernel gen/schedule",
	"gen/golang": "gen/golang/api gen/golang/library gen/golang/phases gen/golang/selftest gen/golang/source gen/golang/standalone gen/ir gen/plan spec templates github.com/dave/jennifer/jen",

	// The rooms of the printers of Go: what all have in common, and what needs nothing else.
	"gen/golang/source":     "gen/ir gen/ir/expr gen/kernel gen/plan gen/schedule spec templates github.com/dave/jennifer/jen",
	"gen/golang/standalone": "gen/golang/source",
	"gen/golang/api":        "gen/calls gen/golang/source gen/ir gen/ir/expr gen/kernel gen/plan gen/schedule runtime/nnrt spec github.com/dave/jennifer/jen",
	"gen/golang/library":    "gen/asm gen/calls gen/golang/source gen/plan gen/target github.com/dave/jennifer/jen",
	"gen/golang/function":   "gen/asm gen/golang/library gen/golang/source gen/plan gen/target github.com/dave/jennifer/jen",
	"gen/golang/loops":      "gen/asm gen/calls gen/golang/function gen/golang/source gen/ir gen/ir/expr gen/kernel gen/plan gen/schedule gen/target github.com/dave/jennifer/jen",
	"gen/golang/phases":     "gen/calls gen/golang/api gen/golang/function gen/golang/loops gen/golang/source gen/interp gen/ir gen/ir/expr gen/kernel gen/plan gen/schedule spec github.com/dave/jennifer/jen",
	"gen/golang/selftest":   "gen/golang/source gen/interp gen/ir gen/kernel gen/plan runtime/nnrt spec github.com/dave/jennifer/jen golang.org/x/sync/errgroup",

	"gen/files": "runtime/nnrt github.com/pmezard/go-difflib/difflib",
	"gen":       "gen/files gen/golang gen/ir gen/lower gen/op gen/pass gen/plan gen/target runtime runtime/nnrt spec spec/code",

	// Vector programs.
	"gen/vector":          "gen/ir/expr",
	"gen/vector/portable": "gen/vector",

	// For tests.
	"gen/vector/toy":        "gen/vector",
	"gen/vector/vectortest": "gen/vector",

	// Assembly.
	"gen/asm":         "",
	"gen/asm/kernels": "gen/asm gen/ir/expr gen/kernel gen/vector",
	"gen/asm/asmtest": "gen/asm gen/vector gen/vector/portable gen/vector/vectortest runtime",
	"gen/asm/arm64":   "gen/asm gen/asm/kernels gen/ir/expr gen/kernel gen/schedule gen/vector",
	"gen/asm/x86":     "gen/asm gen/asm/kernels gen/ir/expr gen/kernel gen/schedule gen/vector",
	"gen/target":      "gen/asm gen/asm/arm64 gen/asm/x86 gen/kernel gen/schedule",

	// The machine schedule.
	"gen/calls": "gen/ir gen/kernel gen/plan gen/schedule gen/target",

	// The oracle: the program in plain Go, as far from the plan as can be.
	"gen/interp": "gen/ir gen/ir/expr gen/schedule runtime/nnrt",

	// Models of other frameworks.
	"spec/rtneural": "spec/plural",

	// Examples.
	"docs/anomaly":      "generated/anomaly",
	"docs/controller":   "generated/bench/w1",
	"docs/denoise":      "generated/rnnoise",
	"docs/vad":          "generated/silero",
	"docs/faces":        "",                                // a module of its own
	"docs/peers/go/vad": "github.com/yalue/onnxruntime_go", // of a module of its own
	"docs/wasm":         "generated/digits",
	"docs/service":      "generated/digits",
	"docs/many":         "",

	// Around the compiler.
	"gen/run":     "gen/dataset gen/files gen/ir runtime/nnrt spec spec/code spec/plural templates",
	"gen/bench":   "gen gen/asm gen/calls gen/files gen/interp gen/ir gen/ir/expr gen/kernel gen/plan gen/run gen/target runtime/nnrt spec spec/code templates",
	"gen/weights": "gen/dataset gen/ir runtime/nnrt spec/plural",
	"gen/export":  "gen/ir gen/ir/expr gen/op runtime/nnrt spec spec/onnx",
	"gen/inspect": "gen/ir gen/plan gen/run spec",
	"gen/events":  "google.golang.org/protobuf/encoding/protowire",
	"gen/picture": "gen/ir gen/ir/expr gen/op spec golang.org/x/image/font golang.org/x/image/font/gofont/gobold golang.org/x/image/font/gofont/goregular golang.org/x/image/font/opentype golang.org/x/image/math/fixed golang.org/x/image/vector",
	"gen/verify":  "gen gen/interp gen/ir gen/ir/expr gen/plan gen/run gen/target runtime runtime/nnrt spec spec/plural templates",
	"gen/model":   "gen/dataset gen/interp gen/ir gen/lower gen/op runtime/nnrt spec spec/onnx spec/onnx/evaluate spec/onnx/importer spec/plural spec/rtneural",
	"gen/gentest": "gen gen/op gen/verify spec",
	"cmd/nngen":   "gen gen/bench gen/calls gen/dataset gen/events gen/export gen/files gen/inspect gen/lower gen/model gen/op gen/picture gen/plan gen/run gen/verify gen/weights spec spec/code spec/onnx/importer spec/plural templates github.com/fsnotify/fsnotify github.com/spf13/cobra github.com/spf13/pflag golang.org/x/term",
}

// rules hold whatever the table says.
var rules = []struct {
	why     string
	pkg     string   // path.Match pattern
	imports []string // patterns, of which every import must match one; * crosses no slash
}{
	{"the language knows nothing of the compiler", "spec", []string{"spec/code", "spec/plural", "go.yaml.in/yaml/*", "go.yaml.in/yaml/*/plugin/*"}},
	{"the runtime is the standard library alone", "runtime/nnrt", nil},
	{"templates are text", "templates", nil},
	{"engines know the methods of generated packages, not the packages", "runtime/nnmpi", []string{"github.com/ebitengine/purego"}},
	{"engines know the methods of generated packages, not the packages", "runtime/nnbeam", []string{"github.com/apache/beam/sdks/v2/go/pkg/*", "github.com/apache/beam/sdks/v2/go/pkg/*/*", "github.com/apache/beam/sdks/v2/go/pkg/*/*/*", "github.com/apache/beam/sdks/v2/go/pkg/*/*/*/*", "github.com/parquet-go/parquet-go"}},
	{"the evaluation shares nothing with the importer it judges", "spec/onnx/evaluate", []string{"spec/onnx"}},
	{"proofs know no networks", "spec/onnx/symbolic", nil},
	{"the program knows nothing of those who make or read it", "gen/ir", []string{"gen/ir/expr"}},
	{"formulas are the bottom", "gen/ir/expr", nil},
	{"vector programs know formulas, not networks or kernels", "gen/vector", []string{"gen/ir/expr"}},
	{"the oracle shares neither plan nor kernels with what it judges", "gen/interp", []string{"gen/ir", "gen/ir/expr", "gen/schedule", "runtime/nnrt"}},
	{"rows know nothing of the phases after them", "gen/op", []string{"spec", "spec/code", "gen/ir", "gen/ir/expr", "gen/dataset", "runtime/nnrt"}},
	{"passes and plans know programs, not networks", "gen/pass", []string{"gen/ir", "gen/ir/expr", "gen/schedule"}},
	{"passes and plans know programs, not networks", "gen/plan", []string{"gen/ir", "gen/ir/expr", "gen/schedule", "gen/kernel"}},
	{"the machine schedule knows plans and machines, not text", "gen/calls", []string{"gen/ir", "gen/kernel", "gen/plan", "gen/schedule", "gen/target"}},
	{"generated code links against the runtime only", "generated/*", []string{"runtime/nnrt"}},
	{"generated code links against the runtime only", "generated/*/*", []string{"runtime/nnrt"}},
	{"the compiler is above its phases alone", "gen", []string{"gen/*", "spec", "spec/code", "runtime", "runtime/nnrt"}},
	{"commands are thin", "cmd/*", []string{"gen", "gen/*", "spec", "spec/code", "spec/onnx/importer", "spec/plural", "templates", "github.com/fsnotify/fsnotify", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"}},
}

// only names the packages that may import each of these.
var only = map[string]string{
	"github.com/dave/jennifer/jen": "gen/golang gen/golang/api gen/golang/function gen/golang/library gen/golang/loops gen/golang/phases gen/golang/selftest gen/golang/source", // no second emitter of Go
	"github.com/ebitengine/purego": "runtime/nnmpi",

	"github.com/apache/beam/sdks/v2/go/pkg/beam": "runtime/nnbeam",
	"github.com/parquet-go/parquet-go":           "runtime/nnbeam",
	"github.com/fsnotify/fsnotify":               "cmd/nngen",
	"github.com/spf13/cobra":                     "cmd/nngen",
	"golang.org/x/image/vector":                  "gen/picture",
	"golang.org/x/term":                          "cmd/nngen",
}

func TestArrows(t *testing.T) {
	graph := importGraph(t)
	for _, pkg := range slices.Sorted(maps.Keys(graph)) {
		imports := graph[pkg]
		if want, ok := arrows[pkg]; ok {
			assert.ElementsMatch(t, strings.Fields(want), imports, "imports of %s", pkg)
		} else if !strings.HasPrefix(pkg, "generated") {
			t.Errorf("a new package; judge its arrows and add its row:\n%q: %q,", pkg, strings.Join(imports, " "))
		}
		for _, rule := range rules {
			if match(rule.pkg, pkg) {
				for _, p := range imports {
					require.True(t, slices.ContainsFunc(rule.imports, func(r string) bool { return match(r, p) }),
						"%s imports %s, but %s", pkg, p, rule.why)
				}
			}
		}
		for _, p := range imports {
			if one, ok := only[p]; ok {
				require.Contains(t, strings.Fields(one), pkg, "%s imports %s, which is for %s", pkg, p, one)
			}
			require.NotEqual(t, "cmd", strings.Split(p, "/")[0], "%s imports a command", pkg)
		}
	}
	for pkg := range arrows {
		require.Contains(t, graph, pkg, "the table has a package that does not exist")
	}
}

func match(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// importGraph reads the imports of every package of the module, on all
// platforms, without those of tests and of the standard library.
func importGraph(t *testing.T) map[string][]string {
	graph := map[string][]string{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || name[0] == '.' && name != ".."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(file), ".."+string(filepath.Separator)))
		imports := append(graph[pkg], importsOf(t, file)...)
		slices.Sort(imports)
		graph[pkg] = slices.Compact(imports)
		return nil
	})
	require.NoError(t, err)
	return graph
}

// importsOf lists what a file imports; this module's packages by their folders.
func importsOf(t *testing.T, file string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	require.NoError(t, err)
	var imports []string
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		p, ours := strings.CutPrefix(p, Module+"/")
		if first, _, _ := strings.Cut(p, "/"); ours || strings.Contains(first, ".") {
			imports = append(imports, p)
		}
	}
	return imports
}

// TestFilesAreShort: no file that people write is longer than 400 lines.
func TestFilesAreShort(t *testing.T) {
	const most = 400
	files := 0
	for _, root := range []string{"../cmd", "../docs", "../gen", "../runtime", "../spec", "../templates"} {
		require.NoError(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
				return err
			}
			text, err := os.ReadFile(name)
			if err != nil || bytes.HasPrefix(text, []byte("// Code generated")) {
				return err
			}
			files++
			assert.LessOrEqual(t, bytes.Count(text, []byte("\n")), most, name)
			return nil
		}))
	}
	require.Greater(t, files, 300)
}

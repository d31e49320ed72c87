package gen_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// bceSpecs are specs whose kernels golden/specs does not have: sparse layers
// in loops and unrolled, narrow and odd layers, float64, a weight that is
// shared by several inputs.
var bceSpecs = map[string]string{
	"sparse": `nngen: 1
input: {shape: [100]}
layers:
  - dense: {units: 90, activation: relu, mask: {density: 0.2, seed: 1}}
  - dense: {units: 33, activation: tanh, mask: {density: 0.3, seed: 2}}
  - dense: {units: 3}
loss: mse
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
codegen: {unroll: none}`,
	"unrolled": `nngen: 1
input: {shape: [9]}
layers:
  - dense: {units: 17, activation: relu, mask: {density: 0.5, seed: 1}}
  - dense: {units: 19, activation: tanh}
  - dense: {units: 3}
loss: mse
optimizer: {adam: {learning_rate: 0.1}}
codegen: {unroll: full}`,
	"double": `nngen: 1
inputs: {a: {shape: [37]}, b: {shape: [5]}}
outputs: {y: {from: dense3}, z: {from: dense4}}
layers:
  - concat: {name: ab, from: [a, b]}
  - dense: {units: 45, activation: gelu}
  - dropout: {rate: 0.2}
  - dense: {units: 23, activation: softplus, drop_connect: 0.1, kernel_regularizer: {l1: 0.01, method: proximal}}
  - dense: {name: dense3, units: 7, activation: softmax}
  - dense: {name: dense4, from: ab, units: 3, use_bias: false}
loss: mse
optimizer: {sgd: {learning_rate: 0.1, clip: {norm: 1}}}
numeric: {dtype: float64}
codegen: {unroll: none}`,
	"odd": `nngen: 1
input: {shape: [31], normalize: standard}
layers:
  - dense: {units: 1, activation: sigmoid}
  - dense: {units: 49, activation: elu}
  - dense: {units: 33, activation: softsign, kernel_regularizer: {l2: 0.01}}
  - dense: {units: 6, activation: log_softmax}
loss: nll
optimizer: {rmsprop: {learning_rate: 0.1, centered: true, momentum: 0.5}}
numeric: {mode: reproducible}
codegen: {unroll: none}`,
}

// bceFiles are the files whose loops training and inference run in.
var bceFiles = []string{"kernels_generic.go", "kernels_train_generic.go", "forward.go", "train.go", "update.go", "scalar.go"}

// TestNoBoundsChecks asks the compiler which bounds checks it left. Inside the
// loops of the generated code there must be none, except once per sample of a
// batch, and once per output of a sparse layer, which cuts its weights by a
// table.
func TestNoBoundsChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	var nets []*gentest.Network
	for _, name := range []string{"w1", "w2", "w3", "w4", "w5", "w6", "skip", "lecture", "digits", "diabetes"} {
		net, err := gen.Load("../golden/specs/" + name + ".yaml")
		require.NoError(t, err)
		nets = append(nets, prepared(t, net))
	}
	for _, name := range sortedNames(bceSpecs) {
		net, err := spec.Decode(name+".yaml", []byte(bceSpecs[name]), op.Vocabulary())
		require.NoError(t, err, name)
		nets = append(nets, prepared(t, net))
	}
	dir := t.TempDir()
	_, err := gentest.Build(dir, nets)
	require.NoError(t, err)

	args := []string{"build", "-tags=purego", "-gcflags=-d=ssa/check_bce"}
	files := 0
	for i := range nets {
		args = append(args, fmt.Sprintf("./n%d", i))
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Found Is", "the compiler reported nothing: does it still know ssa/check_bce?")

	loops := map[string][]loop{}
	for i := range nets {
		for _, file := range bceFiles {
			name := fmt.Sprintf("n%d/%s", i, file)
			if found := loopsOf(t, filepath.Join(dir, name)); found != nil {
				loops[name] = found
				files++
			}
		}
	}
	require.GreaterOrEqual(t, files, 3*len(nets))
	found := regexp.MustCompile(`^(?:\./)?(n(\d+)/(?:kernels_\w+|forward|train|update|scalar)\.go):(\d+):(\d+): (Found \w+)$`)
	sumsOfRows := regexp.MustCompile(`Sums(_\d+)?Generic$`)
	byTable := regexp.MustCompile(`\[\w+Begin\[n\]:`)
	once, perSample, perOutput := 0, 0, 0
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		m := found.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		line, err := strconv.Atoi(m[3])
		require.NoError(t, err)
		n, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		switch l := loopAt(loops[m[1]], line); {
		case l == nil:
			once++
		case l.depth == 1 && (strings.HasSuffix(m[1], "/train.go") || l.function == "ForwardBatch" || sumsOfRows.MatchString(l.function) && m[5] == "Found IsSliceInBounds"):
			perSample++
		case !l.innermost && m[5] == "Found IsSliceInBounds" && byTable.MatchString(lineOf(t, filepath.Join(dir, m[1]), line)):
			perOutput++
		default:
			t.Errorf("%s, %s:%d: %s in a loop of %s %s", nets[n].Net.Name, m[1], line, m[5], l.function, lineOf(t, filepath.Join(dir, m[1]), line))
		}
	}
	require.NoError(t, lines.Err())
	t.Logf("%d files; bounds checks: %d outside loops, %d per sample, %d per output of sparse layers", files, once, perSample, perOutput)
}

func prepared(t *testing.T, net *spec.Network) *gentest.Network {
	n, err := gentest.Prepare(net)
	require.NoError(t, err)
	return n
}

// lineOf is one line of a file.
func lineOf(t *testing.T, path string, line int) string {
	src, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(string(src), "\n")[line-1]
}

// loop is a loop in a kernel and the lines it takes.
type loop struct {
	function    string
	first, last int
	depth       int
	innermost   bool
}

// loopsOf lists the loops of a file, inner ones after outer ones; nil if
// there is no such file.
func loopsOf(t *testing.T, path string) []loop {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, 0)
	require.NoError(t, err)
	loops := []loop{}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			l := loop{function: fn.Name.Name, depth: 1, innermost: true}
			switch n := n.(type) {
			case *ast.ForStmt:
				l.first = fset.Position(n.Pos()).Line
			case *ast.RangeStmt:
				l.first = fset.Position(n.Body.Lbrace).Line + 1 // what is ranged over is evaluated once
			default:
				return true
			}
			l.last = fset.Position(n.End()).Line
			for i := range loops {
				if loops[i].first <= l.first && l.last <= loops[i].last {
					loops[i].innermost = false
					l.depth++
				}
			}
			loops = append(loops, l)
			return true
		})
	}
	return loops
}

// loopAt is the innermost loop around a line, nil if there is none.
func loopAt(loops []loop, line int) *loop {
	var at *loop
	for i := range loops {
		if l := &loops[i]; l.first <= line && line <= l.last {
			at = l
		}
	}
	return at
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

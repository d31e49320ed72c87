package gen_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

var nameRounds = flag.Int("names", 12, "how often TestNames gives a network other names; 600 puts nearly every name at every place")

// namesSpec has every kind of layer that sums or mixes elements, and N1, N2, …
// for the names.
const namesSpec = `nngen: 1
name: names
inputs: {N1: {shape: [17], normalize: standard}, N2: {shape: [4]}}
layers:
  - dense: {name: N3, from: N1, units: 20, activation: relu}
  - layer_normalization: {name: N4}
  - dropout: {name: N5, rate: 0.5}
  - dense: {name: N6, units: 16, activation: gelu, drop_connect: 0.1, kernel_regularizer: {l2: 1.0e-4}}
  - prelu: {name: N7}
  - reshape: {name: N8, shape: [4, 4]}
  - layer_normalization: {name: N9, axis: 0}
  - softmax: {name: N10, axis: 0}
  - transpose: {name: N11, perm: [1, 0]}
  - slice: {name: N12, axis: 1, from: N11, start: 0, end: 2}
  - reduce_max: {name: N13, from: N12, axes: [1]}
  - reduce_sum: {name: N14, from: N11, axes: [0]}
  - concat: {name: N15, from: [N13, N14, N2]}
  - dense: {name: N16, units: 6, mask: {density: 0.5, seed: 1}, activation: leaky_relu}
  - scale_shift: {name: N17}
  - batch_normalization: {name: N18, trainable: false}
  - constant: {name: N19, shape: [6], value: 0.5, trainable: true}
  - add: {name: N20, from: [N18, N19]}
  - dense: {name: N21, units: 9}
  - softmax: {name: N22}
  - dense: {name: N23, from: N20, units: 3}
outputs: {N24: {from: N22, loss: cross_entropy}, N25: {from: N23, loss: l2_norm}}
optimizer: {sgd: {learning_rate: 0.01, clip: {norm: 1}}}
`

// namesCodegen are the forms that code has.
var namesCodegen = []string{
	"codegen: {batch: 4}\n",
	"codegen: {batch: 1, standalone: true}\nnumeric: {mode: reproducible, dtype: float64}\n",
	"codegen: {batch: 3, unroll: full}\n",
	"codegen: {train: false, storage: int8}\n",
}

const namePlaces = 25

// TestNames: a network's names may be any that occur in the code made of it,
// or in any other; the package compiles with its tests.
func TestNames(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	c := newTypeChecker(t)
	var neutral []string
	for i := range namePlaces {
		neutral = append(neutral, fmt.Sprintf("place%d", i+1))
	}
	seen := map[string]bool{}
	for _, codegen := range namesCodegen {
		for _, f := range c.check(named(t, codegen, neutral)) {
			ast.Inspect(f, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && !strings.Contains(strings.ToLower(id.Name), "place") {
					seen[snake(id.Name)] = true
				}
				return true
			})
		}
	}
	var candidates []string
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		if _, err := decodeNamed(namesCodegen[0], append([]string{name}, neutral[1:]...)); err == nil {
			candidates = append(candidates, name)
		}
	}
	require.Greater(t, len(candidates), 400)
	rng := rand.New(rand.NewPCG(*randomSeed, 0))
	var queue []string
	for i := range *nameRounds {
		for len(queue) < namePlaces {
			more := slices.Clone(candidates)
			rng.Shuffle(len(more), func(i, j int) { more[i], more[j] = more[j], more[i] })
			queue = append(queue, more...)
		}
		names := queue[:namePlaces]
		queue = queue[namePlaces:]
		if net, err := decodeNamed(namesCodegen[i%len(namesCodegen)], names); err == nil { // else two are one in Go
			c.check(net)
		}
	}
	t.Logf("%d names, %d packages", len(candidates), c.packages)
	require.GreaterOrEqual(t, c.packages, *nameRounds/2)
}

// snake is a spec's name that becomes an identifier: refSum of ref_sum.
func snake(id string) string {
	var b strings.Builder
	for i, r := range id {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// decodeNamed is the spec with names.
func decodeNamed(codegen string, names []string) (*spec.Network, error) {
	text := namesSpec + codegen
	for i, name := range slices.Backward(names) {
		text = strings.ReplaceAll(text, fmt.Sprintf("N%d", i+1), name)
	}
	return spec.Decode("names.yaml", []byte(text), op.Vocabulary())
}

func named(t *testing.T, codegen string, names []string) *spec.Network {
	net, err := decodeNamed(codegen, names)
	require.NoError(t, err)
	return net
}

// typeChecker compiles generated packages as far as the types.
type typeChecker struct {
	*testing.T
	imports  map[string]*types.Package
	packages int
}

func newTypeChecker(t *testing.T) *typeChecker {
	c := &typeChecker{T: t, imports: map[string]*types.Package{"unsafe": types.Unsafe}}
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps},
		gen.Module+"/runtime/nnrt", "bytes", "encoding/binary", "errors", "fmt", "hash/fnv", "io", "math", "math/bits", "os", "path/filepath",
		"reflect", "runtime", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "testing", "unsafe")
	require.NoError(t, err)
	packages.Visit(loaded, nil, func(p *packages.Package) {
		if p.Types != nil && p.PkgPath != "unsafe" {
			c.imports[p.PkgPath] = p.Types
		}
	})
	return c
}

// Import is that of types.Importer.
func (c *typeChecker) Import(path string) (*types.Package, error) {
	if p := c.imports[path]; p != nil {
		return p, nil
	}
	return nil, errors.New("not loaded: " + path)
}

// check generates a package and checks its types with assembly and without.
func (c *typeChecker) check(net *spec.Network) (all []*ast.File) {
	out, err := gen.Generate(net, gen.Options{})
	require.NoError(c, err, "%s", net.Canonical(op.Vocabulary()))
	for _, tags := range [][]string{nil, {"purego"}} {
		fset := token.NewFileSet()
		var list []*ast.File
		for _, name := range out.Names() {
			if strings.HasSuffix(name, ".go") && builds(c.T, out, name, tags) {
				f, err := parser.ParseFile(fset, name, out[name], 0)
				require.NoError(c, err)
				list = append(list, f)
			}
		}
		conf := types.Config{Importer: c, Error: func(err error) {
			c.Errorf("%v", err)
		}}
		_, _ = conf.Check(net.Package, fset, list, nil)
		c.packages++
		all = append(all, list...)
	}
	return all
}

// builds reports whether a file belongs to the package for amd64 with some tags.
func builds(t *testing.T, out files.Files, name string, tags []string) bool {
	ctx := build.Default
	ctx.GOARCH, ctx.BuildTags = "amd64", tags
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out[name])), nil }
	ok, err := ctx.MatchFile(".", name)
	require.NoError(t, err)
	return ok
}

package bench

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestLayers: there are as many calls as functions for them, of convolutions by tiles,
// whose filters are the network's, of normalised batches and of optimisers that see all
// gradients first, too.
func TestLayers(t *testing.T) {
	nets := map[string]*spec.Network{"normalised": decoded(t, `nngen: 1
name: net
input: {shape: [8]}
layers:
  - dense: {units: 20}
  - batch_norm: {statistics: batch}
  - dense: {units: 20, activation: tanh}
  - dense: {units: 5}
loss: mse
optimizer: {adam: {clip: {norm: 1}}}
`)}
	for _, name := range []string{"../../docs/peers/specs/resnet8", "../../golden/specs/lenet", "../../golden/specs/pixels", "../../golden/specs/w2"} {
		net, err := gen.Load(name + ".yaml")
		require.NoError(t, err)
		nets[name] = net
	}
	for name, net := range nets {
		net.Codegen.Train = true
		files, err := gen.Generate(net, gen.Options{Standalone: true, Calls: true})
		require.NoError(t, err, name)
		printed := functionsIn(t, files["calls.go"])
		p, err := gen.Plan(net, gen.Options{Calls: true})
		require.NoError(t, err)
		count := func(mode string, batch int) int { return len(layersOf(p, costOf(p.Prog).Functions, mode, batch)) }
		require.Equal(t, printed["Net.Calls"], count(Infer, 1), name)
		require.Equal(t, printed["Net.BatchCalls"], count(Infer, 32), name)
		if p.Train.One != nil {
			require.Equal(t, printed["Trainer.oneCalls"], count(Train, 1), name)
		}
		batch := 0
		for method, n := range printed {
			if strings.HasPrefix(method, "Trainer.") && method != "Trainer.oneCalls" {
				batch += n
			}
		}
		require.Equal(t, batch, count(Train, 32), name)
	}
}

func decoded(t *testing.T, text string) *spec.Network {
	net, err := spec.Decode("net.yaml", []byte(text), op.Vocabulary())
	require.NoError(t, err)
	return net
}

// functionsIn counts the functions in the methods of a file.
func functionsIn(t *testing.T, file []byte) map[string]int {
	tree, err := parser.ParseFile(token.NewFileSet(), "calls.go", file, 0)
	require.NoError(t, err)
	out := map[string]int{}
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name + "." + f.Name.Name
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if _, ok := n.(*ast.FuncLit); ok {
				out[name]++
			}
			return true
		})
	}
	return out
}

// TestCalls measures every call of networks in batches and of single samples.
func TestCalls(t *testing.T) {
	for _, name := range []string{"w1", "textures"} { // the latter keeps values of one sample
		b := newBenchmark(t, name)
		require.NotEmpty(t, b.layers, name)
		n := 0
		err := start(t.Context(), b.module.Program, "auto", job{Calls: callsOf(b.layers), Time: time.Millisecond}, io.Discard, func(e event) error {
			if e.Call != nil {
				require.Positive(t, e.Call.Min, name)
				n++
			}
			return nil
		})
		require.NoError(t, err, name)
		require.Len(t, b.layers, n, name)
	}
}

package selftest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/golang/selftest"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

const network = `nngen: 1
input: {shape: [3, 4, 2]}
layers:
  - conv2d: {filters: 3, kernel_size: [2, 2], padding: same, activation: silu}
  - max_pool2d: {kernel_size: [2, 2], strides: [1, 1]}
  - flatten
  - dense: {units: 7, activation: softmax}
  - dense: {units: 2}
codegen: {train: false}
`

// helpers are what the fixed files of a package have for the reference, in a few words.
const helpers = `
type Input [24]float32
func refInput(x []float32) (out []float64) { for _, v := range x { out = append(out, float64(v)) }; return }
func refDense(w, b, x []float64) []float64 {
	y := append([]float64(nil), b...)
	for n := range y { for k, v := range x { y[n] += w[n*len(x)+k] * v } }
	return y
}
func refSum(x []float64) (s float64) { for _, v := range x { s += v }; return }
func refLargest(x []float64) float64 { m := x[0]; for _, v := range x { m = math.Max(m, v) }; return m }
func refMax(a, b float64) float64 { return math.Max(a, b) }
func refSigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
func main() {
	var in struct { P [][]float64; X Input }
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil { panic(err) }
	json.NewEncoder(os.Stdout).Encode(refForward(in.P, &in.X))
}
`

// TestReference: the printed reference, compiled, gives what the interpreter gives.
func TestReference(t *testing.T) {
	net, err := spec.Decode("net.yaml", []byte(network), op.Vocabulary())
	require.NoError(t, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	globals := source.NewNamer()
	globals.Others = map[string]bool{}
	tests := selftest.New(source.New("main", "net.yaml", "example.com/nnrt", p.Prog, globals), p, nil)
	file, err := tests.Reference()
	require.NoError(t, err)
	var printed bytes.Buffer
	require.NoError(t, file.Render(&printed))

	m := interp.New(p.Prog)
	in := struct {
		P [][]float64
		X []float64
	}{X: make([]float64, 24)}
	for i := range in.X {
		in.X[i] = float64(float32(i%7)*0.3 - 1)
		in.X[i] = float64(float32(in.X[i]))
	}
	values := interp.InitialValues(p.Prog, 1)
	for _, v := range p.Prog.Params {
		in.P = append(in.P, values[v])
		m.Set(v, values[v])
	}
	m.Set(p.Prog.Inputs[0], in.X)
	require.NoError(t, m.Run(p.Prog.Infer))
	want := m.Get(p.Prog.Outputs[0].Value)[0]

	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	write("go.mod", "module ref\n\ngo 1.26\n")
	write("reference.go", printed.String())
	write("main.go", "package main\n\nimport (\n\t\"encoding/json\"\n\t\"math\"\n\t\"os\"\n)\n"+helpers)
	data, err := json.Marshal(in)
	require.NoError(t, err)
	run := exec.Command("go", "run", ".")
	run.Dir, run.Stdin, run.Env = dir, bytes.NewReader(data), append(os.Environ(), "GOWORK=off")
	out, err := run.Output()
	require.NoError(t, err, "%s\n%s", err, printed.String())
	var got [][]float64
	require.NoError(t, json.Unmarshal(out, &got))
	require.Len(t, got, 1)
	require.InDeltaSlice(t, want, got[0], 1e-12)
	require.NotEqual(t, 0.0, want[0])
}

// TestFill: the golden results are the oracle's, and a network whose values overflow
// has no case that says something.
func TestFill(t *testing.T) {
	for scale, cases := range map[string]int{"0.5": 12, "1.0e+30": 0} {
		net, err := spec.Decode("net.yaml", fmt.Appendf(nil, `nngen: 1
input: {shape: [3]}
layers:
  - dense: {units: 4, kernel_initializer: {constant: %s}}
  - dense: {units: 2, kernel_initializer: {constant: %[1]s}}
codegen: {train: false}
`, scale), op.Vocabulary())
		require.NoError(t, err)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		var v selftest.Facts
		require.NoError(t, selftest.New(source.New("net", "net.yaml", "", p.Prog, source.NewNamer()), p, nil).Fill(&v, true, 0))
		require.Len(t, v.ReferenceCases, cases)
		require.Len(t, v.Golden, 2)
		require.Equal(t, "y[1]", v.Golden[1].Expr)
		require.Equal(t, ir.Float32, p.Prog.DType)
		require.False(t, v.OnHeap || v.Sampled)
	}
}

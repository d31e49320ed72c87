package phases_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/golang/phases"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/golang/standalone"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime"
	"github.com/nngen-go/nngen/spec"
)

// network has a loop over equal layers, values that several read, a normalisation that
// waits for the batch, and constants.
var network = `nngen: 1
input: {shape: [6]}
layers:
  - dense: {name: a, units: 12, activation: tanh}
` + strings.Repeat("  - dense: {units: 12, activation: relu}\n", 8) + `  - batch_normalization: {statistics: batch}
  - add: {from: [a, batch_normalization1]}
  - dense: {units: 3}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
codegen: {simd: none}
`

// helpers are what the fixed files of a package have for its phases, in a few words.
const helpers = `package main

import (
	"encoding/json"
	"os"
)

type Net struct{ p *params }

type Trainer struct {
	LearningRate float32
	net          *Net
	seed         uint64
	step, seen   uint32
	m            *memory
}

func main() {
	var in struct {
		P, X [][]float32
		Y    []Target
	}
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	n := &Net{new(params)}
	get := func(from *params) (out [][]float32) {
		for i, t := range tensors {
			size := 1
			for _, d := range t.Shape {
				size *= d
			}
			v := make([]float32, size)
			from.get(i, v)
			out = append(out, v)
		}
		return out
	}
	for i, v := range in.P {
		n.p.set(i, v)
	}
	x := make([]Input, len(in.X))
	for i := range x {
		x[i] = Input(in.X[i])
	}
	var out struct {
		Y, G, P       [][]float32
		Loss, Valued float32
	}
	for i := range x {
		y := n.Predict(&x[i])
		out.Y = append(out.Y, y[:])
	}
	t := &Trainer{LearningRate: 0.1, net: n, step: 1, m: new(memory)}
	check("test", x, in.Y)
	t.evaluate(x, in.Y, 0, len(x))
	out.Valued = t.evaluated(x)
	half := len(x) / 2 // as two workers would
	t.samples(x, in.Y, 0, half)
	t.samples(x, in.Y, half, len(x)-half)
	t.batch1(x)
	t.samples1(x, in.Y, half, len(x)-half)
	t.samples1(x, in.Y, 0, half)
	t.batch2(x)
	t.samples2(x, in.Y, 0, half)
	t.samples2(x, in.Y, half, len(x)-half)
	t.batch3(x)
	t.samples3(x, in.Y, 0, len(x))
	out.Loss = t.losses(x)
	t.sums(&t.m.grads, x, 1, 2)
	t.sums(&t.m.grads, x, 0, 2)
	out.G = get(&t.m.grads)
	t.update(&t.m.grads)
	out.P = get(n.p)
	json.NewEncoder(os.Stdout).Encode(out)
}
`

// TestPhases: inference and the parts of a training step, printed from a plan and
// compiled, give what the interpreter gives.
func TestPhases(t *testing.T) {
	net, err := spec.Decode("net.yaml", []byte(network), op.Vocabulary())
	require.NoError(t, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	globals := source.NewNamer("params", "memory", "group", "groupRows", "tensors", "check", "workspaces")
	globals.Others = map[string]bool{}
	pack := source.New("main", "net.yaml", "", p.Prog, globals)
	e := phases.New(pack, net, p, nil)
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	kernels := func(train bool) func() (*jen.File, error) {
		return func() (*jen.File, error) { return e.KernelFile(train), nil }
	}
	for _, f := range []struct {
		name string
		make func() (*jen.File, error)
	}{
		{"forward.go", e.Forward},
		{"train.go", e.Train},
		{"update.go", e.Update},
		{"params.go", e.Params},
		{"types.go", e.Types},
		{"kernels.go", kernels(false)},
		{"kernels_train.go", kernels(true)},
		{"scalar.go", e.ScalarFile},
	} {
		file, err := f.make()
		require.NoError(t, err)
		if file == nil {
			continue
		}
		if f.name == "params.go" {
			e.Constants(file)
		}
		var b bytes.Buffer
		require.NoError(t, file.Render(&b), f.name)
		write(f.name, b.String())
	}
	copied, err := standalone.Copy(runtime.Source, pack.Used)
	require.NoError(t, err)
	write("nnrt.go", "package main\n\n"+string(copied))
	require.Len(t, p.Train.Gradients.Phases(plan.Samples), 4, "as the helpers call them")
	for _, ph := range []*plan.Phase{p.Infer, p.Train.Gradients.Phases(plan.Samples)[0], p.Train.Gradients.Sums(), p.Train.Update} {
		require.NotEmpty(t, ph.Repeats, "a loop over equal layers")
	}
	write("main.go", helpers)
	write("go.mod", "module phases_of_test\n\ngo 1.26\n")

	const samples = 5
	r := rand.New(rand.NewPCG(3, 4))
	m := interp.New(p.Prog)
	m.Batch, m.LearningRate = samples, 0.1
	var in struct {
		P, X [][]float64
		Y    []int
	}
	values := interp.InitialValues(p.Prog, 1)
	for _, v := range p.Prog.Params {
		for i, x := range values[v] {
			values[v][i] = float64(float32(x))
		}
		in.P = append(in.P, values[v])
		m.Set(v, append([]float64(nil), values[v]...))
	}
	var classes [][]float64
	for i := range samples {
		x := make([]float64, 6)
		for k := range x {
			x[k] = float64(float32(r.NormFloat64()))
		}
		in.X, in.Y, classes = append(in.X, x), append(in.Y, i%3), append(classes, []float64{float64(i % 3)})
	}
	m.Set(p.Prog.Inputs[0], in.X...)
	m.Set(p.Prog.Outputs[0].Target, classes...)
	data, err := json.Marshal(in)
	require.NoError(t, err)
	run := exec.Command("go", "run", ".")
	run.Dir, run.Stdin, run.Env, run.Stderr = dir, bytes.NewReader(data), append(os.Environ(), "GOWORK=off"), os.Stderr
	text, err := run.Output()
	require.NoError(t, err)
	var got struct {
		Y, G, P      [][]float64
		Loss, Valued float64
	}
	require.NoError(t, json.Unmarshal(text, &got))

	near := func(want, got []float64, what string) {
		require.Len(t, got, len(want), what)
		for i, x := range want {
			require.InDelta(t, x, got[i], 1e-5*(1+max(x, -x)), "%s, element %d", what, i)
		}
	}
	require.NoError(t, m.Run(p.Prog.Infer))
	for i, y := range m.Get(p.Prog.Outputs[0].Value) {
		near(y, got.Y[i], "output")
	}
	require.NoError(t, m.Run(p.Prog.Evaluate))
	near(m.Get(p.Prog.EvalLoss)[0], []float64{got.Valued}, "loss as in inference")
	require.NoError(t, m.Run(p.Prog.Gradients))
	near(m.Get(p.Prog.Loss)[0], []float64{got.Loss}, "loss")
	gradients := map[*ir.ParamInfo][]float64{}
	for _, g := range p.Prog.Grads {
		gradients[g.Param] = m.Get(g)[0]
	}
	require.NoError(t, m.Run(p.Prog.Update))
	for i, v := range p.Prog.Params {
		if g := gradients[v.Param]; g != nil {
			near(g, got.G[i], "gradient of "+v.Name)
		}
		near(m.Get(v)[0], got.P[i], v.Name+" after the step")
	}
	require.NotEqual(t, got.Loss, got.Valued, "normalised by the batch, and not")
}

package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/golang/api"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/golang/standalone"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime"
	"github.com/nngen-go/nngen/spec"
)

// network has weights in panels and their tail, by inputs, of connections and of
// filters.
const network = `nngen: 1
inputs: {image: {shape: [2, 5, 5]}, pose: {shape: [3]}}
outputs: {class: {from: classes, labels: [a, b, c]}, value: {from: estimate}}
layers:
  - conv2d: {filters: 20, kernel_size: [3, 3], from: image}
  - flatten
  - dense: {name: hidden, from: flatten1, units: 37, kernel_initializer: glorot_uniform, bias_initializer: {constant: 0.5}}
  - dense: {name: masked, units: 16, from: pose, mask: {density: 0.4, seed: 1}}
  - concat: {from: [hidden, masked]}
  - dense: {name: estimate, units: 2, kernel_initializer: {normal: {mean: 1, std: 2}}}
  - dense: {name: scores, units: 3, from: hidden}
  - softmax: {name: classes}
codegen: {train: false}
`

const program = `package main

import (
	"encoding/json"
	"fmt"
	"os"
	"unsafe"
)

func main() {
	var p, q params
	p.initialise(3)
	var out struct {
		Values [][]float32
		Sizes  []int
	}
	for n, t := range tensors {
		size := 1
		for _, d := range t.Shape {
			size *= d
		}
		v, w := make([]float32, size), make([]float32, size)
		p.get(n, v)
		if err := q.set(n, v); err != nil {
			panic(err)
		}
		q.get(n, w)
		if fmt.Sprint(v) != fmt.Sprint(w) {
			panic(t.Name)
		}
		out.Values = append(out.Values, v)
	}
	if p != q {
		panic("something lies between the tensors")
	}
	out.Sizes = []int{Inputs, Outputs, Params, len(ClassLabels), int(unsafe.Sizeof(Input{})), (&Output{Class: [3]float32{1, 3, 3}}).ArgMaxClass()}
	json.NewEncoder(os.Stdout).Encode(out)
}
`

// TestParams: the printed parameters, compiled, begin with the values that the
// interpreter says, and hold in canonical layout what they are set to; the types have
// the program's sizes.
func TestParams(t *testing.T) {
	net, err := spec.Decode("net.yaml", []byte(network), op.Vocabulary())
	require.NoError(t, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	orders := map[plan.Order]bool{}
	for _, x := range p.Tensors {
		orders[x.Layout.Order] = true
	}
	require.Len(t, orders, 3, "panels, vectors and connections")
	globals := source.NewNamer("params", "tensors")
	globals.Others = map[string]bool{}
	pack := source.New("main", "net.yaml", "", p.Prog, globals)
	a := api.New(pack, net, p, nil)
	files := map[string]func() (*jen.File, error){"params.go": a.Params, "types.go": a.Types}
	dir := t.TempDir()
	write := func(name string, text []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o666))
	}
	for name, make := range files {
		f, err := make()
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, f.Render(&b))
		write(name, b.Bytes())
	}
	copied, err := standalone.Copy(runtime.Source, pack.Used)
	require.NoError(t, err)
	write("nnrt.go", append([]byte("package main\n\n"), copied...))
	write("main.go", []byte(program))
	write("go.mod", []byte("module package_of_test\n\ngo 1.26\n"))
	run := exec.Command("go", "run", ".")
	run.Dir, run.Env, run.Stderr = dir, append(os.Environ(), "GOWORK=off"), os.Stderr
	text, err := run.Output()
	require.NoError(t, err)
	var got struct {
		Values [][]float64
		Sizes  []int
	}
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, []int{53, 5, p.Prog.ParamCount(), 3, 53 * 4, 1}, got.Sizes)
	initial := interp.InitialValues(p.Prog, 3)
	require.Len(t, got.Values, len(p.Prog.Params))
	for i, v := range p.Prog.Params {
		for j, x := range initial[v] {
			require.InDelta(t, x, got.Values[i][j], 1e-6, "%s, element %d", v.Name, j)
		}
	}
}

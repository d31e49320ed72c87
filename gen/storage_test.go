package gen_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

const storageSpec = `nngen: 1
input: {shape: [40]}
layers:
  - dense: {units: 37, activation: tanh}
  - dense: {units: 20, mask: {density: 0.5}}
  - dense: {units: 3}
codegen: {storage: %s, embed: w.safetensors, standalone: true}
`

const storageMain = `package main

import (
	"fmt"
	"os"

	"example.com/storage/net"
)

func main() {
	n, err := net.LoadFile(os.Args[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	var x net.Input
	for i := range x {
		x[i] = float32(i%7) - 2
	}
	a, b := n.Predict(&x), net.Embedded().Predict(&x)
	fmt.Println(a == b, a)
	fmt.Println(n.Dense1Weight(1, 2), n.Dense2Weight(1, 2), n.Dense3Weight(1, 2))
	if err = n.SaveFile("loaded"); err == nil {
		err = net.Embedded().SaveFile("embedded")
	}
	if err != nil {
		fmt.Println(err)
	}
}
`

// TestStorage embeds float32 weights in a package that stores them narrow:
// file and binary hold the same weights, those of the interpreter, and what
// does not fit is refused by name.
func TestStorage(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	for storage, size := range map[ir.DType]int{ir.Float16: 2, ir.Int8: 1} {
		t.Run(string(storage), func(t *testing.T) { testStorage(t, storage, size) })
	}
}

func testStorage(t *testing.T, storage ir.DType, size int) {
	dir := t.TempDir()
	net, err := spec.Decode("net.yaml", fmt.Appendf(nil, storageSpec, storage), op.Vocabulary())
	require.NoError(t, err)
	n, err := gentest.Prepare(net)
	require.NoError(t, err)
	prog := n.Plan.Prog
	weights := interp.InitialValues(prog, 3)
	file, err := n.Weights(weights)
	require.NoError(t, err)
	net.Files = map[string][]byte{"w.safetensors": file}
	made, err := gen.Generate(net, gen.Options{Package: "net"})
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "net"), 0o777))
	bias, weight := 0, 0
	for _, p := range prog.Params {
		if len(p.Shape) == 1 {
			bias += 4 * p.Size()
		} else {
			weight += size * p.Size()
		}
	}
	embedded := made["weights.safetensors"]
	require.Less(t, len(embedded), bias+weight+1000, "a header, biases, scales, narrow weights")
	write := func(name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
	}
	for name, data := range made {
		write("net/"+name, data)
	}
	write("go.mod", []byte("module example.com/storage\n\ngo 1.26\n"))
	write("main.go", []byte(storageMain))
	write("w.safetensors", file)

	goTool := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0", "GOPROXY=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	goTool("go", "vet", "./...")
	goTool("go", "test", "./net")
	goTool("go", "build", "-o", "program", ".")
	out := strings.Split(goTool("./program", "w.safetensors"), "\n")
	require.True(t, strings.HasPrefix(out[0], "true "), out[0])
	stored := func(p *ir.Value) []float64 { return interp.Stored(p.Param, weights[p]) }
	at := func(name string) any {
		p := prog.ParamByName(name)
		return float32(stored(p)[1*p.Shape[1]+2])
	}
	require.Equal(t, fmt.Sprintln(at("dense1.weight"), at("dense2.weight"), at("dense3.weight")), out[1]+"\n")
	for _, name := range []string{"loaded", "embedded"} {
		saved, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		got, err := n.Decode(saved)
		require.NoError(t, err)
		for _, p := range prog.Params {
			require.Equal(t, stored(p), got[p], "%s: %s", name, p.Name)
		}
		again := goTool("./program", name)
		require.Equal(t, strings.Join(out, "\n"), again)
	}

	large := weights[prog.ParamByName("dense3.weight")]
	large[5] = 3e38
	bad, err := n.Weights(weights)
	require.NoError(t, err)
	write("bad", bad)
	message := `tensor "dense3.weight": want magnitudes below ` + map[ir.DType]string{ir.Float16: "65520", ir.Int8: "1.7014118e+38"}[storage] + `, for storage ` + string(storage) + `, got 3e+38`
	require.Equal(t, "bad: "+message+"\n", goTool("./program", "bad"))
	net.Files["w.safetensors"] = bad
	_, err = gen.Generate(net, gen.Options{})
	require.ErrorContains(t, err, "codegen: cannot embed w.safetensors: "+message)
}

// TestEmbeddedFile reads an embedded file of float16 as anybody would.
func TestEmbeddedFile(t *testing.T) {
	net, err := spec.Decode("net.yaml", fmt.Appendf(nil, storageSpec, "float16"), op.Vocabulary())
	require.NoError(t, err)
	n, err := gentest.Prepare(net)
	require.NoError(t, err)
	weights := interp.InitialValues(n.Plan.Prog, 3)
	file, err := n.Weights(weights)
	require.NoError(t, err)
	net.Files = map[string][]byte{"w.safetensors": file}
	made, err := gen.Generate(net, gen.Options{})
	require.NoError(t, err)
	require.NoError(t, nnrt.LoadTensors(bytes.NewReader(made["weights.safetensors"]), n.Tensors(), nil, func(i int, v []float64) error {
		p := n.Plan.Prog.Params[i]
		require.Equal(t, interp.Stored(p.Param, weights[p]), v)
		return nil
	}))
}

package run

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"text/template"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/stretchr/testify/require"
)

// fakeNet describes a network for the fake generator: inputs and outputs by
// name and size, in order.
type fakeNet struct {
	dtype   string
	inputs  []fakePort
	outputs []fakePort
	fit     bool
	rate    float64
}

type fakePort struct {
	name   string
	size   int
	loss   string // cross_entropy, bce, mse; empty is not trained
	labels []string
	// columns are those of an input, if the spec names them.
	columns []string
}

// net returns the spec of the fake network.
func (f fakeNet) net() *spec.Network {
	n := &spec.Network{File: "fake.yaml", Name: "fake", Package: "fake"}
	n.Codegen = spec.Codegen{Train: true, Batch: 8}
	for _, p := range f.inputs {
		in := spec.Input{Name: p.name, Shape: []int{p.size}, Columns: named(p.columns)}
		if f.fit {
			in.Normalize = &spec.Normalize{Fit: true}
		}
		n.Inputs = append(n.Inputs, in)
	}
	n.Layers = []spec.Layer{
		{Name: "drop", Kind: "dropout", From: []string{f.inputs[0].name}},
		{Name: "out", Kind: "dense", From: []string{"drop"}},
	}
	for _, p := range f.outputs {
		out := spec.Output{Name: p.name, From: "out", Labels: p.labels}
		if p.loss != "" {
			out.Loss = &spec.Named{Name: p.loss}
		}
		n.Outputs = append(n.Outputs, out)
	}
	return n
}

func total(ports []fakePort) int {
	n := 0
	for _, p := range ports {
		n += p.size
	}
	return n
}

// lower returns a program with what Describe reads.
func (f fakeNet) lower(n *spec.Network) (*ir.Program, error) {
	p := &ir.Program{Name: "fake", DType: ir.DType(f.dtype)}
	trained := false
	for _, in := range f.inputs {
		p.Inputs = append(p.Inputs, &ir.Value{Name: in.name, Shape: []int{in.size}})
	}
	for _, out := range f.outputs {
		o := ir.Output{Name: out.name, Shape: []int{out.size}, Value: &ir.Value{Shape: []int{out.size}}, Labels: out.labels, LossName: out.loss}
		o.Class = out.loss == "cross_entropy"
		o.Classifier = o.Class || out.loss == "bce"
		if out.loss != "" {
			o.Target = &ir.Value{Shape: []int{out.size}}
			trained = true
		}
		p.Outputs = append(p.Outputs, o)
	}
	if trained && n.Codegen.Train {
		p.Gradients = &ir.Func{}
	}
	in, out := total(f.inputs), total(f.outputs)
	for name, shape := range map[string][]int{"out.weight": {out, in}, "out.bias": {out}} {
		p.Params = append(p.Params, &ir.Value{Param: &ir.ParamInfo{Name: name, Shape: shape, Trained: true}})
	}
	return p, nil
}

// generate renders testdata/fake.go.tmpl.
func (f fakeNet) generate(n *spec.Network, standalone bool) (map[string][]byte, error) {
	text, err := os.ReadFile("testdata/fake.go.tmpl")
	if err != nil {
		return nil, err
	}
	type port struct {
		Go, Field string
		Size      int
		Class     bool
	}
	ports := func(list []fakePort, trained bool) (out []port) {
		for _, p := range list {
			if trained && p.loss == "" {
				continue
			}
			v := port{Go: spec.GoName(p.name), Size: p.size, Class: p.loss == "cross_entropy"}
			if len(list) > 1 {
				v.Field = "." + v.Go
			}
			out = append(out, v)
		}
		return out
	}
	in, out := total(f.inputs), total(f.outputs)
	size, dtype := 4, "F32"
	if f.dtype == "float64" {
		size, dtype = 8, "F64"
	}
	header := fmt.Sprintf(`{"out.bias":{"dtype":"%s","shape":[%d],"data_offsets":[0,%d]},"out.weight":{"dtype":"%s","shape":[%d,%d],"data_offsets":[%d,%d]}}`,
		dtype, out, out*size, dtype, out, in, out*size, out*size+in*out*size)
	for len(header)%8 != 0 {
		header += " "
	}
	prog, _ := f.lower(n)
	rate := f.rate
	if rate == 0 {
		rate = 0.05
	}
	var b bytes.Buffer
	err = template.Must(template.New("fake").Parse(string(text))).Execute(&b, map[string]any{
		"Package": n.Package, "In": in, "Out": out, "Batch": n.Codegen.Batch, "DType": f.dtype,
		"SeveralIn": len(f.inputs) > 1, "SeveralOut": len(f.outputs) > 1,
		"Inputs": ports(f.inputs, false), "Outputs": ports(f.outputs, false), "Targets": ports(f.outputs, true),
		"Record": n.Record(), "Train": prog.Gradients != nil, "Fit": f.fit, "Header": header, "Rate": rate,
	})
	return map[string][]byte{"fake.go": b.Bytes()}, err
}

// testCache is shared by all tests of a run, so that every fake is compiled once.
var testCache string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "nngen-test-")
	if err != nil {
		panic(err)
	}
	testCache = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func (f fakeNet) compiler() *Compiler {
	if f.dtype == "" {
		f.dtype = "float32"
	}
	return &Compiler{Generate: f.generate, Lower: f.lower, Cache: testCache}
}

// put writes a file into a fresh folder and returns its path.
func put(t *testing.T, name, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
	return path
}

// named are columns of numbers with these names.
func named(names []string) []spec.Column {
	var columns []spec.Column
	for _, name := range names {
		columns = append(columns, spec.Column{Name: name, Encoding: "number", Missing: "error"})
	}
	return columns
}

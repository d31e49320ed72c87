package model

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

// backendCase is a test of ONNX's backend test suite.
type backendCase struct {
	name      string // node/relu
	operators []string
	refused   error
	failed    string
	model     *Model
	reference *Reference
}

// backendCases imports every case of a folder for which wanted is true.
func backendCases(t *testing.T, root string, wanted func(name string) bool) []*backendCase {
	var cases []*backendCase
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "model.onnx" {
			return err
		}
		dir := filepath.Dir(path)
		name, _ := filepath.Rel(root, dir)
		c := &backendCase{name: strings.Replace(filepath.ToSlash(name), "test_", "", 1)}
		if !wanted(c.name) {
			return nil
		}
		cases = append(cases, c)
		data, err := ReadTestSet(filepath.Join(dir, "test_data_set_0"))
		if err == nil {
			c.model, err = ImportFor(path, Options{Inference: true}, []*Data{data})
		}
		if err == nil {
			c.reference, err = c.model.Reference(data)
		}
		c.refused = err
		c.operators = operatorsOf(t, path)
		return nil
	})
	require.NoError(t, err)
	return cases
}

// operatorsOf lists the operators of a model, without constants.
func operatorsOf(t *testing.T, path string) []string {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	m, err := onnx.Read(data)
	if err != nil {
		return []string{"unreadable"}
	}
	var list []string
	for _, n := range m.Graph.Nodes {
		if n.OpType != "Constant" && !slices.Contains(list, n.OpType) {
			list = append(list, n.OpType)
		}
	}
	return list
}

// transcendental are operators whose results may differ by more roundings.
var transcendental = strings.Fields("Exp Log Tanh Sigmoid Softmax LogSoftmax Softplus Elu Selu Celu Gelu Swish Mish Erf Pow LayerNormalization BatchNormalization Sqrt")

func (c *backendCase) tolerances() (rtol, atol float64) {
	rtol = 1e-5
	for _, n := range c.model.file.Graph.Nodes {
		if slices.Contains(transcendental, n.OpType) {
			rtol = 1e-4
		}
	}
	return rtol, 1e-6
}

// compare judges outputs.
func (c *backendCase) compare(path string, got [][]float64) {
	if c.failed != "" {
		return
	}
	rtol, atol := c.tolerances()
	for s, want := range c.reference.Outputs {
		if len(got) <= s || len(got[s]) != len(want) {
			c.failed = fmt.Sprintf("%s: %d samples, want %d", path, len(got), len(c.reference.Outputs))
			return
		}
		for i, w := range want {
			if g := got[s][i]; g != w && !(math.IsNaN(g) && math.IsNaN(w)) && !(math.Abs(g-w) <= atol+rtol*math.Abs(w)) {
				c.failed = fmt.Sprintf("%s: sample %d, output %d: got %g, want %g", path, s, i, g, w)
				return
			}
		}
	}
}

// interpret runs a model with the interpreter in float64.
func interpret(t *testing.T, m *Model, inputs [][]float64) [][]float64 {
	n, err := verify.Prepare(m.Net)
	require.NoError(t, err, "%s", m.Spec)
	values, err := n.Decode(m.Weights)
	require.NoError(t, err)
	prog := n.Plan.Prog
	machine := interp.New(prog)
	machine.Batch = len(inputs)
	for p, v := range values {
		machine.Set(p, v)
	}
	verify.Rows(prog.Inputs, inputs, machine.Set)
	require.NoError(t, machine.Run(prog.Infer))
	var outputs [][]float64
	for range inputs {
		outputs = append(outputs, nil)
	}
	for _, o := range prog.Outputs {
		for s, row := range machine.Get(o.Value) {
			outputs[s] = append(outputs[s], row...)
		}
	}
	return outputs
}

// The results of golden/onnx-backend. All cases of the operators that are
// supported pass; more may, fewer must not.
const (
	backendTotal  = 282
	backendPassed = 213
)

var update = flag.Bool("update", false, "write docs/onnx.md")

// TestConformance runs ONNX's backend tests through import, generation,
// compilation and execution, on every path of the machine. With -short the
// interpreter runs them instead of generated code.
func TestConformance(t *testing.T) {
	cases := backendCases(t, filepath.Join("..", "..", "golden", "onnx-backend"), func(string) bool { return true })
	require.Len(t, cases, backendTotal)
	var running []*backendCase
	for _, c := range cases {
		if c.refused == nil {
			running = append(running, c)
			c.compare("float64", interpret(t, c.model, c.reference.Inputs))
		}
	}
	if !testing.Short() {
		generated(t, running)
	}
	passed := 0
	for _, c := range cases {
		switch {
		case c.failed != "":
			t.Errorf("%s: %s\n%s", c.name, c.failed, c.model.Spec)
		case c.refused == nil:
			passed++
		default:
			var refused *importer.Error
			if assert.ErrorAs(t, c.refused, &refused, c.name) {
				assert.NotEmpty(t, refused.Operator, "%s: %v", c.name, refused)
				assert.Contains(t, refused.Place, refused.Operator, c.name)
			}
		}
	}
	t.Logf("%d passed, %d refused, %d failed", passed, len(cases)-len(running), len(running)-passed)
	assert.GreaterOrEqual(t, passed, backendPassed)
	page := conformancePage(cases)
	path := filepath.Join("..", "..", "docs", "onnx.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(page), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, page, string(got), "docs/onnx.md is stale: run go test ./gen/model -run TestConformance -update")
}

// generated compiles the networks of all cases into one program and compares
// what it computes.
func generated(t *testing.T, cases []*backendCase) {
	var nets []*gentest.Network
	for _, c := range cases {
		n, err := gentest.Prepare(c.model.Net)
		require.NoError(t, err)
		nets = append(nets, n)
	}
	program, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	for _, path := range gentest.Paths {
		var jobs []*gentest.Job
		for _, c := range cases {
			jobs = append(jobs, &gentest.Job{Weights: c.model.Weights, Inputs: c.reference.Inputs})
		}
		results, err := program.On(path).Run(jobs)
		require.NoError(t, err)
		for i, r := range results {
			cases[i].compare(r.Path, r.Outputs)
			cases[i].compare(r.Path+", batched", r.Batched)
		}
	}
}

// conformancePage is docs/onnx.md.
func conformancePage(cases []*backendCase) string {
	var b strings.Builder
	passed := 0
	for _, c := range cases {
		if c.refused == nil && c.failed == "" {
			passed++
		}
	}
	fmt.Fprintf(&b, `<!-- Written by "go test ./gen/model -run TestConformance -update". Do not edit. -->

# ONNX

`+"`nngen import MODEL.onnx -o DIR`"+` turns a trained model into a spec and a weight file; `+"`nngen verify MODEL.onnx`"+` compiles
it and compares with reference inputs and outputs. Operator sets 6 to 28 are read; a newer one is tried. These operators
are understood, many in the forms that exporters spread them over:

%s.

Functions that the model defines itself are understood as their nodes are, and If where its condition is a constant. Comparisons
and what is made of them are 1 or 0. Of the labels of a classifier the numbers are given; text becomes its place, with a note.

ONNX aligns shapes at their ends, so that a value of shape [N], a number for each sample, meets the features of another, not its
samples. The first dimension of inputs is the batch where no operator does that, and none works along it; where one does, it
is taken as part of the sample if its size is fixed, and the model is refused if it is not. A note says which. A batch that is joined with
other dimensions (Reshape to [-1, K]) is followed until it stands alone again.

## What is promised

The network computes the function of the graph. Layers that an exporter spread over many nodes are put together where that is proven: functions
of one number by their breakpoints, slopes and values in rational numbers, others by one form of their formulas; otherwise
the element-wise layers stay as they are. Two things are taken as the same:

* A float32 constant of one number, and an attribute, stands for the number that it is the float32 of: 1/√2, √(2/π) and their like,
  1/n up to 1000, or the shortest decimal. In float32 that is the same constant. (In models in float64 only attributes are read so.)
* x above a threshold of at least 20, else softplus(x), is softplus: they differ by less than 1.1e-10 of x.

A NaN among the inputs stays NaN, also where a choice in the graph would make a number of it. Weights that a model applies to every row
of a value are written out, with zeros between them, so that a NaN or ∞ in one row reaches the others.

Then the graph itself is evaluated in float64, by an evaluation that shares nothing with the importer, and compared with the
definition of the network that was written, on inputs of magnitude 1e-3, 1, 30, 1e3 and 1e6, on small whole numbers and on infinite ones
where the graph is defined there. The import is refused, with the layer and exit code 5, where a number differs by more than 1e-9 of the
largest of the evaluation, or by more than 1e-9 of itself and what roundings explain. Where the graph overflows, or changes of 1e-12 change its result
as much, nothing is judged. Above 10¹⁰ multiply-adds fewer kinds of inputs are tried, and a note says so; `+"`--no-proof`"+` leaves the comparison out.
`+"`nngen verify MODEL.onnx`"+` does the same first.

## Conformance

Of the %d cases of ONNX's backend tests in golden/onnx-backend %d pass, none fails, and %d are refused with the operator and
the node. A case passes if import, generation and compilation succeed and every output of the portable and
of the AVX2 code, one sample at a time and batched, is within 1e-6 + 1e-5·|want| (1e-4 for transcendental functions; ONNX
itself allows 1e-3).

| case | operators | result |
| --- | --- | --- |
`, wrap(importer.Operators()), len(cases), passed, len(cases)-passed)
	for _, c := range cases {
		result := "passed"
		if c.refused != nil {
			result = "refused: " + c.reason()
		} else if c.failed != "" {
			result = "FAILED"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.name, strings.Join(c.operators, ", "), result)
	}
	return b.String()
}

// wrap joins words in lines.
func wrap(words []string) string {
	var b strings.Builder
	width := 0
	for i, w := range words {
		if i > 0 {
			b.WriteString(",")
			if width += len(w) + 2; width > 110 {
				b.WriteString("\n")
				width = 0
			} else {
				b.WriteString(" ")
			}
		}
		b.WriteString(w)
	}
	return b.String()
}

// reason is why a case is refused, in one line without the place.
func (c *backendCase) reason() string {
	var refused *importer.Error
	if errors.As(c.refused, &refused) {
		return strings.ReplaceAll(refused.Msg, "|", "/")
	}
	return c.refused.Error()
}

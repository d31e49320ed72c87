package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

// proofOf prepares the proof of a model whose spec and weights were changed.
func proofOf(t *testing.T, m *Model, change func(spec string) string, weights func(tensors []importer.Tensor)) *proof {
	text := change(string(m.Spec))
	net, err := spec.Decode("model.yaml", []byte(text), op.Vocabulary())
	require.NoError(t, err, text)
	prog, err := lower.Lower(net)
	require.NoError(t, err, text)
	m.Net = net
	weights(m.Tensors)
	p, err := m.newProof(prog, nil)
	require.NoError(t, err)
	return p
}

// small is a graph of several layers.
func small() *builder {
	b := newBuilder(17, 3)
	h := b.op("Relu", b.op("Gemm", b.input("x", 0, 4), b.weights(4, 6), b.weights(6)))
	h = b.op("Tanh", b.op("Gemm", h, b.weights(6, 3), b.weights(3)))
	h = b.op("Clip", b.op("Mul", h, b.number(1e-3)), b.number(-5e-4), b.number(9e-4))
	b.g.Outputs = []*onnx.ValueInfo{{Name: h}}
	return b
}

// TestProofFinds: a network that is not the model is refused, and the layer
// named.
func TestProofFinds(t *testing.T) {
	replace := func(from, to string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, from) {
				panic(s)
			}
			return strings.Replace(s, from, to, 1)
		}
	}
	same := func(s string) string { return s }
	none := func([]importer.Tensor) {}
	for name, c := range map[string]struct {
		change  func(string) string
		weights func([]importer.Tensor)
		layer   string // "" if nothing is wrong
	}{
		"nothing":          {same, none, ""},
		"a leak":           {replace("relu", "{leaky_relu: {negative_slope: 1.0e-07}}"), none, `layer 1 (dense "dense1")`},
		"another function": {replace("tanh", "softsign"), none, `layer 2 (dense "dense2")`},
		"a limit":          {replace("max: 0.0009", "max: 0.00090001"), none, `layer 4 (clip "clip1")`},
		"no limit":         {replace("{min: -0.0005, max: 0.0009}", "{min: -0.0005}"), none, `layer 4 (clip "clip1")`},
		"a weight":         {same, func(ts []importer.Tensor) { ts[0].Data[5] *= 1 + 1e-7 }, `layer 1 (dense "dense1")`},
		"a bias":           {same, func(ts []importer.Tensor) { ts[1].Data[2] += 1e-7 }, `layer 1 (dense "dense1")`},
		"a small scale":    {same, func(ts []importer.Tensor) { ts[4].Data[0] *= 1 + 1e-6 }, `layer 3 (scale_shift "scale_shift1")`},
	} {
		m, err := importBytes((&onnx.Model{IRVersion: 8, OpsetImports: []*onnx.OperatorSet{{Version: 17}}, Graph: small().g}).Marshal())
		require.NoError(t, err)
		note, err := proofOf(t, m, c.change, c.weights).compare()
		require.Empty(t, note)
		if c.layer == "" {
			require.NoError(t, err, name)
			continue
		}
		var differs *ProofError
		require.ErrorAs(t, err, &differs, name)
		assert.Equal(t, c.layer, differs.Layer, "%s: %v", name, err)
		assert.ErrorContains(t, err, "--no-proof")
	}
}

// TestProofOfBatch: samples are compared with samples of a batch, so that values
// which mix them are found.
func TestProofOfBatch(t *testing.T) {
	m, err := importBytes((&onnx.Model{IRVersion: 8, OpsetImports: []*onnx.OperatorSet{{Version: 17}}, Graph: small().g}).Marshal())
	require.NoError(t, err)
	g := m.file.Graph
	g.Nodes = append(g.Nodes, &onnx.Node{OpType: "ReduceMax", Name: "mixed", Inputs: []string{g.Outputs[0].Name}, Outputs: []string{"most"}, Attributes: []*onnx.Attribute{attrInts("axes", 0)}},
		&onnx.Node{OpType: "Add", Name: "sum", Inputs: []string{g.Outputs[0].Name, "most"}, Outputs: []string{"z"}})
	g.Outputs[0].Name = "z"
	_, err = proofOf(t, m, func(s string) string { return s }, func([]importer.Tensor) {}).compare()
	var differs *ProofError
	require.ErrorAs(t, err, &differs)

	// A value per sample that meets an axis of as many elements: 6 samples alone.
	b := newBuilder(17, 1)
	x := b.op("Relu", b.op("Gemm", b.input("x", 0, 4), b.weights(4, 6)))
	m, err = importBytes(b.model(x).Marshal())
	require.NoError(t, err)
	g = m.file.Graph
	g.Nodes = append(g.Nodes, &onnx.Node{OpType: "ReduceMax", Inputs: []string{x}, Outputs: []string{"most"}, Attributes: []*onnx.Attribute{attrInts("axes", 1), attrInt("keepdims", 0)}},
		&onnx.Node{OpType: "Sub", Inputs: []string{x, "most"}, Outputs: []string{"z"}})
	g.Outputs[0].Name = "z"
	_, err = proofOf(t, m, func(s string) string { return s }, func([]importer.Tensor) {}).compare()
	require.ErrorAs(t, err, &differs)
	require.ErrorContains(t, err, "a batch of 6 samples")
}

// TestProofWork: models that take long are compared on fewer inputs, or not at
// all, with a note.
func TestProofWork(t *testing.T) {
	m, err := importBytes(valid().Marshal())
	require.NoError(t, err)
	p := proofOf(t, m, func(s string) string { return s }, func([]importer.Tensor) {})
	r, err := p.run(proofInputs[0].draw)
	require.NoError(t, err)
	for _, c := range []struct {
		limit int64
		note  string
	}{
		{int64(len(proofInputs)) * r.work, ""},
		{3 * r.work, fmt.Sprintf("on 3 of %d kinds of inputs", len(proofInputs))},
		{r.work / 2, "too large"},
		{1, "too large"},
	} {
		p.limit = c.limit
		note, err := p.compare()
		require.NoError(t, err)
		assert.True(t, note == c.note || c.note != "" && strings.Contains(note, c.note), "%d: %q", c.limit, note)
	}
	p.samples = mostSamples + 1
	p.limit = math.MaxInt64
	_, err = p.run(proofInputs[0].draw)
	require.ErrorIs(t, err, evaluate.ErrTooLarge)

	// A file of a few kilobytes that would take hours.
	b := newBuilder(17, 1)
	y := b.input("x", 0, 1_000_000)
	for range 600 {
		y = b.op("Tanh", y)
	}
	m, err = importBytes(b.model(y).Marshal())
	require.NoError(t, err)
	assert.Contains(t, strings.Join(m.Notes, "\n"), "not compared with the model")
}

// TestProofOverflow: a weight that no float32 can be is refused.
func TestProofOverflow(t *testing.T) {
	m, err := importBytes(valid().Marshal())
	require.NoError(t, err)
	prog, err := lower.Lower(m.Net)
	require.NoError(t, err)
	m.Tensors[0].Data[1] = 1e39
	_, err = m.newProof(prog, nil)
	var differs *ProofError
	require.ErrorAs(t, err, &differs)
	assert.Equal(t, "tensor dense1.weight", differs.Layer)
}

// TestConstantsKeepTheirDigits: products of constants that no float32 has are
// not made.
func TestConstantsKeepTheirDigits(t *testing.T) {
	for _, c := range []float32{1e30, 1e-30} {
		for _, dense := range []bool{false, true} {
			b := newBuilder(17, 1)
			y := b.op("Relu", b.input("x", 0, 2))
			if dense {
				y = b.op("MatMul", y, b.floats([]int64{2, 2}, c, 2*c, 3*c, -c))
			} else {
				y = b.op("Mul", y, b.number(c))
			}
			y = b.op("Mul", y, b.number(c))
			m := imported(t, b.model(y), Options{Inference: true})
			for _, w := range m.Tensors {
				for _, v := range w.Data {
					assert.True(t, v == 0 || math.Abs(v) > 1e-38 && math.Abs(v) < 1e38, "%s\n%v", m.Spec, m.Tensors)
				}
			}
		}
	}
}

// TestUnreadInput: the graph may read an input that the network does not need.
func TestUnreadInput(t *testing.T) {
	b := newBuilder(17, 1)
	x := b.input("x", 0, 4)
	m := imported(t, b.model(b.op("Relu", b.op("CastLike", x, b.input("like", 0, 2)))), Options{Inference: true})
	assert.Equal(t, []string{"x"}, m.Inputs)
	assert.Equal(t, "  - relu", layersOf(m))
}

// TestEvaluatorKnowsAll: every operator that is imported can be evaluated.
func TestEvaluatorKnowsAll(t *testing.T) {
	assert.Subset(t, evaluate.Operators(), importer.Operators())
}

// TestNoProof: the comparison can be left out.
func TestNoProof(t *testing.T) {
	m, err := importBytes(valid().Marshal())
	require.NoError(t, err)
	prog, err := lower.Lower(m.Net)
	require.NoError(t, err)
	m.file.Graph.Nodes[0].OpType = "Frobnicate"
	require.NoError(t, m.checkProof("model.onnx", Options{NoProof: true}, prog, nil))
	err = m.checkProof("model.onnx", Options{}, prog, nil)
	var invalid *Error
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, `does not know the operator "Frobnicate"`)
}

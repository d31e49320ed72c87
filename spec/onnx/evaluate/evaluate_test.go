package evaluate

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec/onnx"
)

// backendEvaluated is how many of ONNX's own tests have operators that are known;
// more may, fewer must not.
const backendEvaluated = 168

// TestBackend evaluates ONNX's own tests.
func TestBackend(t *testing.T) {
	evaluated := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "..", "golden", "onnx-backend"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "model.onnx" {
			return err
		}
		m := readModel(t, path)
		if slices.ContainsFunc(m.Graph.Nodes, func(n *onnx.Node) bool { return operators[key(n.Domain, n.OpType)] == nil || training(n) }) {
			return nil
		}
		dir := filepath.Join(filepath.Dir(path), "test_data_set_0")
		g, err := New(m, Options{Exact: true})
		require.NoError(t, err, path)
		inputs := map[string]*Tensor{}
		for _, in := range m.Graph.Inputs {
			if initializers(m.Graph)[in.Name] == nil {
				inputs[in.Name] = readTensor(t, g, filepath.Join(dir, fmt.Sprintf("input_%d.pb", len(inputs))))
			}
		}
		got, err := g.Run(&Run{}, inputs)
		require.NoError(t, err, path)
		for i, y := range got {
			want := readTensor(t, g, filepath.Join(dir, fmt.Sprintf("output_%d.pb", i)))
			require.Equal(t, want.Shape, y.Shape, path)
			for k, w := range want.Data {
				require.True(t, same(w, y.Data[k]), "%s: output %d, element %d is %g, not %g", path, i, k, y.Data[k], w)
			}
		}
		evaluated++
		return nil
	})
	require.NoError(t, err)
	t.Logf("%d cases", evaluated)
	assert.GreaterOrEqual(t, evaluated, backendEvaluated)
}

// training reports whether a node is there for training.
func training(n *onnx.Node) bool {
	return n.OpType == "Dropout" && (len(n.Inputs) > 2 || len(n.Outputs) > 1) ||
		n.OpType == "BatchNormalization" && slices.ContainsFunc(n.Attributes, func(a *onnx.Attribute) bool { return a.Name == "training_mode" && a.I != 0 })
}

// same compares with a result in float32.
func same(want, got float64) bool {
	return want == got || math.IsNaN(want) && math.IsNaN(got) || math.Abs(want-got) <= 1e-6+1e-5*math.Abs(want)
}

func readModel(t *testing.T, path string) *onnx.Model {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	m, err := onnx.Read(data)
	require.NoError(t, err, path)
	return m
}

func readTensor(t *testing.T, g *Graph, path string) *Tensor {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	tensor, err := onnx.ReadTensor(data)
	require.NoError(t, err, path)
	out, err := g.tensor(tensor)
	require.NoError(t, err, path)
	return out
}

// node is a graph of one node with constants beside its first input.
func node(op string, opset int64, constants []*onnx.Tensor, attributes ...*onnx.Attribute) *onnx.Model {
	n := &onnx.Node{OpType: op, Name: "n", Inputs: []string{"x"}, Outputs: []string{"y"}, Attributes: attributes}
	g := &onnx.Graph{Nodes: []*onnx.Node{n}, Initializers: constants, Outputs: []*onnx.ValueInfo{{Name: "y"}}}
	for _, c := range constants {
		n.Inputs = append(n.Inputs, c.Name)
	}
	return &onnx.Model{OpsetImports: []*onnx.OperatorSet{{Version: opset}}, Graph: g}
}

func ints(name string, values ...int64) *onnx.Tensor {
	return onnx.IntTensor(name, []int64{int64(len(values))}, values)
}

// TestOperators: what ONNX's tests do not have, worked out by hand.
func TestOperators(t *testing.T) {
	x := &Tensor{Shape: []int{2, 3}, Data: []float64{1, -2, 3, -4, 5, -6}}
	attr := func(name string, i int64) *onnx.Attribute {
		return &onnx.Attribute{Name: name, Type: onnx.AttributeInt, I: i}
	}
	for _, c := range []struct {
		name  string
		model *onnx.Model
		shape []int
		want  []float64
	}{
		{"old softmax runs over all that follows", node("Softmax", 11, nil, attr("axis", 0)), []int{2, 3}, softmaxOf(x.Data)},
		{"slice to the end, backwards", node("Slice", 13, []*onnx.Tensor{ints("s", math.MaxInt64), ints("e", math.MinInt64), ints("a", -1), ints("t", -2)}), []int{2, 2}, []float64{3, 1, -6, -4}},
		{"slice by attributes", node("Slice", 9, nil, &onnx.Attribute{Name: "starts", Ints: []int64{1}}, &onnx.Attribute{Name: "ends", Ints: []int64{9}}), []int{1, 3}, []float64{-4, 5, -6}},
		{"reshape keeps and finds dimensions", node("Reshape", 13, []*onnx.Tensor{ints("s", 0, -1, 1)}), []int{2, 3, 1}, x.Data},
		{"reduction without axes", node("ReduceSum", 13, nil, attr("keepdims", 0)), []int{}, []float64{-3}},
		{"reduction of nothing", node("ReduceL1", 18, nil, attr("noop_with_empty_axes", 1)), []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}},
		{"product", node("ReduceProd", 13, nil, &onnx.Attribute{Name: "axes", Ints: []int64{-1}}), []int{2, 1}, []float64{-6, 120}},
		{"gather from the end", node("Gather", 13, []*onnx.Tensor{ints("i", -1, 0)}, attr("axis", 1)), []int{2, 2}, []float64{3, 1, -6, -4}},
		{"tile", node("Tile", 13, []*onnx.Tensor{ints("r", 1, 2)}), []int{2, 6}, []float64{1, -2, 3, 1, -2, 3, -4, 5, -6, -4, 5, -6}},
		{"expand with fewer dimensions", node("Expand", 13, []*onnx.Tensor{ints("s", 3)}), []int{2, 3}, x.Data},
		{"clip by attributes", node("Clip", 6, nil, &onnx.Attribute{Name: "max", F: 2}), []int{2, 3}, []float64{1, -2, 2, -4, 2, -6}},
		{"cast to whole numbers", node("Cast", 13, []*onnx.Tensor{}, attr("to", int64(onnx.Int64))), []int{2, 3}, x.Data},
		{"cast to truth", node("Cast", 13, []*onnx.Tensor{}, attr("to", int64(onnx.Bool))), []int{2, 3}, []float64{1, 1, 1, 1, 1, 1}},
		{"matrix by vector", node("MatMul", 13, []*onnx.Tensor{onnx.FloatTensor("w", []int64{3}, []float32{1, 1, 2})}), []int{2}, []float64{5, -11}},
		{"slopes per channel of old", node("PRelu", 6, []*onnx.Tensor{onnx.FloatTensor("s", []int64{3}, []float32{1, 2, 3})}), []int{2, 3}, []float64{1, -4, 3, -4, 5, -18}},
		{"division of whole numbers", node("Div", 13, []*onnx.Tensor{ints("d", 2)}), []int{2, 3}, []float64{0.5, -1, 1.5, -2, 2.5, -3}},
		{"einsum of a matrix", node("Einsum", 13, []*onnx.Tensor{onnx.FloatTensor("w", []int64{2, 3}, []float32{1, 1, 2, 0, 1, 0})}, &onnx.Attribute{Name: "equation", S: []byte("nk, ok->on")}), []int{2, 2}, []float64{5, -11, -2, 5}},
		{"einsum of rows", node("Einsum", 13, []*onnx.Tensor{}, &onnx.Attribute{Name: "equation", S: []byte("ij->i")}), []int{2}, []float64{2, -5}},
		{"an attribute stands for its decimal", node("LeakyRelu", 13, nil, &onnx.Attribute{Name: "alpha", F: 0.1}), []int{2, 3}, []float64{1, -0.1 * 2, 3, -0.1 * 4, 5, -0.1 * 6}},
	} {
		g, err := New(c.model, Options{})
		require.NoError(t, err, c.name)
		got, err := g.Run(&Run{}, map[string]*Tensor{"x": x})
		require.NoError(t, err, c.name)
		assert.Equal(t, c.shape, got[0].Shape, c.name)
		assert.InDeltaSlice(t, c.want, got[0].Data, 1e-15, c.name)
	}
}

// TestIf: one of two graphs, which read what is outside of them.
func TestIf(t *testing.T) {
	graph := func(op string) *onnx.Graph {
		return &onnx.Graph{Nodes: []*onnx.Node{{OpType: op, Inputs: []string{"x", "two"}, Outputs: []string{"inner"}}}, Outputs: []*onnx.ValueInfo{{Name: "inner"}}}
	}
	for condition, want := range map[float32]float64{1: 5, 0: 6} {
		m := node("If", 13, []*onnx.Tensor{onnx.FloatTensor("c", nil, []float32{condition}), onnx.FloatTensor("two", nil, []float32{2})},
			&onnx.Attribute{Name: "then_branch", G: graph("Add")}, &onnx.Attribute{Name: "else_branch", G: graph("Mul")})
		m.Graph.Nodes[0].Inputs = []string{"c"}
		g, err := New(m, Options{})
		require.NoError(t, err)
		got, err := g.Run(&Run{}, map[string]*Tensor{"x": {Shape: []int{1}, Data: []float64{3}}})
		require.NoError(t, err)
		assert.Equal(t, []float64{want}, got[0].Data)
	}
}

func softmaxOf(v []float64) []float64 {
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x)
	}
	var out []float64
	for _, x := range v {
		out = append(out, math.Exp(x)/sum)
	}
	return out
}

// TestRefused: what cannot be evaluated is an error with the node.
func TestRefused(t *testing.T) {
	x := &Tensor{Shape: []int{2, 3}, Data: make([]float64, 6)}
	for _, c := range []struct {
		want  string
		model *onnx.Model
	}{
		{`does not know the operator "Frobnicate"`, node("Frobnicate", 13, nil)},
		{"do not go together", node("Add", 13, []*onnx.Tensor{ints("c", 1, 2)})},
		{"do not go together", node("MatMul", 13, []*onnx.Tensor{ints("c", 1, 2)})},
		{"cannot become", node("Reshape", 13, []*onnx.Tensor{ints("c", 4, 2)})},
		{"axis 5 of 2 dimensions", node("ArgMax", 13, nil, &onnx.Attribute{Name: "axis", I: 5})},
		{"cannot be computed", node("Gather", 13, []*onnx.Tensor{ints("c", 7)})},
		{"too large", node("Tile", 13, []*onnx.Tensor{ints("c", 1<<20, 1<<20)})},
	} {
		g, err := New(c.model, Options{})
		require.NoError(t, err)
		_, err = g.Run(&Run{}, map[string]*Tensor{"x": x})
		assert.ErrorContains(t, err, c.want)
	}
	g, err := New(node("Relu", 13, nil), Options{})
	require.NoError(t, err)
	_, err = g.Run(&Run{Limit: 5}, map[string]*Tensor{"x": x})
	assert.ErrorIs(t, err, ErrTooLarge)
	_, err = g.Run(&Run{Limit: 6}, map[string]*Tensor{"x": x})
	assert.NoError(t, err)
}

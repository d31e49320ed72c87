package model

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
)

// builder makes graphs as exporters do.
type builder struct {
	g      *onnx.Graph
	opset  int64
	random *rand.Rand
	count  int
}

func newBuilder(opset int64, seed uint64) *builder {
	return &builder{g: &onnx.Graph{Name: "g"}, opset: opset, random: rand.New(rand.NewPCG(seed, 0))}
}

// input adds an input; a dimension of 0 is symbolic.
func (b *builder) input(name string, dims ...int64) string {
	shape := &onnx.Shape{}
	for _, d := range dims {
		dim := &onnx.Dim{Value: d, HasValue: d > 0}
		if d == 0 {
			dim.Param = "batch"
		}
		shape.Dims = append(shape.Dims, dim)
	}
	b.g.Inputs = append(b.g.Inputs, &onnx.ValueInfo{Name: name, Type: &onnx.Type{Tensor: &onnx.TensorType{ElemType: onnx.Float, Shape: shape}}})
	return name
}

func (b *builder) fresh(prefix string) string {
	b.count++
	return fmt.Sprintf("%s_%d", prefix, b.count)
}

// weights adds a random constant.
func (b *builder) weights(dims ...int64) string {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(b.random.NormFloat64() / 2)
	}
	return b.floats(dims, list...)
}

func (b *builder) floats(dims []int64, list ...float32) string {
	name := b.fresh("const")
	b.g.Initializers = append(b.g.Initializers, onnx.FloatTensor(name, dims, list))
	return name
}

func (b *builder) number(x float32) string { return b.floats(nil, x) }

func (b *builder) integers(list ...int64) string {
	name := b.fresh("ints")
	b.g.Initializers = append(b.g.Initializers, onnx.IntTensor(name, []int64{int64(len(list))}, list))
	return name
}

// whole is a whole number without dimensions.
func (b *builder) whole(x int64) string {
	name := b.fresh("int")
	b.g.Initializers = append(b.g.Initializers, onnx.IntTensor(name, nil, []int64{x}))
	return name
}

func attrInt(name string, i int64) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeInt, I: i}
}

func attrInts(name string, list ...int64) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeInts, Ints: list}
}

func attrFloat(name string, f float32) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeFloat, F: f}
}

// op adds a node, its domain before the last point; inputs are strings, attributes are *onnx.Attribute.
func (b *builder) op(kind string, args ...any) string {
	n := &onnx.Node{OpType: kind, Name: b.fresh(kind), Outputs: []string{b.fresh("tensor")}}
	if i := strings.LastIndexByte(kind, '.'); i >= 0 {
		n.Domain, n.OpType = kind[:i], kind[i+1:]
	}
	for _, a := range args {
		switch a := a.(type) {
		case string:
			n.Inputs = append(n.Inputs, a)
		case *onnx.Attribute:
			n.Attributes = append(n.Attributes, a)
		}
	}
	b.g.Nodes = append(b.g.Nodes, n)
	return n.Outputs[0]
}

// model finishes the graph.
func (b *builder) model(outputs ...string) *onnx.Model {
	for _, name := range outputs {
		b.g.Outputs = append(b.g.Outputs, &onnx.ValueInfo{Name: name})
	}
	return &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.OperatorSet{{Version: b.opset}}, Graph: b.g}
}

// imported writes a model to a file and imports it.
func imported(t *testing.T, m *onnx.Model, o Options) *Model {
	path := filepath.Join(t.TempDir(), "model.onnx")
	require.NoError(t, os.WriteFile(path, m.Marshal(), 0o666))
	got, err := Import(path, o)
	require.NoError(t, err)
	return got
}

// evaluated evaluates the graph of an imported model in float64.
func evaluated(t *testing.T, m *Model, rows [][]float64) [][]float64 {
	prog, err := lower.Lower(m.Net)
	require.NoError(t, err)
	p, err := m.newProof(prog, nil)
	require.NoError(t, err)
	want, err := p.evaluate(&evaluate.Run{}, rows)
	require.NoError(t, err)
	return want
}

// sameAsEvaluated compares an imported model, with the weights that were
// written, with the evaluation of its graph, both in float64.
func sameAsEvaluated(t *testing.T, m *Model, seed uint64) { sameWithBatch(t, m, seed, 3) }

// sameWithBatch is sameAsEvaluated with so many samples.
func sameWithBatch(t *testing.T, m *Model, seed uint64, samples int) {
	random := rand.New(rand.NewPCG(seed, 1))
	rows := make([][]float64, samples)
	if !m.Batch {
		rows = rows[:1]
	}
	for s := range rows {
		for _, n := range m.inputSizes() {
			for range n {
				rows[s] = append(rows[s], float64(float32(random.NormFloat64())))
			}
		}
	}
	want, got := evaluated(t, m, rows), interpret(t, m, rows)
	const floor = 1e-6 // of the scale, where only roundings are left
	for s := range want {
		require.Empty(t, verify.DiffWithin("output", append(got[s], floor), append(want[s], floor), 2e-6), "sample %d of\n%s", s, m.Spec)
	}
}

// layersOf are the lines of the layers of a spec.
func layersOf(m *Model) string {
	_, text, _ := strings.Cut(string(m.Spec), "layers:\n")
	text, _, _ = strings.Cut(text, "loss:")
	text, _, _ = strings.Cut(text, "codegen:")
	return strings.TrimSuffix(text, "\n")
}

// TestComposite: activations in the forms that exporters write them in.
func TestComposite(t *testing.T) {
	const half, root = 0.5, 0.70710677
	for name, c := range map[string]struct {
		build func(b *builder, x string) string
		want  string
	}{
		"swish": {func(b *builder, x string) string { return b.op("Mul", x, b.op("Sigmoid", x)) }, "silu"},
		"swish, beta": {func(b *builder, x string) string {
			return b.op("Mul", b.op("Sigmoid", b.op("Mul", x, b.number(1.702))), x)
		}, "{silu: {beta: 1.702}}"},
		"gelu, PyTorch": {func(b *builder, x string) string {
			e := b.op("Add", b.op("Erf", b.op("Div", x, b.number(1.4142135))), b.number(1))
			return b.op("Mul", b.op("Mul", x, e), b.number(half))
		}, "gelu"},
		"gelu, Keras": {func(b *builder, x string) string {
			return b.op("Mul", b.op("Mul", b.number(half), x), b.op("Add", b.number(1), b.op("Erf", b.op("Mul", x, b.number(root)))))
		}, "gelu"},
		"gelu, erf inside": {func(b *builder, x string) string {
			return b.op("Mul", x, b.op("Mul", b.op("Add", b.op("Erf", b.op("Mul", b.number(root), x)), b.number(1)), b.number(half)))
		}, "gelu"},
		"gelu, tanh": {func(b *builder, x string) string {
			cube := b.op("Mul", b.op("Mul", x, b.op("Mul", x, x)), b.number(0.044715))
			inner := b.op("Mul", b.op("Add", x, cube), b.number(0.7978846))
			return b.op("Mul", b.op("Mul", x, b.number(half)), b.op("Add", b.op("Tanh", inner), b.number(1)))
		}, "{gelu: {approximate: tanh}}"},
		"mish": {func(b *builder, x string) string { return b.op("Mul", x, b.op("Tanh", b.op("Softplus", x))) }, "mish"},
		"hard_swish": {func(b *builder, x string) string {
			return b.op("Mul", x, b.op("HardSigmoid", x, attrFloat("alpha", 1.0/6), attrFloat("beta", 0.5)))
		}, "hard_swish"},
		"hard_swish, clipped": {func(b *builder, x string) string {
			return b.op("Div", b.op("Mul", x, b.op("Clip", b.op("Add", x, b.number(3)), b.number(0), b.number(6))), b.number(6))
		}, "hard_swish"},
		"relu6":    {func(b *builder, x string) string { return b.op("Clip", x, b.number(0), b.number(6)) }, "relu6"},
		"softplus": {func(b *builder, x string) string { return b.op("Sqrt", b.op("Pow", b.op("Softplus", x), b.number(2))) }, "softplus"},
		"elu": {func(b *builder, x string) string {
			less := b.op("Less", x, b.number(0))
			return b.op("Where", less, b.op("Mul", b.op("Sub", b.op("Exp", x), b.number(1)), b.number(0.5)), x)
		}, "{elu: {alpha: 0.5}}"},
		"leaky_relu": {func(b *builder, x string) string { return b.op("Max", x, b.op("Mul", x, b.number(0.2))) }, "{leaky_relu: {negative_slope: 0.2}}"},
		"softsign":   {func(b *builder, x string) string { return b.op("Div", x, b.op("Add", b.op("Abs", x), b.number(1))) }, "softsign"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(17, 1)
			x := b.input("x", 0, 4)
			z := b.op("Gemm", x, b.weights(6, 4), b.weights(6), attrInt("transB", 1))
			m := imported(t, b.model(b.op("MatMul", c.build(b, z), b.weights(6, 2))), Options{})
			want := "  - dense: {units: 6, activation: " + c.want + "}\n  - dense: {units: 2, use_bias: false}"
			assert.Equal(t, want, layersOf(m))
			sameAsEvaluated(t, m, 1)
		})
	}
}

// TestSimplified: graphs and the layers they should become.
func TestSimplified(t *testing.T) {
	for name, c := range map[string]struct {
		opset int64
		build func(b *builder, x string) string
		want  string
	}{
		"bias on the left": {13, func(b *builder, x string) string {
			return b.op("Add", b.weights(3), b.op("MatMul", x, b.weights(4, 3)))
		}, "  - dense: {units: 3}"},
		"mean of a layer with a bias": {13, func(b *builder, x string) string {
			h := b.op("Reshape", b.op("Gemm", x, b.weights(4, 6), b.weights(6)), b.integers(0, 2, 3))
			return b.op("ReduceMean", h, attrInts("axes", 1), attrInt("keepdims", 0))
		}, "  - dense: {units: 3}"},
		"rows added to rows": {13, func(b *builder, x string) string {
			two := b.op("Reshape", b.op("MatMul", x, b.weights(4, 6)), b.integers(0, 2, 3))
			return b.op("Add", two, b.op("Reshape", b.op("MatMul", x, b.weights(4, 3)), b.integers(0, 1, 3)))
		}, "  - dense: {units: 6, use_bias: false}\n  - dense: {units: 3, use_bias: false, from: x}\n  - reshape: {shape: [2, 3], from: dense1}\n" +
			"  - reshape: {shape: [1, 3], from: dense2}\n  - add: {from: [reshape1, reshape2]}"},
		"quotient of a sum": {13, func(b *builder, x string) string {
			h := b.op("Relu", b.op("MatMul", x, b.weights(4, 4)))
			y := b.op("Div", b.op("Add", b.op("Mul", h, b.number(3)), b.floats([]int64{4}, 1, 2, 3, 4)), b.floats([]int64{4}, 2, 4, 8, 5))
			return b.op("MatMul", y, b.weights(4, 2))
		}, "  - dense: {units: 4, activation: relu, use_bias: false}\n  - dense: {units: 2}"},
		"whole numbers divided towards zero": {13, func(b *builder, x string) string {
			last := b.op("Slice", x, b.op("Div", b.integers(-7), b.integers(2)), b.integers(4), b.integers(1))
			return b.op("MatMul", last, b.weights(3, 2))
		}, "  - slice: {start: 1}\n  - dense: {units: 2, use_bias: false}"},
		"a choice known beforehand": {13, func(b *builder, x string) string {
			h := b.op("MatMul", x, b.weights(4, 3))
			return b.op("Where", b.op("Less", b.number(2), b.number(1)), b.op("Sigmoid", h), b.op("Tanh", h))
		}, "  - dense: {units: 3, activation: tanh, use_bias: false}"},
		"weights chosen element by element": {13, func(b *builder, x string) string {
			w := b.op("Where", b.op("Less", b.weights(4, 3), b.number(0)), b.weights(4, 3), b.weights(4, 3))
			return b.op("MatMul", x, w)
		}, "  - dense: {units: 3, use_bias: false}"},
		"gemm with factors": {13, func(b *builder, x string) string {
			return b.op("Gemm", x, b.weights(4, 3), b.weights(1, 3), attrFloat("alpha", 0.5), attrFloat("beta", 2))
		}, "  - dense: {units: 3}"},
		"batch normalisation after": {13, func(b *builder, x string) string {
			z := b.op("MatMul", x, b.weights(4, 3))
			return b.op("Relu", b.op("BatchNormalization", z, b.weights(3), b.weights(3), b.weights(3), b.floats([]int64{3}, 1, 2, 3)))
		}, "  - dense: {units: 3, activation: relu}"},
		"batch normalisation before": {13, func(b *builder, x string) string {
			h := b.op("Relu", b.op("MatMul", x, b.weights(4, 3)))
			n := b.op("BatchNormalization", h, b.weights(3), b.weights(3), b.weights(3), b.floats([]int64{3}, 1, 2, 3))
			return b.op("MatMul", b.op("Dropout", n), b.weights(3, 2))
		}, "  - dense: {units: 3, activation: relu, use_bias: false}\n  - dense: {units: 2}"},
		"batch normalisation at the end": {13, func(b *builder, x string) string {
			h := b.op("Relu", b.op("MatMul", x, b.weights(4, 3)))
			return b.op("BatchNormalization", h, b.weights(3), b.weights(3), b.weights(3), b.floats([]int64{3}, 1, 2, 3))
		}, "  - dense: {units: 3, activation: relu, use_bias: false}\n  - batch_normalization: {epsilon: 1.0e-05, trainable: false}"},
		"clutter": {13, func(b *builder, x string) string {
			h := b.op("Reshape", b.op("Identity", b.op("Reshape", x, b.integers(-1, 2, 2))), b.integers(0, 4))
			return b.op("Cast", b.op("Softmax", b.op("MatMul", h, b.weights(4, 3))), attrInt("to", 1))
		}, "  - dense: {units: 3, use_bias: false}\n  - softmax"},
		"flattening of PyTorch": {13, func(b *builder, x string) string {
			h := b.op("Reshape", x, b.integers(0, 2, 2))
			n := b.op("Unsqueeze", b.op("Gather", b.op("Shape", h), b.whole(0)), b.integers(0))
			return b.op("MatMul", b.op("Reshape", h, b.op("Concat", n, b.integers(-1), attrInt("axis", 0))), b.weights(4, 3))
		}, "  - dense: {units: 3, use_bias: false}"},
		"parallel layers": {13, func(b *builder, x string) string {
			return b.op("Concat", b.op("Gemm", x, b.weights(4, 2), b.weights(2)), b.op("MatMul", x, b.weights(4, 3)), attrInt("axis", 1))
		}, "  - dense: {units: 5}"},
		"half of the outputs": {11, func(b *builder, x string) string {
			z := b.op("Gemm", x, b.weights(4, 6), b.weights(6))
			n := b.g.Nodes
			split := &onnx.Node{OpType: "Split", Inputs: []string{z}, Outputs: []string{"mean", "std"}, Attributes: []*onnx.Attribute{attrInt("axis", -1)}}
			b.g.Nodes = append(n, split)
			return b.op("Tanh", "mean")
		}, "  - dense: {units: 3, activation: tanh}"},
		"transposition before": {13, func(b *builder, x string) string {
			h := b.op("Transpose", b.op("Reshape", x, b.integers(-1, 2, 2)), attrInts("perm", 0, 2, 1))
			return b.op("MatMul", b.op("Flatten", h), b.weights(4, 3))
		}, "  - dense: {units: 3, use_bias: false}"},
		"softmax by hand": {13, func(b *builder, x string) string {
			z := b.op("MatMul", x, b.weights(4, 3))
			e := b.op("Exp", b.op("Sub", z, b.op("ReduceMax", z, attrInts("axes", -1))))
			return b.op("Div", e, b.op("ReduceSum", e, b.integers(1)))
		}, "  - dense: {units: 3, use_bias: false}\n  - softmax"},
		"layer normalisation by hand": {13, func(b *builder, x string) string {
			z := b.op("MatMul", x, b.weights(4, 3))
			d := b.op("Sub", z, b.op("ReduceMean", z, attrInts("axes", -1)))
			v := b.op("ReduceMean", b.op("Pow", d, b.number(2)), attrInts("axes", -1))
			n := b.op("Div", d, b.op("Sqrt", b.op("Add", v, b.number(1e-5))))
			return b.op("Add", b.op("Mul", n, b.weights(3)), b.weights(3))
		}, "  - dense: {units: 3, use_bias: false}\n  - layer_normalization"},
		"old softmax": {11, func(b *builder, x string) string {
			return b.op("Softmax", b.op("Reshape", b.op("MatMul", x, b.weights(4, 6)), b.integers(-1, 2, 3)))
		}, "  - dense: {units: 6, use_bias: false}\n  - softmax"},
		"new softmax": {13, func(b *builder, x string) string {
			return b.op("Softmax", b.op("Reshape", b.op("MatMul", x, b.weights(4, 6)), b.integers(-1, 2, 3)))
		}, "  - dense: {units: 6, use_bias: false}\n  - reshape: {shape: [2, 3]}\n  - softmax: {axis: -1}"},
		"skip": {13, func(b *builder, x string) string {
			h := b.op("Tanh", b.op("Gemm", x, b.weights(4, 4), b.weights(4)))
			return b.op("Add", b.op("Relu", b.op("Gemm", h, b.weights(4, 4), b.weights(4))), h)
		}, "  - dense: {units: 4, activation: tanh}\n  - dense: {units: 4, activation: relu}\n  - add: {from: [dense2, dense1]}"},
		"a parameter with rows": {13, func(b *builder, x string) string {
			return b.op("MatMul", b.op("Reshape", x, b.integers(-1, 2, 2)), b.weights(2, 3))
		}, "  - reshape: {shape: [2, 2]}\n  - dense: {units: 3, axis: -1, use_bias: false}"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(c.opset, 1)
			m := imported(t, b.model(c.build(b, b.input("x", 0, 4))), Options{})
			assert.Equal(t, c.want, layersOf(m))
			sameAsEvaluated(t, m, 1)
		})
	}
}

// TestNormalized: a normalisation in front becomes part of the input.
func TestNormalized(t *testing.T) {
	b := newBuilder(13, 1)
	x := b.input("pixels", 0, 4)
	z := b.op("Mul", b.op("Sub", x, b.number(127.5)), b.number(1.0/128))
	m := imported(t, b.model(b.op("MatMul", z, b.weights(4, 3))), Options{})
	assert.Contains(t, string(m.Spec), "  pixels: {shape: [4], normalize: {mean: 127.5, std: 128}}\n")
	sameAsEvaluated(t, m, 1)

	b = newBuilder(13, 1)
	x = b.input("input", 0, 2)
	z = b.op("Div", b.op("Sub", x, b.floats([]int64{2}, 1, 2)), b.floats([]int64{2}, 3, 0.5))
	m = imported(t, b.model(b.op("MatMul", z, b.weights(2, 3))), Options{})
	assert.Contains(t, string(m.Spec), "input: {shape: [2], normalize: standard}\n")
	assert.Equal(t, []float64{1, 2}, m.Tensors[0].Data)
	assert.Equal(t, []float64{3, 0.5}, m.Tensors[1].Data)
	sameAsEvaluated(t, m, 1)

	b = newBuilder(13, 1) // a factor that is not positive is no deviation
	x = b.input("input", 0, 2)
	z = b.op("Mul", x, b.floats([]int64{2}, 1, -2))
	m = imported(t, b.model(b.op("MatMul", z, b.weights(2, 3))), Options{})
	assert.Equal(t, "  - dense: {units: 3, use_bias: false}", layersOf(m))
	sameAsEvaluated(t, m, 1)
}

package model

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec/onnx"
)

func attrText(name, s string) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeString, S: []byte(s)}
}

func attrFloats(name string, list ...float32) *onnx.Attribute {
	return &onnx.Attribute{Name: name, Type: onnx.AttributeFloats, Floats: list}
}

// mean is ReduceMean over the last axis.
func (b *builder) mean(x string) string {
	return b.op("ReduceMean", x, attrInts("axes", -1), attrInt("keepdims", 1))
}

// inverse is 1/√(v + ε).
func (b *builder) inverse(v string) string {
	return b.op("Reciprocal", b.op("Sqrt", b.op("Add", v, b.number(1e-3))))
}

// TestWrittenNormalization: layer normalisation as libraries write it out.
func TestWrittenNormalization(t *testing.T) {
	for name, build := range map[string]func(b *builder, x, gamma, beta string) string{
		"Keras": func(b *builder, x, gamma, beta string) string {
			m := b.mean(x)
			d := b.op("Sub", x, m)
			f := b.op("Mul", b.inverse(b.mean(b.op("Mul", d, d))), gamma)
			return b.op("Add", b.op("Mul", x, f), b.op("Sub", beta, b.op("Mul", m, f)))
		},
		"Keras, swapped": func(b *builder, x, gamma, beta string) string {
			m := b.mean(x)
			d := b.op("Sub", x, m)
			f := b.op("Mul", gamma, b.inverse(b.mean(b.op("Mul", d, d))))
			return b.op("Add", b.op("Sub", beta, b.op("Mul", f, m)), b.op("Mul", f, x))
		},
		"flax": func(b *builder, x, gamma, beta string) string {
			m := b.mean(x)
			v := b.op("Max", b.number(0), b.op("Sub", b.mean(b.op("Mul", x, x)), b.op("Mul", m, m)))
			return b.op("Add", b.op("Mul", b.op("Sub", x, m), b.op("Mul", b.inverse(v), gamma)), beta)
		},
		"without a term": func(b *builder, x, gamma, beta string) string {
			m := b.mean(x)
			d := b.op("Sub", x, m)
			f := b.op("Mul", b.inverse(b.mean(b.op("Mul", d, d))), gamma)
			return b.op("Add", b.op("Sub", b.op("Mul", x, f), b.op("Mul", m, f)), beta)
		},
	} {
		for _, shape := range [][]int64{{0, 5}, {0, 2, 5}} {
			b := newBuilder(13, 1)
			x := b.input("x", shape...)
			y := b.op("Tanh", build(b, x, b.weights(5), b.weights(5)))
			m := imported(t, b.model(y), Options{})
			assert.Equal(t, "  - layer_normalization: {epsilon: 0.001}\n  - tanh", layersOf(m), name)
			sameAsEvaluated(t, m, 1)
		}
	}
	// Of another mean, or of the variance of something else, it is none.
	for name, build := range map[string]func(b *builder, x, z string) string{
		"another mean": func(b *builder, x, z string) string {
			m := b.mean(z)
			d := b.op("Sub", x, b.mean(x))
			f := b.op("Mul", b.inverse(b.mean(b.op("Mul", d, d))), b.weights(5))
			return b.op("Sub", b.op("Mul", x, f), b.op("Mul", m, f))
		},
		"another variance": func(b *builder, x, z string) string {
			d := b.op("Sub", z, b.mean(z))
			f := b.op("Mul", b.inverse(b.mean(b.op("Mul", d, d))), b.weights(5))
			return b.op("Mul", b.op("Sub", x, b.mean(x)), f)
		},
		"a factor of 2": func(b *builder, x, z string) string {
			m := b.mean(x)
			d := b.op("Sub", x, m)
			f := b.op("Mul", b.inverse(b.mean(b.op("Mul", d, d))), b.weights(5))
			return b.op("Add", b.op("Mul", x, f), b.op("Sub", b.weights(5), b.op("Mul", b.op("Mul", m, b.number(2)), f)))
		},
	} {
		b := newBuilder(13, 1)
		m := imported(t, b.model(build(b, b.input("x", 0, 5), b.input("z", 0, 5))), Options{})
		assert.NotContains(t, layersOf(m), "layer_normalization", name)
		sameAsEvaluated(t, m, 1)
	}
}

// idioms are graphs of operators, on x [batch, 4] and image [batch, 2, 3].
var idioms = map[string]func(b *builder, x, image string) string{
	"a table looked up": func(b *builder, x, _ string) string {
		return b.op("Gather", b.weights(4, 3), b.op("ArgMax", x, attrInt("axis", 1), attrInt("keepdims", 0)))
	},
	"classes": func(b *builder, x, _ string) string {
		y := b.op("ai.onnx.ml.ArrayFeatureExtractor", b.integers(7, 3, 9, -2), b.op("ArgMax", x, attrInt("axis", 1)))
		return b.op("Cast", b.op("Reshape", y, b.integers(-1)), attrInt("to", 1))
	},
	"features": func(b *builder, x, _ string) string {
		return b.op("ai.onnx.ml.ArrayFeatureExtractor", x, b.integers(2, 0, 3))
	},
	"scaler": func(b *builder, x, _ string) string {
		return b.op("ai.onnx.ml.Scaler", x, attrFloats("offset", 1, 2, 3, 4), attrFloats("scale", 0.5, 1, 2, -3))
	},
	"scaler of one number": func(b *builder, x, _ string) string {
		return b.op("ai.onnx.ml.Scaler", x, attrFloats("offset", 1), attrFloats("scale", 0.5))
	},
	"constants per sample": func(b *builder, x, _ string) string {
		n := b.op("Gather", b.op("Shape", x), b.integers(0))
		zeros := b.op("ConstantOfShape", b.op("Concat", n, b.integers(2), attrInt("axis", 0)))
		token := b.op("Expand", b.weights(1, 3), b.op("Concat", n, b.integers(3), attrInt("axis", 0)))
		return b.op("Concat", zeros, x, token, attrInt("axis", 1))
	},
	"tensordot of Keras": func(b *builder, _, image string) string {
		shape := b.op("Shape", image)
		rows := b.op("ReduceProd", b.op("Gather", shape, b.integers(0, 1)), attrInts("axes", 0), attrInt("keepdims", 1))
		flat := b.op("Reshape", image, b.op("Concat", rows, b.integers(3), attrInt("axis", 0)))
		y := b.op("Tanh", b.op("Add", b.op("MatMul", flat, b.weights(3, 5)), b.weights(5)))
		return b.op("Reshape", y, b.op("Concat", b.op("Gather", shape, b.integers(0, 1)), b.integers(5), attrInt("axis", 0)))
	},
	"rows in a softmax": func(b *builder, _, image string) string {
		y := b.op("Softmax", b.op("Gemm", b.op("Reshape", image, b.integers(-1, 3)), b.weights(3, 4), b.weights(4)))
		y = b.op("Sub", y, b.op("ReduceMean", y, attrInts("axes", 1)))
		return b.op("Reshape", y, b.integers(-1, 2, 4))
	},
	"a branch taken": func(b *builder, x, _ string) string {
		then, otherwise := newBuilder(b.opset, 5), newBuilder(b.opset, 6)
		other := otherwise.model(otherwise.op("Add", x, otherwise.weights(4)))
		taken := then.model(then.op("Mul", then.op("Relu", x), then.weights(4)))
		cond := b.op("Equal", b.op("Gather", b.op("Shape", x), b.whole(1)), b.whole(4))
		return b.op("If", cond, &onnx.Attribute{Name: "then_branch", Type: onnx.AttributeGraph, G: taken.Graph},
			&onnx.Attribute{Name: "else_branch", Type: onnx.AttributeGraph, G: other.Graph})
	},
	"beta 0": func(b *builder, x, _ string) string {
		return b.op("Gemm", x, b.weights(4, 3), b.floats([]int64{3}, float32(math.NaN()), 1, 2), attrFloat("beta", 0))
	},
	"sine and cosine": func(b *builder, x, _ string) string {
		return b.op("Concat", b.op("Sin", x), b.op("Cos", b.op("Mul", x, b.number(3))), attrInt("axis", 1))
	},
	"masks": func(b *builder, x, _ string) string {
		big, small := b.op("Greater", x, b.number(0.5)), b.op("LessOrEqual", x, b.weights(4))
		c := b.op("Or", b.op("And", b.op("Not", big), small), b.op("Xor", big, b.op("Equal", x, x)))
		return b.op("Add", b.op("Where", c, b.op("Exp", x), x), b.op("Cast", b.op("GreaterOrEqual", x, b.number(0)), attrInt("to", 1)))
	},
	"infinite where not chosen": func(b *builder, x, _ string) string {
		return b.op("Where", b.op("Less", x, b.number(0)), x, b.op("Exp", b.op("Mul", x, b.floats([]int64{4}, -1e3, -1e4, -1e5, -1e6))))
	},
	"products": func(b *builder, _, image string) string {
		return b.op("Add", b.op("ReduceProd", image, attrInts("axes", 1, 2)), b.op("ReduceProd", image, attrInts("axes", -1)))
	},
	"repetitions": func(b *builder, _, image string) string {
		y := b.op("Tile", image, b.integers(1, 2, 3))
		return b.op("Mul", y, b.op("Expand", b.op("ReduceMean", y, attrInts("axes", 1)), b.integers(1, 4, 9)))
	},
}

// TestIdioms: what the graph says, whatever becomes of it.
func TestIdioms(t *testing.T) {
	for name, build := range idioms {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(13, 1)
			x, image := b.input("x", 0, 4), b.input("image", 0, 2, 3)
			m := imported(t, b.model(build(b, x, image)), Options{})
			require.True(t, m.Batch)
			sameAsEvaluated(t, m, 1)
		})
	}
}

// TestConstantJoined: a constant for each sample of a fixed batch.
func TestConstantJoined(t *testing.T) {
	b := newBuilder(13, 1)
	token := b.floats([]int64{3, 2}, 1, 2, 1, 2, 1, 2)
	m := imported(t, b.model(b.op("Concat", token, b.op("Relu", b.input("x", 3, 4)), attrInt("axis", 1))), Options{})
	require.True(t, m.Batch)
	sameAsEvaluated(t, m, 1)
}

// TestEinsum: equations that are a dense layer, or element by element.
func TestEinsum(t *testing.T) {
	for _, c := range []struct {
		equation string
		weights  []int64
		of       string
	}{
		{"bi,ij->bj", []int64{4, 3}, "x"},
		{"bi,ji->bj", []int64{3, 4}, "x"},
		{"bi, i -> b", []int64{4}, "x"},
		{"bi,i->bi", []int64{4}, "x"},
		{"bij,jk->bik", []int64{3, 5}, "image"},
		{"bij,kj->bki", []int64{2, 3}, "image"},
		{"bij,ijk->bk", []int64{2, 3, 4}, "image"},
		{"bij,i->bj", []int64{2}, "image"},
		{"bij->bji", nil, "image"},
		{"bij->b", nil, "image"},
		{"bij,bij->bi", nil, "twice"},
		{"bi,bi->b", nil, "twice of x"},
	} {
		b := newBuilder(13, 1)
		x, image := b.input("x", 0, 4), b.input("image", 0, 2, 3)
		args := []any{map[string]string{"x": x, "image": image, "twice": image, "twice of x": x}[c.of]}
		switch {
		case c.weights != nil:
			args = append(args, b.weights(c.weights...))
		case c.of == "twice":
			args = append(args, b.op("Tanh", image))
		case c.of == "twice of x":
			args = append(args, b.op("Tanh", x))
		}
		m := imported(t, b.model(b.op("Einsum", append(args, attrText("equation", c.equation))...)), Options{})
		require.True(t, m.Batch, c.equation)
		sameAsEvaluated(t, m, 1)
	}
}

// TestGatherAnything: any indices along any axis.
func TestGatherAnything(t *testing.T) {
	for seed := range uint64(60) {
		b := newBuilder(13, seed)
		x := b.op("Tanh", b.input("x", 0, 4, 5))
		axis := 1 + b.random.IntN(2)
		list := make([]int64, 1+b.random.IntN([]int{12, 12, 12, 200}[seed%4]))
		for i := range list {
			list[i] = b.random.Int64N(int64(2*(3+axis))) - int64(3+axis)
		}
		at := b.integers(list...)
		if len(list)%2 == 0 && b.random.IntN(2) == 0 {
			at = b.fresh("ints")
			b.g.Initializers = append(b.g.Initializers, onnx.IntTensor(at, []int64{2, int64(len(list) / 2)}, list))
		}
		m := imported(t, b.model(b.op("Gather", x, at, attrInt("axis", int64(axis)))), Options{})
		require.True(t, m.Batch)
		sameAsEvaluated(t, m, seed)
	}
}

// TestWidening: constants that are larger than the value they meet.
func TestWidening(t *testing.T) {
	for _, kind := range []string{"Add", "Sub", "Mul", "Div", "Max", "Min", "Less"} {
		for _, shape := range [][]int64{{4}, {1, 4}, {2, 1}, {1, 2, 4}, {2, 4}} {
			for _, first := range []bool{false, true} {
				b := newBuilder(13, 1)
				image := b.input("image", 0, 1, 3)
				one := b.op("ReduceSum", image, b.integers(2))
				c := b.op("Abs", b.weights(shape...))
				args := []any{one, c}
				if first {
					args = []any{c, one}
				}
				y := b.op(kind, args...)
				if kind == "Less" {
					y = b.op("Cast", y, attrInt("to", 1))
				}
				m := imported(t, b.model(y), Options{})
				require.True(t, m.Batch, "%s %v", kind, shape)
				sameAsEvaluated(t, m, 1)
			}
		}
	}
}

// local is a function of the model: y = elu(x·w, α) with a default α, that
// calls another.
func local() []*onnx.Function {
	opset := []*onnx.OperatorSet{{Version: 13}}
	return []*onnx.Function{
		{Name: "Scaled", Domain: "local", Inputs: []string{"x", "w"}, Outputs: []string{"y", "same"}, OpsetImports: opset,
			Attributes: []string{"alpha"}, Defaults: []*onnx.Attribute{attrFloat("beta", 0.5)},
			Nodes: []*onnx.Node{
				{OpType: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"h"}},
				{OpType: "Act", Domain: "local", Inputs: []string{"h"}, Outputs: []string{"y"}, Attributes: []*onnx.Attribute{
					{Name: "slope", RefName: "alpha", Type: onnx.AttributeFloat}, {Name: "beta", RefName: "beta", Type: onnx.AttributeFloat},
				}},
				{OpType: "Identity", Inputs: []string{"x"}, Outputs: []string{"same"}},
			}},
		{Name: "Act", Domain: "local", Inputs: []string{"x"}, Outputs: []string{"y"}, OpsetImports: opset, Attributes: []string{"slope", "beta"},
			Nodes: []*onnx.Node{
				{OpType: "LeakyRelu", Inputs: []string{"x"}, Outputs: []string{"h"}, Attributes: []*onnx.Attribute{{Name: "alpha", RefName: "slope", Type: onnx.AttributeFloat}}},
				{OpType: "HardSigmoid", Inputs: []string{"h"}, Outputs: []string{"y"}, Attributes: []*onnx.Attribute{{Name: "beta", RefName: "beta", Type: onnx.AttributeFloat}}},
			}},
	}
}

// TestFunctions: functions of the model are what their nodes are, with the
// attributes of the call, the defaults, or those of the operator.
func TestFunctions(t *testing.T) {
	for _, alpha := range []float32{0, 0.25} {
		called, inlined := newBuilder(13, 1), newBuilder(13, 1)
		slope := []*onnx.Attribute{attrFloat("alpha", alpha)}
		if alpha == 0 {
			slope = nil // the default of LeakyRelu
		}
		x, w := called.input("x", 0, 4), called.weights(4, 3)
		args := []any{x, w}
		for _, a := range slope {
			args = append(args, a)
		}
		first := called.op("local.Scaled", args...)
		second := called.op("local.Act", first, attrFloat("slope", 0.5), attrFloat("beta", 0.25))
		m := called.model(second)
		m.Functions = local()
		got := imported(t, m, Options{Inference: true})

		x, w = inlined.input("x", 0, 4), inlined.weights(4, 3)
		args = []any{inlined.op("MatMul", x, w)}
		for _, a := range slope {
			args = append(args, a)
		}
		h := inlined.op("HardSigmoid", inlined.op("LeakyRelu", args...), attrFloat("beta", 0.5))
		h = inlined.op("HardSigmoid", inlined.op("LeakyRelu", h, attrFloat("alpha", 0.5)), attrFloat("beta", 0.25))
		want := imported(t, inlined.model(h), Options{Inference: true})
		rows := [][]float64{{1, -2, 0.5, 3}, {-1, 2, -0.5, 0}}
		require.Equal(t, interpret(t, want, rows), interpret(t, got, rows))
		sameAsEvaluated(t, want, 1)
		sameAsEvaluated(t, got, 1)
	}
	// One that calls itself, and a call with too much.
	for want, damage := range map[string]func(m *onnx.Model){
		"more than 24 deep":        func(m *onnx.Model) { m.Functions[1].Nodes[0].OpType, m.Functions[1].Nodes[0].Domain = "Act", "local" },
		"its function has 1 and 1": func(m *onnx.Model) { m.Graph.Nodes[0].Inputs = append(m.Graph.Nodes[0].Inputs, "x") },
		`node "local.Act_1" (Act): node 1 (Frobnicate, which makes`: func(m *onnx.Model) { m.Functions[1].Nodes[0].OpType = "Frobnicate" },
		"more than 100000 nodes": func(m *onnx.Model) {
			f := m.Functions[1]
			for k := range 6 {
				f.Name = fmt.Sprintf("F%d", k)
				g := &onnx.Function{Domain: "local", Inputs: f.Inputs, Outputs: f.Outputs, OpsetImports: f.OpsetImports}
				for i := range 10 {
					g.Nodes = append(g.Nodes, &onnx.Node{OpType: f.Name, Domain: "local", Inputs: []string{"x"}, Outputs: []string{fmt.Sprint("y", i)[:2-i/9]}})
				}
				m.Functions, f = append(m.Functions, g), g
			}
			f.Name = "Act"
		},
	} {
		b := newBuilder(13, 1)
		m := b.model(b.op("local.Act", b.input("x", 0, 4)))
		m.Functions = local()
		damage(m)
		_, err := importBytes(m.Marshal())
		require.ErrorContains(t, err, want)
	}
}

// TestConstantOutputs: they are dropped, and references fit.
func TestConstantOutputs(t *testing.T) {
	b := newBuilder(13, 1)
	y, c := b.op("Relu", b.input("x", 0, 2)), b.op("Identity", b.weights(2))
	path := filepath.Join(t.TempDir(), "model.onnx")
	require.NoError(t, os.WriteFile(path, b.model(c, y).Marshal(), 0o666))
	m, err := Import(path, Options{Inference: true})
	require.NoError(t, err)
	assert.Contains(t, m.Notes, fmt.Sprintf("output %q is a constant and is left out", c))
	r, err := m.Reference(&Data{
		Inputs:  []*onnx.Tensor{onnx.FloatTensor("", []int64{1, 2}, []float32{1, -1})},
		Outputs: []*onnx.Tensor{onnx.FloatTensor("", []int64{2}, []float32{5, 6}), onnx.FloatTensor("", []int64{1, 2}, []float32{1, 0})},
	})
	require.NoError(t, err)
	assert.Equal(t, [][]float64{{1, 0}}, r.Outputs)
}

// TestTextLabels: names of classes become numbers, with a note.
func TestTextLabels(t *testing.T) {
	b := newBuilder(13, 1)
	names := &onnx.Tensor{Name: "classes", Dims: []int64{3}, DataType: onnx.String, StringData: [][]byte{[]byte("ant"), []byte("bee"), []byte("cat")}}
	b.g.Initializers = append(b.g.Initializers, names)
	y := b.op("ai.onnx.ml.ArrayFeatureExtractor", "classes", b.op("ArgMax", b.input("x", 0, 3), attrInt("axis", 1)))
	model := b.model(b.op("Reshape", y, b.integers(-1)))
	model.Graph.Outputs[0].Type = &onnx.Type{Tensor: &onnx.TensorType{ElemType: onnx.String}}
	m := imported(t, model, Options{})
	assert.Equal(t, "  - argmax", layersOf(m))
	assert.Contains(t, strings.Join(m.Notes, "; "), `written as numbers: 0 "ant", 1 "bee", 2 "cat"`)
}

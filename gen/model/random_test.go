package model

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec/onnx/importer"
)

// known is a value of a random graph with its shape, with the batch.
type known struct {
	name  string
	shape []int64
}

// randomGraph is a graph of random operators, on samples of rank 1 or 2, with
// a symbolic batch.
func randomGraph(seed uint64) (*builder, []string) {
	opset := []int64{11, 13, 17, 21}[seed%4]
	b := newBuilder(opset, seed)
	values := []known{{b.input("x", 0, 6), []int64{0, 6}}, {b.input("image", 0, 2, 3), []int64{0, 2, 3}}}
	pick := func() known { return values[max(b.random.IntN(len(values)), b.random.IntN(len(values)))] }
	for range 4 + b.random.IntN(12) {
		v := pick()
		if y, ok := b.randomNode(v, values, opset); ok {
			values = append(values, y)
		}
	}
	read := map[string]bool{}
	for _, n := range b.g.Nodes {
		for _, in := range n.Inputs {
			read[in] = true
		}
	}
	var outputs []string
	for _, v := range values[2:] {
		if !read[v.name] && len(outputs) < 3 {
			outputs = append(outputs, v.name)
		}
	}
	return b, outputs
}

// randomNode adds a node that reads v.
func (b *builder) randomNode(v known, values []known, opset int64) (known, bool) {
	r := b.random
	same := func(name string) (known, bool) { return known{name, v.shape}, true }
	last := len(v.shape) - 1
	width := v.shape[last]
	switch r.IntN(20) {
	case 0, 1, 2: // a dense layer in one of the forms
		out := int64(1 + r.IntN(6))
		shape := append(slices.Clone(v.shape[:last]), out)
		if last == 1 && r.IntN(2) == 0 {
			return known{b.op("Gemm", v.name, b.weights(out, width), b.weights(out), attrInt("transB", 1), attrFloat("alpha", 0.5)), shape}, true
		}
		y := b.op("MatMul", v.name, b.weights(width, out))
		if r.IntN(2) == 0 {
			y = b.op("Add", y, b.weights(out))
		}
		return known{y, shape}, true
	case 3, 4:
		kinds := []string{"Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Erf", "Neg", "Abs", "Identity", "LeakyRelu", "Elu", "HardSigmoid"}
		return same(b.op(kinds[r.IntN(len(kinds))], v.name))
	case 5:
		return same(b.op("Mul", v.name, b.op("Sigmoid", v.name)))
	case 6, 7: // a constant, of one number, per feature or per element
		kind := []string{"Add", "Sub", "Mul", "Div"}[r.IntN(4)]
		c := b.number(float32(0.5 + r.Float64()))
		switch r.IntN(3) {
		case 0:
			c = b.weights(width)
		case 1:
			c = b.weights(append([]int64{1}, v.shape[1:]...)...)
		}
		if kind == "Div" {
			return same(b.op(kind, v.name, b.op("Add", b.op("Abs", c), b.number(1))))
		}
		if r.IntN(2) == 0 {
			return same(b.op(kind, c, v.name))
		}
		return same(b.op(kind, v.name, c))
	case 8, 9: // two values
		w := values[r.IntN(len(values))]
		if !slices.Equal(w.shape, v.shape) {
			return known{}, false
		}
		return same(b.op([]string{"Add", "Sub", "Mul", "Max", "Min", "Sum"}[r.IntN(6)], v.name, w.name))
	case 10: // along an axis, kept as 1, and combined with the value
		axis := int64(1 + r.IntN(last))
		kind := []string{"ReduceMean", "ReduceMax", "ReduceMin"}[r.IntN(3)]
		var m string
		if opset >= 18 {
			m = b.op(kind, v.name, b.integers(axis))
		} else {
			m = b.op(kind, v.name, attrInts("axes", axis))
		}
		return same(b.op("Sub", v.name, m))
	case 11:
		axis := int64(1 + r.IntN(last))
		return same(b.op([]string{"Softmax", "LogSoftmax"}[r.IntN(2)], v.name, attrInt("axis", axis)))
	case 12:
		if last != 2 {
			return known{}, false
		}
		return known{b.op("Transpose", v.name, attrInts("perm", 0, 2, 1)), []int64{0, v.shape[2], v.shape[1]}}, true
	case 13:
		if last != 2 {
			return known{}, false
		}
		return known{b.op("Flatten", v.name), []int64{0, v.shape[1] * v.shape[2]}}, true
	case 14:
		if last != 1 || width%2 != 0 {
			return known{}, false
		}
		return known{b.op("Reshape", v.name, b.integers(0, 2, -1)), []int64{0, 2, width / 2}}, true
	case 15:
		w := values[r.IntN(len(values))]
		axis := 1 + r.IntN(last)
		shape := slices.Clone(v.shape)
		for k := range shape {
			if len(w.shape) != len(shape) || k != axis && w.shape[k] != shape[k] {
				return known{}, false
			}
		}
		shape[axis] += w.shape[axis]
		return known{b.op("Concat", v.name, w.name, attrInt("axis", int64(axis))), shape}, shape[axis] < 20
	case 16:
		axis := 1 + r.IntN(last)
		start := r.Int64N(v.shape[axis])
		end := start + 1 + r.Int64N(v.shape[axis]-start)
		shape := slices.Clone(v.shape)
		shape[axis] = end - start
		return known{b.op("Slice", v.name, b.integers(start), b.integers(end), b.integers(int64(axis))), shape}, true
	case 17:
		if last != 2 {
			return known{}, false
		}
		if opset >= 13 {
			return known{b.op("ReduceSum", v.name, b.integers(2), attrInt("keepdims", 0)), v.shape[:2]}, true
		}
		return known{b.op("ReduceSum", v.name, attrInts("axes", -1), attrInt("keepdims", 0)), v.shape[:2]}, true
	case 18:
		c := v.shape[1]
		variance := make([]float32, c)
		for i := range variance {
			variance[i] = 0.5 + float32(r.Float64())
		}
		return same(b.op("BatchNormalization", v.name, b.weights(c), b.weights(c), b.weights(c), b.floats([]int64{c}, variance...)))
	}
	return same(b.op("Clip", v.name, b.number(-0.5), b.number(1)))
}

// TestRandomGraphs: what is imported computes what the graph says.
func TestRandomGraphs(t *testing.T) {
	graphs := 3000
	if testing.Short() {
		graphs = 400
	}
	done := 0
	path := filepath.Join(t.TempDir(), "model.onnx")
	for seed := range uint64(graphs) {
		b, outputs := randomGraph(seed)
		if len(outputs) == 0 {
			continue
		}
		require.NoError(t, os.WriteFile(path, b.model(outputs...).Marshal(), 0o666))
		m, err := Import(path, Options{Inference: seed%2 == 0})
		var refused *importer.Error
		if errors.As(err, &refused) {
			t.Logf("graph %d: %v", seed, err)
			continue
		}
		require.NoError(t, err, "graph %d", seed)
		t.Run(fmt.Sprint(seed), func(t *testing.T) { sameAsEvaluated(t, m, seed) })
		if t.Failed() {
			return
		}
		done++
	}
	require.Greater(t, done, graphs*9/10)
}

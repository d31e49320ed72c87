package model

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/lower"
)

// window is a model of dilated convolutions with gates, a skip and a sum of layers, that
// reads 40 elements of a signal of 2 channels and gives the last 12.
func window(b *builder) string {
	x := b.input("x", 1, 2, 40)
	end := func(v string, n int64) string {
		return b.op("Slice", v, b.integers(n), b.integers(1<<40), b.integers(2))
	}
	h := b.op("Conv", x, b.weights(4, 2, 1), b.weights(4))
	sum := ""
	for i, dilation := range []int64{1, 4, 9} {
		z := b.op("Conv", h, b.weights(8, 4, 3), b.weights(8), attrInts("dilations", dilation))
		parts := b.several(2, "Split", z, attrInt("axis", 1), attrInts("split", 4, 4))
		gated := b.op("Mul", b.op("Tanh", parts[0]), b.op("Sigmoid", parts[1]))
		h = b.op("Add", end(h, 2*dilation), b.op("Conv", gated, b.weights(4, 4, 1)))
		if i == 0 {
			sum = gated
		} else {
			sum = b.op("Add", end(sum, 2*dilation), gated)
		}
	}
	return b.op("Mul", b.op("Conv", b.op("PRelu", sum, b.weights(4, 1)), b.weights(1, 4, 1)), b.number(0.5))
}

// TestStream makes streams of windows of a signal; the import proves that a stream gives
// what the graph makes of the window that it ends with.
func TestStream(t *testing.T) {
	for _, count := range []int{1, 5, 12, 40} {
		b := newBuilder(11, 8)
		m := imported(t, b.model(window(b)), Options{Stream: count})
		assert.Contains(t, string(m.Spec), "kernel_size: 3, dilation: 9, padding: causal, stateful: true", count)
		assert.NotContains(t, string(m.Spec), "slice: {start", count) // cut off in front, which no call has
		require.Equal(t, 40, m.Window)
		require.Equal(t, 12, m.Result.Result)
	}
	for want, build := range map[string]func(b *builder) string{
		"with strides or padding": func(b *builder) string {
			return b.op("Conv", b.input("x", 1, 2, 40), b.weights(4, 2, 3), attrInts("pads", 1, 1))
		},
		"of different times": func(b *builder) string {
			x := b.input("x", 1, 2, 40)
			return b.op("Add", b.op("Slice", x, b.integers(0), b.integers(38), b.integers(2)), b.op("Slice", x, b.integers(2), b.integers(40), b.integers(2)))
		},
		"the last 3 elements of the window would not be used": func(b *builder) string {
			return b.op("Tanh", b.op("Slice", b.input("x", 1, 2, 40), b.integers(0), b.integers(37), b.integers(2)))
		},
		`a layer "reduce_mean" of a signal`: func(b *builder) string {
			return b.op("ReduceMean", b.input("x", 1, 2, 40), attrInts("axes", 2))
		},
		"its constants differ along the signal": func(b *builder) string {
			return b.op("Mul", b.input("x", 1, 2, 40), b.weights(40))
		},
		"its last axis has 4 elements, of which 5": func(b *builder) string { return b.op("Tanh", b.input("x", 1, 2, 4)) },
		"only a model of one input": func(b *builder) string {
			return b.op("Add", b.input("x", 1, 2, 40), b.input("y", 1, 2, 40))
		},
	} {
		b := newBuilder(11, 8)
		path := filepath.Join(t.TempDir(), "model.onnx")
		require.NoError(t, os.WriteFile(path, b.model(build(b)).Marshal(), 0o666))
		_, err := Import(path, Options{Stream: 5})
		require.ErrorContains(t, err, want)
	}
}

// TestStreamProof: a stream that gives something else is refused.
func TestStreamProof(t *testing.T) {
	b := newBuilder(11, 8)
	m := imported(t, b.model(window(b)), Options{Stream: 6, NoProof: true})
	m.Tensors[0].Data[0] += 1e-3
	prog, err := lower.Lower(m.Net)
	require.NoError(t, err)
	_, err = m.prove(prog, nil)
	require.ErrorContains(t, err, "where the graph of the model gives")
}

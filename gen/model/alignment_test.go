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

// width is the size of every dimension but 1, the batch among them, so that
// shapes fit however they are aligned.
const width = 3

// fits reports whether shapes can be broadcast.
func fits(list ...[]int64) bool {
	for _, a := range list {
		for _, b := range list {
			for k := 1; k <= min(len(a), len(b)); k++ {
				if x, y := a[len(a)-k], b[len(b)-k]; x != y && x != 1 && y != 1 {
					return false
				}
			}
		}
	}
	return true
}

// joint is the shape that values which fit are broadcast to.
func joint(list ...known) (shape []int64) {
	for _, v := range list {
		for len(shape) < len(v.shape) {
			shape = append([]int64{1}, shape...)
		}
		for k := 1; k <= len(v.shape); k++ {
			shape[len(shape)-k] = max(shape[len(shape)-k], v.shape[len(v.shape)-k])
		}
	}
	return shape
}

// ranksGraph is a graph whose operators mix values of several ranks; batch is the
// first dimension of its inputs: 0 symbolic, 1 or width.
func ranksGraph(seed uint64, batch int64) *builder {
	b := newBuilder([]int64{11, 13, 18}[seed%3], seed)
	r := b.random
	n := max(batch, 1)
	if batch == 0 {
		n = width
	}
	values := []known{
		{b.input("x", batch, width), []int64{n, width}}, {b.input("image", batch, 1, width), []int64{n, 1, width}},
	}
	if r.IntN(3) == 0 {
		values = append(values, known{b.input("z", batch), []int64{n}})
	}
	if r.IntN(5) == 0 { // without a batch
		values = append(values, known{b.input("s", width), []int64{width}})
	}
	reduce := func(v known, kind string) known {
		axis, keep := 1+r.IntN(max(1, len(v.shape)-1)), int64(r.IntN(2))
		if axis >= len(v.shape) {
			return v
		}
		args := []any{v.name, attrInt("keepdims", keep)}
		switch {
		case kind == "ArgMax":
			args = append(args, attrInt("axis", int64(axis)))
		case b.opset >= 18 || kind == "ReduceSum" && b.opset >= 13:
			args = slices.Insert(args, 1, any(b.integers(int64(axis))))
		default:
			args = append(args, attrInts("axes", int64(axis)))
		}
		shape := slices.Clone(v.shape)
		shape[axis] = 1
		if keep == 0 {
			shape = slices.Delete(shape, axis, axis+1)
		}
		y := b.op(kind, args...)
		if kind == "ArgMax" {
			y = b.op("Cast", y, attrInt("to", 1))
		}
		return known{y, shape}
	}
	constant := func() known {
		shape := [][]int64{{}, {1}, {width}, {1, width}, {width, 1}, {width, width}, {1, 1, width}, {n, 1}}[r.IntN(8)]
		return known{b.weights(shape...), shape}
	}
	for range 3 + r.IntN(6) {
		v := values[r.IntN(len(values))]
		switch r.IntN(6) {
		case 0:
			values = append(values, reduce(v, []string{"ReduceMean", "ReduceMax", "ReduceSum", "ReduceProd", "ArgMax"}[r.IntN(5)]))
			continue
		case 1:
			if len(v.shape) > 1 && v.shape[len(v.shape)-1] == width {
				values = append(values, known{b.op("MatMul", v.name, b.weights(width)), v.shape[:len(v.shape)-1]})
			}
			continue
		}
		base, w, u := v, values[r.IntN(len(values))], values[r.IntN(len(values))]
		if r.IntN(3) == 0 {
			w = constant()
		}
		if r.IntN(4) == 0 {
			u = constant()
		}
		if r.IntN(4) == 0 {
			v, w = w, v
		}
		if !fits(v.shape, w.shape, u.shape) {
			continue
		}
		switch kind := []string{"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "Where", "Pow"}[r.IntN(10)]; kind {
		case "Div":
			values = append(values, known{b.op(kind, v.name, b.op("Add", b.op("Abs", w.name), b.number(1))), joint(v, w)})
		case "Max", "Min", "Sum":
			values = append(values, known{b.op(kind, v.name, w.name, u.name), joint(v, w, u)})
		case "Where":
			c := b.op([]string{"Less", "Greater", "LessOrEqual"}[r.IntN(2+int(b.opset/13))%3], v.name, w.name)
			values = append(values, known{b.op(kind, c, u.name, v.name), joint(v, w, u)})
		case "Pow":
			two := known{b.floats([]int64{1, width}, 2, 2, 2), []int64{1, width}}
			if fits(base.shape, two.shape) {
				values = append(values, known{b.op(kind, base.name, two.name), joint(base, two)})
			}
		case "Mean":
			values = append(values, known{b.op("Sum", v.name, w.name), joint(v, w)})
		default:
			values = append(values, known{b.op(kind, v.name, w.name), joint(v, w)})
		}
	}
	return b
}

// TestAlignment: operators on values of several ranks, which ONNX aligns at
// their ends, compute what the graph says, or are refused.
func TestAlignment(t *testing.T) {
	graphs := 3000
	if testing.Short() {
		graphs = 600
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	counts := map[string]int{}
	for seed := range uint64(graphs) {
		batch := []int64{0, 1, width}[seed%3]
		b := ranksGraph(seed, batch)
		if len(b.g.Nodes) == 0 {
			continue
		}
		last := b.g.Nodes[len(b.g.Nodes)-1].Outputs[0]
		require.NoError(t, os.WriteFile(path, b.model(last).Marshal(), 0o666))
		m, err := Import(path, Options{Inference: true})
		kind := map[int64]string{0: "symbolic", 1: "one", width: "fixed"}[batch]
		var refused *importer.Error
		if errors.As(err, &refused) {
			require.NotEmpty(t, refused.Hint, "graph %d: %v", seed, err)
			counts[kind+" refused"]++
			continue
		}
		require.NoError(t, err, "graph %d", seed)
		counts[fmt.Sprintf("%s, batch %v", kind, m.Batch)]++
		samples := max(int(batch), 1)
		if batch == 0 {
			samples = width
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { sameWithBatch(t, m, seed, samples) })
		if t.Failed() {
			return
		}
	}
	t.Log(counts)
	for _, kind := range []string{"symbolic refused", "symbolic, batch true", "fixed, batch true", "fixed, batch false", "one, batch true"} {
		require.Greater(t, counts[kind], graphs/50, kind)
	}
}

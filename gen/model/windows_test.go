package model

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec/onnx"
)

// TestWindowBugs: nodes that public bug reports say other libraries get wrong, with
// the values of golden/vectors/make_windows.py. Quarters have exact sums.
func TestWindowBugs(t *testing.T) {
	type tensor struct {
		Shape []int64
		Data  []float64
	}
	var file struct {
		Cases []struct {
			Name, Report, Op string
			Attributes       map[string]any
			Inputs           []*tensor
			Y                tensor
		}
	}
	src, err := os.ReadFile(filepath.Join("..", "..", "golden", "vectors", "windows.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(src, &file))
	var cases []bugCase
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			b := newBuilder(13, 1)
			x := c.Inputs[0]
			args := []any{b.input("x", x.Shape...)}
			for i, in := range c.Inputs[1:] {
				var list []int64
				switch {
				case in == nil:
					args = append(args, "")
					continue
				case c.Op == "Resize" && i == 2:
					for _, n := range in.Data {
						list = append(list, int64(n))
					}
					args = append(args, b.integers(list...))
					continue
				}
				name := b.fresh("w")
				b.g.Initializers = append(b.g.Initializers, &onnx.Tensor{Name: name, Dims: in.Shape, DataType: onnx.Double, DoubleData: in.Data})
				args = append(args, b.op("Cast", name, attrInt("to", int64(onnx.Float))))
			}
			for name, v := range c.Attributes {
				switch v := v.(type) {
				case string:
					args = append(args, attrText(name, v))
				case float64:
					args = append(args, attrInt(name, int64(v)))
				case []any:
					var list []int64
					for _, n := range v {
						list = append(list, int64(n.(float64)))
					}
					args = append(args, attrInts(name, list...))
				}
			}
			m := imported(t, b.model(b.op(c.Op, args...)), Options{Inference: true})
			r := &Reference{Name: c.Report, Inputs: [][]float64{slices.Clone(x.Data)}, Outputs: [][]float64{c.Y.Data}}
			require.Empty(t, verify.DiffWithin(c.Name, interpret(t, m, r.Inputs)[0], c.Y.Data, 1e-12), "%s\n%s", c.Report, m.Spec)
			cases = append(cases, bugCase{c.Name, m, r})
		})
	}
	require.Greater(t, len(cases), 35)
	if *compileAll {
		runCases(t, cases)
	}
}

package export

import (
	"testing"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
	"github.com/stretchr/testify/require"
)

// evaluated returns the outputs of a model, which must be in order and have the
// shapes that it says.
func evaluated(t *testing.T, m *onnx.Model, inputs map[string]*evaluate.Tensor, exact bool) map[string]*evaluate.Tensor {
	made := map[string]bool{}
	for _, init := range m.Graph.Initializers {
		made[init.Name] = true
	}
	for name := range inputs {
		made[name] = true
	}
	for _, n := range m.Graph.Nodes {
		for _, y := range n.Outputs {
			require.False(t, y != "" && made[y], "%s is made twice", y)
			made[y] = true
		}
		for _, name := range n.Inputs {
			require.True(t, made[name] || name == "", "%s reads %s before it is made", n.Name, name)
		}
	}
	g, err := evaluate.New(m, evaluate.Options{Exact: exact})
	require.NoError(t, err)
	list, err := g.Run(&evaluate.Run{}, inputs)
	require.NoError(t, err)
	out := map[string]*evaluate.Tensor{}
	for k, o := range m.Graph.Outputs {
		require.Len(t, list[k].Shape, len(o.Type.Tensor.Shape.Dims), "rank of output %s", o.Name)
		for i, d := range o.Type.Tensor.Shape.Dims {
			require.True(t, d.Param == "batch" && i == 0 || d.HasValue && int(d.Value) == list[k].Shape[i], "shape of output %s", o.Name)
		}
		out[o.Name] = list[k]
	}
	return out
}

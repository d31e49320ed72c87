package gen_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/ir"
)

// TestValueShapes: values have the shapes and the types of the layers that make
// them, and so do their gradients.
func TestValueShapes(t *testing.T) {
	paths, err := filepath.Glob("../golden/specs/*.yaml")
	require.NoError(t, err)
	several := 0
	for _, path := range paths {
		net, err := gen.Load(path)
		require.NoError(t, err)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		for i, in := range p.Prog.Inputs { // without the context, which is not passed
			require.Equal(t, net.Inputs[i].Shape, in.Shape, path)
		}
		byName := map[string]*ir.Value{}
		for _, v := range p.Prog.Values {
			byName[v.Name] = v
			if v.Kind != ir.Input || v.DType != ir.Uint8 {
				require.Contains(t, []ir.DType{ir.DType(net.Numeric.DType), ir.Float64, ir.Int32}, v.DType, "%s: %s", path, v.Describe())
			}
		}
		for _, l := range net.Layers {
			v, shape := byName[l.Name], p.Prog.Shapes[l.Name]
			if v == nil || l.Kind == "flatten" || l.Kind == "reshape" {
				continue // the value of its source, in another shape
			}
			require.Equal(t, shape, v.Shape, "%s: %s", path, l.Name)
			if d := byName["d"+l.Name]; d != nil {
				require.Equal(t, v.Size(), d.Size(), "%s: %s", path, d.Name)
			}
			if len(shape) > 1 {
				several++
			}
		}
	}
	require.Positive(t, several, "no value has several dimensions")
}

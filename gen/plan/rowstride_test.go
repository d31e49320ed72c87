package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestRowStride: rows begin at vectors of 32 bytes where gradients of weights would lose
// cache lines, and are a line longer where they would lie a multiple of 512 bytes apart.
func TestRowStride(t *testing.T) {
	for _, c := range []struct{ units, batch, stride int }{
		{50, 128, 56}, {45, 128, 48}, {48, 128, 48}, {128, 128, 144},
		{50, 32, 50},  // all stays in the first cache
		{17, 128, 17}, // less to gain than a pass over rows with gaps takes
	} {
		net, err := spec.Decode("n.yaml", fmt.Appendf(nil, `nngen: 1
name: n
input: {shape: [%d]}
layers:
  - dense: {units: %[1]d}
loss: mse
codegen: {batch: %d}
`, c.units, c.batch), op.Vocabulary())
		require.NoError(t, err)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		require.Equal(t, c.stride, p.RowStride(c.units, ir.Float32), "%d units, batches of %d", c.units, c.batch)
	}
}

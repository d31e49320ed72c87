package interp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
)

// TestPlaceOfNaN: the place of a NaN is that of the greatest and of the least,
// as for NumPy and PyTorch.
func TestPlaceOfNaN(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		x                                []float64
		argMax, argMin, maxLast, minLast int
	}{
		{[]float64{1, 3, 3, 0, 0}, 1, 3, 2, 4},
		{[]float64{1, nan, 3, nan, 0}, 1, 1, 3, 3},
		{[]float64{nan, 1, math.Inf(1)}, 0, 0, 0, 0},
		{[]float64{math.Inf(-1), 1, nan}, 2, 2, 2, 2},
	} {
		for kind, want := range map[ir.ReduceKind]int{ir.ArgMax: c.argMax, ir.ArgMin: c.argMin, ir.ArgMaxLast: c.maxLast, ir.ArgMinLast: c.minLast} {
			at := 0
			for i, v := range c.x {
				if i > 0 && better(kind, v, c.x[at]) {
					at = i
				}
			}
			require.Equal(t, want, at, "%s of %v", kind, c.x)
		}
	}
}

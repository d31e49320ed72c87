package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
)

// TestPlaceOfFilters: the map of an element says what Index does.
func TestPlaceOfFilters(t *testing.T) {
	for _, shape := range [][]int{{1, 1, 3}, {6, 1, 5, 5}, {16, 6, 3, 2}, {40, 24, 1, 3}, {33, 64, 4}} {
		info := &ir.ParamInfo{Shape: shape}
		l := NewLayout(info, ir.Float32)
		require.Zero(t, l.Tail)
		requireBijection(t, &l, l.Taps, all, l.String())
		// filter 16·q + n, channel c, tap u, v
		sizes := []int{(shape[0] + 15) / 16, min(16, shape[0])}
		at := []ir.Affine{ir.Unit(1).Plus(ir.Unit(0), 16)}
		for d, size := range shape[1:] {
			sizes, at = append(sizes, size), append(at, ir.Unit(2+d))
		}
		o := &ir.Operand{V: &ir.Value{Shape: shape, Param: info}, At: at}
		loops := make([]ir.Loop, len(sizes))
		for i, n := range sizes {
			loops[i].Size = n
		}
		require.True(t, Mapped(o, loops))
		place := l.Place(o)
		steps := make([]int, len(loops))
		for ok := true; ok; ok = ir.Next(steps, loops) {
			n, tap := at[0].Eval(steps), 0
			if n >= shape[0] {
				continue
			}
			for i, u := range steps[3:] {
				tap = tap*shape[2+i] + u
			}
			require.Equal(t, l.Index(n, steps[2], tap), place.Eval(steps), "%v of %v", steps, shape)
		}
		o.At[0] = ir.Unit(1).Plus(ir.Unit(0), 9) // groups of 9 filters go from panel to panel
		require.Equal(t, sizes[0] == 1 && sizes[1] <= 16, Mapped(o, loops))
	}
}

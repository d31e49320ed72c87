package target

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMachine: tiles by hand, of registers that there are.
func TestMachine(t *testing.T) {
	for _, c := range []struct {
		set, elem        string
		outputs, chains  int
		each             bool
		positions, pairs int
	}{
		{"avx512", "float32", 16, 1, false, 16, 16}, // of 28: the code is bounded
		{"avx512", "float32", 32, 1, false, 14, 14},
		{"avx512", "float32", 8, 4, false, 7, 16}, // half a vector
		{"avx512", "float64", 16, 4, true, 3, 14},
		{"avx2", "float32", 16, 1, false, 6, 5}, // of 12, one for a mask
		{"avx2", "float32", 11, 1, true, 5, 5},
		{"avx2", "float32", 12, 1, true, 6, 5},  // half a vector needs no mask
		{"avx2", "float32", 16, 8, false, 1, 5}, // one at least
		{"neon", "float32", 16, 1, false, 6, 6}, // of 28, four of them weights
		{"neon", "float32", 4, 1, false, 12, 16},
		{"neon", "float64", 16, 1, true, 2, 3},
	} {
		m := &ByName(c.set).Machine
		require.Equal(t, c.positions, m.Positions(c.elem, c.outputs, c.chains, c.each), "%+v", c)
		require.Equal(t, c.pairs, m.PairsAtOnce(c.elem, c.outputs), "%+v", c)
	}
	require.Len(t, machines, len(Targets))
	require.Equal(t, []int{16, 8, 8, 4}, []int{ByName("avx512").Lanes("float32"), ByName("avx512").Lanes("float64"), ByName("avx2").Lanes("float32"), ByName("avx2").Lanes("float64")})
}

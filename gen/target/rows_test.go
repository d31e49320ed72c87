package target

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/kernel"
)

// TestRows: tiles of a dense layer by hand, of registers that there are.
func TestRows(t *testing.T) {
	for _, c := range []struct {
		set, elem       string
		outputs, chains int
		rows            []int
		most            int // outputs of a row
		columns         float64
	}{
		{"avx512", "float32", 16, 1, []int{8, 4, 1}, 32, 1}, // of 28: one vector is bounded by loads
		{"avx512", "float32", 32, 1, []int{12, 8, 4, 1}, 32, 2},
		{"avx512", "float32", 24, 2, []int{6, 5, 1}, 32, 1.5}, // 28/4 = 7
		{"avx512", "float64", 16, 8, []int{1}, 16, 2},
		{"avx2", "float32", 16, 1, []int{6, 5, 1}, 16, 2}, // 12/2
		{"avx2", "float32", 9, 1, []int{6, 5, 1}, 16, 2},
		{"avx2", "float32", 8, 8, []int{1}, 8, 1}, // two vectors of 8 chains have no registers
		{"avx2", "float64", 12, 1, []int{4, 1}, 8, 3},
		{"neon", "float32", 16, 1, []int{6, 5, 1}, 16, 4}, // 24/4, 30/(4+1)
		{"neon", "float32", 12, 1, []int{7, 6, 1}, 16, 3}, // 30/(3+1)
		{"neon", "float64", 16, 1, []int{3, 2, 1}, 16, 8},
		{"neon", "float64", 2, 8, []int{2, 1}, 4, 1}, // 24/8, 30/(8+4); of two vectors 24/16, 30/(16+4)
	} {
		m := &ByName(c.set).Machine
		require.Equal(t, c.rows, m.TileRows(c.elem, c.outputs, c.chains), "%+v", c)
		require.Equal(t, c.most, m.VectorOutputs(c.elem, c.chains), "%+v", c)
		require.Equal(t, c.columns, m.Columns(c.elem, c.outputs), "%+v", c)
	}
}

// TestInputRows: tiles of the gradients of inputs by hand, by the registers that there are.
func TestInputRows(t *testing.T) {
	for _, c := range []struct {
		set, elem      string
		inputs, chains int
		fused          bool
		at             int
		rows           []int
	}{
		{"avx512", "float32", 40, 8, true, 8, []int{6, 1}},
		{"avx512", "float64", 3, 8, false, 3, []int{6, 1}},
		{"avx2", "float32", 40, 8, true, 4, []int{3, 2, 1}}, // 12/4
		{"avx2", "float64", 40, 8, false, 2, []int{2, 1}},   // and a product
		{"neon", "float32", 40, 8, true, 4, []int{3, 2, 1}}, // 24/8
		{"neon", "float32", 3, 16, true, 3, []int{2, 1}},    // 24/12
		{"neon", "float64", 40, 32, true, 2, []int{1}},
	} {
		m, k := &ByName(c.set).Machine, kernel.Swapped(c.elem, c.inputs, 40, c.chains, false)
		k.Fused = c.fused
		require.Equal(t, c.at, m.InputsAtOnce(k), "%+v", c)
		require.Equal(t, c.rows, m.GradInputRows(k, c.at), "%+v", c)
	}
}

// TestLast: the lanes of the last vector, by hand.
func TestLast(t *testing.T) {
	for _, c := range []struct {
		set, elem  string
		outputs    int
		gradient   bool
		room, mask int // no mask: it is whole
	}{
		{"avx512", "float32", 16, false, 16, 0},
		{"avx512", "float32", 5, false, 8, 0b11111}, // half a vector
		{"avx512", "float32", 19, false, 24, 0b111},
		{"avx512", "float32", 11, true, 16, 0b111_0000_0111}, // of two rows
		{"avx512", "float64", 3, true, 8, 0b111},
		{"avx2", "float32", 5, false, 8, 12}, // bytes into the masks
		{"avx2", "float64", 3, true, 4, 8},
		{"neon", "float32", 7, false, 8, 3},
		{"neon", "float64", 3, true, 4, 1},
	} {
		room, partial, mask := ByName(c.set).Last(c.elem, c.outputs, c.gradient)
		require.Equal(t, []any{c.room, c.mask > 0, c.mask}, []any{room, partial, mask}, "%+v", c)
	}
}

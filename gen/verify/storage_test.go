package verify

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestStorage verifies networks with narrow weights, and what the report says
// of them.
func TestStorage(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	// A rounding is at most half of the distance of neighbours: 2⁻¹¹ of a
	// float16, 1/127/2 of a row's largest with a scale that is rounded up.
	for storage, relative := range map[string]float64{"float16": 0x1p-11, "int8": 0.5 / 127 * (1 + 0x1p-16)} {
		net, err := spec.Decode("net.yaml", []byte("nngen: 1\ninput: {shape: [33]}\nlayers:\n  - dense: {units: 20, activation: tanh}\n  - dense: {units: 2}\ncodegen: {storage: "+storage+"}\n"), op.Vocabulary())
		require.NoError(t, err)
		r, err := Run(t.Context(), net, options(t))
		require.NoError(t, err)
		require.True(t, r.OK, r.Failures)
		require.Equal(t, storage, r.Storage.Storage)
		require.Equal(t, 4*(34*20+21*2), r.Storage.Float32Bytes)
		require.Len(t, r.Storage.Weights, 2)
		require.Len(t, r.Storage.Layers, 3) // two sums and an activation
		for _, w := range r.Storage.Weights {
			require.Positive(t, w.Absolute)
			require.LessOrEqual(t, w.Relative, relative)
			require.Greater(t, w.Relative, relative/8)
			if storage == "int8" { // the largest of every row, at least
				require.GreaterOrEqual(t, *w.Saturated, 1.0/33)
				require.LessOrEqual(t, *w.Saturated, 0.2)
			} else {
				require.Zero(t, *w.Saturated)
			}
		}
		for _, l := range r.Storage.Layers {
			require.Positive(t, l.Absolute)
			require.Less(t, l.Relative, 60*relative)
		}
		var text bytes.Buffer
		r.WriteText(&text)
		require.Contains(t, text.String(), "storage "+storage+": ")
	}
}

// TestStored compares the interpreter's roundings with the numbers nearest to
// them, found by search.
func TestStored(t *testing.T) {
	half := &ir.ParamInfo{Shape: []int{1, 1}, Storage: ir.Float16}
	for x, want := range map[float64]float64{
		1: 1, 1 + 0x1p-11: 1, 1 + 0x1.8p-10: 1 + 0x1p-9, -(2 + 0x1p-10): -2, 0x1p-25: 0, 0x1.8p-25: 0x1p-24, 0x1p-14 - 0x1p-25: 0x1p-14,
		65519: 65504, 1e9: 65504, -1e9: -65504, 0.1: 0.0999755859375, 0: 0,
	} {
		require.Equal(t, []float64{want}, interp.Stored(half, []float64{x}), "%g", x)
	}
	row := &ir.ParamInfo{Shape: []int{1, 4}, Storage: ir.Int8}
	require.Equal(t, []float64{254, 2, -2, 0}, interp.Stored(row, []float64{254, 2.9, -1.1, 1}), "the scale is 2; a half goes to the even")
	w := []float64{0.3, -0.7, 0.11, 0.5}
	s := interp.Scale(w)
	require.InDelta(t, 0.7/127, s, 0.7/127*0x1p-16)
	require.GreaterOrEqual(t, s, 0.7/127)
	for k, got := range interp.Stored(row, w) {
		best := math.Inf(1)
		for q := -127.0; q <= 127; q++ {
			best = min(best, math.Abs(w[k]-q*s))
		}
		require.Equal(t, best, math.Abs(w[k]-got))
	}
}

package interp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// TestDropout: a share of rate of the 2³² words drops a unit, and what is kept
// keeps the mean. A rate of almost one drops all words but the last.
func TestDropout(t *testing.T) {
	for _, c := range []struct {
		rate      float64
		threshold uint32
		scale     float64
	}{
		{0, 0, 1},
		{0.1, 429_496_730, 1 / 0.9},
		{0.25, 1 << 30, 4.0 / 3},
		{0.5, 1 << 31, 2},
		{0.75, 3 << 30, 4},
		{1 - 0x1p-32, math.MaxUint32, 0x1p32},
		{1 - 0x1p-40, math.MaxUint32, 0x1p40},
	} {
		threshold, scale := Dropout(c.rate)
		require.Equal(t, c.threshold, threshold, c.rate)
		require.Equal(t, c.scale, scale, c.rate)
	}
}

// TestRandomMask: unit u of sample s takes word u mod 4 of the block of its
// purpose, step, layer, sample and u/4; weights are the same for all samples.
// So many that a threshold beside the right one is noticed.
func TestRandomMask(t *testing.T) {
	const size, rate = 50_003, 0.3
	for _, purpose := range []string{"dropout", "drop_connect"} {
		v := &ir.Value{Name: "m", Shape: []int{size}, Batch: purpose == "dropout"}
		m := New(&ir.Program{})
		m.Arith = Strict32
		m.Seed, m.Step, m.Batch, m.FirstSample = 7, 5, 3, 4
		require.NoError(t, m.run(&ir.Random{Y: v, Purpose: purpose, Layer: 6, Rate: rate}))
		rows, dropped := m.Get(v), 0
		require.Len(t, rows, map[string]int{"dropout": 3, "drop_connect": 1}[purpose])
		for b, row := range rows {
			require.Len(t, row, size)
			for u, got := range row {
				kind, sample := nnrt.PurposeDropout, 4+b
				if purpose == "drop_connect" {
					kind, sample = nnrt.PurposeDropConnect, 0
				}
				var words [4]uint32
				words[0], words[1], words[2], words[3] = nnrt.Random(7, kind, 5, 6, uint32(sample), uint32(u/4))
				want := float64(float32(1 / 0.7))
				if float64(words[u%4])/(1<<32) < rate {
					want, dropped = 0, dropped+1
				}
				require.Equal(t, want, got, "%s of unit %d of row %d", purpose, u, b)
			}
		}
		require.Positive(t, dropped)
		require.Less(t, dropped, size*len(rows))
	}
}

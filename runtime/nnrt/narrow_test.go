package nnrt

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// half is the definition of a finite float16.
func half(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10&31), float64(h&0x3ff)
	if h&0x8000 != 0 {
		sign = -1
	}
	if exponent == 0 {
		return sign * fraction * 0x1p-24
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// TestWiden16 compares every finite float16 with its definition, and rounds it
// back.
func TestWiden16(t *testing.T) {
	for h := range 1 << 16 {
		h := uint16(h)
		if h>>10&31 == 31 {
			continue
		}
		got := Widen16(h)
		require.Equal(t, math.Float64bits(half(h)), math.Float64bits(float64(got)), "%#x", h)
		require.Equal(t, h, Round16(got))
	}
}

// TestRound16 tries every float16's neighbourhood: the numbers halfway to the next
// one, and those beside them.
func TestRound16(t *testing.T) {
	for h := range uint16(0x7bff) {
		a, b := half(h), half(h+1)
		middle := float32((a + b) / 2) // exact
		even := h + h&1
		require.Equal(t, even, Round16(middle), "between %g and %g", a, b)
		require.Equal(t, h, Round16(math.Nextafter32(middle, 0)))
		require.Equal(t, h+1, Round16(math.Nextafter32(middle, math.MaxFloat32)))
		require.Equal(t, even|0x8000, Round16(-middle))
	}
	for _, x := range []float32{65505, 65519, 65520, 1e30, float32(math.Inf(1))} {
		require.Equal(t, uint16(0x7bff), Round16(x), x)
		require.Equal(t, uint16(0xfbff), Round16(-x), x)
	}
}

// TestRound8 checks what the format promises: q·s is exact, no further from w
// than half of s, and stored again it stays.
func TestRound8(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := [][]float32{{0, 0}, {1}, {-127}, {math.SmallestNonzeroFloat32}, {0x1p-120, -0x1.8p-121}, {0x1.fffffep126, 1}}
	for range 20000 {
		row := make([]float32, 1+rng.IntN(5))
		size := math.Exp2(rng.Float64()*250 - 130)
		for i := range row {
			row[i] = float32(rng.NormFloat64() * size * 0.1)
		}
		rows = append(rows, row)
	}
	for _, row := range rows {
		s := Scale8(row)
		stored, largest := make([]float32, len(row)), 0.0
		for i, w := range row {
			q := Round8(w, s)
			exact := float64(q) * float64(s)
			stored[i] = float32(q) * s
			require.Equal(t, exact, float64(stored[i]), "%v", row)
			require.LessOrEqual(t, math.Abs(exact-float64(w)), float64(s)/2*(1+1e-12), "%v", row)
			largest = max(largest, math.Abs(float64(w)))
		}
		require.LessOrEqual(t, float64(s), max(largest/127*(1+0x1p-16), 0x1p-126), "%v", row)
		require.Equal(t, s, Scale8(stored), "%v", row)
		for i, w := range stored {
			require.Equal(t, Round8(row[i], s), Round8(w, s))
		}
	}
}

func TestCheckStored(t *testing.T) {
	require.NoError(t, CheckStored("w", []float32{65519, -65519, 0}, Largest16, "float16"))
	nan := float32(math.NaN())
	for _, x := range []float32{65520, -65520, nan, float32(math.Inf(1))} {
		require.ErrorContains(t, CheckStored("w", []float32{1, x}, Largest16, "float16"), `tensor "w": want magnitudes below 65520, for storage float16, got `)
	}
	require.EqualError(t, CheckStored("w", []float32{nan}, Largest8, "int8"), `tensor "w": want magnitudes below 1.7014118e+38, for storage int8, got NaN`)
}

// TestLoadInt8 reads integers where they are expected, and only there.
func TestLoadInt8(t *testing.T) {
	header := `{"x":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}`
	file := rawFile(header, []byte{0x80, 0xff, 0, 0x7f})
	var got []float32
	set := func(_ int, v []float32) error { got = append(got, v...); return nil }
	require.NoError(t, LoadTensors(bytes.NewReader(file), []Tensor{{Name: "x", Shape: []int{2, 2}, Int8: true}}, nil, set))
	require.Equal(t, []float32{-128, -1, 0, 127}, got)
	require.EqualError(t, LoadTensors(bytes.NewReader(file), []Tensor{{Name: "x", Shape: []int{2, 2}}}, nil, set),
		`tensor "x": want dtype F32, F16 or BF16, got "I8"`)
	floats := rawFile(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4))
	require.EqualError(t, LoadTensors(bytes.NewReader(floats), []Tensor{{Name: "x", Shape: []int{1}, Int8: true}}, nil, set),
		`tensor "x": want dtype I8, got "F32"`)
}

package nnrt

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEncodeNumber: what a type can hold is that number, all else is refused by
// the name of its column.
func TestEncodeNumber(t *testing.T) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1.5, -0.1, 1e-46, math.MaxFloat32, math.SmallestNonzeroFloat64} {
		x, err := EncodeNumber[float32]("a", v)
		require.NoError(t, err)
		require.Equal(t, math.Float32bits(float32(v)), math.Float32bits(x))
		y, err := EncodeNumber[float64]("a", v)
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(v), math.Float64bits(y))
	}
	for _, c := range []struct {
		v    float64
		want string
	}{
		{math.NaN(), `column "a\n": want a number, got none (NaN)`},
		{math.Inf(-1), `column "a\n": want a finite number, got -Inf`},
		{1e39, `column "a\n": want a number that float32 can hold, got 1e+39`},
	} {
		_, err := EncodeNumber[float32]("a\n", c.v)
		require.EqualError(t, err, c.want)
	}
	_, err := EncodeNumber[float64]("a", 1e39)
	require.NoError(t, err)
}

func TestCategoryError(t *testing.T) {
	err := CategoryError("city", "rome", "Rome", "Oslo")
	require.EqualError(t, err, `column "city": want one of "Rome", "Oslo", got "rome"`)
	var column *ColumnError
	require.True(t, errors.As(err, &column))
	require.Equal(t, "city", column.Name)
	require.EqualError(t, CategoryError("c", "", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"),
		`column "c": want one of "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", … (11 in all), got none`)
}

// TestMeanMedian: by hand, and as Python's statistics module says.
func TestMeanMedian(t *testing.T) {
	require.Zero(t, Mean(nil))
	require.Zero(t, Median(nil))
	require.Equal(t, 4.0, Mean([]float64{9, 1, 2}))
	require.Equal(t, 2.0, Median([]float64{9, 1, 2}))
	require.Equal(t, 5.5, Median([]float64{9, 1, 2, 10}))
	require.Equal(t, math.MaxFloat64, Median([]float64{math.MaxFloat64, math.MaxFloat64}))
	require.True(t, Missing(math.NaN()))
	require.False(t, Missing(math.Inf(1)))
}

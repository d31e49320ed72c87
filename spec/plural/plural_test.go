package plural

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	require.Equal(t, "0 columns", Of(0, "column"))
	require.Equal(t, "1 column", Of(1, "column"))
	require.Equal(t, "2 columns", Of(2, "column"))
	require.Equal(t, "3 axes", Of(3, "axis"))
	require.Equal(t, "-1 columns", Of(-1, "column"))
	require.Equal(t, "18446744073709551615 bytes", Of(uint64(math.MaxUint64), "byte"))
}

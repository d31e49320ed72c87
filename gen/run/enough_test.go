package run

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEnough: no batch of a single sample is left where that has no variance.
func TestEnough(t *testing.T) {
	for _, c := range []struct {
		samples, batch, least int
		ok                    bool
	}{
		{1, 1, 1, true}, {7, 3, 1, true}, // any batch will do
		{7, 3, 2, true}, {2, 32, 2, true}, {4, 2, 2, true},
		{5, 2, 2, false}, {1, 32, 2, false}, {8, 1, 2, false},
	} {
		require.Equal(t, c.ok, enough(c.samples, c.batch, c.least) == nil, "%+v", c)
	}
}

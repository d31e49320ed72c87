package kernel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/kernel"
)

// TestParts: all tiles of a strip are in its parts, none of which is empty or too large.
func TestParts(t *testing.T) {
	require.Equal(t, []kernel.Part{{Tiles: 4, Repeat: 3}}, kernel.Strip{Repeat: 12}.Parts(5))
	require.Equal(t, []kernel.Part{{Tiles: 4, Repeat: 1}, {Tiles: 3, Repeat: 1}}, kernel.Strip{Repeat: 7}.Parts(5))
	for repeat := 1; repeat < 60; repeat++ {
		for most := 1; most < 70; most++ {
			tiles := 0
			for _, p := range (kernel.Strip{Repeat: repeat}).Parts(most) {
				require.Positive(t, p.Repeat)
				require.Positive(t, p.Tiles)
				require.LessOrEqual(t, p.Tiles, most)
				tiles += p.Tiles * p.Repeat
			}
			require.Equal(t, repeat, tiles)
		}
	}
}

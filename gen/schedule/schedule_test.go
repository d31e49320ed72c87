package schedule

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

// golden are numbers of chains that may never change: they decide the bits
// that every network computes. A change here is a new numeric contract, and
// every golden vector, hash and committed package changes with it.
var golden = []struct{ outputs, length, chains int }{
	// One chain where the outputs keep the core busy.
	{65, 784, 1}, {128, 784, 1}, {512, 512, 1}, {640, 128, 1}, {1000000, 1000000, 1},
	// Two, four, eight as the layer narrows.
	{64, 64, 2}, {33, 784, 2}, {32, 784, 4}, {17, 784, 4}, {16, 784, 8}, {10, 128, 8}, {10, 784, 8}, {9, 64, 8},
	{8, 784, 8}, {8, 128, 8}, {7, 64, 8}, {4, 64, 8}, {2, 32, 8}, {1, 256, 8}, {1, 1000000, 8},
	// Short sums have fewer.
	{1, 1, 1}, {1, 7, 1}, {1, 8, 2}, {1, 15, 2}, {1, 16, 4}, {1, 31, 4}, {1, 32, 8}, {1, 64, 8},
	{4, 2, 1}, {2, 4, 1}, {3, 16, 4}, {16, 8, 2}, {16, 15, 2}, {16, 16, 4}, {32, 8, 2}, {32, 7, 1}, {10, 32, 8},
}

func TestGolden(t *testing.T) {
	for _, g := range golden {
		require.Equal(t, g.chains, Chains(g.outputs, g.length), "%d outputs, %d terms", g.outputs, g.length)
	}
	require.Equal(t, 16, Panel)
}

// narrow are those of layers whose weights lie by inputs, in fast mode.
var narrow = []struct{ outputs, length, chains int }{
	{1, 32, 8}, {1, 63, 8}, {1, 64, 16}, {1, 127, 16}, {1, 128, 32}, {1, 1000000, 32},
	{2, 63, 8}, {2, 64, 16}, {2, 128, 16}, {3, 2048, 16}, {4, 64, 8}, {4, 2048, 8}, {16, 32, 8}, {16, 784, 8},
}

func TestNarrow(t *testing.T) {
	for _, g := range narrow {
		require.Equal(t, g.chains, OfNarrow(g.outputs, g.length), "%d outputs, %d terms", g.outputs, g.length)
	}
}

// TestChains: a power of two, at least minTerms terms to a chain, no more
// accumulators than a core keeps in flight; more chains for longer sums, fewer
// for more outputs.
func TestChains(t *testing.T) {
	for outputs := 1; outputs <= 100; outputs++ {
		for length := 1; length <= 200; length++ {
			c := Chains(outputs, length)
			require.Equal(t, 1, bits.OnesCount(uint(c)), "%d outputs, %d terms", outputs, length)
			require.LessOrEqual(t, c, maxChains)
			if c > 1 {
				require.GreaterOrEqual(t, length/c, minTerms, "%d outputs, %d terms", outputs, length)
				require.LessOrEqual(t, c*outputs, parallel, "%d outputs, %d terms", outputs, length)
			}
			require.GreaterOrEqual(t, Chains(outputs, length+1), c, "%d outputs, %d terms", outputs, length)
			require.LessOrEqual(t, Chains(outputs+1, length), c, "%d outputs, %d terms", outputs, length)
		}
	}
}

// TestHash pins all numbers of chains at once.
func TestHash(t *testing.T) {
	h := uint64(14695981039346656037)
	for outputs := 1; outputs <= 130; outputs++ {
		for length := 1; length <= 300; length++ {
			h = (h ^ uint64(Chains(outputs, length))) * 1099511628211
		}
	}
	require.Equal(t, uint64(0x58db603819da5d), h)
}

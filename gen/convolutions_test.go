package gen_test

import (
	"flag"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
)

var convolutionCount = flag.Int("convolutions", 30, "number of random convolutional networks")

// TestRandomConvolutions is TestRandomNetworks on networks of convolutions and
// pooling.
func TestRandomConvolutions(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	g := gentest.NewGenerator(*randomSeed)
	stats, grouped := newRandomStats(), 0
	for first := 0; first < *convolutionCount; first += perProgram {
		var nets []*gentest.Network
		for i := first; i < min(first+perProgram, *convolutionCount); i++ {
			net, err := g.Convolutional(fmt.Sprintf("net%d", i))
			require.NoError(t, err, "seed %d, network %d", *randomSeed, i)
			n, err := gentest.Prepare(net)
			require.NoError(t, err, "seed %d, network %d\n%s", *randomSeed, i, net.Canonical(op.Vocabulary()))
			n.Group = i % 4 // 1 to 3 samples together, or all
			p, err := gen.Plan(net, gen.Options{Group: n.Group})
			require.NoError(t, err)
			if p.Train != nil && p.Train.Group > 0 {
				grouped++
			}
			nets = append(nets, n)
		}
		host().runRandom(t, g, nets, first, stats)
	}
	var lines []string
	for _, what := range gentest.ConvolutionalCover() {
		lines = append(lines, fmt.Sprintf("%4d %s", g.Cover[what], what))
		least := max(1, *convolutionCount/50)
		if strings.HasPrefix(what, "window ") { // the longest are rare
			least = *convolutionCount / 100
		}
		require.GreaterOrEqual(t, g.Cover[what], least, what)
	}
	sort.Strings(lines)
	t.Logf("seed %d, %d networks, paths %v, %d gradients, %d of them ill-conditioned and differing\n%s", *randomSeed, *convolutionCount, stats.paths,
		stats.gradients, stats.skipped, strings.Join(lines, "\n"))
	require.LessOrEqual(t, float64(stats.skipped), leftOut(*convolutionCount)*float64(stats.gradients), "too many gradients differ from float64")
	require.Equal(t, *convolutionCount, stats.paths[verify.PureGo])
	requirePaths(t, stats)
	require.Greater(t, grouped, *convolutionCount/20, "batches in groups")
}

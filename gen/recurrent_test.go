package gen_test

import (
	"flag"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
)

var recurrentCount = flag.Int("recurrent", 20, "number of random recurrent networks")

// TestRecurrentNetworks is TestRandomNetworks for networks of recurrent layers over
// sequences of 1 to 40 steps, and demands that a stream, step by step, has the bits of
// the whole sequence, on every path.
func TestRecurrentNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	g := gentest.NewGenerator(*randomSeed + 77)
	stats := newRandomStats()
	total := 0
	for first := 0; first < *recurrentCount; first += perProgram {
		var nets []*gentest.Network
		var whole, stream []*gentest.Network
		for i := first; i < min(first+perProgram, *recurrentCount); i++ {
			net, of, err := g.Recurrent(fmt.Sprintf("net%d", i))
			require.NoError(t, err, "seed %d, network %d", *randomSeed, i)
			n, err := gentest.Prepare(net)
			require.NoError(t, err, "seed %d, network %d\n%s", *randomSeed, i, net.Canonical(op.Vocabulary()))
			nets = append(nets, n)
			if of != nil {
				s, err := gentest.Prepare(of)
				require.NoError(t, err)
				whole, stream = append(whole, n), append(stream, s)
			}
		}
		host().runRandom(t, g, append(nets, stream...), first, stats)
		total += len(nets) + len(stream)
		host().compareStreams(t, g, whole, stream)
	}
	var lines []string
	for what, n := range g.Cover {
		lines = append(lines, fmt.Sprintf("%4d %s", n, what))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][5:] < lines[j][5:] })
	t.Logf("%d networks, paths %v, %d gradients, %d of them ill-conditioned and differing\n%s", total, stats.paths, stats.gradients, stats.skipped, strings.Join(lines, "\n"))
	require.LessOrEqual(t, float64(stats.skipped), leftOut(total)*float64(stats.gradients), "too many gradients differ from float64")
	require.Equal(t, total, stats.paths[verify.PureGo])
	requirePaths(t, stats)
	if *recurrentCount >= 200 {
		for what, n := range g.Cover {
			require.GreaterOrEqual(t, n, *recurrentCount/50, what)
		}
	}
}

// compareStreams runs networks over whole sequences and, with the same weights, their
// streams step by step.
func (m machine) compareStreams(t *testing.T, g *gentest.Generator, whole, stream []*gentest.Network) {
	if len(whole) == 0 {
		return
	}
	prog := m.build(t, append(whole[:len(whole):len(whole)], stream...))
	jobs := make([]*gentest.Job, 2*len(whole))
	for i, n := range whole {
		values := interp.InitialValues(n.Plan.Prog, 5)
		weights, err := n.Weights(values)
		require.NoError(t, err)
		named := map[*ir.Value][]float64{}
		for v, w := range values {
			named[stream[i].Plan.Prog.ParamByName(v.Name)] = w
		}
		streamWeights, err := stream[i].Weights(named)
		require.NoError(t, err)
		x := make([]float64, n.Plan.Prog.Inputs[0].Size())
		for j := range x {
			x[j] = float64(float32(g.NormFloat64()))
		}
		one := &gentest.Job{Weights: streamWeights, Sequence: true}
		for size := stream[i].Plan.Prog.Inputs[0].Size(); len(one.Inputs)*size < len(x); {
			one.Inputs = append(one.Inputs, x[len(one.Inputs)*size:][:size])
		}
		jobs[i], jobs[len(whole)+i] = &gentest.Job{Weights: weights, Inputs: [][]float64{x}}, one
	}
	for _, path := range m.paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		for i, n := range whole {
			a, b := results[i], results[len(whole)+i]
			if a.Path != path || b.Path != path {
				continue
			}
			var steps []float64
			for _, y := range b.Outputs {
				steps = append(steps, y...)
			}
			require.Equal(t, a.Outputs[0], steps, "%s: a stream differs from the whole sequence\n%s", path, n.Net.Canonical(op.Vocabulary()))
		}
	}
}

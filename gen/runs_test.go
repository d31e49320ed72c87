package gen_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

// TestRuns: networks with runs of equal layers, which are loops, compute what the
// oracle does, in training too, on every path and with one to three workers.
func TestRuns(t *testing.T) {
	var nets []*gentest.Network
	for i, source := range gentest.Runs {
		n, err := gentest.Prepare(decoded(t, fmt.Sprint("run", i), source))
		require.NoError(t, err)
		nets = append(nets, n)
	}
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(3, 3))
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = verify.NewJob(rng, n, n.Net.Codegen.Batch)
	}
	for _, path := range gentest.Paths {
		var one [][]byte
		for workers := 1; workers <= 3; workers++ {
			for _, j := range jobs {
				j.Workers = workers
			}
			results, err := prog.On(path).Run(jobs)
			require.NoError(t, err)
			for i, n := range nets {
				if workers > 1 {
					require.True(t, bytes.Equal(one[i], encoded(t, results[i])), "run %d on %s: %d workers differ from one", i, path, workers)
					continue
				}
				one = append(one, encoded(t, results[i]))
				replay, checks := &verify.Replay{Network: n, Job: jobs[i]}, &verify.Checks{}
				require.NoError(t, replay.Compare(t.Context(), results[i], checks))
				require.NoError(t, checks.Err(), "run %d on %s", i, path)
				require.Less(t, replay.LeftOut, max(1, replay.Gradients))
			}
		}
	}
}

// TestRunsAreLoops: each function over the layers of a run is a loop in the plan,
// of as many turns as there are layers, but for those at its ends.
func TestRunsAreLoops(t *testing.T) {
	p, err := gen.Plan(decoded(t, "deep", deep(40)), gen.Options{})
	require.NoError(t, err)
	for name, phase := range map[string]*plan.Phase{
		"infer": p.Infer, "infer a batch": p.InferBatch, "evaluate": p.Train.Evaluate.Phases(plan.Samples)[0],
		"sums": p.Train.Gradients.Sums(), "update": p.Train.Update, "learn": {Repeats: p.Train.LearnRepeats},
	} {
		require.Len(t, phase.Repeats, 1, name)
		require.GreaterOrEqual(t, phase.Repeats[0].Count, 37, name)
	}
	for name, phase := range map[string]*plan.Phase{"gradients": p.Train.Gradients.Phases(plan.Samples)[0], "step on one sample": p.Train.One} {
		require.Len(t, phase.Repeats, 2, name)
		for _, r := range phase.Repeats {
			require.GreaterOrEqual(t, r.Count, 37, name)
		}
	}
	require.Len(t, p.Infer.Slots, 1, "inference needs a ring of two outputs")
	require.Equal(t, 2, p.Infer.Room(0))
}

var manyLayers = flag.Int("layers", 200, "equal layers of TestOwnTestsOfRuns; 10,000 are the most that the language allows (minutes)")

// TestOwnTestsOfRuns: the packages of networks with runs pass their own tests,
// those of a deep network among them.
func TestOwnTestsOfRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	nets := []*spec.Network{decoded(t, "deep", deep(*manyLayers))}
	for i, source := range gentest.Runs {
		if !strings.Contains(source, "gelu") && !strings.Contains(source, "codegen") { // one of a kind
			nets = append(nets, decoded(t, fmt.Sprint("run", i), source))
		}
	}
	require.Greater(t, len(nets), 4)
	runOwnTests(t, nets)
}

func decoded(t *testing.T, name, source string) *spec.Network {
	net, err := spec.Decode(name+".yaml", []byte(source), op.Vocabulary())
	require.NoError(t, err)
	net.Name, net.Package = name, name
	return net
}

// deep is a network of layers of 16.
func deep(layers int) string {
	return chain(make16(layers), "relu", "loss: mse\noptimizer: {sgd: {learning_rate: 0.01}}\n")
}

// make16 is the widths of some layers of 16.
func make16(layers int) []int {
	widths := make([]int, layers+1)
	for i := range widths {
		widths[i] = 16
	}
	return widths
}

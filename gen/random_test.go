package gen_test

import (
	"bytes"
	"encoding/gob"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

var (
	randomCount = flag.Int("networks", 500, "number of random networks")
	randomSeed  = flag.Uint64("seed", 1, "seed of the random networks")
	randomEnv   = flag.String("env", "", "environment of the tool chain, such as GOAMD64=v3")
)

const (
	perProgram = 50 // networks compiled into one program
	leastCover = 10 // every row and feature must occur this often in 500
)

// TestRandomNetworks generates random valid networks, compiles and runs them,
// and compares: forward, loss, gradients, every step's weights and states
// with the oracle on the numeric schedule, bit for bit; gradients with
// float64; each optimiser step with float64 from the generated gradient and
// state.
func TestRandomNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Logf("seed %d", *randomSeed)
	g := gentest.NewGenerator(*randomSeed)
	stats := &randomStats{paths: map[string]int{}}
	for first := 0; first < *randomCount; first += perProgram {
		var nets []*gentest.Network
		for i := first; i < min(first+perProgram, *randomCount); i++ {
			net, err := g.Network(fmt.Sprintf("net%d", i))
			require.NoError(t, err, "seed %d, network %d", *randomSeed, i)
			n, err := gentest.Prepare(net)
			require.NoError(t, err, "seed %d, network %d\n%s", *randomSeed, i, net.Canonical(op.Vocabulary()))
			nets = append(nets, n)
		}
		runRandom(t, g, nets, first, stats)
	}
	var lines []string
	for what, n := range g.Cover {
		lines = append(lines, fmt.Sprintf("%4d %s", n, what))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][5:] < lines[j][5:] })
	t.Logf("%d networks, paths %v, %d steps, %d ill-conditioned gradients left out\n%s",
		*randomCount, stats.paths, stats.steps, stats.skipped, strings.Join(lines, "\n"))
	require.LessOrEqual(t, stats.skipped*20, stats.steps, "too many steps could not be compared with float64")
	if hasAVX2() {
		require.Equal(t, *randomCount, stats.paths["avx2"], "this machine has AVX2, but its path was not run")
	}
	requireCoverage(t, g.Cover)
}

// hasAVX2 asks the operating system, not the code under test.
func hasAVX2() bool {
	info, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && runtime.GOARCH == "amd64" && strings.Contains(string(info), " avx2 ") && strings.Contains(string(info), " fma ")
}

// requireCoverage fails where a row of a table or a feature occurred too
// rarely.
func requireCoverage(t *testing.T, cover gentest.Coverage) {
	if *randomCount < 500 {
		return // too few to ask for every row
	}
	least := leastCover * *randomCount / 500
	v := op.Vocabulary()
	for table, kinds := range map[string][]spec.Kind{
		"activation": v.Activations, "loss": v.Losses, "optimizer": v.Optimizers, "schedule": v.Schedules,
		"clip": v.Clips, "regularizer": v.Regularizers, "initializer": v.Initializers, "layer": v.Layers,
	} {
		for _, k := range kinds {
			require.GreaterOrEqual(t, cover[table+" "+k.Name], least, "%s %s", table, k.Name)
		}
	}
	for what, n := range cover {
		require.GreaterOrEqual(t, n, least, what)
	}
}

type randomStats struct {
	steps, skipped int
	paths          map[string]int // networks that ran on each path
}

// runRandom compiles and checks a program of networks.
func runRandom(t *testing.T, g *gentest.Generator, nets []*gentest.Network, first int, stats *randomStats) {
	var env []string
	if *randomEnv != "" {
		env = append(env, *randomEnv)
	}
	prog, err := gentest.Build(t.TempDir(), nets, env...)
	require.NoError(t, err, "seed %d, networks from %d", *randomSeed, first)
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = verify.NewJob(g.Rand, n, n.Net.Codegen.Batch)
	}
	for _, path := range gentest.Paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		compareRandom(t, nets, jobs, results, first, stats)
		for workers := 2; workers <= 3; workers++ {
			for _, j := range jobs {
				j.Workers = workers
			}
			again, err := prog.On(path).Run(jobs)
			require.NoError(t, err)
			for i := range nets {
				if !bytes.Equal(encoded(t, again[i]), encoded(t, results[i])) {
					t.Errorf("seed %d, network %d, %s: %d workers differ from one\n%s", *randomSeed, first+i, results[i].Path, workers, nets[i].Net.Canonical(op.Vocabulary()))
				}
			}
		}
		for _, j := range jobs {
			j.Workers = 0
		}
	}
}

// encoded is a result as bytes, in which every number has its own bits.
func encoded(t *testing.T, r *gentest.Result) []byte {
	var buf bytes.Buffer
	require.NoError(t, gob.NewEncoder(&buf).Encode(r))
	return buf.Bytes()
}

// compareRandom compares what one path computed.
func compareRandom(t *testing.T, nets []*gentest.Network, jobs []*gentest.Job, results []*gentest.Result, first int, stats *randomStats) {
	for i, n := range nets {
		stats.paths[results[i].Path]++
		replay := &verify.Replay{Network: n, Job: jobs[i]}
		checks := &verify.Checks{}
		require.NoError(t, replay.Compare(t.Context(), results[i], checks), "seed %d, network %d", *randomSeed, first+i)
		stats.steps, stats.skipped = stats.steps+replay.Steps, stats.skipped+replay.IllConditioned
		if err := checks.Err(); err != nil {
			t.Errorf("seed %d, network %d: %v\n%s", *randomSeed, first+i, err, n.Net.Canonical(op.Vocabulary()))
		}
	}
}

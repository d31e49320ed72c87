package gen_test

import (
	"bytes"
	"encoding/gob"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
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
	leastCover = 5  // every row and feature must occur this often in 500
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
	stats := newRandomStats()
	for first := 0; first < *randomCount; first += perProgram {
		var nets []*gentest.Network
		for i := first; i < min(first+perProgram, *randomCount); i++ {
			net, err := g.Network(fmt.Sprintf("net%d", i))
			require.NoError(t, err, "seed %d, network %d", *randomSeed, i)
			n, err := gentest.Prepare(net)
			require.NoError(t, err, "seed %d, network %d\n%s", *randomSeed, i, net.Canonical(op.Vocabulary()))
			countRuns(g.Cover, n.Plan)
			nets = append(nets, n)
		}
		host().runRandom(t, g, nets, first, stats)
	}
	var lines []string
	for what, n := range g.Cover {
		lines = append(lines, fmt.Sprintf("%4d %s", n, what))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][5:] < lines[j][5:] })
	t.Logf("%d networks, paths %v, %d gradients, %d of them ill-conditioned and differing\n%s",
		*randomCount, stats.paths, stats.gradients, stats.skipped, strings.Join(lines, "\n"))
	require.LessOrEqual(t, float64(stats.skipped), leftOut(*randomCount)*float64(stats.gradients), "too many gradients differ from float64")
	require.Equal(t, *randomCount, stats.paths[verify.PureGo])
	requirePaths(t, stats)
	requireCoverage(t, g.Cover)
}

// countRuns counts where operations on the elements of a sample are one call. Steps on one
// sample have the functions of training.
func countRuns(cover gentest.Coverage, p *plan.Plan) {
	phases := map[string]*plan.Phase{"of one sample": p.Infer, "of a batch": p.InferBatch}
	if p.Train != nil {
		phases["in training"] = p.Train.Gradients.Phases(plan.Samples)[0]
	}
	for where, ph := range phases {
		if what := "run in registers " + where; ph != nil && len(calls.MixesOf(p, ph)) > 0 {
			cover[what]++
		} else {
			cover[what] += 0
		}
	}
}

// TestLongBatches is TestRandomNetworks where batches have more rows than a first-level
// cache holds, so that some begin at vectors.
func TestLongBatches(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	g, stats, aligned := gentest.NewGenerator(*randomSeed), newRandomStats(), 0
	g.Long = true
	var nets []*gentest.Network
	for i := range 12 {
		net, err := g.Network(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		n, err := gentest.Prepare(net)
		require.NoError(t, err)
		if n.Plan.Aligns() {
			aligned++
		}
		nets = append(nets, n)
	}
	host().runRandom(t, g, nets, 0, stats)
	require.GreaterOrEqual(t, aligned, leastCover)
	requirePaths(t, stats)
}

// leftOut is the share of gradients that may be ill-conditioned and differ: 1 % of many
// networks. A single one may be so as a whole.
func leftOut(networks int) float64 { return 0.01 + 0.99/math.Sqrt(float64(networks)) }

// requirePaths fails where the machine has an instruction set that networks
// have kernels for, but did not use.
func requirePaths(t *testing.T, stats *randomStats) {
	for _, tg := range target.Targets {
		if path := tg.Name; hasPath(path) {
			require.Equal(t, stats.kernels[path], stats.paths[path], "this machine has %s, but its path was not run", path)
		}
	}
}

// pathFlags are the features that the paths need which not every processor of
// their architecture has.
var pathFlags = map[string]string{"avx2": "avx2 fma", "avx512": "avx512f avx512dq avx512bw avx512vl"}

// hasPath reports whether this machine can run a path.
func hasPath(path string) bool {
	return target.ByName(path).Arch == runtime.GOARCH && hasFlags(pathFlags[path])
}

// hasFlags asks the operating system for features of the processor, not the
// code under test.
func hasFlags(flags string) bool {
	info, err := os.ReadFile("/proc/cpuinfo")
	if flags == "" {
		return true
	}
	if err != nil {
		return false
	}
	for flag := range strings.FieldsSeq(flags) {
		if !strings.Contains(string(info), " "+flag+" ") {
			return false
		}
	}
	return true
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
		switch table, _, _ := strings.Cut(what, " "); table {
		case "coordinates": // of one layer
			require.GreaterOrEqual(t, n, least/2, what)
			continue
		case "rounding": // of one of its modes
			require.GreaterOrEqual(t, n, least/4, what)
			continue
		}
		require.GreaterOrEqual(t, n, least, what)
	}
}

type randomStats struct {
	gradients, skipped int
	paths              map[string]int // networks that ran on each path
	kernels            map[string]int // and that have kernels for it
}

func newRandomStats() *randomStats {
	return &randomStats{paths: map[string]int{}, kernels: map[string]int{}}
}

// machine is where networks run: the environment that compiles for it, the paths
// that it has, and the command that runs programs there, "" on this machine.
type machine struct {
	env   []string
	paths []string
	under string
}

// host is this machine.
func host() machine {
	m := machine{paths: gentest.Paths}
	if *randomEnv != "" {
		m.env = append(m.env, *randomEnv)
	}
	return m
}

// build compiles networks.
func (m machine) build(t *testing.T, nets []*gentest.Network) *gentest.Program {
	dir := t.TempDir()
	prog, err := gentest.Build(dir, nets, m.env...)
	require.NoError(t, err)
	if m.under != "" { // WebAssembly has no room for a large environment
		script := fmt.Sprintf("#!/bin/sh\nexec env -i PATH=\"$PATH\" HOME=\"$HOME\" NNGEN_PATH=\"$NNGEN_PATH\" %s %s\n", m.under, prog.Path)
		prog.Path = filepath.Join(dir, "emulated")
		require.NoError(t, os.WriteFile(prog.Path, []byte(script), 0o755))
	}
	return prog
}

// runRandom compiles and checks a program of networks.
func (m machine) runRandom(t *testing.T, g *gentest.Generator, nets []*gentest.Network, first int, stats *randomStats) {
	prog := m.build(t, nets)
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = verify.NewJob(g.Rand, n, n.Net.Codegen.Batch)
		for _, path := range n.Plan.Options.Targets {
			stats.kernels[path]++
		}
	}
	checked := make([]*gentest.Result, len(nets)) // of paths with fused multiply-adds
	for _, path := range m.paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		compareRandom(t, path, nets, jobs, results, checked, first, stats)
		for workers := 2; workers <= 3; workers++ {
			for _, j := range jobs {
				j.Workers = workers
			}
			again, err := prog.On(path).Run(jobs)
			require.NoError(t, err)
			for i := range nets {
				if results[i].Path == path && !bytes.Equal(encoded(t, again[i]), encoded(t, results[i])) {
					t.Errorf("seed %d, network %d, %s: %d workers differ from one\n%s", *randomSeed, first+i, results[i].Path, workers, nets[i].Net.Canonical(op.Vocabulary()))
				}
			}
		}
		for _, j := range jobs {
			j.Workers = 0
		}
	}
}

// encoded is what a path computed as bytes, in which every number has its own
// bits.
func encoded(t *testing.T, r *gentest.Result) []byte {
	var buf bytes.Buffer
	numbers := *r
	numbers.Path = ""
	require.NoError(t, gob.NewEncoder(&buf).Encode(&numbers))
	return buf.Bytes()
}

// compareRandom compares what one path computed, unless a path that is checked
// against the same oracle computed the same.
func compareRandom(t *testing.T, path string, nets []*gentest.Network, jobs []*gentest.Job, results, checked []*gentest.Result, first int, stats *randomStats) {
	for i, n := range nets {
		if results[i].Path != path {
			continue // neither the machine nor the network has it
		}
		stats.paths[path]++
		if checked[i] != nil && bytes.Equal(encoded(t, checked[i]), encoded(t, results[i])) {
			continue
		}
		if path != verify.PureGo {
			checked[i] = results[i]
		}
		replay := &verify.Replay{Network: n, Job: jobs[i]}
		checks := &verify.Checks{}
		require.NoError(t, replay.Compare(t.Context(), results[i], checks), "seed %d, network %d", *randomSeed, first+i)
		stats.gradients, stats.skipped = stats.gradients+replay.Gradients, stats.skipped+replay.LeftOut
		if err := checks.Err(); err != nil {
			t.Errorf("seed %d, network %d: %v\n%s", *randomSeed, first+i, err, n.Net.Canonical(op.Vocabulary()))
		}
	}
}

package bench

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
)

func planned(t *testing.T, name string) *ir.Program {
	net, err := gen.Load("../../golden/specs/" + name + ".yaml")
	require.NoError(t, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	return p.Prog
}

// TestCost counts by hand: W2 is 784-128-10, W6 64-64-64-64-1 with a sigmoid
// after each layer.
func TestCost(t *testing.T) {
	w2 := costOf(planned(t, "w2"))
	counted := func(fs []*Function) map[string][2]int {
		m := map[string][2]int{}
		for _, f := range fs {
			m[f.Name] = [2]int{f.Infer, f.Train}
		}
		return m
	}
	require.Equal(t, map[string][2]int{"exponentials": {10, 10}, "cross_entropy": {0, 1}}, counted(w2.Functions))
	w2.Functions = nil
	require.Equal(t, Cost{
		Forward: 784*128 + 128*10, GradWeight: 784*128 + 128*10, GradInput: 128 * 10,
		Parameters: 101770, Trained: 101770, Bytes: 4 * 101770, TrainedBytes: 4 * 101770,
	}, w2)
	require.Equal(t, 64.0*101632, w2.FLOPs(Infer, 32))
	require.Equal(t, 64.0*(101632+101632+1280)+2*101770, w2.FLOPs(Train, 32))
	require.Equal(t, map[string][2]int{"sigmoid": {3*64 + 1, 3*64 + 1}}, counted(costOf(planned(t, "w6")).Functions))
	require.Equal(t, map[string][2]int{"tanh": {64, 64}}, counted(costOf(planned(t, "w1")).Functions))
}

// TestLimit compares with limits worked out for a machine of 91 GFLOP/s.
func TestLimit(t *testing.T) {
	m := &Machine{GFLOPs: 91.4, Bandwidth: []Bandwidth{{32 << 10, 175, 91}, {256 << 10, 91, 91}, {512 << 10, 91, 91}, {1 << 20, 78, 77}, {2 << 20, 78, 77}}, Functions: map[string]float64{"sigmoid": 0.55}}
	for _, c := range []struct {
		net, mode string
		batch     int
		want      float64 // ns per sample
	}{
		{"w2", Infer, 1, 4473}, {"w2", Infer, 32, 2224}, {"w2", Train, 1, 8947}, {"w2", Train, 32, 4545},
		{"w6", Infer, 32, 270}, {"w6", Train, 1, 996},
	} {
		cost := costOf(planned(t, c.net))
		l := m.limit(&cost, ir.Float32, c.mode, c.batch)
		require.InEpsilon(t, c.want, l.Nanos()/float64(c.batch), 0.002, "%v", c)
	}
	cost := costOf(planned(t, "w6"))
	l := m.limit(&cost, ir.Float32, Infer, 32)
	require.InEpsilon(t, 106.15, l.Activations/32, 1e-6)
	double := m.limit(&cost, ir.Float64, Infer, 32)
	require.InEpsilon(t, 2*l.Compute, double.Compute, 1e-9)
}

func TestMerge(t *testing.T) {
	m := &Machine{}
	p := &probed{GHz: 2, GFLOPs: 60, PerCycle: 30, Functions: map[string]float64{"tanh": 0.4}}
	p.Bandwidth = append(p.Bandwidth, struct {
		Bytes        int
		Read, Update float64
	}{100, 10, 5}, struct {
		Bytes        int
		Read, Update float64
	}{200, 12, 4})
	m.merge(p)
	p.GHz, p.GFLOPs, p.PerCycle, p.Functions, p.Bandwidth[1].Read = 1.9, 64, 29, map[string]float64{"tanh": 0.3, "exp": 1}, 8
	m.merge(p)
	require.Equal(t, 29.0, m.FLOPsPerCycle, "of the probe with the best peak")
	require.Equal(t, 64.0, m.GFLOPs)
	require.Equal(t, 2.0, m.GHz)
	require.Equal(t, map[string]float64{"tanh": 0.3, "exp": 1}, m.Functions)
	require.Equal(t, []Bandwidth{{100, 12, 5}, {200, 12, 4}}, m.Bandwidth)
	require.Equal(t, 4.5, m.at(150).Update)
	require.Equal(t, 5.0, m.at(1).Update)
	require.Equal(t, 4.0, m.at(1000).Update)
}

// TestComplete shares samples among workers: those of inference have a batch
// each, those of training one together.
func TestComplete(t *testing.T) {
	r := &Report{Cost: Cost{Forward: 500}}
	res := &Result{Mode: Infer, Batch: 10, Workers: 2, CallMedian: 4000, CallMin: 2000}
	r.complete(res, &Limit{Compute: 1000, Memory: 500, Activations: 200})
	require.Equal(t, 100.0, res.SampleMin)
	require.Equal(t, 200.0, res.SampleMedian)
	require.Equal(t, 10.0, res.GFLOPs)
	require.Equal(t, &Against{PeakShare: 0.5, BandwidthShare: 0.25, Limit: 50, LimitBy: "compute", LimitAct: 60, TimesLimit: 2, TimesLimitAct: 100.0 / 60}, res.Against)
	res = &Result{Mode: Train, Batch: 10, Workers: 2, CallMin: 2000}
	r.complete(res, nil)
	require.Equal(t, 200.0, res.SampleMin)
	require.Nil(t, res.Against)
}

// TestZeros runs relu networks: about half of the hidden outputs are zero, and
// of sigmoids none.
func TestZeros(t *testing.T) {
	b := newBenchmark(t, "w4")
	share, err := zeroShare(b.prog, weightsOf(t, b))
	require.NoError(t, err)
	require.InDelta(t, 0.5, share, 0.1)
	b = newBenchmark(t, "w6")
	share, err = zeroShare(b.prog, weightsOf(t, b))
	require.NoError(t, err)
	require.Zero(t, share)
}

func newBenchmark(t *testing.T, name string) *benchmark {
	net, err := gen.Load("../../golden/specs/" + name + ".yaml")
	require.NoError(t, err)
	b := &benchmark{report: &Report{}, Options: Options{Time: time.Millisecond, Talk: io.Discard, Compiler: compiler(t), Layers: true}}
	require.NoError(t, b.prepare(t.Context(), net))
	return b
}

func compiler(t *testing.T) *run.Compiler {
	return &run.Compiler{
		Cache: t.TempDir(), Lower: lower.Lower,
		Generate: func(net *spec.Network, standalone bool) (map[string][]byte, error) {
			return gen.Generate(net, gen.Options{Standalone: standalone})
		},
	}
}

// weightsOf returns the weight file of a program.
func weightsOf(t *testing.T, b *benchmark) string {
	path := filepath.Join(t.TempDir(), "weights")
	err := start(t.Context(), b.module.Program, "purego", job{Weights: path, Time: time.Millisecond}, io.Discard, func(event) error { return nil })
	require.NoError(t, err)
	return path
}

// TestProgram checks the program as its own tests and go vet would: the
// assembly's arguments, and that the probes of functions compute them.
func TestProgram(t *testing.T) {
	b := newBenchmark(t, "w1")
	require.NoError(t, os.WriteFile(filepath.Join(b.module.Dir, "probes_test.go"), []byte(probesTest), 0o644))
	args := [][]string{{"vet", "."}}
	if runtime.GOARCH == "amd64" {
		args = append(args, []string{"test", "."})
	}
	for _, a := range args {
		cmd := exec.Command("go", a...)
		cmd.Dir, cmd.Env = b.module.Dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

const probesTest = `//go:build amd64 && !purego && !msan

package main

import (
	"math"
	"testing"
	"time"

	net "nngen.run/net"
)

// runs reports whether the machine has an instruction set.
func runs(path string) bool { return path == net.Path() }

func TestFunctions(t *testing.T) {
	if !hasAVX2() {
		t.Skip("no AVX2")
	}
	for path, set := range functions {
		if !runs(path) {
			continue
		}
		var x, y [100]float32
		for i := range x {
			x[i] = 20 * (2*float32(i)/100 - 1)
		}
		set["tanh"](&y[0], &x[0], len(x))
		for i, v := range y {
			if want := math.Tanh(float64(x[i])); !(math.Abs(float64(v)-want) <= 1e-6*math.Abs(want)) {
				t.Errorf("%s: tanh(%g) = %g, want %g", path, x[i], v, want)
			}
		}
	}
}

func TestBandwidthProbes(t *testing.T) {
	if !hasAVX2() {
		t.Skip("no AVX2")
	}
	x := alignedFloats(3 << 18)
	for i := range x {
		x[i] = 0
	}
	pass(x, updateFloats)
	pass(x, readFloats)
	for i, v := range x {
		if v != x[0] || v == 0 {
			t.Fatalf("element %d is %g after an update, the first %g", i, v, x[0])
		}
	}
	m := probeMachine("avx2", 1<<20, 5*time.Millisecond)
	if m.GFLOPs <= 0 || m.GHz <= 0 || m.Functions["tanh"] <= 0 || len(m.Bandwidth) < 12 || m.Bandwidth[11].Bytes < 768<<10 {
		t.Errorf("%+v", m)
	}
}
`

func TestOptions(t *testing.T) {
	net, err := gen.Load("../../golden/specs/xor.yaml")
	require.NoError(t, err)
	for want, o := range map[string]Options{
		"--mode must":        {Modes: []string{"x"}, Time: 1},
		"--batch must":       {Batches: []int{1, 0}, Time: 1},
		"--train-batch must": {TrainBatches: []int{-1}, Time: 1},
		"--workers must":     {Workers: []int{0}, Time: 1},
		"--latency must":     {Latency: 9999, Time: 1},
		"--path must":        {Paths: []string{"x"}, Time: 1},
		"--time must":        {},
	} {
		_, err := Run(t.Context(), net, o)
		require.ErrorContains(t, err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ctx, net, Options{Compiler: compiler(t), Time: 1, Talk: io.Discard})
	require.ErrorIs(t, err, run.ErrInterrupted)
}

// TestText has no machine, as on an architecture without probes.
func TestText(t *testing.T) {
	r := &Report{Network: "n", GOARCH: "arm64", Results: []Result{{Mode: Infer, Batch: 1, Path: "purego", Workers: 1, CallMin: 12.3, SampleMin: 1234.5}}}
	var b bytes.Buffer
	r.WriteText(&b)
	require.NotContains(t, b.String(), "limit")
	require.Contains(t, b.String(), "peak and bandwidth are not measured: there are no probes for arm64\n")
	require.Contains(t, b.String(), "12.3")
	require.Contains(t, b.String(), "1234")
	require.False(t, strings.Contains(b.String(), "NaN") || math.IsNaN(r.Results[0].GFLOPs))
}

func TestEvents(t *testing.T) {
	keep := func(event) error { return nil }
	_, err := readEvents(strings.NewReader(`{"path":"avx2"}{"error":"broken"}`), keep)
	require.EqualError(t, err, "broken")
	_, err = readEvents(strings.NewReader(`{`), keep)
	require.Error(t, err)
	done, err := readEvents(strings.NewReader(`{"path":"avx2"}`), keep)
	require.NoError(t, err)
	require.False(t, done)
}

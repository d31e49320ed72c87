package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// The modes.
const (
	Infer = "infer"
	Train = "train"
)

// Options say what to measure.
type Options struct {
	Compiler     *run.Compiler // builds, in its cache
	Modes        []string      // empty is both, as far as the network can be trained
	Batches      []int         // empty is 1, 32 and codegen.batch
	TrainBatches []int         // empty is Batches
	Paths        []string      // empty is all of the machine
	Workers      []int         // empty is 1
	Time         time.Duration // per measurement
	Latency      int           // calls to time one by one, per measurement; 0 is none
	Layers       bool          // time every call by itself, too
	Talk         io.Writer
}

// leastLatency is the number of calls that have a 99.99th percentile.
const leastLatency = 10000

// check refuses options that cannot be meant.
func (o *Options) check() error {
	for _, m := range o.Modes {
		if m != Infer && m != Train {
			return run.OptionErrorf("--mode must be infer, train or both with a comma, got %q", m)
		}
	}
	for name, list := range map[string][]int{"--batch": o.Batches, "--train-batch": o.TrainBatches, "--workers": o.Workers} {
		for _, n := range list {
			if n < 1 {
				return run.OptionErrorf("%s must be positive numbers, got %d", name, n)
			}
		}
	}
	for _, p := range o.Paths {
		if err := CheckPath("--path", p); err != nil {
			return err
		}
	}
	if o.Latency != 0 && o.Latency < leastLatency {
		return run.OptionErrorf("--latency must be at least %d calls, of which one is beyond the last percentile, got %d", leastLatency, o.Latency)
	}
	if o.Time <= 0 {
		return run.OptionErrorf("--time must be positive, for instance 500ms, got %v", o.Time)
	}
	return nil
}

// paths lists the implementations that code for this architecture can have,
// the preferred first.
func paths() []string {
	var names []string
	for _, t := range target.Targets {
		if t.Arch == runtime.GOARCH {
			names = append(names, t.Name)
		}
	}
	return append(names, "purego")
}

// CheckPath refuses the name of an implementation that no code for this
// architecture can have; what says where the name stands.
func CheckPath(what, path string) error {
	if known := append(paths(), run.Auto); !slices.Contains(known, path) {
		return run.OptionErrorf("%s must be one of %s, got %q", what, strings.Join(known, ", "), path)
	}
	return nil
}

// Run generates, compiles and measures a network.
func Run(ctx context.Context, net *spec.Network, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b := &benchmark{Options: o, report: &Report{
		Network: net.Name, DType: net.Numeric.DType, Mode: net.Numeric.Mode, SpecBatch: net.Codegen.Batch,
		GOOS: runtime.GOOS, GOARCH: runtime.GOARCH,
	}}
	if err := b.prepare(ctx, net); err != nil {
		return nil, err
	}
	wanted := o.Paths
	if len(wanted) == 0 {
		wanted = paths()
	}
	for _, path := range wanted {
		if err := b.measure(ctx, path); err != nil {
			return nil, err
		}
	}
	for i := range b.report.Results {
		r := &b.report.Results[i]
		var limit *Limit
		if m := *b.report.machine(r.Path); m != nil {
			l := m.limit(&b.report.Cost, b.prog.DType, r.Mode, r.Batch)
			limit = &l
		}
		b.report.complete(r, limit)
	}
	for i := range b.report.Layers {
		l := &b.report.Layers[i]
		if m := *b.report.machine(l.Path); m != nil {
			l.complete(m, b.prog.DType)
		}
	}
	return b.report, nil
}

// benchmark is one run.
type benchmark struct {
	Options
	report *Report
	prog   *ir.Program
	module *run.Module
	plan   []measurement
	layers []Layer // without path and time
}

// prepare decides what to measure and compiles the program.
func (b *benchmark) prepare(ctx context.Context, net *spec.Network) error {
	local := *gen.ForMachine(net, runtime.GOARCH)
	local.Codegen.Embed, local.Codegen.Standalone, local.Codegen.Train = "", true, true
	infer := len(b.Modes) == 0 || slices.Contains(b.Modes, Infer)
	train := len(b.Modes) == 0 || slices.Contains(b.Modes, Train)
	switch {
	case !train:
	case !trained(net):
		if len(b.Modes) > 0 {
			return net.Errorf(net.Pos, "write a loss, for instance loss: mse", code.Missing+"training cannot be measured: no output has a loss")
		}
		train, b.report.NoTraining = false, "no output has a loss"
	case net.Codegen.Storage != "float32":
		if len(b.Modes) > 0 {
			return net.Errorf(net.Codegen.Pos, "write storage: float32", code.Conflict+"training cannot be measured: a net with storage %s does not train", net.Codegen.Storage)
		}
		train, b.report.NoTraining = false, "storage "+net.Codegen.Storage+" does not train"
	}
	local.Codegen.Train = train
	b.batches(net.Codegen.Batch)
	if train { // steps of more samples than the package is generated for are refused
		local.Codegen.Batch = max(local.Codegen.Batch, slices.Max(b.TrainBatches))
		b.report.Optimizer = net.Optimizer.Name
	}
	b.report.MaxBatch = local.Codegen.Batch
	for _, w := range b.Workers {
		for _, n := range b.Batches {
			if infer {
				b.plan = append(b.plan, measurement{Infer, n, w})
			}
		}
		for _, n := range b.TrainBatches {
			if train {
				b.plan = append(b.plan, measurement{Train, n, w})
			}
		}
	}
	return b.compile(ctx, &local)
}

// trained reports whether the network has something to train by.
func trained(net *spec.Network) bool {
	return slices.ContainsFunc(net.Outputs, func(o spec.Output) bool { return o.Loss != nil })
}

// batches fills in the defaults.
func (b *benchmark) batches(codegen int) {
	if len(b.Batches) == 0 {
		b.Batches = []int{1, 32, codegen}
		slices.Sort(b.Batches)
	}
	b.Batches = slices.Compact(b.Batches)
	if len(b.TrainBatches) == 0 {
		b.TrainBatches = b.Batches
	}
	if len(b.Workers) == 0 {
		b.Workers = []int{1}
	}
}

// compile builds the program.
func (b *benchmark) compile(ctx context.Context, net *spec.Network) error {
	p, err := gen.Plan(net, gen.Options{Calls: b.Layers})
	if err != nil {
		return err
	}
	b.prog, b.report.Cost = p.Prog, costOf(p.Prog)
	b.plan = slices.DeleteFunc(b.plan, func(m measurement) bool { return m.Mode == Train && m.Batch < p.Prog.MinBatch })
	for _, m := range b.plan {
		if b.Layers && m.Workers == 1 && (p.Layerwise && m.Batch <= net.Codegen.Batch || m.Mode == Infer && m.Batch == 1) {
			b.layers = append(b.layers, layersOf(p, b.report.Cost.Functions, m.Mode, m.Batch)...)
		}
	}
	pkg, err := gen.Generate(net, gen.Options{Standalone: true, Calls: b.Layers})
	if err != nil {
		return err
	}
	tree, err := program(p, b.Layers, b.report.Cost.Functions, pkg)
	if err != nil {
		return err
	}
	b.module, err = b.Compiler.Module(ctx, tree)
	return err
}

// measure takes all measurements on a path. Where all paths are asked for,
// one that the machine or the package has not is left out.
func (b *benchmark) measure(ctx context.Context, path string) error {
	dir, err := files.NewTempDir(os.TempDir())
	if err != nil {
		return err
	}
	defer dir.Remove()
	j := job{Measurements: b.plan, Time: b.Time, WorkingSet: b.report.Cost.WorkingSet(Train), Latency: b.Latency, Calls: callsOf(b.layers)}
	first := len(b.report.Results) == 0
	if first {
		j.Weights = filepath.Join(dir.Path, "weights")
	}
	taken, layer := "", 0
	err = start(ctx, b.module.Program, path, j, b.Talk, func(e event) error {
		switch {
		case e.Path != "":
			taken, b.report.GoVersion = e.Path, e.Go
			switch {
			case path == run.Auto || taken == path:
				about := time.Duration(len(b.plan)+len(b.layers)) * b.Time
				fmt.Fprintf(b.Talk, "measuring %s, about %v …\n", taken, about.Round(time.Second))
			case len(b.Paths) == 0:
				return errSkip
			default:
				return run.PathError(path, taken)
			}
		case e.Machine != nil:
			m := b.report.machine(taken)
			if *m == nil {
				*m = &Machine{}
			}
			(*m).merge(e.Machine)
		case e.Call != nil:
			l := b.layers[layer]
			l.Path, l.Median, l.Min = taken, e.Call.Median, e.Call.Min
			b.report.Layers = append(b.report.Layers, l)
			layer++
		case e.Result != nil:
			r := e.Result
			b.report.Results = append(b.report.Results, Result{
				Mode: r.Mode, Batch: r.Batch, Workers: r.Workers, Path: taken, CallMedian: r.Median, CallMin: r.Min,
				Slices: r.Slices, Calls: r.Calls, Clock: r.Clock, Allocs: r.Allocs, Bytes: r.Bytes, Latency: latencyOf(r.Latency),
			})
		}
		return nil
	})
	if err == nil && first && taken != "" && len(b.report.Results) > 0 {
		b.report.Zeros, err = zeroShare(b.prog, j.Weights)
	}
	return err
}

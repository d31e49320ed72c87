package verify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"

	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/spec"
)

// Options say what to verify.
type Options struct {
	Compiler *run.Compiler // builds, in its cache
	Weights  string        // file of weights to verify with as well
	// WeightData, if not nil, is what the file holds; Weights is its name then.
	WeightData []byte
	Samples    int // of inference; training batches are at most as large
	Seed       uint64
	// Path is the implementation to verify: purego, avx2, …; auto is the one
	// that the code prefers, empty is this and portable Go.
	Path string
	// References are results that someone else computed.
	References []Reference

	source func(module string, nets []*Network, standalone bool) (map[string][]byte, error) // of tests
}

// path is a way in which generated code can compute on this machine.
type path struct {
	name string
	env  []string // what makes the code take it
}

// Paths are the implementations that code for this architecture can have:
// portable Go, then the preferred ones first.
func Paths() []string {
	names := []string{PureGo}
	for _, t := range target.Targets {
		if t.Arch == runtime.GOARCH {
			names = append(names, t.Name)
		}
	}
	return names
}

// paths lists the ways of running a package: all of them, or as the options
// say.
func (o *Options) paths() []path {
	named := func(name string) path { return path{name: name, env: []string{run.PathVariable + "=" + name}} }
	switch o.Path {
	case "":
		var all []path
		for _, name := range Paths() {
			all = append(all, named(name))
		}
		return all
	case run.Auto:
		return []path{{name: "preferred"}}
	}
	return []path{named(o.Path)}
}

// verification is one run.
type verification struct {
	Options
	n      *Network
	rng    *rand.Rand
	report *Report
	module *run.Module
	cases  []*testCase
	// results are those of the cases on the first path.
	results []*Result
}

// testCase is the parameters and samples of one job.
type testCase struct {
	name    string
	job     *Job
	initial Values // nil is the initial parameters of the job's seed
	weights bool   // from the file
	ref     *Reference
}

// Run generates, compiles and verifies a network. The error is not nil if that
// could not be done; whether the network passed is Report.OK.
func Run(ctx context.Context, net *spec.Network, o Options) (*Report, error) {
	n, err := Prepare(net)
	if err != nil {
		return nil, err
	}
	v := &verification{Options: o, n: n, rng: rand.New(rand.NewPCG(o.Seed, 0)), report: newReport(net, o)}
	if err := v.prepare(); err != nil {
		return nil, err
	}
	if o.source == nil {
		o.source = Source
	}
	files, err := o.source(run.ModulePath, []*Network{n}, true)
	if err != nil {
		return nil, err
	}
	if v.module, err = o.Compiler.Module(ctx, files); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{v.compare, v.precision, v.storage, v.gradients, v.tests} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil || errors.Is(err, run.ErrInterrupted) {
				return nil, run.ErrInterrupted
			}
			return nil, err
		}
	}
	v.report.finish()
	return v.report, nil
}

// prepare draws the cases: the initial parameters, random ones, and those of
// the weight file.
func (v *verification) prepare() error {
	most := min(v.Samples, v.n.Net.Codegen.Batch)
	draw := func(name string) *testCase {
		c := &testCase{name: name, job: NewJob(v.rng, v.n, most)}
		b := samples(v.rng, v.n, v.Samples)
		c.job.Inputs, c.job.Targets = b.Inputs, b.Targets[:most]
		v.n.denormalize(c.job)
		if v.n.Plan.Train == nil {
			c.job.Targets, c.job.Batches = nil, nil
		}
		v.cases = append(v.cases, c)
		v.report.Parameters = append(v.report.Parameters, name)
		return c
	}
	draw("initial")
	random := draw("random")
	random.initial = randomParameters(v.rng, v.n.Plan.Prog)
	random.job.Workers = 3
	data, err := v.n.Weights(random.initial)
	if err != nil {
		return err
	}
	random.job.Weights = data
	if v.Weights != "" {
		if err := v.load(draw(v.Weights)); err != nil {
			return err
		}
	}
	v.prepareReferences()
	return nil
}

// load reads the weight file.
func (v *verification) load(c *testCase) (err error) {
	c.weights = true
	if c.job.Weights = v.WeightData; c.job.Weights == nil {
		if c.job.Weights, err = os.ReadFile(v.Weights); err != nil {
			return err
		}
	}
	if c.initial, err = v.n.Decode(c.job.Weights); err != nil {
		return &run.InvalidError{Kind: "weights", Msg: fmt.Sprintf("%s: %v", v.Weights, err)}
	}
	for _, w := range c.initial {
		for i := range w {
			w[i] = round(v.n.Plan.Prog.DType, w[i])
		}
	}
	return nil
}

// compare runs the cases on every path and compares with the oracle.
func (v *verification) compare(ctx context.Context) error {
	for _, p := range v.paths() {
		results, err := v.run(ctx, p)
		if err != nil {
			return err
		}
		taken := results[0].Path
		if v.Path == "" && taken != p.name {
			continue // the machine or the package does not have it
		}
		if p.env != nil && taken != p.name {
			return run.PathError(p.name, taken)
		}
		checks := &Checks{}
		for i, c := range v.cases {
			one := &Checks{}
			r := &Replay{Network: v.n, Job: c.job, Initial: c.initial}
			if err := r.Compare(ctx, results[i], one); err != nil {
				return fmt.Errorf("%s: %w", c.label(), err)
			}
			checks.merge(one, c.label()+": ")
			v.report.Steps += r.Steps
			v.report.IllConditioned += r.IllConditioned
		}
		report := PathReport{Path: taken, References: v.compareReferences(results, checks)}
		report.Checks, report.failed = checks.List, checks.failed
		report.Outputs = v.outputErrors(results)
		v.report.Paths = append(v.report.Paths, report)
		v.report.Outputs = report.Outputs
		if v.results == nil {
			v.results = results
		}
	}
	return nil
}

// run runs the cases on a path.
func (v *verification) run(ctx context.Context, p path) ([]*Result, error) {
	var jobs []*Job
	for _, c := range v.cases {
		jobs = append(jobs, c.job)
	}
	program := &Program{Path: v.module.Program}
	if p.env != nil {
		program.Env = append(os.Environ(), p.env...)
	}
	results, err := program.Run(ctx, jobs)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if r.Refused != "" {
			return nil, &run.InvalidError{Kind: "weights", Msg: v.Weights + ": " + r.Refused}
		}
	}
	return results, nil
}

// Package gen compiles a network to Go. The phases, in order:
//
//	spec.Network ─lower─▶ ir.Program ─passes─▶ ir.Program ─plan─▶ plan.Plan ─calls─▶ calls ─golang─▶ Files
//	what the user wrote   what must be computed                   where, in order    how, per target  name → bytes
//
// pipeline.go lists the passes. Generation is a pure function of the network
// and the options; writing, comparing and cleaning files is package files.
package gen

import (
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/golang"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime"
	"github.com/nngen-go/nngen/spec"
)

// Module is nngen's module path.
const Module = "github.com/nngen-go/nngen"

// runtimePath is the package that generated code links against.
const runtimePath = Module + "/runtime/nnrt"

// Options override what the spec says.
type Options struct {
	Package    string // name of the generated package; "" is the spec's
	Standalone bool   // standard library only, also where the spec does not ask for it
	// Calls: what inference and training do can be called one by one, each for a whole
	// batch, for measurements.
	Calls bool
	// Group is how many samples of a batch go through a training step together, where that
	// is possible; 0: as many as stay in a cache.
	Group int
	// Dump, if not nil, sees the program after every pass.
	Dump func(pass string, p *ir.Program)
}

// Load reads and validates a spec with the files it names. The error is a
// spec.ErrorList where the spec is at fault.
func Load(path string) (*spec.Network, error) {
	return spec.Load(path, op.Vocabulary())
}

// Plan runs the phases up to the finished plan.
func Plan(net *spec.Network, o Options) (*plan.Plan, error) {
	prog, err := lower.Lower(net)
	if err := join(supported(net), err); err != nil {
		return nil, err
	}
	if err := Pipeline.Run(prog, o.Dump); err != nil {
		return nil, err
	}
	if o.Calls {
		o.Group = net.Codegen.Batch
	}
	return plan.New(prog, plan.Options{
		Batch: net.Codegen.Batch, Unroll: net.Codegen.Unroll, Targets: targets(net), SkipZeros: net.Codegen.SkipZeros == "auto",
		Group: o.Group,
	})
}

// Check returns what is wrong with a network, its embedded weights included.
func Check(net *spec.Network) error {
	if net.Budget.Has("lines") {
		_, err := Generate(net, Options{}) // only the code has lines
		return err
	}
	_, _, err := prepare(net, Options{})
	return err
}

// prepare returns the plan and the weights to embed.
func prepare(net *spec.Network, o Options) (*plan.Plan, []byte, error) {
	p, err := Plan(net, o)
	if err != nil {
		return nil, nil, err
	}
	if err := withinBudget(net, p); err != nil {
		return nil, nil, err
	}
	embedded, err := embed(net, p)
	return p, embedded, err
}

// Generate returns the files of the package. It touches no disk.
func Generate(net *spec.Network, o Options) (files.Files, error) {
	p, embedded, err := prepare(net, o)
	if err != nil {
		return nil, err
	}
	opts := golang.Options{Package: o.Package, Source: net.File, Runtime: runtimePath, RuntimeSrc: runtime.Source, Embedded: embedded, Calls: o.Calls}
	if opts.Sample, err = sampled(net, p.Prog); err != nil {
		return nil, err
	}
	if opts.Package == "" {
		opts.Package = net.Package
	}
	if o.Standalone || net.Codegen.Standalone {
		opts.Runtime = ""
	}
	emitted, err := golang.Emit(net, p, opts)
	if err != nil {
		return nil, err
	}
	out := files.Files{}
	for name, data := range emitted {
		if err := out.Add(name, data); err != nil {
			return nil, err
		}
	}
	if o.Standalone && !net.Codegen.Standalone {
		return out, nil // with the runtime, which nobody asked for
	}
	if err := withinLines(net, out); err != nil {
		return nil, err
	}
	return out, nil
}

// Package golang prints a plan as Go. It decides nothing: loops, fusion,
// buffers and orders of summation are the plan's; this package writes them
// down so that they read like hand-written code.
package golang

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"strings"

	"github.com/nngen-go/nngen/gen/golang/api"
	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/selftest"
	"github.com/nngen-go/nngen/gen/golang/standalone"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// Options say what the files are called and what they link against.
type Options struct {
	Package    string // Go package name
	Source     string // base name of the spec, for the header
	Runtime    string // import path of nnrt, "" if the package carries its own copy
	RuntimeSrc fs.FS  // its Go files, for that copy
	Embedded   []byte // the weight file for the binary, nil without one
	Steps      bool   // with a file to call the steps of Forward one by one
	// Sample is the network with the units SampledUnits alone, for the golden
	// results of a large one; nil where they are those of all of it.
	Sample *ir.Program
}

// SampledUnits are those of n units that a sample of a network has.
func SampledUnits(n int) []int { return selftest.SampledUnits(n) }

// Emit returns the files of the package by name.
func Emit(net *spec.Network, p *plan.Plan, o Options) (map[string][]byte, error) {
	e := newEmitter(net, p, o)
	if err := e.run(); err != nil {
		return nil, fmt.Errorf("internal error: golang: %w", err)
	}
	return e.files, nil
}

type emitter struct {
	*api.API
	*library.Library
	net   *spec.Network
	plan  *plan.Plan
	prog  *ir.Program
	opts  Options
	elem  ir.DType
	files map[string][]byte

	kernels  map[string]*kernelFunc // by what they compute
	looped   map[string]string      // the first function of a comment with loops
	tests    *selftest.Tests
	rowNames map[any]string    // of values and of series
	tables   map[string]*table // constants, by their numbers
	repeat   *plan.Repeat      // whose first turn is being printed
	// trainSteps are the statements of a training step before the samples.
	trainSteps []string
}

func newEmitter(net *spec.Network, p *plan.Plan, o Options) *emitter {
	pack := source.New(o.Package, o.Source, o.Runtime, p.Prog, newGlobals(p))
	return &emitter{
		API: api.New(pack, net, p, o.Embedded), Library: library.New(pack, p), tests: selftest.New(pack, p, o.Sample),
		net: net, plan: p, prog: p.Prog, opts: o, elem: p.Prog.DType,
		files:   map[string][]byte{},
		kernels: map[string]*kernelFunc{}, looped: map[string]string{},
		tables: map[string]*table{},
	}
}

// parameters prints the parameters, and the constants of the network.
func (e *emitter) parameters() (*jen.File, error) {
	f, err := e.Params()
	e.constants(f)
	return f, err
}

// newGlobals returns the names of the package, of which the printers have taken
// some.
func newGlobals(p *plan.Plan) *namer {
	n := newNamer("params", "memory", "tensors", "storedTensors", "arch", "check", "enough", "workspaces", "refForward", "refLoss")
	for _, t := range p.Tensors {
		cols, rows := tables(t)
		n.Taken[cols], n.Taken[rows] = true, true
	}
	n.Others = map[string]bool{}
	return n
}

// run makes what the list says, in the order in which it must be built:
// scalar functions and kernels are collected by what calls them.
func (e *emitter) run() error {
	train := e.plan.Train != nil
	steps := []struct {
		file string
		when bool
		make func() (*jen.File, error)
	}{
		{"forward.go", true, e.forward},
		{"steps.go", e.opts.Steps, e.steps},
		{"train.go", train, e.train},
		{"update.go", train, e.update},
		{"params.go", true, e.parameters},
		{"types.go", true, e.Types},
		{"kernels_generic.go", true, func() (*jen.File, error) { return e.kernelFile(false) }},
		{"kernels_train_generic.go", train, func() (*jen.File, error) { return e.kernelFile(true) }},
		{"scalar.go", true, e.ScalarFile},
		{"reference_test.go", true, e.tests.Reference},
	}
	for _, s := range steps {
		if !s.when {
			continue
		}
		f, err := s.make()
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		var buf bytes.Buffer
		if err := f.Render(&buf); err != nil {
			return fmt.Errorf("%s: %s", s.file, firstLines(err.Error(), 40))
		}
		e.files[s.file] = buf.Bytes()
	}
	if err := e.assemblyFiles(); err != nil {
		return err
	}
	if err := e.templates(); err != nil {
		return err
	}
	return e.runtime()
}

// runtime adds the parts of the runtime a standalone package uses.
func (e *emitter) runtime() error {
	if e.opts.Runtime != "" {
		return nil
	}
	src, err := standalone.Copy(e.opts.RuntimeSrc, e.Used)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s\n\npackage %s\n\n%s", e.Header(), e.opts.Package, src)
	e.files["nnrt.go"], err = gofmt("nnrt.go", []byte(text))
	return err
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	if len(lines) > n {
		lines = append(lines[:n], "…")
	}
	return strings.Join(lines, "\n")
}

// gofmt formats generated text; on failure it shows the line.
func gofmt(name string, src []byte) ([]byte, error) {
	out, err := format.Source(src)
	if err != nil {
		lines := strings.Split(string(src), "\n")
		var b strings.Builder
		for i, l := range lines {
			fmt.Fprintf(&b, "%4d %s\n", i+1, l)
		}
		return nil, fmt.Errorf("%s: %w\n%s", name, err, b.String())
	}
	return out, nil
}

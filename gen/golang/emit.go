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

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/phases"
	"github.com/nngen-go/nngen/gen/golang/selftest"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/golang/standalone"
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
	Calls      bool   // with a file of what inference and training do, call by call
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
	*phases.Phases
	tests *selftest.Tests
	plan  *plan.Plan
	opts  Options
	files map[string][]byte
}

func newEmitter(net *spec.Network, p *plan.Plan, o Options) *emitter {
	pack := source.New(o.Package, o.Source, o.Runtime, p.Prog, newGlobals(p))
	return &emitter{phases.New(pack, net, p, o.Embedded), selftest.New(pack, p, o.Sample), p, o, map[string][]byte{}}
}

// parameters prints the parameters, and the constants of the network.
func (e *emitter) parameters() (*jen.File, error) {
	f, err := e.Params()
	e.Constants(f)
	return f, err
}

// newGlobals returns the names of the package, of which the printers have taken
// some.
func newGlobals(p *plan.Plan) *source.Namer {
	n := source.NewNamer("params", "filters", "memory", "group", "groupRows", "tensors", "storedTensors", "arch", "check", "enough", "workspaces", "refForward", "refLoss")
	for _, t := range p.Tensors {
		cols, rows := source.Tables(t)
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
		{"forward.go", true, e.Forward},
		{"train.go", train, e.Train},
		{"update.go", train, e.Update},
		{"calls.go", e.opts.Calls, e.Calls},
		{"params.go", true, e.parameters},
		{"types.go", true, e.Types},
		{"kernels_generic.go", true, func() (*jen.File, error) { return e.KernelFile(false), nil }},
		{"kernels_train_generic.go", train, func() (*jen.File, error) { return e.KernelFile(true), nil }},
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
		if err := e.goFile(s.file, f); err != nil {
			return err
		}
	}
	files, texts := e.AssemblyFiles()
	for _, name := range source.SortedKeys(files) {
		if err := e.goFile(name, files[name]); err != nil {
			return err
		}
	}
	for name, text := range texts {
		e.files[name] = []byte(text)
	}
	if err := e.templates(); err != nil {
		return err
	}
	return e.runtime()
}

// goFile adds a file.
func (e *emitter) goFile(name string, f *jen.File) error {
	var buf bytes.Buffer
	if err := f.Render(&buf); err != nil {
		return fmt.Errorf("%s: %s", name, firstLines(err.Error(), 40))
	}
	e.files[name] = buf.Bytes()
	return nil
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

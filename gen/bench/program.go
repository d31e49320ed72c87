package bench

import (
	"bytes"
	"fmt"
	"slices"
	"text/template"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/templates"
)

// programFiles are the files of the program beside the package, by template.
var programFiles = []struct{ name, tmpl string }{
	{"main.go", "bencher.go.tmpl"},
	{"measure.go", "bencher_measure.go.tmpl"},
	{"net.go", "bencher_net.go.tmpl"},
	{"clock_unix.go", "bencher_clock_unix.go.tmpl"},
	{"clock_other.go", "bencher_clock_other.go.tmpl"},
	{"pages_linux.go", "bencher_pages_linux.go.tmpl"},
	{"pages_other.go", "bencher_pages_other.go.tmpl"},
	{"machine.go", "bencher_machine.go.tmpl"},
	{"machine_other.go", "bencher_machine_other.go.tmpl"},
	{"machine_amd64.go", "bencher_machine_amd64.go.tmpl"},
	{"cpu_amd64.s", "cpu_amd64.s.tmpl"},
}

// programView is what the templates of the program read.
type programView struct {
	Header, DType, Draw string
	Train, Memory       bool
	Calls, Rows         bool // one by one, of batches too
	Inputs, Targets     []portView
}

// portView is an input or a target: its field, "" if it is the only one.
type portView struct {
	Field string
	Size  int
	Class bool
	Bytes bool
	// Places is how many class numbers a target has, of Classes each.
	Places, Classes int
}

// newProgramView says how to fill the samples of a program.
func newProgramView(prog *ir.Program) *programView {
	v := &programView{Header: "// Of the nngen command.", DType: string(prog.DType), Draw: "Float32", Train: prog.Gradients != nil, Memory: len(prog.Memory) > 0}
	if prog.DType == ir.Float64 {
		v.Draw = "Float64"
	}
	field := func(name string, several bool) string {
		if several {
			return "." + spec.GoName(name)
		}
		return ""
	}
	for _, in := range prog.Inputs {
		v.Inputs = append(v.Inputs, portView{Field: field(in.Name, len(prog.Inputs) > 1), Bytes: in.DType == ir.Uint8})
	}
	for _, out := range prog.Outputs {
		if out.Target != nil {
			v.Targets = append(v.Targets, portView{field(out.Name, len(prog.Outputs) > 1), out.Value.Size(), out.Class, false, out.Numbers(), out.Classes()})
		}
	}
	return v
}

// program returns the files of the program, with those of the package in net.
func program(p *plan.Plan, calls bool, functions []*Function, pkg map[string][]byte) (map[string][]byte, error) {
	view := newProgramView(p.Prog)
	view.Calls, view.Rows = calls, p.Layerwise
	all, err := functionFiles(functions, p.Prog.DType)
	if err != nil {
		return nil, err
	}
	for name, data := range pkg {
		all["net/"+name] = data
	}
	for _, f := range programFiles {
		t, err := template.ParseFS(templates.FS, f.tmpl)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, view); err != nil {
			return nil, fmt.Errorf("%s: %w", f.tmpl, err)
		}
		all[f.name] = b.Bytes()
	}
	for _, v := range []probeView{{"", "Y", 32}, {"512", "Z", 64}} {
		var b bytes.Buffer
		t, err := template.ParseFS(templates.FS, probesTemplate)
		if err != nil {
			return nil, err
		}
		if err := t.Execute(&b, v); err != nil {
			return nil, fmt.Errorf("%s: %w", probesTemplate, err)
		}
		all["probes"+v.Suffix+"_amd64.s"] = b.Bytes()
	}
	return all, nil
}

// probesTemplate is the assembly of the probes, for vectors of any length.
const probesTemplate = "bencher_probes_amd64.s.tmpl"

// probeView is the length of vectors: what the functions' names end in, the
// registers' letter and the bytes.
type probeView struct {
	Suffix, V string
	bytes     int
}

// Bytes and Floats are the bytes and the float32 numbers of n vectors.
func (v probeView) Bytes(n int) int  { return n * v.bytes }
func (v probeView) Floats(n int) int { return n * v.bytes / 4 }

// probes reports whether there are probes of machines of an architecture.
func probes(arch string) bool {
	return slices.ContainsFunc(programFiles, func(f struct{ name, tmpl string }) bool { return f.name == "machine_"+arch+".go" })
}

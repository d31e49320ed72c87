package golang

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"text/template"

	"github.com/nngen-go/nngen/gen/golang/api"
	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/phases"
	"github.com/nngen-go/nngen/gen/golang/selftest"
	"github.com/nngen-go/nngen/templates"
)

// templateFile is a file of fixed shape.
type templateFile struct {
	file, tmpl string
	when       bool
}

// cpuFiles are those that choose the instruction set, by architecture; some are
// Go alone.
func (e *emitter) cpuFiles() []templateFile {
	var files []templateFile
	for _, arch := range e.Arches() {
		for _, ext := range []string{".go", ".s"} {
			name := "cpu_" + arch + ext
			_, err := fs.Stat(templates.FS, name+".tmpl")
			files = append(files, templateFile{name, name + ".tmpl", err == nil})
		}
	}
	return files
}

// targetViews are the instruction sets as the templates see them.
func (e *emitter) targetViews() []targetView {
	var out []targetView
	for _, t := range e.Targets() {
		for i := range out {
			if out[i].Arch == t.Arch {
				out[i].Others = append(out[i].Others, t.Name)
			}
		}
		out = append(out, targetView{Name: t.Name, Upper: library.Upper(t), Arch: t.Arch})
	}
	return out
}

// view is what the templates see: names and numbers, nothing to compute.
type view struct {
	api.View
	selftest.Facts
	Memory []phases.MemoryView // the state of a stream
	// Targets are the instruction sets that there are kernels for, the preferred
	// first.
	Targets []targetView
	NoAsm   string // the build constraint without assembly
}

// targetView is an instruction set: its name in NNGEN_PATH and in identifiers, its
// architecture, and the names of those it is preferred to.
type targetView struct {
	Name, Upper, Arch string
	Others            []string
}

// templates renders the files of fixed shape.
func (e *emitter) templates() error {
	v, vector := &view{View: e.API.View(len(e.TrainSteps) > 0)}, len(e.VectorKernels()) > 0
	v.Memory = e.MemoryViews()
	if err := e.tests.Fill(&v.Facts, vector, e.WorkspaceBytes()); err != nil {
		return err
	}
	var cpu []templateFile
	if vector {
		v.Targets, v.NoAsm = e.targetViews(), "!("+library.Tag(e.Arches()...)+")"
		cpu = e.cpuFiles()
	}
	list := slices.Concat([]templateFile{
		{"doc.go", "doc.go.tmpl", true},
		{"net.go", "net.go.tmpl", true},
		{"state.go", "state.go.tmpl", v.Memory != nil},
		{"trainer_state.go", "trainer_state.go.tmpl", v.Memory != nil && v.Train},
		{"encode.go", "encode.go.tmpl", v.Record != nil},
		{"trainer.go", "trainer.go.tmpl", e.plan.Train != nil},
		{"embed.go", "embed.go.tmpl", e.opts.Embedded != nil},
	}, cpu, []templateFile{
		{"cpu_noasm.go", "cpu_noasm.go.tmpl", vector},
		{"net_test.go", "net_test.go.tmpl", true},
		{"encode_test.go", "encode_test.go.tmpl", v.Record != nil},
		{"trainer_test.go", "trainer_test.go.tmpl", e.plan.Train != nil},
		{"bench_test.go", "bench_test.go.tmpl", true},
	})
	if e.opts.Embedded != nil {
		e.files[api.EmbeddedName] = e.opts.Embedded
	}
	for _, t := range list {
		if !t.when {
			continue
		}
		src, err := e.render(t.tmpl, v)
		if err != nil {
			return err
		}
		if strings.HasSuffix(t.file, ".go") {
			if src, err = gofmt(t.file, src); err != nil {
				return err
			}
		}
		e.files[t.file] = src
	}
	return nil
}

func (e *emitter) render(name string, v *view) ([]byte, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		// rt names an identifier of the runtime, imported or copied.
		"rt": e.RTName,
	}).ParseFS(templates.FS, name)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, name, v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

package golang

import (
	"io/fs"

	"github.com/nngen-go/nngen/gen/golang/library"
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

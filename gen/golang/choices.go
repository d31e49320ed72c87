package golang

import (
	"io/fs"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/templates"
)

// id names a kernel in order to call it.
func (e *functions) id(k *kernelFunc) *jen.Statement {
	k.Add(e.Caller())
	return jen.Id(k.name)
}

// forTarget is what a function is with one instruction set.
type forTarget struct {
	*target.Target
	code []jen.Code
}

// fast makes a function's code for every instruction set; those that it is nil
// for go on with the next.
func (e *functions) fast(k *kernelFunc, code func() []jen.Code) {
	e.EachTarget(func(t *target.Target) {
		if c := code(); c != nil {
			k.fast = append(k.fast, forTarget{Target: t, code: c})
		}
	})
}

// choice calls the preferred assembly that a machine of an architecture has, else
// portable Go.
func (k *kernelFunc) choice(portable []jen.Code, arch string) []jen.Code {
	var cases []jen.Code
	for _, f := range k.fast {
		if f.Arch == arch {
			cases = append(cases, jen.Case(jen.Id(library.Flag(f.Target))).Block(f.code...))
		}
	}
	if cases == nil {
		return []jen.Code{jen.Id(k.portable()).Call(portable...)}
	}
	return []jen.Code{jen.Switch().Block(append(cases, jen.Default().Block(jen.Id(k.portable()).Call(portable...)))...)}
}

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

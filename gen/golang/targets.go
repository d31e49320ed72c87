package golang

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/templates"
)

// forTarget is what a function is with one instruction set.
type forTarget struct {
	*target.Target
	code []jen.Code
}

// targets are the plan's instruction sets, the preferred first.
func (e *emitter) targets() []*target.Target { return calls.Targets(e.plan) }

// target is the instruction set that code is being made for.
func (e *emitter) target() *target.Target { return e.current }

// fast makes a function's code for every instruction set; those that it is nil
// for go on with the next.
func (e *emitter) fast(k *kernelFunc, code func() []jen.Code) {
	e.eachTarget(func(t *target.Target) {
		if c := code(); c != nil {
			k.fast = append(k.fast, forTarget{Target: t, code: c})
		}
	})
}

// eachTarget runs a function for every instruction set.
func (e *emitter) eachTarget(do func(t *target.Target)) {
	for _, t := range e.targets() {
		e.with(t, func() { do(t) })
	}
}

// with runs a function for an instruction set.
func (e *emitter) with(t *target.Target, do func()) {
	outer := e.current
	defer func() { e.current = outer }()
	e.current = t
	do()
}

// anyTarget reports whether one of the instruction sets can do something; only
// the current one counts if there is one.
func (e *emitter) anyTarget(can func(t *target.Target) bool) bool {
	if e.current != nil {
		return can(e.current)
	}
	for _, t := range e.targets() {
		if can(t) {
			return true
		}
	}
	return false
}

// upper is an instruction set's name in identifiers.
func upper(t *target.Target) string { return strings.ToUpper(t.Name) }

// flag is the variable that says whether an instruction set is used.
func flag(t *target.Target) string { return "use" + upper(t) }

// anyFlag is the condition that some assembly is used.
func (e *emitter) anyFlag() string {
	var flags []string
	for _, t := range e.targets() {
		flags = append(flags, flag(t))
	}
	if len(flags) > 1 {
		return "(" + strings.Join(flags, " || ") + ")"
	}
	return flags[0]
}

// choice calls the preferred assembly that a machine of an architecture has, else
// portable Go.
func (k *kernelFunc) choice(portable []jen.Code, arch string) []jen.Code {
	var cases []jen.Code
	for _, f := range k.fast {
		if f.Arch == arch {
			cases = append(cases, jen.Case(jen.Id(flag(f.Target))).Block(f.code...))
		}
	}
	if cases == nil {
		return []jen.Code{jen.Id(k.portable()).Call(portable...)}
	}
	return []jen.Code{jen.Switch().Block(append(cases, jen.Default().Block(jen.Id(k.portable()).Call(portable...)))...)}
}

// arches are the architectures of the instruction sets.
func (e *emitter) arches() []string {
	var out []string
	for _, t := range e.targets() {
		if !slices.Contains(out, t.Arch) {
			out = append(out, t.Arch)
		}
	}
	return out
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
	for _, arch := range e.arches() {
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
	for _, t := range e.targets() {
		for i := range out {
			if out[i].Arch == t.Arch {
				out[i].Others = append(out[i].Others, t.Name)
			}
		}
		out = append(out, targetView{Name: t.Name, Upper: upper(t), Arch: t.Arch})
	}
	return out
}

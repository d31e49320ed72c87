package golang

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/target"
)

// library is the assembly of a package. A kernel is known by what it computes
// and by nothing of who calls it, so that each is there once for an instruction
// set.
type library map[string]*assembly

// assembly is a function of the library.
type assembly struct {
	target *target.Target
	callers
	common bool // to all instruction sets of the architecture
	name   string
	doc    string
	text   func(t *target.Target, name string, doc []string) *asm.Func
}

func (a *assembly) print() *asm.Func {
	return a.text(a.target, a.name, []string{a.name + " " + a.doc})
}

// file is the end of the name of the file that holds the function.
func (a *assembly) file() string {
	if a.common {
		return a.target.Arch
	}
	return a.target.Name + "_" + a.target.Arch
}

// common is the name of assembly that is the same for all instruction sets of an
// architecture; every architecture has it under that name.
func (e *emitter) common(key, hint, doc string, text func(name string, doc []string) *asm.Func) string {
	t := e.target()
	if a := e.library[t.Arch+" "+key]; a != nil {
		a.add(e.caller())
		return a.name
	}
	if e.commons[key] == "" {
		e.commons[key] = e.Globals.Name(hint)
	}
	a := &assembly{t, callers{e.caller()}, true, e.commons[key], doc, func(_ *target.Target, name string, doc []string) *asm.Func { return text(name, doc) }}
	e.library[t.Arch+" "+key] = a
	return a.name
}

// assembly is the name of the assembly of a kernel, which is added with the
// first that needs it. The key describes the kernel; hint and doc say what it
// does.
func (e *emitter) assembly(key, hint, doc string, text func(t *target.Target, name string, doc []string) *asm.Func) string {
	t := e.target()
	key = t.Name + " " + key
	if a := e.library[key]; a != nil {
		a.add(e.caller())
		return a.name
	}
	a := &assembly{t, callers{e.caller()}, false, e.Globals.Name(hint + " " + upper(t)), doc, text}
	e.library[key] = a
	return a.name
}

// functions are the library's functions that an architecture calls, by their names.
func (l library) functions(arch string) []*assembly {
	var all []*assembly
	for _, a := range l {
		if a.target.Arch == arch && a.on(arch) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *assembly) int { return strings.Compare(a.name, b.name) })
	return all
}

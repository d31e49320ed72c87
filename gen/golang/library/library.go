// Package library is the assembly of a package that is being printed: which functions
// there are for which instruction set, who calls them, and the files they lie in.
package library

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// Library is the assembly of a package. A kernel is known by what it computes
// and by nothing of who calls it, so that each is there once for an instruction
// set.
type Library struct {
	pack     *source.Package
	plan     *plan.Plan
	current  *target.Target // that code is being made for
	building Function       // that code is being made for
	all      map[string]*assembly
	commons  map[string]string // names of what instruction sets have in common
	data     map[string]string // what assembly reads, by the ends of files' names
}

// New returns the assembly of a package that is being printed.
func New(p *source.Package, pl *plan.Plan) *Library {
	l := &Library{pack: p, plan: pl, all: map[string]*assembly{}, commons: map[string]string{}, data: map[string]string{}}
	for _, t := range l.Targets() {
		l.data[t.Name+"_"+t.Arch] = t.Data
	}
	return l
}

// For makes the code of a function: for no instruction set at first.
func (l *Library) For(f Function, build func()) {
	current, building := l.current, l.building
	l.current, l.building = nil, f
	build()
	l.current, l.building = current, building
}

// assembly is a function of the library.
type assembly struct {
	target *target.Target
	Callers
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

// Common is the name of assembly that is the same for all instruction sets of an
// architecture; every architecture has it under that name.
func (l *Library) Common(key, hint, doc string, text func(name string, doc []string) *asm.Func) string {
	t := l.Target()
	if a := l.all[t.Arch+" "+key]; a != nil {
		a.Add(l.Caller())
		return a.name
	}
	if l.commons[key] == "" {
		l.commons[key] = l.pack.Globals.Name(hint)
	}
	a := &assembly{t, Callers{l.Caller()}, true, l.commons[key], doc, func(_ *target.Target, name string, doc []string) *asm.Func { return text(name, doc) }}
	l.all[t.Arch+" "+key] = a
	return a.name
}

// Assembly is the name of the assembly of a kernel, which is added with the
// first that needs it. The key describes the kernel; hint and doc say what it
// does.
func (l *Library) Assembly(key, hint, doc string, text func(t *target.Target, name string, doc []string) *asm.Func) string {
	t := l.Target()
	key = t.Name + " " + key
	if a := l.all[key]; a != nil {
		a.Add(l.Caller())
		return a.name
	}
	a := &assembly{t, Callers{l.Caller()}, false, l.pack.Globals.Name(hint + " " + Upper(t)), doc, text}
	l.all[key] = a
	return a.name
}

// Reads adds data that the assembly reads which all instruction sets of the
// architecture have in common.
func (l *Library) Reads(data string) { l.data[l.Target().Arch] = data }

// Files are the files of an architecture by the ends of their names, and the functions
// in them by their names, after which come those that choose among them. What nobody calls
// there is not printed.
func (l *Library) Files(arch string, choosers ...*asm.Func) (files map[string]string, functions []*asm.Func) {
	var all []*assembly
	for _, a := range l.all {
		if a.target.Arch == arch && a.On(arch) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *assembly) int { return strings.Compare(a.name, b.name) })
	byFile := map[string][]*asm.Func{}
	for _, a := range all {
		fn := a.print()
		byFile[a.file()], functions = append(byFile[a.file()], fn), append(functions, fn)
	}
	for _, fn := range choosers {
		byFile[arch], functions = append(byFile[arch], fn), append(functions, fn)
	}
	files = map[string]string{}
	for name, fs := range byFile {
		text := fmt.Sprintf("%s\n\n//go:build %s\n\n#include \"textflag.h\"\n", l.pack.Header(), Tag(arch))
		if d := l.data[name] + asm.Constants(fs...); d != "" {
			text += "\n" + d
		}
		for _, f := range fs {
			text += "\n" + f.Text()
		}
		files[name] = text
	}
	return files, functions
}

// Tag is the build constraint of the assembly of some architectures: memory
// sanitizers do not see its stores.
func Tag(arches ...string) string {
	tag := strings.Join(arches, " || ")
	if len(arches) > 1 {
		tag = "(" + tag + ")"
	}
	return tag + " && !purego && !msan"
}

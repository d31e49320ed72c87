// Package function is the functions of a package that is being printed: each once for
// what it computes, in portable Go or as a choice between that and assembly, and the
// files they lie in.
package function

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/plan"
)

// ID names a kernel in order to call it.
func (e *Functions) ID(k *Func) *jen.Statement {
	k.Add(e.Caller())
	return jen.Id(k.Name)
}

// Functions are those of a package, with their assembly.
type Functions struct {
	*source.Package
	*library.Library
	made   map[string]*Func  // by what they compute
	looped map[string]string // the first function of a comment with loops
}

// New returns those of a package that is being printed.
func New(p *source.Package, pl *plan.Plan) *Functions {
	return &Functions{p, library.New(p, pl), map[string]*Func{}, map[string]string{}}
}

// Func is a generated function that does one matrix operation.
type Func struct {
	Name string
	Doc  []string
	// loops are those that the last line of doc stands for, and what is true of them;
	// functions that differ in names and numbers share them. remark is this one's.
	Loops  []string
	Remark string
	Args   []Arg
	Body   []jen.Code
	Train  bool // belongs to the training files
	// rows: the function works on all rows of a batch: fast with assembly,
	// generic in portable Go. Without the first it only serves assembly.
	Rows    bool
	Fast    []forTarget
	Generic []jen.Code
	Result  string
	// plain is the function that takes its place without assembly of its own,
	// with the same arguments; "" is a portable one of its own.
	Plain string
	library.Callers
}

// Arg is a parameter of a kernel and what a call passes.
type Arg struct {
	Name, Type string
}

// Make returns the function of that key, making it on first use.
func (e *Functions) Make(key, hint string, build func(k *Func)) *Func {
	if k := e.made[key]; k != nil {
		return k
	}
	k := &Func{Name: e.Globals.Name(hint)}
	e.made[key] = k
	e.For(k, func() { build(k) })
	return k
}

// KernelFile prints the kernels of inference or of training.
func (e *Functions) KernelFile(train bool) *jen.File {
	byName := map[string]*Func{}
	for _, k := range e.made {
		if k.Train == train && !k.assemblyOnly() && k.Plain == "" {
			byName[k.Name] = k
		}
	}
	if len(byName) == 0 {
		return nil
	}
	f := e.File()
	for _, name := range source.SortedKeys(byName) {
		k := byName[name]
		for _, line := range e.comment(k) {
			f.Comment(strings.ReplaceAll(line, k.Name+" ", k.Portable()+" "))
		}
		body := k.Body
		if k.Rows {
			body = k.Generic
		}
		f.Func().Id(k.Portable()).Params(parameters(k.Args)...).Id(k.Result).Block(body...)
		f.Line()
	}
	return f
}

// assemblyOnly reports whether the function exists beside assembly alone.
func (k *Func) assemblyOnly() bool { return k.Rows && k.Fast == nil }

// Portable is the name of the kernel in portable Go.
func (k *Func) Portable() string {
	switch {
	case k.Plain != "":
		return k.Plain
	case len(k.Fast) > 0:
		return k.Name + "Generic"
	}
	return k.Name
}

// Bounds tells the compiler that all operands have as many rows as one.
func (f *Func) Bounds(rows string) []jen.Code {
	var out []jen.Code
	for _, a := range f.Args {
		if strings.HasPrefix(a.Type, "[]") && a.Name != rows {
			out = append(out, source.Setf(a.Name, "%s[:len(%s)]", a.Name, rows))
		}
	}
	return out
}

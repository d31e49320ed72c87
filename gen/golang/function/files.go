package function

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/source"
)

// VectorKernels are the kernels that have assembly, by name.
func (e *Functions) VectorKernels() []*Func {
	byName := map[string]*Func{}
	for _, k := range e.made {
		if len(k.Fast) > 0 || k.Rows {
			byName[k.Name] = k
		}
	}
	var out []*Func
	for _, name := range source.SortedKeys(byName) {
		out = append(out, byName[name])
	}
	return out
}

// AssemblyFiles are the kernels of the targets: for every architecture the .s
// files, their declarations and the choice between them and portable Go; for all
// others portable Go.
func (e *Functions) AssemblyFiles() (files map[string]*jen.File, texts map[string]string) {
	ks := e.VectorKernels()
	if len(ks) == 0 {
		return nil, nil
	}
	arches := e.Arches()
	files, texts = map[string]*jen.File{}, map[string]string{}
	for _, arch := range arches {
		files["kernels_"+arch+".go"] = e.archFile(arch, ks, texts)
	}
	if helpers := helpersOf(ks); len(arches) > 1 && len(helpers) > 0 {
		f := e.File()
		f.HeaderComment("//go:build " + library.Tag(arches...))
		for _, k := range helpers {
			k.chooser(f, "")
		}
		files["kernels_asm.go"] = f
	}
	other := e.File()
	other.HeaderComment("//go:build !(" + library.Tag(arches...) + ")")
	for _, k := range ks {
		if !k.assemblyOnly() && k.On("") {
			k.forwardGeneric(other)
		}
	}
	files["kernels_noasm.go"] = other
	return files, texts
}

// helpersOf are the functions that only serve assembly. They are with it where it
// is for one architecture.
func helpersOf(ks []*Func) []*Func {
	return slices.DeleteFunc(slices.Clone(ks), func(k *Func) bool { return !k.assemblyOnly() })
}

// archFile is the file of an architecture; it adds those of its assembly.
func (e *Functions) archFile(arch string, ks []*Func, texts map[string]string) *jen.File {
	f := e.File()
	f.HeaderComment("//go:build " + library.Tag(arch))
	choosers, jumps := e.choosers(arch, ks)
	files, functions := e.Files(arch, jumps...)
	for _, fn := range functions {
		declare(f, fn)
	}
	if len(choosers) > 0 {
		f.Comment("The functions choose the assembly that the machine has, the preferred first; what they")
		f.Comment("compute is said with their portable forms.")
		f.Line()
	}
	for _, k := range choosers {
		k.chooser(f, arch)
	}
	for name, text := range files {
		texts["kernels_"+name+".s"] = text
	}
	return f
}

// choosers are the functions that choose on an architecture, or help assembly: those in
// Go, and those that only jump.
func (e *Functions) choosers(arch string, ks []*Func) (choosers []*Func, jumps []*asm.Func) {
	for _, k := range ks {
		if !k.On(arch) || k.assemblyOnly() && len(e.Arches()) > 1 {
			continue
		}
		if fn := k.jump(arch); fn != nil {
			jumps = append(jumps, fn)
		} else {
			choosers = append(choosers, k)
		}
	}
	return choosers, jumps
}

// declare prints the Go declaration of an assembly function, whose comment is with
// the assembly.
func declare(f *jen.File, fn *asm.Func) {
	f.Comment("//go:noescape")
	args := make([]Arg, len(fn.Args))
	for i, a := range fn.Args {
		args[i] = Arg{a.Name, a.Type}
	}
	params := parameters(args)
	f.Func().Id(fn.Name).Params(params...)
}

// chooser prints the function that chooses on an architecture, or a helper of it.
func (k *Func) chooser(f *jen.File, arch string) {
	params, pass := k.signature()
	body := k.Generic
	if !k.assemblyOnly() {
		body = k.choice(pass, arch)
	}
	if k.Rows && (k.assemblyOnly() || k.Plain != "") { // others have it with their portable form
		for _, line := range k.Doc {
			f.Comment(line)
		}
	}
	f.Func().Id(k.Name).Params(params...).Id(k.Result).Block(body...)
	f.Line()
}

// forwardGeneric prints the function for machines without assembly.
func (k *Func) forwardGeneric(f *jen.File) {
	all, pass := k.signature()
	f.Func().Id(k.Name).Params(all...).Op("{").Id(k.Portable()).Call(pass...).Op("}")
}

// signature is the kernel's parameters, and the same as arguments of a call.
func (k *Func) signature() (params, pass []jen.Code) {
	for _, a := range k.Args {
		pass = append(pass, jen.Id(a.Name))
	}
	return parameters(k.Args), pass
}

// parameters declares neighbours of the same type together.
func parameters(args []Arg) []jen.Code {
	var out []jen.Code
	for i := 0; i < len(args); {
		names := []string{}
		typ := args[i].Type
		for ; i < len(args) && args[i].Type == typ; i++ {
			names = append(names, args[i].Name)
		}
		out = append(out, jen.Id(strings.Join(names, ", ")).Id(typ))
	}
	return out
}

package golang

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// mapKernel returns the function that does an element-wise operation on arrays
// of any size, nil if no instruction set can print it or it is too small.
func (e *loops) mapKernel(o *ir.Map, size int) *kernelFunc {
	if len(e.plan.Options.Targets) == 0 || !calls.Elements(size) || slices.Contains(o.InNames, o.OutNames[0]) {
		return nil
	}
	T := typeName(e.elem)
	m := &kernel.Map{Double: e.elem == ir.Float64, Prog: kernel.Positional(o.Prog, o.InNames, o.OutNames[0]), Result: kernel.Result, YType: "*" + T}
	args, call := []arg{{"y", "[]" + T}}, []string{"&y[0]"}
	operands := make([]string, len(o.In))
	row, fixed := o.Repeated(), 0
	for i, x := range o.In {
		if x.DType != e.elem || x.Kind == ir.Param && !e.isVector(x) {
			return nil
		}
		name := kernel.Leaf(i)
		if isNumber(x) {
			m.Ins = append(m.Ins, kernel.MapOperand{Leaf: name, Arg: name, Type: "*" + T, Single: true})
			args = append(args, arg{name, T})
			operands[i] = name
			call = append(call, "&"+name)
			continue
		}
		op := kernel.MapOperand{Leaf: name, Arg: name, Type: "*" + T, Single: x.Size() == 1, Repeated: x.Size() == row}
		typ, first, at := "[]"+T, "&"+name+"[0]", "j"
		switch {
		case op.Single:
			typ, at = "*"+array(e.elem, 1), "0"
		case op.Repeated:
			typ = "*" + array(e.elem, row)
		case row > 0:
			at = "i+j"
		}
		operands[i] = name + "[" + at + "]"
		if x.Kind == ir.Param {
			typ, first = fmt.Sprintf("*[%d][16]%s", e.plan.TensorOf(x.Param).Layout.Full, T), "&"+name+"[0][0]"
			operands[i] = vectorAt(name, at)
			if !op.Repeated {
				fixed = size
			}
		}
		m.Ins = append(m.Ins, op)
		args, call = append(args, arg{name, typ}), append(call, first)
	}
	if !e.AnyTarget(func(t *target.Target) bool { return canMap(t, m) }) {
		return nil
	}
	return e.kernel(fmt.Sprintf("%s of %v by %d, %d", m.Key(), args, row, fixed), o.Doc+" each", func(k *kernelFunc) {
		k.doc = []string{fmt.Sprintf("%s is %s for every element. y may be an operand.", k.name, wrapFormula(m.Prog))}
		k.args = args
		value := jen.Id(T).Call(e.Apply(o.Doc, o.Prog, o.InNames, operands, o.OutNames[0]))
		n, rows := "len(y)", "1"
		k.body = append(k.bounds("y"), forRange("j", "y", set("y[j]", value)))
		if fixed > 0 {
			k.body = slices.Insert(k.body, 0, jen.Code(setf("y", "y[:%d]", fixed)))
		}
		if row > 0 {
			n, rows = strconv.Itoa(row), fmt.Sprintf("len(y)/%d", row)
			k.doc = append(k.doc, fmt.Sprintf("Operands of %d elements are repeated.", row))
			k.body = append(k.bounds("y"), jen.For(letf("i", "0"), exprf("i < len(y)"), exprf("i += %d", row)).Block(
				jen.For(jen.Id("j").Op(":=").Range().Lit(row)).Block(set("y[i+j]", value))))
		}
		e.fast(k, func() []jen.Code {
			if !canMap(e.Target(), m) {
				return nil
			}
			return []jen.Code{jen.Id(e.mapAssembly(m, o.Doc)).Call(exprf("%s, %s, %s, 0", strings.Join(call, ", "), n, rows))}
		})
	})
}

// isVector reports whether the elements of a parameter lie side by side.
func (e *loops) isVector(x *ir.Value) bool {
	l := &e.plan.TensorOf(x.Param).Layout
	return l.Order == plan.Vector && l.Elem == e.elem
}

// canMap reports whether an instruction set has the operation.
func canMap(t *target.Target, m *kernel.Map) bool {
	_, ok := t.Map(m)
	return ok
}

// mapAssembly is the assembly of an element-wise operation.
func (e *loops) mapAssembly(m *kernel.Map, hint string) string {
	return e.Assembly(m.Key(), hint+" each", "computes "+wrapFormula(m.Prog)+" for n elements of every row.", func(t *target.Target, name string, doc []string) *asm.Func {
		v := *m
		v.Name, v.Doc = name, doc
		f, _ := t.Map(&v)
		return f
	})
}

// forAssembly is a copy of the step's kernel that an emitter may adapt.
func (m *matrix) forAssembly() *kernel.Kernel {
	k := *m.step.Kernel
	return &k
}

// last is the value the epilogue ends with.
func (m *matrix) last() *ir.Value {
	if n := len(m.step.Epilogue); n > 0 {
		return m.step.Epilogue[n-1].Out[0]
	}
	return m.y
}

// target is the instruction set of the assembly.
func (m *matrix) target() *target.Target { return m.e.Target() }

// vectorKernels are the kernels that have assembly, by name.
func (e *functions) vectorKernels() []*kernelFunc {
	byName := map[string]*kernelFunc{}
	for _, k := range e.made {
		if len(k.fast) > 0 || k.rows {
			byName[k.name] = k
		}
	}
	var out []*kernelFunc
	for _, name := range source.SortedKeys(byName) {
		out = append(out, byName[name])
	}
	return out
}

// assemblyFiles are the kernels of the targets: for every architecture the .s
// files, their declarations and the choice between them and portable Go; for all
// others portable Go.
func (e *functions) assemblyFiles() (files map[string]*jen.File, texts map[string]string) {
	ks := e.vectorKernels()
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
func helpersOf(ks []*kernelFunc) []*kernelFunc {
	return slices.DeleteFunc(slices.Clone(ks), func(k *kernelFunc) bool { return !k.assemblyOnly() })
}

// archFile is the file of an architecture; it adds those of its assembly.
func (e *functions) archFile(arch string, ks []*kernelFunc, texts map[string]string) *jen.File {
	f := e.File()
	f.HeaderComment("//go:build " + library.Tag(arch))
	files, functions := e.Files(arch)
	for _, fn := range functions {
		declare(f, fn)
	}
	f.Comment("The functions choose the assembly that the machine has, the preferred first; what they")
	f.Comment("compute is said with their portable forms.")
	f.Line()
	for _, k := range ks {
		if k.On(arch) && (!k.assemblyOnly() || len(e.Arches()) == 1) {
			k.chooser(f, arch)
		}
	}
	for name, text := range files {
		texts["kernels_"+name+".s"] = text
	}
	return f
}

// declare prints the Go declaration of an assembly function, whose comment is with
// the assembly.
func declare(f *jen.File, fn *asm.Func) {
	f.Comment("//go:noescape")
	args := make([]arg, len(fn.Args))
	for i, a := range fn.Args {
		args[i] = arg{a.Name, a.Type}
	}
	params := parameters(args)
	f.Func().Id(fn.Name).Params(params...)
}

// chooser prints the function that chooses on an architecture, or a helper of it.
func (k *kernelFunc) chooser(f *jen.File, arch string) {
	params, pass := k.signature()
	body := k.generic
	if !k.assemblyOnly() {
		body = k.choice(pass, arch)
	}
	if k.rows && (k.assemblyOnly() || k.plain != "") { // others have it with their portable form
		for _, line := range k.doc {
			f.Comment(line)
		}
	}
	f.Func().Id(k.name).Params(params...).Id(k.result).Block(body...)
	f.Line()
}

// forwardGeneric prints the function for machines without assembly.
func (k *kernelFunc) forwardGeneric(f *jen.File) {
	all, pass := k.signature()
	f.Func().Id(k.name).Params(all...).Op("{").Id(k.portable()).Call(pass...).Op("}")
}

// signature is the kernel's parameters, and the same as arguments of a call.
func (k *kernelFunc) signature() (params, pass []jen.Code) {
	for _, a := range k.args {
		pass = append(pass, jen.Id(a.name))
	}
	return parameters(k.args), pass
}

// parameters declares neighbours of the same type together.
func parameters(args []arg) []jen.Code {
	var out []jen.Code
	for i := 0; i < len(args); {
		names := []string{}
		typ := args[i].typ
		for ; i < len(args) && args[i].typ == typ; i++ {
			names = append(names, args[i].name)
		}
		out = append(out, jen.Id(strings.Join(names, ", ")).Id(typ))
	}
	return out
}

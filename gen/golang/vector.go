package golang

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// leastElements is the size from which an element-wise operation is worth a
// call.
const leastElements = 8

// mapKernel returns the function that does an element-wise operation on
// arrays, nil if no instruction set can print it or it is too small.
func (e *emitter) mapKernel(o *ir.Map, size int) *kernelFunc {
	if len(e.plan.Options.Targets) == 0 || size < leastElements || slices.Contains(o.InNames, o.OutNames[0]) {
		return nil
	}
	T := typeName(e.elem)
	m := &kernel.Map{Double: e.elem == ir.Float64, Size: size, Prog: kernel.Positional(o.Prog, o.InNames, o.OutNames[0]), Result: kernel.Result, YType: "*" + array(e.elem, size)}
	args, call := []arg{{"y", m.YType}}, []jen.Code{jen.Id("y")}
	operands := make([]string, len(o.In))
	for i, x := range o.In {
		if x.Kind == ir.Param || x.DType != e.elem {
			return nil
		}
		if isNumber(x) {
			name := kernel.Leaf(i)
			m.Ins = append(m.Ins, kernel.MapOperand{Leaf: name, Arg: name, Type: "*" + T, Single: true})
			args = append(args, arg{name, T})
			operands[i] = name
			call = append(call, jen.Id("&"+name))
			continue
		}
		op := kernel.MapOperand{Leaf: kernel.Leaf(i), Arg: kernel.Leaf(i), Type: "*" + array(e.elem, x.Size()), Single: x.Size() == 1}
		operands[i] = op.Arg + "[j]"
		if op.Single {
			operands[i] = op.Arg + "[0]"
		}
		m.Ins = append(m.Ins, op)
		args, call = append(args, arg{op.Arg, op.Type}), append(call, jen.Id(op.Arg))
	}
	can := func(t *target.Target) bool {
		_, ok := t.Map(m)
		return ok
	}
	if !e.anyTarget(can) {
		return nil
	}
	return e.kernel(m.Key(), o.Doc+" each", func(k *kernelFunc) {
		k.doc = []string{fmt.Sprintf("%s is %s for every element. y may be an operand.", k.name, wrapFormula(m.Prog))}
		k.args = args
		e.fast(k, func() []jen.Code {
			if !can(e.target()) {
				return nil
			}
			name := e.assembly(m.Key(), o.Doc+" each", "computes "+wrapFormula(m.Prog)+" for every element.", func(t *target.Target, name string, doc []string) *asm.Func {
				v := *m
				v.Name, v.Doc = name, doc
				f, _ := t.Map(&v)
				return f
			})
			return []jen.Code{jen.Id(name).Call(call...), jen.Return()}
		})
		k.body = []jen.Code{forRange("j", "y", set("y[j]", jen.Id(T).Call(e.apply(o.Doc, o.Prog, o.InNames, operands, o.OutNames[0]))))}
	})
}

// vector gives a dense layer for one sample its assembly. The epilogue is done
// in registers where it reads nothing but the sums; else it follows in Go.
func (p *printer) vector(k *kernelFunc) {
	p.e.fast(k, func() []jen.Code {
		m := p.forAssembly()
		var finish []jen.Code
		if !p.fusesSums() {
			m.Epilogue = nil
			finish = p.finishSums()
		}
		return append(append(p.divide(m), finish...), jen.Return())
	})
}

// finishSums applies the epilogue to sums in memory.
func (p *printer) finishSums() []jen.Code {
	sums := p.ptr[p.stored[0]]
	switch each := p.eachKernel(); {
	case len(p.step.Epilogue) == 0:
	case each != nil:
		return []jen.Code{jen.Id(each.name).Call(jen.Id(sums), jen.Id(sums))}
	case p.outs == 1:
		return append([]jen.Code{letf("s", "%s[0]", sums)}, p.epilogue("s", p.elementAt("0", 0))...)
	default:
		return []jen.Code{forRange("j, s", sums, p.epilogue("s", p.elementAt("j", -1))...)}
	}
	return nil
}

// forAssembly is a copy of the step's kernel that an emitter may adapt.
func (m *matrix) forAssembly() *kernel.Kernel {
	k := *m.step.Kernel
	return &k
}

// fusesSums reports whether assembly applies the epilogue: it reads nothing
// but the sums, and its last result alone is stored.
func (m *matrix) fusesSums() bool {
	k := m.step.Kernel
	return len(m.stored) == 1 && len(k.Extras()) == 0 && m.last() == m.stored[0] &&
		m.e.anyTarget(func(t *target.Target) bool { return t.Fuses(k) })
}

// last is the value the epilogue ends with.
func (m *matrix) last() *ir.Value {
	if n := len(m.step.Epilogue); n > 0 {
		return m.step.Epilogue[n-1].Out[0]
	}
	return m.y
}

// target is the instruction set of the assembly.
func (m *matrix) target() *target.Target { return m.e.target() }

// eachKernel is the element-wise kernel that finishes the sums, if one
// operation on nothing but them does.
func (p *printer) eachKernel() *kernelFunc {
	if len(p.step.Epilogue) != 1 || p.stores(p.y) || len(p.step.Epilogue[0].In) != 1 {
		return nil
	}
	return p.e.mapKernel(p.step.Epilogue[0], p.outs)
}

// vectorKernels are the kernels that have assembly, by name.
func (e *emitter) vectorKernels() []*kernelFunc {
	byName := map[string]*kernelFunc{}
	for _, k := range e.kernels {
		if len(k.fast) > 0 || k.rows {
			byName[k.name] = k
		}
	}
	var out []*kernelFunc
	for _, name := range sortedKeys(byName) {
		out = append(out, byName[name])
	}
	return out
}

// asmTag is the build constraint of assembly: memory sanitizers do not see
// its stores.
const asmTag = "amd64 && !purego && !msan"

// assemblyFiles adds the kernels of the targets: the .s file, its declarations and
// the choice between them and portable Go.
func (e *emitter) assemblyFiles() error {
	ks := e.vectorKernels()
	if len(ks) == 0 {
		return nil
	}
	asmGo, other := e.file(), e.file()
	asmGo.HeaderComment("//go:build " + asmTag)
	other.HeaderComment("//go:build !(" + asmTag + ")")
	head := fmt.Sprintf("%s\n\n//go:build %s\n\n#include \"textflag.h\"\n", e.header(), asmTag)
	data := map[string]string{"amd64": e.lists}
	for _, t := range e.targets() {
		data[t.Name+"_amd64"] = t.Data
	}
	text := map[string]*strings.Builder{}
	for _, a := range e.library.functions() {
		if text[a.file()] == nil {
			text[a.file()] = &strings.Builder{}
			text[a.file()].WriteString(head)
			if d := data[a.file()]; d != "" {
				text[a.file()].WriteString("\n" + d)
			}
		}
		f := a.print()
		fmt.Fprintf(text[a.file()], "\n%s", f.Text())
		declare(asmGo, f)
	}
	for _, k := range ks {
		k.chooser(asmGo)
		if !k.assemblyOnly() {
			e.forwardGeneric(other, k)
		}
	}
	for name, s := range text {
		e.files["kernels_"+name+".s"] = []byte(s.String())
	}
	for name, file := range map[string]*jen.File{"kernels_amd64.go": asmGo, "kernels_noasm.go": other} {
		var buf bytes.Buffer
		if err := file.Render(&buf); err != nil {
			return fmt.Errorf("%s: %s", name, firstLines(err.Error(), 40))
		}
		e.files[name] = buf.Bytes()
	}
	return nil
}

// declare prints the Go declaration of an assembly function.
func declare(f *jen.File, fn *asm.Func) {
	for _, line := range append(append([]string(nil), fn.Doc...), "", "//go:noescape") {
		f.Comment(line)
	}
	var params []jen.Code
	for _, a := range fn.Args {
		params = append(params, jen.Id(a.Name).Id(a.Type))
	}
	f.Func().Id(fn.Name).Params(params...)
	f.Line()
}

// chooser prints the function that chooses, or a helper of it.
func (k *kernelFunc) chooser(f *jen.File) {
	params, pass := k.signature()
	body := k.generic
	if !k.assemblyOnly() {
		body = k.choice(pass)
	}
	if k.rows {
		for _, line := range k.doc {
			f.Comment(line)
		}
	}
	f.Func().Id(k.name).Params(params...).Id(k.result).Block(body...)
	f.Line()
}

// forwardGeneric prints the function for machines without assembly.
func (e *emitter) forwardGeneric(f *jen.File, k *kernelFunc) {
	all, pass := k.signature()
	f.Func().Id(k.name).Params(all...).Block(jen.Id(k.portable()).Call(pass...))
	f.Line()
}

// signature is the kernel's parameters, and the same as arguments of a call.
func (k *kernelFunc) signature() (params, pass []jen.Code) {
	for _, a := range k.args {
		params = append(params, jen.Id(a.name).Id(a.typ))
		pass = append(pass, jen.Id(a.name))
	}
	return params, pass
}

package golang

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// vectorKernel is a kernel an instruction set can print.
type vectorKernel interface {
	print(t *target.Target, name string, k *kernelFunc) *asm.Func
}

// matVec is a dense layer for one sample.
type matVec struct {
	*kernel.Kernel
	listed bool
}

func (m *matVec) print(t *target.Target, name string, k *kernelFunc) *asm.Func {
	rounding := "product and sum are rounded separately, the same bits as " + k.portable()
	if m.Fused {
		rounding = "product and sum are rounded once (FMA)"
	}
	doc := []string{fmt.Sprintf("%s is %s for %s: %d multiply-adds,", name, k.portable(), t.Name, m.Outputs*m.Terms()), rounding + "."}
	return t.MatVec(name, doc, m.Kernel, m.listed)
}

type elementWise struct{ kernel.Map }

func (m *elementWise) print(t *target.Target, name string, k *kernelFunc) *asm.Func {
	v := m.Map
	v.Name = name
	v.Doc = []string{fmt.Sprintf("%s is %s for %s, with the same bits.", name, k.portable(), t.Name)}
	f, _ := t.Map(&v)
	return f
}

// leastElements is the size from which an element-wise operation is worth a
// call.
const leastElements = 8

// mapKernel returns the function that does an element-wise operation on
// arrays, nil if no instruction set can print it or it is too small.
func (e *emitter) mapKernel(o *ir.Map, size int) *kernelFunc {
	if len(e.plan.Options.Targets) == 0 || size < leastElements {
		return nil
	}
	T := typeName(e.elem)
	m := &elementWise{kernel.Map{Double: e.elem == ir.Float64, Size: size, Prog: o.Prog, Result: o.OutNames[0], YType: "*" + array(e.elem, size)}}
	args, views := []arg{{"y", m.YType}}, map[string]string{}
	operands := make([]string, len(o.In))
	for i, x := range o.In {
		if x.Kind == ir.Param || x.DType != e.elem {
			return nil
		}
		if isNumber(x) {
			name := fmt.Sprintf("x%d", i)
			m.Ins = append(m.Ins, kernel.MapOperand{Leaf: o.InNames[i], Arg: name, Type: "*" + T, Single: true})
			args = append(args, arg{name, T})
			operands[i], views[name] = name, "&"+name
			continue
		}
		op := kernel.MapOperand{Leaf: o.InNames[i], Arg: fmt.Sprintf("x%d", i), Type: "*" + array(e.elem, x.Size()), Single: x.Size() == 1}
		operands[i] = op.Arg + "[j]"
		if op.Single {
			operands[i] = op.Arg + "[0]"
		}
		m.Ins = append(m.Ins, op)
		args = append(args, arg{op.Arg, op.Type})
	}
	can := func(t *target.Target) bool {
		_, ok := t.Map(&m.Map)
		return ok
	}
	if !e.anyTarget(can) {
		return nil
	}
	key := fmt.Sprintf("map %d %s %v", size, o.Prog, m.Ins)
	return e.kernel(key, o.Doc+" each", func(k *kernelFunc) {
		k.doc = []string{fmt.Sprintf("%s is %s for every element. y may be an operand.", k.name, wrapFormula(o.Prog))}
		k.args, k.sums, k.views = args, "y", views
		e.eachTarget(func(t *target.Target) {
			if can(t) {
				k.fast = append(k.fast, forTarget{Target: t, vector: m})
			}
		})
		k.body = []jen.Code{forRange("j", "y", set("y[j]", jen.Id(T).Call(e.apply(o.Doc, o.Prog, o.InNames, operands, o.OutNames[0]))))}
	})
}

// vector gives a dense layer for one sample its assembly. The epilogue is done
// in registers where it reads nothing but the sums; else it follows in Go.
func (p *printer) vector(k *kernelFunc) {
	k.sums = p.ptr[p.stored[0]]
	k.views = p.arrayViews(k)
	p.e.eachTarget(func(t *target.Target) {
		m := &matVec{Kernel: p.forAssembly()}
		f := forTarget{Target: t, vector: m}
		if !p.fusesSums() {
			m.Epilogue = nil
			f.code = p.finishSums(k)
		}
		if calls := p.divide(k, m); calls != nil {
			f = forTarget{Target: t, code: append(append(calls, f.code...), jen.Return())}
		}
		k.fast = append(k.fast, f)
	})
}

// finishSums applies the epilogue to sums in memory.
func (p *printer) finishSums(k *kernelFunc) []jen.Code {
	switch each := p.eachKernel(); {
	case len(p.step.Epilogue) == 0:
	case each != nil:
		return []jen.Code{jen.Id(each.name).Call(jen.Id(k.sums), jen.Id(k.sums))}
	case p.outs == 1:
		return append([]jen.Code{letf("s", "%s[0]", k.sums)}, p.epilogue("s", p.elementAt("0", 0))...)
	default:
		return []jen.Code{forRange("j, s", k.sums, p.epilogue("s", p.elementAt("j", -1))...)}
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

// arrayViews are the first elements of the kernel's operands, by the names
// assembly has for them.
func (p *printer) arrayViews(k *kernelFunc) map[string]string {
	views := map[string]string{"y": "&" + p.ptr[p.stored[0]] + "[0]", "x": "&x[0]"}
	if p.layout.Full > 0 {
		views["w"] = "&w[0][0][0]"
	}
	if p.layout.Tail > 0 {
		views["wt"] = "&wt[0][0]"
	}
	if p.bias != nil {
		views["b"] = "&b[0][0]"
	}
	if p.tensor.Scaled() {
		views["scale"] = "&scale[0][0]"
	}
	return views
}

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

// assembly adds the kernels of the targets: the .s file, its declarations and
// the choice between them and portable Go.
func (e *emitter) assembly() error {
	ks := e.vectorKernels()
	if len(ks) == 0 {
		return nil
	}
	text := map[string]*strings.Builder{}
	asmGo, other := e.file(), e.file()
	asmGo.HeaderComment("//go:build " + asmTag)
	other.HeaderComment("//go:build !(" + asmTag + ")")
	for _, t := range e.targets() {
		text[t.Name] = &strings.Builder{}
		fmt.Fprintf(text[t.Name], "%s\n\n//go:build %s\n\n#include \"textflag.h\"\n\n%s", e.header(), asmTag, t.Data)
	}
	add := func(t *target.Target, f *asm.Func) {
		fmt.Fprintf(text[t.Name], "\n%s", f.Text())
		declare(asmGo, f)
	}
	for _, k := range ks {
		for _, x := range k.extra {
			add(x.target, x.print())
		}
		for i := range k.fast {
			if f := &k.fast[i]; f.vector != nil {
				fn := f.vector.print(f.Target, k.name+upper(f.Target), k)
				add(f.Target, fn)
				f.code = append(append([]jen.Code{k.callOf(fn)}, f.code...), jen.Return())
			}
		}
		k.chooser(asmGo)
		if !k.assemblyOnly() {
			e.forwardGeneric(other, k)
		}
	}
	for name, s := range text {
		e.files["kernels_"+name+"_amd64.s"] = []byte(s.String())
	}
	for _, t := range e.targets() {
		if e.lists[t.Name] {
			text[t.Name].WriteString("\n" + t.NonZeroData)
		}
	}
	for name, s := range text {
		e.files["kernels_"+name+"_amd64.s"] = []byte(s.String())
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

// callOf is the call of the function's own assembly.
func (k *kernelFunc) callOf(fn *asm.Func) jen.Code {
	var call []jen.Code
	for _, a := range fn.Args {
		name := a.Name
		if v := k.views[name]; v != "" {
			name = v
		}
		call = append(call, jen.Id(name))
	}
	return jen.Id(fn.Name).Call(call...)
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

package golang

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/target"
)

// vector describes the kernel to the instruction sets' printers. Relu is done
// in registers; any other epilogue follows in Go.
func (p *printer) vector(k *kernelFunc) {
	l := p.layout
	m := &asm.MatVec{
		Double: p.e.elem == ir.Float64, Fused: p.prog().Mode == "fast",
		Outputs: p.outs, Inputs: p.ins, Chains: p.step.Chains, Full: l.Full, Tail: l.Tail, Rows: l.Rows,
		Bias: p.bias != nil,
	}
	for _, a := range k.args {
		switch a.name {
		case "x":
			m.XType = a.typ
		case "w":
			m.WType = a.typ
		case "wt":
			m.WtType = a.typ
		case "b":
			m.BType = a.typ
		}
	}
	sums := p.stored[0]
	m.YType = "*" + array(p.e.elem, sums.Size())
	k.vector, k.sums = m, p.ptr[sums]
	if len(p.step.Epilogue) == 1 && !p.stores(p.y) && isRelu(p.step.Epilogue[0]) {
		m.Relu = true
		return
	}
	switch {
	case len(p.step.Epilogue) == 0:
	case p.outs == 1:
		k.finish = append([]jen.Code{letf("s", "%s[0]", k.sums)}, p.epilogue("s", p.elementAt("0", 0))...)
	default:
		k.finish = []jen.Code{forRange("j, s", k.sums, p.epilogue("s", p.elementAt("j", -1))...)}
	}
}

func (p *printer) prog() *ir.Program { return p.e.prog }

// isRelu recognises y = select(x < 0, 0, x).
func isRelu(m *ir.Map) bool {
	if len(m.In) != 1 || len(m.Prog) != 1 {
		return false
	}
	x := expr.L(m.InNames[0])
	return m.Prog[0].X.String() == expr.Select(expr.Less(x, expr.C(0)), expr.C(0), x).String()
}

// vectorKernels are the kernels that have assembly, by name.
func (e *emitter) vectorKernels() []*kernelFunc {
	byName := map[string]*kernelFunc{}
	for _, k := range e.kernels {
		if k.vector != nil {
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
	t := target.ByName(e.plan.Options.Targets[0])
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n//go:build %s\n\n#include \"textflag.h\"\n\n%s", e.header(), asmTag, t.Data)
	asmGo, other := e.file(), e.file()
	asmGo.HeaderComment("//go:build " + asmTag)
	other.HeaderComment("//go:build !(" + asmTag + ")")
	for _, k := range ks {
		f := e.matVec(k, t)
		fmt.Fprintf(&text, "\n%s", f.Text())
		e.dispatch(asmGo, k, f)
		e.forwardGeneric(other, k)
	}
	e.files["kernels_amd64.s"] = []byte(text.String())
	for name, file := range map[string]*jen.File{"kernels_amd64.go": asmGo, "kernels_noasm.go": other} {
		var buf bytes.Buffer
		if err := file.Render(&buf); err != nil {
			return fmt.Errorf("%s: %s", name, firstLines(err.Error(), 40))
		}
		e.files[name] = buf.Bytes()
	}
	return nil
}

// matVec prints a kernel for a target.
func (e *emitter) matVec(k *kernelFunc, t *target.Target) *asm.Func {
	m := *k.vector
	m.Name = k.name + strings.ToUpper(t.Name)
	rounding := "product and sum are rounded separately, the same bits as " + k.portable()
	if m.Fused {
		rounding = "product and sum are rounded once (FMA)"
	}
	m.Doc = []string{
		fmt.Sprintf("%s is %s for %s: %d multiply-adds,", m.Name, k.portable(), t.Name, m.MultiplyAdds()),
		rounding + ".",
	}
	return t.MatVec(&m)
}

// dispatch prints the assembly's declaration and the function that chooses.
func (e *emitter) dispatch(f *jen.File, k *kernelFunc, fn *asm.Func) {
	lines := append([]string(nil), fn.Doc...)
	for _, line := range append(lines, "", "//go:noescape") {
		f.Comment(line)
	}
	var params, call []jen.Code
	for _, a := range fn.Args {
		params = append(params, jen.Id(a.Name).Id(a.Type))
		name := a.Name
		if name == "y" {
			name = k.sums
		}
		call = append(call, jen.Id(name))
	}
	f.Func().Id(fn.Name).Params(params...)
	f.Line()
	all, pass := k.signature()
	fast := append([]jen.Code{jen.Id(fn.Name).Call(call...)}, k.finish...)
	fast = append(fast, jen.Return())
	f.Func().Id(k.name).Params(all...).Block(
		jen.If(jen.Id("useAVX2")).Block(fast...),
		jen.Id(k.portable()).Call(pass...))
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

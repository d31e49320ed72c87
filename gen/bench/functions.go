package bench

import (
	"fmt"
	"go/format"
	"runtime"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// Function is an element-wise operation that evaluates elementary functions, and
// how many elements of it a sample takes.
type Function struct {
	Name  string `json:"name"`
	Infer int    `json:"infer"`
	Train int    `json:"train"` // forward and backward

	kernel kernel.Map
}

// functionsOf lists the functions of a program.
func functionsOf(prog *ir.Program) []*Function {
	var all []*Function
	add := func(o *ir.Map, count func(*Function) *int) {
		if !elementary(o.Prog) || !o.Out[0].Batch {
			return
		}
		f := functionOf(all, o, prog.DType)
		if f == nil {
			f = &Function{Name: nameOf(o.Doc, all), kernel: kernelOf(o, prog.DType)}
			all = append(all, f)
		}
		*count(f) += o.Out[0].Size()
	}
	for _, op := range prog.Infer.Ops {
		if o, ok := op.(*ir.Map); ok {
			add(o, func(f *Function) *int { return &f.Infer })
		}
	}
	if prog.Gradients != nil {
		for _, op := range prog.Gradients.Ops {
			if o, ok := op.(*ir.Map); ok {
				add(o, func(f *Function) *int { return &f.Train })
			}
		}
	}
	return all
}

// kernelOf is an operation on arrays.
func kernelOf(o *ir.Map, dtype ir.DType) kernel.Map {
	T := "*" + string(dtype)
	k := kernel.Map{Double: dtype == ir.Float64, Prog: kernel.Positional(o.Prog, o.InNames, o.OutNames[0]), Result: kernel.Result, YType: T}
	for i, x := range o.In {
		k.Ins = append(k.Ins, kernel.MapOperand{Leaf: kernel.Leaf(i), Arg: kernel.Leaf(i), Type: T, Single: x.Size() == 1 && o.Out[0].Size() > 1})
	}
	return k
}

// functionOf is the function of an operation, nil if it is none of some.
func functionOf(all []*Function, o *ir.Map, dtype ir.DType) *Function {
	k := kernelOf(o, dtype)
	if i := slices.IndexFunc(all, func(f *Function) bool { return f.kernel.Key() == k.Key() }); i >= 0 {
		return all[i]
	}
	return nil
}

// nameOf is a name that no other function has.
func nameOf(doc string, others []*Function) string {
	name := doc
	for n := 2; slices.ContainsFunc(others, func(f *Function) bool { return f.Name == name }); n++ {
		name = fmt.Sprint(doc, " ", n)
	}
	return name
}

// elementary reports whether a program evaluates more than the four operations,
// comparisons and square roots.
func elementary(p expr.Program) bool {
	var visit func(node *expr.Node) bool
	visit = func(node *expr.Node) bool {
		switch node.Op {
		case expr.OpTanh, expr.OpSigmoid, expr.OpExp, expr.OpExpm1, expr.OpLog, expr.OpLog1p, expr.OpErf, expr.OpSin, expr.OpCos, expr.OpPow:
			return true
		}
		return slices.ContainsFunc(node.Args, visit)
	}
	return slices.ContainsFunc(p, func(a expr.Assign) bool { return visit(a.X) })
}

// functionFiles are the files of the program with the functions as the
// instruction sets of this machine have them, and the table of them.
func functionFiles(all []*Function, dtype ir.DType) (map[string][]byte, error) {
	const tag = "!purego && !msan"
	out := map[string][]byte{}
	var stubs, table strings.Builder
	for _, t := range target.Targets {
		if t.Arch != runtime.GOARCH {
			continue
		}
		var printed []*asm.Func
		fmt.Fprintf(&table, "%q: {\n", t.Name)
		for i, f := range all {
			k := f.kernel
			k.Name = fmt.Sprintf("function%d%s", i, strings.ToUpper(t.Name))
			p, ok := t.Map(&k)
			if !ok {
				continue
			}
			printed = append(printed, p)
			stubs.WriteString(p.Stub() + "\n\n")
			args := make([]string, len(k.Ins))
			for j := range args {
				args[j] = "x, "
			}
			fmt.Fprintf(&table, "%q: func(y, x *%s, n int) { %s(y, %sn, 1, 0) },\n", f.Name, dtype, p.Name, strings.Join(args, ""))
		}
		table.WriteString("},\n")
		if len(printed) == 0 {
			continue
		}
		text := "//go:build " + tag + "\n\n#include \"textflag.h\"\n\n" + t.Data + asm.Constants(printed...)
		for _, p := range printed {
			text += "\n" + p.Text()
		}
		out["functions_"+t.Name+"_"+t.Arch+".s"] = []byte(text)
	}
	file := func(tag, table, stubs string) ([]byte, error) {
		return format.Source(fmt.Appendf(nil, "//go:build %s\n\npackage main\n\n// functions are those of the network, by instruction set.\nvar functions = map[string]map[string]func(y, x *%s, n int){\n%s}\n\n%s", tag, dtype, table, stubs))
	}
	var err error
	if out["functions_asm.go"], err = file(tag, table.String(), stubs.String()); err != nil {
		return nil, err
	}
	out["functions_noasm.go"], err = file("!("+tag+")", "", "")
	return out, err
}

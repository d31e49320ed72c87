package loops

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// MapKernel returns the function that does an element-wise operation on arrays
// of any size, and its kernel; nil if no instruction set can print it or it is too small.
func (e *Loops) MapKernel(o *ir.Map, size int) (*function.Func, *kernel.Map) {
	if len(e.plan.Options.Targets) == 0 || !calls.Elements(size) || slices.Contains(o.InNames, o.OutNames[0]) {
		return nil, nil
	}
	elem := o.Out[0].DType
	T := source.TypeName(elem)
	m := &kernel.Map{Double: elem == ir.Float64, Prog: kernel.Positional(o.Prog, o.InNames, o.OutNames[0]), Result: kernel.Result, YType: "*" + T}
	args, call := []function.Arg{{Name: "y", Type: "[]" + T}}, []string{"&y[0]"}
	operands := make([]string, len(o.In))
	row, fixed := o.Repeated(), 0
	for i, x := range o.In {
		bytes := x.DType == ir.Uint8 && x.Size() == size
		if x.DType != elem && !bytes || x.Kind == ir.Param && !e.isVector(x) {
			return nil, nil
		}
		name := kernel.Leaf(i)
		if source.IsNumber(x) {
			m.Ins = append(m.Ins, kernel.MapOperand{Leaf: name, Arg: name, Type: "*" + T, Single: true})
			args = append(args, function.Arg{Name: name, Type: T})
			operands[i] = name
			call = append(call, "&"+name)
			continue
		}
		op := kernel.MapOperand{Leaf: name, Arg: name, Type: "*" + T, Single: x.Size() == 1, Repeated: x.Size() == row}
		typ, first, at := "[]"+T, "&"+name+"[0]", "j"
		switch {
		case op.Single:
			typ, at = "*"+source.Array(elem, 1), "0"
		case op.Repeated:
			typ = "*" + source.Array(elem, row)
		case row > 0:
			at = "i+j"
		}
		operands[i] = name + "[" + at + "]"
		if bytes {
			op.Bytes, op.Type, typ = true, "*uint8", "[]uint8"
			operands[i] = T + "(" + operands[i] + ")"
		}
		if x.Kind == ir.Param {
			typ, first = fmt.Sprintf("*[%d][16]%s", e.plan.TensorOf(x.Param).Layout.Full, T), "&"+name+"[0][0]"
			operands[i] = source.VectorAt(name, at)
			if !op.Repeated {
				fixed = size
			}
		}
		m.Ins = append(m.Ins, op)
		args, call = append(args, function.Arg{Name: name, Type: typ}), append(call, first)
	}
	if !e.AnyTarget(func(t *target.Target) bool { return canMap(t, m) }) {
		return nil, nil
	}
	return e.Make(fmt.Sprintf("%s of %v by %d, %d", m.Key(), args, row, fixed), o.Doc+" each", func(k *function.Func) {
		k.Doc = []string{fmt.Sprintf("%s is %s for every element. y may be an operand.", k.Name, source.WrapFormula(m.Prog))}
		k.Args = args
		value := jen.Id(T).Call(e.Apply(elem, o.Doc, o.Prog, o.InNames, operands, o.OutNames[0]))
		n, rows := "len(y)", "1"
		k.Body = append(k.Bounds("y"), source.ForRange("j", "y", source.Set("y[j]", value)))
		if fixed > 0 {
			k.Body = slices.Insert(k.Body, 0, jen.Code(source.Setf("y", "y[:%d]", fixed)))
		}
		if row > 0 {
			n, rows = strconv.Itoa(row), fmt.Sprintf("len(y)/%d", row)
			k.Doc = append(k.Doc, fmt.Sprintf("Operands of %d elements are repeated.", row))
			k.Body = append(k.Bounds("y"), jen.For(source.Letf("i", "0"), source.Exprf("i < len(y)"), source.Exprf("i += %d", row)).Block(
				jen.For(jen.Id("j").Op(":=").Range().Lit(row)).Block(source.Set("y[i+j]", value))))
		}
		e.Fast(k, func() []jen.Code {
			if !canMap(e.Target(), m) {
				return nil
			}
			return []jen.Code{jen.Id(e.mapAssembly(m, o.Doc)).Call(source.Exprf("%s, %s, %s, 0", strings.Join(call, ", "), n, rows))}
		})
	}), m
}

// isVector reports whether the elements of a parameter lie side by side.
func (e *Loops) isVector(x *ir.Value) bool {
	l := &e.plan.TensorOf(x.Param).Layout
	return l.Order == plan.Vector && l.Elem == x.DType
}

// canMap reports whether an instruction set has the operation.
func canMap(t *target.Target, m *kernel.Map) bool {
	_, ok := t.Map(m)
	return ok
}

// mapAssembly is the assembly of an element-wise operation.
func (e *Loops) mapAssembly(m *kernel.Map, hint string) string {
	hint, what := hint+" each", "computes "+source.WrapFormula(m.Prog)+" for n elements of every row."
	if m.Chains > 0 {
		hint, what = strings.TrimSuffix(hint, "each")+"sums", "sums "+source.WrapFormula(m.Prog)+" over the n elements of every row."
	}
	return e.Assembly(m.Key(), hint, what, func(t *target.Target, name string, doc []string) *asm.Func {
		v := *m
		v.Name, v.Doc = name, doc
		f, _ := t.Map(&v)
		return f
	})
}

// forAssembly is a copy of the step's kernel that an emitter may adapt.
func (m *Matrix) forAssembly() *kernel.Kernel {
	k := *m.Step.Kernel
	return &k
}

// last is the value the epilogue ends with.
func (m *Matrix) last() *ir.Value {
	if n := len(m.Step.Epilogue); n > 0 {
		return m.Step.Epilogue[n-1].Out[0]
	}
	return m.y
}

// target is the instruction set of the assembly.
func (m *Matrix) target() *target.Target { return m.e.Target() }

package phases

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// update emits an operation on parameter-shaped values.
func (b *body) update(o *ir.Map, t *plan.Tensor) {
	u, _, fast := b.e.UpdateOf(o, b.holder)
	if !fast || !b.e.plan.Layerwise {
		u = nil
	}
	k := b.e.UpdateFunction(b.updateKey(o), o, b.arraysOf(o), u)
	for _, field := range fieldsOf(t) {
		args := b.passNumbers(o)
		for _, a := range b.arraysOf(o) {
			args = append(args, b.flat(t, a.Holder, field))
		}
		b.add(b.e.ID(k).Call(args...))
	}
}

// flat is a field of a tensor in a holder as one slice.
func (b *body) flat(t *plan.Tensor, holder, field string) jen.Code {
	l, first, size := &t.Layout, "[0][0]", 0
	switch {
	case l.Order == plan.Connections:
		first, size = "[0]", l.Size()
	case l.Order == plan.Vector:
		size = l.Size()
	case field == t.Field && l.Full > 0:
		first, size = "[0][0][0]", l.Full*l.Rows*schedule.Panel
	default:
		size = l.Ins() * l.Tail
	}
	return b.e.RT("Flat").Call(source.Exprf("&%s%s", b.field(t, holder, field), first), source.Exprf("%d", size))
}

// updateKey tells updates that can share a function.
func (b *body) updateKey(o *ir.Map) string {
	key := fmt.Sprintf("%v %s", o.OutNames, o.Prog)
	for _, a := range b.arraysOf(o) {
		key += fmt.Sprintf(" %s:%d", a.Name, len(a.Values))
	}
	for i, x := range o.In {
		key += fmt.Sprintf(" %s:%v", o.InNames[i], source.IsNumber(x))
	}
	return key
}

// alike names a tensor that stands for all of its layout.
func alike(v *ir.Value) string { return "tensors like " + v.Name }

// arraysOf are the arrays of an update: operands, then results.
func (b *body) arraysOf(o *ir.Map) []*loops.UpdateArray {
	var out []*loops.UpdateArray
	add := func(v *ir.Value, name string) {
		if source.IsNumber(v) {
			return
		}
		i := slices.IndexFunc(out, func(a *loops.UpdateArray) bool { return a.Holder == b.holder(v) })
		if i < 0 {
			i, out = len(out), append(out, &loops.UpdateArray{Holder: b.holder(v), Name: name})
		}
		out[i].Values = append(out[i].Values, v)
	}
	for i, x := range o.In {
		add(x, o.InNames[i])
	}
	for i, y := range o.Out {
		add(y, o.OutNames[i])
	}
	return out
}

// takeNumbers makes the numbers of an update arguments of a function, takeArrays
// its arrays; passNumbers and passArrays are what a call passes.
func (b *body) takeNumbers(k *function.Func, o *ir.Map) {
	numbers, names := loops.NumbersOf(o)
	for i, x := range numbers {
		name := b.names.Name(names[i])
		k.Args = append(k.Args, function.Arg{Name: name, Type: source.TypeName(o.Out[0].DType)})
		b.at[x] = place{name, ""}
	}
}

func (b *body) takeArrays(k *function.Func, arrays []*loops.UpdateArray, t *plan.Tensor) {
	b.args = map[*ir.Value]string{}
	for _, a := range arrays {
		name := b.names.Own(a.Name)
		for _, v := range a.Values {
			b.args[v] = name
		}
		k.Args = append(k.Args, tensorArgs(t, name)...)
	}
}

func (b *body) passNumbers(o *ir.Map) []jen.Code {
	var args []jen.Code
	numbers, _ := loops.NumbersOf(o)
	for _, x := range numbers {
		args = append(args, source.Exprf("%s", b.asElem(x, o.Out[0].DType)))
	}
	return args
}

func (b *body) passArrays(o *ir.Map, t *plan.Tensor) []jen.Code {
	var args []jen.Code
	for _, a := range b.arraysOf(o) {
		args = append(args, b.pointers(t, a.Holder)...)
	}
	return args
}

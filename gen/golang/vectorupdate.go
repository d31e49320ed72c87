package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// updateKernel is an element-wise operation in place.
type updateKernel struct {
	kernel.Update
}

func (m *updateKernel) text(t *target.Target, name string, doc []string) *asm.Func {
	v := m.Update
	v.Name, v.Doc = name, doc
	f, _ := t.Update(&v)
	return f
}

// updateOf describes an operation on parameter-shaped values to assembly, and
// says where its arrays lie; it reports false where there can be none.
func (b *body) updateOf(o *ir.Map) (u *updateKernel, holders map[string]string, ok bool) {
	u = &updateKernel{Update: kernel.Update{Double: b.e.elem == ir.Float64, Prog: o.Prog, Elem: typeName(b.e.elem)}}
	holders = map[string]string{}
	for i, x := range o.In {
		if isNumber(x) {
			u.Singles = append(u.Singles, o.InNames[i])
		} else {
			u.Arrays = append(u.Arrays, o.InNames[i])
			holders[o.InNames[i]] = b.holder(x)
		}
	}
	for i, y := range o.Out {
		name := o.OutNames[i]
		u.Stores = append(u.Stores, name)
		if h, ok := holders[name]; ok && h != b.holder(y) {
			return nil, nil, false // a leaf of the result's name is another array
		}
		if !slices.Contains(u.Arrays, name) {
			u.Arrays = append(u.Arrays, name)
			holders[name] = b.holder(y)
		}
	}
	return u, holders, b.e.anyTarget(func(t *target.Target) bool {
		_, ok := t.Update(&u.Update)
		return ok
	})
}

// updateKernel is the assembly of an update.
func (e *emitter) updateKernel(u *updateKernel, hint string) string {
	return e.assembly(u.Key(), hint+" elements", "computes "+wrapFormula(u.Prog)+" for every element.", u.text)
}

// vectorUpdate emits an operation on parameter-shaped values as a function
// with assembly, one for all tensors of a layout; it reports false where there
// is none.
func (b *body) vectorUpdate(o *ir.Map, t *plan.Tensor) bool {
	if !b.e.plan.Layerwise {
		return false
	}
	if _, _, ok := b.updateOf(o); !ok {
		return false
	}
	k := b.e.kernel("update "+b.updateKey(o, t), lowerCamel(o.Out[0].Param.Name)+" "+o.Doc, func(k *kernelFunc) {
		k.train, k.rows = true, true
		k.doc = []string{fmt.Sprintf("%s changes %s: %s.", k.name, alike(o.Out[0]), wrapFormula(o.Prog))}
		inner := &body{e: b.e, names: b.e.local(), at: map[*ir.Value]place{}}
		inner.takeNumbers(k, o)
		inner.takeArrays(k, b.arraysOf(o), t)
		inner.updateFunc(k, o, t)
	})
	b.add(b.e.id(k).Call(append(b.passNumbers(o), b.passArrays(o, t)...)...))
	return true
}

// updateKey tells updates that can share a function.
func (b *body) updateKey(o *ir.Map, t *plan.Tensor) string {
	key := fmt.Sprintf("%s %d %v %s", t.Layout.Dims(), t.Layout.Out, o.OutNames, o.Prog)
	for _, a := range b.arraysOf(o) {
		key += fmt.Sprintf(" %s:%d", a.name, len(a.values))
	}
	for i, x := range o.In {
		key += fmt.Sprintf(" %s:%v", o.InNames[i], isNumber(x))
	}
	return key
}

// alike names a tensor that stands for all of its layout.
func alike(v *ir.Value) string { return "tensors like " + v.Name }

// numbersOf are the operands of an update that are numbers of the step.
func numbersOf(o *ir.Map) (numbers []*ir.Value, names []string) {
	for i, x := range o.In {
		if isNumber(x) {
			numbers, names = append(numbers, x), append(names, o.InNames[i])
		}
	}
	return numbers, names
}

// updateArray is what an update reads and writes in one holder.
type updateArray struct {
	holder, name string
	values       []*ir.Value
}

// arraysOf are the arrays of an update: operands, then results.
func (b *body) arraysOf(o *ir.Map) []*updateArray {
	var out []*updateArray
	add := func(v *ir.Value, name string) {
		if isNumber(v) {
			return
		}
		i := slices.IndexFunc(out, func(a *updateArray) bool { return a.holder == b.holder(v) })
		if i < 0 {
			i, out = len(out), append(out, &updateArray{holder: b.holder(v), name: name})
		}
		out[i].values = append(out[i].values, v)
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
func (b *body) takeNumbers(k *kernelFunc, o *ir.Map) {
	numbers, names := numbersOf(o)
	for i, x := range numbers {
		name := b.names.name(names[i])
		k.args = append(k.args, arg{name, typeName(b.e.elem)})
		b.at[x] = place{name, ""}
	}
}

func (b *body) takeArrays(k *kernelFunc, arrays []*updateArray, t *plan.Tensor) {
	b.args = map[*ir.Value]string{}
	for _, a := range arrays {
		name := b.names.own(a.name)
		for _, v := range a.values {
			b.args[v] = name
		}
		k.args = append(k.args, tensorArgs(t, name)...)
	}
}

func (b *body) passNumbers(o *ir.Map) []jen.Code {
	var args []jen.Code
	numbers, _ := numbersOf(o)
	for _, x := range numbers {
		args = append(args, exprf("%s", b.asElem(x)))
	}
	return args
}

func (b *body) passArrays(o *ir.Map, t *plan.Tensor) []jen.Code {
	var args []jen.Code
	for _, a := range b.arraysOf(o) {
		args = append(args, b.pointers(t, a.holder)...)
	}
	return args
}

// updateFunc prints the function: assembly panel by panel, or the loop.
func (b *body) updateFunc(k *kernelFunc, o *ir.Map, t *plan.Tensor) {
	u, holders, _ := b.updateOf(o)
	k.generic = b.elementLoop(o, t)
	b.e.fast(k, func() []jen.Code {
		if _, ok := b.e.target().Update(&u.Update); !ok {
			return nil
		}
		return b.updateFast(u, o, t, holders)
	})
}

// updateFast is the body with assembly.
func (b *body) updateFast(u *updateKernel, o *ir.Map, t *plan.Tensor, holders map[string]string) []jen.Code {
	name := b.e.updateKernel(u, o.Doc)
	numbers, _ := numbersOf(o)
	return b.e.updateCalls(t, b.e.target().Lanes(u.Elem), func(field, index, vectors string) jen.Code {
		var args []string
		for _, a := range u.Arrays {
			args = append(args, "&"+b.field(t, holders[a], field)+index)
		}
		for _, x := range numbers {
			args = append(args, "&"+b.at[x].idx)
		}
		return jen.Id(name).Call(exprf("%s", strings.Join(append(args, vectors), ", ")))
	})
}

// updateCalls calls the assembly for every part of a tensor; the padding is
// updated with the rest, it holds nothing.
func (e *emitter) updateCalls(t *plan.Tensor, lanes int, call func(field, index, vectors string) jen.Code) []jen.Code {
	// pieces are rows of width elements; index is that of a row.
	loop := func(body ...jen.Code) []jen.Code {
		if calls.PreemptsUpdate(t.Layout.Size()) {
			return append(body, e.preempt())
		}
		return body
	}
	pieces := func(field, index string, rows, width int) jen.Code {
		per := calls.PerUpdate(width)
		if per >= rows {
			return call(field, fmt.Sprintf(index, "0"), fmt.Sprint((rows*width+lanes-1)/lanes)) // the tensor's padding belongs to it
		}
		return jen.For(letf("k", "0"), exprf("k < %d", rows), exprf("k += %d", per)).Block(
			loop(call(field, fmt.Sprintf(index, "k"), vectorsOf(fmt.Sprintf("min(%d, %d-k)", per, rows), width, lanes)))...)
	}
	l := &t.Layout
	switch l.Order {
	case plan.Connections:
		per := calls.PerUpdate(1)
		if l.Size() <= per {
			return []jen.Code{pieces(t.Field, "[%s]", 1, l.Size())}
		}
		return []jen.Code{jen.For(letf("k", "0"), exprf("k < %d", l.Size()), exprf("k += %d", per)).Block(
			loop(call(t.Field, "[k]", fmt.Sprintf("(min(%d, %d-k)+%d)/%d", per, l.Size(), lanes-1, lanes)))...)}
	case plan.Vector:
		return []jen.Code{pieces(t.Field, "[%s][0]", l.Full, schedule.Panel)}
	}
	var out []jen.Code
	if l.Full > 0 {
		out = append(out, forRange("q", fmt.Sprint(l.Full), loop(pieces(t.Field, "[q][%s][0]", l.Ins(), schedule.Panel))...))
	}
	if l.Tail > 0 {
		out = append(out, pieces(t.TailField(), "[%s][0]", l.Ins(), l.Tail))
	}
	return out
}

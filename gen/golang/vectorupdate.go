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
// with assembly, one for all tensors; it reports false where there is none.
func (b *body) vectorUpdate(o *ir.Map, t *plan.Tensor) bool {
	if !b.e.plan.Layerwise {
		return false
	}
	u, _, ok := b.updateOf(o)
	if !ok {
		return false
	}
	k := b.e.kernel("update "+b.updateKey(o), o.Doc+" elements", func(k *kernelFunc) {
		k.train, k.rows = true, true
		k.doc = []string{
			fmt.Sprintf("%s is %s for every element. What lies between", k.name, wrapFormula(o.Prog)),
			"the rows of a tensor is computed with them; it holds nothing.",
		}
		(&body{e: b.e, names: b.e.Local(), at: map[*ir.Value]place{}}).updateFunc(k, u, o, b.arraysOf(o))
	})
	for _, field := range fieldsOf(t) {
		args := b.passNumbers(o)
		for _, a := range b.arraysOf(o) {
			args = append(args, b.flat(t, a.holder, field))
		}
		b.add(b.e.id(k).Call(args...))
	}
	return true
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
	return b.e.RT("Flat").Call(exprf("&%s%s", b.field(t, holder, field), first), exprf("%d", size))
}

// updateKey tells updates that can share a function.
func (b *body) updateKey(o *ir.Map) string {
	key := fmt.Sprintf("%v %s", o.OutNames, o.Prog)
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
		name := b.names.Name(names[i])
		k.args = append(k.args, arg{name, typeName(b.e.elem)})
		b.at[x] = place{name, ""}
	}
}

func (b *body) takeArrays(k *kernelFunc, arrays []*updateArray, t *plan.Tensor) {
	b.args = map[*ir.Value]string{}
	for _, a := range arrays {
		name := b.names.Own(a.name)
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

// updateFunc prints the function: some elements a call of assembly, or the loop.
func (b *body) updateFunc(k *kernelFunc, u *updateKernel, o *ir.Map, arrays []*updateArray) {
	b.takeNumbers(k, o)
	at := map[*ir.Value]string{}
	var names []string
	for _, a := range arrays {
		name := b.names.Own(a.name)
		for _, v := range a.values {
			at[v] = name
		}
		names = append(names, name)
		k.args = append(k.args, arg{name, "[]" + typeName(b.e.elem)})
	}
	s := b.e.Scalar(b.e.elem)
	s.Avoid(b.names)
	var loop []jen.Code
	for i, x := range o.In {
		if isNumber(x) {
			s.Bind(o.InNames[i], b.at[x].idx)
			continue
		}
		name := s.Fresh(o.InNames[i])
		s.Bind(o.InNames[i], name)
		loop = append(loop, letf(name, "%s[j]", at[x]))
	}
	loop = append(loop, s.Assigns(o.Prog)...)
	for i, y := range o.Out {
		loop = append(loop, setf(at[y]+"[j]", "%s", s.Names[o.OutNames[i]]))
	}
	k.generic = append(k.bounds(names[0]), forRange("j", names[0], loop...))
	arrayOf := map[string]string{}
	for i, x := range slices.Concat(o.In, o.Out) {
		if name := slices.Concat(o.InNames, o.OutNames)[i]; arrayOf[name] == "" {
			arrayOf[name] = at[x]
		}
	}
	b.e.fast(k, func() []jen.Code {
		if _, ok := b.e.target().Update(&u.Update); !ok {
			return nil
		}
		return b.updateFast(u, o, arrayOf, names)
	})
}

// updateFast is the body with assembly. The last vector may reach into the padding of
// a tensor.
func (b *body) updateFast(u *updateKernel, o *ir.Map, arrayOf map[string]string, arrays []string) []jen.Code {
	name, lanes := b.e.updateKernel(u, o.Doc), b.e.target().Lanes(u.Elem)
	call := func(vectors string) jen.Code {
		var args []string
		for _, a := range u.Arrays {
			args = append(args, "&"+arrayOf[a]+"[0]")
		}
		numbers, _ := numbersOf(o)
		for _, x := range numbers {
			args = append(args, "&"+b.at[x].idx)
		}
		return jen.Id(name).Call(exprf("%s", strings.Join(append(args, vectors), ", ")))
	}
	last := call(fmt.Sprintf("(len(%s)+%d)/%d", arrays[0], lanes-1, lanes))
	per := calls.UpdateOf(b.e.plan)
	if per == 0 {
		return []jen.Code{last}
	}
	var rest []string
	for _, a := range arrays {
		rest = append(rest, fmt.Sprintf("%s[%d:]", a, per))
	}
	return []jen.Code{
		jen.For(exprf("len(%s) > %d", arrays[0], per)).Block(call(fmt.Sprint(per/lanes)), b.e.preempt(),
			setf(strings.Join(arrays, ", "), "%s", strings.Join(rest, ", "))),
		last,
	}
}

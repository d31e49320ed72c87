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
// with assembly; it reports false where there is none.
func (b *body) vectorUpdate(o *ir.Map, t *plan.Tensor) bool {
	if !b.e.plan.Layerwise {
		return false
	}
	u, holders, ok := b.updateOf(o)
	if !ok {
		return false
	}
	k := b.e.kernel("update of "+o.Out[0].Name+" "+o.Prog.String(), lowerCamel(o.Out[0].Param.Name)+" "+o.Doc, func(k *kernelFunc) {
		b.updateFunc(k, u, o, t, holders)
	})
	args := []jen.Code{exprf("t"), exprf("%s", b.weights), exprf("%s", b.grads)}
	for _, x := range o.In {
		if isNumber(x) {
			args = append(args, exprf("%s", b.asElem(x)))
		}
	}
	b.add(jen.Id(k.name).Call(args...))
	return true
}

// updateFunc prints the function: assembly panel by panel, or the loop.
func (b *body) updateFunc(k *kernelFunc, u *updateKernel, o *ir.Map, t *plan.Tensor, holders map[string]string) {
	T := typeName(b.e.elem)
	k.rows, k.train = true, true
	k.doc = []string{fmt.Sprintf("%s changes %s: %s.", k.name, o.Out[0].Name, wrapFormula(o.Prog))}
	k.args = []arg{{"t", "*Trainer"}, {"p", "*params"}, {"g", "*params"}}
	inner := &body{e: b.e, weights: "p", grads: "g", names: b.e.local(), at: map[*ir.Value]place{}}
	for i, x := range o.In {
		if isNumber(x) {
			name := inner.names.name(o.InNames[i])
			k.args = append(k.args, arg{name, T})
			inner.at[x] = place{name, ""}
		}
	}
	k.generic = inner.elementLoop(o, t)
	b.e.fast(k, func() []jen.Code {
		if _, ok := b.e.target().Update(&u.Update); !ok {
			return nil
		}
		return b.updateFast(u, o, t, holders, inner)
	})
}

// updateFast is the body with assembly.
func (b *body) updateFast(u *updateKernel, o *ir.Map, t *plan.Tensor, holders map[string]string, inner *body) []jen.Code {
	name := b.e.updateKernel(u, o.Doc)
	call := func(field, index, vectors string) jen.Code {
		var args []string
		for _, a := range u.Arrays {
			h := holders[a]
			switch h {
			case b.weights:
				h = "p"
			case b.grads:
				h = "g"
			}
			args = append(args, fmt.Sprintf("&%s.%s%s", h, field, index))
		}
		for i, x := range o.In {
			if isNumber(o.In[i]) {
				args = append(args, "&"+inner.at[x].idx)
			}
		}
		args = append(args, vectors)
		return jen.Id(name).Call(exprf("%s", strings.Join(args, ", ")))
	}
	return b.e.updateCalls(t, b.e.target().Lanes(u.Elem), call)
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
		out = append(out, forRange("q", fmt.Sprint(l.Full), loop(pieces(t.Field, "[q][%s][0]", l.In, schedule.Panel))...))
	}
	if l.Tail > 0 {
		out = append(out, pieces(t.TailField(), "[%s][0]", l.In, l.Tail))
	}
	return out
}

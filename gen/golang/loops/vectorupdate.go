package loops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
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

// UpdateOf describes an operation on parameter-shaped values to assembly, and
// says where its arrays lie; it reports false where there can be none.
func (e *Loops) UpdateOf(o *ir.Map, holder func(v *ir.Value) string) (u *updateKernel, holders map[string]string, ok bool) {
	elem := o.Out[0].DType
	u = &updateKernel{Update: kernel.Update{Double: elem == ir.Float64, Prog: o.Prog, Elem: source.TypeName(elem)}}
	holders = map[string]string{}
	for i, x := range o.In {
		if source.IsNumber(x) {
			u.Singles = append(u.Singles, o.InNames[i])
		} else {
			u.Arrays = append(u.Arrays, o.InNames[i])
			holders[o.InNames[i]] = holder(x)
		}
	}
	for i, y := range o.Out {
		name := o.OutNames[i]
		u.Stores = append(u.Stores, name)
		if h, ok := holders[name]; ok && h != holder(y) {
			return nil, nil, false // a leaf of the result's name is another array
		}
		if !slices.Contains(u.Arrays, name) {
			u.Arrays = append(u.Arrays, name)
			holders[name] = holder(y)
		}
	}
	return u, holders, e.AnyTarget(func(t *target.Target) bool {
		_, ok := t.Update(&u.Update)
		return ok
	})
}

// updateKernel is the assembly of an update.
func (e *Loops) updateKernel(u *updateKernel, hint string) string {
	return e.Assembly(u.Key(), hint+" elements", "computes "+source.WrapFormula(u.Prog)+" for every element.", u.text)
}

// NumbersOf are the operands of an update that are numbers of the step.
func NumbersOf(o *ir.Map) (numbers []*ir.Value, names []string) {
	for i, x := range o.In {
		if source.IsNumber(x) {
			numbers, names = append(numbers, x), append(names, o.InNames[i])
		}
	}
	return numbers, names
}

// UpdateArray is what an update reads and writes in one holder.
type UpdateArray struct {
	Holder, Name string
	Values       []*ir.Value
}

// UpdateFunction is the function of an operation on parameter-shaped values, one for all
// tensors: it gets their arrays as slices. u is its assembly, if there is any.
func (e *Loops) UpdateFunction(key string, o *ir.Map, arrays []*UpdateArray, u *updateKernel) *function.Func {
	return e.Make("update "+key, o.Doc+" elements", func(k *function.Func) {
		k.Train = true
		k.Doc = []string{
			fmt.Sprintf("%s is %s for every element. What lies between", k.Name, source.WrapFormula(o.Prog)),
			"the rows of a tensor is computed with them; it holds nothing.",
		}
		p := &updatePrinter{e: e, Map: o, arrayOf: map[string]string{}}
		p.loop(k, arrays)
		if u == nil {
			return
		}
		k.Rows, k.Generic, k.Body = true, k.Body, nil
		e.Fast(k, func() []jen.Code {
			if _, ok := e.Target().Update(&u.Update); !ok {
				return nil
			}
			return p.calls(u)
		})
	})
}

// updatePrinter prints it.
type updatePrinter struct {
	*ir.Map
	e       *Loops
	numbers []string          // the parameters that are numbers
	arrays  []string          // those that are arrays
	arrayOf map[string]string // by leaf
}

// loop is the function in portable Go.
func (p *updatePrinter) loop(k *function.Func, arrays []*UpdateArray) {
	names, at, elem := p.e.Local(), map[*ir.Value]string{}, p.Out[0].DType
	numbers, leaves := NumbersOf(p.Map)
	for i, x := range numbers {
		at[x] = names.Name(leaves[i])
		p.numbers = append(p.numbers, at[x])
		k.Args = append(k.Args, function.Arg{Name: at[x], Type: source.TypeName(elem)})
	}
	for _, a := range arrays {
		name := names.Own(a.Name)
		for _, v := range a.Values {
			at[v] = name
		}
		p.arrays = append(p.arrays, name)
		k.Args = append(k.Args, function.Arg{Name: name, Type: "[]" + source.TypeName(elem)})
	}
	s := p.e.Scalar(elem)
	s.Avoid(names)
	var loop []jen.Code
	for i, x := range p.In {
		if source.IsNumber(x) {
			s.Bind(p.InNames[i], at[x])
			continue
		}
		name := s.Fresh(p.InNames[i])
		s.Bind(p.InNames[i], name)
		loop = append(loop, source.Letf(name, "%s[j]", at[x]))
	}
	loop = append(loop, s.Assigns(p.Prog)...)
	for i, y := range p.Out {
		loop = append(loop, source.Setf(at[y]+"[j]", "%s", s.Names[p.OutNames[i]]))
	}
	k.Body = append(k.Bounds(p.arrays[0]), source.ForRange("j", p.arrays[0], loop...))
	for i, x := range slices.Concat(p.In, p.Out) {
		if name := slices.Concat(p.InNames, p.OutNames)[i]; p.arrayOf[name] == "" {
			p.arrayOf[name] = at[x]
		}
	}
}

// calls is the body with assembly. The last vector may reach into the padding of a
// tensor.
func (p *updatePrinter) calls(u *updateKernel) []jen.Code {
	name, lanes := p.e.updateKernel(u, p.Doc), p.e.Target().Lanes(u.Elem)
	call := func(vectors string) jen.Code {
		var args []string
		for _, a := range u.Arrays {
			args = append(args, "&"+p.arrayOf[a]+"[0]")
		}
		for _, x := range p.numbers {
			args = append(args, "&"+x)
		}
		return jen.Id(name).Call(source.Exprf("%s", strings.Join(append(args, vectors), ", ")))
	}
	last := call(fmt.Sprintf("(len(%s)+%d)/%d", p.arrays[0], lanes-1, lanes))
	per := calls.UpdateOf(p.e.plan)
	if per == 0 {
		return []jen.Code{last}
	}
	var rest []string
	for _, a := range p.arrays {
		rest = append(rest, fmt.Sprintf("%s[%d:]", a, per))
	}
	return []jen.Code{
		jen.For(source.Exprf("len(%s) > %d", p.arrays[0], per)).Block(call(fmt.Sprint(per/lanes)), p.e.Preempt(),
			source.Setf(strings.Join(p.arrays, ", "), "%s", strings.Join(rest, ", "))),
		last,
	}
}

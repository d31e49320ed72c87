package loops

import (
	"fmt"
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

// MixOf is the function of a run of operations on the elements of a sample.
func (e *Loops) MixOf(m *calls.Mix, train bool) *function.Func {
	k, docs := m.Kernel, []string{}
	for _, s := range m.Steps {
		docs = append(docs, docOf(s.Op))
	}
	elem := m.Steps[0].Op.Outs()[0].DType
	kinds := make([]string, len(m.Ins)) // a number of the step is passed by its value
	for i, x := range m.Ins {
		if kinds[i] = "*" + source.Array(elem, x.Size()); x.IsNumber() {
			kinds[i] = source.TypeName(elem)
		}
	}
	return e.Make(fmt.Sprint(k.Key(), kinds), docs[len(docs)-1], func(f *function.Func) {
		f.Train = train
		f.Doc = []string{fmt.Sprintf("%s is, of a sample, %s: %s.", f.Name, strings.Join(docs, ", "), source.WrapFormula(k))}
		var args []string
		add := func(name, kind string) {
			f.Args = append(f.Args, function.Arg{Name: name, Type: kind})
			if strings.HasPrefix(kind, "*") {
				name += "[0]"
			}
			args = append(args, "&"+name)
		}
		for i, y := range m.Stored {
			add(kernel.Stored(i), "*"+source.Array(elem, y.Size()))
		}
		for i, kind := range kinds {
			add(kernel.Leaf(i), kind)
		}
		f.Body = e.mixed(m, elem)
		e.Fast(f, func() []jen.Code {
			name := e.Assembly(k.Key(), fmt.Sprint("mix", k.Size), "computes "+source.WrapFormula(k)+".", func(t *target.Target, name string, doc []string) *asm.Func {
				v := *k
				v.Name, v.Doc = name, doc
				fn, _ := t.Mix(&v)
				return fn
			})
			return []jen.Code{jen.Id(name).Call(source.Exprf("%s", strings.Join(args, ", ")))}
		})
	})
}

func docOf(op ir.Op) string {
	if o, ok := op.(*ir.Map); ok {
		return o.Doc
	}
	return op.(*ir.Reduce).Doc
}

// mixed are the portable loops of a run.
func (e *Loops) mixed(m *calls.Mix, elem ir.DType) (code []jen.Code) {
	T, k := source.TypeName(elem), m.Kernel
	at := map[*ir.Value]func(j string) string{}
	element := func(name string) func(string) string { return func(j string) string { return name + "[" + j + "]" } }
	number := func(name string) func(string) string { return func(string) string { return name } }
	for i, x := range m.Ins {
		switch name := kernel.Leaf(i); {
		case x.IsNumber():
			at[x] = number(name)
		case x.Size() == 1:
			at[x] = number(name + "[0]")
		default:
			at[x] = element(name)
		}
	}
	stored := 0
	for i, s := range m.Steps {
		y, stage := s.Op.Outs()[0], &k.Stages[i]
		name, to := fmt.Sprintf("v_%d", i), ""
		if stage.Stored {
			to = kernel.Stored(stored)
			stored++
		}
		term := func(j string) *jen.Statement {
			operands := make([]string, len(stage.In))
			for n, x := range s.Op.Ins() {
				operands[n] = at[x](j)
			}
			if o, ok := s.Op.(*ir.Map); ok {
				return e.Apply(elem, o.Doc, o.Prog, o.InNames, operands, o.OutNames[0])
			}
			o := s.Op.(*ir.Reduce)
			return e.Apply(elem, o.Doc, o.Prog, o.InNames, operands, "e")
		}
		switch n := k.Size; {
		case stage.Reduction == kernel.Greatest:
			larger := e.Function(elem, "larger", MaxProgram, []string{"a", "b"}, "m")
			code = append(code, source.Let(name, term("0")), jen.For(source.Letf("j", "1"), source.Exprf("j < %d", n), source.Exprf("j++")).Block(
				source.Set(name, larger.Call(source.Exprf("%s", name), term("j")))))
		case stage.Reduction == kernel.Total:
			code = append(code, e.ChainSum(elem, name, n, stage.Chains, term)...)
		case stage.Number:
			code = append(code, source.Let(name, jen.Id(T).Call(term(""))))
		default:
			if to == "" {
				code = append(code, jen.Var().Id(name).Id(source.Array(elem, n)))
			} else {
				name = to
			}
			code = append(code, source.ForRange("j", name, source.Set(name+"[j]", jen.Id(T).Call(term("j")))))
			at[y] = element(name)
			continue
		}
		at[y] = number(name)
		if to != "" {
			code = append(code, source.Setf(to+"[0]", "%s", name))
		}
	}
	return code
}

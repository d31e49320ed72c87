package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
)

// reduction emits a sum or maximum over the elements of a sample as the call of a
// function, which values of all sizes share.
func (b *body) reduction(o *ir.Reduce, chains int) {
	var args, kinds []string
	for _, x := range o.In {
		if x.Size() == 1 {
			args, kinds = append(args, b.operand(x, "0")), append(kinds, typeName(b.e.elem))
		} else {
			args, kinds = append(args, b.at[x].idx+"[:]"), append(kinds, "[]"+typeName(b.e.elem))
		}
	}
	k := b.e.reductionOf(o, chains, kinds, b.training)
	b.add(set(b.result(o.Y).idx+"[0]", b.e.id(k).Call(exprf("%s", strings.Join(args, ", ")))))
}

// reductionOf is its function, of operands of some Go types.
func (e *loops) reductionOf(o *ir.Reduce, chains int, kinds []string, train bool) *kernelFunc {
	key := fmt.Sprintf("reduction %v %d %v %s", o.Kind, chains, kinds, kernel.Positional(o.Prog, o.InNames, "e"))
	return e.kernel(key, o.Doc+map[bool]string{true: " maximum", false: " sum"}[o.Kind == ir.MaxOf], func(k *kernelFunc) {
		k.train, k.result = train, typeName(e.elem)
		wide := ""
		for i, kind := range kinds {
			name := fmt.Sprint("x", i)
			if strings.HasPrefix(kind, "[]") && wide == "" {
				wide = name
			}
			k.args = append(k.args, arg{name, kind})
		}
		term := func(j string) *jen.Statement {
			operands := make([]string, len(o.In))
			for i, a := range k.args {
				operands[i] = a.name
				if strings.HasPrefix(a.typ, "[]") {
					operands[i] += "[" + j + "]"
				}
			}
			return e.Apply(o.Doc, o.Prog, o.InNames, operands, "e")
		}
		T := typeName(e.elem)
		if wide == "" { // one element: its sum begins at 0, which −0 shows
			k.doc = []string{fmt.Sprintf("%s is %s.", k.name, wrapFormula(o.Prog))}
			value := jen.Id(T).Call(term(""))
			if o.Kind != ir.MaxOf {
				k.body = []jen.Code{jen.Var().Id("s").Id(T), jen.Id("s").Op("+=").Add(value), jen.Return(jen.Id("s"))}
			} else {
				k.body = []jen.Code{jen.Return(value)}
			}
			return
		}
		k.body = k.bounds(wide)
		if o.Kind == ir.MaxOf {
			k.doc = []string{fmt.Sprintf("%s is the greatest of the elements' %s.", k.name, wrapFormula(o.Prog))}
			larger := e.Function("larger", maxProgram, []string{"a", "b"}, "m")
			k.body = append(k.body, let("s", term("0")),
				jen.For(letf("j", "1"), exprf("j < len(%s)", wide), exprf("j++")).Block(set("s", larger.Call(exprf("s"), term("j")))),
				jen.Return(exprf("s")))
			return
		}
		k.doc = []string{fmt.Sprintf("%s is the sum of the elements' %s, in %d chains.", k.name, wrapFormula(o.Prog), chains)}
		k.body = append(k.body, inChains(wide, T, chains, term)...)
	})
}

// inChains sums as many terms as a slice has elements, in chains that are then added in
// halves.
func inChains(wide, T string, chains int, term func(j string) *jen.Statement) []jen.Code {
	names := make([]string, chains)
	var loop, rest []jen.Code
	for i := range names {
		names[i] = fmt.Sprint("s", i)
		at := strings.TrimSuffix(fmt.Sprintf("j+%d", i), "+0")
		add := func() *jen.Statement { return jen.Id(names[i]).Op("+=").Id(T).Call(term(at)) }
		loop = append(loop, add())
		if i < chains-1 {
			rest = append(rest, jen.If(exprf("%s < len(%s)", at, wide)).Block(add()))
		}
	}
	out := []jen.Code{
		jen.Var().Id(joinComma(names)).Id(T), letf("j", "0"),
		jen.For(jen.Empty(), exprf("j+%d < len(%s)", chains-1, wide), exprf("j += %d", chains)).Block(loop...),
	}
	return append(append(out, rest...), jen.Return(exprf("%s", halves(names))))
}

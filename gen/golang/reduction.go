package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
)

// reduction emits a sum or maximum over the elements of a sample as the call of a
// function, which values of all sizes share.
func (b *body) reduction(o *ir.Reduce, chains int) {
	var args, kinds []string
	for _, x := range o.In {
		if x.Size() == 1 {
			args, kinds = append(args, b.operand(x, "0")), append(kinds, source.TypeName(b.e.elem))
		} else {
			args, kinds = append(args, b.at[x].idx+"[:]"), append(kinds, "[]"+source.TypeName(b.e.elem))
		}
	}
	k := b.e.reductionOf(o, chains, kinds, b.training)
	b.add(source.Set(b.result(o.Y).idx+"[0]", b.e.ID(k).Call(source.Exprf("%s", strings.Join(args, ", ")))))
}

// reductionOf is its function, of operands of some Go types.
func (e *loops) reductionOf(o *ir.Reduce, chains int, kinds []string, train bool) *function.Func {
	key := fmt.Sprintf("reduction %v %d %v %s", o.Kind, chains, kinds, kernel.Positional(o.Prog, o.InNames, "e"))
	return e.Make(key, o.Doc+map[bool]string{true: " maximum", false: " sum"}[o.Kind == ir.MaxOf], func(k *function.Func) {
		k.Train, k.Result = train, source.TypeName(e.elem)
		wide := ""
		for i, kind := range kinds {
			name := fmt.Sprint("x", i)
			if strings.HasPrefix(kind, "[]") && wide == "" {
				wide = name
			}
			k.Args = append(k.Args, function.Arg{Name: name, Type: kind})
		}
		term := func(j string) *jen.Statement {
			operands := make([]string, len(o.In))
			for i, a := range k.Args {
				operands[i] = a.Name
				if strings.HasPrefix(a.Type, "[]") {
					operands[i] += "[" + j + "]"
				}
			}
			return e.Apply(o.Doc, o.Prog, o.InNames, operands, "e")
		}
		T := source.TypeName(e.elem)
		if wide == "" { // one element: its sum begins at 0, which −0 shows
			k.Doc = []string{fmt.Sprintf("%s is %s.", k.Name, source.WrapFormula(o.Prog))}
			value := jen.Id(T).Call(term(""))
			if o.Kind != ir.MaxOf {
				k.Body = []jen.Code{jen.Var().Id("s").Id(T), jen.Id("s").Op("+=").Add(value), jen.Return(jen.Id("s"))}
			} else {
				k.Body = []jen.Code{jen.Return(value)}
			}
			return
		}
		k.Body = k.Bounds(wide)
		if o.Kind == ir.MaxOf {
			k.Doc = []string{fmt.Sprintf("%s is the greatest of the elements' %s.", k.Name, source.WrapFormula(o.Prog))}
			larger := e.Function("larger", maxProgram, []string{"a", "b"}, "m")
			k.Body = append(k.Body, source.Let("s", term("0")),
				jen.For(source.Letf("j", "1"), source.Exprf("j < len(%s)", wide), source.Exprf("j++")).Block(source.Set("s", larger.Call(source.Exprf("s"), term("j")))),
				jen.Return(source.Exprf("s")))
			return
		}
		k.Doc = []string{fmt.Sprintf("%s is the sum of the elements' %s, in %d chains.", k.Name, source.WrapFormula(o.Prog), chains)}
		k.Body = append(k.Body, inChains(wide, T, chains, term)...)
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
			rest = append(rest, jen.If(source.Exprf("%s < len(%s)", at, wide)).Block(add()))
		}
	}
	out := []jen.Code{
		jen.Var().Id(source.JoinComma(names)).Id(T), source.Letf("j", "0"),
		jen.For(jen.Empty(), source.Exprf("j+%d < len(%s)", chains-1, wide), source.Exprf("j += %d", chains)).Block(loop...),
	}
	return append(append(out, rest...), jen.Return(source.Exprf("%s", halves(names))))
}

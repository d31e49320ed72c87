package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// MaxProgram is the greater of two numbers.
var MaxProgram = expr.One("m", expr.Max(expr.L("a"), expr.L("b")))

// ChainSum adds n terms of a type in c chains, which are then added in halves.
func (e *Loops) ChainSum(elem ir.DType, acc string, n, c int, term func(j string) *jen.Statement) []jen.Code {
	T := source.TypeName(elem)
	switch {
	case n == 1:
		return []jen.Code{source.Let(acc, term("0"))}
	case c == 1:
		return []jen.Code{
			jen.Var().Id(acc).Id(T),
			jen.For(jen.Id("j").Op(":=").Range().Id(fmt.Sprint(n))).Block(jen.Id(acc).Op("+=").Add(jen.Id(T).Call(term("j")))),
		}
	}
	names := make([]string, c)
	var loop, tail []jen.Code
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", acc, i)
		if strings.Contains(acc, "_") { // s_2 is the second sum, s_2_0 its first chain
			names[i] = fmt.Sprintf("%s_%d", acc, i)
		}
		at := "j"
		if i > 0 {
			at = fmt.Sprintf("j+%d", i)
		}
		loop = append(loop, jen.Id(names[i]).Op("+=").Add(jen.Id(T).Call(term(at))))
	}
	for j := n - n%c; j < n; j++ {
		tail = append(tail, jen.Id(names[j%c]).Op("+=").Add(jen.Id(T).Call(term(fmt.Sprint(j)))))
	}
	out := []jen.Code{jen.Var().Id(source.JoinComma(names)).Id(T), source.ForStep("j", n-c, c, loop...)}
	out = append(out, tail...)
	return append(out, source.Letf(acc, "%s", halves(names)))
}

// halves is the sum of the chains in halves: ((s0+s2)+(s1+s3)).
func halves(names []string) string {
	terms := append([]string(nil), names...)
	for h := len(terms) / 2; h >= 1; h /= 2 {
		for i := range h {
			terms[i] = "(" + terms[i] + " + " + terms[i+h] + ")"
		}
	}
	return terms[0]
}

// Halve is the call that adds the 16 lanes of a type in halves.
func (e *Loops) Halve(elem ir.DType) *jen.Statement {
	return e.ID(e.Make(fmt.Sprint("halve ", elem), "halve", func(k *function.Func) {
		k.Train = true
		k.Doc = []string{k.Name + " adds the lanes in halves: lane i += lane i+8, i+4, i+2, i+1."}
		k.Args = []function.Arg{{Name: "lanes", Type: "*[16]" + source.TypeName(elem)}}
		for _, h := range []string{"8", "4", "2"} { // constants: no bounds checks
			k.Body = append(k.Body, source.ForRange("i", h, jen.Id("lanes[i]").Op("+=").Id("lanes[i+"+h+"]")))
		}
		k.Body = append(k.Body, jen.Return(source.Exprf("lanes[0] + lanes[1]")))
		k.Result = source.TypeName(elem)
	})).Call(source.Exprf("&lanes"))
}

// Sums is the function of the sums over rows of equal length, a number of y for each,
// that assembly k computes.
func (e *Loops) Sums(o *ir.Reduce, k *kernel.Map, train bool) *function.Func {
	T := source.TypeName(o.Y.DType)
	kinds := make([]string, len(o.In))
	for i, x := range o.In {
		if kinds[i] = "[]" + T; x.IsNumber() {
			kinds[i] = T
		}
	}
	return e.Make("sums "+k.Key(), o.Doc+" sums", func(f *function.Func) {
		one := e.ReductionOf(o, k.Chains, kinds, train)
		f.Train = train
		f.Doc = []string{fmt.Sprintf("%s is the sum of the elements' %s, in %d chains, of each of len(y) rows.", f.Name, source.WrapFormula(o.Prog), k.Chains)}
		f.Args = []function.Arg{{Name: "y", Type: "[]" + T}}
		args, pass, wide := []string{"&y[0]"}, []string{}, ""
		for i, kind := range kinds {
			name := kernel.Leaf(i)
			f.Args = append(f.Args, function.Arg{Name: name, Type: kind})
			if kind == T {
				args, pass = append(args, "&"+name), append(pass, name)
				continue
			}
			wide = name
			args, pass = append(args, "&"+name+"[0]"), append(pass, name+"[i*n:][:n]")
		}
		f.Body = []jen.Code{
			source.Letf("n", "len(%s) / len(y)", wide),
			source.ForRange("i", "y", source.Set("y[i]", e.ID(one).Call(source.Exprf("%s", strings.Join(pass, ", "))))),
		}
		e.Fast(f, func() []jen.Code {
			if !canMap(e.Target(), k) {
				return nil
			}
			return []jen.Code{jen.Id(e.mapAssembly(k, o.Doc)).Call(source.Exprf("%s, len(%s)/len(y), len(y), 0", strings.Join(args, ", "), wide))}
		})
	})
}

// ReductionOf is its function, of operands of some Go types.
func (e *Loops) ReductionOf(o *ir.Reduce, chains int, kinds []string, train bool) *function.Func {
	key := fmt.Sprintf("reduction %v %s %d %v %s", o.Kind, o.Y.DType, chains, kinds, kernel.Positional(o.Prog, o.InNames, "e"))
	return e.Make(key, o.Doc+map[bool]string{true: " maximum", false: " sum"}[o.Kind == ir.MaxOf], func(k *function.Func) {
		T := source.TypeName(o.Y.DType)
		k.Train, k.Result = train, T
		wide, rows := "", []string{}
		for i, kind := range kinds {
			name := fmt.Sprint("x", i)
			if strings.HasPrefix(kind, "[]") {
				rows = append(rows, name)
				wide = rows[0]
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
			return e.Apply(o.Y.DType, o.Doc, o.Prog, o.InNames, operands, "e")
		}
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
			larger := e.Function(o.Y.DType, "larger", MaxProgram, []string{"a", "b"}, "m")
			k.Body = append(k.Body, source.Let("s", term("0")),
				jen.For(source.Letf("j", "1"), source.Exprf("j < len(%s)", wide), source.Exprf("j++")).Block(source.Set("s", larger.Call(source.Exprf("s"), term("j")))),
				jen.Return(source.Exprf("s")))
			return
		}
		k.Doc = []string{fmt.Sprintf("%s is the sum of the elements' %s, in %d chains.", k.Name, source.WrapFormula(o.Prog), chains)}
		k.Body = append(k.Body, inChains(rows, T, chains, term)...)
	})
}

// inChains sums as many terms as the slices of a function have elements, in chains that
// are then added in halves.
func inChains(slices []string, T string, chains int, term func(j string) *jen.Statement) []jen.Code {
	names := make([]string, chains)
	has := func(n int, than string) *jen.Statement {
		where := make([]string, len(slices))
		for i, s := range slices {
			where[i] = fmt.Sprintf("len(%s) %s %d", s, than, n)
		}
		return source.Exprf("%s", strings.Join(where, " && "))
	}
	var loop, rest []jen.Code
	for i := range names {
		names[i] = fmt.Sprint("s", i)
		add := func() *jen.Statement { return jen.Id(names[i]).Op("+=").Id(T).Call(term(fmt.Sprint(i))) }
		loop = append(loop, add())
		if i < chains-1 {
			rest = append(rest, jen.If(has(i, ">")).Block(add()))
		}
	}
	for _, s := range slices {
		loop = append(loop, source.Setf(s, "%s[%d:]", s, chains))
	}
	out := []jen.Code{jen.Var().Id(source.JoinComma(names)).Id(T), jen.For(has(chains, ">=")).Block(loop...)}
	return append(append(out, rest...), jen.Return(source.Exprf("%s", halves(names))))
}

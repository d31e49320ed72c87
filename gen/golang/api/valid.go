package api

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// EachClass runs code on a class that is out of range.
func EachClass(o ir.Output, y string, bad func(class string) jen.Code) jen.Code {
	class := y
	if o.Numbers() > 1 {
		class = "c"
	}
	code := jen.If(source.Exprf("uint32(%s) >= %d", class, o.Classes())).Block(bad(class))
	if o.Numbers() > 1 {
		return source.ForRange("_, c", y, code)
	}
	return code
}

// valid prints the methods that check targets from outside.
func (e *API) valid(f *jen.File) {
	var body []jen.Code
	number := false
	for _, o := range e.Trained() {
		field := ""
		if len(e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		what := jen.Lit(e.Title + ".Target" + field)
		if o.Class {
			body = append(body, EachClass(o, "y"+field, func(class string) jen.Code {
				return jen.Return(e.RT("ClassError").Call(what, source.Exprf("int(%s)", class), source.Exprf("%d", o.Classes())))
			}))
			number = number || o.Numbers() > 1
			continue
		}
		number = true
		over := "y"
		if field != "" {
			over = "&y" + field // not a copy
		}
		body = append(body, source.ForRange("i, v", over, jen.If(source.Exprf("v-v != 0")).Block(
			jen.Return(e.RT("NumberError").Call(what, source.Exprf("i"), source.Exprf("float64(v)"))))))
	}
	receiver := "*Target"
	if len(e.prog.Outputs) == 1 && !number {
		receiver = "Target"
	}
	f.Comment("Valid returns an error for a class out of range, for which training panics, and")
	f.Comment("for a number that is not finite. Check so what comes from outside.")
	f.Func().Params(jen.Id("y").Id(receiver)).Id("Valid").Params().Error().Block(append(body, jen.Return(jen.Nil()))...)
	f.Line()
	f.Comment("ValidTargets returns an error for the first target that is not valid.")
	f.Func().Id("ValidTargets").Params(jen.Id("y").Index().Id("Target")).Error().Block(
		source.ForRange("i", "y", jen.If(source.Letf("err", "y[i].Valid()"), source.Exprf("err != nil")).Block(
			jen.Return(e.RT("TargetError").Call(source.Exprf("i"), source.Exprf("err"))))),
		jen.Return(jen.Nil()))
	f.Line()
}

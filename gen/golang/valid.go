package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/spec"
)

// valid prints the methods that check targets from outside.
func (e *emitter) valid(f *jen.File) {
	var body []jen.Code
	number := false
	for _, o := range e.Trained() {
		field := ""
		if len(e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		what := jen.Lit(e.opts.Package + ".Target" + field)
		if o.Class {
			body = append(body, jen.If(exprf("uint32(y%s) >= %d", field, o.Value.Size())).Block(
				jen.Return(e.RT("ClassError").Call(what, exprf("int(y%s)", field), exprf("%d", o.Value.Size())))))
			continue
		}
		number = true
		over := "y"
		if field != "" {
			over = "&y" + field // not a copy
		}
		body = append(body, forRange("i, v", over, jen.If(exprf("v-v != 0")).Block(
			jen.Return(e.RT("NumberError").Call(what, exprf("i"), exprf("float64(v)"))))))
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
		forRange("i", "y", jen.If(letf("err", "y[i].Valid()"), exprf("err != nil")).Block(
			jen.Return(e.RT("TargetError").Call(exprf("i"), exprf("err"))))),
		jen.Return(jen.Nil()))
	f.Line()
}

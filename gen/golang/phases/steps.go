package phases

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// Steps prints the method that calls what Forward does step by step.
func (e *Phases) Steps() (*jen.File, error) {
	b := &body{
		e: e, phase: e.plan.Infer, slots: "ws", weights: "p", net: "n", apart: true,
		names: e.Local(append(e.StateNames(), "i", "steps", "j", "times")...), at: map[*ir.Value]place{},
	}
	b.bindInputs("x")
	e.bindOutputs(b)
	e.bindMemory(b)
	if b.declared = b.take(); len(b.declared) > 0 {
		b.declared = append(b.declared, source.Setf("_", "next"))
	}
	var list []jen.Code
	each := func(do func() error) error {
		err := do()
		list = append(list, jen.Func().Params().Block(b.take()...))
		return err
	}
	err := plan.Walk(len(b.phase.Steps), b.phase.Repeats, func(i int) error {
		return each(func() error { return b.step(b.phase.Steps[i]) })
	}, func(r *plan.Repeat) error {
		first := b.phase.Steps[r.First : r.First+r.Period]
		return each(func() error { return b.loop(r, first, func() error { return b.runSteps(first, nil) }) })
	})
	if err != nil {
		return nil, err
	}
	f := e.File()
	f.Comment("Step does what Forward does before its step i, and returns what does that any number of times.")
	var stmts []jen.Code
	if b.usesParams() {
		stmts = append(stmts, source.Letf("p", "n.p"))
	}
	stmts = append(append(stmts, b.declared...),
		jen.Id("steps").Op(":=").Index(jen.Op("...")).Func().Params().Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, list...),
		source.ForRange("j", "i", jen.Id("steps[j]").Call()),
		jen.Return(jen.Func().Params(jen.Id("times").Int()).Block(jen.For(jen.Range().Id("times")).Block(jen.Id("steps[i]").Call()))))
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("Step").Params(
		append(append([]jen.Code{jen.Id("i").Int(), jen.Id("y").Op("*").Id("Output"), jen.Id("x").Op("*").Id("Input")}, e.stateArg("*State")...), jen.Id("ws").Op("*").Id("Workspace"))...,
	).Params(jen.Func().Params(jen.Id("times").Int())).Block(stmts...)
	return f, nil
}

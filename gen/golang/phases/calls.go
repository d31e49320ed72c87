package phases

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// Calls prints the methods that give what inference and training do call by call, each
// a function of its own, for measurements: of one sample, and where there is assembly,
// of a batch.
func (e *Phases) Calls() (*jen.File, error) {
	f := e.File()
	if err := e.forwardCalls(f); err != nil || !e.plan.Layerwise {
		return f, err
	}
	if err := e.rowsCalls(f); err != nil || e.plan.Train == nil {
		return f, err
	}
	return f, e.trainCalls(f)
}

// callList is the method's last statement, which returns functions.
func callList(list []jen.Code) jen.Code {
	return jen.Return(jen.Index().Func().Params().Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, list...))
}

// apartly emits steps as functions, numbers of the step before all of them.
func (b *body) apartly(steps []*plan.Step, repeats []*plan.Repeat, one func(s *plan.Step) error) (list []jen.Code, err error) {
	each := func(do func() error) error {
		err := do()
		list = append(list, jen.Func().Params().Block(b.take()...))
		return err
	}
	err = plan.Walk(len(steps), repeats, func(i int) error {
		if m, ok := steps[i].Op.(*ir.Map); ok && m.PerStep() {
			b.numbers(m)
			b.declared = append(b.declared, b.take()...)
			return nil
		}
		if m := b.mixOf(steps[i]); m != nil && steps[i] != m.Steps[0] {
			return nil
		}
		return each(func() error { return one(steps[i]) })
	}, func(r *plan.Repeat) error {
		first := steps[r.First : r.First+r.Period]
		return each(func() error {
			return b.loop(r, first, func() error {
				for _, s := range first {
					if err := one(s); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
	return list, err
}

// inRows emits a step of all samples of a batch.
func (b *body) inRows(s *plan.Step) error { return b.layersOf([]*plan.Step{s}, nil) }

// forwardCalls prints those of Forward.
func (e *Phases) forwardCalls(f *jen.File) error {
	b := &body{
		e: e, phase: e.plan.Infer, slots: "ws", weights: "p", net: "n", apart: true,
		names: e.Local(e.StateNames()...), at: map[*ir.Value]place{},
	}
	b.bindInputs("x")
	e.bindOutputs(b)
	e.bindMemory(b)
	if b.declared = b.take(); len(b.declared) > 0 {
		b.declared = append(b.declared, source.Setf("_", "next"))
	}
	list, err := b.apartly(b.phase.Steps, b.phase.Repeats, b.step)
	var stmts []jen.Code
	if b.usesParams() {
		stmts = append(stmts, source.Letf("p", "n.p"))
	}
	f.Comment("Calls are what Forward does, call by call.")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("Calls").Params(
		append(append([]jen.Code{jen.Id("y").Op("*").Id("Output"), jen.Id("x").Op("*").Id("Input")}, e.stateArg("*State")...), jen.Id("ws").Op("*").Id("Workspace"))...,
	).Index().Func().Params().Block(append(append(stmts, b.declared...), callList(list))...)
	f.Line()
	return err
}

// rowsCalls prints those of ForwardBatch.
func (e *Phases) rowsCalls(f *jen.File) error {
	b, _ := e.rowsBody()
	b.apart = true
	list, err := b.apartly(b.phase.Steps, b.phase.Repeats, b.inRows)
	stmts := []jen.Code{source.Setf("y", "y[:len(x)]")}
	if e.Remembers() {
		stmts = append(stmts, source.Letf("next", "ws.next[:len(x)]"), source.Setf("_", "next"))
	}
	if b.usesParams() {
		stmts = append(stmts, source.Letf("p", "n.p"))
	}
	f.Comment("BatchCalls are what ForwardBatch does with up to MaxBatch samples, call by call.")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("BatchCalls").Params(e.batchArgs()...).
		Index().Func().Params().Block(append(append(stmts, b.declared...), callList(list))...)
	f.Line()
	return err
}

// trainCalls prints those of a trainer's Step.
func (e *Phases) trainCalls(f *jen.File) error {
	var one []jen.Code
	if e.plan.Train.One != nil {
		if err := e.oneCalls(f); err != nil {
			return err
		}
		one = []jen.Code{jen.If(source.Exprf("len(x) == 1")).Block(jen.Return(source.Exprf("t.oneCalls(x, y)")))}
	}
	all := []jen.Code{}
	call := func(format string, args ...any) {
		all = append(all, source.Setf("calls", "append(calls, func() { "+format+" })", args...))
	}
	join := func(name, args string) {
		all = append(all, source.Setf("calls", "append(calls, t.%s(%s)...)", name, args))
	}
	for _, s := range e.TrainSteps {
		call("%s", s)
	}
	p := e.plan.Train.Gradients
	for n := range p.Phases(plan.Samples) {
		if n > 0 {
			call("t.batch%d(x)", n)
		}
		if err := e.samplesCalls(f, p, n); err != nil {
			return err
		}
		join(numberedName("samplesCalls", n), "x, y")
	}
	call("t.losses(x)")
	if e.plan.Train.Learn == nil {
		call("t.sums(&t.m.grads, x, 0, 1)")
		call("t.update(&t.m.grads)")
	} else {
		if err := e.learnCalls(f); err != nil {
			return err
		}
		join("learnCalls", "x")
	}
	f.Comment("Calls are what Step does with a batch, call by call.")
	f.Func().Params(jen.Id("t").Op("*").Id("Trainer")).Id("Calls").Params(jen.Id("x []Input, y []Target")).Params(jen.Id("calls").Index().Func().Params()).
		Block(append(append(one, all...), jen.Return(jen.Id("calls")))...)
	return nil
}

// listed prints a method that returns calls.
func (e *Phases) listed(f *jen.File, doc, name, args string, before, list []jen.Code) {
	e.method(f, []string{name + " are " + doc + ", call by call."}, name, args, "[]func()", append(before, callList(list)))
}

// oneCalls prints those of a step on one sample.
func (e *Phases) oneCalls(f *jen.File) error {
	b := e.oneBody()
	b.apart = true
	list, err := b.apartly(b.phase.Steps, b.phase.Repeats, b.step)
	e.listed(f, "a step on one sample", "oneCalls", "x []Input, y []Target", append(b.oneSpace(), b.declared...), list)
	return err
}

// samplesCalls prints those of the n-th stage of a training step over the samples.
func (e *Phases) samplesCalls(f *jen.File, p *plan.Batched, n int) error {
	b := e.batchBody(p, true, ":len(x)")
	b.phase, b.apart, b.sample = p.Phases(plan.Samples)[n], true, "t.seen+uint32(i)"
	b.bindCopies(p)
	before := b.samplesSpace(p, numberedName("gradientSpace", n))
	b.bindRows()
	list, err := b.apartly(b.phase.Steps, b.phase.Repeats, b.inRows)
	e.listed(f, "what the samples of a batch go through", numberedName("samplesCalls", n), "x []Input, y []Target", append(before, b.declared...), list)
	return err
}

// learnCalls prints those of the update of the parameters.
func (e *Phases) learnCalls(f *jen.File) error {
	b := e.learnBody()
	all, ranks := e.plan.Train.Learn, e.plan.Ranks()
	b.declared = append(b.take(), source.Letf("p, g, part, parts", "t.net.p, &t.m.grads, 0, 1"), source.Setf("_, _", "p, g"))
	steps := make([]*plan.Step, len(all))
	of := map[*plan.Step]plan.Learn{}
	for i, l := range all {
		steps[i] = &plan.Step{Op: l.Update}
		of[steps[i]] = l
	}
	list, err := b.apartly(steps, e.plan.Train.LearnRepeats, func(s *plan.Step) error { return b.learn(of[s], ranks) })
	e.listed(f, "the update of the parameters", "learnCalls", "x []Input", b.declared, list)
	return err
}

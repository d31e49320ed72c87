package phases

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/api"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// Train prints the trainer's memory, the gradients and the loss of a batch.
func (e *Phases) Train() (*jen.File, error) {
	f := e.File()
	e.TrainSteps = nil
	if err := e.stepOne(f); err != nil {
		return nil, err
	}
	if err := e.gradients(f); err != nil {
		return nil, err
	}
	if err := e.evaluate(f); err != nil {
		return nil, err
	}
	e.checks(f)
	e.memory(f)
	return f, nil
}

// batchBody is a body of a function over some of the samples of a batch.
func (e *Phases) batchBody(p *plan.Batched, training bool, from string) *body {
	b := &body{
		e: e, phase: p.Phases(plan.Samples)[0], slots: "ws", weights: "p", net: "t.net", training: training, layers: e.plan.Layerwise, from: from, group: e.plan.Train.Group > 0, variables: map[*ir.Value]string{},
		names: e.Local(),
		at:    map[*ir.Value]place{}, kept: map[*ir.Value]bool{},
		sample: "t.seen+uint32(from+i)",
	}
	if training {
		b.grads = "g"
	}
	for _, v := range e.plan.Train.Rows {
		b.kept[v] = true
	}
	for _, v := range e.plan.Train.Values {
		b.at[v] = place{b.rowsName(v), "&" + b.rowsName(v)}
	}
	b.bindScalars()
	return b
}

// method prints a method of Trainer.
func (e *Phases) method(f *jen.File, doc []string, name, args, result string, body []jen.Code) {
	for _, line := range doc {
		f.Comment(line)
	}
	m := f.Func().Params(jen.Id("t").Op("*").Id("Trainer")).Id(name).Params(jen.Id(args))
	if result != "" {
		m = m.Id(result)
	}
	m.Block(body...)
	f.Line()
}

// gradients prints the parts of a training step on a batch.
func (e *Phases) gradients(f *jen.File) error {
	p := e.plan.Train.Gradients
	prepared := false
	once := e.batchBody(p, true, ":len(x)")
	once.grads = "&t.m.grads"
	for _, s := range p.Prepare().Steps {
		if m, ok := s.Op.(*ir.Map); ok && m.PerStep() {
			continue
		}
		prepared = true
		once.phase = p.Prepare()
		if err := once.step(s); err != nil {
			return err
		}
	}
	if prepared {
		e.method(f, []string{"prepare makes what is the same for all samples of a step."}, "prepare", "", "",
			append([]jen.Code{source.Letf("p", "t.net.p")}, once.take()...))
		e.TrainSteps = append(e.TrainSteps, "t.prepare()")
	}
	for n := range p.Phases(plan.Samples) {
		if err := e.sampleStage(f, p, n); err != nil {
			return err
		}
	}
	if err := e.lossOf(f, p, "losses", "losses is the loss of a batch, once all samples went through the network.", e.prog.Loss, true); err != nil {
		return err
	}
	for _, ph := range p.Phases(plan.Groups) {
		if err := e.sums(f, p, ph, []string{
			"addSums adds to the gradients of parameters the sums over the samples of a group, in",
			"their order: one of several parts, which are whole parameters.",
		}, "addSums", "g *params, m *group, x []Input, part, parts int"); err != nil {
			return err
		}
	}
	if err := e.sums(f, p, p.Sums(), []string{
		"sums computes the gradients of the parameters, sums over the samples in their",
		"order: one of several parts, which are whole parameters.",
	}, "sums", "g *params, x []Input, part, parts int"); err != nil {
		return err
	}
	return e.learn(f)
}

// sums prints a method of sums over the samples.
func (e *Phases) sums(f *jen.File, p *plan.Batched, ph *plan.Phase, doc []string, name, args string) error {
	b := e.batchBody(p, true, ":len(x)")
	b.phase, b.weights = ph, "t.net.p"
	b.neededNumbers(p.Prepare().Steps, ph.Steps)
	b.bindCopies(p)
	code, err := b.dealt()
	if err != nil {
		return err
	}
	e.method(f, doc, name, args, "", code)
	return nil
}

// groupArg is the parameter of what works in the memory of a group of samples.
func (e *Phases) groupArg() string {
	if e.plan.Train.Group > 0 {
		return "m *group, "
	}
	return ""
}

// samplesSpace are the variables that the statements of the body's phase find, over all
// samples of a batch.
func (b *body) samplesSpace(p *plan.Batched, space string) []jen.Code {
	var stmts []jen.Code
	if b.usesParams() {
		stmts = append(stmts, source.Letf("p", "t.net.p"))
	}
	switch {
	case len(b.phase.Slots) == 0:
	case b.group:
		stmts = append(stmts, source.Letf("ws", "&m.%s", space))
	case b.layers:
		stmts = append(stmts, source.Letf("ws", "&t.m.%s", space))
	default: // each worker has that of its first sample
		stmts = append(stmts, source.Letf("ws", "&t.m.%s[from]", space))
	}
	b.neededNumbers(p.Prepare().Steps, b.phase.Steps)
	b.wholeBatch()
	return append(stmts, b.take()...)
}

// samplesOf emits what is done for every sample in the body's phase.
func (b *body) samplesOf(p *plan.Batched, space string) ([]jen.Code, error) {
	stmts := b.samplesSpace(p, space)
	code, err := b.samples()
	if err != nil {
		return nil, err
	}
	rows := []jen.Code{source.Setf("x, y", "x[%s], y[%s]", b.from, b.from), source.Setf("y", "y[:len(x)]")}
	return append(append(append(stmts, rows...), b.declared...), code...), nil
}

// lossOf prints the method that adds the samples' losses.
func (e *Phases) lossOf(f *jen.File, p *plan.Batched, name, doc string, loss *ir.Value, training bool) error {
	b := e.batchBody(p, training, ":len(x)")
	b.phase = p.Loss()
	b.neededNumbers(p.Prepare().Steps, p.Loss().Steps)
	if err := b.run(); err != nil {
		return err
	}
	code := b.take()
	if training {
		code = append(code, b.keepSummedLoss()...)
	}
	e.method(f, []string{doc}, name, "x []Input", source.TypeName(loss.DType), append(code, jen.Return(source.Exprf("%s", b.at[loss].idx))))
	return nil
}

// keepSummedLoss stores the loss summed over the samples, if there is one.
func (b *body) keepSummedLoss() []jen.Code {
	if v := b.e.prog.SummedLoss; v != nil {
		return []jen.Code{source.Setf("t.summedLoss", "%s", b.at[v].idx)}
	}
	return nil
}

// evaluate prints the loss as in inference.
func (e *Phases) evaluate(f *jen.File) error {
	p := e.plan.Train.Evaluate
	b := e.batchBody(p, false, "from:from+n")
	code, err := b.samplesOf(p, "lossSpace")
	if err != nil {
		return err
	}
	e.method(f, []string{
		"evaluate computes the losses of n samples of a batch, the first of which is from, as",
		"in inference: nothing is dropped or updated.",
	}, "evaluate", e.groupArg()+"x []Input, y []Target, from, n int", "", code)
	return e.lossOf(f, p, "evaluated", "evaluated is the loss of a batch that was evaluated.", e.prog.EvalLoss, false)
}

// neededNumbers emits the numbers of the step that some steps read.
func (b *body) neededNumbers(numbers, steps []*plan.Step) {
	needed := map[*ir.Value]bool{}
	for _, s := range steps {
		for _, x := range s.Op.Ins() {
			needed[x] = true
		}
		for _, m := range s.Epilogue {
			for _, x := range m.In {
				needed[x] = true
			}
		}
		if s.Then != nil {
			needed[s.Then.Rate] = true
		}
	}
	var maps []*ir.Map
	for i := len(numbers) - 1; i >= 0; i-- {
		m, ok := numbers[i].Op.(*ir.Map)
		if !ok || !m.PerStep() || !slices.ContainsFunc(m.Out, func(y *ir.Value) bool { return needed[y] }) {
			continue
		}
		for _, x := range m.In {
			needed[x] = true
		}
		maps = append(maps, m)
	}
	slices.Reverse(maps)
	for _, m := range maps {
		b.numbersFor(m, needed)
	}
}

// bindScalars gives the numbers of the step their Go expressions.
func (b *body) bindScalars() {
	for _, v := range b.e.prog.Values {
		if v.Kind == ir.Scalar {
			expr := map[string]string{
				"batch": "float64(len(x))", "step": "float64(t.step)", "learning_rate": "float64(t.LearningRate)",
			}[v.Name]
			b.at[v] = place{expr, ""}
		}
	}
}

// samples emits what is done for every sample: layer by layer, or sample by
// sample.
func (b *body) samples() ([]jen.Code, error) {
	if b.layers {
		b.bindRows()
		if err := b.layerwise(); err != nil {
			return nil, err
		}
		return b.take(), nil
	}
	if b.readsInput() {
		b.add(source.Letf("in", "&x[i]"))
	}
	b.bindTargets()
	b.bindInputs("in")
	b.bindEarlier()
	if err := b.run(); err != nil {
		return nil, err
	}
	return []jen.Code{source.ForRange("i", "x", b.take()...)}, nil
}

// bindRows gives what there is before the body's phase its places, layer by layer.
func (b *body) bindRows() {
	b.bindTargets()
	for _, v := range b.e.prog.Inputs {
		b.rowPlace(v)
	}
	b.bindEarlier()
}

func (b *body) take() []jen.Code {
	s := b.stmts
	b.stmts = nil
	return s
}

// bindTargets gives the targets of sample i their places.
func (b *body) bindTargets() { b.bindTargetsAt("i") }

func (b *body) bindTargetsAt(i string) {
	for _, o := range b.e.Trained() {
		field := ""
		if len(b.e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		at := place{"y[" + i + "]" + field, "&y[" + i + "]" + field}
		if field == "" {
			at.ptr = fmt.Sprintf("(*%s)(%s)", source.Array(o.Target.DType, o.Target.Size()), at.ptr)
		}
		b.at[o.Target] = at
	}
}

// checks prints the test of a batch's length and classes.
func (e *Phases) checks(f *jen.File) {
	body := []jen.Code{
		jen.If(source.Exprf("len(x) < 1 || len(x) > MaxBatch")).Block(e.RT("BadBatch").Call(source.Exprf("fn"), source.Exprf("len(x)"), source.Exprf("MaxBatch"))),
		jen.If(source.Exprf("len(y) != len(x)")).Block(e.RT("BadMatch").Call(source.Exprf("fn"), jen.Lit("len(y)"), source.Exprf("len(y)"), jen.Lit("len(x)"), source.Exprf("len(x)"))),
	}
	for _, o := range e.Trained() {
		if !o.Class {
			continue
		}
		field := ""
		if len(e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		body = append(body, source.ForRange("i", "y", api.EachClass(o, "y[i]"+field, func(class string) jen.Code {
			return e.RT("BadClass").Call(source.Exprf("fn"), source.Exprf("i"), source.Exprf("int(%s)", class), source.Exprf("%d", o.Classes()))
		})))
	}
	f.Comment("check panics unless x and y are a batch.")
	f.Func().Id("check").Params(jen.Id("fn string, x []Input, y []Target")).Block(body...)
	f.Line()
}

// Update prints the optimiser's step and the penalty.
func (e *Phases) Update() (*jen.File, error) {
	f := e.File()
	b := &body{
		e: e, weights: "p", grads: "g", phase: e.plan.Train.Update, training: true,
		names: e.Local(), at: map[*ir.Value]place{},
	}
	b.bindScalars()
	if err := b.run(); err != nil {
		return nil, err
	}
	f.Comment(fmt.Sprintf("update changes the parameters by one step of %s on the gradients g.", e.net.Optimizer.Name))
	f.Func().Params(jen.Id("t").Op("*").Id("Trainer")).Id("update").Params(jen.Id("g").Op("*").Id("params")).Block(
		append([]jen.Code{source.Letf("p", "t.net.p")}, b.take()...)...)
	f.Line()
	if e.plan.Train.Penalty == nil {
		return f, nil
	}
	b.phase = e.plan.Train.Penalty
	if err := b.run(); err != nil {
		return nil, err
	}
	f.Comment("Penalty is the sum of the regularisers' penalties, which Step's loss leaves out.")
	f.Func().Params(jen.Id("t").Op("*").Id("Trainer")).Id("Penalty").Params().Id(source.TypeName(e.prog.PenaltyOf.DType)).Block(
		append(append([]jen.Code{source.Letf("p", "t.net.p")}, b.take()...), jen.Return(source.Exprf("%s", b.at[e.prog.PenaltyOf].idx)))...)
	return f, nil
}

package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/spec"
)

// train prints the trainer's memory, the gradients and the loss of a batch.
func (e *emitter) train() (*jen.File, error) {
	f := e.file()
	if err := e.batched(f, e.plan.Train.Gradients, batchedFunc{
		name: "gradients", grads: "g", slots: "gradientSpace", loss: e.prog.Loss,
		doc: []string{
			"gradients computes the gradients of the loss by the parameters, and the loss: the",
			"samples one after the other, then the sums over them in their order.",
		},
	}); err != nil {
		return nil, err
	}
	if err := e.batched(f, e.plan.Train.Evaluate, batchedFunc{
		name: "loss", slots: "lossSpace", loss: e.prog.EvalLoss,
		doc: []string{"loss computes the loss of a batch as in inference: nothing is dropped or updated."},
	}); err != nil {
		return nil, err
	}
	e.checks(f)
	e.memory(f)
	return f, nil
}

type batchedFunc struct {
	name, grads, slots string
	doc                []string
	loss               *ir.Value
}

// batched prints a function over a batch.
func (e *emitter) batched(f *jen.File, p *plan.Batched, fn batchedFunc) error {
	b := &body{
		e: e, slots: "ws", weights: "p", grads: fn.grads, training: fn.grads != "", layers: e.plan.Layerwise,
		names: e.local("x", "y", "t", "g", "p", "i", "j", "k", "q", "in", "target", "ws", "n", "o"),
		at:    map[*ir.Value]place{}, rows: map[*ir.Value]string{},
		sample: "t.samples+uint32(i)",
	}
	for _, v := range e.plan.Train.Rows {
		b.rows[v] = b.rowsName(v) + "[i]"
	}
	b.bindScalars()
	sums, err := b.phases(p)
	if err != nil {
		return err
	}
	stmts := []jen.Code{letf("p", "t.net.p")}
	if len(p.Sample.Slots) > 0 {
		stmts = append(stmts, letf("ws", "&t.m.%s", fn.slots))
	}
	stmts = append(stmts, sums...)
	stmts = append(stmts, jen.Return(exprf("%s", b.at[fn.loss].idx)))
	for _, line := range fn.doc {
		f.Comment(line)
	}
	args := []jen.Code{jen.Id("x").Index().Id("Input"), jen.Id("y").Index().Id("Target")}
	if fn.grads != "" {
		args = append([]jen.Code{jen.Id("g").Op("*").Id("params")}, args...)
	}
	f.Func().Params(jen.Id("t").Op("*").Id("Trainer")).Id(fn.name).Params(args...).Id(typeName(e.elem)).Block(stmts...)
	f.Line()
	return nil
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

// phases emits the three parts of a function over a batch.
func (b *body) phases(p *plan.Batched) ([]jen.Code, error) {
	b.phase = p.Prepare
	if err := b.run(); err != nil {
		return nil, err
	}
	stmts := b.take()
	if len(p.Sample.Steps) > 0 {
		b.phase = p.Sample
		b.bindTargets()
		code, err := b.samples()
		if err != nil {
			return nil, err
		}
		// What follows needs no bounds checks of rows.
		stmts = append(stmts, b.boundRows()...)
		stmts = append(stmts, code...)
	}
	b.phase = p.Sums
	if err := b.run(); err != nil {
		return nil, err
	}
	return append(stmts, b.take()...), nil
}

// boundRows tells the compiler how many rows there are.
func (b *body) boundRows() []jen.Code {
	var out []jen.Code
	if b.layers {
		out = append(out, setf("x", "x[:min(len(x), MaxBatch)]"))
	}
	return append(out, setf("y", "y[:len(x)]"))
}

// samples emits what is done for every sample: layer by layer, or sample by
// sample.
func (b *body) samples() ([]jen.Code, error) {
	if b.layers {
		for _, v := range b.e.prog.Inputs {
			b.rowPlace(v)
		}
		if err := b.layerwise(); err != nil {
			return nil, err
		}
		return b.take(), nil
	}
	b.add(letf("in", "&x[i]"))
	b.bindInputs("in")
	if err := b.run(); err != nil {
		return nil, err
	}
	return []jen.Code{forRange("i", "x", b.take()...)}, nil
}

func (b *body) take() []jen.Code {
	s := b.stmts
	b.stmts = nil
	return s
}

// bindTargets gives the targets of sample i their places.
func (b *body) bindTargets() {
	for _, o := range b.e.trained() {
		field := ""
		if len(b.e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		b.at[o.Target] = place{"y[i]" + field, "&y[i]" + field}
	}
}

// checks prints the test of a batch's length and classes.
func (e *emitter) checks(f *jen.File) {
	body := []jen.Code{
		jen.If(exprf("len(x) < 1 || len(x) > MaxBatch")).Block(e.rt("BadBatch").Call(exprf("fn"), exprf("len(x)"), exprf("MaxBatch"))),
		jen.If(exprf("len(y) != len(x)")).Block(e.rt("BadLength").Call(exprf("fn"), jen.Lit("y"), exprf("len(y)"), exprf("len(x)"))),
	}
	for _, o := range e.trained() {
		if !o.Class {
			continue
		}
		field := ""
		if len(e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		body = append(body, forRange("i", "y", jen.If(exprf("uint32(y[i]%s) >= %d", field, o.Value.Size())).Block(
			e.rt("BadClass").Call(exprf("fn"), exprf("i"), exprf("int(y[i]%s)", field), exprf("%d", o.Value.Size())))))
	}
	f.Comment("check panics unless x and y are a batch.")
	f.Func().Id("check").Params(jen.Id("fn string, x []Input, y []Target")).Block(body...)
	f.Line()
}

// memory prints the trainer's arena.
func (e *emitter) memory(f *jen.File) {
	t := e.plan.Train
	fields := []jen.Code{jen.Id("grads").Id("params").Comment("gradients of the current step")}
	for _, s := range t.States {
		fields = append(fields, jen.Id(lowerCamel(s)).Id("params").Comment("optimiser state"))
	}
	copies := map[string]bool{}
	for _, v := range t.Copies {
		if name := copyName(v); !copies[name] {
			copies[name] = true
			fields = append(fields, jen.Id(name).Id("params"))
		}
	}
	for _, v := range t.Rows {
		fields = append(fields, jen.Id(e.rowField(v)).Id(array(v.DType, e.plan.Options.Batch, v.Size())).Comment("of every sample"))
		if rest := e.plan.Options.Batch * v.Size() % schedule.Panel; rest > 0 {
			fields = append(fields, jen.Id("_").Id(array(v.DType, schedule.Panel-rest)))
		}
	}
	fields = append(fields,
		jen.Id("gradientSpace").Struct(slots(e.elem, t.Gradients.Sample.Slots, e.rowCount()...)...),
		jen.Id("lossSpace").Struct(slots(e.elem, t.Evaluate.Sample.Slots, e.rowCount()...)...))
	if n := e.plan.TransposedRows(); n > 0 && e.plan.Layerwise {
		fields = append(fields, jen.Id("transposed").Id(array(e.elem, n, schedule.Panel)).Comment("weights of 16 inputs, for the gradients of inputs"))
	}
	f.Comment("memory is everything a trainer keeps: one block without pointers.")
	f.Type().Id("memory").Struct(fields...)
	f.Line()
}

// rowField is the trainer's field for the rows of a value.
func (e *emitter) rowField(v *ir.Value) string {
	if e.rowNames == nil {
		e.rowNames = map[*ir.Value]string{}
		names := newNamer("grads", "gradientSpace", "lossSpace", "connectionsKept", "connectionsMask")
		for _, s := range e.plan.Train.States {
			names.taken[lowerCamel(s)] = true
		}
		for _, r := range e.plan.Train.Rows {
			e.rowNames[r] = names.name(r.Name)
		}
	}
	name, ok := e.rowNames[v]
	if !ok {
		panic(fmt.Sprintf("internal error: golang: %s is not kept", v.Describe()))
	}
	return name
}

// update prints the optimiser's step and the penalty.
func (e *emitter) update() (*jen.File, error) {
	f := e.file()
	b := &body{
		e: e, weights: "p", grads: "g", phase: e.plan.Train.Update, training: true,
		names: e.local("t", "g", "p", "j", "k", "q"), at: map[*ir.Value]place{},
	}
	b.bindScalars()
	if err := b.run(); err != nil {
		return nil, err
	}
	f.Comment(fmt.Sprintf("update changes the parameters by one step of %s on the gradients g.", e.net.Optimizer.Name))
	f.Func().Params(jen.Id("t").Op("*").Id("Trainer")).Id("update").Params(jen.Id("g").Op("*").Id("params")).Block(
		append([]jen.Code{letf("p", "t.net.p")}, b.take()...)...)
	f.Line()
	if e.plan.Train.Penalty == nil {
		return f, nil
	}
	b.phase = e.plan.Train.Penalty
	if err := b.run(); err != nil {
		return nil, err
	}
	f.Comment("Penalty is the sum of the regularisers' penalties, which Step's loss leaves out.")
	f.Func().Params(jen.Id("t").Op("*").Id("Trainer")).Id("Penalty").Params().Id(typeName(e.elem)).Block(
		append(append([]jen.Code{letf("p", "t.net.p")}, b.take()...), jen.Return(exprf("%s", b.at[e.prog.PenaltyOf].idx)))...)
	return f, nil
}

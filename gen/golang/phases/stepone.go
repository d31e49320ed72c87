package phases

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// stepOne prints the training step on one sample.
func (e *Phases) stepOne(f *jen.File) error {
	if e.plan.Train.One == nil {
		return nil
	}
	b := e.oneBody()
	if err := b.run(); err != nil {
		return err
	}
	e.method(f, []string{"stepOne is a step on one sample: the gradients of the weights, products of two", "vectors, are used where they are made."},
		"stepOne", "x []Input, y []Target", source.TypeName(e.prog.Loss.DType), append(append(append(b.oneSpace(), b.take()...), b.keepSummedLoss()...), jen.Return(source.Exprf("%s", b.at[e.prog.Loss].idx))))
	return nil
}

// oneBody is a body of the step on one sample.
func (e *Phases) oneBody() *body {
	b := &body{
		e: e, phase: e.plan.Train.One, slots: "ws", weights: "p", net: "t.net", grads: "g", training: true, single: true,
		names:  e.Local(),
		at:     map[*ir.Value]place{},
		sample: "t.seen",
	}
	b.bindScalars()
	b.bindTargetsAt("0")
	b.bindInputs("in")
	return b
}

// oneSpace are the variables that its statements find.
func (b *body) oneSpace() []jen.Code {
	stmts := []jen.Code{source.Letf("p", "t.net.p"), source.Setf("y", "y[:1]")}
	if b.usesGradients() {
		stmts = append(stmts, source.Letf("g", "&t.m.grads"))
	}
	if len(b.phase.Slots) > 0 {
		stmts = append(stmts, source.Letf("ws", "&t.m.oneSpace"))
	}
	return append(stmts, source.Letf("in", "&x[0]"))
}

// usesGradients reports whether any gradient is stored.
func (b *body) usesGradients() bool {
	for _, s := range b.phase.Steps {
		for _, v := range append(s.Op.Ins(), s.Op.Outs()...) {
			if v.Kind == ir.Gradient {
				return true
			}
		}
	}
	return false
}

// rankOne emits the update of weights and bias by one sample.
func (b *body) rankOne(o *ir.RankOne) {
	k := b.e.RankOneKernel(o)
	b.add(b.e.ID(k).Call(b.rankOneArgs(o)...))
}

// rankOneArgs are the arguments of an update: weights, bias, x, dy, rate.
func (b *body) rankOneArgs(o *ir.RankOne) []jen.Code {
	args := b.pointers(b.e.plan.TensorOf(o.W.Param), "p")
	if o.B != nil {
		args = append(args, b.pointers(b.e.plan.TensorOf(o.B.Param), "p")...)
	}
	return append(args, source.Exprf("%s", b.pointer(o.X)), source.Exprf("%s", b.pointer(o.DY)), source.Exprf("%s", b.at[o.Rate].idx))
}

// gradInputOne gives the gradient of inputs of one sample its assembly,
// joined with the update of the weights if one follows, and emits its call.
func (b *body) gradInputOne(s *plan.Step, m *loops.Matrix) {
	then := m.Step.Then
	args := b.matrixArgs(m, s.Stored(), func(y *ir.Value) string { return b.result(y).ptr }, b.pointer)
	if then != nil {
		args = append(args, source.Exprf("%s", b.pointer(then.X)), source.Exprf("%s", b.at[then.Rate].idx))
		if then.B != nil {
			args = append(args, b.pointers(b.e.plan.TensorOf(then.B.Param), "p")...)
		}
	}
	b.add(b.e.ID(m.GradInputOne()).Call(args...))
	if m.Whole != nil {
		b.finish(m.Whole)
	}
}

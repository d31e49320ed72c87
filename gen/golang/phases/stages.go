package phases

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// numberedName is the name of the n-th of several: name, name1, name2, ….
func numberedName(name string, n int) string {
	if n == 0 {
		return name
	}
	return fmt.Sprintf("%s%d", name, n)
}

// sampleStage prints the n-th stage of a training step over the samples, and
// before it, from the second on, that over the batch which it waits for.
func (e *Phases) sampleStage(f *jen.File, p *plan.Batched, n int) error {
	doc := []string{"samples takes n samples of a batch, the first of which is from, forward and backward", "through the network."}
	if n > 0 {
		if err := e.batchStage(f, p, n); err != nil {
			return err
		}
		doc = []string{fmt.Sprintf("samples%d does for n samples, the first of which is from, what had to wait for batch%d.", n, n)}
	} else if len(p.Phases(plan.Samples)) > 1 {
		doc = []string{"samples does for n samples of a batch, the first of which is from, what depends on", "no other sample."}
	}
	b := e.batchBody(p, true, "from:from+n")
	b.phase = p.Phases(plan.Samples)[n]
	b.bindCopies(p)
	code, err := b.samplesOf(p, numberedName("gradientSpace", n))
	if err != nil {
		return err
	}
	e.method(f, doc, numberedName("samples", n), e.groupArg()+"x []Input, y []Target, from, n int", "", code)
	return nil
}

// batchStage prints the stage over the batch before the n-th over the samples.
func (e *Phases) batchStage(f *jen.File, p *plan.Batched, n int) error {
	b := e.batchBody(p, true, ":len(x)")
	b.phase = p.Phases(plan.Batch)[n-1]
	b.neededNumbers(p.Prepare().Steps, b.phase.Steps)
	if err := b.run(); err != nil {
		return err
	}
	stmts := b.take()
	if b.usesParams() {
		stmts = append([]jen.Code{source.Letf("p", "t.net.p")}, stmts...)
	}
	e.method(f, []string{fmt.Sprintf("batch%d sums over the samples of a batch, in their order, what the following stage needs.", n)},
		numberedName("batch", n), "x []Input", "", stmts)
	return nil
}

// bindCopies gives the copies of parameters their places.
func (b *body) bindCopies(p *plan.Batched) {
	for _, s := range p.Prepare().Steps {
		for _, y := range s.Op.Outs() {
			if y.Param != nil {
				b.at[y] = place{b.holder(y), ""}
			}
		}
	}
}

// bindEarlier gives the values of a sample that earlier stages kept their
// places.
func (b *body) bindEarlier() {
	made := map[*ir.Value]bool{}
	bind := func(s *plan.Step, moves map[*ir.Value]plan.Move) {
		for _, x := range stepIns(s) {
			_, bound := b.at[x]
			if _, later := moves[x]; !bound && !later && !made[x] && b.kept[x] {
				b.bind(x, b.phase.Steps)
			}
		}
	}
	for _, s := range b.phase.Steps {
		for _, y := range s.Stored() {
			made[y] = true
		}
	}
	_ = plan.Walk(len(b.phase.Steps), b.phase.Repeats, func(i int) error {
		bind(b.phase.Steps[i], nil)
		return nil
	}, func(r *plan.Repeat) error {
		for _, s := range b.phase.Steps[r.First : r.First+r.Period] {
			bind(s, r.Moves)
		}
		return nil
	})
}

// wholeBatch keeps the number of samples of the batch, before x is cut down to
// some of them.
func (b *body) wholeBatch() {
	for _, s := range b.phase.Steps {
		for _, x := range stepIns(s) {
			if at := b.at[x].idx; source.IsNumber(x) && strings.Contains(at, "len(x)") {
				name := b.names.Name(x.Name)
				b.add(source.Letf(name, "%s", at))
				b.at[x] = place{name, name}
			}
		}
	}
}

// readsInput reports whether a step reads an input of the network.
func (b *body) readsInput() bool {
	return slices.ContainsFunc(b.phase.Steps, func(s *plan.Step) bool {
		return slices.ContainsFunc(stepIns(s), func(x *ir.Value) bool { return x.Kind == ir.Input })
	})
}

// stepIns are the values that a step reads, those it makes itself included.
func stepIns(s *plan.Step) []*ir.Value {
	ins := s.Op.Ins()
	for _, m := range s.Epilogue {
		ins = append(ins[:len(ins):len(ins)], m.In...)
	}
	return ins
}

// valueType is the Go type of a value that a batch has one of.
func valueType(v *ir.Value) string {
	if source.IsNumber(v) {
		return source.TypeName(v.DType)
	}
	return source.Array(v.DType, v.Size())
}

// define sets a number: a variable of the function, or where it lies for later
// stages.
func (b *body) define(v *ir.Value, x func() jen.Code) {
	_, kept := b.at[v]
	assign, at := source.Set, b.result(v)
	switch {
	case kept:
	case b.apart:
		b.declared = append(b.declared, jen.Var().Id(at.idx).Id(valueType(v)), source.Set("_", jen.Id(at.idx)))
	default:
		assign = source.Let
	}
	b.add(assign(at.idx, x()))
}

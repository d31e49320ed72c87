package phases

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// dealt emits the steps of the phase, each with the part that its parameter is
// dealt to.
func (b *body) dealt() ([]jen.Code, error) {
	ranks := b.e.plan.Ranks()
	var order []*ir.ParamInfo
	code := map[*ir.ParamInfo][]jen.Code{}
	flush := func() {
		for _, p := range order {
			b.add(jen.If(source.Exprf("part == %s(%s, parts)", b.e.Dealer(), b.e.rank(p, ranks))).Block(code[p]...))
			delete(code, p)
		}
		order = nil
	}
	step := func(s *plan.Step) error {
		p := s.Op.Outs()[0].Param
		if p == nil {
			return fmt.Errorf("a sum of no parameter: %T", s.Op)
		}
		before := b.take()
		err := b.step(s)
		if code[p] == nil {
			order = append(order, p)
		}
		code[p] = append(code[p], b.take()...)
		b.stmts = before
		return err
	}
	steps := b.phase.Steps
	err := plan.Walk(len(steps), b.phase.Repeats, func(i int) error { return step(steps[i]) }, func(r *plan.Repeat) error {
		flush()
		first := steps[r.First : r.First+r.Period]
		return b.loop(r, nil, func() error {
			for _, s := range first {
				if err := step(s); err != nil {
					return err
				}
			}
			flush()
			return nil
		})
	})
	flush()
	return b.take(), err
}

// rank is the number of a parameter among those sorted by size.
func (e *Phases) rank(p *ir.ParamInfo, ranks map[*ir.ParamInfo]int) string {
	if e.repeat != nil {
		if m, ok := e.repeat.Ranks[p]; ok {
			return m.Text(source.Turn)
		}
	}
	return fmt.Sprint(ranks[p])
}

package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// dealt emits the steps of the phase, each with the part that its parameter is
// dealt to.
func (b *body) dealt() ([]jen.Code, error) {
	out := b.take()
	ranks := b.e.plan.Ranks()
	var order []*ir.ParamInfo
	code := map[*ir.ParamInfo][]jen.Code{}
	for _, s := range b.phase.Steps {
		p := s.Op.Outs()[0].Param
		if p == nil {
			return nil, fmt.Errorf("a sum of no parameter: %T", s.Op)
		}
		if err := b.step(s); err != nil {
			return nil, err
		}
		if code[p] == nil {
			order = append(order, p)
		}
		code[p] = append(code[p], b.take()...)
	}
	for _, p := range order {
		out = append(out, jen.If(exprf("part == %s(%d, parts)", b.e.dealer(), ranks[p])).Block(code[p]...))
	}
	return out, nil
}

// dealer is the function that deals out whole parameters.
func (e *emitter) dealer() string {
	e.kernel("dealt", "dealt", func(f *kernelFunc) {
		f.train = true
		f.doc = []string{
			f.name + " is the part that does parameter i of those sorted by size: they are dealt out",
			"forwards and backwards in turn, so that no part has the larger one every time.",
		}
		f.args = []arg{{"i", "int"}, {"parts", "int"}}
		f.result = "int"
		f.body = []jen.Code{
			letf("at", "i %% (2 * parts)"),
			jen.Return(exprf("min(at, 2*parts-1-at)")),
		}
	})
	return e.kernels["dealt"].name
}

// shares is the function that divides inputs among workers.
func (e *emitter) shares() string {
	e.kernel("shares", "share", func(f *kernelFunc) {
		f.rows, f.train = true, true
		f.doc = []string{f.name + " is a part of n inputs, in whole tiles."}
		f.args = []arg{{"n", "int"}, {"tile", "int"}, {"part", "int"}, {"parts", "int"}}
		f.result = "(from, to int)"
		f.generic = []jen.Code{
			letf("tiles", "(n + tile - 1) / tile"),
			jen.Return(exprf("tiles * part / parts * tile, min(tiles*(part+1)/parts*tile, n)")),
		}
	})
	return e.kernels["shares"].name
}

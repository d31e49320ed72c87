package api

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/plan"
)

// initial prints the values that a tensor begins with.
func (e *API) initial(t *plan.Tensor, layer string) jen.Code {
	return e.initialOf(t, t.Value.Param, layer)
}

// initialOf prints the values that a parameter begins with, of a tensor or the
// block of the turn.
func (e *API) initialOf(t *plan.Tensor, p *ir.ParamInfo, layer string) jen.Code {
	T := source.TypeName(t.Value.DType)
	loops := loops
	if source.Narrow(t) {
		loops = e.narrowLoops
	}
	store := func(value string) []jen.Code {
		if source.Narrow(t) {
			put := source.Setf("row[i]", "%s(%s)", T, value)
			if t.Layout.Order == plan.Connections {
				return []jen.Code{source.Setf("row[i]", "0"), jen.If(source.Exprf("%s != nil", e.cell(t))).Block(put)}
			}
			return []jen.Code{put}
		}
		if t.Layout.Order == plan.Connections {
			return []jen.Code{jen.If(source.Letf("c", "%s", e.cell(t)), source.Exprf("c != nil")).Block(source.Setf("*c", "%s(%s)", T, value))}
		}
		return []jen.Code{source.Setf("*"+e.cell(t), "%s(%s)", T, value)}
	}
	switch {
	case p.Orthogonal != 0:
		return jen.Block(
			source.Letf("v", "make([]float64, %d)", p.Size()),
			e.RT("Orthogonal").Call(source.Exprf("v"), source.Exprf("%d", p.Shape[0]), source.Exprf("%d", p.Size()/p.Shape[0]), source.Exprf("%s", source.Literal(p.Orthogonal, ir.Float64)), source.Exprf("seed"), source.Exprf("%s", layer)),
			loops(t, func(at string) []jen.Code { return store("v[" + at + "]") }))
	case len(p.Values) == 1:
		return loops(t, func(string) []jen.Code { return store(source.Literal(p.Values[0], ir.Float64)) })
	case len(p.Values) > 1:
		items := make([]string, len(p.Values))
		for i, v := range p.Values {
			items[i] = source.Literal(v, ir.Float64)
		}
		return jen.Block(
			source.Let("v", jen.Id("[...]float64").Values(source.Exprf("%s", source.Wrap(items)))),
			loops(t, func(at string) []jen.Code { return store("v[" + at + "]") }))
	case len(p.Init) == 0 || isZero(p.Init) && !t.Scaled():
		return nil
	}
	return loops(t, func(at string) []jen.Code {
		s := e.Scalar(ir.Float64)
		for _, taken := range []string{"p", "o", "i", "c", "row", "seed"} {
			s.Taken[taken] = true
		}
		var out []jen.Code
		for leaf, fn := range map[string]string{"u": "Uniform", "z": "Normal", "tz": "TruncNormal"} {
			if p.Init.Reads(leaf) {
				s.Bind(leaf, leaf)
				out = append(out, source.Let(leaf, e.RT(fn).Call(source.Exprf("seed"), e.RT("PurposeInit"), source.Exprf("%s", layer), source.Exprf("uint64(%s)", at))))
			}
		}
		out = append(out, s.Assigns(p.Init)...)
		return append(out, store(s.Names["w"])...)
	})
}

func isZero(p expr.Program) bool {
	x := p[len(p)-1].X
	return x.Op == expr.OpConst && x.Value == 0
}

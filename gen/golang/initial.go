package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/plan"
)

// initial prints the values that a tensor begins with.
func (e *emitter) initial(t *plan.Tensor, layer string) jen.Code {
	return e.initialOf(t, t.Value.Param, layer)
}

// initialOf prints the values that a parameter begins with, of a tensor or the
// block of the turn.
func (e *emitter) initialOf(t *plan.Tensor, p *ir.ParamInfo, layer string) jen.Code {
	T := typeName(e.elem)
	loops := loops
	if narrow(t) {
		loops = e.narrowLoops
	}
	store := func(value string) []jen.Code {
		if narrow(t) {
			put := setf("row[i]", "%s(%s)", T, value)
			if t.Layout.Order == plan.Connections {
				return []jen.Code{setf("row[i]", "0"), jen.If(exprf("%s != nil", e.cell(t))).Block(put)}
			}
			return []jen.Code{put}
		}
		if t.Layout.Order == plan.Connections {
			return []jen.Code{jen.If(letf("c", "%s", e.cell(t)), exprf("c != nil")).Block(setf("*c", "%s(%s)", T, value))}
		}
		return []jen.Code{setf("*"+e.cell(t), "%s(%s)", T, value)}
	}
	switch {
	case p.Orthogonal != 0:
		return jen.Block(
			letf("v", "make([]float64, %d)", p.Size()),
			e.RT("Orthogonal").Call(exprf("v"), exprf("%d", p.Shape[0]), exprf("%d", p.Size()/p.Shape[0]), exprf("%s", literal(p.Orthogonal, ir.Float64)), exprf("seed"), exprf("%s", layer)),
			loops(t, func(at string) []jen.Code { return store("v[" + at + "]") }))
	case len(p.Values) == 1:
		return loops(t, func(string) []jen.Code { return store(literal(p.Values[0], ir.Float64)) })
	case len(p.Values) > 1:
		items := make([]string, len(p.Values))
		for i, v := range p.Values {
			items[i] = literal(v, ir.Float64)
		}
		return jen.Block(
			let("v", jen.Id("[...]float64").Values(exprf("%s", wrap(items)))),
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
				out = append(out, let(leaf, e.RT(fn).Call(exprf("seed"), e.RT("PurposeInit"), exprf("%s", layer), exprf("uint64(%s)", at))))
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

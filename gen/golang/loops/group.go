package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// group adds the products of some steps of the innermost loop of a term, from the first on or
// so many further than the loop is, to the accumulators of a tile.
func (c *Contraction) group(t tile, term *ir.Term, loops []ir.Loop, inner, first, width int, fixed bool, before *[]jen.Code, names map[string]string) []jen.Code {
	var code []jen.Code
	at := func(o *ir.Operand, q, u int) *ir.Operand {
		if inner < len(loops) && loops[inner].Size > 1 {
			return moved(t.lane(o, q), inner, first+u, fixed)
		}
		return t.lane(o, q)
	}
	elements := make([]func(q, u int) string, len(term.Operands()))
	for i, o := range term.Operands() {
		elements[i] = func(q, u int) string { return c.hoisted(at(o, q, u), loops, inner, before, names) }
		lane, step := 0, 0
		if _, flat := c.base(o); !flat || o.V.DType != c.o.Y.V.DType {
			continue
		}
		place := c.place(o)
		if t.loop >= 0 {
			lane = place.Coefficient(t.loop)
		}
		step = place.Coefficient(inner)
		lanes, steps := lane == 1 && t.width > 1, step > 0 && width > 1
		if step < 0 || lane != 0 && !lanes || !lanes && !steps {
			continue
		}
		span := 1 + lane*(t.width-1) + step*(width-1)
		name := fmt.Sprintf("v%d", i)
		code = append(code, source.Letf(name, "(*%s)(%s:])", source.Array(c.o.Y.V.DType, span), strings.TrimSuffix(elements[i](0, 0), "]")))
		elements[i] = func(q, u int) string { return fmt.Sprintf("%s[%d]", name, lane*q+step*u) }
	}
	for u := range width {
		for q := range t.width {
			sum := jen.Id(fmt.Sprintf("s%d", q)).Op("+=")
			if len(elements) == 1 {
				code = append(code, sum.Id(elements[0](q, u)))
				continue
			}
			code = append(code, sum.Id(source.TypeName(c.o.Y.V.DType)).Call(source.Exprf("%s * %s", elements[0](q, u), elements[1](q, u))))
		}
	}
	return code
}

// view declares the elements of an operand for the results of a tile, which lie side by
// side: bounds are checked for all of them at once. "" if they do not.
func (c *Contraction) view(t tile, o *ir.Operand, name string, loops []ir.Loop, code *[]jen.Code) string {
	_, where := c.element(o, loops)
	if base, flat := c.base(o); flat && len(where) == 0 && t.width > 1 && c.place(o).Coefficient(t.loop) == 1 && o.V.DType == c.o.Y.V.DType {
		*code = append(*code, source.Letf(name, "(*%s)(%s[%s:])", source.Array(o.V.DType, t.width), base, c.text(c.place(t.lane(o, 0)), loops)))
		return name
	}
	return ""
}

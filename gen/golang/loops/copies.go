package loops

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// copied is the body of the function of a contraction that copies.
func (c *Contraction) copied(k *calls.Copy) []jen.Code {
	loops, size := source.WithNames(c.o.Loops, 0), c.o.Loops[k.Loop].Size
	loops[k.Loop].Size = 1
	at := func(o *ir.Operand, step int) string {
		a := c.place(o)
		a.Offset += step
		return fmt.Sprintf("%s[%s:]", c.Names[o.V], c.text(a, loops))
	}
	// Of the source what exists whatever the step.
	_, inY := c.element(&c.o.Y, loops)
	var inX []string
	for _, d := range c.o.Init.Outside(c.o.Loops) {
		if a := c.o.Init.At[d]; a.Coefficient(k.Loop) == 0 {
			inX = append(inX, source.Within(alive(a, loops), loops, c.o.Init.Shape()[d])...)
		}
	}
	code := []jen.Code{source.Letf("to", "%s[:%d]", at(&c.o.Y, 0), size)}
	to := "to"
	if k.Low > 0 {
		to = fmt.Sprintf("to[%d:]", k.Low)
	}
	if k.High < size {
		to = fmt.Sprintf("to[%d:%d]", k.Low, k.High)
	}
	switch {
	case len(inX) > 0:
		code = append(code, jen.Id("clear").Call(jen.Id("to")))
	default:
		if k.Low > 0 {
			code = append(code, jen.Id("clear").Call(source.Exprf("to[:%d]", k.Low)))
		}
		if k.High < size {
			code = append(code, jen.Id("clear").Call(source.Exprf("to[%d:]", k.High)))
		}
	}
	code = append(code, source.When(inX, jen.Id("copy").Call(source.Exprf("%s", to), source.Exprf("%s", at(c.o.Init, k.Low))))...)
	outer := slices.Delete(slices.Clone(loops), k.Loop, k.Loop+1)
	return source.Nest(outer, func(i int) bool {
		if i >= k.Loop {
			i++
		}
		return c.uses(i)
	}, source.When(inY, code...))
}

package loops

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
)

// zeroed is the loop of results without terms that lie side by side, −1 where there
// is none.
func (c *Contraction) zeroed() int {
	if len(c.o.Terms) > 0 || c.o.Init != nil || !c.o.Y.V.Batch || len(c.o.Y.Outside(c.o.Loops)) > 0 {
		return -1
	}
	y := c.o.Y.Flat()
	for i, l := range c.o.Loops {
		if l.Size > 1 && y.Coefficient(i) == 1 {
			return i
		}
	}
	return -1
}

// zeros clears results that lie side by side, those of a loop, at a time.
func (c *Contraction) zeros(side int) []jen.Code {
	loops := source.WithNames(c.o.Loops, 0)
	y := c.o.Y.Flat()
	y.By = slices.Clone(y.By)
	y.By[side] = 0
	first := y
	first.Offset += c.o.Loops[side].Size
	code := []jen.Code{jen.Id("clear").Call(source.Exprf("%s[%s:%s]", c.Names[c.o.Y.V], c.text(y, loops), c.text(first, loops)))}
	loops = slices.Delete(loops, side, side+1)
	return source.Nest(loops, func(int) bool { return true }, code)
}

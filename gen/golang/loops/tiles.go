package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// tiled is the body of the function of a contraction whose sums have one chain:
// loops that stop at the bounds, with the results of a tile side by side.
func (c *Contraction) tiled() []jen.Code {
	if k := calls.CopyOf(c.o); k != nil {
		return c.copied(k)
	}
	if i := c.zeroed(); i >= 0 {
		return c.zeros(i)
	}
	t := calls.TileOf(c.o, c.chains)
	if t.Width == 0 {
		return c.results(tile{width: 1, loop: -1})
	}
	size := c.o.Loops[t.Loop].Size
	whole := size - size%t.Width
	out := c.results(tile{loop: t.Loop, width: t.Width, last: whole})
	if whole < size {
		out = append(out, c.results(tile{loop: t.Loop, width: size - whole, first: whole, last: size})...)
	}
	return out
}

// tile is some results side by side, those of the steps first … last−1 of a loop,
// width at a time.
type tile struct {
	loop, width, first, last int
}

// lane is an operand for result q of a tile.
func (t tile) lane(o *ir.Operand, q int) *ir.Operand {
	switch {
	case t.loop < 0:
		return o
	case t.once():
		return moved(o, t.loop, t.first+q, true)
	}
	return moved(o, t.loop, q, false)
}

// moved is an operand so many steps of a loop further, or at that step.
func moved(o *ir.Operand, loop, steps int, fixed bool) *ir.Operand {
	x := *o
	x.At = append([]ir.Affine(nil), o.At...)
	for d, a := range x.At {
		n := a.Coefficient(loop)
		if n == 0 {
			continue
		}
		a.By = append([]int(nil), a.By...)
		if a.Offset += n * steps; fixed {
			a.By[loop] = 0
		}
		x.At[d] = a
	}
	return &x
}

// once reports whether there is one such tile.
func (t tile) once() bool { return t.last-t.first <= t.width }

// results computes the results of tiles.
func (c *Contraction) results(t tile) []jen.Code {
	loops := source.WithNames(c.o.Loops, 0)
	if t.loop >= 0 {
		loops[t.loop].Size = t.last - t.width + 1 // the steps that a tile begins at
	}
	_, inY := c.element(&c.o.Y, loops)
	var sum []jen.Code
	init := ""
	if c.o.Init != nil {
		init = c.view(t, c.o.Init, "i", loops, &sum)
	}
	for q := range t.width {
		acc := fmt.Sprintf("s%d", q)
		switch {
		case init != "":
			sum = append(sum, source.Letf(acc, "%s[%d]", init, q))
		case c.o.Init == nil:
			sum = append(sum, jen.Var().Id(acc).Id(source.TypeName(c.o.Y.V.DType)))
		default:
			init, inInit := c.element(t.lane(c.o.Init, q), loops)
			if len(inInit) == 0 {
				sum = append(sum, source.Letf(acc, "%s", init))
				continue
			}
			sum = append(sum, jen.Var().Id(acc).Id(source.TypeName(c.o.Y.V.DType)))
			sum = append(sum, source.When(inInit, source.Setf(acc, "%s", init))...)
		}
	}
	c.rowVars, c.top, c.places = map[string]string{}, nil, 0
	var terms []jen.Code
	for i := range c.o.Terms {
		terms = append(terms, c.products(t, &c.o.Terms[i], loops)...)
	}
	if c.Over {
		terms = []jen.Code{source.ForRange("b", c.Rows, append(c.top, terms...)...)}
	}
	sum = append(sum, terms...)
	view := c.view(t, &c.o.Y, "o", loops, &sum)
	for q := range t.width {
		if view != "" {
			sum = append(sum, source.Setf(fmt.Sprintf("%s[%d]", view, q), "s%d", q))
			continue
		}
		y, _ := c.element(t.lane(&c.o.Y, q), loops)
		sum = append(sum, source.Setf(y, "s%d", q))
	}
	code, looped := source.When(inY, sum...), false
	for i := len(loops) - 1; i >= 0; i-- {
		name, size := loops[i].Name, c.o.Loops[i].Size
		switch {
		case i == t.loop && t.once(), size == 1:
			continue
		case i == t.loop:
			code = []jen.Code{jen.For(source.Letf(name, "%d", t.first), source.Exprf("%s < %d", name, t.last), source.Exprf("%s += %d", name, t.width)).Block(code...)}
		default:
			code = source.Nest([]ir.Loop{loops[i]}, func(int) bool { return c.uses(i) }, code)
		}
		looped = true
	}
	if !looped && t.loop >= 0 && t.last-t.first < c.o.Loops[t.loop].Size { // beside another tile
		return []jen.Code{jen.Block(code...)}
	}
	return code
}

// uses reports whether anything depends on a loop of the result.
func (c *Contraction) uses(i int) bool {
	return c.reads(func(a ir.Affine) bool { return a.Coefficient(i) != 0 })
}

// bound is a condition on a loop: By of it and the rest are at least 0.
type bound struct {
	by   int
	rest ir.Affine
}

// products adds the products of a term to the accumulators of a tile.
func (c *Contraction) products(t tile, term *ir.Term, results []ir.Loop) []jen.Code {
	own := source.WithNames(term.Loops, len(results))
	loops := append(results[:len(results):len(results)], own...)
	// Every bound is one of the innermost loop that it depends on.
	bounds, outer := make([][]bound, len(own)), []string(nil)
	add := func(a ir.Affine) {
		low, _ := a.Range(loops)
		if low >= 0 {
			return
		}
		for i := len(own) - 1; i >= 0; i-- {
			at := len(results) + i
			if by := a.Coefficient(at); by != 0 && own[i].Size > 1 {
				rest := ir.Affine{Offset: a.Offset, By: append([]int(nil), a.By...)}
				rest.By[at] = 0
				bounds[i] = append(bounds[i], bound{by, rest})
				return
			}
		}
		outer = append(outer, c.text(a, loops)+" >= 0")
	}
	for _, o := range term.Operands() {
		for _, d := range o.Outside(loops) {
			add(o.At[d])
			add(ir.Affine{Offset: o.Shape()[d] - 1}.Plus(o.At[d], -1))
		}
	}
	for _, a := range term.Where {
		add(a)
	}
	steps := calls.StepsOf(c.o, term)
	inner := steps.Loop
	where := c.connected(term, loops)
	var before, code []jen.Code
	names := map[string]string{}
	group := func(first, width int, fixed bool) []jen.Code {
		return source.When(where, c.group(t, term, loops, len(results)+inner, first, width, fixed, &before, names)...)
	}
	whole := steps.First
	if steps.Width > 0 {
		whole = steps.Last - (steps.Last-steps.First)%steps.Width
	}
	switch {
	case len(own) == 0 || own[inner].Size == 1:
		code = group(0, 1, false)
	case steps.Width == 0:
		code = []jen.Code{c.bounded(own[inner], bounds[inner], loops, group(0, 1, false))}
	case whole-steps.First > steps.Width:
		code = []jen.Code{jen.For(source.Letf(own[inner].Name, "%d", steps.First), source.Exprf("%s < %d", own[inner].Name, whole), source.Exprf("%s += %d", own[inner].Name, steps.Width)).Block(
			group(0, steps.Width, false)...)}
	default:
		code = group(steps.First, steps.Width, true)
		if whole < steps.Last || len(c.o.Terms) > 1 { // names of several groups
			code = []jen.Code{jen.Block(code...)}
		}
	}
	if steps.Width > 0 && whole < steps.Last {
		code = append(code, jen.Block(group(whole, steps.Last-whole, true)...))
	}
	code = append(before, code...)
	for i := inner - 1; i >= 0; i-- {
		if own[i].Size > 1 {
			code = []jen.Code{c.bounded(own[i], bounds[i], loops, code)}
		}
	}
	return source.When(outer, code...)
}

// connected are the conditions that a term's connections exist.
func (c *Contraction) connected(term *ir.Term, loops []ir.Loop) []string {
	var where []string
	for _, o := range term.Operands() {
		if v := o.V; v.Param != nil && !v.Batch {
			_, where = c.param(o, loops, c.Names[v], where)
		}
	}
	return where
}

// bounded is a loop that stops at its bounds.
func (c *Contraction) bounded(l ir.Loop, bounds []bound, loops []ir.Loop, code []jen.Code) jen.Code {
	low, high := []string{"0"}, []string{fmt.Sprint(l.Size)}
	for _, b := range bounds {
		n := max(b.by, -b.by)
		switch {
		case b.by > 0: // l ≥ −rest/n, rounded up
			low = append(low, quotient(c.text(ir.Affine{Offset: n - 1}.Plus(b.rest, -1), loops), n))
		default: // l ≤ rest/n, rounded down; below 0 none is left
			high = append(high, quotient(c.text(ir.Affine{Offset: n}.Plus(b.rest, 1), loops), n))
		}
	}
	if len(bounds) == 0 {
		return jen.For(jen.Id(l.Name).Op(":=").Range().Lit(l.Size)).Block(code...)
	}
	of := func(f string, list []string) string {
		if len(list) == 1 {
			return list[0]
		}
		return f + "(" + strings.Join(list, ", ") + ")"
	}
	end := "n" + l.Name[1:]
	return jen.For(source.Exprf("%s, %s := %s, %s", l.Name, end, of("max", low), of("min", high)), source.Exprf("%s < %s", l.Name, end), source.Exprf("%s++", l.Name)).Block(code...)
}

// quotient is a sum divided by n.
func quotient(sum string, n int) string {
	if n == 1 {
		return sum
	}
	return fmt.Sprintf("%s/%d", source.Parens(sum), n)
}

// text is a map as a Go expression.
func (c *Contraction) text(a ir.Affine, loops []ir.Loop) string { return alive(a, loops).Text(loops) }

// alive is a map without the loops of one step, which have no variable.
func alive(a ir.Affine, loops []ir.Loop) ir.Affine {
	by := append([]int(nil), a.By...)
	for i := range by {
		if loops[i].Size == 1 {
			by[i] = 0
		}
	}
	return ir.Affine{Offset: a.Offset, By: by}
}

// hoisted is the Go expression of an operand's element in the innermost loop;
// what of its place does not depend on that is computed in front of it.
func (c *Contraction) hoisted(o *ir.Operand, loops []ir.Loop, inner int, before *[]jen.Code, names map[string]string) string {
	base, flat := c.base(o)
	if !flat {
		element, _ := c.element(o, loops)
		return element
	}
	rest := c.place(o)
	rest.By = append([]int(nil), rest.By...)
	step := 0
	if inner < len(rest.By) && loops[inner].Size > 1 {
		step, rest.By[inner] = rest.By[inner], 0
	}
	offset := rest.Offset // constant: of the lane
	rest.Offset = 0
	place := c.text(rest, loops)
	if place == "0" {
		place = ""
	} else if names[place] == "" {
		names[place] = fmt.Sprintf("t%d", c.places)
		c.places++
		*before = append(*before, source.Letf(names[place], "%s", place))
	}
	sum := ir.Affine{Offset: offset}
	list := []ir.Loop{}
	if place != "" {
		list, sum.By = append(list, ir.Loop{Name: names[place]}), append(sum.By, 1)
	}
	if step != 0 {
		list, sum.By = append(list, loops[inner]), append(sum.By, step)
	}
	return fmt.Sprintf("%s[%s]", base, sum.Text(list))
}

// base is the array an operand is an element of, by its place in the value; flat
// is false where it is found otherwise.
func (c *Contraction) base(o *ir.Operand) (base string, flat bool) {
	v, name := o.V, c.Names[o.V]
	switch {
	case v.Param != nil && !v.Batch:
		return name, c.Flat(v)
	case c.Over && v.Batch:
		row := c.sampleOf(v)
		if c.rowVars[row] == "" {
			c.rowVars[row] = "r" + strings.TrimPrefix(name, "x")
			c.top = append(c.top, source.Letf(c.rowVars[row], "&%s", row))
		}
		return c.rowVars[row], true
	case source.IsNumber(v) && v != c.o.Y.V:
		return name, false
	}
	return name, true
}

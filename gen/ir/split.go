package ir

import "slices"

// Split writes loop i of the result as two, the outer of which takes by steps of
// it at a time, and what is left of it as a contraction of its own. Every sum
// stays as it is.
func (c *Contract) Split(i, by int) []*Contract {
	size := c.Loops[i].Size
	var parts []*Contract
	if whole := size / by; whole > 0 {
		parts = append(parts, c.substitute(i, 0, splitLoop(c.Loops[i], whole, by)...))
	}
	if rest := size % by; rest > 0 {
		parts = append(parts, c.substitute(i, size-rest, Loop{Name: c.Loops[i].Name, Size: rest}))
	}
	return parts
}

// Part is the results of some steps of loop i alone, from the first on. Every sum stays
// as it is.
func (c *Contract) Part(i, first, size int) *Contract {
	return c.substitute(i, first, Loop{Name: c.Loops[i].Name, Size: size})
}

// splitLoop is a loop of several steps as two.
func splitLoop(l Loop, outer, inner int) []Loop {
	if outer == 1 {
		return []Loop{{Name: l.Name, Size: inner}}
	}
	return []Loop{{Name: l.Name + "b", Size: outer}, {Name: l.Name, Size: inner}}
}

// substitute writes loop i of the result as first and the number whose digits
// are other loops.
func (c *Contract) substitute(i, first int, loops ...Loop) *Contract {
	n := c.over(func(a Affine) Affine { return a.substitute(i, first, loops) })
	n.Loops = slices.Concat(c.Loops[:i], loops, c.Loops[i+1:])
	return n
}

// SplitSum writes loop i of a term as two, one inside of the other, of which the
// inner has some steps. Steps beyond the loop's are none of an operand that
// ends with it.
func (c *Contract) SplitSum(term, i, by int) *Contract {
	n := *c
	n.Terms = slices.Clone(c.Terms)
	t := &n.Terms[term]
	l := t.Loops[i]
	loops := splitLoop(l, (l.Size+by-1)/by, by)
	old := *t
	*t = old.over(func(a Affine) Affine { return a.substitute(len(c.Loops)+i, 0, loops) })
	t.Loops = slices.Concat(old.Loops[:i], loops, old.Loops[i+1:])
	return &n
}

// substitute is a map with loop i written as first and the number whose digits
// are other loops, which take its place.
func (a Affine) substitute(i, first int, loops []Loop) Affine {
	if len(a.By) <= i {
		return a
	}
	by, digits, step := a.By[i], make([]int, len(loops)), a.By[i]
	for d := len(loops) - 1; d >= 0; d-- {
		digits[d] = step
		step *= loops[d].Size
	}
	return Affine{a.Offset + by*first, slices.Concat(a.By[:i], digits, a.By[i+1:])}
}

// over is the operand with its maps written over other loops.
func (o *Operand) over(f func(Affine) Affine) Operand {
	n := *o
	n.At = make([]Affine, len(o.At))
	for d, a := range o.At {
		n.At[d] = f(a)
	}
	return n
}

// over is the term with its maps written over other loops.
func (t *Term) over(f func(Affine) Affine) Term {
	n := *t
	n.A = t.A.over(f)
	if t.B != nil {
		b := t.B.over(f)
		n.B = &b
	}
	n.Where = make([]Affine, len(t.Where))
	for i, a := range t.Where {
		n.Where[i] = f(a)
	}
	return n
}

// Innermost makes loop i of the result the last, which changes no sum.
func (c *Contract) Innermost(i int) *Contract {
	last := len(c.Loops) - 1
	move := func(a Affine) Affine {
		if len(a.By) <= i {
			return a
		}
		by := slices.Clone(a.By)
		for len(by) <= last {
			by = append(by, 0)
		}
		n := by[i]
		copy(by[i:last], by[i+1:last+1])
		by[last] = n
		return Affine{a.Offset, by}
	}
	n := c.over(move)
	n.Loops = append(slices.Delete(slices.Clone(c.Loops), i, i+1), c.Loops[i])
	return n
}

// over is the contraction with its maps written over other loops.
func (c *Contract) over(f func(Affine) Affine) *Contract {
	n := *c
	n.Y = c.Y.over(f)
	if c.Init != nil {
		x := c.Init.over(f)
		n.Init = &x
	}
	n.Terms = make([]Term, len(c.Terms))
	for t := range c.Terms {
		n.Terms[t] = c.Terms[t].over(f)
	}
	return &n
}

// Merged writes neighbouring loops of the result that every map takes as the
// digits of a number as one, without the steps beyond the result.
func (c *Contract) Merged() *Contract {
	for i := range max(len(c.Loops)-1, 0) {
		size := c.Loops[i+1].Size
		merges := true
		c.over(func(a Affine) Affine {
			merges = merges && a.Coefficient(i) == size*a.Coefficient(i+1)
			return a
		})
		if !merges {
			continue
		}
		n := c.over(func(a Affine) Affine {
			if len(a.By) <= i {
				return a
			}
			return Affine{a.Offset, slices.Delete(slices.Clone(a.By), i, i+1)}
		})
		l := Loop{Name: c.Loops[i+1].Name, Size: c.Loops[i].Size * size, Channels: c.Loops[i+1].Channels}
		for d, a := range n.Y.At {
			if a.equal(Unit(i)) {
				l.Size = min(l.Size, n.Y.Shape()[d])
			}
		}
		n.Loops = append(slices.Clone(c.Loops[:i]), l)
		n.Loops = append(n.Loops, c.Loops[i+2:]...)
		return n.Merged()
	}
	return c
}

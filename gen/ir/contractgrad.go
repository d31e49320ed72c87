package ir

import (
	"fmt"
	"slices"
)

// channelBlock is how many channels a sum over several loops takes at a time.
const channelBlock = 16

// GradInit is the contraction of the gradient of the initial value:
// DI[i(l)] += DY[h(l)].
func (c *Contract) GradInit(dy, di *Value) []*Contract {
	return c.Grad(&Term{A: *c.Init}, 0, dy, di)
}

// Grad returns the contractions, parts of one result, that compute what a term
// adds to the gradient of its operand A (0) or B (1):
//
//	DA[f(l,s)] += DY[h(l)]·B[g(l,s)]
//
// The maps h and f change places, so that every element of the gradient
// gathers its sum. Along an axis of the operand, the loops of its map go on as
// loops of the result if they reach every place once. Otherwise one of them is
// expressed by the place x and the others: of the map a·o + b·k + c, say, o is
// (x − b·k − c)/a, which is whole for some k at one residue of x modulo a: every
// residue has a contraction of its own.
func (c *Contract) Grad(t *Term, operand int, dy, dx *Value) []*Contract {
	of := t.Operands()[operand]
	g := &gather{c: c, t: t, operand: operand, dy: dy, old: c.All(t)}
	first := &solution{}
	for i, l := range g.old {
		first.of = append(first.of, Unit(i))
		first.sizes = append(first.sizes, l.Size)
		first.free = append(first.free, true)
	}
	solutions := []*solution{first}
	for d, at := range of.At {
		var next []*solution
		for _, s := range solutions {
			next = append(next, g.axis(s, at, of.Shape()[d])...)
		}
		solutions = next
	}
	var parts []*Contract
	byClass := map[string]*Contract{}
	for _, s := range solutions {
		class := fmt.Sprint(s.class)
		part := byClass[class]
		if part == nil {
			part = &Contract{Layer: c.Layer, Loops: s.loops, Chains: 1, Asked: c.Asked}
			part.Y = Operand{V: dx, Dims: of.Dims, At: s.over(s.place, nil, len(g.old))}
			byClass[class] = part
			parts = append(parts, part)
		}
		if s.none {
			continue
		}
		if term := g.term(s); part.Exists(&term) {
			part.Terms = append(part.Terms, term)
		}
	}
	return parts
}

// gather is a sum that is turned into one from which results are gathered.
type gather struct {
	c       *Contract
	t       *Term
	operand int
	dy      *Value
	old     []Loop
}

// solution writes the old loops by new ones. Its maps are over the old loops,
// of which some are summed over, then the loops of the result.
type solution struct {
	class []int // residue along each axis
	loops []Loop
	place []Affine
	of    []Affine // of every old loop
	sizes []int    // steps of the old loops that are summed over
	free  []bool   // the old loop is summed over, every step of it or every few
	whole []int    // old loops that must stay within their size
	where []Affine
	none  bool // no term reaches this residue
}

func (s *solution) clone() *solution {
	n := *s
	n.class, n.loops, n.place, n.of = slices.Clone(s.class), slices.Clone(s.loops), slices.Clone(s.place), slices.Clone(s.of)
	n.sizes, n.free, n.whole, n.where = slices.Clone(s.sizes), slices.Clone(s.free), slices.Clone(s.whole), slices.Clone(s.where)
	return &n
}

// result adds a loop of the result and returns it as a map.
func (s *solution) result(l Loop) Affine {
	s.loops = append(s.loops, l)
	return Unit(len(s.of) + len(s.loops) - 1)
}

// put writes a loop that is summed over as a map, wherever it stands.
func (s *solution) put(i int, a Affine) {
	for j := range s.of {
		s.of[j] = replace(s.of[j], i, a)
	}
	for j := range s.where {
		s.where[j] = replace(s.where[j], i, a)
	}
}

// replace is a map with loop i written as another.
func replace(b Affine, i int, a Affine) Affine {
	n := b.Coefficient(i)
	if n == 0 {
		return b
	}
	b.By = slices.Clone(b.By)
	b.By[i] = 0
	return b.Plus(a, n)
}

// apply is a map over the old loops as one over the new.
func (s *solution) apply(a Affine) Affine {
	out := Affine{Offset: a.Offset}
	for i, c := range a.By {
		if c != 0 {
			out = out.Plus(s.of[i], c)
		}
	}
	return out
}

// axis solves for the place along an axis of a size.
func (g *gather) axis(s *solution, at Affine, size int) []*solution {
	at = s.apply(at)
	if loops := s.digits(at, size); loops != nil && !g.apart(loops) {
		n := s.clone()
		n.class = append(n.class, 0)
		for _, i := range loops {
			kept := n.result(Loop{g.old[i].Name, s.sizes[i], g.old[i].Channels})
			n.put(i, kept)
			n.free[i] = false
			at = replace(at, i, kept)
		}
		n.place = append(n.place, at)
		return []*solution{n}
	}
	pivot := -1
	for i := range g.old { // a loop of the old result, if there is one
		if at.Coefficient(i) != 0 && (pivot < 0 || pivot >= len(g.c.Loops)) {
			pivot = i
		}
	}
	if pivot < 0 || slices.ContainsFunc(tail(at.By, len(g.old)), func(c int) bool { return c%at.By[pivot] != 0 }) {
		n := s.clone()
		n.class = append(n.class, 0)
		x := n.result(Loop{Name: "x", Size: size})
		n.place = append(n.place, x)
		n.where = append(n.where, at.Plus(x, -1), x.Plus(at, -1)) // equal
		return []*solution{n}
	}
	var out []*solution
	for r := range min(abs(at.By[pivot]), size) {
		out = append(out, g.residue(s, at, pivot, r, size)...)
	}
	return out
}

// mostResidues of an axis are computed one by one.
const mostResidues = 4

// apart reports whether loops are over few places and over windows that have none of them
// in common: by residues, each place of a window is a convolution.
func (g *gather) apart(loops []int) bool {
	places, taps := false, 1
	for _, i := range loops {
		switch l := g.old[i]; {
		case l.Channels:
			return false
		case i < len(g.c.Loops):
			places = places || l.Size > 1
		default:
			taps *= l.Size
		}
	}
	return places && taps > 1 && taps <= mostResidues
}

// tail is a list from element n on.
func tail(list []int, n int) []int { return list[min(n, len(list)):] }

// digits returns the loops of a map that reaches every place 0 … size−1 once,
// the fastest last, as the digits of a number do; nil if it does not.
func (s *solution) digits(at Affine, size int) []int {
	loops := []int{}
	for i, c := range at.By {
		if c != 0 {
			loops = append(loops, i)
		}
	}
	slices.SortStableFunc(loops, func(i, j int) int { return at.By[j] - at.By[i] })
	span := 1
	for _, i := range slices.Backward(loops) {
		if i >= len(s.of) || at.By[i] != span {
			return nil
		}
		span *= s.sizes[i]
	}
	if at.Offset != 0 || span < size {
		return nil
	}
	return loops
}

// residue solves for places m·x + r, m = |a| with the coefficient a of the pivot.
func (g *gather) residue(s *solution, at Affine, pivot, r, size int) []*solution {
	a := at.By[pivot]
	m := abs(a)
	base := s.clone()
	base.class = append(base.class, r)
	x := base.result(Loop{Name: "x", Size: (size - r + m - 1) / m})
	place := Affine{Offset: r}.Plus(x, m)
	base.place = append(base.place, place)
	type split struct {
		*solution
		at Affine // the map with the loops as they are taken
	}
	splits := []split{{base, at}}
	for i, c := range at.By { // steps of the other loops with a residue each
		if i == pivot || i >= len(g.old) || c%m == 0 {
			continue
		}
		period := m / gcd(abs(c), m)
		var next []split
		for _, b := range splits {
			for first := range min(period, b.sizes[i]) {
				n := b.clone()
				steps := Affine{Offset: first}.Plus(Unit(i), period)
				n.put(i, steps)
				n.sizes[i] = (b.sizes[i] - first + period - 1) / period
				next = append(next, split{n, replace(b.at, i, steps)})
			}
		}
		splits = next
	}
	var out []*solution
	for _, n := range splits {
		by := place.Plus(replace(n.at, pivot, Affine{}), -1) // a times the pivot
		if by.Offset%m != 0 {
			continue
		}
		by.Offset /= a
		for i := range by.By {
			by.By[i] /= a
		}
		n.put(pivot, by)
		n.free[pivot] = false
		n.whole = append(n.whole, pivot)
		out = append(out, n.solution)
	}
	if out == nil {
		base.none = true
		out = []*solution{base}
	}
	return out
}

// term is the solution's part of the sum.
func (g *gather) term(s *solution) Term {
	var summed []Loop
	var index []int
	whole := slices.Clone(s.whole)
	for i, l := range g.old {
		if s.free[i] {
			l.Size = s.sizes[i]
			summed, index = append(summed, l), append(index, i)
		}
	}
	loops, steps := SumOrder(summed)
	for j, i := range index { // the last block of channels may be short
		if _, high := steps[j].Range(loops); high >= s.sizes[i] {
			whole = append(whole, i)
		}
	}
	of := make([]Affine, len(g.old)) // summed loops by the term's
	for j, i := range index {
		of[i] = steps[j]
	}
	over := func(maps []Affine) []Affine {
		applied := make([]Affine, len(maps))
		for i, a := range maps {
			applied[i] = s.apply(a)
		}
		return s.over(applied, of, len(g.old))
	}
	t := Term{Loops: loops, A: Operand{g.dy, g.c.Y.Shape(), over(g.c.Y.At)}}
	operands := append(g.t.Operands(), &g.c.Y)
	operands = slices.Delete(operands, g.operand, g.operand+1)
	if g.t.B != nil {
		b := *operands[0]
		b.At = over(b.At)
		t.B = &b
	}
	where := append(slices.Clone(g.t.Where), limits(g.old, whole, operands)...)
	t.Where = append(over(where), s.over(s.where, of, len(g.old))...)
	return t
}

// limits are the conditions that keep loops within their sizes, where no
// operand ends with them.
func limits(old []Loop, whole []int, operands []*Operand) []Affine {
	var out []Affine
	for _, i := range whole {
		ends := func(o *Operand) bool {
			d := slices.IndexFunc(o.At, func(a Affine) bool { return a.equal(Unit(i)) })
			return d >= 0 && o.Shape()[d] == old[i].Size
		}
		if !slices.ContainsFunc(operands, ends) {
			out = append(out, Unit(i), Affine{Offset: old[i].Size - 1}.Plus(Unit(i), -1))
		}
	}
	return out
}

// over writes maps over the n old loops and those of the result as maps over
// those of the result and then the term's; of is what summed loops are by the
// term's.
func (s *solution) over(maps []Affine, of []Affine, n int) []Affine {
	out := make([]Affine, len(maps))
	for j, a := range maps {
		b := Affine{Offset: a.Offset}
		for i, c := range a.By {
			switch {
			case c == 0:
			case i >= n:
				b = b.Plus(Unit(i-n), c)
			default:
				b = b.Plus(of[i].Behind(len(s.loops)), c)
			}
		}
		out[j] = b
	}
	return out
}

// SumOrder returns the order in which a sum takes loops, and each of them as a
// map over those: where there are several, one over channels is taken 16 steps
// at a time, the blocks outside of the other loops and the steps inside.
func SumOrder(loops []Loop) (order []Loop, of []Affine) {
	of = make([]Affine, len(loops))
	add := func(i, by int, l Loop) {
		of[i] = of[i].Plus(Unit(len(order)), by)
		order = append(order, l)
	}
	channels := func(l Loop) bool { return l.Channels && len(loops) > 1 }
	for i, l := range loops {
		if channels(l) && l.Size > channelBlock {
			add(i, channelBlock, Loop{Name: l.Name + "b", Size: (l.Size + channelBlock - 1) / channelBlock})
		}
	}
	for i, l := range loops {
		if !channels(l) {
			add(i, 1, l)
		}
	}
	for i, l := range loops {
		if channels(l) {
			add(i, 1, Loop{Name: l.Name, Size: min(l.Size, channelBlock)})
		}
	}
	return order, of
}

func abs(n int) int { return max(n, -n) }

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

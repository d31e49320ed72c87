package calls

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// mostSteps is how many steps of the innermost loop of a sum portable Go writes one
// after the other: of constant length, they are read with one check of bounds. Where
// it does not divide them, fewSteps. From leastSteps on a tile may be wider.
const (
	mostSteps  = 16
	fewSteps   = 4
	leastSteps = 2
)

// Steps are those of the innermost loop of a term that every result has: from First up to
// Last, Width at a time.
type Steps struct {
	Loop        int // of the term's
	First, Last int
	Width       int // 0: their number differs from result to result, or there is one
}

// StepsOf finds the steps of a term of a contraction.
func StepsOf(o *ir.Contract, t *ir.Term) Steps {
	s := Steps{Loop: len(t.Loops) - 1}
	for s.Loop > 0 && t.Loops[s.Loop].Size == 1 {
		s.Loop--
	}
	if s.Loop < 0 {
		return Steps{}
	}
	if slices.ContainsFunc(t.Operands(), func(x *ir.Operand) bool { return x.V.Param != nil && x.V.Param.Mask != nil }) {
		return Steps{Loop: s.Loop}
	}
	loops, at := o.All(t), len(o.Loops)+s.Loop
	s.Last = loops[at].Size
	for _, a := range bounds(t, loops) {
		if a.Coefficient(at) == 0 {
			continue
		}
		low, high := without(a, at).Range(loops)
		if low != high {
			return Steps{Loop: s.Loop}
		}
		s.First, s.Last = within(a, at, low, s.First, s.Last)
	}
	switch n := s.Last - s.First; {
	case n <= mostSteps || n%mostSteps == 0:
		s.Width = min(max(n, 0), mostSteps)
	default:
		s.Width = fewSteps
	}
	return s
}

// bounds are the maps that must be at least 0, and are not always, for a product to be
// a term.
func bounds(t *ir.Term, loops []ir.Loop) []ir.Affine {
	list := slices.Clone(t.Where)
	for _, x := range t.Operands() {
		for _, d := range x.Outside(loops) {
			list = append(list, x.At[d], ir.Affine{Offset: x.Shape()[d] - 1}.Plus(x.At[d], -1))
		}
	}
	return slices.DeleteFunc(list, func(a ir.Affine) bool {
		low, _ := a.Range(loops)
		return low >= 0
	})
}

// without is a map without a loop.
func without(a ir.Affine, loop int) ir.Affine {
	return a.Plus(ir.Unit(loop), -a.Coefficient(loop))
}

// PortableParts are the parts that portable Go computes a contraction in: filters by
// their panels, and the results of a row with all columns of the window apart from
// those at the edges.
func PortableParts(o *ir.Contract, chains int, filters func(v *ir.Value) bool) []*ir.Contract {
	var out []*ir.Contract
	for _, p := range ByPanels(o, filters) {
		if chains > 1 || o.OverBatch() {
			out = append(out, p)
			continue
		}
		out = append(out, byEdges(p)...)
	}
	return out
}

// byEdges divides the loop of the result on which it depends how many steps of the
// innermost loop with bounds there are: those where all are, and what is before and behind.
func byEdges(o *ir.Contract) []*ir.Contract {
	var list []ir.Affine
	for i := range o.Terms {
		list = append(list, innermost(o, &o.Terms[i])...)
	}
	loop := -1
	for _, a := range list {
		for l := range o.Loops {
			if a.Coefficient(l) == 0 || o.Loops[l].Size == 1 || l == loop {
				continue
			}
			if loop >= 0 {
				return []*ir.Contract{o}
			}
			loop = l
		}
	}
	if loop < 0 {
		return []*ir.Contract{o}
	}
	size := o.Loops[loop].Size
	from, to := 0, size
	for _, a := range list {
		from, to = within(a, loop, a.Offset, from, to)
	}
	if from >= to {
		return []*ir.Contract{o}
	}
	var out []*ir.Contract
	for _, p := range [][2]int{{0, from}, {from, to}, {to, size}} {
		if p[0] < p[1] {
			out = append(out, o.Part(loop, p[0], p[1]-p[0]))
		}
	}
	return out
}

// innermost are the bounds of the innermost loop of a term that has any, each at its
// least over the loops of the term.
func innermost(o *ir.Contract, t *ir.Term) []ir.Affine {
	loops, list := o.All(t), bounds(t, o.All(t))
	for at := len(loops) - 1; at >= len(o.Loops); at-- {
		if loops[at].Size == 1 {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(list), func(a ir.Affine) bool { return a.Coefficient(at) == 0 })
		if len(of) == 0 {
			continue
		}
		for i, a := range of {
			for l := len(o.Loops); l < len(loops); l++ {
				a.Offset += min(0, a.Coefficient(l)*(loops[l].Size-1))
				a = without(a, l)
			}
			of[i] = a
		}
		return of
	}
	return nil
}

// within narrows the steps from one up to another of a loop to those in which a map that
// is so much without it is at least 0.
func within(a ir.Affine, loop, rest, from, to int) (int, int) {
	switch by := a.Coefficient(loop); {
	case by > 0: // −rest/by, rounded up
		from = max(from, (by-1-rest)/by)
	case by < 0: // rest/−by, rounded down, is the last
		to = min(to, (rest-by)/-by)
	}
	return from, to
}

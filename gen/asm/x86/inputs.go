package x86

import (
	"fmt"
	"slices"
)

// overInputs prints what is done for every input, some in a turn of a loop: the
// input is broadcast, and the weights some inputs ahead are fetched. each is given
// the operand of a vector of the input's weights, and the chain that the input
// belongs to; where inputs of a chain follow each other it becomes a macro.
func (w *writer) overInputs(inputs, unroll, chains, ahead int, vs []vector, each func(at func(v vector, plus int) string, chain int)) {
	all := bases(vs)
	parameters := []string{"x", "w", "v"}[:1+len(all)]
	one := func(displacements []string, chain int) {
		at := func(v vector, more int) string {
			i := slices.IndexFunc(all, func(b vector) bool { return b.base == v.base })
			return plus(displacements[1+i], v.disp+more) + "(" + v.base + ")"
		}
		w.Line(func() {
			w.broadcast(displacements[0] + "(" + regX + ")")
			w.prefetch(ahead, vs, at)
			each(at, chain)
		})
	}
	turns, rest := inputs/unroll, inputs%unroll
	if turns <= 1 {
		turns, rest = 0, inputs
	}
	prefix := w.macroName() + w.Label("In")
	known := map[int]bool{}
	some := func(n int) {
		for k := range n {
			numbers := []string{fmt.Sprint(k * w.size())}
			for _, b := range all {
				numbers = append(numbers, fmt.Sprint(k*b.stride))
			}
			chain := k % chains
			if rest+min(turns, 1)*unroll <= chains { // every macro would be used once
				one(numbers, chain)
				continue
			}
			name := fmt.Sprintf("%sC%d", prefix, chain)
			if !known[chain] {
				known[chain] = true
				w.Macro(name, parameters, func() { one(parameters, chain) })
			}
			w.Use(name, numbers...)
		}
	}
	if turns > 0 {
		loop := w.Label("inputs")
		w.count(turns)
		w.Place(loop)
		w.Line(func() { some(unroll) })
		w.Line(func() {
			w.advance(regX, unroll*w.size())
			for _, base := range all {
				w.advance(base.base, unroll*base.stride)
			}
		})
		w.again(loop)
	}
	w.Line(func() { some(rest) })
}

// cacheLine is what a prefetch brings, in bytes.
const cacheLine = 64

// prefetch fetches the weights some inputs after the one at hand.
func (w *writer) prefetch(ahead int, vs []vector, at func(v vector, plus int) string) {
	if ahead == 0 {
		return
	}
	for _, v := range vs {
		if v.base == regW && v.disp%cacheLine == 0 {
			w.Ins("PREFETCHT0", at(v, ahead*v.stride))
		}
	}
}

// bases are the weight pointers a group uses.
func bases(vs []vector) []vector {
	out := []vector{vs[0]}
	for _, v := range vs {
		if v.base != out[len(out)-1].base {
			out = append(out, v)
		}
	}
	return out
}

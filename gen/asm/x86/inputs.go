package x86

import (
	"fmt"
	"slices"
	"strings"
)

// overInputs prints what is done for every input, some in a turn of a loop: the
// input is broadcast, and the weights some inputs ahead are fetched. each is given
// the operand of a vector of the input's weights, and the chain that the input
// belongs to; where inputs of a chain follow each other it becomes a macro.
func (w *writer) overInputs(inputs, unroll, chains, ahead int, vs []vector, each func(at func(v vector, plus int) string, chain int)) {
	all := bases(vs)
	parameters := []string{"x", "w", "v"}[:1+len(all)]
	one := func(displacements []string, chain int) {
		at := w.displaced(all, displacements[1:])
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
	numbers := func(k int) []string {
		out := []string{fmt.Sprint(k * w.size())}
		for _, b := range all {
			out = append(out, fmt.Sprint(k*b.stride))
		}
		return out
	}
	chains = min(chains, max(rest, turns*unroll))
	var macros []string
	if rest+min(turns, 1)*unroll > chains { // else every macro would be used once
		for chain := range chains {
			macros = append(macros, w.Macro("input", parameters, func() { one(parameters, chain) }))
		}
	}
	some := func(n int) {
		for k := range n {
			if macros == nil {
				one(numbers(k), k%chains)
				continue
			}
			w.Use(macros[k%chains], numbers(k)...)
		}
	}
	if turns > 0 {
		loop := w.Label("inputs")
		w.count(turns)
		w.Place(loop)
		if macros != nil {
			w.inTurn("terms", unroll, numbers, macros, "")
		} else {
			w.Line(func() { some(unroll) })
		}
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

// inTurn adds the products of n terms, which go to the chains in turn: the macros
// of terms are for one each, and take the numbers of a term. With a label the
// counter says how many terms there are.
func (w *writer) inTurn(role string, n int, numbers func(k int) []string, terms []string, done string) {
	name := fmt.Sprintf("%s%dx%s", role, n, strings.Join(numbers(1), "x"))
	if len(terms) > 1 {
		name += fmt.Sprintf("c%d", len(terms))
	}
	parameters, arguments := make([]string, len(terms)), slices.Clone(terms)
	for c := range terms {
		parameters[c] = fmt.Sprintf("c%d", c)
	}
	if done != "" {
		parameters, arguments = append(parameters, "done"), append(arguments, done)
	}
	w.Shared(name, parameters, func() {
		w.Line(func() {
			for k := range n {
				w.Use(parameters[k%len(terms)], numbers(k)...)
				if done != "" && k < n-1 {
					w.Ins("DECQ", regCount)
					w.Ins("JZ", "done")
				}
			}
		})
	})
	w.Use(name, arguments...)
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

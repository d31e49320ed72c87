package x86

import (
	"fmt"
	"slices"
)

// overFours is overInputs for all inputs of a sum of float32: four inputs are loaded
// into every quarter of a vector, from which each goes to all lanes. The loads, not
// the sums, are what the time goes to where every weight is read once, and a number
// loaded into all lanes takes as long as a vector of weights. four holds them.
func (w *writer) overFours(inputs, unroll, chains, ahead int, vs []vector, four Y, each func(at func(v vector, plus int) string, chain int)) {
	all := bases(vs)
	parameters := []string{"w", "v"}[:len(all)]
	numbers := func(k int) (out []string) {
		for _, b := range all {
			out = append(out, fmt.Sprint(k*b.stride))
		}
		return out
	}
	macros := make([]string, min(chains, inputs))
	for chain := range macros {
		macros[chain] = w.Macro("products", parameters, func() {
			at := w.displaced(all, parameters)
			w.Line(func() {
				w.prefetch(ahead, vs, at)
				each(at, chain)
			})
		})
	}
	some := func(n int) {
		for k := 0; k < n; {
			if k+4 > n {
				w.broadcast(mem(regX, k*w.size()))
				w.Use(macros[k%len(macros)], numbers(k)...)
				k++
				continue
			}
			w.four(k, four, all, macros, append([]string{fmt.Sprint(k * w.size())}, numbers(k)...))
			k += 4
		}
	}
	turns, rest := inputs/unroll, inputs%unroll
	if turns <= 1 {
		turns, rest = 0, inputs
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

// four adds the products of four inputs from the k-th on, whose chains have macros.
func (w *writer) four(k int, four Y, all []vector, macros, at []string) {
	ofChains := min(len(macros), 4)
	parameters, name := []string{"x", "w", "v"}[:len(at)], "fours"
	for _, b := range all {
		name += fmt.Sprint("x", b.stride)
	}
	for c := range ofChains {
		parameters, at = append(parameters, fmt.Sprint("c", c)), append(at, macros[(k+c)%len(macros)])
	}
	load := "VBROADCASTF128"
	if w.isa.masks {
		load = "VBROADCASTF32X4"
	}
	w.Shared(fmt.Sprint(name, "c", ofChains), parameters, func() {
		w.Line(func() {
			w.Ins(load, "x("+regX+")", four.String())
			for t := range 4 {
				var weights []string
				for i, b := range all {
					weights = append(weights, plus(parameters[1+i], t*b.stride))
				}
				w.Ins("VPERMILPS", fmt.Sprintf("$%d", t*0x55), four.String(), w.input.String())
				w.Use(fmt.Sprint("c", t%ofChains), weights...)
			}
		})
	})
	w.Use(fmt.Sprint(name, "c", ofChains), at...)
}

// displaced gives the operand of a vector's weights from displacements of the bases.
func (w *writer) displaced(all []vector, displacements []string) func(v vector, more int) string {
	return func(v vector, more int) string {
		i := slices.IndexFunc(all, func(b vector) bool { return b.base == v.base })
		return plus(displacements[i], v.disp+more) + "(" + v.base + ")"
	}
}

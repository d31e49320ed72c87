package importer

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// mostWritten is the most steps of a cell that are written out.
const mostWritten = 64

// unsaid names what the language does not say of a cell.
func (k *cell) unsaid() string {
	switch {
	case k.peepholes != nil:
		return "peepholes (input P) are not supported"
	case k.clip != 0:
		return "attribute clip is not supported"
	case k.coupled:
		return "attribute input_forget: 1 is not supported"
	case k.rows > 0:
		return fmt.Sprintf("%s beside each other in a sample are not supported", plural.Of(k.rows, "sequence"))
	}
	return "an initial state is not supported, but that which the layer leaves (--state),"
}

// begins reports whether a cell has an initial state that is none of the stream.
func (k *cell) begins() bool {
	return slices.ContainsFunc(k.initial, func(s *node) bool { return s != nil })
}

// hasRows reports whether a cell has several sequences in a sample.
func (g *graph) hasRows() bool {
	return slices.ContainsFunc(g.order(), func(n *node) bool { return n.cell != nil && n.cell.rows > 0 })
}

// writeOut makes cells that no layer of the language is, products and gates: those with
// options that it does not have, with an initial state that is none of the stream, and
// those whose last cell state somebody reads.
func (g *graph) writeOut() {
	final := map[*node]bool{}
	for _, n := range g.order() {
		if n.kind == "final cell" {
			final[n.from[0]] = true
		}
	}
	for _, n := range g.order() {
		k := n.cell
		if k == nil || k.stateful || k.counted || k.steps > mostWritten || k.said() && !k.begins() && !final[n] {
			continue
		}
		u := &unrolled{cell: k, from: n}
		h, c := u.run()
		if k.final != nil {
			k.final.become(apply("linear", c))
		}
		n.become(h)
	}
}

// unrolled is a cell while it is written out.
type unrolled struct {
	*cell
	from *node // the cell
	h, c *node // the state, [units] or [rows, units]
	x    *node // the products with the input of a step
}

// run is the result of the cell, and the last cell state.
func (u *unrolled) run() (y, c *node) {
	gates := u.weight("weight_ih").shape[0] / u.units
	sums := u.product(u.from.from[0], "weight_ih", "bias_ih")
	state := []int{u.units}
	if u.rows > 0 {
		state = []int{u.rows, u.units}
	}
	slot := 1
	for i, to := range []**node{&u.h, &u.c} {
		if i < len(u.initial) && u.initial[i] != nil {
			*to = reshaped(u.from.from[slot], state)
			slot++
		} else if i < len(u.initial) {
			*to = constantNode(zeros(state))
		}
	}
	wide := slices.Clone(state)
	wide[len(wide)-1] *= gates
	all := make([]*node, u.steps)
	for i := range u.steps {
		t := i
		if u.backwards {
			t = u.steps - 1 - i
		}
		u.x = reshaped(part(sums, 0, t, t+1), wide)
		map[string]func(){"rnn": u.rnn, "gru": u.gru, "lstm": u.lstm}[u.from.kind]()
		all[t] = reshaped(u.h, slices.Concat([]int{1}, state))
	}
	if !u.all {
		return u.h, u.c
	}
	return concat(all, 0), u.c
}

func (u *unrolled) weight(name string) weight {
	i := slices.IndexFunc(u.from.weights, func(w weight) bool { return w.name == name })
	if i < 0 {
		return weight{}
	}
	return u.from.weights[i]
}

// product is the product of weights with the last axis of a value.
func (u *unrolled) product(x *node, name, bias string) *node {
	w := u.weight(name)
	shape := slices.Clone(x.shape)
	shape[len(shape)-1] = w.shape[0]
	var y *node
	if size(shape) == w.shape[0] {
		y = dense(x, w.data, nil, shape)
	} else {
		y = denseRows(x, w.data, -1, shape, shape)
	}
	y.b, y.hints = u.weight(bias).data, slices.Clone(u.from.hints)
	return y
}

// gate is gate i of sums.
func (u *unrolled) gate(sums *node, i int) *node {
	return part(sums, len(sums.shape)-1, i*u.units, (i+1)*u.units)
}

// activate applies activation i to a sum.
func (u *unrolled) activate(i int, sum *node) *node {
	if u.clip != 0 {
		sum = clip(sum, -u.clip, u.clip)
	}
	a := *u.activations[i]
	a.from, a.shape = []*node{sum}, sum.shape
	return &a
}

func added(list ...*node) *node   { return merge("add", list, list[0].shape) }
func multiplied(a, b *node) *node { return merge("multiply", []*node{a, b}, a.shape) }

// oneMinus is 1 − x.
func oneMinus(x *node) *node {
	return affinely(x, affine{}.times([]float64{-1}).plus([]float64{1}))
}

func (u *unrolled) rnn() {
	u.h = u.activate(0, added(u.x, u.product(u.h, "weight_hh", "bias_hh")))
}

// gru has the gates r, z, n.
func (u *unrolled) gru() {
	h := u.product(u.h, "weight_hh", "bias_hh")
	r := u.activate(0, added(u.gate(u.x, 0), u.gate(h, 0)))
	z := u.activate(0, added(u.gate(u.x, 1), u.gate(h, 1)))
	var n *node
	if u.after {
		n = multiplied(r, u.gate(h, 2))
	} else {
		n = u.product(multiplied(r, u.h), "weight_hh_n", "bias_hh_n")
	}
	n = u.activate(1, added(u.gate(u.x, 2), n))
	u.h = added(multiplied(oneMinus(z), n), multiplied(z, u.h))
}

// lstm has the gates i, f, g, o; the peepholes are those of i, o, f.
func (u *unrolled) lstm() {
	sums := added(u.x, u.product(u.h, "weight_hh", "bias_hh"))
	gate := func(i, peephole int) *node {
		s := u.gate(sums, i)
		if u.peepholes != nil {
			p := &array{shape: []int{u.units}, data: u.peepholes[peephole*u.units : (peephole+1)*u.units]}
			s = added(s, affinely(u.c, affine{mul: p.expand(u.c.shape).data}))
		}
		return u.activate(0, s)
	}
	i := gate(0, 0)
	f := oneMinus(i)
	if !u.coupled {
		f = gate(1, 2)
	}
	u.c = added(multiplied(f, u.c), multiplied(i, u.activate(1, u.gate(sums, 2))))
	o := gate(3, 1)
	out := *u.activations[2]
	out.from, out.shape = []*node{u.c}, u.c.shape
	u.h = multiplied(o, &out)
}

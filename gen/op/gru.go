package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// gru is the layer of gated recurrent units.
var gru = Layer{
	Kind: spec.Kind{
		Name: "gru", MaxFrom: 2,
		Doc: "Gated recurrent units, [r, z, n] = W_ih·x + b_ih, r = σ(r + W_hr·h + b_hr), z = σ(z + W_hz·h + b_hz), n = tanh(n + r·(W_hn·h + b_hn)), h′ = (1 − z)·n + z·h, gradients through all steps of a sequence (PyTorch GRU, in whose order the gates lie). With reset_after: false, n = tanh(n + W_hn·(r·h) + b_hn), and W_hn and b_hn are the parameters weight_hh_n and bias_hh_n. A second source is the number of steps that a sequence has.",
		Params: cellParams(
			activationField("activation", "activation in place of tanh, of n", "tanh"),
			activationField("recurrent_activation", "activation in place of σ, of r and z", "sigmoid"),
			spec.Param{Name: "reset_after", Doc: "multiply by r after the product with the state (PyTorch, Keras 3; linear_before_reset of ONNX), not before it", Type: spec.Bool, Default: true},
		),
	},
	Build: buildCell(&cellKind{gates: 3, slots: []string{"h"}, recurrent: gruParts, step: gruStep}),
}

func gruParts(a spec.Args) []recurrentPart {
	if a.Bool("reset_after") {
		return []recurrentPart{{"", 3}}
	}
	return []recurrentPart{{"", 2}, {"_n", 1}}
}

func gruStep(c *cell, x *ir.Value, state []*ir.Value) []*ir.Value {
	step := gruResetBefore
	if c.l.Args.Bool("reset_after") {
		step = gruResetAfter
	}
	z, n := step(c, c.product("input", c.wIH, c.bIH, x), state[0])
	return []*ir.Value{c.combine("update gate", c.l.Name+"_h", "y = (1 - z)*n + z*h", c.units, map[string]string{
		"z": "d = dy*(h - n)", "n": "d = dy*(1 - z)", "h": "d = dy*z",
	}, "z", z, "n", n, "h", state[0])}
}

func gruResetAfter(c *cell, gi, h *ir.Value) (z, n *ir.Value) {
	name := c.l.Name
	gh := c.product("recurrent", c.wHH[0], c.bHH[0], h)
	sums := c.split(c.sum(gi, gh), c.units, name+"_zr", name+"_zz")
	in, hn := c.part(gi, 2*c.units, c.units, name+"_xn"), c.part(gh, 2*c.units, c.units, name+"_hn")
	c.RecordAll(append(sums, in, hn), func(d []*ir.Value) {
		c.addTo(c.join("d"+name+"_input", c.units, d[0], d[1], d[2]), gi)
		c.addTo(c.join("d"+name+"_recurrent", c.units, d[0], d[1], d[3]), gh)
	})
	r := c.activate("recurrent_activation", "r", sums[0])
	z = c.activate("recurrent_activation", "z", sums[1])
	zn := c.combine("reset gate", name+"_zn", "y = x + r*h", c.units, map[string]string{
		"x": "d = dy", "r": "d = dy*h", "h": "d = dy*r",
	}, "x", in, "r", r, "h", hn)
	return z, c.activate("activation", "n", zn)
}

func gruResetBefore(c *cell, gi, h *ir.Value) (z, n *ir.Value) {
	name := c.l.Name
	inputs := c.split(gi, c.units, name+"_xr", name+"_xz", name+"_xn")
	c.RecordAll(inputs, func(d []*ir.Value) { c.addTo(c.join("d"+name+"_input", c.units, d...), gi) })
	gh := c.product("recurrent", c.wHH[0], c.bHH[0], h)
	states := c.split(gh, c.units, name+"_hr", name+"_hz")
	c.RecordAll(states, func(d []*ir.Value) { c.addTo(c.join("d"+name+"_recurrent", c.units, d...), gh) })
	gate := func(i int, name string) *ir.Value {
		sum := c.combine("add", c.l.Name+"_z"+name, "y = a + b", c.units, map[string]string{"a": "d = dy", "b": "d = dy"}, "a", inputs[i], "b", states[i])
		return c.activate("recurrent_activation", name, sum)
	}
	r, z := gate(0, "r"), gate(1, "z")
	reset := c.combine("reset gate", name+"_reset", "y = r*h", c.units, map[string]string{"r": "d = dy*h", "h": "d = dy*r"}, "r", r, "h", h)
	hn := c.product("reset_recurrent", c.wHH[1], c.bHH[1], reset)
	zn := c.combine("add", name+"_zn", "y = a + b", c.units, map[string]string{"a": "d = dy", "b": "d = dy"}, "a", inputs[2], "b", hn)
	return z, c.activate("activation", "n", zn)
}

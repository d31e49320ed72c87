package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// lstm is the layer of long short-term memory.
var lstm = Layer{
	Kind: spec.Kind{
		Name: "lstm", MaxFrom: 2,
		Doc: "Long short-term memory, [i, f, g, o] = W_ih·x + b_ih + W_hh·h + b_hh, c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′), gradients through all steps of a sequence (PyTorch LSTM, in whose order the gates lie). A second source is the number of steps that a sequence has.",
		Params: cellParams(
			activationField("activation", "activation in place of tanh, of g and of c′", "tanh"),
			activationField("recurrent_activation", "activation in place of σ, of i, f and o", "sigmoid"),
			activationField("output_activation", "activation of c′, if it is not that of g", ""),
		),
	},
	Build: buildCell(&cellKind{gates: 4, slots: []string{"h", "c"}, recurrent: packed(4), step: lstmStep}),
}

func lstmStep(c *cell, x *ir.Value, state []*ir.Value) []*ir.Value {
	name := c.l.Name
	gi := c.product("input", c.wIH, c.bIH, x)
	gh := c.product("recurrent", c.wHH[0], c.bHH[0], state[0])
	gates := c.split(c.sum(gi, gh), c.units, name+"_zi", name+"_zf", name+"_zg", name+"_zo")
	c.RecordAll(gates, func(dys []*ir.Value) { c.addTo(c.join("d"+name+"_gates", c.units, dys...), gi, gh) })
	i := c.activate("recurrent_activation", "i", gates[0])
	f := c.activate("recurrent_activation", "f", gates[1])
	g := c.activate("activation", "g", gates[2])
	o := c.activate("recurrent_activation", "o", gates[3])
	next := c.combine("cell", name+"_c", "y = f*c + i*g", c.units, map[string]string{
		"f": "d = dy*c", "c": "d = dy*f", "i": "d = dy*g", "g": "d = dy*i",
	}, "f", f, "c", state[1], "i", i, "g", g)
	h := c.combine("output gate", name+"_h", "y = o*a", c.units, map[string]string{
		"o": "d = dy*a", "a": "d = dy*o",
	}, "o", o, "a", c.activate("output_activation", "a", next))
	return []*ir.Value{h, next}
}

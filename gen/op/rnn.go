package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// one product with the state, of all gates.
func packed(gates int) func(spec.Args) []recurrentPart {
	return func(spec.Args) []recurrentPart { return []recurrentPart{{"", gates}} }
}

// rnn is the simple recurrent layer.
var rnn = Layer{
	Kind: spec.Kind{
		Name: "rnn", Aliases: []string{"simple_rnn", "elman"}, MaxFrom: 2,
		Doc:    "Recurrent layer (Elman), h′ = f(W_ih·x + b_ih + W_hh·h + b_hh), gradients through all steps of a sequence (PyTorch RNN, Keras SimpleRNN). A second source is the number of steps that a sequence has.",
		Params: cellParams(activationField("activation", "f", "tanh")),
	},
	Build: buildCell(&cellKind{gates: 1, slots: []string{"h"}, recurrent: packed(1), step: rnnStep}),
}

func rnnStep(c *cell, x *ir.Value, state []*ir.Value) []*ir.Value {
	gi := c.product("input", c.wIH, c.bIH, x)
	gh := c.product("recurrent", c.wHH[0], c.bHH[0], state[0])
	z := c.sum(gi, gh)
	c.Record(z, func(dz *ir.Value) { c.addTo(dz, gi, gh) })
	return []*ir.Value{c.activate("activation", "h", z)}
}

// addTo adds a gradient to those of several values.
func (c *cell) addTo(d *ir.Value, xs ...*ir.Value) {
	for _, x := range xs {
		if c.Flows(x) {
			c.AddGrad(x, d)
		}
	}
}

package op

import "github.com/nngen-go/nngen/spec"

// clips is the table of gradient clipping.
var clips = []Clip{
	{
		Kind: spec.Kind{
			Name: "value", Doc: "Cuts every element of the gradient off, g = min(max(g, −c), c) (PyTorch clip_grad_value_).",
			Params: []spec.Param{{Name: "max", Doc: "largest absolute value c", Type: spec.Number, Required: true, Short: true, Range: positive}},
		},
		Value: formula("g = max(min(g, max), -max)"),
	},
	{
		Kind: spec.Kind{
			Name: "norm", Doc: "Scales all gradients together, g = g·min(c/(‖g‖ + 1e−6), 1), with the norm over all parameters (PyTorch clip_grad_norm_).",
			Params: []spec.Param{{Name: "max", Doc: "largest norm c", Type: spec.Number, Required: true, Short: true, Range: positive}},
		},
		Norm: formula("c = min(max/s/(r + 1e-6/s), 1)"),
	},
}

// Clips returns the table of gradient clipping.
func Clips() []Clip { return clips }

// ClipByName returns the row of a clipping, or nil.
func ClipByName(name string) *Clip {
	return find(clips, name, func(r *Clip) *spec.Kind { return &r.Kind })
}

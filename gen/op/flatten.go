package op

import "github.com/nngen-go/nngen/spec"

// flatten is the identity: values are stored as vectors in row-major order.
var flatten = Layer{
	Kind: spec.Kind{
		Name: "flatten",
		Doc:  "Row-major vector of its source, y = x, gradient dx = dy; costs nothing.",
	},
	Build: func(_ *Builder, _ *spec.Layer, xs []Tensor) Tensor {
		return Tensor{xs[0].Value, []int{xs[0].Size()}}
	},
}

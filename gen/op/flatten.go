package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// flatten is the identity: values are stored as vectors in row-major order.
var flatten = Layer{
	Kind: spec.Kind{
		Name: "flatten",
		Doc:  "Row-major vector of its source, y = x, gradient dx = dy; costs nothing.",
	},
	Build: func(_ *Builder, _ *spec.Layer, xs []*ir.Value) *ir.Value { return xs[0] },
}

package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// softmax and logSoftmax combine the elements of a sample. With one of them
// before it, cross_entropy or nll is computed from the logits.
var (
	softmax = Activation{
		Kind: spec.Kind{
			Name: "softmax", Params: []spec.Param{axisParam},
			Doc: "Softmax, y_i = exp(x_i − m)/Σ_j exp(x_j − m) with m = max x, gradient dx_i = y_i·(dy_i − Σ_j dy_j·y_j) (PyTorch Softmax).",
		},
		Mixing: &Mixing{Forward: softmaxForward, Backward: softmaxBackward},
		Bound:  "that of exp + (n + 2)/2 ULP for n elements",
	}
	logSoftmax = Activation{
		Kind: spec.Kind{
			Name: "log_softmax", Params: []spec.Param{axisParam},
			Doc: "Logarithm of the softmax, y_i = (x_i − m) − log Σ_j exp(x_j − m) with m = max x, gradient dx_i = dy_i − exp(y_i)·Σ_j dy_j (PyTorch LogSoftmax).",
		},
		Mixing: &Mixing{Forward: logSoftmaxForward, Backward: logSoftmaxBackward},
		Bound:  "(n + 4)·2⁻²⁴·max(1, |y|) for n elements",
	}
)

// expSum returns m = max x, e = exp(x − m) and z = Σ e, m and z of each group.
// The maximum makes the largest summand 1, so that nothing overflows and the
// sum is not 0.
func expSum(b *Builder, x *ir.Value, g groups) (m, e, z *ir.Value) {
	m = b.reduce(g, "maximum", x.Name+"_max", ir.MaxOf, formula("e = x"), "x", x)
	e = b.Map("exponentials", x.Name+"_exp", formula("e = exp(x - m)"), "e", x.Size(), "x", x, "m", b.repeat(g, m))
	z = b.reduce(g, "sum of exponentials", x.Name+"_sum", ir.Sum, formula("e = y"), "y", e)
	return m, e, z
}

func softmaxForward(b *Builder, x *ir.Value, g groups) *ir.Value {
	_, e, z := expSum(b, x, g)
	return b.Map("softmax", x.Name+"_softmax", formula("y = e/z"), "y", x.Size(), "e", e, "z", b.repeat(g, z))
}

// softmaxBackward is dx_i = y_i·(dy_i − Σ_j dy_j·y_j).
func softmaxBackward(b *Builder, x, y, dy *ir.Value, g groups) *ir.Value {
	dot := b.reduce(g, "softmax gradient", dy.Name+"_dot", ir.Sum, formula("e = dy*y"), "dy", dy, "y", y)
	return b.Map("softmax gradient", "d"+x.Name, formula("dx = y*(dy - d)"), "dx", x.Size(), "y", y, "dy", dy, "d", b.repeat(g, dot))
}

func logSoftmaxForward(b *Builder, x *ir.Value, g groups) *ir.Value {
	m, _, z := expSum(b, x, g)
	c := b.Map("log_softmax", x.Name+"_log", formula("c = log(z)"), "c", g.count(), "z", z)
	return b.Map("log_softmax", x.Name+"_log_softmax", formula("y = (x - m) - c"), "y", x.Size(), "x", x, "m", b.repeat(g, m), "c", b.repeat(g, c))
}

// logSoftmaxBackward is dx_i = dy_i − exp(y_i)·Σ_j dy_j.
func logSoftmaxBackward(b *Builder, x, y, dy *ir.Value, g groups) *ir.Value {
	sum := b.reduce(g, "log_softmax gradient", dy.Name+"_sum", ir.Sum, formula("e = dy"), "dy", dy)
	return b.Map("log_softmax gradient", "d"+x.Name, formula("dx = dy - exp(y)*d"), "dx", x.Size(), "y", y, "dy", dy, "d", b.repeat(g, sum))
}

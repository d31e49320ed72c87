package export

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// operators are the activations that ONNX has, with their attributes.
var operators = map[string]func(a spec.Args) (op string, attrs []*onnx.Attribute){
	"sigmoid":      plain("Sigmoid"),
	"softsign":     plain("Softsign"),
	"tanh":         plain("Tanh"),
	"relu":         plain("Relu"),
	"leaky_relu":   with("LeakyRelu", "alpha", "negative_slope"),
	"elu":          with("Elu", "alpha", "alpha"),
	"selu":         plain("Selu"), // ONNX's constants are the same
	"softplus":     plain("Softplus"),
	"hard_swish":   plain("HardSwish"),
	"hard_sigmoid": sixth,
}

func plain(op string) func(spec.Args) (string, []*onnx.Attribute) {
	return func(spec.Args) (string, []*onnx.Attribute) { return op, nil }
}

// with has an attribute that is a field of the activation.
func with(op, attr, field string) func(spec.Args) (string, []*onnx.Attribute) {
	return func(a spec.Args) (string, []*onnx.Attribute) {
		return op, []*onnx.Attribute{number(attr, a.Float(field))}
	}
}

// sixth is HardSigmoid, max(0, min(1, alpha·x + beta)), with nngen's slope.
func sixth(spec.Args) (string, []*onnx.Attribute) {
	return "HardSigmoid", []*onnx.Attribute{number("alpha", 1.0/6), number("beta", 0.5)}
}

// formulas are written where the form that other exporters use is not that of
// the row in package op.
var formulas = map[string]func(a spec.Args) string{
	"silu": func(spec.Args) string { return "y = x*sigmoid(x)" },
	"gelu": func(a spec.Args) string {
		if a.Text("approximate") == "tanh" {
			return "y = 0.5*x*(1 + tanh(0.7978845608028654*(x + 0.044715*(x*x*x))))"
		}
		return "y = 0.5*x*(1 + erf(x/1.4142135623730951))"
	},
}

// activation writes an activation.
func (e *exporter) activation(a *spec.Named, x value) value {
	x = e.batched(x)
	y := value{dims: x.dims}
	switch a.Name {
	case "linear":
		return x
	case "softmax":
		return e.softmax("Softmax", a.Args, x)
	case "log_softmax":
		return e.softmax("LogSoftmax", a.Args, x)
	case "mish":
		y.name = e.node("Mul", []string{x.name, e.node("Tanh", []string{e.node("Softplus", []string{x.name})})})
		return y
	case "celu":
		if e.elem == onnx.Float { // the only type the operator has
			y.name = e.node("Celu", []string{x.name}, number("alpha", a.Args.Float("alpha")))
			return y
		}
	}
	if row := operators[a.Name]; row != nil {
		name, attrs := row(a.Args)
		y.name = e.node(name, []string{x.name}, attrs...)
		return y
	}
	prog := e.formula(a)
	leaves := map[string]string{"x": x.name}
	for _, assign := range prog {
		leaves[assign.Name] = e.expr(assign.X, leaves)
	}
	y.name = leaves["y"]
	return y
}

// formula is what an activation computes.
func (e *exporter) formula(a *spec.Named) expr.Program {
	if f := formulas[a.Name]; f != nil {
		return expr.MustParse(f(a.Args))
	}
	row := op.ActivationByName(a.Name)
	if row == nil || row.Mixing != nil {
		e.fail("the activation %s cannot be exported to ONNX", a.Name)
		return nil
	}
	prog, _ := row.Programs(a.Args)
	return prog
}

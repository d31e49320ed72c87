package export

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// operator is an activation that ONNX has: attributes by the fields they come
// from.
type operator struct {
	op    string
	attrs []attribute
}

// attribute is a field of an activation under ONNX's name. It is left out where
// it has ONNX's default, of which float32 is not the last word.
type attribute struct {
	name, field string
	absent      float64
}

// operators are the activations that ONNX has.
var operators = map[string]operator{
	"sigmoid":          {op: "Sigmoid"},
	"softsign":         {op: "Softsign"},
	"tanh":             {op: "Tanh"},
	"relu":             {op: "Relu"},
	"leaky_relu":       {"LeakyRelu", []attribute{{"alpha", "negative_slope", 0.01}}},
	"elu":              {"Elu", []attribute{{"alpha", "alpha", 1}}},
	"selu":             {"Selu", []attribute{{"alpha", "alpha", 1.6732632423543772}, {"gamma", "gamma", 1.0507009873554805}}},
	"celu":             {"Celu", []attribute{{"alpha", "alpha", 1}}},
	"softplus":         {op: "Softplus"},
	"hard_sigmoid":     {"HardSigmoid", []attribute{{"alpha", "alpha", 0.2}, {"beta", "beta", 0.5}}},
	"hard_swish":       {op: "HardSwish"},
	"thresholded_relu": {"ThresholdedRelu", []attribute{{"alpha", "theta", 1}}},
	"sign":             {op: "Sign"},
	"reciprocal":       {op: "Reciprocal"},
	"sin":              {op: "Sin"},
	"cos":              {op: "Cos"},
}

// formulas are written where the form that other exporters use is not that of
// the row in package op.
var formulas = map[string]func(a spec.Args) string{
	"silu": func(a spec.Args) string {
		if a.Float("beta") == 1 {
			return "y = x*sigmoid(x)"
		}
		return "y = x*sigmoid(beta*x)"
	},
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
	case "relu6":
		y.name = e.node("Clip", []string{x.name, e.scalar(0), e.scalar(6)})
		return y
	case "clip":
		y.name = e.node("Clip", []string{x.name, e.bound(a.Args, "min"), e.bound(a.Args, "max")})
		return y
	}
	// Celu has no other type than float32.
	if row, ok := operators[a.Name]; ok && (a.Name != "celu" || e.elem == onnx.Float) {
		var attrs []*onnx.Attribute
		for _, attr := range row.attrs {
			if v := a.Args.Float(attr.field); v != attr.absent {
				attrs = append(attrs, number(attr.name, v))
			}
		}
		y.name = e.node(row.op, []string{x.name}, attrs...)
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

// bound is an end of Clip, "" if there is none.
func (e *exporter) bound(a spec.Args, field string) string {
	if !a.Has(field) {
		return ""
	}
	return e.scalar(a.Float(field))
}

// formula is what an activation computes.
func (e *exporter) formula(a *spec.Named) expr.Program {
	if f := formulas[a.Name]; f != nil {
		return expr.MustParse(f(a.Args)).Bind(map[string]float64{"beta": a.Args.Float("beta")})
	}
	row := op.ActivationByName(a.Name)
	if row == nil || row.Mixing != nil {
		e.fail("the activation %s cannot be exported to ONNX", a.Name)
		return nil
	}
	prog, _ := row.Programs(a.Args)
	return prog
}

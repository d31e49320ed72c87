package importer

import (
	"math"

	"github.com/nngen-go/nngen/spec/onnx"
)

// functions are the element-wise layers of one source as functions of one
// number; p are their fields in the order of params.
var functions = map[string]struct {
	params []string
	f      func(x float64, p []float64) float64
}{
	"linear":           {nil, func(x float64, _ []float64) float64 { return x }},
	"relu":             {nil, func(x float64, _ []float64) float64 { return math.Max(x, 0) }},
	"leaky_relu":       {[]string{"negative_slope"}, func(x float64, p []float64) float64 { return choose(x < 0, p[0]*x, x) }},
	"thresholded_relu": {[]string{"theta"}, func(x float64, p []float64) float64 { return choose(x <= p[0], 0, x) }},
	"sigmoid":          {nil, func(x float64, _ []float64) float64 { return logistic(x) }},
	"hard_sigmoid":     {[]string{"alpha", "beta"}, func(x float64, p []float64) float64 { return math.Max(0, math.Min(1, p[0]*x+p[1])) }},
	"tanh":             {nil, func(x float64, _ []float64) float64 { return math.Tanh(x) }},
	"softsign": {nil, func(x float64, _ []float64) float64 {
		return choose(math.IsInf(x, 0), math.Copysign(1, x), x/(1+math.Abs(x)))
	}},
	"softplus": {nil, func(x float64, _ []float64) float64 { return softplus(x) }},
	"elu":      {[]string{"alpha"}, func(x float64, p []float64) float64 { return choose(x < 0, p[0]*math.Expm1(math.Min(x, 0)), x) }},
	"celu":     {[]string{"alpha"}, func(x float64, p []float64) float64 { return math.Max(0, x) + math.Min(0, p[0]*math.Expm1(x/p[0])) }},
	"selu": {[]string{"alpha", "gamma"}, func(x float64, p []float64) float64 {
		return choose(x < 0, p[1]*p[0]*math.Expm1(math.Min(x, 0)), p[1]*x)
	}},
	"gelu":       {nil, func(x float64, _ []float64) float64 { return 0.5 * x * math.Erfc(-x*math.Sqrt2/2) }},
	"gelu_tanh":  {nil, func(x float64, _ []float64) float64 { return x * logistic(2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)) }},
	"silu":       {[]string{"beta"}, func(x float64, p []float64) float64 { return x * logistic(p[0]*x) }},
	"hard_swish": {nil, func(x float64, _ []float64) float64 { return x * math.Max(0, math.Min(1, x/6+0.5)) }},
	"mish":       {nil, func(x float64, _ []float64) float64 { return x * math.Tanh(softplus(x)) }},
	"clip":       {[]string{"min", "max"}, func(x float64, p []float64) float64 { return math.Min(math.Max(x, p[0]), p[1]) }},
	"abs":        {nil, func(x float64, _ []float64) float64 { return math.Abs(x) }},
	"exp":        {nil, func(x float64, _ []float64) float64 { return math.Exp(x) }},
	"log":        {nil, func(x float64, _ []float64) float64 { return math.Log(x) }},
	"sqrt":       {nil, func(x float64, _ []float64) float64 { return math.Sqrt(x) }},
	"square":     {nil, func(x float64, _ []float64) float64 { return x * x }},
	"pow":        {[]string{"exponent"}, func(x float64, p []float64) float64 { return math.Pow(x, p[0]) }},
	"reciprocal": {nil, func(x float64, _ []float64) float64 { return 1 / x }},
	"erf":        {nil, func(x float64, _ []float64) float64 { return math.Erf(x) }},
	"sin":        {nil, func(x float64, _ []float64) float64 { return math.Sin(x) }},
	"cos":        {nil, func(x float64, _ []float64) float64 { return math.Cos(x) }},
	"step":       {nil, func(x float64, _ []float64) float64 { return choose(x < 0, 0, choose(x >= 0, 1, x)) }},
	"sign": {nil, func(x float64, _ []float64) float64 {
		return choose(x > 0, 1, choose(x < 0, -1, x))
	}},
}

const (
	seluAlpha = 1.6732632423543772
	seluGamma = 1.0507009873554805
)

func choose(c bool, a, b float64) float64 {
	if c {
		return a
	}
	return b
}

func logistic(x float64) float64 {
	if x < 0 {
		return math.Exp(x) / (1 + math.Exp(x))
	}
	return 1 / (1 + math.Exp(-x))
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func minimum(x, y float64) float64 { return math.Min(x, y) }
func maximum(x, y float64) float64 { return math.Max(x, y) }

// call applies a function of the table to a node.
func apply(kind string, x *node, p ...float64) *node {
	n := &node{kind: kind, from: []*node{x}, shape: x.shape}
	if kind == "linear" {
		n.integer, n.truth, n.rows = x.integer, x.truth, x.rows
	}
	for i, name := range functions[kind].params {
		n.fields = append(n.fields, field{name, p[i]})
	}
	return n
}

// fieldsOf are the fields of a function in the order of its params.
func (n *node) fieldsOf() []float64 {
	var p []float64
	for _, name := range functions[n.kind].params {
		p = append(p, n.number(name))
	}
	return p
}

// evalFunction computes a function of the table.
func evalFunction(n *node, x float64) float64 { return functions[n.kind].f(x, n.fieldsOf()) }

// attr is an attribute of an operator, which becomes the field of the function
// at its place, and its value where it is absent.
type attr struct {
	onnx     string
	preset   float64
	positive bool // the language wants it so
}

// unary is the row of an operator that is a function of the table.
func unary(kind string, attrs ...attr) operator {
	read := func(c *call) []float64 {
		var p []float64
		for _, a := range attrs {
			x := c.float(a.onnx, a.preset)
			if a.positive {
				c.positive(a.onnx, x)
			}
			p = append(p, x)
		}
		if c.hasAttribute("consumed_inputs") {
			c.ints("consumed_inputs")
		}
		return p
	}
	return operator{
		lower: func(c *call) { c.setNode(apply(kind, c.node(0), read(c)...)) },
		fold: func(c *call) {
			p := read(c)
			c.setArray(c.in(0).array.each(func(x float64) float64 { return functions[kind].f(x, p) }))
		},
	}
}

func foldUnary(f func(x float64) float64) func(c *call) {
	return func(c *call) { c.setArray(c.in(0).array.each(f)) }
}

func lowerNeg(c *call) { c.setNode(scaled(c.node(0), -1)) }

// scaled is x·s.
func scaled(x *node, s float64) *node { return affinely(x, affine{mul: []float64{s}}) }

func shifted(x *node, t float64) *node { return affinely(x, affine{}.plus([]float64{t})) }

func affinely(x *node, a affine) *node {
	return &node{kind: "affine", from: []*node{x}, shape: x.shape, affine: &a}
}

func lowerLeakyRelu(c *call) { c.setNode(leaky(c.node(0), c.float("alpha", 0.01))) }

// leaky is x for x ≥ 0, else s·x.
func leaky(x *node, s float64) *node {
	switch {
	case s == 0:
		return apply("relu", x)
	case s > 0:
		return apply("leaky_relu", x, s)
	}
	return prelu(x, []float64{s})
}

// prelu is x for x ≥ 0, else x times a slope, one or one per element.
func prelu(x *node, slope []float64) *node {
	return &node{kind: "prelu", from: []*node{x}, shape: x.shape, affine: &affine{mul: slope}}
}

func lowerPRelu(c *call) {
	x, slope := c.node(0), c.constant(1, "slope")
	if c.opset < 7 && len(slope.shape) == 1 && len(slope.data) > 1 { // one per channel
		shape := []int{len(slope.data)}
		for len(shape)+1 < c.rank(c.in(0)) {
			shape = append(shape, 1)
		}
		slope = &array{shape: shape, data: slope.data}
	}
	list := c.beside(c.in(0), slope)
	if len(list) == 1 {
		c.setNode(leaky(x, list[0]))
		return
	}
	c.setNode(prelu(x, list))
}

func lowerElu(c *call) { c.setNode(elu(c.node(0), c.float("alpha", 1))) }

func elu(x *node, alpha float64) *node {
	if alpha > 0 {
		return apply("elu", x, alpha)
	}
	return &node{kind: "add", shape: x.shape, from: []*node{apply("relu", x), scaled(shifted(apply("exp", apply("clip", x, math.Inf(-1), 0)), -1), alpha)}}
}

func lowerSelu(c *call) {
	c.setNode(selu(c.node(0), c.float("alpha", seluAlpha), c.float("gamma", seluGamma)))
}

func selu(x *node, alpha, gamma float64) *node {
	if alpha > 0 && gamma > 0 {
		return apply("selu", x, alpha, gamma)
	}
	return scaled(elu(x, alpha), gamma)
}

func lowerGelu(c *call) {
	switch kind := c.text("approximate", "none"); kind {
	case "none":
		c.setNode(apply("gelu", c.node(0)))
	case "tanh":
		c.setNode(apply("gelu_tanh", c.node(0)))
	default:
		c.refuse("", "approximate must be none or tanh, got %s", quote(kind))
	}
}

func lowerSwish(c *call) { c.setNode(swish(c.node(0), c.float("alpha", 1))) }

// swish is x·σ(β·x).
func swish(x *node, beta float64) *node {
	if beta > 0 {
		return apply("silu", x, beta)
	}
	gate := apply("sigmoid", scaled(x, beta))
	return &node{kind: "multiply", shape: x.shape, from: []*node{x, gate}}
}

func lowerClip(c *call) {
	lo, hi := math.Inf(-1), math.Inf(1)
	if c.opset < 11 {
		lo, hi = c.float("min", lo), c.float("max", hi)
	}
	if c.has(1) {
		lo = c.number(1, "lower bound")
	}
	if c.has(2) {
		hi = c.number(2, "upper bound")
	}
	if !(lo <= hi) {
		c.refuse("", "its bounds %g and %g are not in order", lo, hi)
	}
	if !c.double && lo <= -math.MaxFloat32 {
		lo = math.Inf(-1)
	}
	if !c.double && hi >= math.MaxFloat32 {
		hi = math.Inf(1)
	}
	c.setNode(clip(c.node(0), lo, hi))
}

func clip(x *node, lo, hi float64) *node {
	switch {
	case math.IsInf(lo, -1) && math.IsInf(hi, 1):
		return apply("linear", x)
	case lo == 0 && math.IsInf(hi, 1):
		return apply("relu", x)
	}
	return apply("clip", x, lo, hi)
}

func lowerIdentity(c *call) {
	v := c.in(0)
	if v.node != nil {
		v.node = apply("linear", c.node(0))
	}
	c.set(0, v)
}

func lowerDropout(c *call) {
	c.float("ratio", 0)
	c.integer("seed", 0)
	if c.has(1) {
		c.in(1) // the ratio says nothing about inference
	}
	if c.integer("is_test", 1) == 0 {
		c.refuse("export the model for inference", "dropout in training mode is not supported")
	}
	if c.has(2) && c.number(2, "training_mode") != 0 {
		c.refuse("export the model for inference", "dropout in training mode is not supported")
	}
	if c.wants(1) {
		c.refuse("remove the output from the model", "the mask of dropout is not supported")
	}
	c.setNode(apply("linear", c.node(0)))
}

func (c *call) castTo(to onnx.DataType) {
	if x := c.in(0).node; x != nil && x.bytes && (to == onnx.Float || to == onnx.Double) {
		y := apply("linear", x)
		y.integer = false
		c.setNode(y)
		return
	}
	x := c.node(0)
	switch {
	case to == onnx.Double && !c.double && !x.integer:
		// More precision than asked for the rest is no loss of meaning.
	case to == onnx.Float || to == onnx.Double:
	case to.IsInteger() && to != onnx.Bool && isWhole(x):
	case (x.integer || x.truth) && to.IsInteger() && to != onnx.Bool:
	case to == onnx.Bool && x.truth:
	case to == onnx.Bool: // whether it is not 0
		c.setNode(negated(negated(x)))
		return
	default:
		c.refuse("convert the model to float32", "a conversion to %s is not supported", to)
	}
	y := apply("linear", x)
	y.integer, y.truth = to.IsInteger() && to != onnx.Bool, to == onnx.Bool
	c.setNode(y)
}

// lowerCeil is only understood in the lengths of sequences; check refuses what is left.
func lowerCeil(c *call) {
	x := c.node(0)
	c.setNode(&node{kind: "ceil", from: []*node{x}, shape: x.shape})
}

// isWhole reports whether a value was rounded up, but for its range and shape.
func isWhole(n *node) bool {
	for n.kind == "reshape" || n.kind == "linear" || n.kind == "clip" || n.kind == "relu" {
		n = n.from[0]
	}
	return n.kind == "ceil"
}

func lowerCast(c *call) {
	c.integer("saturate", 1)
	c.text("round_mode", "")
	c.castTo(onnx.DataType(c.integer("to", 0)))
}

func lowerCastLike(c *call) {
	c.integer("saturate", 1)
	c.text("round_mode", "")
	to := onnx.Float
	if like := c.in(1); like.array != nil && like.array.integer || like.node != nil && like.node.integer {
		to = onnx.Int64
	}
	if v := c.in(0); v.array != nil {
		c.setArray(cast(v.array, to))
		return
	}
	c.castTo(to)
}

func foldCast(c *call) {
	c.integer("saturate", 1)
	c.text("round_mode", "")
	a, to := c.in(0).array, onnx.DataType(c.integer("to", 0))
	if a.readsSamples() && !to.IsInteger() {
		c.noSize()
	}
	c.setArray(cast(a, to))
}

func foldCastLike(c *call) {
	to := onnx.Float
	if c.in(1).array.integer {
		to = onnx.Int64
	}
	c.integer("saturate", 1)
	c.setArray(cast(c.in(0).array, to))
}

func cast(a *array, to onnx.DataType) *array {
	out := a.each(func(x float64) float64 {
		switch {
		case to == onnx.Bool:
			return choose(x != 0, 1, 0)
		case to.IsInteger() && !a.integer:
			return math.Trunc(math.Max(x, math.MinInt64))
		}
		return x
	})
	out.integer = to.IsInteger()
	return out
}

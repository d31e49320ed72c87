package evaluate

import "math"

// elementwise are the operators of which every element of the result is a
// function of those at its place. What ONNX defines as 1/(1+exp(−x)) and the
// like is computed so that it does not overflow.
var elementwise = map[string]row{
	"Identity": unary(func(x float64) float64 { return x }),
	"Dropout":  func(c *call) []*Tensor { return one(c.x(0)) },
	"Cast":     cast,
	"CastLike": cast,

	"Neg":        unary(func(x float64) float64 { return -x }),
	"Abs":        unary(math.Abs),
	"Sign":       unary(func(x float64) float64 { return choose(x > 0, 1, choose(x < 0, -1, x)) }),
	"Floor":      unary(math.Floor),
	"Ceil":       unary(math.Ceil),
	"Round":      unary(math.RoundToEven),
	"Sqrt":       unary(math.Sqrt),
	"Reciprocal": unary(func(x float64) float64 { return 1 / x }),
	"Exp":        unary(math.Exp),
	"Log":        unary(math.Log),
	"Sin":        unary(math.Sin),
	"Cos":        unary(math.Cos),
	"Tan":        unary(math.Tan),
	"Tanh":       unary(math.Tanh),
	"Erf":        unary(math.Erf),

	"Relu":     unary(func(x float64) float64 { return choose(x < 0, 0, x) }),
	"Sigmoid":  unary(sigmoid),
	"Softplus": unary(softplus),
	"Softsign": unary(func(x float64) float64 { return choose(math.IsInf(x, 0), math.Copysign(1, x), x/(1+math.Abs(x))) }),
	"Mish":     unary(func(x float64) float64 { return x * math.Tanh(softplus(x)) }),
	"HardSwish": unary(func(x float64) float64 {
		return x * max(0, min(1, x/6+0.5))
	}),
	"LeakyRelu": withAttributes(func(c *call) func(x float64) float64 {
		slope := c.float("alpha", 0.01)
		return func(x float64) float64 { return choose(x < 0, slope*x, x) }
	}),
	"ThresholdedRelu": withAttributes(func(c *call) func(x float64) float64 {
		theta := c.float("alpha", 1)
		return func(x float64) float64 { return choose(x <= theta, 0, x) }
	}),
	"HardSigmoid": withAttributes(func(c *call) func(x float64) float64 {
		alpha, beta := c.float("alpha", 0.2), c.float("beta", 0.5)
		return func(x float64) float64 { return max(0, min(1, alpha*x+beta)) }
	}),
	"Elu": withAttributes(func(c *call) func(x float64) float64 {
		alpha := c.float("alpha", 1)
		return func(x float64) float64 { return choose(x < 0, alpha*math.Expm1(x), x) }
	}),
	"Celu": withAttributes(func(c *call) func(x float64) float64 {
		alpha := c.float("alpha", 1)
		return func(x float64) float64 { return choose(x < 0, alpha*math.Expm1(x/alpha), x) }
	}),
	"Selu": withAttributes(func(c *call) func(x float64) float64 {
		alpha, gamma := c.float("alpha", 1.6732632423543772), c.float("gamma", 1.0507009873554805)
		return func(x float64) float64 { return gamma * choose(x < 0, alpha*math.Expm1(x), x) }
	}),
	"Gelu": withAttributes(func(c *call) func(x float64) float64 {
		if c.text("approximate", "none") == "tanh" {
			return func(x float64) float64 { return x * sigmoid(math.Sqrt(8/math.Pi)*(x+0.044715*x*x*x)) }
		}
		return func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) }
	}),
	"Swish": withAttributes(func(c *call) func(x float64) float64 {
		alpha := c.float("alpha", 1)
		return func(x float64) float64 { return x * sigmoid(alpha*x) }
	}),

	"Add":  folded(func(x, y float64) float64 { return x + y }),
	"Sub":  folded(func(x, y float64) float64 { return x - y }),
	"Mul":  folded(func(x, y float64) float64 { return x * y }),
	"Div":  div,
	"Pow":  folded(pow),
	"Sum":  folded(func(x, y float64) float64 { return x + y }),
	"Mean": mean,
	"Min":  folded(func(x, y float64) float64 { return min(x, y) }),
	"Max":  folded(func(x, y float64) float64 { return max(x, y) }),
	"PRelu": folded(func(x, slope float64) float64 {
		return choose(x < 0, slope*x, x)
	}),

	"Less":           truth(func(x, y float64) bool { return x < y }),
	"LessOrEqual":    truth(func(x, y float64) bool { return x <= y }),
	"Greater":        truth(func(x, y float64) bool { return x > y }),
	"GreaterOrEqual": truth(func(x, y float64) bool { return x >= y }),
	"Equal":          truth(func(x, y float64) bool { return x == y }),
	"And":            truth(func(x, y float64) bool { return x != 0 && y != 0 }),
	"Or":             truth(func(x, y float64) bool { return x != 0 || y != 0 }),
	"Xor":            truth(func(x, y float64) bool { return (x != 0) != (y != 0) }),
	"Not":            unary(func(x float64) float64 { return choose(x == 0, 1, 0) }),
	"Where": func(c *call) []*Tensor {
		y := c.pointwise([]*Tensor{c.x(0), c.x(1), c.x(2)}, func(v []float64) float64 { return choose(v[0] != 0, v[1], v[2]) })
		y.Integer = c.x(1).Integer && c.x(2).Integer
		return one(y)
	},
	"Clip": clip,

	// The map for every sample that it makes is taken as its numbers, in order.
	"ai.onnx.ml.ZipMap": unary(func(x float64) float64 { return x }),
	"ai.onnx.ml.Scaler": func(c *call) []*Tensor {
		get := func(name string, preset float64) *Tensor {
			t := &Tensor{Shape: []int{1}, Data: []float64{preset}}
			if a := c.attribute(name); a != nil && len(a.Floats) > 0 {
				t = &Tensor{Shape: []int{len(a.Floats)}}
				for _, f := range a.Floats {
					t.Data = append(t.Data, float64(f))
				}
			}
			return t
		}
		return one(c.pointwise([]*Tensor{c.x(0), get("offset", 0), get("scale", 1)}, func(v []float64) float64 { return (v[0] - v[1]) * v[2] }))
	},
}

func choose(c bool, a, b float64) float64 {
	if c {
		return a
	}
	return b
}

func sigmoid(x float64) float64 {
	if x < 0 {
		return math.Exp(x) / (1 + math.Exp(x))
	}
	return 1 / (1 + math.Exp(-x))
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// pow leaves what ONNX does not say, a broken power of −∞, not defined: as a
// limit of numbers it is none, in IEEE 754 it is ∞.
func pow(x, y float64) float64 {
	if math.IsInf(x, -1) && y != math.Trunc(y) {
		return math.NaN()
	}
	return math.Pow(x, y)
}

func unary(f func(x float64) float64) row {
	return withAttributes(func(*call) func(x float64) float64 { return f })
}

// withAttributes is the row of a function of one number that depends on
// attributes.
func withAttributes(read func(c *call) func(x float64) float64) row {
	return func(c *call) []*Tensor {
		x, f := c.x(0), read(c)
		y := c.tensor(x.Shape, 0)
		y.Integer = x.Integer
		for i, v := range x.Data {
			y.Data[i] = f(v)
		}
		return one(y)
	}
}

// pointwise computes every element from those of the operands at its place.
func (c *call) pointwise(in []*Tensor, f func(v []float64) float64) *Tensor {
	var list [][]int
	whole := true
	for _, t := range in {
		list = append(list, t.Shape)
		whole = whole && t.Integer
	}
	shape, ok := broadcast(list...)
	if !ok {
		c.fail("shapes %v do not go together", list)
	}
	y := c.tensor(shape, int64(len(in))*int64(Size(shape)))
	y.Integer = whole
	data := make([][]float64, len(in))
	for k, t := range in {
		data[k] = t.spread(shape)
	}
	v := make([]float64, len(in))
	for i := range y.Data {
		for k := range data {
			v[k] = data[k][i]
		}
		y.Data[i] = f(v)
	}
	return y
}

// folded is the row of an operator of two operands, or of any number. Before
// operator set 7 the second may stand at an axis of the first.
func folded(f func(x, y float64) float64) row {
	return func(c *call) []*Tensor {
		y := c.x(0)
		for i := 1; i < len(c.in); i++ {
			y = c.pointwise([]*Tensor{y, c.aligned(y, c.x(i))}, func(v []float64) float64 { return f(v[0], v[1]) })
		}
		return one(y)
	}
}

// aligned gives the second operand the dimensions that operator sets before 7
// say with an axis; PRelu's slope of one dimension was one per channel.
func (c *call) aligned(a, b *Tensor) *Tensor {
	if c.g.opset >= 7 {
		return b
	}
	axis := c.integer("axis", len(a.Shape)-len(b.Shape))
	if c.n.OpType == "PRelu" {
		if axis = 1; len(b.Shape) != 1 || len(b.Data) == 1 {
			return b
		}
	}
	if axis < 0 {
		axis += len(a.Shape)
	}
	out := *b
	for len(out.Shape)+axis < len(a.Shape) {
		out.Shape = append(out.Shape[:len(out.Shape):len(out.Shape)], 1)
	}
	return &out
}

func truth(f func(x, y float64) bool) row {
	return func(c *call) []*Tensor {
		y := folded(func(x, y float64) float64 { return choose(f(x, y), 1, 0) })(c)
		y[0].Integer = true
		return y
	}
}

func div(c *call) []*Tensor {
	whole := c.x(0).Integer && c.x(1).Integer
	return folded(func(x, y float64) float64 {
		if whole {
			return math.Trunc(x / y)
		}
		return x / y
	})(c)
}

func mean(c *call) []*Tensor {
	y := folded(func(x, y float64) float64 { return x + y })(c)[0]
	n := float64(len(c.in))
	return one(c.pointwise([]*Tensor{y}, func(v []float64) float64 { return v[0] / n }))
}

// clip: the ends are inputs, attributes before operator set 11, or absent.
func clip(c *call) []*Tensor {
	lo, hi := c.float("min", math.Inf(-1)), c.float("max", math.Inf(1))
	if c.has(1) {
		lo = c.in[1].Data[0]
	}
	if c.has(2) {
		hi = c.in[2].Data[0]
	}
	return unary(func(x float64) float64 { return min(max(x, lo), hi) })(c)
}

// cast is Cast and CastLike: to float32 and back nothing is rounded here.
func cast(c *call) []*Tensor {
	x := c.x(0)
	whole := dataType(c.integer("to", 1)).IsInteger()
	boolean := dataType(c.integer("to", 1)) == boolType
	if c.n.OpType == "CastLike" {
		whole, boolean = c.x(1).Integer, false
	}
	if !whole || x.Integer && !boolean {
		y := *x
		y.Integer = whole
		return one(&y)
	}
	y := unary(func(v float64) float64 { return choose(boolean, choose(v != 0, 1, 0), math.Trunc(v)) })(c)
	y[0].Integer = true
	return y
}

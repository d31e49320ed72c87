package importer

import (
	"math"
	"slices"
)

// binary is the row of an operator with two operands.
func binary(kind string, f func(x, y float64) float64, lower func(c *call, a, b value)) operator {
	return operator{
		operands: true,
		lower: func(c *call) {
			a, b := c.operands()
			if a.node != nil && b.node != nil {
				c.setNode(c.merge(kind, c.asNode(a), c.asNode(b)))
				return
			}
			lower(c, a, b)
		},
		fold: func(c *call) { c.foldBinary(f) },
	}
}

func (c *call) foldBinary(f func(x, y float64) float64) {
	a, b := c.operands()
	if slices.Contains(a.array.data, unknown) || slices.Contains(b.array.data, unknown) {
		c.refuse("export the model with a fixed batch size of 1", "it computes with the number of samples")
	}
	out, ok := zip(a.array, b.array, f)
	if !ok {
		c.fail(notSorted, "shapes %v and %v do not fit", a.array.shape, b.array.shape)
	}
	c.setArray(out)
}

// operands are the two inputs; before operator set 7 the second may stand at
// an axis of the first.
func (c *call) operands() (a, b value) {
	a, b = c.in(0), c.in(1)
	if c.opset >= 7 {
		return a, b
	}
	spread := c.integer("broadcast", 0) != 0
	axis := c.integer("axis", math.MaxInt32)
	if !spread || axis == math.MaxInt32 {
		return a, b
	}
	if b.array == nil {
		if c.rank(a) == c.rank(b) {
			return a, b
		}
		c.constant(1, "second operand")
	}
	if axis < 0 {
		axis += c.rank(a)
	}
	shape := slices.Clone(b.array.shape)
	for len(shape)+axis < c.rank(a) {
		shape = append(shape, 1)
	}
	b.array = &array{shape: shape, data: b.array.data, integer: b.array.integer}
	return a, b
}

// merge is an element-wise layer of two sources.
func (c *call) merge(kind string, a, b *node) *node {
	shape, ok := broadcast(a.shape, b.shape)
	switch {
	case c.batch && len(a.shape) != len(b.shape) && len(a.shape) > 0 && len(b.shape) > 0:
		c.mixes("its operands have the batch at different dimensions")
	case !ok:
		c.fail(notSorted, "shapes %v and %v do not fit", a.shape, b.shape)
	}
	if a == b && kind == "multiply" {
		return apply("square", a)
	}
	return &node{kind: kind, from: []*node{a, b}, shape: shape}
}

// beside prepares the constant operand of an element-wise operator: its shape
// without the batch dimension, if it fits into the value, and its numbers, one
// or as many as the value has.
func (c *call) beside(x *node, a *array) []float64 {
	c.noSize(a)
	if u, ok := a.uniform(); ok && size(a.shape) == 1 && len(a.shape) <= c.rank(value{node: x}) {
		return []float64{u}
	}
	a = c.fits(a, x)
	if u, ok := a.uniform(); ok {
		return []float64{u}
	}
	return a.expand(x.shape).data
}

// noSize refuses to combine a value with the number of samples.
func (c *call) noSize(a *array) {
	if a.integer && slices.Contains(a.data, unknown) {
		c.refuse("export the model with a fixed batch size of 1", "it computes with the number of samples")
	}
}

// fits returns a constant without its batch dimension, which must be 1, and
// fails unless it can be broadcast to the value.
func (c *call) fits(a *array, x *node) *array {
	c.notEmpty(a.shape)
	shape := a.shape
	if c.batch && len(shape) == len(x.shape)+1 {
		if shape[0] != 1 {
			c.mixes("its constant of shape %v has the batch as a dimension", shape)
		}
		shape = shape[1:]
	}
	out, ok := broadcast(x.shape, shape)
	if !ok {
		c.fail(notSorted, "shapes %v and %v do not fit", x.shape, a.shape)
	}
	if !slices.Equal(out, x.shape) {
		c.refuse("", "a constant of shape %v is larger than the value of shape %v it is combined with", a.shape, x.shape)
	}
	return &array{shape: shape, data: a.data}
}

func lowerAdd(c *call, a, b value) {
	if a.node == nil {
		a, b = b, a
	}
	x := c.asNode(a)
	c.setNode(affinely(x, affine{}.plus(c.beside(x, b.array))))
}

func lowerSub(c *call, a, b value) {
	if a.node == nil { // c − x
		x := c.asNode(b)
		c.setNode(affinely(x, affine{}.times([]float64{-1}).plus(c.beside(x, a.array))))
		return
	}
	x := c.asNode(a)
	c.setNode(affinely(x, affine{sub: c.beside(x, b.array)}))
}

func lowerMul(c *call, a, b value) {
	if a.node == nil {
		a, b = b, a
	}
	x := c.asNode(a)
	c.setNode(affinely(x, affine{mul: c.beside(x, b.array)}))
}

func lowerDiv(c *call) {
	a, b := c.operands()
	switch {
	case a.node != nil && b.node != nil:
		c.setNode(c.merge("divide", c.asNode(a), c.asNode(b)))
	case b.node != nil: // c / x
		x := c.asNode(b)
		c.setNode(affinely(apply("reciprocal", x), affine{mul: c.beside(x, a.array)}))
	default:
		x := c.asNode(a)
		c.setNode(affinely(x, affine{div: c.beside(x, b.array)}))
	}
}

func foldDiv(c *call) {
	whole := c.in(0).array.integer
	if whole && slices.Contains(c.in(1).array.data, 0) {
		c.fail("", "a whole number is divided by 0")
	}
	c.foldBinary(func(x, y float64) float64 {
		if whole {
			return math.Trunc(x / y)
		}
		return x / y
	})
}

func lowerPow(c *call) {
	a, b := c.operands()
	if a.node == nil {
		c.refuse(cutOut, "a constant to the power of a value is not supported")
	}
	if b.node != nil {
		b.array = c.constant(1, "exponent")
	}
	e, ok := b.array.uniform()
	if !ok || size(b.array.shape) > 1 && len(b.array.shape) > c.rank(a) {
		c.refuse("", "its exponents must be one number")
	}
	c.finite("its exponent", e)
	x := c.node(0)
	switch e {
	case 1:
		c.setNode(apply("linear", x))
	case 2:
		c.setNode(apply("square", x))
	case 0.5:
		c.setNode(apply("sqrt", x))
	case -1:
		c.setNode(apply("reciprocal", x))
	default:
		c.setNode(apply("pow", x, e))
	}
}

func foldPow(c *call) { c.foldBinary(math.Pow) }

// variadic is the row of an element-wise operator of any number of operands.
func variadic(kind string, f func(x, y float64) float64) operator {
	return operator{
		operands: true,
		lower: func(c *call) {
			var y *node
			var rest []*array
			for i := range c.n.Inputs {
				v := c.in(i)
				switch {
				case v.node == nil:
					rest = append(rest, v.array)
				case y == nil:
					y = apply("linear", c.asNode(v))
				default:
					y = c.merge(kind, y, c.asNode(v))
				}
			}
			for _, a := range rest {
				y = c.mergeConstant(kind, y, a)
			}
			c.setNode(y)
		},
		fold: func(c *call) {
			out := c.in(0).array
			for i := 1; i < len(c.n.Inputs); i++ {
				next, ok := zip(out, c.in(i).array, f)
				if !ok {
					c.fail(notSorted, "shapes %v and %v do not fit", out.shape, c.in(i).array.shape)
				}
				out = next
			}
			c.setArray(out)
		},
	}
}

func (c *call) mergeConstant(kind string, x *node, a *array) *node {
	if kind == "add" {
		return affinely(x, affine{}.plus(c.beside(x, a)))
	}
	c.noSize(a)
	u, ok := a.single()
	if ok && math.IsNaN(u) {
		c.finite("its constant", u)
	}
	switch {
	case !ok || len(a.shape) > c.rank(value{node: x}):
		a = c.fits(a, x)
		return &node{kind: kind, from: []*node{x, {kind: "constant", shape: a.shape, value: a}}, shape: x.shape}
	case kind == "minimum":
		return clip(x, math.Inf(-1), u)
	}
	return clip(x, u, math.Inf(1))
}

func lowerMean(c *call) {
	count := float64(len(c.n.Inputs))
	var list []*node
	same := true
	for i := range c.n.Inputs {
		if c.in(i).node == nil {
			c.refuse("", "the mean of a value and a constant is not supported")
		}
		list = append(list, c.node(i))
		same = same && slices.Equal(list[i].shape, list[0].shape)
	}
	switch {
	case len(list) == 1:
		c.setNode(apply("linear", list[0]))
	case same && len(list) <= maxSources:
		c.setNode(&node{kind: "average", from: list, shape: list[0].shape})
	default:
		y := list[0]
		for _, x := range list[1:] {
			y = c.merge("add", y, x)
		}
		c.setNode(affinely(y, affine{div: []float64{count}}))
	}
}

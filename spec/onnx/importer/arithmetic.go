package importer

import (
	"math"
	"slices"
)

// binary is the row of an operator with two operands: a layer of a kind, or,
// where one is a constant that does not widen the other, what lower makes.
func binary(kind string, f func(x, y float64) float64, lower func(c *call, x *node, list []float64, first bool)) operator {
	return operator{
		operands: true,
		lower: func(c *call) {
			pair, shape := c.aligned(c.operands())
			if lower != nil {
				for i, k := range pair {
					if list, ok := numbers(k, pair[1-i]); ok {
						lower(c, pair[1-i], list, i == 0)
						return
					}
				}
			}
			c.setNode(merge(kind, pair, shape))
		},
		fold: func(c *call) { c.foldBinary(f) },
	}
}

func (c *call) foldBinary(f func(x, y float64) float64) {
	list := c.operands()
	a, b := list[0].array, list[1].array
	sizes := a.readsSamples() || b.readsSamples()
	switch c.n.OpType {
	case "Mul":
		sizes = sizes && a.readsSamples() == b.readsSamples()
	case "Div":
		sizes = b.readsSamples()
	case "Equal":
		sizes = false
	}
	if sizes {
		c.noSize()
	}
	out, ok := zip(a, b, f)
	if !ok {
		c.fail(notSorted, "shapes %v and %v do not fit", a.shape, b.shape)
	}
	c.setSizes(out, a.readsSamples() || b.readsSamples())
}

// setSizes gives output 0 what was computed from the number of samples, or not.
func (c *call) setSizes(a *array, sizes bool) {
	if sizes && (!a.integer || slices.ContainsFunc(a.data, func(x float64) bool { return x > -unknown/2 })) {
		c.noSize()
	}
	c.setArray(a)
}

// noSize fails because the number of samples is not known.
func (c *call) noSize() {
	c.refuse("export the model with a fixed batch size of 1", "it computes with the number of samples")
}

// operands are the two inputs; before operator set 7 the second may stand at
// an axis of the first.
func (c *call) operands() []value {
	a, b := c.in(0), c.in(1)
	if c.opset >= 7 {
		return []value{a, b}
	}
	spread := c.integer("broadcast", 0) != 0
	axis := c.integer("axis", math.MaxInt32)
	if !spread || axis == math.MaxInt32 {
		return []value{a, b}
	}
	if b.array == nil {
		if c.rank(a) == c.rank(b) {
			return []value{a, b}
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
	return []value{a, b}
}

// aligned are the operands of an element-wise operator as values of a sample,
// and the shape of the result. ONNX aligns shapes at their ends: the batch must
// be the first dimension of the result, and of no operand another one.
func (c *call) aligned(list []value) ([]*node, []int) {
	rank := 0
	for _, v := range list {
		rank = max(rank, c.rank(v))
	}
	nodes := make([]*node, len(list))
	var shape []int
	rows := -1 // of the first value of the network
	for i, v := range list {
		n := c.asNode(v)
		switch short := c.rank(v) < rank; {
		case !c.batch:
		case v.array == nil && rows >= 0 && n.rows != rows:
			c.mixes("the batch is joined with other dimensions in one operand, but not in the other")
		case v.array == nil:
			rows = n.rows
			if short && (c.count != 1 || rows > 0) { // a batch of 1 broadcasts
				c.mixes("its operands, of %d and %d dimensions, have the batch at different dimensions (shapes are aligned at their ends)", c.rank(v), rank)
			}
		case !short && rank > 0 && v.array.shape[0] != 1:
			c.mixes("its constant of shape %v has the batch as a dimension", v.array.shape)
		}
		nodes[i] = n
	}
	for i, v := range list {
		if c.batch && v.array != nil && len(v.array.shape) == rank && rank > 0 && rows <= 0 {
			nodes[i] = constantNode(&array{shape: v.array.shape[1:], data: v.array.data, integer: v.array.integer})
		}
		out, ok := broadcast(shape, nodes[i].shape)
		if !ok {
			c.fail(notSorted, "shapes %v and %v do not fit", shape, nodes[i].shape)
		}
		shape = out
	}
	if size(shape) > maxElements {
		c.refuse("", "its result of shape %v is too large", shape)
	}
	return nodes, shape
}

// merge is an element-wise layer of several sources.
func merge(kind string, from []*node, shape []int) *node {
	if kind == "multiply" && len(from) == 2 && from[0] == from[1] {
		return apply("square", from[0])
	}
	return &node{kind: kind, from: from, shape: shape}
}

// numbers are the elements of a constant operand, one or as many as the other
// operand has; false if it is no constant, or widens the other.
func numbers(k, x *node) ([]float64, bool) {
	if k.kind != "constant" || x.kind == "constant" {
		return nil, false
	}
	if shape, ok := broadcast(k.shape, x.shape); !ok || !slices.Equal(shape, x.shape) {
		return nil, false
	}
	if u, ok := k.value.uniform(); ok {
		return []float64{u}, true
	}
	return k.value.expand(x.shape).data, true
}

// beside is numbers of a constant that must not widen the value.
func (c *call) beside(v value, a *array) []float64 {
	pair, _ := c.aligned([]value{v, {array: a}})
	list, ok := numbers(pair[1], pair[0])
	if !ok {
		c.fail(notSorted, "a constant of shape %v is larger than the value of shape %v it is combined with", a.shape, pair[0].shape)
	}
	return list
}

func lowerAdd(c *call, x *node, list []float64, _ bool) {
	c.setNode(affinely(x, affine{}.plus(list)))
}

func lowerSub(c *call, x *node, list []float64, first bool) {
	if first { // c − x
		c.setNode(affinely(x, affine{}.times([]float64{-1}).plus(list)))
		return
	}
	c.setNode(affinely(x, affine{sub: list}))
}

func lowerMul(c *call, x *node, list []float64, _ bool) {
	c.setNode(affinely(x, affine{mul: list}))
}

func lowerDiv(c *call, x *node, list []float64, first bool) {
	if first { // c / x
		c.setNode(affinely(apply("reciprocal", x), affine{mul: list}))
		return
	}
	c.setNode(affinely(x, affine{div: list}))
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
	list := c.operands()
	a, b := list[0], list[1]
	if a.node == nil {
		c.refuse("", "a constant to the power of a value is not supported")
	}
	if b.node != nil {
		b.array = c.constant(1, "exponent")
	}
	pair, shape := c.aligned([]value{a, b})
	e, ok := b.array.uniform()
	if !ok {
		c.refuse("", "exponents that are not all the same are not supported")
	}
	c.finite("its exponent", e)
	x := pair[0]
	if !slices.Equal(shape, x.shape) {
		x = expanded(x, shape)
	}
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

// variadic is the row of an element-wise operator of any number of operands.
func variadic(kind string, f func(x, y float64) float64) operator {
	return operator{
		operands: true,
		lower: func(c *call) {
			nodes, shape := c.aligned(c.all())
			var y *node
			var rest []*node
			for _, n := range nodes {
				switch {
				case n.kind == "constant":
					rest = append(rest, n)
				case y == nil:
					y = apply("linear", n)
				default:
					y = merge(kind, []*node{y, n}, shapeOf(y, n))
				}
			}
			if y == nil { // constants, repeated for every sample
				y, rest = rest[0], rest[1:]
			}
			for _, k := range rest {
				y = c.withConstant(kind, y, k)
			}
			if !slices.Equal(y.shape, shape) {
				y = expanded(y, shape)
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

// all are the inputs.
func (c *call) all() []value {
	list := make([]value, len(c.n.Inputs))
	for i := range list {
		list[i] = c.in(i)
	}
	return list
}

// shapeOf is the shape of an element-wise result of operands that fit.
func shapeOf(a, b *node) []int {
	shape, _ := broadcast(a.shape, b.shape)
	return shape
}

// withConstant combines a value and a constant.
func (c *call) withConstant(kind string, x, k *node) *node {
	list, ok := numbers(k, x)
	switch {
	case !ok || kind != "add" && len(list) > 1:
		return merge(kind, []*node{x, k}, shapeOf(x, k))
	case kind == "add":
		return affinely(x, affine{}.plus(list))
	case math.IsNaN(list[0]):
		c.finite("its constant", list[0])
	case kind == "minimum":
		return clip(x, math.Inf(-1), list[0])
	}
	return clip(x, list[0], math.Inf(1))
}

func lowerMean(c *call) {
	list, shape := c.aligned(c.all())
	same := true
	for _, n := range list {
		same = same && slices.Equal(n.shape, shape)
	}
	switch {
	case len(list) == 1:
		c.setNode(apply("linear", list[0]))
	case same && len(list) <= maxSources:
		c.setNode(&node{kind: "average", from: list, shape: shape})
	default:
		y := list[0]
		for _, x := range list[1:] {
			y = merge("add", []*node{y, x}, shapeOf(y, x))
		}
		c.setNode(affinely(y, affine{div: []float64{float64(len(list))}}))
	}
}

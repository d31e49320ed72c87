package importer

import (
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// expanded repeats a value to a larger shape.
func expanded(x *node, shape []int) *node {
	if len(shape) > len(x.shape) {
		x = reshaped(x, slices.Concat(slices.Repeat([]int{1}, len(shape)-len(x.shape)), x.shape))
	}
	if slices.Equal(x.shape, shape) {
		return x
	}
	return &node{kind: "expand", from: []*node{x}, shape: shape}
}

func lowerExpand(c *call) {
	c.setNode(c.repeated(c.node(0), c.integers(1, "shape")))
}

// repeated is x broadcast with a shape of the model.
func (c *call) repeated(x *node, dims []int) *node {
	old := x.shape
	if c.batch {
		if len(dims) > len(old)+1 {
			c.mixes("it puts dimensions before the batch")
		}
		if len(dims) == len(old)+1 {
			if first := dims[0]; first != 1 && first != batchSize && first != c.count {
				c.mixes("it repeats the batch, to shape %v", shapeText(dims))
			}
			dims = dims[1:]
		}
	}
	shape, ok := broadcast(old, dims)
	if !ok || slices.ContainsFunc(dims, func(d int) bool { return d < 0 }) {
		c.fail(notSorted, "a value of shape %v cannot be repeated to %v", x.shape, shapeText(dims))
	}
	c.checkSize(shape)
	return expanded(x, shape)
}

func (c *call) checkSize(shape []int) {
	if tooLarge(shape) {
		c.refuse("", "its result of shape %v is too large", shape)
	}
}

func foldExpand(c *call) {
	a, dims := c.in(0).array, c.integers(1, "shape")
	if len(dims) > 0 && dims[0] == batchSize {
		c.perSample(a, dims)
		return
	}
	if slices.ContainsFunc(dims, func(d int) bool { return d < 0 }) {
		c.noSize()
	}
	shape, ok := broadcast(a.shape, dims)
	if !ok || tooLarge(shape) {
		c.fail(notSorted, "a constant of shape %v cannot be repeated to %v", a.shape, dims)
	}
	c.setArray(a.expand(shape))
}

// perSample gives output 0 a constant that the model repeats for every sample,
// the first of dims.
func (c *call) perSample(a *array, dims []int) {
	shape := a.shape
	if len(shape) == len(dims) {
		if shape[0] != 1 {
			c.mixes("it repeats a constant of shape %v by the number of samples", shape)
		}
		shape = shape[1:]
	}
	full, ok := broadcast(shape, dims[1:])
	if !ok || slices.ContainsFunc(full, func(d int) bool { return d < 0 }) || tooLarge(full) {
		c.fail(notSorted, "a constant of shape %v cannot be repeated to %v", a.shape, shapeText(dims))
	}
	c.setNode(constantNode((&array{shape: shape, data: a.data, integer: a.integer}).expand(full)))
}

// lowerTile repeats a value along its dimensions: each becomes two, of which
// the first is repeated.
func lowerTile(c *call) {
	x, v := c.node(0), c.in(0)
	counts := c.integers(1, "repeats")
	if len(counts) != c.rank(v) {
		c.fail(notSorted, "repeats %v do not fit %s", counts, plural.Of(c.rank(v), "dimension"))
	}
	if c.apart(x) {
		if counts[0] != 1 {
			c.mixes("it repeats the batch")
		}
		counts = counts[1:]
	}
	var apart, repeated, joined []int
	for i, d := range x.shape {
		if counts[i] < 1 {
			c.refuse("", "its repeats %v make a value without elements", counts)
		}
		apart, repeated, joined = append(apart, 1, d), append(repeated, counts[i], d), append(joined, counts[i]*d)
	}
	c.checkSize(repeated)
	c.setNode(reshaped(expanded(reshaped(x, apart), repeated), joined))
}

func foldTile(c *call) {
	a, counts := c.in(0).array, c.integers(1, "repeats")
	if len(counts) != len(a.shape) {
		c.fail(notSorted, "repeats %v do not fit %s", counts, plural.Of(len(a.shape), "dimension"))
	}
	var apart, repeated, joined []int
	for i, d := range a.shape {
		if counts[i] < 0 {
			c.noSize()
		}
		apart, repeated, joined = append(apart, 1, d), append(repeated, counts[i], d), append(joined, counts[i]*d)
	}
	c.checkSize(repeated)
	out := (&array{shape: apart, data: a.data, integer: a.integer}).expand(repeated)
	c.setArray(&array{shape: joined, data: out.data, integer: a.integer})
}

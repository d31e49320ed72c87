package importer

import (
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// scattering says where the elements of a result of ScatterND come from: the
// element of the updates, −1 for that of the data at the same place.
func (c *call) scattering(shape []int, indices *array, updates []int) []int {
	if how := c.text("reduction", "none"); how != "none" {
		c.refuse("", "reduction %s is not supported", quote(how))
	}
	rank := len(indices.shape)
	if rank == 0 || indices.shape[rank-1] > len(shape) {
		c.fail(notSorted, "indices of shape %v do not go with data of shape %v", indices.shape, shape)
	}
	depth := indices.shape[rank-1]
	if !slices.Equal(updates, slices.Concat(indices.shape[:rank-1], shape[depth:])) {
		c.fail(notSorted, "updates of shape %v do not go with indices of shape %v into %v", updates, indices.shape, shape)
	}
	source, inner, steps := slices.Repeat([]int{-1}, size(shape)), size(shape[depth:]), strides(shape)
	list := c.whole(indices, "indices")
	for u := range size(indices.shape[:rank-1]) {
		at := 0
		for k, i := range list[u*depth : (u+1)*depth] {
			if i < 0 {
				i += shape[k]
			}
			if i < 0 || i >= shape[k] {
				c.fail(notSorted, "index %d is out of range for dimension %d", list[u*depth+k], shape[k])
			}
			at += i * steps[k]
		}
		for e := range inner {
			if source[at+e] >= 0 {
				c.refuse("", "its indices name a place twice, which is not defined")
			}
			source[at+e] = u*inner + e
		}
	}
	return source
}

// lowerScatterND replaces elements of the data by updates, at constant indices: where
// these are a block, the data around it and the updates are joined along the axes.
func lowerScatterND(c *call) {
	v, u := c.in(0), c.in(2)
	x, updates := c.asNode(v), c.asNode(u)
	if c.batch {
		c.mixes("its indices count the batch")
	}
	source := c.scattering(x.shape, c.constant(1, "indices"), updates.shape)
	if lo, hi, ok := block(x.shape, source); ok {
		c.setNode(apply("linear", c.replaced(x, updates, lo, hi, 0)))
		return
	}
	flat, news := reshaped(x, []int{x.size()}), reshaped(updates, []int{updates.size()})
	var parts []*node
	for i := 0; i < len(source); {
		n := 1
		for i+n < len(source) && (source[i] < 0) == (source[i+n] < 0) && (source[i] < 0 || source[i+n] == source[i]+n) {
			n++
		}
		if source[i] < 0 {
			parts = append(parts, part(flat, 0, i, i+n))
		} else {
			parts = append(parts, part(news, 0, source[i], source[i]+n))
		}
		if i += n; len(parts) > maxRuns {
			c.refuse("", "its indices form more than %s; the limit is that", plural.Of(maxRuns, "range"))
		}
	}
	c.setNode(reshaped(c.concat(parts, 0), x.shape))
}

// block is the box lo ≤ place < hi of what is replaced, row by row, if it is one.
func block(shape, source []int) (lo, hi []int, ok bool) {
	steps := strides(shape)
	lo, hi = slices.Clone(shape), make([]int, len(shape))
	for i, s := range source {
		for k := range shape {
			if s >= 0 {
				p := i / steps[k] % shape[k]
				lo[k], hi[k] = min(lo[k], p), max(hi[k], p+1)
			}
		}
	}
	box, offset := make([]int, len(shape)), 0
	for k := range shape {
		if box[k] = hi[k] - lo[k]; box[k] <= 0 {
			return nil, nil, false
		}
		offset += lo[k] * steps[k]
	}
	count := 0
	for i, at := range walk(box, steps, offset) {
		if source[at] != i {
			return nil, nil, false
		}
		count++
	}
	return lo, hi, count == len(source)-countOf(source, -1)
}

func countOf(list []int, x int) int {
	n := 0
	for _, y := range list {
		if x == y {
			n++
		}
	}
	return n
}

// replaced is x with a box replaced by the updates, in its axes from one on; x has
// the box alone in those before.
func (c *call) replaced(x, updates *node, lo, hi []int, axis int) *node {
	if axis == len(x.shape) {
		return reshaped(updates, x.shape)
	}
	var parts []*node
	if lo[axis] > 0 {
		parts = append(parts, part(x, axis, 0, lo[axis]))
	}
	middle := c.replaced(part(x, axis, lo[axis], hi[axis]), updates, lo, hi, axis+1)
	parts = append(parts, middle)
	if hi[axis] < x.shape[axis] {
		parts = append(parts, part(x, axis, hi[axis], x.shape[axis]))
	}
	return c.concat(parts, axis)
}

// foldScatterND is ScatterND of constants.
func foldScatterND(c *call) {
	data, updates := c.in(0).array, c.in(2).array
	out := &array{shape: data.shape, data: slices.Clone(data.data), integer: data.integer}
	for i, s := range c.scattering(data.shape, c.constant(1, "indices"), updates.shape) {
		if s >= 0 {
			out.data[i] = updates.data[s]
		}
	}
	c.setArray(out)
}

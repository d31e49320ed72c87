package importer

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// reshaped is x in another shape, with its elements in the same order.
func reshaped(x *node, shape []int) *node {
	return &node{kind: "reshape", from: []*node{x}, shape: shape, integer: x.integer, truth: x.truth}
}

// permuted is x with its dimensions in another order.
func permuted(x *node, shape, places, perm []int) *node {
	if slices.IsSorted(places) {
		return reshaped(x, shape)
	}
	return &node{kind: "transpose", from: []*node{x}, shape: shape, fields: []field{{"perm", perm}}, integer: x.integer, truth: x.truth}
}

// target works out the shape of Reshape. With a batch, the first dimension
// must stay it, or be joined with others, rows; the result is the shape of a
// sample then.
func (c *call) target(v value, dims []int) (shape []int, rows int) {
	keepZero := c.integer("allowzero", 0) != 0
	var old []int
	total, node := 1, v.node
	switch {
	case node == nil:
		old, total = v.array.shape, len(v.array.data)
	case c.apart(node):
		old, total = append([]int{batchSize}, node.shape...), node.size()
	case c.batch:
		old, total = slices.Concat([]int{perSample(node.rows)}, node.shape[1:]), node.size()
	default:
		old, total = node.shape, node.size()
	}
	dims = slices.Clone(dims)
	for i, d := range dims {
		if d == 0 && !keepZero {
			if i >= len(old) {
				c.fail(notSorted, "dimension %d of its shape is 0, to be copied, but the value has %d", i+1, len(old))
			}
			dims[i] = old[i]
		}
	}
	batched := node != nil && c.batch
	if batched {
		dims, rows = c.batchDim(dims, total)
	}
	known, free := 1, -1
	for i, d := range dims {
		switch {
		case d == -1 && free < 0:
			free = i
		case d < 0:
			c.fail(notSorted, "its shape %v is not valid", shapeText(dims))
		default:
			known *= d
		}
	}
	if free >= 0 && known > 0 {
		dims[free] = total / known
		known *= dims[free]
	}
	if known != total {
		if batched {
			c.mixes("without the batch, shape %v does not hold %s", dims, plural.Of(total, "element"))
		}
		c.fail(notSorted, "shape %v does not hold %s", dims, plural.Of(total, "element"))
	}
	return dims, rows
}

// batchDim takes the batch off a target shape for samples of some size. Where
// its dimension holds other dimensions too, their product, rows, takes its
// place.
func (c *call) batchDim(dims []int, total int) (rest []int, rows int) {
	if len(dims) == 0 {
		c.mixes("its shape has no dimension left for the batch")
	}
	first, rest := dims[0], dims[1:]
	known := 1
	for _, d := range rest {
		known *= max(1, d)
	}
	free := slices.Contains(rest, -1)
	switch k := timesSamples(first); {
	case k > 0:
		rows = k
	case c.count > 1 && first > 0 && first%c.count == 0:
		rows = first / c.count
	case c.count == 1 && first == 1:
		rows = 1
	case first == -1 && !free && (c.count != 1 || known == total) && total%known == 0:
		rows = total / known
	default:
		c.mixes("it joins or splits the batch dimension, to shape %v", shapeText(dims))
	}
	if rows == 1 {
		return rest, 0
	}
	return slices.Concat([]int{rows}, rest), rows
}

// shapeText is a shape for messages.
func shapeText(dims []int) []any {
	var out []any
	for _, d := range dims {
		switch k := timesSamples(d); k {
		case 0:
			out = append(out, d)
		case 1:
			out = append(out, "batch")
		default:
			out = append(out, fmt.Sprintf("%d·batch", k))
		}
	}
	return out
}

func (c *call) reshapeDims() []int {
	if c.has(1) {
		return c.integers(1, "shape")
	}
	dims, ok := c.ints("shape")
	if !ok {
		c.fail(notSorted, "its shape is missing")
	}
	return dims
}

func lowerReshape(c *call) {
	x := c.node(0)
	shape, rows := c.target(c.in(0), c.reshapeDims())
	y := reshaped(x, shape)
	y.rows = rows
	c.setNode(y)
}

func foldReshape(c *call) {
	v := c.in(0)
	shape, _ := c.target(v, c.reshapeDims())
	c.setArray(&array{shape: shape, data: v.array.data, integer: v.array.integer})
}

func (c *call) flattenAxis() int {
	axis, rank := c.integer("axis", 1), c.rank(c.in(0))
	if axis < -rank || axis > rank {
		c.fail(notSorted, "axis %d is out of range for %s", axis, plural.Of(rank, "dimension"))
	}
	if axis < 0 {
		axis += rank
	}
	return axis
}

func lowerFlatten(c *call) {
	x, axis := c.node(0), c.flattenAxis()
	if !c.batch {
		c.setNode(reshaped(x, []int{size(x.shape[:axis]), size(x.shape[axis:])}))
		return
	}
	switch {
	case axis == 0 && c.count == 1:
	case axis == 0 || size(x.shape[:axis-1]) != 1:
		c.mixes("it joins the batch with other dimensions (axis %d)", axis)
	}
	c.setNode(reshaped(x, []int{size(x.shape)}))
}

func foldFlatten(c *call) {
	a, axis := c.in(0).array, c.flattenAxis()
	c.setArray(&array{shape: []int{size(a.shape[:axis]), size(a.shape[axis:])}, data: a.data, integer: a.integer})
}

// listedAxes are the axes of Squeeze and Unsqueeze, an input since operator
// set 13.
func (c *call) listedAxes() ([]int, bool) {
	if c.has(1) {
		return c.integers(1, "axes"), true
	}
	return c.ints("axes")
}

func lowerSqueeze(c *call) {
	v := c.in(0)
	x := c.node(0)
	list, ok := c.listedAxes()
	var axes []int
	if x.at > 0 {
		c.squeezeMoved(x, list, ok)
		return
	}
	if ok {
		axes = c.axes(v, list)
	} else {
		if c.batch && c.count == 1 {
			c.mixes("it removes all dimensions of 1, the batch among them")
		}
		for i, d := range x.shape {
			if d == 1 {
				axes = append(axes, i)
			}
		}
	}
	c.setNode(reshaped(x, c.squeezed(x.shape, axes)))
}

func (c *call) squeezed(shape, axes []int) []int {
	out := []int{}
	for i, d := range shape {
		switch {
		case !contains(axes, i):
			out = append(out, d)
		case d != 1:
			c.fail(notSorted, "dimension %d of shape %v is not 1", i+1, shape)
		}
	}
	return out
}

func foldSqueeze(c *call) {
	v := c.in(0)
	list, ok := c.listedAxes()
	if !ok {
		for i, d := range v.array.shape {
			if d == 1 {
				list = append(list, i)
			}
		}
	}
	c.setArray(&array{shape: c.squeezed(v.array.shape, c.axes(v, list)), data: v.array.data, integer: v.array.integer})
}

// unsqueezed is a shape with dimensions of 1 put in.
func (c *call) unsqueezed(shape, list []int) []int {
	rank := len(shape) + len(list)
	if rank > 64 {
		c.fail(notSorted, "%d dimensions are too many", rank)
	}
	axes := make([]int, len(list))
	for i, a := range list {
		if a < -rank || a >= rank {
			c.fail(notSorted, "axis %d is out of range for %s", a, plural.Of(rank, "dimension"))
		}
		axes[i] = (a + rank) % rank
	}
	slices.Sort(axes)
	if len(slices.Compact(slices.Clone(axes))) != len(axes) {
		c.fail(notSorted, "an axis occurs twice in %v", list)
	}
	out := slices.Clone(shape)
	for _, a := range axes {
		out = slices.Insert(out, a, 1)
	}
	return out
}

func lowerUnsqueeze(c *call) {
	x := c.node(0)
	list, ok := c.listedAxes()
	if !ok {
		c.fail(notSorted, "its axes are missing")
	}
	if !c.batch {
		c.setNode(reshaped(x, c.unsqueezed(x.shape, list)))
		return
	}
	shape := c.unsqueezed(append([]int{batchSize}, x.shape...), list)
	if shape[0] != batchSize {
		c.mixes("it puts a dimension before the batch")
	}
	c.setNode(reshaped(x, shape[1:]))
}

func foldUnsqueeze(c *call) {
	a := c.in(0).array
	list, ok := c.listedAxes()
	if !ok {
		c.fail(notSorted, "its axes are missing")
	}
	c.setArray(&array{shape: c.unsqueezed(a.shape, list), data: a.data, integer: a.integer})
}

// permutation is the order of Transpose.
func (c *call) permutation(rank int) []int {
	perm, ok := c.ints("perm")
	if !ok {
		for i := range rank {
			perm = append(perm, rank-1-i)
		}
	}
	sorted := slices.Sorted(slices.Values(perm))
	for i := range max(rank, len(sorted)) {
		if len(sorted) != rank || sorted[i] != i {
			c.fail(notSorted, "perm %v is no order of %s", perm, plural.Of(rank, "dimension"))
		}
	}
	return perm
}

func lowerTranspose(c *call) {
	x := c.node(0)
	perm := c.permutation(c.rank(c.in(0)))
	at := 0
	if c.batch {
		if x.rows > 0 && perm[0] != 0 {
			c.mixes("it moves the batch dimension")
		}
		at = slices.Index(perm, x.at)
		perm = slices.Delete(slices.Clone(perm), at, at+1)
		for i, p := range perm {
			if p > x.at {
				perm[i]--
			}
		}
	}
	shape, places := transposed(x.shape, perm)
	y := permuted(x, shape, places, perm)
	y.at = at
	c.setNode(y)
}

func foldTranspose(c *call) {
	a := c.in(0).array
	c.setArray(a.pick(transposed(a.shape, c.permutation(len(a.shape)))))
}

// tooLarge reports shapes that are not worth folding.
func tooLarge(shape []int) bool {
	total := 1.0
	for _, d := range shape {
		total *= float64(d)
	}
	return total > most || len(shape) > 64
}

func lowerShape(c *call) {
	v := c.in(0)
	var dims *array
	if v.array != nil {
		dims = integers(v.array.shape...)
	} else {
		dims = integers(v.node.shape...)
		if c.batch && !v.node.loose {
			dims.data = append([]float64{c.samples()}, dims.data...)
			dims.shape = []int{len(dims.data)}
		}
	}
	start, end := c.integer("start", 0), c.integer("end", math.MaxInt32)
	start, end = clampSlice(start, end, len(dims.data))
	c.setArray(&array{shape: []int{end - start}, data: dims.data[start:end], integer: true})
}

// samples is their number in the constants of the graph.
func (c *call) samples() float64 {
	if c.count == 0 {
		return unknown
	}
	return float64(c.count)
}

func lowerSize(c *call) {
	v := c.in(0)
	n := 0.0
	if v.array != nil {
		n = float64(len(v.array.data))
	} else {
		n = float64(v.node.size())
		if c.batch && !v.node.loose {
			n *= c.samples()
		}
	}
	c.setArray(&array{data: []float64{n}, integer: true})
}

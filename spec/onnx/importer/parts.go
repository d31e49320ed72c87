package importer

import (
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

func lowerConcat(c *call) {
	if len(c.n.Inputs) == 1 {
		c.setNode(apply("linear", c.node(0)))
		return
	}
	values := c.all()
	first := values[slices.IndexFunc(values, func(v value) bool { return v.node != nil })]
	axis := c.axis(first, c.integer("axis", 1))
	var list []*node
	for _, v := range values {
		if v.node == nil && c.batch {
			v.array = c.ofSample(v.array)
		}
		list = append(list, c.asNode(v))
	}
	c.setNode(c.concat(list, axis))
}

// ofSample is a constant without its first dimension, the batch, along which
// it must not change.
func (c *call) ofSample(a *array) *array {
	c.notEmpty(a.shape)
	if len(a.shape) == 0 || a.shape[0] != c.count {
		c.mixes("a constant of shape %v does not fit the batch", a.shape)
	}
	row := len(a.data) / a.shape[0]
	for i := row; i < len(a.data); i++ {
		if a.data[i] != a.data[i-row] {
			c.mixes("its constant of shape %v has the batch as a dimension", a.shape)
		}
	}
	return &array{shape: a.shape[1:], data: a.data[:row], integer: a.integer}
}

// concat joins values that must fit along an axis.
func (c *call) concat(list []*node, axis int) *node {
	first := list[0].shape
	for _, n := range list[1:] {
		same := len(n.shape) == len(first)
		for k := range n.shape {
			same = same && (k == axis || n.shape[k] == first[k])
		}
		if !same {
			c.fail(notSorted, "shapes %v and %v do not fit", first, n.shape)
		}
	}
	return concat(list, axis)
}

// concat joins values along an axis, in groups where they are many.
func concat(list []*node, axis int) *node {
	for len(list) > maxSources {
		var groups []*node
		for part := range slices.Chunk(list, maxSources) {
			groups = append(groups, concat(part, axis))
		}
		list = groups
	}
	if len(list) == 1 {
		return list[0]
	}
	shape := slices.Clone(list[0].shape)
	for _, n := range list[1:] {
		shape[axis] += n.shape[axis]
	}
	return &node{kind: "concat", from: slices.Clone(list), shape: shape, fields: []field{{"axis", axis}}}
}

func foldConcat(c *call) {
	first := c.in(0).array
	axis := c.axis(c.in(0), c.integer("axis", 1))
	out := &array{shape: slices.Clone(first.shape), integer: first.integer}
	out.shape[axis] = 0
	for i := range c.n.Inputs {
		a := c.in(i).array
		same := len(a.shape) == len(first.shape)
		for k := range a.shape {
			same = same && (k == axis || a.shape[k] == first.shape[k])
		}
		if !same {
			c.fail(notSorted, "shapes %v and %v do not fit", first.shape, a.shape)
		}
		out.shape[axis] += a.shape[axis]
	}
	for o := range size(first.shape[:axis]) {
		for i := range c.n.Inputs {
			a := c.in(i).array
			row := size(a.shape[axis:])
			out.data = append(out.data, a.data[o*row:(o+1)*row]...)
		}
	}
	c.setArray(out)
}

// part is the elements [start, end) of an axis.
func part(x *node, axis, start, end int) *node { return steps(x, axis, start, 1, end-start) }

// steps is count elements of an axis from start on, step apart.
func steps(x *node, axis, start, step, count int) *node {
	if start == 0 && step == 1 && count == x.shape[axis] {
		return apply("linear", x)
	}
	shape := slices.Clone(x.shape)
	shape[axis] = count
	return &node{kind: "slice", from: []*node{x}, shape: shape, fields: []field{{"axis", axis}, {"start", start}, {"step", step}}}
}

func lowerSplit(c *call) {
	v := c.in(0)
	x := c.node(0)
	axis := c.axis(v, c.integer("axis", 0))
	length, outs := x.shape[axis], len(c.n.Outputs)
	sizes, ok := c.ints("split")
	if c.has(1) {
		sizes, ok = c.integers(1, "sizes"), true
	}
	if n := c.integer("num_outputs", outs); n != outs {
		c.fail(notSorted, "num_outputs is %d, but it has %d", n, outs)
	}
	if !ok {
		each := (length + outs - 1) / outs
		for i := range outs {
			sizes = append(sizes, max(0, min(each, length-i*each)))
		}
	}
	start := 0
	for i, n := range sizes {
		if n < 0 || i >= outs || start+n > length {
			c.fail(notSorted, "sizes %v do not fit %s of dimension %d", sizes, plural.Of(outs, "output"), length)
		}
		if c.wants(i) {
			if n == 0 {
				c.refuse("", "output %d has no elements", i+1)
			}
			c.set(i, value{node: part(x, axis, start, start+n)})
		}
		start += n
	}
}

// clampSlice applies the rules for negative and large ends of slices.
func clampSlice(start, end, length int) (int, int) {
	start, _, count := pythonRange(start, end, 1, length)
	return start, start + count
}

// pythonRange is the start and the number of elements of start:end:step.
func pythonRange(start, end, step, length int) (first, stride, count int) {
	low, high := 0, length
	if step < 0 {
		low, high = -1, length-1
	}
	clamp := func(i int) int {
		if i < 0 {
			i += length
		}
		return min(max(i, low), high)
	}
	start, end = clamp(start), clamp(end)
	if step > 0 {
		return start, step, max(0, (end-start+step-1)/step)
	}
	return start, step, max(0, (start-end-step-1)/-step)
}

// slicing is one sliced dimension.
type slicing struct{ start, end, step, axis int }

// slicings lists the dimensions that Slice cuts.
func (c *call) slicings() []slicing {
	starts, ok := c.ints("starts")
	ends, _ := c.ints("ends")
	axes, listed := c.ints("axes")
	var steps []int
	if !ok {
		starts, ends = c.integers(1, "starts"), c.integers(2, "ends")
		if c.has(3) {
			axes, listed = c.integers(3, "axes"), true
		}
		if c.has(4) {
			steps = c.integers(4, "steps")
		}
	}
	for i := range starts {
		if !listed {
			axes = append(axes, i)
		}
		if len(steps) == i {
			steps = append(steps, 1)
		}
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) || slices.Contains(steps, 0) {
		c.fail(notSorted, "%d starts, %d ends, %d axes and steps %v do not fit", len(starts), len(ends), len(axes), steps)
	}
	var list []slicing
	for i := range starts {
		list = append(list, slicing{starts[i], ends[i], steps[i], axes[i]})
	}
	return list
}

func lowerSlice(c *call) {
	v := c.in(0)
	x := c.node(0)
	for _, s := range c.slicings() {
		if s.start == 0 && s.end >= math.MaxInt32 && s.step == 1 {
			continue // all of it, perhaps of the batch
		}
		axis := c.axis(v, s.axis)
		start, step, count := pythonRange(s.start, s.end, s.step, x.shape[axis])
		if count == 0 {
			c.refuse("", "a slice without elements is not supported")
		}
		x = steps(x, axis, start, step, count)
	}
	c.setNode(apply("linear", x))
}

func foldSlice(c *call) {
	v := c.in(0)
	a := v.array
	for _, s := range c.slicings() {
		axis := c.axis(v, s.axis)
		start, step, count := pythonRange(s.start, s.end, s.step, a.shape[axis])
		a = a.pick(sliced(a.shape, axis, start, step, count))
	}
	c.setArray(a)
}

// lowerGather takes elements of an axis.
func lowerGather(c *call) {
	v := c.in(0)
	if v.node == nil {
		c.setNode(c.lookUp(v.array, c.integer("axis", 0), c.in(1)))
		return
	}
	axis := c.axis(v, c.integer("axis", 0))
	c.setNode(c.gather(c.node(0), axis, c.constant(1, "indices")))
}

// gather takes elements of an axis, which the dimensions of the indices
// replace.
func (c *call) gather(x *node, axis int, a *array) *node {
	list := c.whole(a, "indices")
	for i := range list {
		if list[i] < 0 {
			list[i] += x.shape[axis]
		}
		if list[i] < 0 || list[i] >= x.shape[axis] {
			c.fail(notSorted, "index %v is out of range for dimension %d", a.data[i], x.shape[axis])
		}
	}
	c.notEmpty(a.shape)
	runs := ranges(list)
	if len(runs) > maxRuns {
		c.refuse("", "its %d indices form %d ranges; the limit is %d", len(list), len(runs), maxRuns)
	}
	var parts []*node
	for _, r := range runs {
		y := steps(x, axis, r.start, r.step, r.count)
		y.integer = x.integer
		parts = append(parts, y)
	}
	y := c.concat(parts, axis)
	return reshaped(y, slices.Concat(x.shape[:axis], a.shape, x.shape[axis+1:]))
}

// maxRuns is the most ranges that Gather may take, a layer each.
const maxRuns = 1000

// run is count indices, step apart.
type run struct{ start, step, count int }

// ranges cuts a list of indices into as few ranges as taking the longest one
// each time gives.
func ranges(list []int) []run {
	var out []run
	for len(list) > 0 {
		r := run{start: list[0], step: 1, count: 1}
		if len(list) > 1 && list[1] != list[0] {
			for r.step = list[1] - list[0]; r.count < len(list) && list[r.count] == r.start+r.count*r.step; r.count++ {
			}
		}
		if r.count == 2 && r.step != 1 && len(list) > 2 { // two far apart may belong to others
			r.count, r.step = 1, 1
		}
		out, list = append(out, r), list[r.count:]
	}
	return out
}

// count is 0, 1, …, n − 1.
func count(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// lookUp takes rows of a table of constants by whole numbers that the network
// computes: the sum of the rows, each times whether it is asked for.
func (c *call) lookUp(table *array, axis int, index value) *node {
	i := c.asNode(index)
	if !i.integer {
		c.fail(notSorted, "its indices must be whole numbers")
	}
	if axis < 0 {
		axis += len(table.shape)
	}
	if len(table.shape) == 0 || axis != 0 || len(table.shape) != 1 && i.size() != 1 {
		c.refuse("", "looking up more than one number of a table is not supported")
	}
	n := table.shape[0]
	if len(table.shape) == 1 && slices.Equal(table.data, integers(count(n)...).data) {
		return apply("linear", i) // the classes are their places
	}
	most := float64(1 << 24) // of the whole numbers that float32 holds
	if c.double {
		most = 1 << 53
	}
	for _, x := range table.data {
		if table.integer && math.Abs(x) > most || math.IsNaN(x) || math.IsInf(x, 0) {
			c.refuse("", "its table holds %g, which is not supported", x)
		}
	}
	c.checkExpanded(i.size()*size(table.shape[1:]), i.size()*n)
	column := reshaped(i, append(slices.Clone(i.shape), 1))
	asked := &node{kind: "equal", from: []*node{column, constantNode(integers(count(n)...))}, shape: append(slices.Clone(i.shape), n)}
	if len(table.shape) == 1 {
		y := reduce("reduce_sum", merge("multiply", []*node{asked, constantNode(table)}, asked.shape), []int{len(i.shape)}, false)
		y.integer = table.integer
		return y
	}
	columns := size(table.shape[1:])
	return dense(asked, transposedMatrix(table.data, n, columns), nil, slices.Concat(i.shape, table.shape[1:]))
}

func foldGather(c *call) {
	v, at := c.in(0), c.in(1).array
	a, axis := v.array, c.axis(v, c.integer("axis", 0))
	shape := slices.Concat(a.shape[:axis], at.shape, a.shape[axis+1:])
	if tooLarge(shape) {
		c.refuse("", "its result of shape %v is too large", shape)
	}
	inner := size(a.shape[axis+1:])
	var places []int
	for o := range size(a.shape[:axis]) {
		for _, i := range c.whole(at, "indices") {
			if i < 0 {
				i += a.shape[axis]
			}
			if i < 0 || i >= a.shape[axis] {
				c.fail(notSorted, "an index is out of range for dimension %d", a.shape[axis])
			}
			for k := range inner {
				places = append(places, (o*a.shape[axis]+i)*inner+k)
			}
		}
	}
	c.setArray(a.pick(shape, places))
}

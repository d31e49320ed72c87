package importer

import "slices"

// reduceAxes are the axes of a reduction: of a sample, ascending.
func (c *call) reduceAxes() (axes []int, keep bool) {
	keep = c.integer("keepdims", 1) != 0
	noop := c.integer("noop_with_empty_axes", 0) != 0
	list, ok := c.ints("axes")
	if c.has(1) {
		list, ok = c.integers(1, "axes"), true
	}
	x := c.in(0)
	if !ok || len(list) == 0 {
		if noop {
			return nil, keep
		}
		for i := range c.rank(x) {
			list = append(list, i)
		}
	}
	return c.axes(x, list), keep
}

func reduction(kind string) func(c *call) {
	return func(c *call) {
		axes, keep := c.reduceAxes()
		c.setNode(reduce(kind, c.node(0), axes, keep))
	}
}

// reduce combines elements along axes.
func reduce(kind string, x *node, axes []int, keep bool) *node {
	if len(axes) == 0 {
		return apply("linear", x)
	}
	shape := without(x.shape, axes)
	if keep {
		shape = slices.Clone(x.shape)
		for _, a := range axes {
			shape[a] = 1
		}
	}
	return &node{kind: kind, from: []*node{x}, shape: shape, fields: []field{{"axes", axes}, {"keepdims", keep}}}
}

// lowerProd is the product of elements along axes, of slices of them.
func lowerProd(c *call) {
	axes, keep := c.reduceAxes()
	y := c.node(0)
	for _, axis := range axes {
		var list []*node
		for i := range y.shape[axis] {
			list = append(list, part(y, axis, i, i+1))
		}
		for len(list) > 1 {
			var groups []*node
			for few := range slices.Chunk(list, maxSources) {
				if len(few) > 1 {
					few = []*node{{kind: "multiply", from: slices.Clone(few), shape: few[0].shape}}
				}
				groups = append(groups, few[0])
			}
			list = groups
		}
		y = list[0]
	}
	if !keep {
		y = reshaped(y, without(y.shape, axes))
	}
	c.setNode(apply("linear", y))
}

// without is a shape without the dimensions of a list.
func without(shape, axes []int) []int {
	out := []int{}
	for i, d := range shape {
		if !contains(axes, i) {
			out = append(out, d)
		}
	}
	return out
}

func foldProd(c *call) {
	axes, keep := c.reduceAxes()
	a := c.in(0).array
	kept := slices.Clone(a.shape)
	for _, axis := range axes {
		kept[axis] = 1
	}
	out := &array{shape: kept, data: slices.Repeat([]float64{1}, size(kept)), integer: a.integer}
	for p, o := range indices(a.shape, kept) {
		out.data[o] *= a.data[p]
	}
	if !keep {
		out.shape = without(a.shape, axes)
	}
	c.setSizes(out, a.readsSamples())
}

func contains(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func lowerSumSquare(c *call) {
	axes, keep := c.reduceAxes()
	c.setNode(reduce("reduce_sum", apply("square", c.node(0)), axes, keep))
}

func lowerL1(c *call) {
	axes, keep := c.reduceAxes()
	c.setNode(reduce("reduce_sum", apply("abs", c.node(0)), axes, keep))
}

func lowerL2(c *call) {
	axes, keep := c.reduceAxes()
	c.setNode(apply("sqrt", reduce("reduce_sum", apply("square", c.node(0)), axes, keep)))
}

// lowerArg is the place of the largest or smallest element along an axis.
func lowerArg(kind string) func(c *call) {
	return func(c *call) {
		x := c.in(0)
		axis := c.axis(x, c.integer("axis", 0))
		y := reduce(kind, c.node(0), []int{axis}, c.integer("keepdims", 1) != 0)
		y.fields = []field{{"axis", axis}, {"keepdims", len(y.shape) == len(x.node.shape)}, {"last", c.integer("select_last_index", 0) != 0}}
		y.integer = true
		c.setNode(y)
	}
}

func writeArg(w *writer, n *node) {
	x := n.from[0]
	axis := n.integerField("axis")
	var fields []string
	whole := x.shape[axis] == x.size()
	if !whole {
		fields = append(fields, axisField(axis, len(x.shape)))
		if keep, _ := n.field("keepdims").(bool); keep {
			fields = append(fields, "keepdims: true")
		}
	}
	if last, _ := n.field("last").(bool); last {
		fields = append(fields, "last: true")
	}
	shape := n.shape
	if whole {
		shape = []int{}
	}
	w.emit(n, n.kind, []string{w.source(x, !whole)}, fields, shape)
}

package importer

// Comparisons and choices are nodes until what they are for is recognised.
var comparisons = map[string]func(x, y float64) bool{
	"less":             func(x, y float64) bool { return x < y },
	"less_or_equal":    func(x, y float64) bool { return x <= y },
	"greater":          func(x, y float64) bool { return x > y },
	"greater_or_equal": func(x, y float64) bool { return x >= y },
}

func comparison(kind string) operator {
	return operator{
		operands: true,
		lower: func(c *call) {
			a, b := c.node(0), c.node(1)
			c.setNode(&node{kind: kind, from: []*node{a, b}, shape: c.common(a, b), truth: true})
		},
		fold: func(c *call) {
			f := comparisons[kind]
			c.foldBinary(func(x, y float64) float64 { return choose(f(x, y), 1, 0) })
		},
	}
}

// common is the shape of an element-wise result of values and constants. A
// constant with one dimension more than every value has the batch first.
func (c *call) common(list ...*node) []int {
	rank := 0
	for _, n := range list {
		if n.kind != "constant" {
			rank = max(rank, len(n.shape))
		}
	}
	var shape []int
	for _, n := range list {
		s := n.shape
		if c.batch && n.kind == "constant" && len(s) == rank+1 {
			if s[0] != 1 {
				c.mixes("its constant of shape %v has the batch as a dimension", s)
			}
			s = s[1:]
		}
		out, ok := broadcast(shape, s)
		if !ok {
			c.fail(notSorted, "shapes %v and %v do not fit", shape, s)
		}
		shape = out
	}
	return shape
}

func lowerWhere(c *call) {
	cond, a, b := c.node(0), c.node(1), c.node(2)
	if cond.kind == "constant" {
		u, ok := cond.value.uniform()
		if !ok || size(cond.shape) > 1 {
			c.refuse(cutOut, "a choice by a constant is not supported")
		}
		for i, n := range []*node{a, b} {
			if (u != 0) == (i == 0) {
				if n.kind == "constant" {
					c.setArray(n.value)
				} else {
					c.setNode(apply("linear", n))
				}
			}
		}
		return
	}
	if !cond.truth {
		c.refuse(cutOut, "its condition must be a comparison")
	}
	c.setNode(&node{kind: "where", from: []*node{cond, a, b}, shape: c.common(cond, a, b)})
}

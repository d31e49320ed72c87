package importer

import "slices"

// comparisons are those of two numbers as 1 or 0.
var comparisons = map[string]func(x, y float64) bool{
	"less":             func(x, y float64) bool { return x < y },
	"less_or_equal":    func(x, y float64) bool { return x <= y },
	"greater":          func(x, y float64) bool { return x > y },
	"greater_or_equal": func(x, y float64) bool { return x >= y },
	"equal":            func(x, y float64) bool { return x == y },
}

func comparison(kind string) operator {
	return operator{
		operands: true,
		lower: func(c *call) {
			pair, shape := c.aligned(c.operands())
			c.setNode(&node{kind: kind, from: pair, shape: shape, truth: true})
		},
		fold: func(c *call) {
			f := comparisons[kind]
			c.foldTruth(func(x, y float64) float64 { return choose(f(x, y), 1, 0) })
		},
	}
}

// foldTruth makes a constant of truth values.
func (c *call) foldTruth(f func(x, y float64) float64) {
	c.foldBinary(f)
	c.values[c.n.Outputs[0]].array.integer = true
}

// logic is the row of an operator of truth values, which are 1 and 0.
func logic(kind string, f func(x, y float64) float64) operator {
	return operator{
		operands: true,
		lower: func(c *call) {
			pair, shape := c.aligned(c.operands())
			c.wantTruth(pair...)
			c.setNode(&node{kind: kind, from: pair, shape: shape, truth: true})
		},
		fold: func(c *call) { c.foldTruth(f) },
	}
}

func not(x float64) float64 { return choose(x == 0, 1, 0) }

func lowerNot(c *call) {
	x := c.node(0)
	c.wantTruth(x)
	c.setNode(negated(x))
}

// wantTruth fails unless all values are true or false, as ONNX demands.
func (c *call) wantTruth(list ...*node) {
	for _, n := range list {
		if !isTruth(n) {
			c.fail(notSorted, "its operands must be true or false, not numbers")
		}
	}
}

// isTruth reports whether a value is a truth value, also one whose elements
// were moved.
func isTruth(n *node) bool {
	switch {
	case n.kind == "constant":
		return !slices.ContainsFunc(n.value.data, func(x float64) bool { return x != 0 && x != 1 })
	case n.truth:
		return true
	}
	moves := slices.Contains([]string{"linear", "reshape", "flatten", "transpose", "slice", "concat", "where"}, n.kind)
	from := n.from
	if n.kind == "where" {
		from = from[1:]
	}
	return moves && len(from) > 0 && !slices.ContainsFunc(from, func(f *node) bool { return !isTruth(f) })
}

// negated is whether a value is 0.
func negated(x *node) *node {
	return &node{kind: "equal", from: []*node{x, constantNode(scalar(0))}, shape: x.shape, truth: true}
}

// exclusive is the row of Xor.
func exclusive() operator {
	row := logic("equal", func(x, y float64) float64 { return choose(x != y, 1, 0) })
	equal := row.lower
	row.lower = func(c *call) {
		equal(c)
		c.setNode(negated(c.values[c.n.Outputs[0]].node))
	}
	return row
}

func lowerWhere(c *call) {
	list, shape := c.aligned([]value{c.in(0), c.in(1), c.in(2)})
	cond := list[0]
	if cond.kind == "constant" {
		if u, ok := cond.value.uniform(); ok {
			n := list[1]
			if u == 0 {
				n = list[2]
			}
			if !slices.Equal(n.shape, shape) {
				n = expanded(n, shape)
			}
			c.setNode(apply("linear", n))
			return
		}
	}
	c.setNode(&node{kind: "where", from: list, shape: shape})
}

func foldWhere(c *call) {
	cond, a, b := c.in(0).array, c.in(1).array, c.in(2).array
	both, ok := zip(cond, a, func(x, y float64) float64 { return choose(x != 0, y, 0) })
	if ok {
		mask := cond.expand(both.shape)
		rest, fits := zip(mask, b, func(x, y float64) float64 { return choose(x != 0, 0, y) })
		if ok = fits; ok {
			both, mask = both.expand(rest.shape), mask.expand(rest.shape)
			for i := range rest.data {
				if mask.data[i] != 0 {
					rest.data[i] = both.data[i]
				}
			}
			rest.integer = a.integer && b.integer
			c.setArray(rest)
		}
	}
	if !ok {
		c.fail(notSorted, "shapes %v, %v and %v do not fit", cond.shape, a.shape, b.shape)
	}
}

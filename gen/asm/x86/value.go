package x86

import "github.com/nngen-go/nngen/gen/ir/expr"

// Predicates of comparisons; NaN gives false, if not said otherwise.
const (
	equal     = 0
	unordered = 3 // one is NaN
	less      = 17
	lessEqual = 18
	notLess   = 21 // or NaN
	greater   = 30
)

// Rounding modes.
const (
	down   = 9
	toZero = 11
)

// comparisons are the predicates of the operations.
var comparisons = map[expr.Op]int{expr.OpLess: less, expr.OpLessEqual: lessEqual, expr.OpEqual: equal}

// operators are the operations that are an instruction or two.
var operators = map[expr.Op]function{
	expr.OpNeg:  unary((*code).neg),
	expr.OpAbs:  unary((*code).abs),
	expr.OpSqrt: unary(func(c *code, x *node) *node { return c.typed("VSQRTP", x) }),
	expr.OpAdd:  binary((*code).add),
	expr.OpSub:  binary((*code).sub),
	expr.OpMul:  binary((*code).mul),
	expr.OpDiv:  binary((*code).div),
	expr.OpMin:  binary((*code).smaller),
	expr.OpMax:  binary((*code).larger),
	expr.OpSelect: func(c *code, args []*node) *node {
		return c.choose(args[0], args[1], args[2])
	},
}

// function makes the code of an operation.
type function func(c *code, args []*node) *node

func unary(f func(c *code, x *node) *node) function {
	return func(c *code, args []*node) *node { return f(c, args[0]) }
}

func binary(f func(c *code, a, b *node) *node) function {
	return func(c *code, args []*node) *node { return f(c, args[0], args[1]) }
}

// value makes the code of an expression.
func (c *code) value(x *expr.Node, names map[string]*node) *node {
	switch x.Op {
	case expr.OpConst:
		return c.num(x.Value)
	case expr.OpLeaf:
		return names[x.Name]
	}
	args := make([]*node, len(x.Args))
	for i, a := range x.Args {
		args[i] = c.value(a, names)
	}
	if predicate, ok := comparisons[x.Op]; ok {
		return c.compare(args[0], predicate, args[1])
	}
	functions := functions32
	if c.double {
		functions = functions64
	}
	for _, table := range []map[expr.Op]function{operators, functions} {
		if f, ok := table[x.Op]; ok {
			return f(c, args)
		}
	}
	panic(unsupported{})
}

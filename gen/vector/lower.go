package vector

import (
	"strings"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// operators are the scalar operations that are one operation of the form.
var operators = map[expr.Op]Op{
	expr.OpNeg: OpNeg, expr.OpAbs: OpAbs, expr.OpSqrt: OpSqrt, expr.OpFloor: OpFloor,
	expr.OpAdd: OpAdd, expr.OpSub: OpSub, expr.OpMul: OpMul, expr.OpDiv: OpDiv, expr.OpMin: OpMin, expr.OpMax: OpMax,
	expr.OpLess: OpLess, expr.OpLessEqual: OpLessEqual, expr.OpEqual: OpEqual,
}

// Lower adds a scalar program in an element type of some bytes: names gives
// its leaves, and is given the names that it assigns. It reports false where
// an operation has no vector form.
func (p *Program) Lower(prog expr.Program, bytes int, names map[string]*Value) (ok bool) {
	for _, a := range prog {
		first := len(p.Values)
		v, ok := p.lower(a.X, bytes, names)
		if !ok {
			return false
		}
		if first < len(p.Values) {
			p.Values[first].Note("%s", strings.TrimSpace(a.Name+" = "+a.X.String()))
		}
		names[a.Name] = v
	}
	return true
}

func (p *Program) lower(x *expr.Node, bytes int, names map[string]*Value) (v *Value, ok bool) {
	switch x.Op {
	case expr.OpConst:
		return p.Num(x.Value, bytes), true
	case expr.OpLeaf:
		v, ok := names[x.Name]
		return v, ok
	case expr.OpSelect:
		if v, ok := p.extreme(x, bytes, names); ok {
			return v, true
		}
	}
	args := make([]*Value, len(x.Args))
	for i, a := range x.Args {
		if args[i], ok = p.lower(a, bytes, names); !ok {
			return nil, false
		}
	}
	if x.Op == expr.OpSelect {
		if args[0].Type != Mask {
			args[0] = args[0].Equal(0).Not()
		}
		return args[0].Choose(args[1], args[2]), true
	}
	if op, ok := operators[x.Op]; ok {
		t := Float
		if _, compares := negated[op]; compares {
			t = Mask
		}
		return p.add(&Value{Op: op, Type: t, Bytes: bytes, Args: args}), true
	}
	if f := functions[key{x.Op, bytes}]; f != nil {
		return f.Call(args...), true
	}
	return nil, false
}

// extreme recognises select(a < b, b, a), the larger of a and b, of which one
// is a name and the other a name or a constant, and the smaller.
func (p *Program) extreme(x *expr.Node, bytes int, names map[string]*Value) (v *Value, ok bool) {
	c, yes, no := x.Args[0], x.Args[1], x.Args[2]
	if c.Op != expr.OpLess || len(yes.Args)+len(no.Args) > 0 {
		return nil, false
	}
	op := OpMax
	switch {
	case c.Args[0].String() == no.String() && c.Args[1].String() == yes.String():
	case c.Args[0].String() == yes.String() && c.Args[1].String() == no.String():
		op = OpMin
	default:
		return nil, false
	}
	a, okA := p.lower(no, bytes, names)
	b, okB := p.lower(yes, bytes, names)
	return p.add(&Value{Op: op, Bytes: bytes, Args: []*Value{a, b}}), okA && okB
}

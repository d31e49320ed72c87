// Package expr is the scalar expression language in which the rows of the
// compiler's tables are written: a value and its derivative, an optimiser's
// update, an initialiser's formula.
//
// A program is a list of assignments. Every back end renders the two dozen
// operations, not the activations: the interpreter evaluates them, the Go
// emitter prints them.
package expr

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Op is a scalar operation.
type Op uint8

// The operations. Each has one algorithm per dtype (runtime/nnrt).
const (
	OpConst Op = iota
	OpLeaf
	OpNeg
	OpAbs
	OpSqrt
	OpExp
	OpExpm1
	OpLog
	OpLog1p
	OpTanh
	OpSigmoid
	OpErf
	OpSin
	OpCos
	OpFloor
	OpAdd
	OpSub
	OpMul
	OpDiv
	OpMin // if b < a then b else a: a NaN in a is kept
	OpMax // if a < b then b else a: a NaN in a is kept
	OpPow
	OpLess      // a < b
	OpLessEqual // a <= b
	OpEqual     // a == b
	OpSelect    // if a then b else c
)

var names = [...]string{
	OpNeg: "-", OpAbs: "abs", OpSqrt: "sqrt", OpExp: "exp", OpExpm1: "expm1",
	OpLog: "log", OpLog1p: "log1p", OpTanh: "tanh", OpSigmoid: "sigmoid",
	OpErf: "erf", OpSin: "sin", OpCos: "cos", OpFloor: "floor", OpAdd: "+", OpSub: "-",
	OpMul: "·", OpDiv: "/", OpMin: "min", OpMax: "max", OpPow: "pow",
	OpLess: "<", OpLessEqual: "≤", OpEqual: "=", OpSelect: "select",
}

// String returns the operation's name or sign.
func (op Op) String() string { return names[op] }

// Node is an expression.
type Node struct {
	Op    Op
	Args  []*Node
	Value float64 // OpConst
	Name  string  // OpLeaf
}

// C is a constant.
func C(v float64) *Node { return &Node{Op: OpConst, Value: v} }

// L is a leaf: a variable, or a parameter of the row.
func L(name string) *Node { return &Node{Op: OpLeaf, Name: name} }

func node(op Op, args ...*Node) *Node { return &Node{Op: op, Args: args} }

// Constructors of the operations that are not read from formulas alone.
func Neg(a *Node) *Node             { return node(OpNeg, a) }
func Floor(a *Node) *Node           { return node(OpFloor, a) }
func Add(a, b *Node) *Node          { return node(OpAdd, a, b) }
func Sub(a, b *Node) *Node          { return node(OpSub, a, b) }
func Mul(a, b *Node) *Node          { return node(OpMul, a, b) }
func Div(a, b *Node) *Node          { return node(OpDiv, a, b) }
func Min(a, b *Node) *Node          { return node(OpMin, a, b) }
func Max(a, b *Node) *Node          { return node(OpMax, a, b) }
func Less(a, b *Node) *Node         { return node(OpLess, a, b) }
func LessEqual(a, b *Node) *Node    { return node(OpLessEqual, a, b) }
func Equal(a, b *Node) *Node        { return node(OpEqual, a, b) }
func Select(cond, a, b *Node) *Node { return node(OpSelect, cond, a, b) }

// Assign gives a name to the value of an expression. Later assignments may
// use it, and may assign the same name again.
type Assign struct {
	Name string
	X    *Node
}

// Let is an assignment.
func Let(name string, x *Node) Assign { return Assign{name, x} }

// Program is a list of assignments, evaluated in order.
type Program []Assign

// One is the program of a single assignment.
func One(name string, x *Node) Program { return Program{{name, x}} }

// Leaves returns the names the program reads before assigning them, in order
// of first use.
func (p Program) Leaves() []string {
	var leaves []string
	seen := map[string]bool{}
	var walk func(n *Node)
	walk = func(n *Node) {
		if n.Op == OpLeaf && !seen[n.Name] {
			seen[n.Name] = true
			leaves = append(leaves, n.Name)
		}
		for _, a := range n.Args {
			walk(a)
		}
	}
	for _, a := range p {
		walk(a.X)
		seen[a.Name] = true
	}
	return leaves
}

// Reads reports whether the program depends on a leaf.
func (p Program) Reads(leaf string) bool {
	for _, l := range p.Leaves() {
		if l == leaf {
			return true
		}
	}
	return false
}

// Rename returns the program with leaves and assigned names renamed.
func (p Program) Rename(names map[string]string) Program {
	subst := func(s string) string {
		if t, ok := names[s]; ok {
			return t
		}
		return s
	}
	q := make(Program, len(p))
	for i, a := range p {
		q[i] = Assign{subst(a.Name), a.X.replace(func(n *Node) *Node {
			if n.Op == OpLeaf {
				return L(subst(n.Name))
			}
			return nil
		})}
	}
	return q
}

// Bind replaces leaves by constants and folds what becomes constant.
func (p Program) Bind(consts map[string]float64) Program {
	q := make(Program, len(p))
	for i, a := range p {
		q[i] = Assign{a.Name, a.X.replace(func(n *Node) *Node {
			if v, ok := consts[n.Name]; ok && n.Op == OpLeaf {
				return C(v)
			}
			return nil
		}).Fold()}
	}
	return q
}

// Substitute replaces leaves by expressions.
func (n *Node) Substitute(by map[string]*Node) *Node {
	return n.replace(func(m *Node) *Node {
		if m.Op == OpLeaf {
			return by[m.Name]
		}
		return nil
	})
}

// replace rewrites the tree: f returns the replacement of a node, or nil.
func (n *Node) replace(f func(*Node) *Node) *Node {
	if r := f(n); r != nil {
		return r
	}
	if len(n.Args) == 0 {
		return n
	}
	m := *n
	m.Args = make([]*Node, len(n.Args))
	for i, a := range n.Args {
		m.Args[i] = a.replace(f)
	}
	return &m
}

// Fold evaluates constant sub-expressions in float64 and drops the
// identities that hold for every value, NaN and −0 included: x·1, x/1, x−0.
func (n *Node) Fold() *Node {
	if len(n.Args) == 0 {
		return n
	}
	m := *n
	m.Args = make([]*Node, len(n.Args))
	constant := true
	for i, a := range n.Args {
		m.Args[i] = a.Fold()
		constant = constant && m.Args[i].Op == OpConst
	}
	isConst := func(i int, v float64) bool { return m.Args[i].Op == OpConst && m.Args[i].Value == v }
	switch {
	case m.Op == OpSelect && m.Args[0].Op == OpConst:
		if m.Args[0].Value != 0 {
			return m.Args[1]
		}
		return m.Args[2]
	case constant:
		return C(Float64.Apply(m.Op, values(m.Args)...))
	case m.Op == OpMul && isConst(0, 1):
		return m.Args[1]
	case (m.Op == OpMul || m.Op == OpDiv) && isConst(1, 1),
		m.Op == OpSub && isConst(1, 0) && !math.Signbit(m.Args[1].Value):
		return m.Args[0]
	}
	return &m
}

func values(args []*Node) []float64 {
	v := make([]float64, len(args))
	for i, a := range args {
		v[i] = a.Value
	}
	return v
}

// String prints the expression as a formula.
func (n *Node) String() string {
	switch n.Op {
	case OpConst:
		return strconv.FormatFloat(n.Value, 'g', -1, 64)
	case OpLeaf:
		return n.Name
	case OpNeg:
		return "-" + n.Args[0].operand()
	case OpAdd, OpSub, OpMul, OpDiv, OpLess, OpLessEqual, OpEqual:
		return n.Args[0].operand() + " " + n.Op.String() + " " + n.Args[1].operand()
	}
	args := make([]string, len(n.Args))
	for i, a := range n.Args {
		args[i] = a.String()
	}
	return n.Op.String() + "(" + strings.Join(args, ", ") + ")"
}

func (n *Node) operand() string {
	switch n.Op {
	case OpNeg, OpAdd, OpSub, OpMul, OpDiv, OpLess, OpLessEqual, OpEqual:
		return "(" + n.String() + ")"
	}
	return n.String()
}

// String prints the program, one assignment after the other.
func (p Program) String() string {
	lines := make([]string, len(p))
	for i, a := range p {
		lines[i] = fmt.Sprintf("%s = %s", a.Name, a.X)
	}
	return strings.Join(lines, "; ")
}

// Keep drops the assignments that the named results do not need.
func (p Program) Keep(results ...string) Program {
	live := map[string]bool{}
	for _, r := range results {
		live[r] = true
	}
	var kept Program
	for i := len(p) - 1; i >= 0; i-- {
		if !live[p[i].Name] {
			continue
		}
		delete(live, p[i].Name)
		for _, leaf := range (Program{p[i]}).Leaves() {
			live[leaf] = true
		}
		kept = append(kept, p[i])
	}
	slices.Reverse(kept)
	return kept
}

package source

import (
	"fmt"
	"go/token"
	"math"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// scalar renders scalar programs as Go statements in one element type.
type scalar struct {
	p     *Package
	dtype ir.DType
	Names map[string]string // of the program to Go's
	Taken map[string]bool
	temps int
	Math  bool // package math instead of the runtime's functions
}

// Scalar prints scalar programs of an element type.
func (p *Package) Scalar(dtype ir.DType) *scalar {
	return &scalar{p: p, dtype: dtype, Names: map[string]string{}, Taken: map[string]bool{}}
}

// Bind gives a leaf of the program a Go expression.
func (s *scalar) Bind(leaf, goName string) {
	s.Names[leaf] = goName
	s.Taken[goName] = true
}

// Avoid keeps the program's variables clear of a scope's names.
func (s *scalar) Avoid(n *Namer) {
	for name := range n.Taken {
		s.Taken[name] = true
	}
	for name := range n.Reserved {
		s.Taken[name] = true
	}
	for name := range strings.FieldsSeq(arguments) {
		s.Taken[name] = true
	}
}

// Assigns renders all assignments. Names assigned first become variables.
func (s *scalar) Assigns(prog expr.Program) []jen.Code {
	var out []jen.Code
	for _, a := range prog {
		x := s.typed(a.X, &out)
		name, known := s.Names[a.Name]
		if known {
			out = append(out, Set(name, x))
			continue
		}
		name = s.Fresh(a.Name)
		s.Names[a.Name] = name
		out = append(out, Let(name, x))
	}
	return out
}

// body renders a function body that returns the last assignment.
func (s *scalar) body(prog expr.Program) []jen.Code {
	out := s.Assigns(prog[:len(prog)-1])
	return append(out, s.returns(prog[len(prog)-1].X)...)
}

func (s *scalar) returns(n *expr.Node) []jen.Code {
	var out []jen.Code
	if n.Op != expr.OpSelect {
		x := s.expr(n, &out)
		return append(out, jen.Return(x))
	}
	cond := s.cond(n.Args[0], &out)
	out = append(out, jen.If(cond).Block(s.returns(n.Args[1])...))
	return append(out, s.returns(n.Args[2])...)
}

// typed is expr with constants given the element type.
func (s *scalar) typed(n *expr.Node, pre *[]jen.Code) jen.Code {
	if n.Op == expr.OpConst {
		return jen.Id(TypeName(s.dtype)).Call(s.expr(n, pre))
	}
	return s.expr(n, pre)
}

// expr renders an expression; statements it needs go to pre.
func (s *scalar) expr(n *expr.Node, pre *[]jen.Code) jen.Code {
	switch n.Op {
	case expr.OpConst:
		return jen.Id(Literal(n.Value, s.dtype))
	case expr.OpLeaf:
		name, ok := s.Names[n.Name]
		if !ok {
			panic(fmt.Sprintf("internal error: golang: unbound leaf %q", n.Name))
		}
		return jen.Id(name)
	case expr.OpNeg:
		return jen.Op("-").Add(s.operand(n.Args[0], pre, true))
	case expr.OpAdd, expr.OpSub:
		op := map[expr.Op]string{expr.OpAdd: "+", expr.OpSub: "-"}[n.Op]
		left := s.operand(n.Args[0], pre, true)
		return jen.Add(left).Op(op).Add(s.operand(n.Args[1], pre, true))
	case expr.OpMul:
		return jen.Id(TypeName(s.dtype)).Call(s.product(n, pre))
	case expr.OpDiv:
		if scales(n) {
			return jen.Id(TypeName(s.dtype)).Call(s.product(n, pre))
		}
		return s.product(n, pre)
	case expr.OpSelect:
		return s.selects(n, pre)
	case expr.OpLess, expr.OpLessEqual, expr.OpEqual:
		panic("internal error: golang: comparison used as a number")
	}
	args := make([]jen.Code, len(n.Args))
	for i, a := range n.Args {
		args[i] = s.typed(a, pre)
	}
	return s.function(n.Op).Call(args...)
}

var functions = map[expr.Op]string{
	expr.OpAbs: "Abs", expr.OpSqrt: "Sqrt", expr.OpExp: "Exp", expr.OpExpm1: "Expm1",
	expr.OpLog: "Log", expr.OpLog1p: "Log1p", expr.OpTanh: "Tanh", expr.OpSigmoid: "Sigmoid",
	expr.OpErf: "Erf", expr.OpSin: "Sin", expr.OpCos: "Cos", expr.OpFloor: "Floor", expr.OpMin: "Min",
	expr.OpMax: "Max", expr.OpPow: "Pow",
}

// function is the runtime's algorithm of an operation, or package math's.
func (s *scalar) function(op expr.Op) *jen.Statement {
	if s.Math {
		switch op {
		case expr.OpSigmoid, expr.OpMin, expr.OpMax:
			return jen.Id("ref" + functions[op])
		}
		return jen.Qual("math", functions[op])
	}
	bits := "32"
	if s.dtype == ir.Float64 {
		bits = "64"
	}
	return s.p.RT(functions[op] + bits)
}

// product renders a product or quotient without the rounding of its result.
func (s *scalar) product(n *expr.Node, pre *[]jen.Code) jen.Code {
	op := map[expr.Op]string{expr.OpMul: "*", expr.OpDiv: "/"}[n.Op]
	left := s.operand(n.Args[0], pre, false)
	return jen.Add(left).Op(op).Add(s.operand(n.Args[1], pre, false))
}

// scales reports whether a quotient's divisor is a power of two: Go multiplies by
// its reciprocal then, and may fuse that with a sum.
func scales(n *expr.Node) bool {
	if n.Op != expr.OpDiv || n.Args[1].Op != expr.OpConst {
		return false
	}
	fraction, _ := math.Frexp(n.Args[1].Value)
	return math.Abs(fraction) == 0.5
}

// operand renders an operand of an arithmetic sign, in parentheses where
// needed. A product is rounded explicitly unless it is multiplied on: Go may
// fuse x*y + z even across statements and inlined calls.
func (s *scalar) operand(n *expr.Node, pre *[]jen.Code, added bool) jen.Code {
	if n.Op == expr.OpMul && !added {
		return jen.Parens(s.product(n, pre))
	}
	x := s.expr(n, pre)
	switch n.Op {
	case expr.OpAdd, expr.OpSub, expr.OpNeg, expr.OpDiv:
		if scales(n) {
			return x
		}
		return jen.Parens(x)
	case expr.OpConst:
		if n.Value < 0 {
			return jen.Parens(x)
		}
	}
	return x
}

func (s *scalar) cond(n *expr.Node, pre *[]jen.Code) jen.Code {
	ops := map[expr.Op]string{expr.OpLess: "<", expr.OpLessEqual: "<=", expr.OpEqual: "=="}
	if op, ok := ops[n.Op]; ok {
		left := s.operand(n.Args[0], pre, false)
		return jen.Add(left).Op(op).Add(s.operand(n.Args[1], pre, false))
	}
	return jen.Add(s.expr(n, pre)).Op("!=").Lit(0)
}

// selects renders a choice as a variable set by an if statement.
func (s *scalar) selects(n *expr.Node, pre *[]jen.Code) jen.Code {
	t := s.Fresh(fmt.Sprintf("t%d", s.temps))
	s.temps++
	cond := s.cond(n.Args[0], pre)
	var yes, no []jen.Code
	x := s.expr(n.Args[1], &yes)
	yes = append(yes, Set(t, x))
	x = s.expr(n.Args[2], &no)
	no = append(no, Set(t, x))
	*pre = append(*pre, jen.Var().Id(t).Id(TypeName(s.dtype)), jen.If(cond).Block(yes...).Else().Block(no...))
	return jen.Id(t)
}

// Fresh returns a Go identifier for a name of the program that no operand
// uses.
func (s *scalar) Fresh(name string) string {
	name = LowerCamel(name)
	for token.IsKeyword(name) || s.Taken[name] {
		name += "_"
	}
	s.Taken[name] = true
	return name
}

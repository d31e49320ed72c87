package export

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// scalarOps are the operators of the operations of package expr.
var scalarOps = map[expr.Op]string{
	expr.OpNeg: "Neg", expr.OpAbs: "Abs", expr.OpSqrt: "Sqrt", expr.OpExp: "Exp", expr.OpLog: "Log", expr.OpTanh: "Tanh",
	expr.OpSigmoid: "Sigmoid", expr.OpErf: "Erf", expr.OpSin: "Sin", expr.OpCos: "Cos", expr.OpFloor: "Floor",
	expr.OpAdd: "Add", expr.OpSub: "Sub", expr.OpMul: "Mul", expr.OpDiv: "Div", expr.OpMin: "Min", expr.OpMax: "Max", expr.OpPow: "Pow",
	expr.OpLess: "Less", expr.OpLessEqual: "LessOrEqual", expr.OpEqual: "Equal", expr.OpSelect: "Where",
}

// expr writes an expression as nodes and returns its value's name.
func (e *exporter) expr(n *expr.Node, leaves map[string]string) string {
	if n.Op == expr.OpLeaf {
		if leaves[n.Name] == "" {
			e.fail("internal error: export: the formula of %s reads %s", e.at, n.Name)
		}
		return leaves[n.Name]
	}
	if v, ok := folded(n); ok {
		return e.scalar(v)
	}
	args := make([]string, len(n.Args))
	for i, a := range n.Args {
		args[i] = e.expr(a, leaves)
	}
	switch n.Op {
	case expr.OpExpm1:
		return e.node("Sub", []string{e.node("Exp", args), e.scalar(1)})
	case expr.OpLog1p:
		return e.node("Log", []string{e.node("Add", append(args, e.scalar(1)))})
	}
	if scalarOps[n.Op] == "" {
		e.fail("internal error: export: the operation %s has no ONNX operator", n.Op)
	}
	return e.node(scalarOps[n.Op], args)
}

// folded returns the value of an expression without leaves.
func folded(n *expr.Node) (float64, bool) {
	if n.Op == expr.OpLeaf {
		return 0, false
	}
	if n.Op == expr.OpConst {
		return n.Value, true
	}
	args := make([]float64, len(n.Args))
	for i, a := range n.Args {
		v, ok := folded(a)
		if !ok {
			return 0, false
		}
		args[i] = v
	}
	return expr.Float64.Apply(n.Op, args...), true
}

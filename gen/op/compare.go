package op

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// Comparisons are 1 or 0, without a derivative; a NaN is less than, equal to
// and greater than nothing.
var (
	less      = comparison("less", "x₁ < x₂", "PyTorch lt, ONNX Less", expr.Less)
	lessEqual = comparison("less_equal", "x₁ ≤ x₂", "PyTorch le, ONNX LessOrEqual", expr.LessEqual)
	equal     = comparison("equal", "x₁ = x₂", "PyTorch eq, ONNX Equal", expr.Equal)
)

func comparison(name, formula, others string, cond func(a, b *expr.Node) *expr.Node) Layer {
	return mergeLayer(spec.Kind{
		Name: name, MaxFrom: 2,
		Doc: "Element-wise comparison of two sources, y = 1 where " + formula + ", else 0, also where one is NaN; it has no derivative (" + others + ")",
	}, merge{value: func(xs []*expr.Node) *expr.Node {
		return expr.Select(cond(xs[0], xs[1]), expr.C(1), expr.C(0))
	}})
}

// where chooses between two sources.
var where = mergeLayer(spec.Kind{
	Name: "where", MinFrom: 3, MaxFrom: 3,
	Doc: "Element-wise choice, y = x₂ where the first source is not 0, else x₃, gradient dx₁ = 0, dx₂ = dy or 0, dx₃ = 0 or dy (PyTorch, NumPy and ONNX where)",
}, merge{
	value: func(xs []*expr.Node) *expr.Node {
		return expr.Select(expr.Equal(xs[0], expr.C(0)), xs[2], xs[1])
	},
	grad: func(xs []*expr.Node, i int) *expr.Node {
		no, dy, zero := expr.Equal(xs[0], expr.C(0)), expr.L("dy"), expr.C(0)
		return []*expr.Node{
			expr.Select(expr.Equal(dy, dy), zero, zero),
			expr.Select(no, zero, dy),
			expr.Select(no, dy, zero),
		}[i]
	},
})

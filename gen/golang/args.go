package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// matrixArgs are what a call of a matrix operation passes: where its results go,
// its operand, weights and bias, further operands of the epilogue.
func (b *body) matrixArgs(m *matrix, results []*ir.Value, result, operand func(v *ir.Value) string) []jen.Code {
	var args []jen.Code
	for _, y := range results[:len(m.stored)] {
		args = append(args, exprf("%s", result(y)))
	}
	args = append(args, exprf("%s", operand(m.x)))
	if m.w != nil {
		holder := b.tensorOf(m.w)
		if m.tiled() && m.w.Kind == ir.Param {
			holder = b.net + ".u"
		}
		for _, f := range m.weightFields() {
			args = append(args, exprf("&%s.%s", holder, f))
		}
	}
	if m.w != nil && m.tensor.Scaled() {
		args = append(args, exprf("&%s.%s", b.tensorOf(m.w), b.e.field(m.tensor, m.tensor.ScaleField())))
	}
	if m.bias != nil {
		args = append(args, b.pointers(b.e.plan.TensorOf(m.bias.Param), b.weights)...)
	}
	for _, v := range m.extra {
		if isNumber(v) {
			args = append(args, exprf("%s", b.at[v].idx))
		} else {
			args = append(args, exprf("%s", operand(v)))
		}
	}
	return args
}

// pointer passes a value as a pointer to its array.
func (b *body) pointer(v *ir.Value) string {
	p := b.at[v]
	if p.ptr == "" {
		panic("internal error: golang: no pointer to " + v.Describe())
	}
	return p.ptr
}

// tensorOf is the struct that holds a weight: the net's or, for weights with
// removed connections, the trainer's copy.
func (b *body) tensorOf(w *ir.Value) string {
	if w.Kind == ir.Temp {
		return b.holder(w)
	}
	return b.weights
}

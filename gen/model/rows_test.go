package model

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRows: weights that the rows of a value share are written once.
func TestRows(t *testing.T) {
	for name, c := range map[string]struct {
		dims    []int64
		build   func(b *builder, x string) string
		want    string
		weights int
	}{
		"Linear 12 to 24 on 5 rows": {[]int64{0, 5, 12}, func(b *builder, x string) string {
			return b.op("Tanh", b.op("Add", b.op("MatMul", x, b.weights(12, 24)), b.weights(24)))
		}, "  - dense: {units: 24, axis: -1, activation: tanh}", 288 + 24},
		"scaled, in a stack": {[]int64{0, 2, 3, 4}, func(b *builder, x string) string {
			return b.op("Relu", b.op("Mul", b.op("Add", b.op("MatMul", x, b.weights(4, 5)), b.weights(5)), b.weights(5)))
		}, "  - dense: {units: 5, axis: -1, activation: relu}", 20 + 5},
		"a bias for every row": {[]int64{0, 5, 4}, func(b *builder, x string) string {
			return b.op("Add", b.op("MatMul", x, b.weights(4, 3)), b.weights(5, 3))
		}, "  - dense: {units: 3, axis: -1, use_bias: false}\n  - scale_shift: {axes: [0, 1], use_weight: false}", 12 + 15},
		"columns": {[]int64{0, 5, 4}, func(b *builder, x string) string {
			return b.op("Add", b.op("MatMul", b.weights(3, 5), x), b.weights(3, 1))
		}, "  - dense: {units: 3, axis: -2}", 15 + 3},
		"one column": {[]int64{0, 5, 4}, func(b *builder, x string) string {
			return b.op("MatMul", x, b.weights(4, 1))
		}, "  - dense: {units: 1, axis: -1, use_bias: false}", 4},
		"a stack of matrices": {[]int64{0, 2, 3, 4}, func(b *builder, x string) string {
			return b.op("MatMul", x, b.weights(2, 4, 5))
		}, "  - dense: {units: 30, use_bias: false}", 30 * 24},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(13, 1)
			m := imported(t, b.model(c.build(b, b.input("x", c.dims...))), Options{})
			require.Equal(t, c.want, layersOf(m))
			n := 0
			for _, one := range m.Tensors {
				n += len(one.Data)
			}
			require.Equal(t, c.weights, n)
			sameAsEvaluated(t, m, 1)
		})
	}
}

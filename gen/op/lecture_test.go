package op_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestLectureFigure3 is the founding lecture's example of backpropagation,
// f = (x + y)·z at x = −2, y = 5, z = −4, with its typos corrected: the tape
// runs the chain rule, nothing else.
func TestLectureFigure3(t *testing.T) {
	src, err := os.ReadFile("../../golden/vectors/lecture.json")
	require.NoError(t, err)
	var want struct{ Inputs, Values, Gradients map[string]float64 }
	require.NoError(t, json.Unmarshal(src, &want))

	b := op.NewBuilder(&spec.Network{Numeric: spec.Numeric{DType: "float64", Mode: "fast"}})
	f := b.Begin("figure3", true)
	param := func(name string) *ir.Value {
		return b.Param(ir.ParamInfo{Name: name, Shape: []int{1}, Trained: true})
	}
	x, y, z := param("x"), param("y"), param("z")
	formula := func(s string) expr.Program { return expr.MustParse(s) }
	q := b.Map("sum", "q", formula("q = x + y"), "q", 1, "x", x, "y", y)
	b.Record(q, func(dq *ir.Value) {
		b.AddGrad(x, dq)
		b.AddGrad(y, dq)
	})
	product := b.Map("product", "f", formula("f = q·z"), "f", 1, "q", q, "z", z)
	b.Record(product, func(df *ir.Value) {
		b.AddGrad(q, b.Map("", "dq", formula("d = df·z"), "d", 1, "df", df, "z", z))
		b.AddGrad(z, b.Map("", "dz", formula("d = df·q"), "d", 1, "df", df, "q", q))
	})
	one := b.Value(ir.Value{Name: "one", Kind: ir.Constant, Shape: []int{1}, Const: []float64{1}})
	b.AddGrad(product, one)
	b.Backward()

	m := interp.New(b.Prog)
	for v, name := range map[*ir.Value]string{x: "x", y: "y", z: "z"} {
		m.Set(v, []float64{want.Inputs[name]})
	}
	require.NoError(t, m.Run(f))
	require.Equal(t, want.Values["q"], m.Get(q)[0][0])
	require.Equal(t, want.Values["f"], m.Get(product)[0][0])
	for v, name := range map[*ir.Value]string{q: "q", x: "x", y: "y", z: "z"} {
		require.Equal(t, want.Gradients[name], m.Get(b.Grad(v))[0][0], "df/d%s", name)
	}
}

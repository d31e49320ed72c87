package source

import (
	"fmt"
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// TestRounded: what Go may fuse with a sum is rounded explicitly, a product and,
// since Go multiplies by the reciprocal then, a quotient by a power of two.
func TestRounded(t *testing.T) {
	for formula, want := range map[string]string{
		"a*b - c":         "float32(a*b) - c",
		"a/8 - c":         "float32(a/8) - c",
		"c + a/(-0.25)":   "c + float32(a/(-0.25))",
		"a/3 - c":         "(a / 3) - c",
		"a/b - c":         "(a / b) - c",
		"(a/1048576)*b":   "float32(float32(a/1.048576e+06) * b)",
		"1/a - 1/(a+1)/2": "(1 / a) - float32((1/(a+1))/2)",
	} {
		s := &scalar{dtype: ir.Float32, Names: map[string]string{"a": "a", "b": "b", "c": "c"}}
		var pre []jen.Code
		require.Equal(t, want, fmt.Sprintf("%#v", jen.Add(s.expr(expr.MustParseNode(formula), &pre))), formula)
	}
}

package golang

import (
	"fmt"
	"math"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// The verbs: jennifer is used through these alone. Leaves (operands such as
// w[k][3]) are written as formatted text, structure (functions, loops,
// conditions, imports) as jennifer statements.

// exprf is an operand: exprf("w[%d][%d]", k, j).
func exprf(format string, args ...any) *jen.Statement {
	return jen.Id(fmt.Sprintf(format, args...))
}

// set is dst = x.
func set(dst string, x jen.Code) jen.Code { return jen.Id(dst).Op("=").Add(x) }

// let is dst := x.
func let(dst string, x jen.Code) jen.Code { return jen.Id(dst).Op(":=").Add(x) }

// setf and letf are set and let of a formatted operand.
func setf(dst, format string, args ...any) jen.Code { return set(dst, exprf(format, args...)) }
func letf(dst, format string, args ...any) jen.Code { return let(dst, exprf(format, args...)) }

// forRange is for vars := range over { body }.
func forRange(vars, over string, body ...jen.Code) jen.Code {
	return jen.For(jen.Id(vars).Op(":=").Range().Id(over)).Block(body...)
}

// forStep is for v := 0; v <= last; v += step { body }.
func forStep(v string, last, step int, body ...jen.Code) jen.Code {
	return jen.For(letf(v, "0"), exprf("%s <= %d", v, last), exprf("%s += %d", v, step)).Block(body...)
}

// note is a one-line comment.
func note(format string, args ...any) jen.Code { return jen.Comment(fmt.Sprintf(format, args...)) }

// typeName returns the Go type of an element; a float16 is its bits.
func typeName(t ir.DType) string {
	if t == ir.Float16 {
		return "uint16"
	}
	return string(t)
}

// array is the type [a][b]…T.
func array(elem ir.DType, dims ...int) string {
	s := ""
	for _, d := range dims {
		s += fmt.Sprintf("[%d]", d)
	}
	return s + typeName(elem)
}

// literal writes a number so that it has exactly its rounded value in the
// element type.
func literal(v float64, t ir.DType) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		panic(fmt.Sprintf("internal error: golang: constant %v", v))
	}
	if t == ir.Float32 {
		return strconv.FormatFloat(float64(float32(v)), 'g', -1, 32)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

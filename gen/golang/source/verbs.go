package source

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// The verbs: jennifer is used through these alone. Leaves (operands such as
// w[k][3]) are written as formatted text, structure (functions, loops,
// conditions, imports) as jennifer statements.

// Exprf is an operand: exprf("w[%d][%d]", k, j).
func Exprf(format string, args ...any) *jen.Statement {
	return jen.Id(fmt.Sprintf(format, args...))
}

// Set is dst = x.
func Set(dst string, x jen.Code) jen.Code { return jen.Id(dst).Op("=").Add(x) }

// Let is dst := x.
func Let(dst string, x jen.Code) jen.Code { return jen.Id(dst).Op(":=").Add(x) }

// Setf and letf are set and let of a formatted operand.
func Setf(dst, format string, args ...any) jen.Code { return Set(dst, Exprf(format, args...)) }
func Letf(dst, format string, args ...any) jen.Code { return Let(dst, Exprf(format, args...)) }

// ForRange is for vars := range over { body }.
func ForRange(vars, over string, body ...jen.Code) jen.Code {
	return jen.For(jen.Id(vars).Op(":=").Range().Id(over)).Block(body...)
}

// ForStep is for v := 0; v <= last; v += step { body }.
func ForStep(v string, last, step int, body ...jen.Code) jen.Code {
	return jen.For(Letf(v, "0"), Exprf("%s <= %d", v, last), Exprf("%s += %d", v, step)).Block(body...)
}

// Note is a one-line comment.
func Note(format string, args ...any) jen.Code { return jen.Comment(fmt.Sprintf(format, args...)) }

// TypeName returns the Go type of an element; a float16 is its bits.
func TypeName(t ir.DType) string {
	if t == ir.Float16 {
		return "uint16"
	}
	return string(t)
}

// Array is the type [a][b]…T.
func Array(elem ir.DType, dims ...int) string {
	s := ""
	for _, d := range dims {
		s += fmt.Sprintf("[%d]", d)
	}
	return s + TypeName(elem)
}

// Literal writes a number so that it has exactly its rounded value in the
// element type.
func Literal(v float64, t ir.DType) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		panic(fmt.Sprintf("internal error: golang: constant %v", v))
	}
	if t == ir.Float32 {
		return strconv.FormatFloat(float64(float32(v)), 'g', -1, 32)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// LiteralsOf are the elements of a constant as text.
func LiteralsOf(v *ir.Value, t ir.DType) []string {
	numbers := make([]string, len(v.Const))
	for i, x := range v.Const {
		numbers[i] = Literal(x, t)
	}
	return numbers
}

// Wrap joins numbers, twenty to a line.
func Wrap(items []string) string {
	var b strings.Builder
	for i, s := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		if i%20 == 0 && len(items) > 20 {
			b.WriteByte('\n')
		}
		b.WriteString(s)
	}
	if len(items) > 20 {
		b.WriteString(",\n")
	}
	return b.String()
}

// JoinComma is a list.
func JoinComma(s []string) string { return strings.Join(s, ", ") }

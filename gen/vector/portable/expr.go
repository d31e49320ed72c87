package portable

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/vector"
)

// Precedences of Go's operators.
const (
	precOr = iota + 1
	precAnd
	precCompare
	precSum
	precProduct
	precOperand
)

// infix are the operations that are operators.
var infix = map[vector.Op]struct {
	sign string
	prec int
}{
	vector.OpAdd: {"+", precSum}, vector.OpSub: {"-", precSum}, vector.OpDiv: {"/", precProduct},
	vector.OpAnd: {"&", precProduct}, vector.OpOr: {"|", precSum}, vector.OpXor: {"^", precSum}, vector.OpAndNot: {"&^", precProduct},
	vector.OpLess: {"<", precCompare}, vector.OpLessEqual: {"<=", precCompare}, vector.OpEqual: {"==", precCompare},
	vector.OpGreater: {">", precCompare}, vector.OpGreaterEqual: {">=", precCompare}, vector.OpNotEqual: {"!=", precCompare},
}

// contraries are the comparisons that are true with a NaN.
var contraries = map[vector.Op]vector.Op{
	vector.OpNotLess: vector.OpLess, vector.OpNotLessEqual: vector.OpLessEqual,
	vector.OpNotGreater: vector.OpGreater, vector.OpNotGreaterEqual: vector.OpGreaterEqual,
}

// calls are the operations that are functions of package nnrt.
var calls = map[vector.Op]string{
	vector.OpAbs: "Abs", vector.OpSqrt: "Sqrt", vector.OpMin: "Min", vector.OpMax: "Max",
}

// expr is a value as an expression: a name, or how it is computed.
func (p *printer) expr(v *vector.Value) string {
	x, _ := p.operand(v)
	return x
}

// within is an operand of an operator of some precedence.
func (p *printer) in(v *vector.Value, prec int) string {
	x, own := p.operand(v)
	if own < prec {
		return "(" + x + ")"
	}
	return x
}

func (p *printer) operand(v *vector.Value) (text string, prec int) {
	if name := p.names[v]; name != "" {
		return name, precOperand
	}
	if v.Doc != "" && p.inlined(v) && v.Op != vector.OpConst {
		p.comment(v.Doc)
	}
	if v.Type == vector.Mask {
		return p.mask(v)
	}
	bits := 8 * v.Bytes
	arg := func(i int) string { return p.expr(v.Args[i]) }
	switch v.Op {
	case vector.OpConst:
		return p.constant(v), precOperand
	case vector.OpCast:
		return p.cast(v), precOperand
	case vector.OpCall:
		args := make([]string, len(v.Args))
		for i := range v.Args {
			args[i] = arg(i)
		}
		return fmt.Sprintf("%s(%s)", v.Func.Name, strings.Join(args, ", ")), precOperand
	case vector.OpLookup:
		return p.lookup(v), precOperand
	case vector.OpSignOf:
		if bits == 64 {
			return fmt.Sprintf("math.Copysign(%s, %s)", arg(0), arg(1)), precOperand
		}
		return fmt.Sprintf("math.Float32frombits(math.Float32bits(%s) | math.Float32bits(%s)&0x80000000)", arg(0), arg(1)), precOperand
	case vector.OpNeg:
		x := p.in(v.Args[0], precOperand)
		if strings.HasPrefix(x, "-") {
			x = "(" + x + ")"
		}
		return "-" + x, precOperand
	case vector.OpTrunc, vector.OpFloor:
		name := map[vector.Op]string{vector.OpTrunc: "Trunc", vector.OpFloor: "Floor"}[v.Op]
		if bits == 32 {
			return fmt.Sprintf("float32(math.%s(float64(%s)))", name, arg(0)), precOperand
		}
		return fmt.Sprintf("math.%s(%s)", name, arg(0)), precOperand
	case vector.OpConvert, vector.OpWiden, vector.OpNarrow:
		return fmt.Sprintf("float%d(%s)", bits, arg(0)), precOperand
	case vector.OpMul: // rounded before anything is added
		factors := p.in(v.Args[0], precProduct) + "*" + p.in(v.Args[1], precOperand)
		return fmt.Sprintf("float%d(%s)", bits, factors), precOperand
	case vector.OpShl, vector.OpShr, vector.OpSar:
		sign := ">>"
		if v.Op == vector.OpShl {
			sign = "<<"
		}
		if v.Type == vector.Uint && v.Args[0].Type == vector.Int {
			return fmt.Sprintf("uint%d(%s) %s %d", bits, arg(0), sign, v.Bits), precProduct
		}
		return fmt.Sprintf("%s %s %d", p.in(v.Args[0], precProduct), sign, v.Bits), precProduct
	}
	if name, ok := calls[v.Op]; ok {
		args := arg(0)
		if len(v.Args) > 1 {
			args += ", " + arg(1)
		}
		return fmt.Sprintf("%s%d(%s)", name, bits, args), precOperand
	}
	if v.Op == vector.OpDiv && v.Args[1].PowerOfTwo() { // Go multiplies by its reciprocal, and may fuse that with a sum
		return fmt.Sprintf("float%d(%s / %s)", bits, p.in(v.Args[0], precProduct), p.in(v.Args[1], precOperand)), precOperand
	}
	o, ok := infix[v.Op]
	if !ok {
		panic(fmt.Sprintf("internal error: portable: operation %d", v.Op))
	}
	return fmt.Sprintf("%s %s %s", p.in(v.Args[0], o.prec), o.sign, p.in(v.Args[1], o.prec+1)), o.prec
}

// mask is a condition.
func (p *printer) mask(v *vector.Value) (text string, prec int) {
	a := v.Args[0]
	two := func(sign string, prec, right int) (string, int) {
		return p.in(a, prec) + " " + sign + " " + p.in(v.Args[1], right), prec
	}
	switch v.Op {
	case vector.OpAnd:
		return two("&&", precAnd, precAnd)
	case vector.OpOr:
		return two("||", precOr, precOr)
	case vector.OpXor: // of comparisons
		if op, ok := contraries[v.Args[1].Op]; ok {
			return fmt.Sprintf("%s == (%s %s %s)", p.in(a, precSum), p.expr(v.Args[1].Args[0]), infix[op].sign, p.expr(v.Args[1].Args[1])), precCompare
		}
		return p.in(a, precSum) + " != " + p.in(v.Args[1], precSum), precCompare
	case vector.OpAndNot:
		return p.contrary(a) + " && " + p.in(v.Args[1], precAnd), precAnd
	case vector.OpNot:
		return "!" + p.in(a, precOperand), precOperand
	case vector.OpNegative:
		if a.Type == vector.Uint {
			return fmt.Sprintf("%s>>%d != 0", p.in(a, precProduct), 8*a.Bytes-1), precCompare
		}
		return fmt.Sprintf("math.Float%dbits(%s)>>%d != 0", 8*a.Bytes, p.expr(a), 8*a.Bytes-1), precCompare
	case vector.OpUnordered, vector.OpOrdered:
		sign, prec, join := "!=", precOr, " || "
		if v.Op == vector.OpOrdered {
			sign, prec, join = "==", precAnd, " && "
		}
		x := p.in(a, precSum)
		text := x + " " + sign + " " + x
		if v.Args[1] == a {
			return text, precCompare
		}
		y := p.in(v.Args[1], precSum)
		return text + join + y + " " + sign + " " + y, prec
	}
	if v.Op == vector.OpLess && a.Op == vector.OpAbs && p.names[a] == "" && p.atom(a.Args[0]) && v.Args[1].Op == vector.OpConst {
		x, limit := p.in(a.Args[0], precSum), number(v.Args[1])
		return fmt.Sprintf("-%s < %s && %s < %s", limit, x, x, limit), precAnd
	}
	if op, ok := contraries[v.Op]; ok {
		return fmt.Sprintf("!(%s %s %s)", p.in(a, precSum), infix[op].sign, p.in(v.Args[1], precSum)), precOperand
	}
	return two(infix[v.Op].sign, precCompare, precSum)
}

// beyond is the condition that a number is not in a range, if there is one.
// The bits of positive numbers are in their order.
func (p *printer) beyond(r *vector.Range) string {
	if r == nil {
		return ""
	}
	if r.X.Bytes == 8 {
		low, high := math.Float64bits(r.Low), math.Float64bits(r.High)
		return fmt.Sprintf("math.Float64bits(%s)-%#x > %#x", p.expr(r.X), low, high-low)
	}
	low, high := math.Float32bits(float32(r.Low)), math.Float32bits(float32(r.High))
	return fmt.Sprintf("math.Float32bits(%s)-%#x > %#x", p.expr(r.X), low, high-low)
}

// contrary is the contrary of a condition.
func (p *printer) contrary(v *vector.Value) string {
	if _, ok := contraries[v.Op]; ok && p.names[v] == "" {
		x := p.expr(v)
		return x[2 : len(x)-1]
	}
	return "!" + p.in(v, precOperand)
}

// cast is the same bits as another type.
func (p *printer) cast(v *vector.Value) string {
	a := v.Args[0]
	x := p.expr(a)
	switch {
	case v.Type == a.Type:
		return x
	case v.Type == vector.Float:
		return fmt.Sprintf("math.Float%dfrombits(%s)", 8*v.Bytes, x)
	case a.Type == vector.Float:
		return fmt.Sprintf("math.Float%dbits(%s)", 8*v.Bytes, x)
	}
	return fmt.Sprintf("%s(%s)", goType(v), x)
}

// lookup is an element of a table; a variable points to its row.
func (p *printer) lookup(v *vector.Value) string {
	index := p.in(v.Args[0], precProduct)
	row := p.row(v)
	if row == "" {
		p.tables = append(p.tables, v.Table)
		row = p.fresh(&vector.Value{Op: v.Op, Name: v.Table.Row, Args: v.Args, Table: v.Table})
		p.pre = append(p.pre, stmt{line: fmt.Sprintf("%s := &%s[%s&7]", row, v.Table.Name, index)})
	}
	if v.Table.Fields != nil {
		return row + "." + v.Table.Fields[v.Bits]
	}
	return fmt.Sprintf("%s[%d]", row, v.Bits)
}

// constant is a constant as an expression: its name, if it has one.
func (p *printer) constant(v *vector.Value) string {
	text := number(v)
	if v.Name == "" {
		return text
	}
	if v.Bytes == 4 && v.Type == vector.Float {
		text = fmt.Sprintf("float32(%s)", text)
	}
	declared := p.known[v.Name]
	switch {
	case declared == "":
		p.known[v.Name] = text
		line := v.Name + " = " + text
		if v.Doc != "" {
			line += " // " + v.Doc
		}
		p.consts = append(p.consts, line)
	case declared != text:
		panic(fmt.Sprintf("internal error: portable: %s: the constant %s is %s and %s", p.f.Name, v.Name, declared, text))
	}
	return v.Name
}

// number is a constant as a literal.
func number(v *vector.Value) string {
	switch {
	case v.Type == vector.Int:
		return fmt.Sprint(int32(v.Bits))
	case v.Type == vector.Uint && v.Bits < 1<<16:
		return fmt.Sprint(v.Bits)
	case v.Type == vector.Uint:
		return fmt.Sprintf("%#x", v.Bits)
	case v.Bytes == 8:
		return literal(math.Float64frombits(v.Bits), 8)
	}
	return literal(float64(math.Float32frombits(uint32(v.Bits))), 4)
}

// literal is a number as Go writes it: decimal where that is short or float64,
// else hexadecimal.
func literal(v float64, bytes int) string {
	switch {
	case bytes == 4 && v == math.MaxFloat32:
		return "math.MaxFloat32"
	case v == math.MaxFloat64:
		return "math.MaxFloat64"
	case math.IsInf(v, 0) || v != v || v == 0 && math.Signbit(v): // no constants of Go
		text := "math.NaN()"
		if v == 0 {
			text = "math.Copysign(0, -1)"
		} else if v == v {
			text = fmt.Sprintf("math.Inf(%d)", int(math.Copysign(1, v)))
		}
		if bytes == 4 {
			return "float32(" + text + ")"
		}
		return text
	}
	if f, e := math.Frexp(v); math.Abs(f) == 0.5 && (e < -6 || e > 16) {
		return fmt.Sprintf("%s0x1p%d", strings.Repeat("-", int(math.Float64bits(f)>>63)), e-1)
	}
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 && bytes == 8 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	decimal := strconv.FormatFloat(v, 'g', -1, 8*bytes)
	if bytes == 8 || len(decimal) <= 6 {
		return decimal
	}
	hex := strconv.FormatFloat(v, 'x', -1, 32)
	mantissa, exponent, _ := strings.Cut(hex, "p")
	n, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%sp%+d", mantissa, n)
}

package arm64

import (
	"fmt"
	"strings"

	vec "github.com/nngen-go/nngen/gen/vector"
)

// neon are the instructions of vector programs. Masks are vectors, of which a
// choice takes every bit. The last three registers are not for values: operations
// that are several instructions use them.
var neon = &vec.Set{
	Bytes: bytes, Vectors: 29, Rows: rows(), Load: "CONST m, y", Clear: "VEOR.B16 y, y, y", Bytewise: true, Tied: true,
	Vector: func(n int, _ bool) string { return V(n).String() },
}

// scratch are the registers behind those of values.
const (
	scratch      V = 31
	firstOfTable V = 29
)

// perElement are the instructions that exist for both element types, with # for
// the arrangement.
var perElement = map[vec.Op]string{
	vec.OpAdd:   "FADD# a, b, y",
	vec.OpSub:   "FSUB# a, b, y",
	vec.OpMul:   "FMUL# a, b, y",
	vec.OpDiv:   "FDIV# a, b, y",
	vec.OpMin:   "LEAST# a, b, y",
	vec.OpMax:   "MOST# a, b, y",
	vec.OpLeast: "FMIN# a, b, y", // which differs for zeros and a NaN in b
	vec.OpMost:  "FMAX# a, b, y",
	vec.OpNeg:   "FNEG# a, y",
	vec.OpAbs:   "FABS# a, y",
	vec.OpSqrt:  "FSQRT# a, y",
	vec.OpFloor: "FRINTM# a, y",
	vec.OpTrunc: "FRINTZ# a, y",
}

// comparisons give masks.
var comparisons = map[vec.Op]string{
	vec.OpLess:         "FCMGT# b, a, y",
	vec.OpLessEqual:    "FCMGE# b, a, y",
	vec.OpEqual:        "FCMEQ# a, b, y",
	vec.OpGreater:      "FCMGT# a, b, y",
	vec.OpGreaterEqual: "FCMGE# a, b, y",
	vec.OpOrdered:      "ORDERED# a, b, y",
}

// logic are operations on bits.
var logic = map[vec.Op]string{
	vec.OpAnd: "VAND.B16 a, b, y", vec.OpOr: "VORR.B16 a, b, y", vec.OpXor: "VEOR.B16 a, b, y", vec.OpAndNot: "BIC b, a, y",
}

func rows() map[vec.Row]string {
	rows := map[vec.Row]string{
		{Op: vec.OpPlaces, Type: vec.Uint, Bytes: 4}:    "PLACES a, y",
		{Op: vec.OpConvert, Type: vec.Float, Bytes: 4}:  "SCVTF.S4 a, y",
		{Op: vec.OpNegative, Type: vec.Mask, Bytes: 4}:  "SSHR.S4 $31, a, y",
		{Op: vec.OpNegative, Type: vec.Mask, Bytes: 8}:  "SSHR.D2 $63, a, y",
		{Op: vec.OpLookup, Type: vec.Float, Bytes: 4}:   "LOOKUP [t], a, y",
		{Op: vec.OpHalf, Type: vec.Float, Bytes: 4}:     "HALF $n, a, y",
		{Op: vec.OpWidened, Type: vec.Float, Bytes: 8}:  "FCVTL a, y",
		{Op: vec.OpNarrowed, Type: vec.Float, Bytes: 4}: "FCVTN a, y",
		{Op: vec.OpJoin, Type: vec.Float, Bytes: 4}:     "VZIP1.D2 b, a, y",
	}
	for bytes, arrangement := range map[int]string{4: "S4", 8: "D2"} {
		element := func(text string) string { return strings.Replace(text, "#", "."+arrangement, 1) }
		for op, text := range perElement {
			rows[vec.Row{Op: op, Type: vec.Float, Bytes: bytes}] = element(text)
		}
		for op, text := range comparisons {
			rows[vec.Row{Op: op, Type: vec.Mask, Bytes: bytes}] = element(text)
		}
		for op, text := range logic {
			rows[vec.Row{Op: op, Type: vec.Uint, Bytes: bytes}] = text
			rows[vec.Row{Op: op, Type: vec.Mask, Bytes: bytes}] = text
		}
		for op, text := range map[vec.Op]string{
			vec.OpAdd: "VADD# b, a, y", vec.OpSub: "VSUB# b, a, y", vec.OpShl: "VSHL# $n, a, y", vec.OpShr: "VUSHR# $n, a, y",
		} {
			rows[vec.Row{Op: op, Type: vec.Uint, Bytes: bytes}] = element(text)
		}
		rows[vec.Row{Op: vec.OpNot, Type: vec.Mask, Bytes: bytes}] = "MVN a, y"
		rows[vec.Row{Op: vec.OpChoose, Bytes: bytes}] = "CHOOSE a, b, c, y"
		rows[vec.Row{Op: vec.OpKeep, Bytes: bytes}] = "VAND.B16 a, b, y"
		rows[vec.Row{Op: vec.OpDrop, Bytes: bytes}] = "BIC b, a, y"
		// The lower halves of long lanes are lanes of 4 bytes.
		rows[vec.Row{Op: vec.OpAdd, Type: vec.Int, Bytes: bytes}] = "VADD.S4 b, a, y"
		rows[vec.Row{Op: vec.OpSub, Type: vec.Int, Bytes: bytes}] = "VSUB.S4 b, a, y"
		rows[vec.Row{Op: vec.OpSar, Type: vec.Int, Bytes: bytes}] = "SSHR.S4 $n, a, y"
	}
	return rows
}

// several writes an operation that is more than one instruction, and reports
// whether it is.
func (w *writer) several(name, arrangement string, o []string) bool {
	switch name {
	case "CONST": // a constant vector
		w.load(w.constantAt(o[0]), 0, vectorOf(o[1]))
	case "LEAST": // if b < a then b else a
		w.extreme(arrangement, o[0], o[1], o)
	case "MOST": // if a < b then b else a
		w.extreme(arrangement, o[1], o[0], o)
	case "ORDERED":
		if o[0] != o[1] {
			w.Ins("FCMEQ."+arrangement, o[1], o[1], scratch.String())
		}
		w.Ins("FCMEQ."+arrangement, o[0], o[0], o[2])
		if o[0] != o[1] {
			w.Ins("VAND.B16", scratch.String(), o[2], o[2])
		}
	case "CHOOSE": // if a then b else c
		w.choose(o[0], o[1], o[2], o[3])
	case "LOOKUP":
		w.Ins("FLDPQ", mem(w.constantAt(o[0]), 0), two(firstOfTable, firstOfTable+1))
		w.Ins("VTBL", o[1]+".B16", fmt.Sprintf("[%v.B16, %v.B16]", firstOfTable, firstOfTable+1), o[2]+".B16")
	case "PLACES": // row·4 + the byte, in every byte
		at, row, times := w.constantAt(placing(w)), firstOfTable, firstOfTable+1
		w.Ins("FLDPQ", mem(at, 0), two(row, times))
		w.Ins("VAND.B16", o[0], row.String(), row.String())
		w.load(at, 2*bytes, vectorOf(o[1]))
		w.Ins("MLA", row.String(), times.String(), o[1])
	case "HALF":
		if a, y := vectorOf(o[1]), vectorOf(o[2]); o[0] == "$1" {
			w.Ins("VDUP", a.String()+".D[1]", y.String()+".D2")
		} else {
			w.copy(a, y)
		}
	default:
		return false
	}
	return true
}

// placing are vectors of the bits that say a row, of what it is multiplied by and
// of what is added.
func placing(w *writer) string {
	var all []uint64
	for _, lane := range []uint64{7, 0x04040404, 0x03020100} {
		all = append(all, lane|lane<<32, lane|lane<<32)
	}
	return w.ConstTable(all, 8)
}

// constantAt points to a constant.
func (w *writer) constantAt(operand string) R {
	if r, ok := w.addresses[operand]; ok {
		return r
	}
	w.Ins("MOVD", "$"+operand, regConst.String())
	return regConst
}

// keepTables keeps the addresses of the tables of code for a loop in registers, as
// many as there are.
func (w *writer) keepTables(c *vec.Code) {
	const first, most = R(19), 8
	w.addresses = map[string]R{}
	keep := func(operand string) {
		if _, ok := w.addresses[operand]; !ok && len(w.addresses) < most {
			r := first + R(len(w.addresses))
			w.Ins("MOVD", "$"+operand, r.String())
			w.addresses[operand] = r
		}
	}
	for _, in := range c.Instrs {
		switch name, _, _ := strings.Cut(in.Text, " "); name {
		case "LOOKUP":
			keep(w.constant(*in.Constant))
		case "PLACES":
			keep(placing(w))
		}
	}
}

// constant puts a constant into the function's data.
func (w *writer) constant(c vec.Constant) string { return w.ConstTable(c.Numbers, c.Bytes) }

// extreme is y = b where greater > less, else a.
func (w *writer) extreme(arrangement, greater, less string, o []string) {
	a, b, y := o[0], o[1], o[2]
	mask := y
	if y == a || y == b {
		mask = scratch.String()
	}
	w.Ins("FCMGT."+arrangement, greater, less, mask)
	w.choose(mask, b, a, y)
}

// choose is y = a where the mask is set, else b.
func (w *writer) choose(mask, a, b, y string) {
	switch y {
	case a:
		w.Ins("VBIF.B16", mask, b, y)
	case b:
		w.Ins("VBIT.B16", mask, a, y)
	default:
		w.copy(vectorOf(mask), vectorOf(y))
		w.Ins("VBSL.B16", b, a, y)
	}
}

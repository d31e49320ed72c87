// Package toy is a small instruction set, for tests: what a further target has
// to bring is its table. Its vectors have 16 bytes, there are no masks but
// vectors, and comparisons know less than and less or equal only. A machine
// runs its programs.
package toy

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/vector"
)

// Set is the table. Vectors are v0, v1, …, their lower halves h0, h1, …;
// constants are vectors in memory.
var Set = &vector.Set{
	Bytes: 16, Vectors: 24, Rows: rows(), Load: "load m, y", Clear: "zero y",
	Vector: func(n int, half bool) string {
		if half {
			return fmt.Sprintf("h%d", n)
		}
		return fmt.Sprintf("v%d", n)
	},
}

func rows() map[vector.Row]string {
	rows := map[vector.Row]string{
		{Op: vector.OpConvert, Bytes: 4}:  "float4 a, y",
		{Op: vector.OpLookup, Bytes: 4}:   "table [t], a, y",
		{Op: vector.OpHalf, Bytes: 4}:     "half $n, a, y/2",
		{Op: vector.OpWidened, Bytes: 8}:  "widen a/2, y",
		{Op: vector.OpNarrowed, Bytes: 4}: "narrow a, y/2",
		{Op: vector.OpJoin, Bytes: 4}:     "join a/2, b/2, y",
	}
	two := map[vector.Type]map[vector.Op]string{
		vector.Float: {vector.OpAdd: "fadd", vector.OpSub: "fsub", vector.OpMul: "fmul", vector.OpDiv: "fdiv", vector.OpMin: "fmin", vector.OpMax: "fmax"},
		vector.Uint:  {vector.OpAdd: "add", vector.OpSub: "sub", vector.OpAnd: "and", vector.OpOr: "or", vector.OpXor: "xor"},
		vector.Int:   {vector.OpAdd: "addw", vector.OpSub: "subw"},
		vector.Mask:  {vector.OpLess: "less", vector.OpLessEqual: "lesseq", vector.OpEqual: "equal", vector.OpUnordered: "nan", vector.OpAnd: "and", vector.OpOr: "or", vector.OpXor: "xor", vector.OpAndNot: "andnot"},
	}
	for _, bytes := range []int{4, 8} {
		for t, ops := range two {
			for op, name := range ops {
				rows[vector.Row{Op: op, Type: t, Bytes: bytes}] = fmt.Sprintf("%s%d a, [b], y", name, bytes)
			}
		}
		rows[vector.Row{Op: vector.OpSqrt, Bytes: bytes}] = fmt.Sprintf("sqrt%d a, y", bytes)
		rows[vector.Row{Op: vector.OpFloor, Bytes: bytes}] = fmt.Sprintf("floor%d a, y", bytes)
		rows[vector.Row{Op: vector.OpTrunc, Bytes: bytes}] = fmt.Sprintf("trunc%d a, y", bytes)
		rows[vector.Row{Op: vector.OpShl, Type: vector.Uint, Bytes: bytes}] = fmt.Sprintf("shl%d $n, a, y", bytes)
		rows[vector.Row{Op: vector.OpShr, Type: vector.Uint, Bytes: bytes}] = fmt.Sprintf("shr%d $n, a, y", bytes)
		rows[vector.Row{Op: vector.OpSar, Type: vector.Int, Bytes: bytes}] = "sarw $n, a, y"
		rows[vector.Row{Op: vector.OpChoose, Bytes: bytes}] = fmt.Sprintf("choose%d a, b, c, y", bytes)
	}
	return rows
}

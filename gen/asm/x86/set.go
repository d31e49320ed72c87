package x86

import (
	"fmt"
	"maps"
	"strings"

	vec "github.com/nngen-go/nngen/gen/vector"
)

// The instructions of vector programs: with AVX2, and with AVX-512 on vectors
// of 64 and of 32 bytes.
var (
	avx2 = &vec.Set{
		Bytes: 32, Vectors: 16, Rows: avx2Rows, Load: "VMOVUPS m, y", Clear: "VXORPS y, y, y",
		Vector: func(n int, half bool) string { return name("Y", "X", n, half) },
	}
	avx512 = &vec.Set{
		Bytes: 64, Vectors: 32, Masks: 6, Rows: avx512Rows, Clear: "VXORPS y, y, y",
		Repeat: map[int]string{4: "VBROADCASTSS m, y", 8: "VBROADCASTSD m, y"}, Repeats: ".BCST",
		Vector: func(n int, half bool) string { return name("Z", "Y", n, half) },
		Mask:   mask512,
	}
	avx512Half = &vec.Set{
		Bytes: 32, Vectors: 32, Masks: 6, Rows: avx512HalfRows, Clear: avx512.Clear,
		Repeat: avx512.Repeat, Repeats: avx512.Repeats,
		Vector: avx2.Vector,
		Mask:   mask512,
	}
)

// mask512 is a mask register: K0 says no mask, K7 is that of a partial vector.
func mask512(n int) string { return fmt.Sprintf("K%d", n+1) }

func name(full, lower string, n int, half bool) string {
	if half {
		return fmt.Sprint(lower, n)
	}
	return fmt.Sprint(full, n)
}

// perElement are the instructions that exist for both element types, with # for
// the last letter of the name and a comparison's predicate.
var perElement = map[vec.Op]string{
	vec.OpAdd:   "VADDP# [b], a, y",
	vec.OpSub:   "VSUBP# [b], a, y",
	vec.OpMul:   "VMULP# [b], a, y",
	vec.OpDiv:   "VDIVP# [b], a, y",
	vec.OpMin:   "VMINP# [a], b, y", // both keep their last operand, the assembler's first, where it is NaN or equal
	vec.OpMax:   "VMAXP# [a], b, y",
	vec.OpSqrt:  "VSQRTP# [a], y",
	vec.OpFloor: "VROUNDP# $9, [a], y",
	vec.OpTrunc: "VROUNDP# $11, [a], y",
}

// predicates are those of comparisons.
var predicates = map[vec.Op]int{
	vec.OpEqual: 0, vec.OpUnordered: 3, vec.OpNotEqual: 4, vec.OpOrdered: 7,
	vec.OpLess: 17, vec.OpLessEqual: 18, vec.OpNotLess: 21, vec.OpNotLessEqual: 22,
	vec.OpNotGreaterEqual: 25, vec.OpNotGreater: 26, vec.OpGreaterEqual: 29, vec.OpGreater: 30,
}

// logic are operations on bits: VANDPS and its kin.
var logic = map[vec.Op]string{vec.OpAnd: "AND", vec.OpOr: "OR", vec.OpXor: "XOR", vec.OpAndNot: "ANDN"}

// common are the instructions of both sets, for which a mask is a vector.
func common() map[vec.Row]string {
	rows := map[vec.Row]string{
		{Op: vec.OpAdd, Type: vec.Uint, Bytes: 4}: "VPADDD [b], a, y",
		{Op: vec.OpSub, Type: vec.Uint, Bytes: 4}: "VPSUBD [b], a, y",
		{Op: vec.OpAdd, Type: vec.Uint, Bytes: 8}: "VPADDQ [b], a, y",
		{Op: vec.OpSub, Type: vec.Uint, Bytes: 8}: "VPSUBQ [b], a, y",
		{Op: vec.OpShl, Type: vec.Uint, Bytes: 4}: "VPSLLD $n, a, y",
		{Op: vec.OpShr, Type: vec.Uint, Bytes: 4}: "VPSRLD $n, a, y",
		{Op: vec.OpShl, Type: vec.Uint, Bytes: 8}: "VPSLLQ $n, a, y",
		{Op: vec.OpShr, Type: vec.Uint, Bytes: 8}: "VPSRLQ $n, a, y",

		{Op: vec.OpConvert, Type: vec.Float, Bytes: 4}:  "VCVTDQ2PS a, y",
		{Op: vec.OpLookup, Type: vec.Float, Bytes: 4}:   "VPERMPS [t], a, y",
		{Op: vec.OpHalf, Type: vec.Float, Bytes: 4}:     "VEXTRACTF128 $n, a, y/2",
		{Op: vec.OpWidened, Type: vec.Float, Bytes: 8}:  "VCVTPS2PD a/2, y",
		{Op: vec.OpNarrowed, Type: vec.Float, Bytes: 4}: "VCVTPD2PSY a, y/2",
		{Op: vec.OpJoin, Type: vec.Float, Bytes: 4}:     "VINSERTF128 $1, b/2, a, y",
	}
	for bytes, letter := range map[int]string{4: "S", 8: "D"} {
		element := func(text string) string { return strings.Replace(text, "#", letter, 1) }
		for op, text := range perElement {
			rows[vec.Row{Op: op, Type: vec.Float, Bytes: bytes}] = element(text)
		}
		for op, p := range predicates {
			rows[vec.Row{Op: op, Type: vec.Mask, Bytes: bytes}] = element(fmt.Sprintf("VCMPP# $%d, [b], a, y", p))
		}
		for op, l := range logic {
			rows[vec.Row{Op: op, Type: vec.Uint, Bytes: bytes}] = element("V" + l + "P# [b], a, y")
		}
		// The lower halves of long lanes are lanes of 4 bytes.
		rows[vec.Row{Op: vec.OpAdd, Type: vec.Int, Bytes: bytes}] = "VPADDD [b], a, y"
		rows[vec.Row{Op: vec.OpSub, Type: vec.Int, Bytes: bytes}] = "VPSUBD [b], a, y"
		rows[vec.Row{Op: vec.OpSar, Type: vec.Int, Bytes: bytes}] = "VPSRAD $n, a, y"
	}
	return rows
}

// avx2Rows: masks are vectors.
var avx2Rows = func() map[vec.Row]string {
	rows := common()
	rows[vec.Row{Op: vec.OpLookup, Type: vec.Float, Bytes: 4}] = "VPERMPS b, a, y" // half as fast from memory on Zen 3
	for bytes, letter := range map[int]string{4: "S", 8: "D"} {
		for op := range logic {
			rows[vec.Row{Op: op, Type: vec.Mask, Bytes: bytes}] = rows[vec.Row{Op: op, Type: vec.Uint, Bytes: bytes}]
		}
		rows[vec.Row{Op: vec.OpChoose, Bytes: bytes}] = "VBLENDVP" + letter + " a, [b], c, y"
		rows[vec.Row{Op: vec.OpKeep, Bytes: bytes}] = "VANDP" + letter + " [b], a, y"
		rows[vec.Row{Op: vec.OpDrop, Bytes: bytes}] = "VANDNP" + letter + " [b], a, y"
	}
	return rows
}()

// avx512Rows: comparisons give a mask register and choices take one.
var avx512Rows = func() map[vec.Row]string {
	rows := common()
	maps.Copy(rows, map[vec.Row]string{
		{Op: vec.OpHalf, Type: vec.Float, Bytes: 4}:     "VEXTRACTF64X4 $n, a, y/2",
		{Op: vec.OpNarrowed, Type: vec.Float, Bytes: 4}: "VCVTPD2PS a, y/2",
		{Op: vec.OpJoin, Type: vec.Float, Bytes: 4}:     "VINSERTF64X4 $1, b/2, a, y",
		{Op: vec.OpNegative, Type: vec.Mask, Bytes: 4}:  "VPMOVD2M a, y",
		{Op: vec.OpNegative, Type: vec.Mask, Bytes: 8}:  "VPMOVQ2M a, y",
	})
	for bytes, letter := range map[int]string{4: "S", 8: "D"} {
		rows[vec.Row{Op: vec.OpFloor, Bytes: bytes}] = "VRNDSCALEP" + letter + " $9, [a], y"
		rows[vec.Row{Op: vec.OpTrunc, Bytes: bytes}] = "VRNDSCALEP" + letter + " $11, [a], y"
		rows[vec.Row{Op: vec.OpChoose, Bytes: bytes}] = "VBLENDMP" + letter + " [b], c, a, y"
		rows[vec.Row{Op: vec.OpKeep, Bytes: bytes}] = "VMOVUP" + letter + ".Z b, a, y"
		for op, l := range logic {
			rows[vec.Row{Op: op, Type: vec.Mask, Bytes: bytes}] = "K" + l + "W b, a, y"
		}
		rows[vec.Row{Op: vec.OpNot, Type: vec.Mask, Bytes: bytes}] = "KNOTW a, y"
	}
	return rows
}()

// avx512HalfRows differ in what divides a vector.
var avx512HalfRows = func() map[vec.Row]string {
	rows := maps.Clone(avx512Rows)
	maps.Copy(rows, map[vec.Row]string{
		{Op: vec.OpHalf, Type: vec.Float, Bytes: 4}:     "VEXTRACTF32X4 $n, a, y/2",
		{Op: vec.OpNarrowed, Type: vec.Float, Bytes: 4}: "VCVTPD2PSY a, y/2",
		{Op: vec.OpJoin, Type: vec.Float, Bytes: 4}:     "VINSERTF32X4 $1, b/2, a, y",
	})
	return rows
}()

package nnrt

import "math"

// The transcendental functions are printed from the form in which the assembly
// has them too.
//
//go:generate go test ../../gen/vector/portable -run TestRuntime -update

// Sqrt32 returns the square root of x, correctly rounded. Sqrt32(±0) = ±0,
// Sqrt32(+Inf) = +Inf, Sqrt32(x < 0) = NaN, Sqrt32(NaN) = NaN.
func Sqrt32(x float32) float32 {
	return float32(math.Sqrt(float64(x)))
}

// Abs32 returns |x|, exactly. Abs32(±Inf) = +Inf, Abs32(NaN) = NaN.
func Abs32(x float32) float32 {
	return math.Float32frombits(math.Float32bits(x) & 0x7fffffff)
}

// Max32 returns b if a < b, and otherwise a. So a NaN in a is kept and a NaN in b
// is not: Max32(NaN, b) = NaN, Max32(a, NaN) = a; Max32(-0, +0) = -0.
func Max32(a, b float32) float32 {
	if a < b {
		return b
	}
	return a
}

// Min32 returns b if b < a, and otherwise a. So a NaN in a is kept and a NaN in b
// is not: Min32(NaN, b) = NaN, Min32(a, NaN) = a; Min32(+0, -0) = +0.
func Min32(a, b float32) float32 {
	if b < a {
		return b
	}
	return a
}

// Ordered32 is a whole number for each number, equal ones for equal numbers and a
// greater one for a greater number, below math.MaxInt32 − 1; that of a NaN is
// math.MaxInt32. To compare these a program need not branch.
func Ordered32(x float32) int32 {
	if x != x {
		return math.MaxInt32
	}
	b := int32(math.Float32bits(x + 0)) // +0 for −0
	return b ^ int32(uint32(b>>31)>>1)
}

// Sqrt64 returns the square root of x, correctly rounded. Sqrt64(±0) = ±0,
// Sqrt64(+Inf) = +Inf, Sqrt64(x < 0) = NaN, Sqrt64(NaN) = NaN.
func Sqrt64(x float64) float64 {
	return math.Sqrt(x)
}

// Abs64 returns |x|, exactly. Abs64(±Inf) = +Inf, Abs64(NaN) = NaN.
func Abs64(x float64) float64 {
	return math.Float64frombits(math.Float64bits(x) &^ (1 << 63))
}

// Max64 returns b if a < b, and otherwise a. So a NaN in a is kept and a NaN in b
// is not: Max64(NaN, b) = NaN, Max64(a, NaN) = a; Max64(-0, +0) = -0.
func Max64(a, b float64) float64 {
	if a < b {
		return b
	}
	return a
}

// Min64 returns b if b < a, and otherwise a. So a NaN in a is kept and a NaN in b
// is not: Min64(NaN, b) = NaN, Min64(a, NaN) = a; Min64(+0, -0) = +0.
func Min64(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

// Floor64 returns the greatest integer that is at most x, exactly.
// Floor64(±0) = ±0, Floor64(±Inf) = ±Inf, Floor64(NaN) = NaN.
func Floor64(x float64) float64 {
	return math.Floor(x)
}

// Ordered64 is a whole number for each number, equal ones for equal numbers and a
// greater one for a greater number, below math.MaxInt64 − 1; that of a NaN is
// math.MaxInt64. To compare these a program need not branch.
func Ordered64(x float64) int64 {
	if x != x {
		return math.MaxInt64
	}
	b := int64(math.Float64bits(x + 0)) // +0 for −0
	return b ^ int64(uint64(b>>63)>>1)
}

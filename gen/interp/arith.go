package interp

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// Arithmetics of the numeric contract. Strict rounds product and sum
// separately; Fused is the exact fused multiply-add, which only the sums of
// products use. Scalar functions are the runtime's in both.
var (
	Strict32 expr.Arith = arith32{fma: func(x, y, z float64) float64 { return round32(round32(x*y) + z) }}
	Fused32  expr.Arith = arith32{fma: FMA32}
	Strict64 expr.Arith = arith64{fma: func(x, y, z float64) float64 { return float64(x*y) + z }}
	Fused64  expr.Arith = arith64{fma: math.FMA}
)

type arith32 struct {
	fma func(x, y, z float64) float64
}

type arith64 struct {
	fma func(x, y, z float64) float64
}

// round32 rounds to float32. For sums, products, quotients and square roots
// of float32 operands the double rounding is harmless: float64 has more than
// twice the bits.
func round32(x float64) float64 { return float64(float32(x)) }

func (arith32) Round(v float64) float64          { return round32(v) }
func (a arith32) MulAdd(x, y, z float64) float64 { return a.fma(x, y, z) }
func (arith64) Round(v float64) float64          { return v }
func (a arith64) MulAdd(x, y, z float64) float64 { return a.fma(x, y, z) }
func (a arith32) Apply(op expr.Op, v ...float64) float64 {
	if f := functions32[op]; f != nil {
		return float64(f(float32(v[0])))
	}
	return expr.Binary(op, v, round32, func(x, y float64) float64 {
		return float64(nnrt.Pow32(float32(x), float32(y)))
	})
}

func (a arith64) Apply(op expr.Op, v ...float64) float64 {
	if f := functions64[op]; f != nil {
		return f(v[0])
	}
	return expr.Binary(op, v, func(x float64) float64 { return x }, nnrt.Pow64)
}

var functions32 = [expr.OpSelect + 1]func(float32) float32{
	expr.OpNeg: func(x float32) float32 { return -x },
	expr.OpAbs: nnrt.Abs32, expr.OpSqrt: nnrt.Sqrt32, expr.OpExp: nnrt.Exp32,
	expr.OpExpm1: nnrt.Expm132, expr.OpLog: nnrt.Log32, expr.OpLog1p: nnrt.Log1p32,
	expr.OpTanh: nnrt.Tanh32, expr.OpSigmoid: nnrt.Sigmoid32, expr.OpErf: nnrt.Erf32,
	expr.OpSin: nnrt.Sin32, expr.OpCos: nnrt.Cos32,
}

var functions64 = [expr.OpSelect + 1]func(float64) float64{
	expr.OpNeg: func(x float64) float64 { return -x },
	expr.OpAbs: nnrt.Abs64, expr.OpSqrt: nnrt.Sqrt64, expr.OpExp: nnrt.Exp64,
	expr.OpExpm1: nnrt.Expm164, expr.OpLog: nnrt.Log64, expr.OpLog1p: nnrt.Log1p64,
	expr.OpTanh: nnrt.Tanh64, expr.OpSigmoid: nnrt.Sigmoid64, expr.OpErf: nnrt.Erf64,
	expr.OpSin: nnrt.Sin64, expr.OpCos: nnrt.Cos64, expr.OpFloor: nnrt.Floor64,
}

// FMA32 is x·y + z of float32 numbers, rounded once. The product is exact in
// float64; the error of the float64 sum matters only where the sum lies halfway
// between two float32 numbers, or is so small that they have fewer bits.
func FMA32(x, y, z float64) float64 {
	const (
		dropped = 1<<29 - 1 // bits of float64 that normal float32 numbers lack
		halfway = 1 << 28
		sign    = 1 << 63
		normal  = (1023 - 126) << 52 // the least normal float32, in float64
	)
	s := float64(x*y) + z
	if b := math.Float64bits(s); b&dropped != halfway && b&^sign >= normal {
		return float64(float32(s))
	}
	return fmaHalfway(float64(x*y), z)
}

// fmaHalfway is p + z rounded to odd and then to float32, which is the exact sum
// rounded once.
func fmaHalfway(p, z float64) float64 {
	s := p + z
	if math.IsInf(s, 0) || math.IsNaN(s) {
		return round32(s)
	}
	t := s - p
	err := (p - (s - t)) + (z - t) // two-sum: p + z = s + err exactly
	if err != 0 && math.Float64bits(s)&1 == 0 {
		if (err > 0) == (s > 0) {
			s = math.Float64frombits(math.Float64bits(s) + 1)
		} else {
			s = math.Float64frombits(math.Float64bits(s) - 1)
		}
	}
	return round32(s)
}

package interp

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// exact rounds x·y + z once, by big numbers.
func exact(x, y, z float64) float64 {
	f := func(v float64) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(v) }
	r, _ := new(big.Float).SetPrec(2000).Add(new(big.Float).SetPrec(2000).Mul(f(x), f(y)), f(z)).Float32()
	return float64(r)
}

// number draws a float32 of any magnitude, or one that cancels with the
// product of two others.
func number(rng *rand.Rand) float64 {
	for {
		v := math.Float32frombits(rng.Uint32())
		if v == v && !math.IsInf(float64(v), 0) {
			return float64(v)
		}
	}
}

// TestFMA32 compares the fused multiply-add with big numbers, also where the
// sum almost cancels and where it is subnormal.
func TestFMA32(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		x, y, z := number(rng), number(rng), number(rng)
		switch rng.IntN(4) {
		case 0: // cancels
			z = -round32(x * y)
		case 1: // a few units away
			x, y = 1+float64(rng.IntN(1<<23))/(1<<23), 1+float64(rng.IntN(1<<23))/(1<<23)
			z = math.Ldexp(float64(float32(rng.NormFloat64())), rng.IntN(60)-50)
		case 2: // subnormal
			x = math.Ldexp(x/math.Ldexp(1, math.Ilogb(x)), -80)
			y = math.Ldexp(y/math.Ldexp(1, math.Ilogb(y)), -66)
			z = math.Ldexp(float64(rng.IntN(1<<20)), -149)
			x, y = round32(x), round32(y)
		}
		if math.IsInf(z, 0) || math.IsNaN(x) || math.IsNaN(y) || math.IsInf(x, 0) || math.IsInf(y, 0) {
			continue
		}
		want, got := exact(x, y, z), FMA32(x, y, z)
		if want == 0 && got == 0 {
			continue // the sign of an exact zero is checked below
		}
		require.Equal(t, want, got, "%x · %x + %x", x, y, z)
	}
	// Just below the middle of two float32 numbers, and odd as a float64.
	for _, sign := range []float64{1, -1} {
		x, y, z := sign*(1+0x1p-12), 1+0x3p-12, sign*-0x1.8p-53
		require.Equal(t, exact(x, y, z), FMA32(x, y, z))
	}
	require.False(t, math.Signbit(FMA32(1, 1, -1)))
	require.True(t, math.IsNaN(FMA32(math.Inf(1), 0, 1)))
	require.Equal(t, math.Inf(-1), FMA32(2, 3, math.Inf(-1)))
}

// TestStrictRounding: the strict arithmetics round the product by itself.
func TestStrictRounding(t *testing.T) {
	x := float64(float32(1 + 1.0/(1<<12)))
	require.Equal(t, float64(float32(float32(x)*float32(x))-1), Strict32.MulAdd(x, x, -1))
	require.NotEqual(t, Strict32.MulAdd(x, x, -1), Fused32.MulAdd(x, x, -1))
	y := 1 + 1.0/(1<<30)
	require.Equal(t, float64(y*y)-1, Strict64.MulAdd(y, y, -1))
	require.NotEqual(t, Strict64.MulAdd(y, y, -1), Fused64.MulAdd(y, y, -1))
}

// TestFloat32Arithmetic compares the float32 operations, carried in float64,
// with Go's.
func TestFloat32Arithmetic(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 100_000 {
		a, b := float32(number(rng)), float32(number(rng))
		for op, want := range map[expr.Op]float32{
			expr.OpAdd: a + b, expr.OpSub: a - b, expr.OpMul: a * b, expr.OpDiv: a / b,
		} {
			got := Strict32.Apply(op, float64(a), float64(b))
			if want != want {
				require.True(t, math.IsNaN(got))
				continue
			}
			require.Equal(t, float64(want), got, "%v %s %v", a, op, b)
		}
	}
}

// TestSumOrder: chains are dealt in turn and added in halves.
func TestSumOrder(t *testing.T) {
	m := &Machine{Arith: Strict32}
	x := []float64{1e8, 1, -1e8, 1, 3, 5}
	add := func(acc float64, i int) float64 { return m.Arith.Apply(expr.OpAdd, acc, x[i]) }
	f := func(v ...float32) float64 {
		s := v[0]
		for _, w := range v[1:] {
			s += w
		}
		return float64(s)
	}
	require.Equal(t, f(0, 1e8, 1, -1e8, 1, 3, 5), m.sum(0, 1, len(x), add))
	require.Equal(t, f(float32(f(2, 1e8, -1e8, 3)), float32(f(0, 1, 1, 5))), m.sum(2, 2, len(x), add))
	four := f(float32(f(float32(f(2, 1e8, 3)), float32(f(0, -1e8)))), float32(f(float32(f(0, 1, 5)), 1)))
	require.Equal(t, four, m.sum(2, 4, len(x), add))
}

// TestTypes: every operation of the oracle is in the type of its result.
func TestTypes(t *testing.T) {
	x := &ir.Value{Name: "x", Kind: ir.Input, DType: ir.Float64, Shape: []int{2}, Batch: true}
	third := func(to ir.DType) *ir.Map {
		y := &ir.Value{Name: "y", DType: to, Shape: []int{2}, Batch: true}
		return &ir.Map{Prog: expr.MustParse("y = x/3"), In: []*ir.Value{x}, InNames: []string{"x"}, Out: []*ir.Value{y}, OutNames: []string{"y"}}
	}
	total := func(of *ir.Value) *ir.Contract {
		return (&ir.BatchSum{Y: &ir.Value{DType: of.DType, Shape: []int{2}}, X: of}).Contract()
	}
	narrow, wide := third(ir.Float32), third(ir.Float64)
	sums := []*ir.Contract{total(narrow.Out[0]), total(wide.Out[0])}
	for _, fused := range []bool{false, true} {
		m := NewOracle(&ir.Program{}, fused)
		m.Batch = 2
		m.Set(x, []float64{1, 2}, []float64{10, 20})
		require.NoError(t, m.Run(&ir.Func{Ops: []ir.Op{narrow, wide, sums[0], sums[1]}}))
		a, b := float64(float32(1.0/3)), float64(float32(10.0/3))
		require.Equal(t, []float64{float64(float32(a + b)), float64(float32(2*a) + float32(2*b))}, m.Get(sums[0].Y.V)[0])
		a, b = 1.0/3, 10.0/3
		require.Equal(t, []float64{a + b, 2*a + 2*b}, m.Get(sums[1].Y.V)[0])
	}
}

package nnrt

import (
	"flag"
	"math"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var exhaustive = flag.Bool("exhaustive", false, "measure the float32 functions over all 2^32 inputs")

// functions32 lists the float32 functions of one variable, a float64 reference and
// the bound that the documentation states.
var functions32 = []struct {
	name  string
	f     func(float32) float32
	ref   func(float64) float64
	bound float64
}{
	{"Exp32", Exp32, math.Exp, 0.8},
	{"Expm132", Expm132, math.Expm1, 1.16},
	{"Log32", Log32, math.Log, 0.85},
	{"Log1p32", Log1p32, math.Log1p, 1.41},
	{"Tanh32", Tanh32, math.Tanh, 2.49},
	{"Sigmoid32", Sigmoid32, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 2.41},
	{"Erf32", Erf32, math.Erf, 1.43},
	{"Sqrt32", Sqrt32, math.Sqrt, 0.5},
	{"Sin32", Sin32, math.Sin, 0.51},
	{"Cos32", Cos32, math.Cos, 0.51},
}

// ulps32 returns the error of got in units of the spacing of float32 at want, or
// +Inf where one is NaN and the other is not. An infinite got stands for 2^128.
func ulps32(got float32, want float64) float64 {
	if want != want || got != got {
		if want != want && got != got {
			return 0
		}
		return math.Inf(1)
	}
	g := float64(got)
	if g == want {
		if g == 0 && math.Signbit(g) != math.Signbit(want) {
			return math.Inf(1)
		}
		return 0
	}
	if math.IsInf(g, 0) {
		if math.Signbit(g) == math.Signbit(want) && math.Abs(want) >= 0x1p128 {
			return 0
		}
		g = math.Copysign(0x1p128, g)
	}
	e := int(math.Float64bits(want)>>52&0x7ff) - 1023 - 23
	e = min(max(e, -149), 104)
	return math.Abs(g-want) * math.Float64frombits(uint64(1023-e)<<52)
}

func TestUlps32(t *testing.T) {
	require.Equal(t, 0.5, ulps32(1, 1+0x1p-24))
	require.Equal(t, 1.0, ulps32(0, 0x1p-149))
	require.Equal(t, 0.0, ulps32(float32(math.Inf(1)), 0x1p200))
	require.Equal(t, 1.0, ulps32(math.MaxFloat32, 0x1p128))
	require.Equal(t, math.Inf(1), ulps32(0, math.Copysign(0, -1)))
	require.Equal(t, math.Inf(1), ulps32(0, math.NaN()))
	require.Equal(t, math.Inf(1), ulps32(float32(math.NaN()), 0))
}

func TestULP32(t *testing.T) {
	step := uint64(1023) // 2²² inputs; odd, so that all low bits occur
	if *exhaustive {
		step = 1
	}
	for _, c := range functions32 {
		t.Run(c.name, func(t *testing.T) {
			workers := uint64(runtime.GOMAXPROCS(0))
			worst, at := make([]float64, workers), make([]float32, workers)
			rounded, count := make([]uint64, workers), make([]uint64, workers)
			var wg sync.WaitGroup
			for w := range workers {
				wg.Go(func() {
					var high float64
					var where float32
					var good, all uint64
					for b := w * step; b < 1<<32; b += workers * step {
						x := math.Float32frombits(uint32(b))
						u := ulps32(c.f(x), c.ref(float64(x)))
						if u > high {
							high, where = u, x
						}
						if u <= 0.5 {
							good++
						}
						all++
					}
					worst[w], at[w], rounded[w], count[w] = high, where, good, all
				})
			}
			wg.Wait()
			k := 0
			var good, all uint64
			for w := range worst {
				if worst[w] > worst[k] {
					k = w
				}
				good += rounded[w]
				all += count[w]
			}
			t.Logf("%s: max %.4f ULP at %g (%#08x), %.2f %% correctly rounded of %d inputs, bound %g",
				c.name, worst[k], at[k], math.Float32bits(at[k]), 100*float64(good)/float64(all), all, c.bound)
			require.LessOrEqual(t, worst[k], c.bound, "at %g: got %g", at[k], c.f(at[k]))
		})
	}
}

// TestTrig32 compares sine and cosine with those of float64, whose argument is reduced
// in integers, where exponents are large, and at the float32 that is nearest to a
// multiple of π/2.
func TestTrig32(t *testing.T) {
	try := func(x float32) {
		require.Equal(t, float32(Sin64(float64(x))), Sin32(x), "sin %g", x)
		require.Equal(t, float32(Cos64(float64(x))), Cos32(x), "cos %g", x)
	}
	for b := uint32(0x47000000); b < 0x7f800000; b += 10_007 { // from 2¹⁵
		try(math.Float32frombits(b))
		try(-math.Float32frombits(b))
	}
	for _, x := range []float32{1<<16 - 1, 1 << 16, 16367173 << 72, math.MaxFloat32} {
		try(x)
		try(math.Nextafter32(x, 0))
		try(-x)
	}
}

// TestULPPow32 measures Pow32 on a grid of bit patterns and where results are finite.
func TestULPPow32(t *testing.T) {
	const bound = 0.51
	count := 300_000
	if *exhaustive {
		count = 200_000_000
	}
	worst, wx, wy := 0.0, float32(0), float32(0)
	try := func(x, y float32) {
		if u := ulps32(Pow32(x, y), math.Pow(float64(x), float64(y))); u > worst {
			worst, wx, wy = u, x, y
		}
	}
	for i := range count {
		r0, r1, r2, r3 := Random(1, PurposeData, 0, 0, 0, uint32(i))
		try(math.Float32frombits(r0), math.Float32frombits(r1))
		// x anywhere, y such that the result is in range
		x := math.Float32frombits(r2 & 0x7fffffff)
		try(x, float32((float64(r3)/0x1p32*2-1)*104/math.Log(float64(x))))
		// x near 1
		x = math.Float32frombits(0x3f800000 + uint32(int32(r2)>>12))
		try(x, float32((float64(r3)/0x1p32*2-1)*104/math.Log(float64(x))))
		// small whole powers, also of negative numbers
		try(math.Float32frombits(r0), float32(int32(r1)>>27))
		try(float32(int32(r0)>>20), float32(int32(r1)>>27))
	}
	t.Logf("Pow32: max %.4f ULP at %g, %g, bound %g", worst, wx, wy, bound)
	require.LessOrEqual(t, worst, bound, "at %g (%#x), %g (%#x): got %g", wx, math.Float32bits(wx), wy, math.Float32bits(wy), Pow32(wx, wy))
}

// special32 holds the values that every combination is tried of.
var special32 = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32,
	0x1p-126, -0x1p-126, 0x1.fffffep-127, 1 << 23, -(1 << 23), 1<<24 - 1, -(1<<24 - 1), 1 << 24, 1 << 25, 0.999999, 1.000001, -0.999999,
	1<<23 + 1, -(1<<23 + 1), 1<<22 + 0.5, 88.7, -103.9, 1e10, -1e10,
}

func TestSpecial32(t *testing.T) {
	for _, c := range functions32 {
		for _, x := range special32 {
			require.LessOrEqual(t, ulps32(c.f(x), c.ref(float64(x))), c.bound, "%s(%g) = %g", c.name, x, c.f(x))
		}
	}
	for _, x := range special32 {
		require.Zero(t, ulps32(Abs32(x), math.Abs(float64(x))))
		for _, y := range special32 {
			want := math.Pow(float64(x), float64(y))
			require.LessOrEqual(t, ulps32(Pow32(x, y), want), 0.51, "Pow32(%g, %g) = %g, want %g", x, y, Pow32(x, y), want)

			top, low := x, x
			if x < y {
				top = y
			}
			if y < x {
				low = y
			}
			require.Equal(t, math.Float32bits(top), math.Float32bits(Max32(x, y)))
			require.Equal(t, math.Float32bits(low), math.Float32bits(Min32(x, y)))
		}
	}
}

// TestRange32 checks what training and calibration quietly rely on.
func TestRange32(t *testing.T) {
	for b := uint64(0); b < 1<<32; b += 16381 {
		x := math.Float32frombits(uint32(b))
		if x != x {
			continue
		}
		require.True(t, Tanh32(x) >= -1 && Tanh32(x) <= 1, "tanh %g", x)
		require.True(t, Erf32(x) >= -1 && Erf32(x) <= 1, "erf %g", x)
		require.True(t, Sigmoid32(x) >= 0 && Sigmoid32(x) <= 1, "sigmoid %g", x)
		require.True(t, Exp32(x) >= 0, "exp %g", x)
		require.Equal(t, math.Float32bits(Tanh32(-x)), math.Float32bits(-Tanh32(x)), "tanh %g", x)
		require.Equal(t, math.Float32bits(Erf32(-x)), math.Float32bits(-Erf32(x)), "erf %g", x)
	}
}

func TestScalarsDoNotAllocate(t *testing.T) {
	x, y := float32(1.25), 1.25
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, c := range functions32 {
			sink32 += c.f(x)
		}
		sink32 += Pow32(x, x) + Max32(x, x) + Min32(x, x) + Abs32(x)
		for _, c := range functions64 {
			sink64 += c.f(y)
		}
		sink64 += Pow64(y, y) + Max64(y, y) + Min64(y, y) + Normal(1, PurposeInit, 2, 3) + TruncNormal(1, PurposeInit, 2, 3)
	}))
}

var (
	sink32 float32
	sink64 float64
)

// inputs32 are typical activations, in no order.
func inputs32() *[1024]float32 {
	var x [1024]float32
	for i := range x {
		x[i] = float32(Normal(1, PurposeData, 0, uint64(i)) * 2)
	}
	return &x
}

func BenchmarkExp32(b *testing.B) {
	x := inputs32()
	for i := range b.N {
		sink32 = Exp32(x[i&1023])
	}
}

func BenchmarkExpm132(b *testing.B) {
	x := inputs32()
	for i := range b.N {
		sink32 = Expm132(x[i&1023])
	}
}

func BenchmarkLog32(b *testing.B) {
	x := inputs32()
	for i := range x {
		x[i] = Abs32(x[i])
	}
	for i := range b.N {
		sink32 = Log32(x[i&1023])
	}
}

func BenchmarkLog1p32(b *testing.B) {
	x := inputs32()
	for i := range x {
		x[i] = Abs32(x[i])
	}
	for i := range b.N {
		sink32 = Log1p32(x[i&1023])
	}
}

func BenchmarkTanh32(b *testing.B) {
	x := inputs32()
	for i := range b.N {
		sink32 = Tanh32(x[i&1023])
	}
}

func BenchmarkSigmoid32(b *testing.B) {
	x := inputs32()
	for i := range b.N {
		sink32 = Sigmoid32(x[i&1023])
	}
}

func BenchmarkErf32(b *testing.B) {
	x := inputs32()
	for i := range b.N {
		sink32 = Erf32(x[i&1023])
	}
}

func BenchmarkPow32(b *testing.B) {
	x := inputs32()
	for i := range b.N {
		sink32 = Pow32(Abs32(x[i&1023]), 1.7)
	}
}

package nnrt

import (
	"flag"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// functions64 lists the float64 functions of one variable, a reference for special
// values and the bound that the documentation states.
var functions64 = []struct {
	name  string
	f     func(float64) float64
	ref   func(float64) float64
	bound float64
}{
	{"Exp64", Exp64, math.Exp, 1},
	{"Expm164", Expm164, math.Expm1, 1},
	{"Log64", Log64, math.Log, 1},
	{"Log1p64", Log1p64, math.Log1p, 1},
	{"Tanh64", Tanh64, math.Tanh, 2},
	{"Sigmoid64", Sigmoid64, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 2.5},
	{"Erf64", Erf64, math.Erf, 1},
	{"Sin64", Sin64, math.Sin, 1.6},
	{"Cos64", Cos64, math.Cos, 1.6},
	{"NormInv64", NormInv64, nil, 8},
	{"Sqrt64", Sqrt64, math.Sqrt, 0.5},
	{"Floor64", Floor64, math.Floor, 0},
}

var vectors = flag.String("vectors", "testdata/math64.txt", "the golden values of TestGolden64, as testdata/vectors.py writes them")

const boundPow64 = 1

// ulps64 returns the error of got in units of the spacing of float64 at the exact
// result, which is want + rest units.
func ulps64(got, want, rest float64) float64 {
	if want != want || got != got {
		if want != want && got != got {
			return 0
		}
		return math.Inf(1)
	}
	if got == want {
		if got == 0 && math.Signbit(got) != math.Signbit(want) {
			return math.Inf(1)
		}
		return math.Abs(rest)
	}
	if math.IsInf(got, 0) || math.IsInf(want, 0) {
		return math.Inf(1)
	}
	e := max(int(math.Float64bits(want)>>52&0x7ff)-1023-52, -1074)
	return math.Abs(math.Ldexp(got-want, -e) - rest)
}

// TestGolden64 compares with values of mpmath (testdata/vectors.py).
func TestGolden64(t *testing.T) {
	text, err := os.ReadFile(*vectors)
	require.NoError(t, err)
	bound, worst, where, count := map[string]float64{"Pow64": boundPow64}, map[string]float64{}, map[string]string{}, map[string]int{}
	fs := map[string]func(float64) float64{}
	for _, c := range functions64 {
		bound[c.name], fs[c.name] = c.bound, c.f
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		return v
	}
	for line := range strings.Lines(string(text)) {
		w := strings.Fields(line)
		if w[0] == "#" {
			continue
		}
		var got float64
		switch n := len(w); {
		case w[0] == "Pow64":
			got = Pow64(number(w[1]), number(w[2]))
		default:
			require.Equal(t, 4, n, line)
			got = fs[w[0]](number(w[1]))
		}
		want, rest := number(w[len(w)-2]), number(w[len(w)-1])
		u := ulps64(got, want, rest)
		if periodic(w[0]) && (w[0] == "Cos64" || math.Abs(number(w[1])) > 1) { // near its zeros the error is absolute
			u = min(u, math.Abs(got-want)*0x1p55)
		}
		count[w[0]]++
		if u > worst[w[0]] {
			worst[w[0]], where[w[0]] = u, strings.TrimSpace(line)+", got "+strconv.FormatFloat(got, 'x', -1, 64)
		}
	}
	for name, b := range bound {
		if count[name] == 0 {
			require.Contains(t, []string{"Sqrt64", "Floor64"}, name)
			continue
		}
		t.Logf("%s: max %.4f ULP of %d values, bound %g, at %s", name, worst[name], count[name], b, where[name])
		require.GreaterOrEqual(t, count[name], 500, name)
		require.LessOrEqual(t, worst[name], b, "%s at %s", name, where[name])
	}
}

// mathFails says where package math cannot be the reference: on amd64 (Go 1.26)
// math.Exp returns +Inf from about 709.44 on, although e**x is finite up to 709.78,
// and math.Log is wrong for subnormal numbers.
func mathFails(x float64) bool {
	a := math.Abs(x)
	return a > 709 && a < 746 || a > 0 && a < 0x1p-1022
}

func periodic(name string) bool { return name == "Sin64" || name == "Cos64" }

var special64 = []float64{
	0, math.Copysign(0, -1), 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 0.25, 0.75,
	math.Inf(1), math.Inf(-1), math.NaN(),
	math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64,
	0x1p-1022, -0x1p-1022, 0x1.ffffffffffffep-1023, 1 << 52, -(1 << 52), 1<<53 - 1, -(1<<53 - 1), 1 << 53, 1<<53 + 2, 0x1p63, -0x1p64, 0x1p65,
	1<<51 + 0.5, 1 - 0x1p-53, 1 + 0x1p-52, -(1 - 0x1p-53), 709.7, -745, 1e300, -1e300, 1e-300,
}

func TestSpecial64(t *testing.T) {
	for _, c := range functions64 {
		for _, x := range special64 {
			if c.ref == nil || mathFails(x) || periodic(c.name) && math.Abs(x) > 1<<29 { // there package math loses digits near zeros
				continue
			}
			require.LessOrEqual(t, ulps64(c.f(x), c.ref(x), 0), c.bound+1, "%s(%g) = %g", c.name, x, c.f(x))
		}
	}
	for _, x := range special64 {
		require.Zero(t, ulps64(Abs64(x), math.Abs(x), 0))
		for _, y := range special64 {
			want := math.Pow(x, y)
			if x == 0 || x != x || y == 0 || y != y || math.IsInf(x, 0) || math.IsInf(y, 0) || x == 1 || x == -1 || want != want {
				require.Zero(t, ulps64(Pow64(x, y), want, 0), "Pow64(%g, %g) = %g, want %g", x, y, Pow64(x, y), want)
			} else if got := Pow64(x, y); got != want && !mathFails(x) { // math.Pow loses digits for large y: 1e-8 at (1-2^-53)^2^52
				require.InEpsilon(t, want, got, 1e-7, "Pow64(%g, %g)", x, y)
			}
			top, low := x, x
			if x < y {
				top = y
			}
			if y < x {
				low = y
			}
			require.Equal(t, math.Float64bits(top), math.Float64bits(Max64(x, y)))
			require.Equal(t, math.Float64bits(low), math.Float64bits(Min64(x, y)))
		}
	}
	require.Equal(t, math.Inf(-1), NormInv64(0))
	require.Equal(t, math.Inf(1), NormInv64(1))
	require.Zero(t, NormInv64(0.5))
	for _, p := range []float64{-1, -math.SmallestNonzeroFloat64, 1 + 0x1p-52, 2, math.Inf(1), math.Inf(-1), math.NaN()} {
		require.True(t, math.IsNaN(NormInv64(p)), "%g", p)
	}
	require.Equal(t, 1.0, Cos64(0))
	require.Equal(t, -1.0, Cos64(math.Pi))
}

// TestPow64Exact checks whole powers that a float64 holds.
func TestPow64Exact(t *testing.T) {
	for x := int64(-40); x <= 40; x++ {
		p := int64(1)
		for y := 0; y < 60; y++ {
			require.Equal(t, float64(p), Pow64(float64(x), float64(y)), "%d^%d", x, y)
			if p *= x; max(p, -p) >= 1<<53 || p == 0 {
				break
			}
		}
	}
	for y := -1074; y < 1024; y++ {
		require.Equal(t, math.Ldexp(1, y), Pow64(2, float64(y)))
	}
}

// TestAgainstMath64 catches what the golden values may have missed: an interval
// with a wrong coefficient is far off.
func TestAgainstMath64(t *testing.T) {
	for _, c := range functions64 {
		if c.ref == nil {
			continue
		}
		worst, at := 0.0, 0.0
		for i := range uint64(200_000) {
			r := Uniform(7, PurposeData, 0, i)
			x := (r*2 - 1) * 40
			switch i % 4 {
			case 1:
				x = (r*2 - 1) * 2
			case 2:
				x = r * 1000
			case 3:
				x = math.Ldexp(r*2-1, int(i%1000)-500)
			}
			if mathFails(x) {
				continue
			}
			got, want := c.f(x), c.ref(x)
			if periodic(c.name) && math.Abs(got-want) < 0x1p-52 { // near zeros
				continue
			}
			if u := ulps64(got, want, 0); u > worst {
				worst, at = u, x
			}
		}
		require.LessOrEqual(t, worst, c.bound+2, "%s at %g", c.name, at) // the reference may be off by one or two
	}
}

// inputs64 are inputs32; converted in the loop they would make it wait for itself.
func inputs64() *[1024]float64 {
	var x [1024]float64
	for i, v := range inputs32() {
		x[i] = float64(v)
	}
	return &x
}

func BenchmarkExp64(b *testing.B) {
	x := inputs64()
	for i := range b.N {
		sink64 = Exp64(x[i&1023])
	}
}

func BenchmarkTanh64(b *testing.B) {
	x := inputs64()
	for i := range b.N {
		sink64 = Tanh64(x[i&1023])
	}
}

func BenchmarkErf64(b *testing.B) {
	x := inputs64()
	for i := range b.N {
		sink64 = Erf64(x[i&1023])
	}
}

func BenchmarkPow64(b *testing.B) {
	x := inputs64()
	for i := range b.N {
		sink64 = Pow64(Abs64(x[i&1023]), 1.7)
	}
}

func BenchmarkNormInv64(b *testing.B) {
	for i := range b.N {
		sink64 = NormInv64((float64(i&1023) + 0.5) / 1024)
	}
}

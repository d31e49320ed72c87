package nnrt

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPhilox checks the known answers of the Random123 distribution (kat_vectors,
// "philox4x32 10").
func TestPhilox(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint32
		key     uint64
		want    [4]uint32
	}{
		{[4]uint32{}, 0, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffff_ffffffff, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0_a4093822, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		r0, r1, r2, r3 := Philox(c.key, c.counter[0], c.counter[1], c.counter[2], c.counter[3])
		require.Equal(t, c.want, [4]uint32{r0, r1, r2, r3})
	}
}

func TestRandomCounter(t *testing.T) {
	r0, r1, r2, r3 := Random(0x0123456789abcdef, PurposeDropout, 11, 22, 33, 44)
	w0, w1, w2, w3 := Philox(0x0123456789abcdef, 44, 33, 22<<8|3, 11)
	require.Equal(t, [4]uint32{w0, w1, w2, w3}, [4]uint32{r0, r1, r2, r3})
	require.Equal(t, []Purpose{1, 2, 3, 4, 5, 6},
		[]Purpose{PurposeInit, PurposeShuffle, PurposeDropout, PurposeDropConnect, PurposeData, PurposeSplit})
}

func TestUniform(t *testing.T) {
	r0, r1, _, _ := Random(9, PurposeInit, 0, 5, 3, 7)
	require.Equal(t, math.Ldexp(float64((uint64(r0)<<32|uint64(r1))>>11), -53), Uniform(9, PurposeInit, 5, 3<<32|7))
	var bins [64]int
	const n = 64 * 4000
	sum := 0.0
	for i := range uint64(n) {
		u := Uniform(1, PurposeInit, 0, i)
		require.True(t, u >= 0 && u < 1)
		bins[int(u*64)]++
		sum += u
	}
	chi := 0.0
	for _, c := range bins {
		chi += float64((c-4000)*(c-4000)) / 4000
	}
	t.Logf("chi-square %.1f with 63 degrees of freedom, mean %.5f", chi, sum/n)
	require.Greater(t, chi, 35.0) // P = 0.2 %
	require.Less(t, chi, 103.0)   // P = 0.1 %
	require.InDelta(t, 0.5, sum/n, 4*0.2887/math.Sqrt(n))
}

func TestNormal(t *testing.T) {
	var bins [50]int
	const n = 50 * 5000
	var s1, s2, s3, s4 float64
	for i := range uint64(n) {
		x := Normal(2, PurposeInit, 1, i)
		bins[min(int(50*0.5*math.Erfc(-x/math.Sqrt2)), 49)]++
		s1 += x
		s2 += x * x
		s3 += x * x * x
		s4 += x * x * x * x
	}
	chi := 0.0
	for _, c := range bins {
		chi += float64((c-5000)*(c-5000)) / 5000
	}
	t.Logf("chi-square %.1f with 49 degrees of freedom; moments %.4f %.4f %.4f %.4f", chi, s1/n, s2/n, s3/n, s4/n)
	require.Greater(t, chi, 25.0)
	require.Less(t, chi, 85.0)
	require.InDelta(t, 0, s1/n, 4/math.Sqrt(n))
	require.InDelta(t, 1, s2/n, 4*math.Sqrt(2.0/n))
	require.InDelta(t, 0, s3/n, 4*math.Sqrt(15.0/n))
	require.InDelta(t, 3, s4/n, 4*math.Sqrt(96.0/n))
	// the ends of the open interval
	require.InDelta(t, -8.2095, NormInv64(0.5*0x1p-52), 1e-4)
	require.Equal(t, -NormInv64(0.5*0x1p-52), NormInv64((float64(uint64(1)<<52-1)+0.5)*0x1p-52))
}

func TestTruncNormal(t *testing.T) {
	var bins [50]int
	const n = 50 * 4000
	low, span := 0.5*math.Erfc(math.Sqrt2), math.Erf(math.Sqrt2)
	for i := range uint64(n) {
		x := TruncNormal(2, PurposeInit, 1, i)
		require.True(t, x >= -2 && x <= 2)
		bins[min(int(50*(0.5*math.Erfc(-x/math.Sqrt2)-low)/span), 49)]++
	}
	chi := 0.0
	for _, c := range bins {
		chi += float64((c-4000)*(c-4000)) / 4000
	}
	require.Greater(t, chi, 25.0)
	require.Less(t, chi, 85.0)
}

func TestPermutation(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 7, 1000} {
		p := make([]int32, n)
		Permutation(p, 5, PurposeShuffle, 3)
		s := slices.Clone(p)
		slices.Sort(s)
		for i := range s {
			require.Equal(t, int32(i), s[i])
		}
	}
	// every order of four is as frequent as any other
	count := map[[4]int32]int{}
	for epoch := range uint32(24 * 1000) {
		var p [4]int32
		Permutation(p[:], 6, PurposeShuffle, epoch)
		count[p]++
	}
	require.Len(t, count, 24)
	chi := 0.0
	for _, c := range count {
		chi += float64((c-1000)*(c-1000)) / 1000
	}
	require.Less(t, chi, 49.7) // P = 0.1 %, 23 degrees of freedom
	p := make([]int32, 1000)
	require.Zero(t, testing.AllocsPerRun(10, func() { Permutation(p, 1, PurposeShuffle, 2) }))
}

func TestDropout(t *testing.T) {
	const n = 40_000
	const threshold = 1288490189 // 0.3·2^32
	whole := make([]float64, n)
	Dropout(whole, 3, PurposeDropout, 1, 2, 4, 0, threshold, 1/0.7)
	zeros, pairs := 0, 0
	for i, v := range whole {
		r0, r1, r2, r3 := Random(3, PurposeDropout, 1, 2, 4, uint32(i/4))
		want := 1 / 0.7
		if [4]uint32{r0, r1, r2, r3}[i%4] < uint32(threshold) {
			want = 0
		}
		require.Equal(t, want, v)
		if v == 0 {
			zeros++
			if i > 0 && whole[i-1] == 0 {
				pairs++
			}
		}
	}
	require.InDelta(t, 0.3, float64(zeros)/n, 4*math.Sqrt(0.21/n))
	require.InDelta(t, 0.09, float64(pairs)/n, 4*math.Sqrt(0.09*0.91/n))
	// any part is the same as that part of the whole
	for first := range 9 {
		for size := range 12 {
			m := make([]float64, size)
			Dropout(m, 3, PurposeDropout, 1, 2, 4, uint64(first), threshold, 1/0.7)
			require.Equal(t, whole[first:first+size], m)
		}
	}
	m := make([]float32, 64)
	Dropout(m, 3, PurposeDropout, 1, 2, 4, 0, 0, 1)
	require.NotContains(t, m, float32(0))
	require.Zero(t, testing.AllocsPerRun(10, func() { Dropout(m, 3, PurposeDropConnect, 1, 2, 4, 5, 1<<30, 2) }))
}

func TestOrthogonal(t *testing.T) {
	for _, d := range [][2]int{{1, 1}, {1, 5}, {5, 1}, {3, 3}, {4, 9}, {9, 4}, {64, 64}, {100, 30}, {30, 100}} {
		rows, cols := d[0], d[1]
		const gain = 1.7
		m := make([]float64, rows*cols)
		Orthogonal(m, rows, cols, gain, 8, 3)
		at := func(i, k int) float64 { return m[i*cols+k] } // vector i of length size
		random := func(i, k int) float64 { return Normal(8, PurposeInit, 3, uint64(i*cols+k)) }
		count, size := rows, cols
		if rows > cols {
			at = func(i, k int) float64 { return m[k*cols+i] }
			random = func(i, k int) float64 { return Normal(8, PurposeInit, 3, uint64(k*cols+i)) }
			count, size = cols, rows
		}
		for i := range count {
			for j := range i + 1 {
				s, r := 0.0, 0.0
				for k := range size {
					s += at(i, k) * at(j, k)
					r += random(i, k) * at(j, k)
				}
				want := 0.0
				if i == j {
					want = gain * gain
					require.Positive(t, r, "the diagonal of R")
				}
				require.InDelta(t, want, s, 1e-14*float64(size), "%v %d %d", d, i, j)
			}
			// vector i lies in the span of the random vectors 0 … i
			rest := make([]float64, size)
			for k := range rest {
				rest[k] = random(i, k)
			}
			for j := range i + 1 {
				s := 0.0
				for k := range size {
					s += random(i, k) * at(j, k) / (gain * gain)
				}
				for k := range rest {
					rest[k] -= s * at(j, k)
				}
			}
			for _, v := range rest {
				require.InDelta(t, 0, v, 1e-12)
			}
		}
	}
	Orthogonal(nil, 0, 5, 1, 1, 1)
}

func BenchmarkPhilox(b *testing.B) {
	for i := range b.N {
		sink32u, _, _, _ = Philox(1, uint32(i), 2, 3, 4)
	}
}

var sink32u uint32

func BenchmarkDropout1024(b *testing.B) {
	m := make([]float32, 1024)
	for i := range b.N {
		Dropout(m, 1, PurposeDropout, uint32(i), 1, 1, 0, 1<<31, 2)
	}
}

func BenchmarkOrthogonal256(b *testing.B) {
	m := make([]float64, 256*256)
	for range b.N {
		Orthogonal(m, 256, 256, 1, 1, 1)
	}
}

package nnrt

import (
	"math"
	"math/bits"
)

// Philox is the counter-based generator Philox4x32-10 of Salmon, Moraes, Dror and
// Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011). It maps a key, of
// which the low 32 bits are the first key word, and a counter of four words to
// four words that look random.
func Philox(key uint64, c0, c1, c2, c3 uint32) (r0, r1, r2, r3 uint32) {
	k0, k1 := uint32(key), uint32(key>>32)
	for range 10 {
		p := 0xd2511f53 * uint64(c0)
		q := 0xcd9e8d57 * uint64(c2)
		c0, c1, c2, c3 = uint32(q>>32)^c1^k0, uint32(q), uint32(p>>32)^c3^k1, uint32(p)
		k0 += 0x9e3779b9
		k1 += 0xbb67ae85
	}
	return c0, c1, c2, c3
}

// Purpose separates the streams of random numbers that share a seed.
type Purpose uint8

// The purposes. Their values are part of the numeric contract.
const (
	PurposeInit        Purpose = 1 // initial weights
	PurposeShuffle     Purpose = 2 // order of the samples in an epoch
	PurposeDropout     Purpose = 3 // dropped units
	PurposeDropConnect Purpose = 4 // dropped weights
	PurposeData        Purpose = 5 // synthetic or augmented data
	PurposeSplit       Purpose = 6 // split into training and validation data
)

// Random returns four random words for a place in the computation, which do not
// depend on anything else.
//
//	Philox(seed, block, sample, layer<<8 | purpose, step)
//
// The layer must be below 2^24.
func Random(seed uint64, purpose Purpose, step, layer, sample, block uint32) (r0, r1, r2, r3 uint32) {
	return Philox(seed, block, sample, layer<<8|uint32(purpose), step)
}

// Uniform returns the i-th uniform number of a layer, in [0, 1), a multiple of 2^-53.
//
//	(r0·2^32 + r1)>>11 · 2^-53, r = Random(seed, purpose, 0, layer, i>>32, i mod 2^32)
func Uniform(seed uint64, purpose Purpose, layer uint32, i uint64) float64 {
	r0, r1, _, _ := Random(seed, purpose, 0, layer, uint32(i>>32), uint32(i))
	return float64(float64((uint64(r0)<<32|uint64(r1))>>11) * 0x1p-53)
}

// Normal returns the i-th number of a layer from the standard normal distribution.
//
//	NormInv64(((r0·2^32 + r1)>>12 + 1/2) · 2^-52), r as in Uniform
//
// Its magnitude is at most 8.21.
func Normal(seed uint64, purpose Purpose, layer uint32, i uint64) float64 {
	r0, r1, _, _ := Random(seed, purpose, 0, layer, uint32(i>>32), uint32(i))
	return NormInv64(float64((float64((uint64(r0)<<32|uint64(r1))>>12) + 0.5) * 0x1p-52))
}

// TruncNormal returns the i-th number of a layer from the standard normal
// distribution truncated to [-2, 2].
//
//	NormInv64(Φ(-2) + u·(Φ(2) - Φ(-2))), u = Uniform(seed, purpose, layer, i)
func TruncNormal(seed uint64, purpose Purpose, layer uint32, i uint64) float64 {
	const (
		low  = 0.02275013194817920720028263716653344  // Φ(-2)
		span = 0.954499736103641585599434725666933125 // Φ(2) - Φ(-2)
	)
	u := Uniform(seed, purpose, layer, i)
	return Max64(-2, Min64(2, NormInv64(low+float64(u*span))))
}

// Permutation fills p with a random order of 0 … len(p)-1, by the shuffle of
// Fisher and Yates from the end.
//
//	for t = 0, 1, …, n-2: i = n-1-t, j = floor(w(t)·(i+1)/2^64), swap p[i], p[j]
//
// where w(t) is r0·2^32 + r1 for even t and r2·2^32 + r3 for odd t, and r is
// Random(seed, purpose, epoch, 0, 0, t/2). It does not allocate.
func Permutation(p []int32, seed uint64, purpose Purpose, epoch uint32) {
	for i := range p {
		p[i] = int32(i)
	}
	var w, next uint64
	for t := 0; t < len(p)-1; t++ {
		if t&1 == 0 {
			r0, r1, r2, r3 := Random(seed, purpose, epoch, 0, 0, uint32(t/2))
			w = uint64(r0)<<32 | uint64(r1)
			next = uint64(r2)<<32 | uint64(r3)
		} else {
			w = next
		}
		i := len(p) - 1 - t
		j, _ := bits.Mul64(w, uint64(i)+1)
		p[i], p[j] = p[j], p[i]
	}
}

// Dropout fills m with the mask of a run of units, first, first+1, …
//
//	m[j] = 0 if word < threshold, else scale
//
// where unit u = first+j takes word u mod 4 of Random(seed, purpose, step, layer,
// sample, u/4). A drop probability p is the threshold p·2^32. It does not
// allocate.
func Dropout[T float32 | float64](m []T, seed uint64, purpose Purpose, step, layer, sample uint32, first uint64, threshold uint32, scale T) {
	for j := 0; j < len(m); {
		u := first + uint64(j)
		r0, r1, r2, r3 := Random(seed, purpose, step, layer, sample, uint32(u/4))
		r := [4]uint32{r0, r1, r2, r3}
		for k := u % 4; k < 4 && j < len(m); k++ {
			m[j] = scale
			if r[k] < threshold {
				m[j] = 0
			}
			j++
		}
	}
}

// Orthogonal fills dst, a row-major matrix of rows × cols, with gain times a
// random matrix that has orthonormal rows or columns, whichever are fewer.
//
// As in PyTorch it is the factor Q of the QR decomposition of a matrix of standard
// normal numbers (of its transpose if rows < cols), its signs fixed so that R has
// a positive diagonal. Element (r, c) of the normal matrix is
// Normal(seed, PurposeInit, layer, r·cols + c).
func Orthogonal(dst []float64, rows, cols int, gain float64, seed uint64, layer uint32) {
	if rows <= 0 || cols <= 0 {
		return
	}
	// The count vectors to be made orthonormal lie one after another in q.
	count, size := rows, cols
	q := dst[:rows*cols]
	tall := rows > cols
	if tall {
		count, size = cols, rows
		q = make([]float64, rows*cols)
	}
	for r := range rows {
		for c := range cols {
			v := Normal(seed, PurposeInit, layer, uint64(r)*uint64(cols)+uint64(c))
			if tall {
				q[c*size+r] = v
			} else {
				q[r*size+c] = v
			}
		}
	}
	// Gram-Schmidt, modified, each vector twice: R's diagonal comes out positive,
	// and the vectors are orthogonal to rounding.
	for i := range count {
		v := q[i*size : (i+1)*size]
		for range 2 {
			for j := range i {
				w := q[j*size : (j+1)*size]
				d := dot64(v, w)
				for k, e := range w {
					v[k] -= float64(d * e)
				}
			}
			d := 1 / math.Sqrt(dot64(v, v))
			for k := range v {
				v[k] = float64(v[k] * d)
			}
		}
	}
	if !tall {
		for k := range q {
			q[k] = float64(q[k] * gain)
		}
		return
	}
	for r := range rows {
		for c := range cols {
			dst[r*cols+c] = float64(q[c*size+r] * gain)
		}
	}
}

// dot64 returns the sum of a[k]·b[k], in four interleaved chains.
func dot64(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	k := 0
	for ; k+4 <= len(a); k += 4 {
		s0 += float64(a[k] * b[k])
		s1 += float64(a[k+1] * b[k+1])
		s2 += float64(a[k+2] * b[k+2])
		s3 += float64(a[k+3] * b[k+3])
	}
	for ; k < len(a); k++ {
		s0 += float64(a[k] * b[k])
	}
	return (s0 + s1) + (s2 + s3)
}

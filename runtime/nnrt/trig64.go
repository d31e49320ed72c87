// The argument reduction of Sin64 and Cos64 below 2^16 is that of Go's package
// math, with explicit roundings. It came with these notices, which must stay with
// any copy.
//
// Copyright 2009 The Go Authors.
//
// Redistribution and use in source and binary forms, with or without
// modification, are permitted provided that the following conditions are
// met:
//
//    * Redistributions of source code must retain the above copyright
// notice, this list of conditions and the following disclaimer.
//    * Redistributions in binary form must reproduce the above
// copyright notice, this list of conditions and the following disclaimer
// in the documentation and/or other materials provided with the
// distribution.
//    * Neither the name of Google LLC nor the names of its
// contributors may be used to endorse or promote products derived from
// this software without specific prior written permission.
//
// THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS
// "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT
// LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR
// A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT
// OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
// SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT
// LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
// DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY
// THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
// (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
// OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
//
// The sine and the cosine are from the Cephes Math Library Release 2.8: June,
// 2000, Copyright 1984, 1987, 1989, 1992, 2000 by Stephen L. Moshier, "What you see
// here may be used freely but it comes with no support or guarantee."

package nnrt

import (
	"math"
	"math/bits"
)

// Sin64 returns the sine of the angle x in radians.
//
//	x = j·π/4 + z, |z| <= π/4, j even; then z + z³·S(z²) or 1 - z²/2 + z⁴·C(z²), by j
//
// The error is at most 1.6 ULP (1.51 measured), or 2^-55 near the zeros beyond 0. Sin64(±0) = ±0,
// Sin64(±Inf) = NaN, Sin64(NaN) = NaN.
func Sin64(x float64) float64 {
	j, z := octant64(Abs64(x))
	y := sine64(z)
	if j&2 != 0 {
		y = cosine64(z)
	}
	if (j >= 4) != math.Signbit(x) {
		y = -y
	}
	return y
}

// Cos64 returns the cosine of the angle x in radians, as Sin64 does.
//
// The error is at most 1.6 ULP (1.51 measured), or 2^-55 near the zeros. Cos64(±Inf) = NaN,
// Cos64(NaN) = NaN.
func Cos64(x float64) float64 {
	j, z := octant64(Abs64(x))
	y := cosine64(z)
	if j&2 != 0 {
		y = sine64(z)
	}
	if j == 2 || j == 4 {
		y = -y
	}
	return y
}

// octant64 returns the even j < 8 and the z, |z| <= π/4, of a = 8·n·π/4 + j·π/4 + z,
// a >= 0; NaN for a that is not finite.
func octant64(a float64) (j uint32, z float64) {
	const (
		pi4a = 7.85398125648498535156e-1 // π/4 in three parts
		pi4b = 3.77489470793079817668e-8
		pi4c = 2.69515142907905952645e-15
	)
	if !(a < 1<<16) {
		return octantOfLarge64(a)
	}
	j = uint32(float64(a * (4 / math.Pi)))
	j += j & 1
	y := float64(j)
	z = ((a - float64(y*pi4a)) - float64(y*pi4b)) - float64(y*pi4c)
	return j & 7, z
}

// octantOfLarge64 is octant64 from 2^16 on: a = m·2^e with a whole m is multiplied by
// those 192 bits of 4/π of which the product reaches below 8 (Payne and Hanek 1983).
func octantOfLarge64(a float64) (j uint32, z float64) {
	if !(a <= math.MaxFloat64) {
		return 0, math.NaN()
	}
	b := math.Float64bits(a)
	m, at := b&(1<<52-1)|1<<52, uint(b>>52)-1023-52+61
	word, shift := at/64, at%64
	var part [3]uint64
	for k := range part {
		part[k] = fourOverPi[word+uint(k)]<<shift | fourOverPi[word+uint(k)+1]>>(64-shift)
	}
	carry, _ := bits.Mul64(part[2], m)
	high, low := bits.Mul64(part[1], m)
	low, c := bits.Add64(low, carry, 0)
	high, _ = bits.Add64(high, part[0]*m, c)
	j = uint32(high >> 61) // three bits before the point, then 125 of the fraction
	high, low = high<<3|low>>61, low<<3
	negative := j&1 != 0
	if negative { // the distance from the next even octant
		j++
		low, c = bits.Sub64(0, low, 0)
		high, _ = bits.Sub64(0, high, c)
	}
	zeros := uint(bits.LeadingZeros64(high)) // at most 62: no float64 is closer to a multiple of π/4
	f := float64(high<<zeros | low>>(64-zeros))
	z = float64(float64(f*math.Float64frombits(uint64(1023-64-zeros)<<52)) * (math.Pi / 4))
	if negative {
		z = -z
	}
	return j & 7, z
}

// fourOverPi is 4/π, 64 bits behind the point in each word after the first.
var fourOverPi = [...]uint64{
	0x1, 0x45f306dc9c882a53, 0xf84eafa3ea69bb81, 0xb6c52b3278872083,
	0xfca2c757bd778ac3, 0x6e48dc74849ba5c0, 0x0c925dd413a32439, 0xfc3bd63962534e7d,
	0xd1046bea5d768909, 0xd338e04d68befc82, 0x7323ac7306a673e9, 0x3908bf177bf25076,
	0x3ff12fffbc0b301f, 0xde5e2316b414da3e, 0xda6cfd9e4f96136e, 0x9e8c7ecd3cbfd45a,
	0xea4f758fd7cbe2f6, 0x7a0e73ef14a525d4, 0xd7f6bf623f1aba10, 0xac06608df8f6d757,
}

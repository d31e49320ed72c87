// Expm164, Log64, Log1p64, Erf64, Tanh64 and Cos64, and the core of Exp64, follow
// the pure Go algorithms of Go's package math with explicit roundings and other
// small changes. They came with these notices, which must stay with any copy.
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
// The exponentials, logarithms and the error function are from FreeBSD's
// /usr/src/lib/msun/src and came with this notice:
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
//
// Permission to use, copy, modify, and distribute this
// software is freely granted, provided that this notice
// is preserved.
// ====================================================
//
// The hyperbolic tangent and the cosine are from the Cephes Math Library Release
// 2.8: June, 2000, Copyright 1984, 1987, 1989, 1992, 2000 by Stephen L. Moshier,
// "What you see here may be used freely but it comes with no support or
// guarantee."

package nnrt

import "math"

// Cos64 returns the cosine of the angle x in radians.
//
//	x = j·π/4 + z, |z| <= π/4; then 1 - z²/2 + z⁴·C(z²) or z + z³·S(z²) by the octant j
//
// For |x| <= 10⁵ the error is at most 1.5 ULP (1.44 measured), or 2^-55 near the
// zeros. Cos64(±Inf) = NaN, Cos64(NaN) = NaN, and NaN for |x| >= 2^29,
// where this argument reduction ends.
func Cos64(x float64) float64 {
	const (
		pi4a = 7.85398125648498535156e-1 // π/4 in three parts
		pi4b = 3.77489470793079817668e-8
		pi4c = 2.69515142907905952645e-15
		s0   = 1.58962301576546568060e-10
		s1   = -2.50507477628578072866e-8
		s2   = 2.75573136213857245213e-6
		s3   = -1.98412698295895385996e-4
		s4   = 8.33333333332211858878e-3
		s5   = -1.66666666666666307295e-1
		c0   = -1.13585365213876817300e-11
		c1   = 2.08757008419747316778e-9
		c2   = -2.75573141792967388112e-7
		c3   = 2.48015872888517045348e-5
		c4   = -1.38888888888730564116e-3
		c5   = 4.16666666666665929218e-2
	)
	a := Abs64(x)
	if !(a < 1<<29) {
		return math.NaN()
	}
	j := uint32(float64(a * (4 / math.Pi)))
	j += j & 1
	y := float64(j)
	z := ((a - float64(y*pi4a)) - float64(y*pi4b)) - float64(y*pi4c)
	j &= 7
	w := float64(z * z)
	if j == 2 || j == 6 {
		p := float64(s0*w) + s1
		p = float64(p*w) + s2
		p = float64(p*w) + s3
		p = float64(p*w) + s4
		p = float64(p*w) + s5
		y = z + float64(float64(z*w)*p)
	} else {
		p := float64(c0*w) + c1
		p = float64(p*w) + c2
		p = float64(p*w) + c3
		p = float64(p*w) + c4
		p = float64(p*w) + c5
		y = (1 - float64(0.5*w)) + float64(float64(w*w)*p)
	}
	if j == 2 || j == 4 {
		y = -y
	}
	return y
}

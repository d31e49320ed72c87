// Expm164, Log64, Log1p64, Erf64, Tanh64 and the core of Exp64 follow the
// pure Go algorithms of Go's package math with explicit roundings and other
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
// The hyperbolic tangent is from the Cephes Math Library Release
// 2.8: June, 2000, Copyright 1984, 1987, 1989, 1992, 2000 by Stephen L. Moshier,
// "What you see here may be used freely but it comes with no support or
// guarantee."

package nnrt

import "math"

// exp64 returns e**(hi-lo) · 2**k for |hi-lo| <= ln(2)/2.
func exp64(hi, lo float64, k int) float64 {
	const (
		p1 = 1.66666666666666657415e-01
		p2 = -2.77777777770155933842e-03
		p3 = 6.61375632143793436117e-05
		p4 = -1.65339022054652515390e-06
		p5 = 4.13813679705723846039e-08
	)
	r := hi - lo
	t := float64(r * r)
	c := r - float64(t*(p1+float64(t*(p2+float64(t*(p3+float64(t*(p4+float64(t*p5)))))))))
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	// 2**k in two exact factors: k reaches from -1076 to 1024.
	h := k >> 1
	y = float64(y * math.Float64frombits(uint64(h+1023)<<52))
	return float64(y * math.Float64frombits(uint64(k-h+1023)<<52))
}

// Exp64 returns e**x.
//
//	n = round(x/ln 2), r = x - n·ln 2, e**x = 2**n · (1 + r + r·R(r)/(2 - R(r)))
//
// Error at most 1 ULP (0.88 measured). Exp64(+Inf) = +Inf, Exp64(-Inf) = 0,
// Exp64(NaN) = NaN; overflow gives +Inf, underflow 0.
func Exp64(x float64) float64 {
	const (
		ln2hi = 6.93147180369123816490e-01
		ln2lo = 1.90821492927058770002e-10
		log2e = 1.44269504088896338700e+00
		magic = 1.5 * (1 << 52) // adding it rounds to an integer
	)
	switch {
	case x != x:
		return x
	case x > 7.09782712893383973096e+02:
		return math.Inf(1)
	case x < -745.2:
		return 0
	case -0x1p-28 < x && x < 0x1p-28:
		return 1 + x
	}
	m := float64(log2e*x) + magic
	n := m - magic
	return exp64(x-float64(n*ln2hi), float64(n*ln2lo), int(int32(math.Float64bits(m))))
}

// Expm164 returns e**x - 1, accurate also near zero.
//
//	e**x - 1 = 2**n·((e**r - 1) + (1 - 2**-n)), x = n·ln 2 + r
//
// Error at most 1 ULP (0.75 measured). Expm164(±0) = ±0, Expm164(+Inf) = +Inf,
// Expm164(-Inf) = -1, Expm164(NaN) = NaN.
func Expm164(x float64) float64 {
	const (
		ln2hi = 6.93147180369123816490e-01
		ln2lo = 1.90821492927058770002e-10
		log2e = 1.44269504088896338700e+00
		q1    = -3.33333333333331316428e-02
		q2    = 1.58730158725481460165e-03
		q3    = -7.93650757867487942473e-05
		q4    = 4.00821782732936239552e-06
		q5    = -2.01099218183624371326e-07
	)
	a := Abs64(x)
	switch {
	case x != x || a < 0x1p-54:
		return x
	case x <= -3.88162421113569373274e+01: // -56·ln 2
		return -1
	case x > 7.09782712893383973096e+02:
		return math.Inf(1)
	}
	var c float64
	k := 0
	if a > 3.46573590279972654709e-01 { // ln(2)/2
		switch {
		case a >= 1.03972077083991796413e+00: // 3·ln(2)/2
			m := float64(log2e * x)
			if x < 0 {
				m -= 0.5
			} else {
				m += 0.5
			}
			k = int(m)
		case x < 0:
			k = -1
		default:
			k = 1
		}
		n := float64(k)
		hi := x - float64(n*ln2hi)
		lo := float64(n * ln2lo)
		x = hi - lo
		c = (hi - x) - lo
	}
	hfx := float64(0.5 * x)
	hxs := float64(x * hfx)
	r1 := 1 + float64(hxs*(q1+float64(hxs*(q2+float64(hxs*(q3+float64(hxs*(q4+float64(hxs*q5)))))))))
	t := 3 - float64(r1*hfx)
	e := float64(hxs * ((r1 - t) / (6 - float64(x*t))))
	if k == 0 {
		return x - (float64(x*e) - hxs)
	}
	e = (float64(x*(e-c)) - c) - hxs
	switch {
	case k == -1:
		return float64(0.5*(x-e)) - 0.5
	case k == 1:
		if x < -0.25 {
			return float64(-2 * (e - (x + 0.5)))
		}
		return 1 + float64(2*(x-e))
	case k <= -2 || k > 56:
		y := 1 - (e - x)
		// 2**k in two factors, because 2**1024 is not a float64.
		h := k >> 1
		y = float64(y * math.Float64frombits(uint64(h+1023)<<52))
		return float64(y*math.Float64frombits(uint64(k-h+1023)<<52)) - 1
	case k < 20:
		y := (1 - math.Float64frombits(uint64(1023-k)<<52)) - (e - x)
		return float64(y * math.Float64frombits(uint64(k+1023)<<52))
	}
	y := (x - (e + math.Float64frombits(uint64(1023-k)<<52))) + 1
	return float64(y * math.Float64frombits(uint64(k+1023)<<52))
}

// Log64 returns the natural logarithm of x.
//
//	x = 2**k·(1+f), s = f/(2+f), ln x = k·ln 2 + f - (f²/2 - s·(f²/2 + R(s²)))
//
// Error at most 1 ULP (0.78 measured). Log64(+Inf) = +Inf, Log64(±0) = -Inf,
// Log64(x < 0) = NaN, Log64(NaN) = NaN.
func Log64(x float64) float64 {
	const (
		ln2hi = 6.93147180369123816490e-01
		ln2lo = 1.90821492927058770002e-10
		l1    = 6.666666666666735130e-01
		l2    = 3.999999999940941908e-01
		l3    = 2.857142874366239149e-01
		l4    = 2.222219843214978396e-01
		l5    = 1.818357216161805012e-01
		l6    = 1.531383769920937332e-01
		l7    = 1.479819860511658591e-01
		half  = uint64(0x3fe6a09e667f3bcd) // sqrt(1/2)
	)
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	k := 0
	if x < 0x1p-1022 {
		x = float64(x * (1 << 54))
		k = -54
	}
	b := math.Float64bits(x) - half
	k += int(int64(b) >> 52)
	f := math.Float64frombits(b&(1<<52-1)+half) - 1
	n := float64(k)
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	t1 := float64(s2 * (l1 + float64(s4*(l3+float64(s4*(l5+float64(s4*l7)))))))
	t2 := float64(s4 * (l2 + float64(s4*(l4+float64(s4*l6)))))
	h := float64(0.5 * float64(f*f))
	return float64(n*ln2hi) - ((h - (float64(s*(h+(t1+t2))) + float64(n*ln2lo))) - f)
}

// Log1p64 returns the natural logarithm of 1 + x, accurate also near zero.
//
//	u = 1+x rounded, c = what u lost, ln(1+x) = ln u + c/u
//
// Error at most 1 ULP (0.73 measured). Log1p64(±0) = ±0, Log1p64(-1) = -Inf,
// Log1p64(x < -1) = NaN, Log1p64(+Inf) = +Inf, Log1p64(NaN) = NaN.
func Log1p64(x float64) float64 {
	const (
		ln2hi = 6.93147180369123816490e-01
		ln2lo = 1.90821492927058770002e-10
		l1    = 6.666666666666735130e-01
		l2    = 3.999999999940941908e-01
		l3    = 2.857142874366239149e-01
		l4    = 2.222219843214978396e-01
		l5    = 1.818357216161805012e-01
		l6    = 1.531383769920937332e-01
		l7    = 1.479819860511658591e-01
		half  = uint64(0x3fe6a09e667f3bcd)
	)
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < -1:
		return math.NaN()
	case x == -1:
		return math.Inf(-1)
	case -0x1p-54 < x && x < 0x1p-54:
		return x
	}
	var f, c float64
	k := 0
	if -0.2928932188134524 < x && x < 0.4142135623730950 {
		f = x
	} else {
		u := x
		if x < 1<<53 {
			u = 1 + x
			if x < 1 {
				c = x - (u - 1)
			} else {
				c = 1 - (u - x)
			}
			c /= u
		}
		b := math.Float64bits(u) - half
		k = int(int64(b) >> 52)
		f = math.Float64frombits(b&(1<<52-1)+half) - 1
	}
	n := float64(k)
	s := f / (2 + f)
	z := float64(s * s)
	p := float64(z * (l1 + float64(z*(l2+float64(z*(l3+float64(z*(l4+float64(z*(l5+float64(z*(l6+float64(z*l7)))))))))))))
	h := float64(0.5 * float64(f*f))
	return float64(n*ln2hi) - ((h - (float64(s*(h+p)) + (float64(n*ln2lo) + c))) - f)
}

// Tanh64 returns the hyperbolic tangent of x.
//
//	|x| < 0.625: x + x³·P(x²)/Q(x²);  else ±(1 - 2/(e**(2|x|) + 1))
//
// Error at most 2 ULP (1.16 measured). Tanh64(±0) = ±0, Tanh64(±Inf) = ±1,
// Tanh64(NaN) = NaN.
func Tanh64(x float64) float64 {
	const (
		p0 = -9.64399179425052238628e-1
		p1 = -9.92877231001918586564e1
		p2 = -1.61468768441708447952e3
		q0 = 1.12811678491632931402e2
		q1 = 2.23548839060100448583e3
		q2 = 4.84406305325125486048e3
	)
	a := Abs64(x)
	if a < 0.625 {
		s := float64(a * a)
		p := float64((float64((float64(p0*s)+p1)*s) + p2) * s)
		q := float64((float64((s+q0)*s)+q1)*s) + q2
		return math.Copysign(a+float64(a*(p/q)), x)
	}
	if a > 22 { // the result is 1 from 19.06 on
		a = 22
	}
	return math.Copysign(1-2/(Exp64(float64(2*a))+1), x)
}

// Sigmoid64 returns the logistic function 1/(1 + e**-x).
//
//	e = e**-|x|;  x < 0: e/(1 + e);  else 1/(1 + e)
//
// Error at most 2.5 ULP (2.24 measured). Sigmoid64(+Inf) = 1, Sigmoid64(-Inf) = 0,
// Sigmoid64(NaN) = NaN.
func Sigmoid64(x float64) float64 {
	if x < 0 {
		e := Exp64(x)
		return e / (1 + e)
	}
	return 1 / (1 + Exp64(-x))
}

// Erf64 returns the error function of x.
//
//	|x| < 0.84375: x + x·P(x²)/Q(x²);  |x| < 1.25: c + P(|x|-1)/Q(|x|-1);
//	else 1 - e**(-x² - 0.5625 + R(1/x²)/S(1/x²))/|x|
//
// Error at most 1 ULP (0.79 measured). Erf64(±0) = ±0, Erf64(±Inf) = ±1, Erf64(NaN) = NaN.
func Erf64(x float64) float64 {
	const (
		erx = 8.45062911510467529297e-01
		// |x| in [0, 0.84375]
		pp0 = 1.28379167095512558561e-01
		pp1 = -3.25042107247001499370e-01
		pp2 = -2.84817495755985104766e-02
		pp3 = -5.77027029648944159157e-03
		pp4 = -2.37630166566501626084e-05
		qq1 = 3.97917223959155352819e-01
		qq2 = 6.50222499887672944485e-02
		qq3 = 5.08130628187576562776e-03
		qq4 = 1.32494738004321644526e-04
		qq5 = -3.96022827877536812320e-06
		// |x| in [0.84375, 1.25]
		pa0 = -2.36211856075265944077e-03
		pa1 = 4.14856118683748331666e-01
		pa2 = -3.72207876035701323847e-01
		pa3 = 3.18346619901161753674e-01
		pa4 = -1.10894694282396677476e-01
		pa5 = 3.54783043256182359371e-02
		pa6 = -2.16637559486879084300e-03
		qa1 = 1.06420880400844228286e-01
		qa2 = 5.40397917702171048937e-01
		qa3 = 7.18286544141962662868e-02
		qa4 = 1.26171219808761642112e-01
		qa5 = 1.36370839120290507362e-02
		qa6 = 1.19844998467991074170e-02
		// |x| in [1.25, 1/0.35]
		ra0 = -9.86494403484714822705e-03
		ra1 = -6.93858572707181764372e-01
		ra2 = -1.05586262253232909814e+01
		ra3 = -6.23753324503260060396e+01
		ra4 = -1.62396669462573470355e+02
		ra5 = -1.84605092906711035994e+02
		ra6 = -8.12874355063065934246e+01
		ra7 = -9.81432934416914548592e+00
		sa1 = 1.96512716674392571292e+01
		sa2 = 1.37657754143519042600e+02
		sa3 = 4.34565877475229228821e+02
		sa4 = 6.45387271733267880336e+02
		sa5 = 4.29008140027567833386e+02
		sa6 = 1.08635005541779435134e+02
		sa7 = 6.57024977031928170135e+00
		sa8 = -6.04244152148580987438e-02
		// |x| in [1/0.35, 6]
		rb0 = -9.86494292470009928597e-03
		rb1 = -7.99283237680523006574e-01
		rb2 = -1.77579549177547519889e+01
		rb3 = -1.60636384855821916062e+02
		rb4 = -6.37566443368389627722e+02
		rb5 = -1.02509513161107724954e+03
		rb6 = -4.83519191608651397019e+02
		sb1 = 3.03380607434824582924e+01
		sb2 = 3.25792512996573918826e+02
		sb3 = 1.53672958608443695994e+03
		sb4 = 3.19985821950859553908e+03
		sb5 = 2.55305040643316442583e+03
		sb6 = 4.74528541206955367215e+02
		sb7 = -2.24409524465858183362e+01
	)
	a := Abs64(x)
	switch {
	case x != x:
		return x
	case a < 0x1p-900: // pp0·x would be subnormal and lose bits
		t := float64(x * 0x1p100)
		return float64((t + float64(t*pp0)) * 0x1p-100)
	case a < 0.84375:
		z := float64(x * x)
		r := pp0 + float64(z*(pp1+float64(z*(pp2+float64(z*(pp3+float64(z*pp4)))))))
		s := 1 + float64(z*(qq1+float64(z*(qq2+float64(z*(qq3+float64(z*(qq4+float64(z*qq5)))))))))
		return x + float64(x*(r/s))
	case a < 1.25:
		s := a - 1
		p := pa0 + float64(s*(pa1+float64(s*(pa2+float64(s*(pa3+float64(s*(pa4+float64(s*(pa5+float64(s*pa6)))))))))))
		q := 1 + float64(s*(qa1+float64(s*(qa2+float64(s*(qa3+float64(s*(qa4+float64(s*(qa5+float64(s*qa6)))))))))))
		return math.Copysign(erx+p/q, x)
	case a >= 6:
		return math.Copysign(1, x)
	}
	v := 1 / float64(a*a)
	var r, s float64
	if a < 1/0.35 {
		r = ra0 + float64(v*(ra1+float64(v*(ra2+float64(v*(ra3+float64(v*(ra4+float64(v*(ra5+float64(v*(ra6+float64(v*ra7)))))))))))))
		s = 1 + float64(v*(sa1+float64(v*(sa2+float64(v*(sa3+float64(v*(sa4+float64(v*(sa5+float64(v*(sa6+float64(v*(sa7+float64(v*sa8)))))))))))))))
	} else {
		r = rb0 + float64(v*(rb1+float64(v*(rb2+float64(v*(rb3+float64(v*(rb4+float64(v*(rb5+float64(v*rb6)))))))))))
		s = 1 + float64(v*(sb1+float64(v*(sb2+float64(v*(sb3+float64(v*(sb4+float64(v*(sb5+float64(v*(sb6+float64(v*sb7)))))))))))))
	}
	z := math.Float64frombits(math.Float64bits(a) & 0xffffffff00000000) // z·z is exact
	e := float64(Exp64(-float64(z*z)-0.5625) * Exp64(float64((z-a)*(z+a))+r/s))
	return math.Copysign(1-e/a, x)
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

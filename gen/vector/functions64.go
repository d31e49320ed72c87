// Expm164, Log64, Log1p64, Erf64, Tanh64, sine64, cosine64 and the core of Exp64 follow the
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
// The hyperbolic tangent, the sine and the cosine are from the Cephes Math Library Release
// 2.8: June, 2000, Copyright 1984, 1987, 1989, 1992, 2000 by Stephen L. Moshier,
// "What you see here may be used freely but it comes with no support or
// guarantee."

package vector

import "math"

// Constants of more than one function.
var (
	magic64 = Const{"magic", 1.5 * (1 << 52), "adding it rounds to an integer, the low bits"}
	log2e64 = Const{"log2e", 1.44269504088896338700e+00, ""}
	ln2hi64 = Const{"ln2hi", 6.93147180369123816490e-01, ""}
	ln2lo64 = Const{"ln2lo", 1.90821492927058770002e-10, ""}
)

// most64 is the largest number whose exponential is finite.
const most64 = 7.09782712893383973096e+02

// power64 is 2**k.
func power64(k *Value) *Value { return k.Add(1023).Shl(52).Float() }

// scaled64 is y·2**k in two exact factors.
func scaled64(y, k *Value) *Value {
	h := k.Sar(1).As("h")
	return y.Mul(power64(h)).Mul(power64(k.Sub(h)))
}

var expOf64 = &Function{
	Name: "exp64", Bytes: 8, Params: []string{"hi", "lo"},
	Doc: []string{"exp64 returns e**(hi-lo) for |hi-lo| <= ln(2)/2."},
	Build: func(args []*Value) *Value {
		hi, lo := args[0], args[1]
		r := hi.Sub(lo).As("r")
		t := r.Mul(r).As("t")
		p := t.Horner("p", "p", 1, 4.13813679705723846039e-08, -1.65339022054652515390e-06, 6.61375632143793436117e-05,
			-2.77777777770155933842e-03, 1.66666666666666657415e-01)
		c := r.Sub(t.Mul(p)).As("c")
		q := r.Mul(c).Div(c.Num(2).Sub(c))
		return c.Num(1).Sub(lo.Sub(q).Sub(hi))
	},
}

// expParts64 is e**r and, as an integer, k for x = k·ln 2 + r.
func expParts64(x *Value) (y, k *Value) {
	m := x.Mul(log2e64).Add(magic64).As("m")
	n := m.Sub(magic64).As("n")
	return expOf64.Call(x.Sub(n.Mul(ln2hi64)), n.Mul(ln2lo64)).As("y"), m.Uint().Int().As("k")
}

var exp64 = &Function{
	Name: "Exp64", Bytes: 8, Params: []string{"x"},
	Doc: []string{
		"Exp64 returns e**x.",
		"",
		"	n = round(x/ln 2), r = x - n·ln 2, e**x = 2**n · (1 + r + r·R(r)/(2 - R(r)))",
		"",
		"Error at most 1 ULP (0.88 measured). Exp64(+Inf) = +Inf, Exp64(-Inf) = 0,",
		"Exp64(NaN) = NaN; overflow gives +Inf, underflow 0.",
	},
	Build: one(func(x *Value) *Value {
		y, k := expParts64(x)
		y = scaled64(y, k.Note("from -1076 to 1024: 2**k in two exact factors"))
		y = x.Abs().Less(0x1p-28).Choose(x.Add(1), y)
		y = x.Less(-745.2).Choose(0, y)
		return x.Greater(most64).Choose(math.Inf(1), y)
	}),
}

var expm164 = &Function{
	Name: "Expm164", Bytes: 8, Params: []string{"x"},
	Doc: []string{
		"Expm164 returns e**x - 1, accurate also near zero.",
		"",
		"	e**x - 1 = 2**n·((e**r - 1) + (1 - 2**-n)), x = n·ln 2 + r",
		"",
		"Error at most 1 ULP (0.75 measured). Expm164(±0) = ±0, Expm164(+Inf) = +Inf,",
		"Expm164(-Inf) = -1, Expm164(NaN) = NaN.",
	},
	Build: one(func(arg *Value) *Value {
		a := arg.Abs().As("a")
		n := arg.Mul(log2e64).Add(a.Num(0.5).SignOf(arg)).Trunc()
		n = a.Less(1.03972077083991796413e+00).Choose(a.Num(1).SignOf(arg), n) // 3·ln(2)/2
		reduce := a.Greater(3.46573590279972654709e-01)                        // ln(2)/2
		n = reduce.Choose(n, 0).As("n").Note("rounded from 3·ln(2)/2 on, ±1 from ln(2)/2 on")
		hi := arg.Sub(n.Mul(ln2hi64)).As("hi")
		lo := n.Mul(ln2lo64).As("lo")
		r := hi.Sub(lo).As("r")
		c := hi.Sub(r).Sub(lo).As("c").Note("what r lost")

		hfx := r.Mul(0.5).As("hfx")
		hxs := r.Mul(hfx).As("hxs")
		r1 := hxs.Horner("r1", "q", 0, -2.01099218183624371326e-07, 4.00821782732936239552e-06, -7.93650757867487942473e-05, 1.58730158725481460165e-03, -3.33333333333331316428e-02, 1)
		t := r.Num(3).Sub(r1.Mul(hfx)).As("t")
		e := hxs.Mul(r1.Sub(t).Div(r.Num(6).Sub(r.Mul(t)))).As("e")
		zero := r.Sub(r.Mul(e).Sub(hxs)) // n = 0
		e = r.Mul(e.Sub(c)).Sub(c).Sub(hxs).As("e")
		below := r.Sub(e).Mul(0.5).Sub(0.5) // n = -1
		above := r.Less(-0.25).Choose(      // n = 1
			e.Sub(r.Add(0.5)).Mul(-2),
			r.Sub(e).Mul(2).Add(1))
		k := n.Add(magic64).Uint().Int().As("k")
		far := scaled64(r.Num(1).Sub(e.Sub(r)), k).Sub(1) // n < -1 or n > 56, in two factors, because 2**1024 is not a float64
		inverse := power64(k.Num(0).Sub(k)).As("inverse").Note("2**-n")
		small := r.Num(1).Sub(inverse).Sub(e.Sub(r)) // 1 < n < 20
		middle := r.Sub(e.Add(inverse)).Add(1)       // 20 ≤ n ≤ 56
		y := n.Less(20).Choose(small, middle).As("y").Mul(power64(k))
		y = n.Less(-1).Or(n.Greater(56)).Choose(far, y)
		y = n.Equal(-1).Choose(below, y)
		y = n.Equal(1).Choose(above, y)
		y = reduce.Not().Choose(zero, y)
		y = arg.LessEqual(-3.88162421113569373274e+01).Choose(-1, y).Note("from -56·ln 2 downwards")
		y = arg.Greater(most64).Choose(math.Inf(1), y)
		return a.Less(0x1p-54).Choose(arg, y)
	}),
}

// split64 gives the k and f of x = 2**k·(1+f) for normal x, √½ ≤ 1+f < √2.
func split64(x *Value) (k, f *Value) {
	half := Bits{"half", 0x3fe6a09e667f3bcd, "√½"}
	const bias = 1024
	two52 := Bits{"two52", num(1<<52, 8), "the bits of 2**52, of which the lowest are an integer"}
	b := x.Uint().Sub(half).Add(int64(bias << 52)).As("b")
	f = b.And(int64(1<<52 - 1)).Add(half).Float().Sub(1).As("f")
	return b.Shr(52).Or(two52).Float().Sub(int64(1<<52 + bias)).As("n"), f
}

// normal64 is a or, where that is subnormal, a·2**54, and the exponent to add.
func normal64(a *Value) (scaled, k *Value) {
	small := a.Less(0x1p-1022)
	return small.Choose(a.Mul(0x1p54), a), small.Choose(-54, a.Num(0)).As("lower")
}

var ln64 = &Function{
	Name: "ln64", Bytes: 8, Params: []string{"n", "f"},
	Doc: []string{"ln64 is n·ln 2 + ln(1+f) for √½ ≤ 1+f < √2."},
	Build: func(args []*Value) *Value {
		n, f := args[0], args[1]
		s := f.Div(f.Add(2)).As("s")
		s2 := s.Mul(s).As("s2")
		s4 := s2.Mul(s2).As("s4")
		t1 := odd64(s4, "t1", 7, 1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01, 6.666666666666735130e-01)
		t2 := odd64(s4, "t2", 6, 1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01)
		t1 = s2.Mul(t1).As("t1")
		t2 = s4.Mul(t2).As("t2")
		return lnSum64(n, f, s, t1.Add(t2), nil)
	},
}

// odd64 is a polynomial of every other coefficient l, downwards from the one
// with the number.
func odd64(x *Value, name string, number int, coefficients ...float64) *Value {
	at := func(i int) Const { return Const{Name: "l" + string(rune('0'+number-2*i)), Value: coefficients[i]} }
	p := x.value(at(0))
	for i := range coefficients[1:] {
		p = p.Mul(x).Add(at(i + 1)).As(name)
	}
	return p
}

// lnSum64 is n·ln 2 + f - (f²/2 - s·(f²/2 + p)), with rest if there is one.
func lnSum64(n, f, s, p, rest *Value) *Value {
	h := f.Mul(f).Mul(0.5).As("h")
	low := n.Mul(ln2lo64)
	if rest != nil {
		low = low.Add(rest)
	}
	t := s.Mul(h.Add(p)).Add(low).As("t")
	return n.Mul(ln2hi64).Sub(h.Sub(t).Sub(f))
}

var log64 = &Function{
	Name: "Log64", Bytes: 8, Params: []string{"x"},
	Doc: []string{
		"Log64 returns the natural logarithm of x.",
		"",
		"	x = 2**k·(1+f), s = f/(2+f), ln x = k·ln 2 + f - (f²/2 - s·(f²/2 + R(s²)))",
		"",
		"Error at most 1 ULP (0.78 measured). Log64(+Inf) = +Inf, Log64(±0) = -Inf,",
		"Log64(x < 0) = NaN, Log64(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		a, k := normal64(x)
		n, f := split64(a.As("a"))
		y := logLimits(x, x, ln64.Call(n.Add(k).As("n"), f))
		rare(x, a, k, y, y.Args[2])
		return y
	}),
}

var log1p64 = &Function{
	Name: "Log1p64", Bytes: 8, Params: []string{"x"},
	Doc: []string{
		"Log1p64 returns the natural logarithm of 1 + x, accurate also near zero.",
		"",
		"	u = 1+x rounded, c = what u lost, ln(1+x) = ln u + c/u",
		"",
		"Error at most 1 ULP (0.73 measured). Log1p64(±0) = ±0, Log1p64(-1) = -Inf,",
		"Log1p64(x < -1) = NaN, Log1p64(+Inf) = +Inf, Log1p64(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		u := x.Add(1).As("u")
		near := x.Greater(-0.2928932188134524).And(x.Less(0.4142135623730950)).As("near")
		large := x.Less(0x1p53).Not()
		n, f := split64(large.Choose(x, u).As("v"))
		c := x.Less(1).Choose(x.Sub(u.Sub(1)), x.Num(1).Sub(u.Sub(x))).As("lost")
		c = large.Choose(0, c.Div(u)).As("c")
		n, f = near.Choose(0, n).As("n"), near.Choose(x, f).As("f")
		c = near.Choose(0, c).As("c")
		s := f.Div(f.Add(2)).As("s")
		z := s.Mul(s).As("z")
		p := z.Horner("p", "l", 1, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
			2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01)
		y := logLimits(x, u, lnSum64(n, f, s, z.Mul(p).As("p"), c))
		return x.Abs().Less(0x1p-54).Choose(x, y)
	}),
}

var tanh64 = &Function{
	Name: "Tanh64", Bytes: 8, Params: []string{"x"},
	Doc: []string{
		"Tanh64 returns the hyperbolic tangent of x.",
		"",
		"	|x| < 0.625: x + x³·P(x²)/Q(x²);  else ±(1 - 2/(e**(2|x|) + 1))",
		"",
		"Error at most 2 ULP (1.16 measured). Tanh64(±0) = ±0, Tanh64(±Inf) = ±1,",
		"Tanh64(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		a := x.Abs().As("a")
		s := a.Mul(a).As("s")
		p := s.Horner("p", "p", 0, -9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3).Mul(s).As("p")
		q := s.Add(Const{Name: "q2", Value: 1.12811678491632931402e2}).As("q")
		q = q.Mul(s).Add(Const{Name: "q1", Value: 2.23548839060100448583e3}).As("q")
		q = q.Mul(s).Add(Const{Name: "q0", Value: 4.84406305325125486048e3}).As("q")
		near := a.Add(a.Mul(p.Div(q)))
		e := exp64.Call(a.Min(22).Mul(2).Note("the result is 1 from 19.06 on"))
		far := a.Num(1).Sub(a.Num(2).Div(e.Add(1)))
		return a.Less(0.625).Choose(near, far).As("y").SignOf(x)
	}),
}

var sigmoid64 = &Function{
	Name: "Sigmoid64", Bytes: 8, Params: []string{"x"},
	Doc: []string{
		"Sigmoid64 returns the logistic function 1/(1 + e**-x).",
		"",
		"	e = e**-|x|;  x < 0: e/(1 + e);  else 1/(1 + e)",
		"",
		"Error at most 2.5 ULP (2.24 measured). Sigmoid64(+Inf) = 1, Sigmoid64(-Inf) = 0,",
		"Sigmoid64(NaN) = NaN.",
	},
	// At -0 both sides of the choice give 1/2.
	Build: one(func(x *Value) *Value {
		e := exp64.Call(minusAbs(x)).As("e")
		return x.Negative().Choose(e, 1).As("top").Div(e.Add(1))
	}),
}

var erf64 = &Function{
	Name: "Erf64", Bytes: 8, Params: []string{"x"},
	Doc: []string{
		"Erf64 returns the error function of x.",
		"",
		"	|x| < 0.84375: x + x·P(x²)/Q(x²);  |x| < 1.25: c + P(|x|-1)/Q(|x|-1);",
		"	else 1 - e**(-x² - 0.5625 + R(1/x²)/S(1/x²))/|x|",
		"",
		"Error at most 1 ULP (0.79 measured). Erf64(±0) = ±0, Erf64(±Inf) = ±1, Erf64(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		a := x.Abs().As("a")
		t := x.Mul(0x1p100).As("t").Note("pp0·x would be subnormal and lose bits")
		tiny := t.Add(t.Mul(Const{Name: "pp0", Value: 1.28379167095512558561e-01})).Mul(0x1p-100)

		z := x.Mul(x).As("z")
		r := z.Horner("r", "pp", 0, -2.37630166566501626084e-05, -5.77027029648944159157e-03, -2.84817495755985104766e-02, -3.25042107247001499370e-01, 1.28379167095512558561e-01)
		s := z.Horner("s", "qq", 0, -3.96022827877536812320e-06, 1.32494738004321644526e-04, 5.08130628187576562776e-03, 6.50222499887672944485e-02, 3.97917223959155352819e-01, 1)
		near := x.Add(x.Mul(r.Div(s)))
		near = a.Less(0x1p-900).Choose(tiny, near)

		s = a.Sub(1).As("s")
		p := s.Horner("p", "pa", 0, -2.16637559486879084300e-03, 3.54783043256182359371e-02, -1.10894694282396677476e-01, 3.18346619901161753674e-01,
			-3.72207876035701323847e-01, 4.14856118683748331666e-01, -2.36211856075265944077e-03)
		q := s.Horner("q", "qa", 0, 1.19844998467991074170e-02, 1.36370839120290507362e-02, 1.26171219808761642112e-01, 7.18286544141962662868e-02,
			5.40397917702171048937e-01, 1.06420880400844228286e-01, 1)
		middle := p.Div(q).Add(Const{Name: "erx", Value: 8.45062911510467529297e-01})

		v := a.Num(1).Div(a.Mul(a)).As("v")
		r = v.Horner("r", "ra", 0, -9.81432934416914548592e+00, -8.12874355063065934246e+01, -1.84605092906711035994e+02, -1.62396669462573470355e+02,
			-6.23753324503260060396e+01, -1.05586262253232909814e+01, -6.93858572707181764372e-01, -9.86494403484714822705e-03)
		s = v.Horner("s", "sa", 0, -6.04244152148580987438e-02, 6.57024977031928170135e+00, 1.08635005541779435134e+02, 4.29008140027567833386e+02,
			6.45387271733267880336e+02, 4.34565877475229228821e+02, 1.37657754143519042600e+02, 1.96512716674392571292e+01, 1)
		lower := r.Div(s)
		r = v.Horner("r", "rb", 0, -4.83519191608651397019e+02, -1.02509513161107724954e+03, -6.37566443368389627722e+02, -1.60636384855821916062e+02,
			-1.77579549177547519889e+01, -7.99283237680523006574e-01, -9.86494292470009928597e-03)
		s = v.Horner("s", "sb", 0, -2.24409524465858183362e+01, 4.74528541206955367215e+02, 2.55305040643316442583e+03, 3.19985821950859553908e+03,
			1.53672958608443695994e+03, 3.25792512996573918826e+02, 3.03380607434824582924e+01, 1)
		ratio := a.Less(1/0.35).Choose(lower, r.Div(s)).As("ratio")
		cut := a.Uint().And(int64(-1 << 32)).Float().As("cut").Note("cut·cut is exact")
		e := exp64.Call(cut.Mul(cut).Neg().Sub(0.5625))
		e = e.Mul(exp64.Call(cut.Sub(a).Mul(cut.Add(a)).Add(ratio))).As("e")
		far := a.Num(1).Sub(e.Div(a))
		far = a.Less(6).Choose(far, 1)
		far = x.Unordered(x).Choose(x, far)

		y := a.Less(1.25).Choose(middle, far).As("y").SignOf(x)
		return a.Less(0.84375).Choose(near, y)
	}),
}

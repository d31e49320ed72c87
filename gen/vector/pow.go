package vector

import "math"

// whole tells whether t ≥ 0 is an integer, and whether that is odd.
func whole(t *Value) (is, odd *Value) {
	is = t.Trunc().Equal(t).As("whole")
	half := t.Mul(0.5).As("h")
	return is, half.Trunc().Equal(half).Not().And(is)
}

// powLimits is p = a**y with the sign of x**y and the special values that Pow32
// and Pow64 share. It computes |x| and |y| again, which no register has held. In order of precedence: x**0 = 1**y = 1; NaN of NaN;
// NaN of a finite x < 0 and a y that is no integer; 1 of |x| = 1; 0 or
// infinity where x or y is, or where huge says so.
func powLimits(x, y, p, huge *Value) *Value {
	a, size := x.Abs().As("a"), y.Abs().As("size")
	infinity := math.Inf(1)
	out := a.Equal(0).Or(a.Greater(maximum(a.Bytes))).Or(huge).As("out")
	grows := a.Less(1).Xor(y.Less(0).Not()) // (a < 1) == (y < 0)
	p = out.Choose(grows.Choose(infinity, p.Num(0)), p)
	p = a.Equal(1).Choose(1, p).As("p")
	is, odd := whole(size)
	negative := is.Or(out).Choose(odd.Choose(p.Neg(), p), math.NaN())
	p = x.Negative().Choose(negative, p)
	p = x.Unordered(y).Choose(math.NaN(), p)
	return y.Equal(0).Or(x.Equal(1)).Choose(1, p)
}

// pow32 goes through float64, where every positive float32 is a normal number.
// Powers of e beyond ±200 are 0 or infinite in float32, so that 2**k needs one
// factor.
var pow32 = &Function{
	Name: "Pow32", Bytes: 4, Params: []string{"x", "y"},
	Doc: []string{
		"Pow32 returns x**y.",
		"",
		"	|x|**y = e**(y·ln|x|) in float64, rounded once to float32",
		"",
		"Error at most 0.51 ULP. Special values are those of math.Pow, in this",
		"order: x**±0 = 1 and 1**y = 1, also for NaN; NaN if x or y is NaN;",
		"(±0)**y = ±Inf for an odd integer y < 0, +Inf for other y < 0, ±0 for an odd",
		"integer y > 0, +0 for other y > 0; (-1)**±Inf = 1; |x|**±Inf = +Inf or 0;",
		"(+Inf)**y = +Inf or 0; (-Inf)**y = (-0)**-y; NaN for finite x < 0 and finite y",
		"that is no integer.",
	},
	Build: func(args []*Value) *Value {
		x, y := args[0], args[1]
		n, f := split64(x.Abs().As("a").Widen())
		t := ln64.Call(n, f).Mul(y.Widen()).Min(200).Max(-200).As("t").Note("beyond ±200 e**t is 0 or infinite in float32")
		p, k := expParts64(t)
		return powLimits(x, y, p.Mul(power64(k)).Narrow(), y.Abs().As("size").Greater(math.MaxFloat32))
	},
}

var productError64 = &Function{
	Name: "productError64", Bytes: 8, Params: []string{"a", "b", "p"},
	Doc: []string{"productError64 returns a·b - p without error for p = a·b rounded, barring over- and underflow."},
	Build: func(args []*Value) *Value {
		a, b, p := args[0], args[1], args[2]
		split := Const{"split", 1<<27 + 1, ""}
		t := a.Mul(split).As("t")
		ah := t.Sub(t.Sub(a)).As("ah")
		al := a.Sub(ah).As("al")
		t = b.Mul(split).As("t")
		bh := t.Sub(t.Sub(b)).As("bh")
		bl := b.Sub(bh).As("bl")
		return ah.Mul(bh).Sub(p).Add(ah.Mul(bl)).Add(al.Mul(bh)).Add(al.Mul(bl))
	},
}

// product64 returns hi + lo = a·b.
func product64(a, b *Value, hi, lo string) (*Value, *Value) {
	p := a.Mul(b).As(hi)
	return p, productError64.Call(a, b, p).As(lo)
}

// sum64 returns hi + lo = a + b for |a| ≥ |b|.
func sum64(a, b *Value, hi, lo string) (*Value, *Value) {
	s := a.Add(b).As(hi)
	return s, b.Sub(s.Sub(a)).As(lo)
}

var pow64 = &Function{
	Name: "Pow64", Bytes: 8, Params: []string{"x", "y"},
	Doc: []string{
		"Pow64 returns x**y.",
		"",
		"	|x|**y = e**(y·ln|x|), the logarithm and the product in two float64 each",
		"",
		"Error at most 1 ULP (0.97 measured); exact where the result is a float64. The special",
		"values are those of Pow32.",
	},
	Build: func(args []*Value) *Value {
		x, y := args[0], args[1]
		var (
			ln2ll = Const{"ln2ll", 0x1.cc01f97b57a08p-87, ""}
			third = Const{"third", 0x1.5555555555555p-56, "1/3 less its float64"}
			ln2hi = Const{"ln2hi", ln2hi64.Value, "32 bits: n·ln2hi is exact"}
		)
		// |x| = 2**n·(1+f), s+sl = f/(2+f)
		u, k := normal64(x.Abs().As("a"))
		n, f := split64(u.As("u"))
		n = n.Add(k).As("n")
		d := f.Add(2).As("d")
		dl := f.Sub(d.Sub(2)).As("dl")
		s := f.Div(d).As("s").Note("s+sl = f/(2+f)")
		sd, sdl := product64(s, d, "sd", "sdl")
		sl := f.Sub(sd).Sub(sdl).Sub(s.Mul(dl)).Div(d).As("sl")
		w, wl := product64(s, s, "w", "wl")
		w.Note("w+wl = (s+sl)²")
		wl = wl.Add(s.Mul(sl).Mul(2)).As("wl")
		q := w.Horner("q", "", 0, 1.0/25, 1.0/23, 1.0/21, 1.0/19, 1.0/17, 1.0/15, 1.0/13, 1.0/11, 1.0/9, 1.0/7, 1.0/5)
		w3, vl := product64(w, w.Num(1.0/3), "w3", "vl")
		vl = vl.Add(wl.Mul(1.0 / 3).Add(w.Mul(third))).As("vl")
		t := w.Mul(w).Mul(q).As("t")
		t = t.Add(w.Mul(wl).Mul(2).Mul(1.0 / 5)).As("t")
		v, rest := sum64(w3, t, "v", "rest")
		v.Note("v+vl = w/3 + w²/5 + w³/7 + …")
		vl = vl.Add(rest).As("vl")
		sv, svl := product64(s, v, "sv", "svl")
		svl = svl.Add(s.Mul(vl).Add(sl.Mul(v))).As("svl")
		hf := s.Add(sv).As("hf")
		lfl := sv.Sub(hf.Sub(s)).Add(svl).Add(sl).As("lfl")
		lf := hf.Mul(2).As("lf").Note("lf+lfl = ln(1+f) = 2(s+sl)·(1+v+vl)")
		lfl = lfl.Mul(2).As("lfl")

		nh := n.Mul(ln2hi).As("nh").Note("n·ln 2 is larger than ln(1+f); for n = 0 this changes nothing")
		nl, nll := product64(n, n.Num(ln2lo64), "nl", "nll")
		nll = nll.Add(n.Mul(ln2ll)).As("nll")
		high, rest := sum64(nh, lf, "high", "rest")
		ll := lfl.Add(rest).As("ll")
		l, rest := sum64(high, nl, "l", "rest")
		ll = ll.Add(rest.Add(nll)).As("ll")

		z, zl := product64(y, l, "z", "zl")
		z.Note("z+zl = y·(l+ll)")
		zl = zl.Add(y.Mul(ll)).As("zl")
		m := z.Mul(log2e64).Add(magic64).As("m")
		r := m.Sub(magic64).As("r")
		p := expOf64.Call(z.Sub(r.Mul(ln2hi)), r.Mul(ln2lo64).Sub(zl)).As("p")
		p = scaled64(p, m.Uint().Int().As("k"))
		p = z.Greater(710).Choose(math.Inf(1), p)
		p = z.Less(-746).Choose(0, p)
		p = y.Equal(1).Choose(x.Abs(), p)
		size := y.Abs().As("size")
		p = size.Less(0x1p-64).Choose(1, p)
		return powLimits(x, y, p, size.Less(0x1p64).Not()) // |ln a| is at least 2^-53
	},
}

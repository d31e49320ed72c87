package vector

import "math"

// one is a function of one number.
func one(f func(x *Value) *Value) func([]*Value) *Value {
	return func(args []*Value) *Value { return f(args[0]) }
}

// floats32 is a column of a table.
func floats32(numbers ...float32) (bits [8]uint64) {
	for i, v := range numbers {
		bits[i] = uint64(math.Float32bits(v))
	}
	return bits
}

// Constants of more than one function.
var (
	magic32 = Const{"magic", 1.5 * (1 << 23), "adding it rounds to an integer"}
	log2e32 = Const{"log2e", 1.44269504, ""}
	ln2hi32 = Const{"ln2hi", 0x1.62e4p-1, ""}
	ln2lo32 = Const{"ln2lo", 0x1.7f7d1cp-20, ""}
)

var exp32 = &Function{
	Name: "Exp32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Exp32 returns e**x.",
		"",
		"	n = round(x·8/ln 2) = 8k + j, r = x - n·ln 2/8, e**x = 2**k · 2**(j/8) · (1 + r + r²·q(r))",
		"",
		"Error at most 0.8 ULP, subnormal results included. Exp32(+Inf) = +Inf,",
		"Exp32(-Inf) = 0, Exp32(NaN) = NaN; overflow gives +Inf, underflow 0.",
	},
	Build: one(func(x *Value) *Value { return expOf32(x.Min(89).As("x").Max(-104).As("x"), false) }),
}

var expNegative32 = &Function{
	Name: "expNegative32", Bytes: 4, Params: []string{"x"},
	Doc:   []string{"expNegative32 is Exp32 for x from -104 to -0, or NaN."},
	Build: one(func(x *Value) *Value { return expOf32(x, true) }),
}

// expOf32 is e**x from -104 to 89; negative says that every x is negative or
// -0.
func expOf32(x *Value, negative bool) *Value {
	var (
		perLn2 = Const{"perLn2", 0x1.715476p+3, "8/ln 2"}
		eighth = Const{"ln2hi", 0x1.62ep-4, "of ln 2/8, 13 bits: n·ln2hi is exact"}
		rest   = Const{"ln2lo", 0x1.0bfbe8p-18, ""}
		c3     = Const{"c3", 0x1.555c7p-3, ""}
		c4     = Const{"c4", 0x1.555664p-5, ""}
	)
	m := x.Mul(perLn2).Add(magic32).As("m")
	b := m.Uint().As("b")
	n := m.Sub(magic32).As("n")
	r := x.Sub(n.Mul(eighth)).Sub(n.Mul(rest)).As("r")
	r2 := r.Mul(r).As("r2")
	q := r.Mul(c3).Add(0.5)
	q = q.Add(r2.Mul(c4)).As("q")
	p := q.Mul(r2).Add(r.Add(b.Lookup(expTable, 1))).As("p")
	w := b.Num(1 << 30)
	if !negative {
		w = x.Uint().Shr(1).And(1 << 30).As("w")
	}
	t := w.Add(b.Lookup(expTable, 0).Add(b.Shl(20))).Float().As("t")
	y := p.Mul(t).Add(t)
	if negative {
		t.Note("k reaches down to -150, so t is 2**(k+64+j/8)")
		return y.Mul(0x1p-64)
	}
	t.Note("k reaches from -150 to 128, so t is 2**(k+64+j/8) for x < 0, else\n2**(k-64+j/8); the last factor is 2**-64 or 2**64.")
	return y.Mul(w.Xor(0x5f800000).Float())
}

var expTable = &Table{
	Name: "exp32", Row: "e", Fields: []string{"power", "rest"}, Types: []Type{Uint, Float},
	Doc: []string{
		"exp32 holds, for j = 0…7, the bits of 2**(j/8-64) rounded, less j at the place",
		"where n·2**20 adds it again, and ln(2**(j/8)) - ln(2**(j/8) rounded).",
	},
	Columns: [][8]uint64{
		{0x1f800000, 0x1f7b95c2, 0x1f7837f0, 0x1f75fed7, 0x1f7504f3, 0x1f75672a, 0x1f7744fd, 0x1f7ac0c7},
		floats32(0, -0x1.9c0c22p-27, 0x1.125002p-25, -0x1.0a3552p-25, 0x1.26055cp-26, 0x1.67a1cap-28, -0x1.f9c306p-27, -0x1.a5217cp-28),
	},
}

var expm132 = &Function{
	Name: "Expm132", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Expm132 returns e**x - 1, accurate also near zero.",
		"",
		"	e**x - 1 = (2**n - 1) + 2**n·(e**r - 1), the sum with its rounding error",
		"",
		"Error at most 1.16 ULP. Expm132(±0) = ±0, Expm132(+Inf) = +Inf,",
		"Expm132(-Inf) = -1, Expm132(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		a := x.Min(89).Max(-18).As("a")
		m := a.Mul(log2e32).Add(magic32).As("m")
		n := m.Sub(magic32).As("n")
		hi := a.Sub(n.Mul(ln2hi32)).As("hi")
		lo := n.Mul(ln2lo32).As("lo")
		r := hi.Sub(lo).As("r")
		c := hi.Sub(r).Sub(lo).As("c").Note("what r lost")
		q := r.Horner("q", "c", 2, 0x1.6cd50cp-10, 0x1.122c58p-7, 0x1.555538p-5, 0x1.5554aap-3, 0.5)
		q = r.Mul(r).Mul(q).Add(c).As("q")
		const bias = 126 - 0x4b400000 // less the bits of magic
		s := m.Uint().Add(bias).Shl(23).Float().As("s").Note("half of everything, because 2**128 is not a float32")
		t := s.Sub(0.5).As("t")
		g := s.Mul(r).As("g")
		y := t.Add(g).As("y")
		e := t.Sub(y).Add(g).As("e")
		e = e.Add(s.Mul(q)).As("e")
		return x.Abs().Less(0x1p-25).Choose(x, y.Add(e).Mul(2))
	}),
}

// ln32 is n·ln 2 + ln(1+f).
func ln32(n, f *Value) *Value {
	s := f.Div(f.Add(2)).As("s")
	z := s.Mul(s).As("z")
	p := z.Horner("p", "l", 1, 0x1.f13b2p-3, 0x1.23d3ep-2, 0x1.999c26p-2, 0x1.555554p-1).Mul(z).As("p")
	h := f.Mul(f).Mul(0.5).As("h")
	t := s.Mul(h.Add(p)).Add(n.Mul(ln2lo32)).As("t")
	return n.Mul(ln2hi32).Sub(h.Sub(t).Sub(f))
}

// split32 gives the k and f of x = 2**k·(1+f) for normal x, √½ ≤ 1+f < √2.
func split32(x *Value) (k, f *Value) {
	half := Bits{"half", 0x3f3504f3, "√½"}
	b := x.Uint().Sub(half).As("b")
	f = b.And(0x007fffff).Add(half).Float().Sub(1).As("f")
	return b.Int().Sar(23).As("k"), f
}

// maximum is the largest number in some bytes.
func maximum(bytes int) float64 {
	if bytes == 8 {
		return math.MaxFloat64
	}
	return math.MaxFloat32
}

// logLimits is y with the values of the logarithm of u where that is not a
// positive number; x is the argument.
func logLimits(x, u, y *Value) *Value {
	y = x.LessEqual(maximum(x.Bytes)).Not().Choose(x, y)
	low := u.Less(0).Choose(math.NaN(), math.Inf(-1))
	return u.LessEqual(0).Choose(low, y)
}

// rare says of choices that they are not taken for numbers that are normal.
func rare(x *Value, choices ...*Value) {
	for _, c := range choices {
		c.Beyond(x, map[int]float64{4: 0x1p-126, 8: 0x1p-1022}[x.Bytes], maximum(x.Bytes))
	}
}

var log32 = &Function{
	Name: "Log32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Log32 returns the natural logarithm of x.",
		"",
		"	x = 2**k·(1+f), s = f/(2+f), ln x = k·ln 2 + f - (f²/2 - s·(f²/2 + R(s²)))",
		"",
		"Error at most 0.85 ULP. Log32(+Inf) = +Inf, Log32(±0) = -Inf,",
		"Log32(x < 0) = NaN, Log32(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		small := x.Less(0x1p-126)
		a := small.Choose(x.Mul(1<<25), x).As("a")
		k, f := split32(a)
		lower := small.Choose(k.Num(25), 0).As("lower")
		k = k.Sub(lower).As("k")
		y := logLimits(x, x, ln32(k.ToFloat().As("n"), f))
		rare(x, a, lower, y, y.Args[2])
		return y
	}),
}

var log1p32 = &Function{
	Name: "Log1p32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Log1p32 returns the natural logarithm of 1 + x, accurate also near zero.",
		"",
		"	u = 1+x rounded, c = what u lost; as Log32(u) with f corrected by c",
		"",
		"Error at most 1.41 ULP. Log1p32(±0) = ±0, Log1p32(-1) = -Inf,",
		"Log1p32(x < -1) = NaN, Log1p32(+Inf) = +Inf, Log1p32(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		u := x.Add(1).As("u")
		c := x.Less(1).Choose(x.Sub(u.Sub(1)), x.Num(1).Sub(u.Sub(x))).As("lost")
		k, f := split32(u)
		scale := k.Num(127).Sub(k).Uint().Shl(23).Float()
		c = x.Less(1<<25).Choose(c.Mul(scale), 0).As("c")
		y := logLimits(x, u, ln32(k.ToFloat().As("n"), f.Add(c).As("f")))
		return x.Abs().Less(0x1p-25).Choose(x, y)
	}),
}

var tanh32 = &Function{
	Name: "Tanh32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Tanh32 returns the hyperbolic tangent of x.",
		"",
		"	tanh x = ±p(|x| - m), of one polynomial for each of eight intervals about m",
		"",
		"Error at most 2.49 ULP. Tanh32(±0) = ±0, Tanh32(±Inf) = ±1,",
		"Tanh32(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		offset := Const{"offset", 0.605, ""}
		a := x.Abs().Min(9.05).As("a").Note("the result is 1 from 9.011 on")
		i := a.Add(offset).Uint().Sub(a.Num(offset).Uint()).Shr(22).As("i").
			Note("The intervals of a + offset begin at offset times 1, 1.413, 2, 2.826, …")
		c := func(k int) *Value { return i.Lookup(tanhTable, k) }
		t := a.Sub(c(0)).As("t")
		t2 := t.Mul(t).As("t2")
		h := c(6).Mul(t).Add(c(5))
		h = h.Add(c(7).Mul(t2)).As("h")
		h = h.Mul(t2.Mul(t2)).As("h")
		q := c(4).Mul(t).Add(c(3))
		q = q.Mul(t2).Add(h).As("q")
		y := c(2).Mul(t).Add(c(1))
		return y.Add(q).As("y").SignOf(x)
	}),
}

var tanhTable = &Table{
	Name: "tanh32", Row: "c",
	Doc: []string{
		"tanh32 holds the intervals of Tanh32: the middle m, tanh m, and the",
		"coefficients of the powers of |x| - m. The middles are numbers whose tanh is",
		"nearly a float32; the first interval's polynomial begins with |x| itself.",
	},
	Notes: [8]string{"from 0", "from 0.25", "from 0.605", "from 1.105", "from 1.815", "from 2.815", "from 4.235", "from 6.235"},
	Columns: [][8]uint64{
		floats32(0, 0x1.b5ab32p-2, 0x1.b5b3c8p-1, 0x1.75addcp+0, 0x1.283d48p+1, 0x1.c321d6p+1, 0x1.4ef9cp+2, 0x1.e90748p+2),
		floats32(0, 0x1.9cd4bcp-2, 0x1.632162p-1, 0x1.cb9114p-1, 0x1.f61864p-1, 0x1.ff1c92p-1, 0x1.fff88cp-1, 0x1.fffffp-1),
		floats32(1, 0x1.acc854p-1, 0x1.09ad3cp-1, 0x1.8dfc6cp-3, 0x1.39e286p-5, 0x1.c688c2p-9, 0x1.dda7f6p-14, 0x1.ef6d34p-21),
		floats32(-0x1.268e0cp-20, -0x1.59bb64p-2, -0x1.708e26p-2, -0x1.653a86p-3, -0x1.33cf04p-5, -0x1.c5ba0ap-9, -0x1.dd7484p-14, -0x1.b15098p-21),
		floats32(-0x1.5544c8p-2, -0x1.24f9c4p-3, 0x1.39e6e2p-4, 0x1.7833c6p-4, 0x1.8a80cep-6, 0x1.2c3d96p-9, 0x1.3856bap-14, 0x1.42f968p-21),
		floats32(-0x1.365102p-10, 0x1.5c999ep-3, 0x1.11e892p-4, -0x1.8db56cp-6, -0x1.6b9cd8p-7, -0x1.2a6fep-10, -0x1.39101p-15, -0x1.d360e6p-22),
		floats32(0x1.25098p-3, -0x1.41661ap-10, -0x1.e34d2ep-5, -0x1.646472p-8, 0x1.e1ee4cp-9, 0x1.fd3c8p-12, 0x1.2af368p-16, 0x1.48c5cp-23),
		floats32(-0x1.2eeb8p-5, -0x1.014a3p-4, 0x1.45317p-7, 0x1.17bb96p-7, -0x1.6e49aap-11, -0x1.45ce4ap-13, -0x1.8a1deep-18, -0x1.23c388p-27),
	},
}

var sigmoid32 = &Function{
	Name: "Sigmoid32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Sigmoid32 returns the logistic function 1/(1 + e**-x).",
		"",
		"	e = e**-|x|;  x < 0: e/(1 + e);  else 1/(1 + e)",
		"",
		"Error at most 2.41 ULP. Sigmoid32(+Inf) = 1, Sigmoid32(-Inf) = 0,",
		"Sigmoid32(NaN) = NaN.",
	},
	// At -0 both sides of the choice give 1/2.
	Build: one(func(x *Value) *Value {
		e := expNegative32.Call(minusAbs(x).Max(-104)).As("e")
		return x.Negative().Choose(e, 1).As("top").Div(e.Add(1))
	}),
}

// minusAbs is -|x|.
func minusAbs(x *Value) *Value { return x.Uint().Or(int(-1 << (8*x.Bytes - 1))).Float() }

var erf32 = &Function{
	Name: "Erf32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Erf32 returns the error function of x.",
		"",
		"	|x| < 0.9: x + x·p(x²);  else ±(1 - e**g(|x|)), g(t) = ln erfc(t)",
		"",
		"Error at most 1.43 ULP. Erf32(±0) = ±0, Erf32(±Inf) = ±1, Erf32(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		a := x.Abs().As("a")
		z := x.Mul(x).As("z")
		near := z.Horner("p", "e", 0, -0x1.3ba65p-11, 0x1.4799e6p-8, -0x1.b69b4ap-6, 0x1.ce1b88p-4, -0x1.8126ecp-2, 0x1.06eba6p-3)
		near = near.Mul(x).Add(x)
		s := x.Mul(0x1p50).As("s").Note("e0·x would be subnormal and lose bits")
		tiny := s.Mul(Const{Name: "e0", Value: 0x1.06eba6p-3}).Add(s).Mul(0x1p-50)
		near = a.Less(0x1p-100).Choose(tiny, near)

		b := a.Min(4).As("t").Note("the result is 1 from 3.920 on")
		g := b.Horner("g", "g", 0, 0x1.9d8282p-13, -0x1.907f7cp-9, 0x1.6cfc1ap-6, -0x1.aa22bcp-4, -0x1.462cbcp-1, -0x1.20b43p+0, -0x1.7443fap-13)
		y := x.Num(1).Sub(expNegative32.Call(g)).As("y")
		return a.Less(0.9).Choose(near, y.SignOf(x))
	}),
}

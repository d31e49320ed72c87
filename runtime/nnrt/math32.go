package nnrt

import "math"

// Exp32 returns e**x.
//
//	n = round(x·8/ln 2) = 8k + j, r = x - n·ln 2/8, e**x = 2**k · 2**(j/8) · (1 + r + r²·q(r))
//
// Error at most 0.8 ULP, subnormal results included. Exp32(+Inf) = +Inf,
// Exp32(-Inf) = 0, Exp32(NaN) = NaN; overflow gives +Inf, underflow 0.
func Exp32(x float32) float32 {
	const (
		perLn2 = float32(0x1.715476p+3)   // 8/ln 2
		magic  = float32(1.5 * (1 << 23)) // adding it rounds to an integer
		ln2hi  = float32(0x1.62ep-4)      // of ln 2/8, 13 bits: n·ln2hi is exact
		ln2lo  = float32(0x1.0bfbe8p-18)
		c2     = float32(0.5)
		c3     = float32(0x1.555c7p-3)
		c4     = float32(0x1.555664p-5)
	)
	if x > 89 {
		x = 89
	}
	if x < -104 {
		x = -104
	}
	m := float32(x*perLn2) + magic
	b := math.Float32bits(m)
	n := m - magic
	r := (x - float32(n*ln2hi)) - float32(n*ln2lo)
	r2 := float32(r * r)
	q := (c2 + float32(c3*r)) + float32(c4*r2)
	p := (r + exp32[b&7].rest) + float32(r2*q)
	// k reaches from -150 to 128, so t is 2**(k+64+j/8) for x < 0, else
	// 2**(k-64+j/8); the last factor is 2**-64 or 2**64.
	w := math.Float32bits(x) >> 1 & 0x40000000
	t := math.Float32frombits(exp32[b&7].power + b<<20 + w)
	return float32((t + float32(t*p)) * math.Float32frombits(w^0x5f800000))
}

// exp32 holds, for j = 0…7, the bits of 2**(j/8-64) rounded, less j at the place
// where n·2**20 adds it again, and ln(2**(j/8)) - ln(2**(j/8) rounded).
var exp32 = [8]struct {
	power uint32
	rest  float32
}{
	{0x1f800000, 0},
	{0x1f7b95c2, -0x1.9c0c22p-27},
	{0x1f7837f0, 0x1.125002p-25},
	{0x1f75fed7, -0x1.0a3552p-25},
	{0x1f7504f3, 0x1.26055cp-26},
	{0x1f75672a, 0x1.67a1cap-28},
	{0x1f7744fd, -0x1.f9c306p-27},
	{0x1f7ac0c7, -0x1.a5217cp-28},
}

// Expm132 returns e**x - 1, accurate also near zero.
//
//	e**x - 1 = (2**n - 1) + 2**n·(e**r - 1), the sum with its rounding error
//
// Error at most 1.16 ULP. Expm132(±0) = ±0, Expm132(+Inf) = +Inf,
// Expm132(-Inf) = -1, Expm132(NaN) = NaN.
func Expm132(x float32) float32 {
	const (
		log2e = float32(1.44269504)
		magic = float32(1.5 * (1 << 23))
		ln2hi = float32(0x1.62e4p-1)
		ln2lo = float32(0x1.7f7d1cp-20)
		c2    = float32(0.5)
		c3    = float32(0x1.5554aap-3)
		c4    = float32(0x1.555538p-5)
		c5    = float32(0x1.122c58p-7)
		c6    = float32(0x1.6cd50cp-10)
	)
	if x > 89 {
		x = 89
	}
	if x < -18 {
		x = -18
	}
	if -0x1p-25 < x && x < 0x1p-25 {
		return x
	}
	m := float32(x*log2e) + magic
	k := int32(math.Float32bits(m)) - 0x4b400000
	n := m - magic
	hi := x - float32(n*ln2hi)
	lo := float32(n * ln2lo)
	r := hi - lo
	c := (hi - r) - lo // what r lost
	q := float32(c6*r) + c5
	q = float32(q*r) + c4
	q = float32(q*r) + c3
	q = float32(q*r) + c2
	q = float32(float32(r*r)*q) + c
	// Half of everything, because 2**128 is not a float32.
	s := math.Float32frombits(uint32(k+126) << 23)
	t := s - 0.5
	g := float32(s * r)
	y := t + g
	e := (t - y) + g
	return float32((y + (e + float32(s*q))) * 2)
}

// Log32 returns the natural logarithm of x.
//
//	x = 2**k·(1+f), s = f/(2+f), ln x = k·ln 2 + f - (f²/2 - s·(f²/2 + R(s²)))
//
// Error at most 0.85 ULP. Log32(+Inf) = +Inf, Log32(±0) = -Inf,
// Log32(x < 0) = NaN, Log32(NaN) = NaN.
func Log32(x float32) float32 {
	const (
		ln2hi = float32(0x1.62e4p-1)
		ln2lo = float32(0x1.7f7d1cp-20)
		l1    = float32(0x1.555554p-1)
		l2    = float32(0x1.999c26p-2)
		l3    = float32(0x1.23d3ep-2)
		l4    = float32(0x1.f13b2p-3)
		half  = uint32(0x3f3504f3) // sqrt(1/2)
	)
	b := math.Float32bits(x)
	k := int32(0)
	if b-0x00800000 >= 0x7f000000 { // 0, subnormal, negative, Inf or NaN
		if b<<1 == 0 {
			return float32(math.Inf(-1))
		}
		if x < 0 {
			return float32(math.NaN())
		}
		if b >= 0x7f800000 { // +Inf, NaN
			return x
		}
		b = math.Float32bits(float32(x * (1 << 25)))
		k = -25
	}
	b -= half
	k += int32(b) >> 23
	f := math.Float32frombits(b&0x007fffff+half) - 1
	s := f / (2 + f)
	z := float32(s * s)
	p := float32(l4*z) + l3
	p = float32(p*z) + l2
	p = float32(p*z) + l1
	p = float32(p * z)
	h := float32(0.5 * float32(f*f))
	n := float32(k)
	return float32(n*ln2hi) - ((h - (float32(s*(h+p)) + float32(n*ln2lo))) - f)
}

// Log1p32 returns the natural logarithm of 1 + x, accurate also near zero.
//
//	u = 1+x rounded, c = what u lost; as Log32(u) with f corrected by c
//
// Error at most 1.41 ULP. Log1p32(±0) = ±0, Log1p32(-1) = -Inf,
// Log1p32(x < -1) = NaN, Log1p32(+Inf) = +Inf, Log1p32(NaN) = NaN.
func Log1p32(x float32) float32 {
	const (
		ln2hi = float32(0x1.62e4p-1)
		ln2lo = float32(0x1.7f7d1cp-20)
		l1    = float32(0x1.555554p-1)
		l2    = float32(0x1.999c26p-2)
		l3    = float32(0x1.23d3ep-2)
		l4    = float32(0x1.f13b2p-3)
		half  = uint32(0x3f3504f3)
	)
	if -0x1p-25 < x && x < 0x1p-25 {
		return x
	}
	if !(x > -1 && x <= math.MaxFloat32) {
		if x == -1 {
			return float32(math.Inf(-1))
		}
		if x < -1 {
			return float32(math.NaN())
		}
		return x
	}
	u := 1 + x
	b := math.Float32bits(u) - half
	k := int32(b) >> 23
	f := math.Float32frombits(b&0x007fffff+half) - 1
	if x < 1<<25 {
		var c float32
		if x < 1 {
			c = x - (u - 1)
		} else {
			c = 1 - (u - x)
		}
		f += float32(c * math.Float32frombits(uint32(127-k)<<23))
	}
	s := f / (2 + f)
	z := float32(s * s)
	p := float32(l4*z) + l3
	p = float32(p*z) + l2
	p = float32(p*z) + l1
	p = float32(p * z)
	h := float32(0.5 * float32(f*f))
	n := float32(k)
	return float32(n*ln2hi) - ((h - (float32(s*(h+p)) + float32(n*ln2lo))) - f)
}

// Tanh32 returns the hyperbolic tangent of x.
//
//	tanh x = ±p(|x| - m), of one polynomial for each of eight intervals about m
//
// Error at most 2.49 ULP. Tanh32(±0) = ±0, Tanh32(±Inf) = ±1,
// Tanh32(NaN) = NaN.
func Tanh32(x float32) float32 {
	const offset = float32(0.605)
	b := math.Float32bits(x)
	a := math.Float32frombits(b & 0x7fffffff)
	if a > 9.05 { // the result is 1 from 9.011 on
		a = 9.05
	}
	// The intervals of a + offset begin at offset times 1, 1.413, 2, 2.826, …
	c := &tanh32[(math.Float32bits(a+offset)-math.Float32bits(offset))>>22&7]
	t := a - c[0]
	t2 := float32(t * t)
	t4 := float32(t2 * t2)
	h := (c[5] + float32(c[6]*t)) + float32(c[7]*t2)
	q := float32((c[3]+float32(c[4]*t))*t2) + float32(h*t4)
	y := (c[1] + float32(c[2]*t)) + q
	return math.Float32frombits(math.Float32bits(y) | b&0x80000000)
}

// tanh32 holds the intervals of Tanh32: the middle m, tanh m, and the
// coefficients of the powers of |x| - m. The middles are numbers whose tanh is
// nearly a float32; the first interval's polynomial begins with |x| itself.
var tanh32 = [8][8]float32{
	{0, 0, 1, -0x1.268e0cp-20, -0x1.5544c8p-2, -0x1.365102p-10, 0x1.25098p-3, -0x1.2eeb8p-5},                                        // from 0
	{0x1.b5ab32p-2, 0x1.9cd4bcp-2, 0x1.acc854p-1, -0x1.59bb64p-2, -0x1.24f9c4p-3, 0x1.5c999ep-3, -0x1.41661ap-10, -0x1.014a3p-4},    // from 0.25
	{0x1.b5b3c8p-1, 0x1.632162p-1, 0x1.09ad3cp-1, -0x1.708e26p-2, 0x1.39e6e2p-4, 0x1.11e892p-4, -0x1.e34d2ep-5, 0x1.45317p-7},       // from 0.605
	{0x1.75addcp+0, 0x1.cb9114p-1, 0x1.8dfc6cp-3, -0x1.653a86p-3, 0x1.7833c6p-4, -0x1.8db56cp-6, -0x1.646472p-8, 0x1.17bb96p-7},     // from 1.105
	{0x1.283d48p+1, 0x1.f61864p-1, 0x1.39e286p-5, -0x1.33cf04p-5, 0x1.8a80cep-6, -0x1.6b9cd8p-7, 0x1.e1ee4cp-9, -0x1.6e49aap-11},    // from 1.815
	{0x1.c321d6p+1, 0x1.ff1c92p-1, 0x1.c688c2p-9, -0x1.c5ba0ap-9, 0x1.2c3d96p-9, -0x1.2a6fep-10, 0x1.fd3c8p-12, -0x1.45ce4ap-13},    // from 2.815
	{0x1.4ef9cp+2, 0x1.fff88cp-1, 0x1.dda7f6p-14, -0x1.dd7484p-14, 0x1.3856bap-14, -0x1.39101p-15, 0x1.2af368p-16, -0x1.8a1deep-18}, // from 4.235
	{0x1.e90748p+2, 0x1.fffffp-1, 0x1.ef6d34p-21, -0x1.b15098p-21, 0x1.42f968p-21, -0x1.d360e6p-22, 0x1.48c5cp-23, -0x1.23c388p-27}, // from 6.235
}

// Sigmoid32 returns the logistic function 1/(1 + e**-x).
//
//	e = e**-|x|;  x < 0: e/(1 + e);  else 1/(1 + e)
//
// Error at most 2.41 ULP. Sigmoid32(+Inf) = 1, Sigmoid32(-Inf) = 0,
// Sigmoid32(NaN) = NaN.
func Sigmoid32(x float32) float32 {
	if x < 0 {
		e := Exp32(x)
		return e / (1 + e)
	}
	return 1 / (1 + Exp32(-x))
}

// Erf32 returns the error function of x.
//
//	|x| < 0.9: x + x·p(x²);  else ±(1 - e**g(|x|)), g(t) = ln erfc(t)
//
// Error at most 1.43 ULP. Erf32(±0) = ±0, Erf32(±Inf) = ±1, Erf32(NaN) = NaN.
func Erf32(x float32) float32 {
	const (
		e0 = float32(0x1.06eba6p-3)
		e1 = float32(-0x1.8126ecp-2)
		e2 = float32(0x1.ce1b88p-4)
		e3 = float32(-0x1.b69b4ap-6)
		e4 = float32(0x1.4799e6p-8)
		e5 = float32(-0x1.3ba65p-11)
		g0 = float32(-0x1.7443fap-13)
		g1 = float32(-0x1.20b43p+0)
		g2 = float32(-0x1.462cbcp-1)
		g3 = float32(-0x1.aa22bcp-4)
		g4 = float32(0x1.6cfc1ap-6)
		g5 = float32(-0x1.907f7cp-9)
		g6 = float32(0x1.9d8282p-13)
	)
	b := math.Float32bits(x)
	a := math.Float32frombits(b & 0x7fffffff)
	if a < 0.9 {
		if a < 0x1p-100 { // e0·x would be subnormal and lose bits
			return float32((float32(e0*float32(x*0x1p50)) + float32(x*0x1p50)) * 0x1p-50)
		}
		z := float32(x * x)
		p := float32(e5*z) + e4
		p = float32(p*z) + e3
		p = float32(p*z) + e2
		p = float32(p*z) + e1
		p = float32(p*z) + e0
		return float32(p*x) + x
	}
	if a > 4 { // the result is 1 from 3.920 on
		a = 4
	}
	g := float32(g6*a) + g5
	g = float32(g*a) + g4
	g = float32(g*a) + g3
	g = float32(g*a) + g2
	g = float32(g*a) + g1
	g = float32(g*a) + g0
	y := 1 - Exp32(g)
	return math.Float32frombits(math.Float32bits(y) | b&0x80000000)
}

// Pow32 returns x**y.
//
//	|x|**y = e**(y·ln|x|) in float64, rounded once to float32
//
// Error at most 0.51 ULP. Special values are those of math.Pow, in this
// order: x**±0 = 1 and 1**y = 1, also for NaN; NaN if x or y is NaN;
// (±0)**y = ±Inf for an odd integer y < 0, +Inf for other y < 0, ±0 for an odd
// integer y > 0, +0 for other y > 0; (-1)**±Inf = 1; |x|**±Inf = +Inf or 0;
// (+Inf)**y = +Inf or 0; (-Inf)**y = (-0)**-y; NaN for finite x < 0 and finite y
// that is no integer.
func Pow32(x, y float32) float32 {
	if y == 0 || x == 1 {
		return 1
	}
	if x != x || y != y {
		return x + y
	}
	a := math.Float32frombits(math.Float32bits(x) & 0x7fffffff)
	odd := false
	if x < 0 || math.Float32bits(x) == 0x80000000 {
		t := math.Float32frombits(math.Float32bits(y) & 0x7fffffff)
		whole := t >= 1<<24 // even, or infinite
		if !whole {
			i := int32(t)
			whole = float32(i) == t
			odd = whole && i&1 == 1
		}
		if !whole && a != 0 && a <= math.MaxFloat32 {
			return float32(math.NaN())
		}
	}
	var p float32
	switch {
	case a == 1:
		p = 1
	case a == 0 || a > math.MaxFloat32 || y > math.MaxFloat32 || y < -math.MaxFloat32:
		if (a < 1) == (y < 0) {
			p = float32(math.Inf(1))
		}
	default:
		p = float32(Exp64(float64(float64(y) * Log64(float64(a)))))
	}
	if odd {
		p = -p
	}
	return p
}

// Sqrt32 returns the square root of x, correctly rounded. Sqrt32(±0) = ±0,
// Sqrt32(+Inf) = +Inf, Sqrt32(x < 0) = NaN, Sqrt32(NaN) = NaN.
func Sqrt32(x float32) float32 {
	return float32(math.Sqrt(float64(x)))
}

// Abs32 returns |x|, exactly. Abs32(±Inf) = +Inf, Abs32(NaN) = NaN.
func Abs32(x float32) float32 {
	return math.Float32frombits(math.Float32bits(x) & 0x7fffffff)
}

// Max32 returns b if a < b, and otherwise a. So a NaN in a is kept and a NaN in b
// is not: Max32(NaN, b) = NaN, Max32(a, NaN) = a; Max32(-0, +0) = -0.
func Max32(a, b float32) float32 {
	if a < b {
		return b
	}
	return a
}

// Min32 returns b if b < a, and otherwise a. So a NaN in a is kept and a NaN in b
// is not: Min32(NaN, b) = NaN, Min32(a, NaN) = a; Min32(+0, -0) = +0.
func Min32(a, b float32) float32 {
	if b < a {
		return b
	}
	return a
}

// Sin32 returns the sine of the angle x in radians, computed in float64.
// Error at most 0.51 ULP. Sin32(±0) = ±0, Sin32(±Inf) = NaN, Sin32(NaN) = NaN.
func Sin32(x float32) float32 { return float32(Sin64(float64(x))) }

// Cos32 returns the cosine of the angle x in radians, computed in float64.
// Error at most 0.51 ULP. Cos32(±Inf) = NaN, Cos32(NaN) = NaN.
func Cos32(x float32) float32 { return float32(Cos64(float64(x))) }

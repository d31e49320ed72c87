package x86

import "math"

// whole reports where |y| is an integer, and where that is odd.
func whole(c *code, y *node) (is, odd *node) {
	t := c.abs(y)
	is = c.compare(c.whole(t, toZero), equal, t)
	half := c.mul(t, c.num(0.5))
	return is, c.without(c.compare(c.whole(half, toZero), equal, half), is)
}

// powLimits is p = |x|**y with the sign of x**y and the special values that
// Pow32 and Pow64 share. In order of precedence: x**0 = 1**y = 1; NaN of NaN;
// NaN of a finite x < 0 and a y that is no integer; 1 of |x| = 1; 0 or
// infinity where x or y is, or where huge says so.
func powLimits(c *code, x, y, p, huge *node) *node {
	a := c.abs(x)
	infinity := c.num(math.Inf(1))
	out := c.or(huge, c.or(c.compare(a, equal, infinity), c.compare(a, equal, c.num(0))))
	grows := c.xor(c.compare(a, less, c.num(1)), c.compare(y, notLess, c.num(0))) // (a < 1) == (y < 0)
	p = c.choose(out, c.and(grows, infinity), p)
	p = c.choose(c.compare(a, equal, c.num(1)), c.num(1), p)
	is, odd := whole(c, y)
	p = c.xor(p, c.and(c.and(odd, c.sign()), x))
	// Finite and negative, to no integer power.
	root := c.without(is, c.and(c.compare(x, less, c.num(0)), c.compare(x, greater, c.num(math.Inf(-1)))))
	p = c.or(p, root)
	p = c.choose(c.compare(x, unordered, y), c.num(math.NaN()), p)
	one := c.or(c.compare(y, equal, c.num(0)), c.compare(x, equal, c.num(1)))
	return c.choose(one, c.num(1), p)
}

// pow32 is nnrt.Pow32: four lanes at a time in float64, where every positive
// float32 is a normal number. Powers of e beyond ±200 are 0 or infinite in
// float32, so that 2**k needs one factor.
func pow32(c *code, x, y *node) *node {
	a := c.abs(x)
	half := func(upper int) *node {
		c.double = true
		defer func() { c.double = false }()
		widen := func(v *node) *node { return c.ins("VCVTPS2PD", c.imm("VEXTRACTF128", upper, v)) }
		n, f := split64(c, widen(a))
		t := c.mul(ln64(c, n, f), widen(y))
		t = c.larger(c.smaller(t, c.num(200)), c.num(-200))
		p, k := expSplit(c, t)
		return c.ins("VCVTPD2PSY", c.mul(p, power(c, k)))
	}
	low := half(0)
	p := c.imm("VINSERTF128", 1, half(1), low)
	return powLimits(c, x, y, p, c.compare(c.abs(y), equal, c.num(math.Inf(1))))
}

// product64 is nnrt's mulExact64.
func product64(c *code, a, b *node) (hi, lo *node) {
	parts := func(v *node) (h, l *node) {
		t := c.mul(v, c.num(1<<27+1))
		h = c.sub(t, c.sub(t, v))
		return h, c.sub(v, h)
	}
	hi = c.mul(a, b)
	ah, al := parts(a)
	bh, bl := parts(b)
	lo = c.add(c.sub(c.mul(ah, bh), hi), c.mul(ah, bl))
	lo = c.add(lo, c.mul(al, bh))
	return hi, c.add(lo, c.mul(al, bl))
}

// pow64 is nnrt.Pow64.
func pow64(c *code, x, y *node) *node {
	a, sub := normal(c, c.abs(x))
	n, f := split64(c, a)
	n = c.add(n, sub)
	d := c.add(f, c.num(2))
	dl := c.sub(f, c.sub(d, c.num(2)))
	s := c.div(f, d)
	ph, pl := product64(c, s, d)
	sl := c.div(c.sub(c.sub(c.sub(f, ph), pl), c.mul(s, dl)), d)
	w, wl := product64(c, s, s)
	wl = c.add(wl, c.mul(c.mul(s, sl), c.num(2)))
	q := c.horner(w, 1.0/25, 1.0/23, 1.0/21, 1.0/19, 1.0/17, 1.0/15, 1.0/13, 1.0/11, 1.0/9, 1.0/7, 1.0/5)
	v, vl := product64(c, w, c.num(1.0/3))
	vl = c.add(vl, c.add(c.mul(wl, c.num(1.0/3)), c.mul(w, c.num(0x1.5555555555555p-56))))
	t := c.mul(c.mul(w, w), q)
	t = c.add(t, c.mul(c.mul(c.mul(w, wl), c.num(2)), c.num(1.0/5)))
	ph = c.add(v, t)
	vl = c.add(vl, c.sub(t, c.sub(ph, v)))
	v = ph
	ph, pl = product64(c, s, v)
	pl = c.add(pl, c.add(c.mul(s, vl), c.mul(sl, v)))
	l := c.add(s, ph)
	ll := c.add(c.add(c.sub(ph, c.sub(l, s)), pl), sl)
	l, ll = c.mul(l, c.num(2)), c.mul(ll, c.num(2))

	// n·ln 2; for n = 0 this changes nothing.
	ph = c.mul(n, c.num(ln2hi64))
	pl, t = product64(c, n, c.num(ln2lo64))
	t = c.add(t, c.mul(n, c.num(0x1.cc01f97b57a08p-87)))
	u := c.add(ph, l)
	ll = c.add(ll, c.sub(l, c.sub(u, ph)))
	l = c.add(u, pl)
	ll = c.add(ll, c.add(c.sub(pl, c.sub(l, u)), t))

	ph, pl = product64(c, y, l)
	pl = c.add(pl, c.mul(y, ll))
	m := c.add(c.mul(ph, c.num(log2e64)), c.num(magic64))
	k := c.sub(m, c.num(magic64))
	p := expOf(c, c.sub(ph, c.mul(k, c.num(ln2hi64))), c.sub(c.mul(k, c.num(ln2lo64)), pl))
	p = scaled(c, p, m)
	p = c.choose(c.compare(ph, greater, c.num(710)), c.num(math.Inf(1)), p)
	p = c.without(c.compare(ph, less, c.num(-746)), p)
	p = c.choose(c.compare(y, equal, c.num(1)), c.abs(x), p)
	size := c.abs(y)
	p = c.choose(c.compare(size, less, c.num(0x1p-64)), c.num(1), p)
	return powLimits(c, x, y, p, c.compare(size, notLess, c.num(0x1p64)))
}

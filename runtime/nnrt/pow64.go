package nnrt

import "math"

// Pow64 returns x**y.
//
//	|x|**y = e**(y·ln|x|), the logarithm and the product in two float64 each
//
// Error at most 1 ULP (0.97 measured); exact where the result is a float64. The special
// values are those of Pow32.
func Pow64(x, y float64) float64 {
	const (
		ln2hi = 6.93147180369123816490e-01 // 32 bits: n·ln2hi is exact
		ln2lo = 1.90821492927058770002e-10
		ln2ll = 0x1.cc01f97b57a08p-87
		log2e = 1.44269504088896338700e+00
		magic = 1.5 * (1 << 52)
		third = 0x1.5555555555555p-56 // 1/3 less its float64
		half  = uint64(0x3fe6a09e667f3bcd)
	)
	if y == 0 || x == 1 {
		return 1
	}
	if x != x || y != y {
		return x + y
	}
	a := Abs64(x)
	odd := false
	if math.Float64bits(x)>>63 != 0 {
		t := Abs64(y)
		whole := t >= 1<<53 // even, or infinite
		if !whole {
			i := int64(t)
			whole = float64(i) == t
			odd = whole && i&1 == 1
		}
		if !whole && a != 0 && a <= math.MaxFloat64 {
			return math.NaN()
		}
	}
	sign := 1.0
	if odd {
		sign = -1
	}
	if a == 1 {
		return sign
	}
	// |ln a| is at least 2^-53, so y·ln a is far out of range from 2^64 on.
	if a == 0 || a > math.MaxFloat64 || Abs64(y) >= 0x1p64 {
		if (a < 1) == (y < 0) {
			return float64(sign * math.Inf(1))
		}
		return float64(sign * 0)
	}
	if Abs64(y) < 0x1p-64 {
		return sign
	}
	if y == 1 {
		return x
	}

	// a = 2**k·(1+f); s+sl = f/(2+f)
	k := 0
	if a < 0x1p-1022 {
		a = float64(a * (1 << 54))
		k = -54
	}
	b := math.Float64bits(a) - half
	k += int(int64(b) >> 52)
	f := math.Float64frombits(b&(1<<52-1)+half) - 1
	d := 2 + f
	dl := f - (d - 2)
	s := f / d
	ph, pl := mulExact64(s, d)
	sl := (((f - ph) - pl) - float64(s*dl)) / d
	// w+wl = (s+sl)²
	w, wl := mulExact64(s, s)
	wl += float64(2 * float64(s*sl))
	// v+vl = w/3 + w²/5 + w³/7 + …
	q := 1.0 / 25
	q = float64(q*w) + 1.0/23
	q = float64(q*w) + 1.0/21
	q = float64(q*w) + 1.0/19
	q = float64(q*w) + 1.0/17
	q = float64(q*w) + 1.0/15
	q = float64(q*w) + 1.0/13
	q = float64(q*w) + 1.0/11
	q = float64(q*w) + 1.0/9
	q = float64(q*w) + 1.0/7
	q = float64(q*w) + 1.0/5
	v, vl := mulExact64(w, 1.0/3)
	vl += float64(wl*(1.0/3)) + float64(w*third)
	t := float64(float64(w*w) * q)
	t += float64(float64(2*float64(w*wl)) * (1.0 / 5))
	ph = v + t
	vl += t - (ph - v)
	v = ph
	// l+ll = ln(1+f) = 2(s+sl)·(1+v+vl)
	ph, pl = mulExact64(s, v)
	pl += float64(s*vl) + float64(sl*v)
	l := s + ph
	ll := ((ph - (l - s)) + pl) + sl
	l = float64(2 * l)
	ll = float64(2 * ll)
	if k != 0 {
		// k·ln 2 is larger than ln(1+f)
		n := float64(k)
		ph = float64(n * ln2hi) // exact
		pl, t = mulExact64(n, ln2lo)
		t += float64(n * ln2ll)
		u := ph + l
		ll += l - (u - ph)
		l = u
		u = l + pl
		ll += (pl - (u - l)) + t
		l = u
	}
	// p+pl = y·(l+ll)
	ph, pl = mulExact64(y, l)
	pl += float64(y * ll)
	switch {
	case ph > 710:
		return float64(sign * math.Inf(1))
	case ph < -746:
		return float64(sign * 0)
	}
	t = float64(log2e*ph) + magic
	n := t - magic
	k = int(int32(math.Float64bits(t)))
	return float64(sign * exp64(ph-float64(n*ln2hi), float64(n*ln2lo)-pl, k))
}

// mulExact64 returns hi + lo = a·b without error, barring over- and underflow.
func mulExact64(a, b float64) (hi, lo float64) {
	const split = 1<<27 + 1
	hi = float64(a * b)
	t := float64(split * a)
	ah := t - (t - a)
	al := a - ah
	t = float64(split * b)
	bh := t - (t - b)
	bl := b - bh
	lo = ((float64(ah*bh) - hi) + float64(ah*bl)) + float64(al*bh)
	lo += float64(al * bl)
	return hi, lo
}

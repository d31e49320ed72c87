package symbolic

import (
	"math"
	"math/big"
	"slices"
)

// interval is an open interval; nil is no end.
type interval struct{ lo, hi *big.Rat }

func (i interval) holds(v *big.Rat) bool {
	return (i.lo == nil || v.Cmp(i.lo) > 0) && (i.hi == nil || v.Cmp(i.hi) < 0)
}

// inside is a number of the interval.
func (i interval) inside() *big.Rat {
	one := big.NewRat(1, 1)
	switch {
	case i.lo == nil && i.hi == nil:
		return one
	case i.lo == nil:
		return new(big.Rat).Sub(i.hi, one)
	case i.hi == nil:
		return new(big.Rat).Add(i.lo, one)
	}
	m := new(big.Rat).Add(i.lo, i.hi)
	return m.Quo(m, big.NewRat(2, 1))
}

// roots lists where an expression may change its sign in an interval, or gives
// up.
func (e *Expr) roots(in interval) []*big.Rat {
	keep := func(list ...*big.Rat) []*big.Rat {
		return slices.DeleteFunc(list, func(v *big.Rat) bool { return !in.holds(v) })
	}
	if rest := e.withoutX(); rest != nil {
		return keep(append(rest.roots(in), new(big.Rat))...)
	}
	if c := e.polynomial(); c != nil {
		switch len(c) {
		case 0, 1:
			return nil
		case 2:
			return keep(new(big.Rat).Quo(new(big.Rat).Neg(c[0]), c[1]))
		case 3:
			return keep(quadratic(c)...)
		}
	}
	if len(e.terms) == 2 { // c·exp(k·x) − c
		c, a := sum(e.terms[1]).only(exp)
		if a != nil && len(e.terms[0].f) == 0 && new(big.Rat).Add(c, e.terms[0].c).Sign() == 0 && a.arg.withoutX() != nil {
			if _, ok := a.arg.withoutX().rational(); ok {
				return keep(new(big.Rat))
			}
		}
	}
	if lo, hi := e.bounds(in); lo >= 0 || hi <= 0 {
		return nil
	}
	giveUp()
	return nil
}

// quadratic are the rational roots of c₀ + c₁x + c₂x²; it gives up on others.
func quadratic(c []*big.Rat) []*big.Rat {
	d := new(big.Rat).Mul(c[1], c[1])
	d.Sub(d, new(big.Rat).Mul(big.NewRat(4, 1), new(big.Rat).Mul(c[0], c[2])))
	if d.Sign() < 0 {
		return nil
	}
	r := squareRoot(constant(d))
	if r == nil {
		giveUp()
	}
	s, _ := r.rational()
	twice := new(big.Rat).Mul(big.NewRat(2, 1), c[2])
	minus := new(big.Rat).Neg(c[1])
	return []*big.Rat{
		new(big.Rat).Quo(new(big.Rat).Sub(minus, s), twice),
		new(big.Rat).Quo(new(big.Rat).Add(minus, s), twice),
	}
}

// polynomial are the factors of the powers of x, if there are no other atoms.
func (e *Expr) polynomial() []*big.Rat {
	c := []*big.Rat{}
	for _, t := range e.terms {
		n := 0
		if len(t.f) > 1 || len(t.f) == 1 && t.f[0].a.kind != variable {
			return nil
		}
		if len(t.f) == 1 {
			n = t.f[0].n
		}
		for len(c) <= n {
			c = append(c, new(big.Rat))
		}
		c[n] = t.c
	}
	return c
}

// withoutX divides by x; nil if that is no factor of all terms.
func (e *Expr) withoutX() *Expr {
	if len(e.terms) == 0 {
		return nil
	}
	var terms []term
	for _, t := range e.terms {
		i := slices.IndexFunc(t.f, func(f factor) bool { return f.a.kind == variable })
		if i < 0 {
			return nil
		}
		f := slices.Clone(t.f)
		if f[i].n--; f[i].n == 0 {
			f = slices.Delete(f, i, i+1)
		}
		terms = append(terms, term{c: t.c, f: f})
	}
	return sum(terms...)
}

// sign is −1, 0 or 1 in an interval without roots. strict gives up where the
// expression may be 0 at some places.
func (e *Expr) sign(in interval, strict bool) int {
	if len(e.terms) == 0 {
		return 0
	}
	if rest := e.withoutX(); rest != nil {
		return rest.sign(in, strict) * in.inside().Sign()
	}
	if c := e.polynomial(); c != nil {
		v, _ := e.at(in.inside()).rational()
		return v.Sign()
	}
	lo, hi := e.bounds(in)
	switch {
	case lo > 0 || lo == 0 && !strict:
		return 1
	case hi < 0 || hi == 0 && !strict:
		return -1
	}
	if len(e.terms) == 2 { // c·exp(k·x) − c, whose root is not in the interval
		if v, ok := e.terms[0].c, len(e.terms[0].f) == 0; ok {
			_, a := sum(e.terms[1]).only(exp)
			if a != nil && new(big.Rat).Add(v, e.terms[1].c).Sign() == 0 {
				return a.arg.sign(in, strict) * e.terms[1].c.Sign()
			}
		}
	}
	giveUp()
	return 0
}

// bounds encloses an expression in an interval, not tightly.
func (e *Expr) bounds(in interval) (lo, hi float64) {
	const slack = 1e-9 // what was rounded is far below that
	sizeLo, sizeHi := 0.0, 0.0
	for _, t := range e.terms {
		l, h := 1.0, 1.0
		for _, f := range t.f {
			al, ah := f.a.bounds(in)
			if f.n%2 == 0 {
				al, ah = evenPower(al, ah)
				for range f.n / 2 {
					l, h = times(l, h, al, ah)
				}
				continue
			}
			for range f.n {
				l, h = times(l, h, al, ah)
			}
		}
		c, _ := t.c.Float64()
		l, h = times(l, h, c, c)
		lo, hi = lo+l, hi+h
		sizeLo, sizeHi = sizeLo+math.Abs(l), sizeHi+math.Abs(h)
	}
	lo, hi = lo-slack*sizeLo, hi+slack*sizeHi
	if math.IsNaN(lo) || math.IsNaN(hi) {
		return math.Inf(-1), math.Inf(1)
	}
	return lo, hi
}

// evenPower is the range of a square.
func evenPower(lo, hi float64) (float64, float64) {
	l, h := times(lo, hi, lo, hi)
	return math.Max(l, 0), h
}

func times(a, b, c, d float64) (lo, hi float64) {
	mul := func(x, y float64) float64 {
		if x == 0 || y == 0 {
			return 0 // also of an end that is infinite
		}
		return x * y
	}
	return min(mul(a, c), mul(a, d), mul(b, c), mul(b, d)), max(mul(a, c), mul(a, d), mul(b, c), mul(b, d))
}

// bounds encloses an atom; it gives up on one that may not be defined.
func (a *atom) bounds(in interval) (lo, hi float64) {
	if a.kind == variable {
		lo, hi = math.Inf(-1), math.Inf(1)
		if in.lo != nil {
			lo, _ = in.lo.Float64()
		}
		if in.hi != nil {
			hi, _ = in.hi.Float64()
		}
		return lo, hi
	}
	l, h := a.arg.bounds(in)
	switch a.kind {
	case exp:
		return math.Exp(l) * (1 - 1e-9), math.Exp(h) * (1 + 1e-9)
	case logistic:
		return 0, 1
	case erf:
		return -1, 1
	case sine, cosine:
		if !math.IsInf(l, 0) && !math.IsInf(h, 0) {
			return -1, 1
		}
	case logarithm:
		if c, u := a.arg.onePlusExp(); u != nil && c.Cmp(big.NewRat(1, 1)) >= 0 {
			return 0, math.Inf(1) // the slack of the bounds would hide the 1
		}
		if l > 0 {
			return math.Log(l) - 1e-9, math.Log(h) + 1e-9
		}
	case root, power:
		if l >= 0 {
			return 0, math.Inf(1)
		}
	case inverse:
		if l > 0 {
			return 0, (1 + 1e-9) / l
		}
	}
	giveUp() // it may not be defined, so that no comparison says anything
	return 0, 0
}

package symbolic

import "math/big"

// The functions of an expression, in the one form.

func expOf(e *Expr) *Expr {
	if len(e.terms) == 0 {
		return unit
	}
	if c, a := e.only(logarithm); a != nil && c.Cmp(big.NewRat(1, 1)) == 0 {
		return a.arg
	}
	return of(exp, e)
}

func sigmoidOf(e *Expr) *Expr {
	switch {
	case len(e.terms) == 0:
		return constant(big.NewRat(1, 2))
	case e.leadsNegative():
		return add(unit, neg(of(logistic, neg(e))))
	}
	return of(logistic, e)
}

// tanhOf is 2·σ(2u) − 1.
func tanhOf(e *Expr) *Expr {
	two := big.NewRat(2, 1)
	return add(scale(sigmoidOf(scale(e, two)), two), neg(unit))
}

func erfOf(e *Expr) *Expr {
	switch {
	case len(e.terms) == 0:
		return zero
	case e.leadsNegative():
		return neg(of(erf, neg(e)))
	}
	return of(erf, e)
}

func sinOf(e *Expr) *Expr {
	switch {
	case len(e.terms) == 0:
		return zero
	case e.leadsNegative():
		return neg(of(sine, neg(e)))
	}
	return of(sine, e)
}

func cosOf(e *Expr) *Expr {
	switch {
	case len(e.terms) == 0:
		return unit
	case e.leadsNegative():
		return of(cosine, neg(e))
	}
	return of(cosine, e)
}

func logOf(e *Expr) *Expr {
	one := big.NewRat(1, 1)
	if c, ok := e.rational(); ok && c.Cmp(one) == 0 {
		return zero
	}
	if c, a := e.only(exp); a != nil && c.Cmp(one) == 0 {
		return a.arg
	}
	softplus := func(u *Expr) *Expr { return logOf(add(unit, expOf(u))) }
	if c, a := e.only(logistic); a != nil && c.Cmp(one) == 0 { // log σ(u)
		return add(a.arg, neg(softplus(a.arg)))
	}
	if c, a := add(unit, neg(e)).only(logistic); a != nil && c.Cmp(one) == 0 { // log(1 − σ(u))
		return neg(softplus(a.arg))
	}
	if u, rest := e.expFactor(); u != nil {
		return add(u, logOf(rest))
	}
	if c, u := e.onePlusExp(); u != nil && c.Cmp(one) == 0 && u.leadsNegative() {
		return add(u, softplus(neg(u)))
	}
	return of(logarithm, e)
}

// inverseOf is 1/e.
func inverseOf(e *Expr) *Expr {
	if c, ok := e.rational(); ok {
		if c.Sign() == 0 {
			giveUp()
		}
		return constant(new(big.Rat).Inv(c))
	}
	if c, a := e.only(exp); a != nil {
		return scale(expOf(neg(a.arg)), new(big.Rat).Inv(c))
	}
	if u, rest := e.expFactor(); u != nil {
		return mul(expOf(neg(u)), inverseOf(rest))
	}
	if c, u := e.onePlusExp(); u != nil {
		return scale(sigmoidOf(neg(u)), new(big.Rat).Inv(c))
	}
	lead := new(big.Rat).Inv(e.terms[0].c)
	return scale(of(inverse, scale(e, lead)), lead)
}

// powerOf is e to the power of p; whole exponents are products.
func powerOf(e *Expr, p *big.Rat) *Expr {
	if n := p.Num().Int64(); p.IsInt() && p.Num().IsInt64() && n >= -mostPower && n <= mostPower {
		y := unit
		for range max(n, -n) {
			y = mul(y, e)
		}
		if n < 0 {
			y = inverseOf(y)
		}
		return y
	}
	return single(&atom{kind: power, arg: e, p: p, key: string(power) + p.RatString() + "(" + e.key + ")"})
}

// squareRoot returns q for q², whose root is |q|; nil if e is no square of a
// product.
func squareRoot(e *Expr) *Expr {
	if len(e.terms) == 0 {
		return zero
	}
	if len(e.terms) > 1 || e.leadsNegative() {
		return nil
	}
	t := e.terms[0]
	c := new(big.Rat).SetFrac(new(big.Int).Sqrt(t.c.Num()), new(big.Int).Sqrt(t.c.Denom()))
	if new(big.Rat).Mul(c, c).Cmp(t.c) != 0 {
		return nil
	}
	out := term{c: c}
	for _, f := range t.f {
		if f.n%2 != 0 {
			return nil
		}
		out.f = append(out.f, factor{f.a, f.n / 2})
	}
	return sum(out)
}

// at is the expression at a number: x replaced by it.
func (e *Expr) at(v *big.Rat) *Expr {
	y := zero
	for _, t := range e.terms {
		p := constant(t.c)
		for _, f := range t.f {
			p = mul(p, powerOf(f.a.at(v), big.NewRat(int64(f.n), 1)))
		}
		y = add(y, p)
	}
	return y
}

func (a *atom) at(v *big.Rat) *Expr {
	if a.kind == variable {
		return constant(v)
	}
	arg := a.arg.at(v)
	switch a.kind {
	case exp:
		return expOf(arg)
	case logistic:
		return sigmoidOf(arg)
	case logarithm:
		return logOf(arg)
	case erf:
		return erfOf(arg)
	case sine:
		return sinOf(arg)
	case cosine:
		return cosOf(arg)
	case inverse:
		return inverseOf(arg)
	case root:
		if q := squareRoot(arg); q != nil {
			if c, ok := q.rational(); ok {
				return constant(new(big.Rat).Abs(c))
			}
		}
		return of(root, arg)
	}
	return powerOf(arg, a.p)
}

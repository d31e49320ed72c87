package symbolic

import (
	"math"
	"math/big"
	"slices"
	"strings"
)

// Expr is a sum of terms, none with the factor 0, ordered by their keys.
type Expr struct {
	terms []term
	key   string
}

// term is a rational factor times a product of powers of atoms.
type term struct {
	c   *big.Rat
	f   []factor // ordered by the keys of their atoms
	key string
}

type factor struct {
	a *atom
	n int // at least 1
}

// atom is x, or a function of an expression.
type atom struct {
	kind kind
	arg  *Expr
	p    *big.Rat // of power: the exponent
	key  string
}

type kind string

const (
	variable  kind = "x"
	exp       kind = "exp"
	logistic  kind = "sigmoid"
	logarithm kind = "log"
	erf       kind = "erf"
	sine      kind = "sin"
	cosine    kind = "cos"
	root      kind = "sqrt"
	inverse   kind = "inverse"
	power     kind = "pow"
)

// unproven is the panic where nothing can be said about a function.
type unproven struct{}

func giveUp() { panic(unproven{}) }

// The limits of what is looked at.
const (
	mostTerms  = 16
	mostPower  = 12
	mostKey    = 2000
	mostBits   = 1 << 12 // of a rational number
	mostBreaks = 8
)

var (
	zero = sum()
	unit = constant(big.NewRat(1, 1))
	x    = single(&atom{kind: variable, key: "x"})
)

// number is a float64 as a rational number.
func number(v float64) *big.Rat {
	r := new(big.Rat)
	if r.SetFloat64(v) == nil {
		giveUp()
	}
	return r
}

func constant(c *big.Rat) *Expr { return sum(term{c: c}) }

func single(a *atom) *Expr { return sum(term{c: big.NewRat(1, 1), f: []factor{{a, 1}}}) }

// of makes an atom of a function; atoms of constants are constants without a
// name.
func of(k kind, arg *Expr) *Expr {
	return single(&atom{kind: k, arg: arg, key: string(k) + "(" + arg.key + ")"})
}

// sum puts terms in order and adds those of the same product.
func sum(terms ...term) *Expr {
	byKey := map[string]*big.Rat{}
	var list []term
	for _, t := range terms {
		var b strings.Builder
		for _, f := range t.f {
			b.WriteString(f.a.key)
			b.WriteByte('^')
			b.WriteByte(byte('0' + f.n))
		}
		t.key = b.String()
		if c := byKey[t.key]; c != nil {
			c.Add(c, t.c)
			continue
		}
		t.c = new(big.Rat).Set(t.c)
		byKey[t.key] = t.c
		list = append(list, t)
	}
	list = slices.DeleteFunc(list, func(t term) bool { return t.c.Sign() == 0 })
	slices.SortFunc(list, func(a, b term) int { return strings.Compare(a.key, b.key) })
	var b strings.Builder
	for _, t := range list {
		if t.c.Num().BitLen()+t.c.Denom().BitLen() > mostBits {
			giveUp()
		}
		b.WriteString(t.c.RatString())
		b.WriteString(t.key)
		b.WriteByte('+')
	}
	e := &Expr{terms: list, key: b.String()}
	if len(list) > mostTerms || len(e.key) > mostKey {
		giveUp()
	}
	return e
}

func add(a, b *Expr) *Expr { return sum(slices.Concat(a.terms, b.terms)...) }

func scale(a *Expr, c *big.Rat) *Expr {
	terms := slices.Clone(a.terms)
	for i := range terms {
		terms[i].c = new(big.Rat).Mul(terms[i].c, c)
	}
	return sum(terms...)
}

func neg(a *Expr) *Expr { return scale(a, big.NewRat(-1, 1)) }

func mul(a, b *Expr) *Expr {
	if len(a.terms)*len(b.terms) > 4*mostTerms {
		giveUp()
	}
	var terms []term
	for _, s := range a.terms {
		for _, t := range b.terms {
			terms = append(terms, product(s, t)...)
		}
	}
	return sum(terms...)
}

// product multiplies two terms: exponentials become one, and
// exp(±u)·sigmoid(u) is resolved.
func product(s, t term) []term {
	out := term{c: new(big.Rat).Mul(s.c, t.c)}
	exponent := zero
	for _, f := range slices.Concat(s.f, t.f) {
		if f.a.kind == exp {
			exponent = add(exponent, scale(f.a.arg, big.NewRat(int64(f.n), 1)))
			continue
		}
		if i := slices.IndexFunc(out.f, func(g factor) bool { return g.a.key == f.a.key }); i >= 0 {
			if out.f[i].n += f.n; out.f[i].n > mostPower {
				giveUp()
			}
			continue
		}
		out.f = append(out.f, f)
	}
	if len(exponent.terms) > 0 {
		for i, f := range out.f {
			if f.a.kind != logistic {
				continue
			}
			rest := out
			rest.f = slices.Clone(out.f)
			if rest.f[i].n--; rest.f[i].n == 0 {
				rest.f = slices.Delete(rest.f, i, i+1)
			}
			switch ratio, ok := multiple(exponent, f.a.arg); {
			case ok && ratio > 0: // exp(u)·σ(u) = exp(u) − σ(u)
				less := expOf(add(exponent, neg(f.a.arg)))
				return mul(mul(sum(rest), less), add(expOf(f.a.arg), neg(of(logistic, f.a.arg)))).terms
			case ok: // exp(−u)·σ(u) = 1 − σ(u)
				less := expOf(add(exponent, f.a.arg))
				return mul(mul(sum(rest), less), add(unit, neg(of(logistic, f.a.arg)))).terms
			}
		}
		out.f = append(out.f, expOf(exponent).terms[0].f...)
	}
	slices.SortFunc(out.f, func(a, b factor) int { return strings.Compare(a.a.key, b.a.key) })
	return []term{out}
}

// multiple reports whether a is n·b for a whole n.
func multiple(a, b *Expr) (n int, ok bool) {
	if len(a.terms) != len(b.terms) || len(b.terms) == 0 {
		return 0, false
	}
	r := new(big.Rat).Quo(a.terms[0].c, b.terms[0].c)
	if !r.IsInt() || !r.Num().IsInt64() || r.Num().Int64() > mostPower || r.Num().Int64() < -mostPower || scale(b, r).key != a.key {
		return 0, false
	}
	return int(r.Num().Int64()), true
}

// rational returns the number that an expression without atoms is.
func (e *Expr) rational() (*big.Rat, bool) {
	switch {
	case len(e.terms) == 0:
		return new(big.Rat), true
	case len(e.terms) == 1 && len(e.terms[0].f) == 0:
		return e.terms[0].c, true
	}
	return nil, false
}

// only returns the atom that an expression is a multiple of.
func (e *Expr) only(k kind) (c *big.Rat, a *atom) {
	if len(e.terms) == 1 && len(e.terms[0].f) == 1 && e.terms[0].f[0].n == 1 && e.terms[0].f[0].a.kind == k {
		return e.terms[0].c, e.terms[0].f[0].a
	}
	return nil, nil
}

// onePlusExp returns c and u of c·(1 + exp(u)).
func (e *Expr) onePlusExp() (c *big.Rat, u *Expr) {
	if len(e.terms) != 2 || len(e.terms[0].f) != 0 {
		return nil, nil
	}
	c, a := sum(e.terms[1]).only(exp)
	if a == nil || c.Cmp(e.terms[0].c) != 0 {
		return nil, nil
	}
	return c, a.arg
}

// expFactor takes an exponential out of an expression that has one in every
// term: e = exp(u)·rest.
func (e *Expr) expFactor() (u, rest *Expr) {
	if len(e.terms) < 2 {
		return nil, nil
	}
	for _, t := range e.terms {
		i := slices.IndexFunc(t.f, func(f factor) bool { return f.a.kind == exp })
		if i < 0 {
			return nil, nil
		}
		u = t.f[i].a.arg
	}
	return u, mul(e, expOf(neg(u)))
}

// leadsNegative reports whether the first term has a negative factor.
func (e *Expr) leadsNegative() bool { return len(e.terms) > 0 && e.terms[0].c.Sign() < 0 }

// value evaluates in float64; at is x.
func (e *Expr) value(at float64) float64 {
	y := 0.0
	for _, t := range e.terms {
		v, _ := t.c.Float64()
		for _, f := range t.f {
			a := f.a.value(at)
			for range f.n {
				v *= a
			}
		}
		y += v
	}
	return y
}

func (a *atom) value(at float64) float64 {
	if a.kind == variable {
		return at
	}
	v := a.arg.value(at)
	switch a.kind {
	case exp:
		return math.Exp(v)
	case logistic:
		return 1 / (1 + math.Exp(-v))
	case logarithm:
		return math.Log(v)
	case erf:
		return math.Erf(v)
	case sine:
		return math.Sin(v)
	case cosine:
		return math.Cos(v)
	case root:
		return math.Sqrt(v)
	case inverse:
		return 1 / v
	}
	p, _ := a.p.Float64()
	return math.Pow(v, p)
}

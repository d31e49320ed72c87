package symbolic

import (
	"math/big"
	"slices"
)

// Func is a function of one real number.
type Func struct {
	breaks []*big.Rat // ascending
	pieces []*Expr    // one more than breaks
	points []*Expr    // the values at the breaks, constants
}

// Prove runs a computation and reports whether it came to an end. Whatever
// cannot be said exactly ends it before.
func Prove(f func() *Func) (y *Func, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, mine := p.(unproven); !mine {
				panic(p)
			}
			y, ok = nil, false
		}
	}()
	return f(), true
}

// GiveUp ends a computation of Prove.
func GiveUp() *Func { panic(unproven{}) }

// X is the number itself.
func X() *Func { return &Func{pieces: []*Expr{x}} }

// Number is a constant.
func Number(v float64) *Func { return &Func{pieces: []*Expr{constant(number(v))}} }

// interval is that of a piece.
func (f *Func) interval(i int) interval {
	var in interval
	if i > 0 {
		in.lo = f.breaks[i-1]
	}
	if i < len(f.breaks) {
		in.hi = f.breaks[i]
	}
	return in
}

// split adds breaks, which change nothing.
func (f *Func) split(at ...*big.Rat) *Func {
	all := slices.Concat(f.breaks, at)
	slices.SortFunc(all, (*big.Rat).Cmp)
	all = slices.CompactFunc(all, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	if len(all) > mostBreaks {
		giveUp()
	}
	if len(all) == len(f.breaks) {
		return f
	}
	out := &Func{breaks: all, pieces: []*Expr{f.pieces[0]}}
	i := 0 // of f's breaks at or below
	for _, b := range all {
		if i < len(f.breaks) && f.breaks[i].Cmp(b) == 0 {
			out.points = append(out.points, f.points[i])
			i++
		} else {
			out.points = append(out.points, f.pieces[i].at(b))
		}
		out.pieces = append(out.pieces, f.pieces[i])
	}
	return out
}

// merged removes breaks at which nothing changes.
func (f *Func) merged() *Func {
	out := &Func{pieces: []*Expr{f.pieces[0]}}
	for i, b := range f.breaks {
		last := out.pieces[len(out.pieces)-1]
		if last.key == f.pieces[i+1].key && last.at(b).key == f.points[i].key {
			continue
		}
		out.breaks, out.points, out.pieces = append(out.breaks, b), append(out.points, f.points[i]), append(out.pieces, f.pieces[i+1])
	}
	return out
}

// combine computes a function of the values of several functions.
func combine(op func(v []*Expr) *Expr, list ...*Func) *Func {
	var breaks []*big.Rat
	for _, f := range list {
		breaks = append(breaks, f.breaks...)
	}
	same := make([]*Func, len(list))
	for i, f := range list {
		same[i] = f.split(breaks...)
	}
	out := &Func{breaks: same[0].breaks}
	each := func(get func(f *Func) []*Expr) (all []*Expr) {
		for i := range get(same[0]) {
			v := make([]*Expr, len(same))
			for k, f := range same {
				v[k] = get(f)[i]
			}
			all = append(all, op(v))
		}
		return all
	}
	out.pieces = each(func(f *Func) []*Expr { return f.pieces })
	out.points = each(func(f *Func) []*Expr { return f.points })
	return out.merged()
}

func (f *Func) each(op func(e *Expr) *Expr) *Func {
	return combine(func(v []*Expr) *Expr { return op(v[0]) }, f)
}

// Plus, Minus, Times and Over are f + g, f − g, f·g and f/g.
func (f *Func) Plus(g *Func) *Func {
	return combine(func(v []*Expr) *Expr { return add(v[0], v[1]) }, f, g)
}

func (f *Func) Minus(g *Func) *Func { return f.Plus(g.Times(Number(-1))) }

func (f *Func) Times(g *Func) *Func {
	return combine(func(v []*Expr) *Expr { return mul(v[0], v[1]) }, f, g)
}

func (f *Func) Over(g *Func) *Func { return f.Times(g.each(inverseOf)) }

// The functions of f, each by its name.
func (f *Func) Exp() *Func     { return f.each(expOf) }
func (f *Func) Log() *Func     { return f.each(logOf) }
func (f *Func) Sigmoid() *Func { return f.each(sigmoidOf) }
func (f *Func) Tanh() *Func    { return f.each(tanhOf) }
func (f *Func) Erf() *Func     { return f.each(erfOf) }
func (f *Func) Sin() *Func     { return f.each(sinOf) }
func (f *Func) Cos() *Func     { return f.each(cosOf) }

// Sqrt is the square root; that of a square is an absolute value.
func (f *Func) Sqrt() *Func {
	squares := true
	y := f.each(func(e *Expr) *Expr {
		if q := squareRoot(e); q != nil {
			return q
		}
		squares = false
		return of(root, e)
	})
	if squares {
		return y.Abs()
	}
	return f.each(func(e *Expr) *Expr { return of(root, e) })
}

// Pow is f to the power of a constant.
func (f *Func) Pow(p float64) *Func {
	if p == 0.5 {
		return f.Sqrt()
	}
	r := number(p)
	return f.each(func(e *Expr) *Expr { return powerOf(e, r) })
}

// choose is below where d < 0, at where d = 0, above where d > 0. If what
// happens where d = 0 does not matter, at is nil: then below and above must be
// the same there.
func choose(d, below, at, above *Func) *Func {
	var roots []*big.Rat
	for i, e := range d.pieces {
		roots = append(roots, e.roots(d.interval(i))...)
	}
	d = d.split(roots...)
	pick := func(s int) *Expr { return constant(big.NewRat(int64(s), 1)) }
	signs := &Func{breaks: d.breaks}
	for i, e := range d.pieces {
		signs.pieces = append(signs.pieces, pick(e.sign(d.interval(i), at != nil)))
	}
	for _, e := range d.points {
		signs.points = append(signs.points, pick(e.signOfConstant()))
	}
	if at == nil {
		at = above
	}
	return combine(func(v []*Expr) *Expr {
		s, _ := v[0].rational()
		return v[2+s.Sign()]
	}, signs, below, at, above)
}

// signOfConstant is the sign of the value of an expression without x.
func (e *Expr) signOfConstant() int {
	if c, ok := e.rational(); ok {
		return c.Sign()
	}
	v, size := e.value(0), 0.0
	for _, t := range e.terms {
		size = max(size, abs(sum(t).value(0)))
	}
	switch {
	case v > 1e-12*size:
		return 1
	case v < -1e-12*size:
		return -1
	}
	giveUp()
	return 0
}

func abs(v float64) float64 { return max(v, -v) }

// Less, LessOrEqual and Equal are 1 where f < g, f ≤ g, f = g, else 0.
func (f *Func) Less(g *Func) *Func { return choose(f.Minus(g), Number(1), Number(0), Number(0)) }

func (f *Func) LessOrEqual(g *Func) *Func {
	return choose(f.Minus(g), Number(1), Number(1), Number(0))
}

func (f *Func) Equal(g *Func) *Func { return choose(f.Minus(g), Number(0), Number(1), Number(0)) }

// Where is a where f is not 0, else b. What f is must be known by its sign.
func (f *Func) Where(a, b *Func) *Func { return choose(f, a, b, a) }

// Min, Max and Abs are the smaller, the larger of two, and the magnitude.
func (f *Func) Min(g *Func) *Func { return choose(f.Minus(g), f, nil, g) }

func (f *Func) Max(g *Func) *Func { return choose(f.Minus(g), g, nil, f) }

func (f *Func) Abs() *Func { return choose(f, f.Times(Number(-1)), nil, f) }

// Sign is −1, 0 or 1.
func (f *Func) Sign() *Func { return choose(f, Number(-1), Number(0), Number(1)) }

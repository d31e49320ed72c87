package symbolic

import (
	"math"
	"math/big"
)

// rounding is by how much numbers may differ, relatively, that are the same but
// for the rounding of constants to float64.
const rounding = 0x1p-48

func near(a, b *big.Rat) bool {
	if a.Cmp(b) == 0 {
		return true
	}
	if a.Sign() != b.Sign() || a.Sign() == 0 {
		return false
	}
	q, _ := new(big.Rat).Quo(a, b).Float64()
	return math.Abs(q-1) <= rounding
}

// Same reports whether two functions are proven to be the same up to the
// rounding of constants to float64: the same breaks, the same expressions between
// them and the same values at them.
func (f *Func) Same(g *Func) bool {
	if len(f.breaks) != len(g.breaks) {
		return false
	}
	for i, b := range f.breaks {
		if !near(b, g.breaks[i]) || !sameValue(f.points[i], g.points[i]) {
			return false
		}
	}
	for i, e := range f.pieces {
		if !e.same(g.pieces[i]) {
			return false
		}
	}
	return true
}

// sameValue compares values at breaks, which roundings of a break may move.
func sameValue(a, b *Expr) bool {
	v, w := a.value(0), b.value(0)
	return a.key == b.key || math.Abs(v-w) <= 1e-13*max(math.Abs(v), math.Abs(w))
}

func (e *Expr) same(g *Expr) bool {
	if len(e.terms) != len(g.terms) {
		return false
	}
	taken := make([]bool, len(g.terms))
	for _, t := range e.terms {
		found := false
		for k, u := range g.terms {
			if found = !taken[k] && near(t.c, u.c) && t.sameProduct(u); found {
				taken[k] = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (t term) sameProduct(u term) bool {
	if t.key == u.key {
		return true
	}
	if len(t.f) != len(u.f) {
		return false
	}
	taken := make([]bool, len(u.f))
	for _, f := range t.f {
		found := false
		for k, g := range u.f {
			if found = !taken[k] && f.n == g.n && f.a.same(g.a); found {
				taken[k] = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (a *atom) same(b *atom) bool {
	switch {
	case a.kind != b.kind:
		return false
	case a.kind == variable:
		return true
	case a.kind == power && a.p.Cmp(b.p) != 0:
		return false
	}
	return a.arg.same(b.arg)
}

// Breaks are the ends of the intervals.
func (f *Func) Breaks() []float64 {
	var list []float64
	for _, b := range f.breaks {
		v, _ := b.Float64()
		list = append(list, v)
	}
	return list
}

// terms are those between two breaks, none if there are fewer breaks.
func (f *Func) terms(piece int) []term {
	if piece >= len(f.pieces) {
		return nil
	}
	return f.pieces[piece].terms
}

// Factor is the factor of a term of a piece, 0 if it has none: of "" the
// constant, of "x" that of x, of "exp" that of the first exponential.
func (f *Func) Factor(piece int, of string) float64 {
	for _, t := range f.terms(piece) {
		if len(t.f) == 0 && of == "" || len(t.f) == 1 && t.f[0].n == 1 && string(t.f[0].a.kind) == of {
			v, _ := t.c.Float64()
			return v
		}
	}
	return 0
}

// Inside is the factor of x in the first atom of a kind, such as "sigmoid"; 0 if
// there is none.
func (f *Func) Inside(piece int, of string) float64 {
	for _, t := range f.terms(piece) {
		for _, g := range t.f {
			if string(g.a.kind) == of && g.a.arg != nil {
				return (&Func{pieces: []*Expr{g.a.arg}}).Factor(0, string(variable))
			}
		}
	}
	return 0
}

// Part is the function between two breaks as a function of all numbers.
func (f *Func) Part(piece int) *Func { return &Func{pieces: f.pieces[piece : piece+1]} }

// Value is the function at a number, in float64.
func (f *Func) Value(v float64) float64 {
	for i, b := range f.breaks {
		at, _ := b.Float64()
		switch {
		case v < at:
			return f.pieces[i].value(v)
		case v == at:
			return f.points[i].value(v)
		}
	}
	return f.pieces[len(f.breaks)].value(v)
}

package avx2

import "fmt"

// The functions below are nnrt's float32 functions (math32.go), operation by
// operation, with both sides of a branch computed and one chosen. A change
// there must be made here; the generated tests compare the bits.

const (
	log2e  = 1.44269504
	magic  = 1.5 * (1 << 23)
	ln2hi  = 0x1.62e4p-1
	ln2lo  = 0x1.7f7d1cp-20
	biased = 0x4b400000 // bits of magic
)

// expTerms are the coefficients of e**r, the highest first.
var expTerms = []float64{0x1.6cd50cp-10, 0x1.122c58p-7, 0x1.555538p-5, 0x1.5554aap-3, 0.5}

// poly is the polynomial with the coefficients, highest first, in x, which is
// kept.
func (m *mapper) poly(x value, coefficients []float64) value {
	p := m.constant(coefficients[0])
	for _, c := range coefficients[1:] {
		p = m.sum(m.mul(p, keep(x)), m.constant(c))
	}
	return p
}

// shift is v shifted by bits, as integers.
func (m *mapper) shift(op string, bits int, v value) value {
	dst := m.temp()
	m.Ins(op, fmt.Sprintf("$%d", bits), v.y.String(), dst.y.String())
	m.free(v)
	return dst
}

// power is the float with the exponent k + bias, 2**k for a bias of 127.
func (m *mapper) power(k value, bias uint32) value {
	return m.shift("VPSLLD", 23, m.three("VPADDD", k, m.bits(bias)))
}

// reduced splits x = n·ln 2 + r: m is n plus magic, from whose bits the
// integer n can be read.
func (m *mapper) reduced(x value) (shifted, n value) {
	shifted = m.sum(m.mul(keep(x), m.constant(log2e)), m.constant(magic))
	return shifted, m.sub(keep(shifted), m.constant(magic))
}

// exp is nnrt.Exp32.
func (m *mapper) exp(x value) value {
	x = m.smaller(x, m.constant(89))
	x = m.larger(x, m.constant(-104))
	shifted, n := m.reduced(x)
	r := m.sub(x, m.mul(keep(n), m.constant(ln2hi)))
	r = m.sub(r, m.mul(n, m.constant(ln2lo)))
	y := m.mul(m.mul(keep(r), keep(r)), m.poly(r, expTerms))
	y = m.sum(m.sum(y, r), m.constant(1))
	k := m.three("VPSUBD", shifted, m.bits(biased))
	h := m.shift("VPSRAD", 1, keep(k))
	y = m.mul(y, m.power(keep(h), 127))
	return m.mul(y, m.power(m.three("VPSUBD", k, h), 127))
}

// expm1 is nnrt.Expm132.
func (m *mapper) expm1(arg value) value {
	x := m.smaller(keep(arg), m.constant(89))
	x = m.larger(x, m.constant(-18))
	shifted, n := m.reduced(x)
	hi := m.sub(x, m.mul(keep(n), m.constant(ln2hi)))
	lo := m.mul(n, m.constant(ln2lo))
	r := m.sub(keep(hi), keep(lo))
	c := m.sub(m.sub(hi, keep(r)), lo)
	q := m.mul(m.mul(keep(r), keep(r)), m.poly(r, expTerms))
	q = m.sum(q, c)
	s := m.power(m.three("VPSUBD", shifted, m.bits(biased)), 126)
	t := m.sub(keep(s), m.constant(0.5))
	g := m.mul(keep(s), r)
	y := m.sum(keep(t), keep(g))
	e := m.sum(m.sub(t, keep(y)), g)
	e = m.sum(e, m.mul(s, q))
	y = m.mul(m.sum(y, e), m.constant(2))
	// −2**−25 < x < 2**−25: the result is x.
	tiny := m.compare(less, m.three("VANDNPS", m.sign(), keep(arg)), m.constant(0x1p-25))
	return m.choose(tiny, arg, y)
}

// tanh is nnrt.Tanh32.
func (m *mapper) tanh(x value) value {
	sign := m.three("VANDPS", keep(x), m.sign())
	a := m.three("VANDNPS", m.sign(), x)
	z := m.mul(keep(a), keep(a))
	p := m.poly(z, []float64{-0x1.7679fcp-8, 0x1.524c3ep-6, -0x1.b842c4p-5, 0x1.11075ep-3, -0x1.555534p-2})
	near := m.sum(m.mul(m.mul(p, z), keep(a)), keep(a))
	small := m.compare(less, keep(a), m.constant(0.625))

	b := m.smaller(a, m.constant(10))
	b = m.sum(keep(b), b)
	shifted, n := m.reduced(b)
	r := m.sub(b, m.mul(keep(n), m.constant(ln2hi)))
	r = m.sub(r, m.mul(n, m.constant(ln2lo)))
	y := m.mul(m.mul(keep(r), keep(r)), m.poly(r, expTerms))
	y = m.sum(m.sum(y, r), m.constant(1))
	y = m.mul(y, m.power(m.three("VPSUBD", shifted, m.bits(biased)), 127))
	y = m.sub(m.constant(1), m.div(m.constant(2), m.sum(y, m.constant(1))))
	return m.three("VORPS", m.choose(small, near, y), sign)
}

// sigmoid is nnrt.Sigmoid32.
func (m *mapper) sigmoid(x value) value {
	e := m.exp(m.three("VORPS", keep(x), m.sign()))
	negative := m.compare(less, x, m.constant(0))
	top := m.choose(negative, keep(e), m.constant(1))
	return m.div(top, m.sum(m.constant(1), e))
}

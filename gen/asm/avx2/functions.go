package avx2

import (
	"fmt"
	"math"
)

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
func (m *mapper) power(k value, bias uint64) value {
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

// tanh is nnrt.Tanh32. The intervals' numbers are columns of tanhTable, which a
// permutation with the intervals' indices looks up.
func (m *mapper) tanh(x value) value {
	a := m.smaller(m.abs(keep(x)), m.constant(9.05))
	i := m.sum(keep(a), m.constant(tanhOffset))
	offset := uint64(math.Float32bits(float32(tanhOffset)))
	i = m.shift("VPSRLD", 22, m.three("VPSUBD", i, m.bits(offset)))
	t := m.sub(a, m.lookup(0, i))
	t2 := m.mul(keep(t), keep(t))
	h := m.sum(m.lookup(5, i), m.mul(m.lookup(6, i), keep(t)))
	h = m.sum(h, m.mul(m.lookup(7, i), keep(t2)))
	h = m.mul(h, m.mul(keep(t2), keep(t2)))
	q := m.sum(m.lookup(3, i), m.mul(m.lookup(4, i), keep(t)))
	q = m.sum(m.mul(q, t2), h)
	y := m.sum(m.lookup(1, i), m.mul(m.lookup(2, i), t))
	m.free(i)
	y = m.sum(y, q)
	return m.commute("VORPS", y, m.commute("VANDPS", x, m.sign()))
}

// lookup is a column of tanhTable at the indices i, which are kept.
func (m *mapper) lookup(column int, i value) value {
	var lanes []uint64
	for _, row := range tanhTable {
		lanes = append(lanes, uint64(math.Float32bits(row[column])))
	}
	dst := m.temp()
	m.Ins("VPERMPS", m.table(lanes...).operand(), i.y.String(), dst.y.String())
	return dst
}

const tanhOffset = 0.605

// tanhTable is nnrt's tanh32.
var tanhTable = [8][8]float32{
	{0, 0, 1, -0x1.268e0cp-20, -0x1.5544c8p-2, -0x1.365102p-10, 0x1.25098p-3, -0x1.2eeb8p-5},
	{0x1.b5ab32p-2, 0x1.9cd4bcp-2, 0x1.acc854p-1, -0x1.59bb64p-2, -0x1.24f9c4p-3, 0x1.5c999ep-3, -0x1.41661ap-10, -0x1.014a3p-4},
	{0x1.b5b3c8p-1, 0x1.632162p-1, 0x1.09ad3cp-1, -0x1.708e26p-2, 0x1.39e6e2p-4, 0x1.11e892p-4, -0x1.e34d2ep-5, 0x1.45317p-7},
	{0x1.75addcp+0, 0x1.cb9114p-1, 0x1.8dfc6cp-3, -0x1.653a86p-3, 0x1.7833c6p-4, -0x1.8db56cp-6, -0x1.646472p-8, 0x1.17bb96p-7},
	{0x1.283d48p+1, 0x1.f61864p-1, 0x1.39e286p-5, -0x1.33cf04p-5, 0x1.8a80cep-6, -0x1.6b9cd8p-7, 0x1.e1ee4cp-9, -0x1.6e49aap-11},
	{0x1.c321d6p+1, 0x1.ff1c92p-1, 0x1.c688f6p-9, -0x1.c5b87p-9, 0x1.2c3faep-9, -0x1.2a738cp-10, 0x1.fd0b82p-12, -0x1.45cc74p-13},
	{0x1.4ef9cp+2, 0x1.fff88cp-1, 0x1.dda7f6p-14, -0x1.dd7484p-14, 0x1.3856bap-14, -0x1.39101p-15, 0x1.2af368p-16, -0x1.8a1deep-18},
	{0x1.e90748p+2, 0x1.fffffp-1, 0x1.ef6d34p-21, -0x1.b15098p-21, 0x1.42f968p-21, -0x1.d360e6p-22, 0x1.48c5cp-23, -0x1.23c388p-27},
}

// sigmoid is nnrt.Sigmoid32.
func (m *mapper) sigmoid(x value) value {
	e := m.exp(m.three("VORPS", keep(x), m.sign()))
	negative := m.compare(less, x, m.constant(0))
	top := m.choose(negative, keep(e), m.constant(1))
	return m.div(top, m.sum(m.constant(1), e))
}

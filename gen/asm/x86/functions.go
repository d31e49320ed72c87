package x86

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// The functions below are nnrt's float32 functions (math32.go), operation by
// operation, with all sides of a branch computed and one chosen. A change
// there must be made here; TestFunctions compares the bits.

var functions32 = map[expr.Op]function{
	expr.OpExp: unary(exp32), expr.OpExpm1: unary(expm132), expr.OpTanh: unary(tanh32), expr.OpSigmoid: unary(sigmoid32),
	expr.OpLog: unary(log32), expr.OpLog1p: unary(log1p32), expr.OpErf: unary(erf32),
	expr.OpPow: binary(pow32),
}

const (
	log2e  = 1.44269504
	magic  = 1.5 * (1 << 23)
	ln2hi  = 0x1.62e4p-1
	ln2lo  = 0x1.7f7d1cp-20
	biased = 0x4b400000 // bits of magic
)

// exp32 is nnrt.Exp32.
func exp32(c *code, x *node) *node {
	x = c.smaller(x, c.num(89))
	return expTo89(c, c.larger(x, c.num(-104)), false)
}

// expTo89 is nnrt.Exp32 from -104 to 89; negative says that the sign of every
// x is set.
func expTo89(c *code, x *node, negative bool) *node {
	w := c.bits(1 << 30)
	if !negative {
		w = c.and(c.imm("VPSRLD", 1, x), w)
	}
	b := c.add(c.mul(x, c.num(0x1.715476p+3)), c.num(magic))
	n := c.sub(b, c.num(magic))
	r := c.sub(x, c.mul(n, c.num(0x1.62ep-4)))
	r = c.sub(r, c.mul(n, c.num(0x1.0bfbe8p-18)))
	r2 := c.mul(r, r)
	q := c.add(c.mul(r, c.num(0x1.555c7p-3)), c.num(0.5))
	q = c.add(q, c.mul(r2, c.num(0x1.555664p-5)))
	q = c.add(c.mul(q, r2), c.add(r, c.lookup(expRests, b)))
	t := c.ins("VPADDD", c.lookup(expPowers, b), c.imm("VPSLLD", 20, b))
	t = c.ins("VPADDD", w, t)
	y := c.add(c.mul(q, t), t)
	if negative {
		return c.mul(y, c.num(0x1p-64))
	}
	return c.mul(y, c.xor(w, c.bits(0x5f800000)))
}

// expPowers and expRests are the columns of nnrt's exp32.
var (
	expPowers = []uint64{0x1f800000, 0x1f7b95c2, 0x1f7837f0, 0x1f75fed7, 0x1f7504f3, 0x1f75672a, 0x1f7744fd, 0x1f7ac0c7}
	expRests  = column(0, -0x1.9c0c22p-27, 0x1.125002p-25, -0x1.0a3552p-25, 0x1.26055cp-26, 0x1.67a1cap-28, -0x1.f9c306p-27, -0x1.a5217cp-28)
)

// column is a table of eight float32 numbers.
func column(numbers ...float32) (bits []uint64) {
	for _, v := range numbers {
		bits = append(bits, uint64(math.Float32bits(v)))
	}
	return bits
}

// expm132 is nnrt.Expm132.
func expm132(c *code, arg *node) *node {
	x := c.smaller(arg, c.num(89))
	x = c.larger(x, c.num(-18))
	m := c.add(c.mul(x, c.num(log2e)), c.num(magic))
	n := c.sub(m, c.num(magic))
	hi := c.sub(x, c.mul(n, c.num(ln2hi)))
	lo := c.mul(n, c.num(ln2lo))
	r := c.sub(hi, lo)
	rest := c.sub(c.sub(hi, r), lo)
	q := c.horner(r, 0x1.6cd50cp-10, 0x1.122c58p-7, 0x1.555538p-5, 0x1.5554aap-3, 0.5)
	q = c.add(c.mul(c.mul(r, r), q), rest)
	s := c.ins("VPADDD", c.bits((126-biased)&math.MaxUint32), m)
	s = c.imm("VPSLLD", 23, s)
	t := c.sub(s, c.num(0.5))
	g := c.mul(s, r)
	y := c.add(t, g)
	e := c.add(c.sub(t, y), g)
	e = c.add(e, c.mul(s, q))
	y = c.mul(c.add(y, e), c.num(2))
	tiny := c.compare(c.abs(arg), less, c.num(0x1p-25))
	return c.choose(tiny, arg, y)
}

// tanh32 is nnrt.Tanh32.
func tanh32(c *code, x *node) *node {
	const offset = 0.605
	a := c.smaller(c.abs(x), c.num(9.05))
	i := c.ins("VPSUBD", c.bits(uint64(math.Float32bits(offset))), c.add(a, c.num(offset)))
	i = c.imm("VPSRLD", 22, i)
	t := c.sub(a, c.lookup(tanhTable[0], i))
	t2 := c.mul(t, t)
	// term is a coefficient times a power of t.
	term := func(k int, power *node) *node { return c.mul(c.lookup(tanhTable[k], i), power) }
	h := c.add(term(6, t), c.lookup(tanhTable[5], i))
	h = c.add(h, term(7, t2))
	h = c.mul(h, c.mul(t2, t2))
	q := c.add(term(4, t), c.lookup(tanhTable[3], i))
	q = c.add(c.mul(q, t2), h)
	y := c.add(term(2, t), c.lookup(tanhTable[1], i))
	return c.copySign(c.add(y, q), x)
}

// tanhTable are the columns of nnrt's tanh32.
var tanhTable = [8][]uint64{
	column(0, 0x1.b5ab32p-2, 0x1.b5b3c8p-1, 0x1.75addcp+0, 0x1.283d48p+1, 0x1.c321d6p+1, 0x1.4ef9cp+2, 0x1.e90748p+2),
	column(0, 0x1.9cd4bcp-2, 0x1.632162p-1, 0x1.cb9114p-1, 0x1.f61864p-1, 0x1.ff1c92p-1, 0x1.fff88cp-1, 0x1.fffffp-1),
	column(1, 0x1.acc854p-1, 0x1.09ad3cp-1, 0x1.8dfc6cp-3, 0x1.39e286p-5, 0x1.c688c2p-9, 0x1.dda7f6p-14, 0x1.ef6d34p-21),
	column(-0x1.268e0cp-20, -0x1.59bb64p-2, -0x1.708e26p-2, -0x1.653a86p-3, -0x1.33cf04p-5, -0x1.c5ba0ap-9, -0x1.dd7484p-14, -0x1.b15098p-21),
	column(-0x1.5544c8p-2, -0x1.24f9c4p-3, 0x1.39e6e2p-4, 0x1.7833c6p-4, 0x1.8a80cep-6, 0x1.2c3d96p-9, 0x1.3856bap-14, 0x1.42f968p-21),
	column(-0x1.365102p-10, 0x1.5c999ep-3, 0x1.11e892p-4, -0x1.8db56cp-6, -0x1.6b9cd8p-7, -0x1.2a6fep-10, -0x1.39101p-15, -0x1.d360e6p-22),
	column(0x1.25098p-3, -0x1.41661ap-10, -0x1.e34d2ep-5, -0x1.646472p-8, 0x1.e1ee4cp-9, 0x1.fd3c8p-12, 0x1.2af368p-16, 0x1.48c5cp-23),
	column(-0x1.2eeb8p-5, -0x1.014a3p-4, 0x1.45317p-7, 0x1.17bb96p-7, -0x1.6e49aap-11, -0x1.45ce4ap-13, -0x1.8a1deep-18, -0x1.23c388p-27),
}

// sigmoid32 is nnrt.Sigmoid32. At -0 both sides of its branch give 1/2.
func sigmoid32(c *code, x *node) *node {
	e := expTo89(c, c.larger(c.minus(x), c.num(-104)), true)
	top := c.choose(x, e, c.num(1))
	return c.div(top, c.add(e, c.num(1)))
}

// ln is n·ln 2 + ln(1+f) as Log32 and Log1p32 compute it.
func ln(c *code, n, f *node) *node {
	s := c.div(f, c.add(f, c.num(2)))
	z := c.mul(s, s)
	p := c.mul(c.horner(z, 0x1.f13b2p-3, 0x1.23d3ep-2, 0x1.999c26p-2, 0x1.555554p-1), z)
	h := c.mul(c.mul(f, f), c.num(0.5))
	t := c.add(c.mul(s, c.add(h, p)), c.mul(n, c.num(ln2lo)))
	t = c.sub(c.sub(h, t), f)
	return c.sub(c.mul(n, c.num(ln2hi)), t)
}

// split gives the k and f of x = 2**k·(1+f) for normal x, √½ ≤ 1+f < √2.
func split(c *code, x *node) (k, f *node) {
	const half = 0x3f3504f3
	b := c.ins("VPSUBD", c.bits(half), x)
	f = c.ins("VPADDD", c.bits(half), c.and(b, c.bits(0x007fffff)))
	return c.imm("VPSRAD", 23, b), c.sub(f, c.num(1))
}

// log32 is nnrt.Log32.
func log32(c *code, x *node) *node {
	small := c.compare(x, less, c.num(0x1p-126))
	k, f := split(c, c.choose(small, c.mul(x, c.num(1<<25)), x))
	k = c.ins("VPSUBD", c.and(small, c.bits(25)), k)
	y := ln(c, c.ins("VCVTDQ2PS", k), f)
	return logLimits(c, x, x, y)
}

// logLimits is y with the values of the logarithm of u where that is not a
// positive number; x is the argument.
func logLimits(c *code, x, u, y *node) *node {
	y = c.choose(c.compare(x, notLess, c.num(math.Inf(1))), x, y)
	low := c.choose(c.compare(u, less, c.num(0)), c.num(math.NaN()), c.num(math.Inf(-1)))
	return c.choose(c.compare(u, lessEqual, c.num(0)), low, y)
}

// log1p32 is nnrt.Log1p32.
func log1p32(c *code, x *node) *node {
	u := c.add(x, c.num(1))
	rest := c.choose(c.compare(x, less, c.num(1)),
		c.sub(x, c.sub(u, c.num(1))),
		c.sub(c.num(1), c.sub(u, x)))
	k, f := split(c, u)
	scale := c.imm("VPSLLD", 23, c.ins("VPSUBD", k, c.bits(127)))
	rest = c.and(c.mul(rest, scale), c.compare(x, less, c.num(1<<25)))
	y := ln(c, c.ins("VCVTDQ2PS", k), c.add(f, rest))
	y = logLimits(c, x, u, y)
	tiny := c.compare(c.abs(x), less, c.num(0x1p-25))
	return c.choose(tiny, x, y)
}

// erf32 is nnrt.Erf32.
func erf32(c *code, x *node) *node {
	const e0 = 0x1.06eba6p-3
	z := c.mul(x, x)
	near := c.horner(z, -0x1.3ba65p-11, 0x1.4799e6p-8, -0x1.b69b4ap-6, 0x1.ce1b88p-4, -0x1.8126ecp-2, e0)
	near = c.add(c.mul(near, x), x)
	scaled := c.mul(x, c.num(0x1p50))
	tiny := c.mul(c.add(c.mul(scaled, c.num(e0)), scaled), c.num(0x1p-50))
	near = c.choose(c.compare(c.abs(x), less, c.num(0x1p-100)), tiny, near)

	a := c.smaller(c.abs(x), c.num(4))
	g := c.horner(a, 0x1.9d8282p-13, -0x1.907f7cp-9, 0x1.6cfc1ap-6, -0x1.aa22bcp-4, -0x1.462cbcp-1, -0x1.20b43p+0, -0x1.7443fap-13)
	y := c.sub(c.num(1), expTo89(c, g, true))
	return c.choose(c.compare(c.abs(x), less, c.num(0.9)), near, c.copySign(y, x))
}

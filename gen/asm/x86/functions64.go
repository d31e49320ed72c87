package x86

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// The functions below are nnrt's float64 functions (math64.go, pow64.go), as those in
// functions.go are its float32 functions.

var functions64 = map[expr.Op]function{
	expr.OpExp: unary(exp64), expr.OpExpm1: unary(expm164), expr.OpTanh: unary(tanh64), expr.OpSigmoid: unary(sigmoid64),
	expr.OpLog: unary(log64), expr.OpLog1p: unary(log1p64), expr.OpErf: unary(erf64),
	expr.OpFloor: unary(func(c *code, x *node) *node { return c.whole(x, down) }),
	expr.OpPow:   binary(pow64),
}

const (
	log2e64 = 1.44269504088896338700e+00
	ln2hi64 = 6.93147180369123816490e-01
	ln2lo64 = 1.90821492927058770002e-10
	magic64 = 1.5 * (1 << 52) // the low 32 bits of n + magic64 are n
	most64  = 7.09782712893383973096e+02
)

// scaled is y·2**k in two factors; the low 32 bits of every lane of k are k.
func scaled(c *code, y, k *node) *node {
	h := c.imm("VPSRAD", 1, k)
	y = c.mul(y, power(c, h))
	return c.mul(y, power(c, c.ins("VPSUBD", h, k)))
}

// power is 2**k.
func power(c *code, k *node) *node {
	return c.imm("VPSLLQ", 52, c.ins("VPADDD", c.bits(1023), k))
}

// expOf is nnrt's exp64 with k = 0.
func expOf(c *code, hi, lo *node) *node {
	r := c.sub(hi, lo)
	t := c.mul(r, r)
	p := c.horner(t, 4.13813679705723846039e-08, -1.65339022054652515390e-06, 6.61375632143793436117e-05, -2.77777777770155933842e-03, 1.66666666666666657415e-01)
	d := c.sub(r, c.mul(t, p))
	q := c.div(c.mul(r, d), c.sub(c.num(2), d))
	return c.sub(c.num(1), c.sub(c.sub(lo, q), hi))
}

// expSplit is e**r and, in the low 32 bits, k for x = k·ln 2 + r.
func expSplit(c *code, x *node) (y, k *node) {
	k = c.add(c.mul(x, c.num(log2e64)), c.num(magic64))
	n := c.sub(k, c.num(magic64))
	return expOf(c, c.sub(x, c.mul(n, c.num(ln2hi64))), c.mul(n, c.num(ln2lo64))), k
}

// exp64 is nnrt.Exp64.
func exp64(c *code, x *node) *node {
	y, k := expSplit(c, x)
	y = scaled(c, y, k)
	y = c.choose(c.compare(c.abs(x), less, c.num(0x1p-28)), c.add(x, c.num(1)), y)
	y = c.without(c.compare(x, less, c.num(-745.2)), y)
	return c.choose(c.compare(x, greater, c.num(most64)), c.num(math.Inf(1)), y)
}

// expm164 is nnrt.Expm164.
func expm164(c *code, arg *node) *node {
	a := c.abs(arg)
	n := c.whole(c.add(c.mul(arg, c.num(log2e64)), c.copySign(c.num(0.5), arg)), toZero)
	n = c.choose(c.compare(a, less, c.num(1.03972077083991796413e+00)), c.copySign(c.num(1), arg), n)
	n = c.and(n, c.compare(a, greater, c.num(3.46573590279972654709e-01)))
	k := c.add(n, c.num(magic64))
	hi := c.sub(arg, c.mul(n, c.num(ln2hi64)))
	lo := c.mul(n, c.num(ln2lo64))
	x := c.sub(hi, lo)
	rest := c.sub(c.sub(hi, x), lo)

	hfx := c.mul(x, c.num(0.5))
	hxs := c.mul(x, hfx)
	r1 := c.horner(hxs, -2.01099218183624371326e-07, 4.00821782732936239552e-06, -7.93650757867487942473e-05, 1.58730158725481460165e-03, -3.33333333333331316428e-02, 1)
	t := c.sub(c.num(3), c.mul(r1, hfx))
	e := c.mul(hxs, c.div(c.sub(r1, t), c.sub(c.num(6), c.mul(x, t))))
	zero := c.sub(x, c.sub(c.mul(x, e), hxs)) // k = 0
	e = c.sub(c.sub(c.mul(x, c.sub(e, rest)), rest), hxs)
	below := c.sub(c.mul(c.sub(x, e), c.num(0.5)), c.num(0.5)) // k = -1
	above := c.choose(c.compare(x, less, c.num(-0.25)),        // k = 1
		c.mul(c.sub(e, c.add(x, c.num(0.5))), c.num(-2)),
		c.add(c.mul(c.sub(x, e), c.num(2)), c.num(1)))
	far := c.sub(scaled(c, c.sub(c.num(1), c.sub(e, x)), k), c.num(1)) // k < -1 or k > 56
	inverse := power(c, c.ins("VPSUBD", k, c.bits(0)))
	small := c.sub(c.sub(c.num(1), inverse), c.sub(e, x))       // 1 < k < 20
	middle := c.add(c.sub(x, c.add(e, inverse)), c.num(1))      // else
	y := c.choose(c.compare(n, less, c.num(20)), small, middle) // both times 2**k
	y = c.mul(y, power(c, k))
	y = c.choose(c.compare(n, less, c.num(-1)), far, y)
	y = c.choose(c.compare(n, greater, c.num(56)), far, y)
	y = c.choose(c.compare(n, equal, c.num(-1)), below, y)
	y = c.choose(c.compare(n, equal, c.num(1)), above, y)
	y = c.choose(c.compare(n, equal, c.num(0)), zero, y)
	y = c.choose(c.compare(arg, lessEqual, c.num(-3.88162421113569373274e+01)), c.num(-1), y)
	y = c.choose(c.compare(arg, greater, c.num(most64)), c.num(math.Inf(1)), y)
	return c.choose(c.compare(a, notLess, c.num(0x1p-54)), y, arg)
}

// tanh64 is nnrt.Tanh64.
func tanh64(c *code, x *node) *node {
	a := c.abs(x)
	s := c.mul(a, a)
	p := c.mul(c.horner(s, -9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3), s)
	q := c.add(s, c.num(1.12811678491632931402e2))
	q = c.add(c.mul(q, s), c.num(2.23548839060100448583e3))
	q = c.add(c.mul(q, s), c.num(4.84406305325125486048e3))
	near := c.add(a, c.mul(a, c.div(p, q)))
	e := exp64(c, c.mul(c.smaller(a, c.num(22)), c.num(2)))
	far := c.sub(c.num(1), c.div(c.num(2), c.add(e, c.num(1))))
	return c.copySign(c.choose(c.compare(c.abs(x), less, c.num(0.625)), near, far), x)
}

// sigmoid64 is nnrt.Sigmoid64. At -0 both sides of its branch give 1/2.
func sigmoid64(c *code, x *node) *node {
	e := exp64(c, c.minus(x))
	top := c.choose(x, e, c.num(1))
	return c.div(top, c.add(e, c.num(1)))
}

// split64 gives the k and f of x = 2**k·(1+f) for normal x, √½ ≤ 1+f < √2.
func split64(c *code, x *node) (k, f *node) {
	const half, bias = 0x3fe6a09e667f3bcd, 1024
	b := c.ins("VPADDQ", c.bits(bias<<52-half), x)
	f = c.and(b, c.bits(1<<52-1))
	f = c.sub(c.ins("VPADDQ", c.bits(half), f), c.num(1))
	k = c.or(c.imm("VPSRLQ", 52, b), c.num(1<<52))
	return c.sub(k, c.num(1<<52+bias)), f
}

// normal is a or, where that is subnormal, a·2**54, and the exponent to add.
func normal(c *code, a *node) (scaled, k *node) {
	small := c.compare(a, less, c.num(0x1p-1022))
	return c.choose(small, c.mul(a, c.num(1<<54)), a), c.and(small, c.num(-54))
}

// log64 is nnrt.Log64.
func log64(c *code, x *node) *node {
	a, sub := normal(c, x)
	n, f := split64(c, a)
	return logLimits(c, x, x, ln64(c, c.add(n, sub), f))
}

// ln64 is n·ln 2 + ln(1+f) as Log64 computes it.
func ln64(c *code, n, f *node) *node {
	s := c.div(f, c.add(f, c.num(2)))
	s2 := c.mul(s, s)
	s4 := c.mul(s2, s2)
	t1 := c.mul(s2, c.horner(s4, 1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01, 6.666666666666735130e-01))
	t2 := c.mul(s4, c.horner(s4, 1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01))
	h := c.mul(c.mul(f, f), c.num(0.5))
	t := c.add(c.mul(s, c.add(h, c.add(t1, t2))), c.mul(n, c.num(ln2lo64)))
	return c.sub(c.mul(n, c.num(ln2hi64)), c.sub(c.sub(h, t), f))
}

// log1p64 is nnrt.Log1p64.
func log1p64(c *code, x *node) *node {
	u := c.add(x, c.num(1))
	rest := c.choose(c.compare(x, less, c.num(1)),
		c.sub(x, c.sub(u, c.num(1))),
		c.sub(c.num(1), c.sub(u, x)))
	rest = c.div(rest, u)
	large := c.compare(x, notLess, c.num(1<<53))
	rest = c.without(large, rest)
	n, f := split64(c, c.choose(large, x, u))
	near := c.and(c.compare(x, greater, c.num(-0.2928932188134524)), c.compare(x, less, c.num(0.4142135623730950)))
	f = c.choose(near, x, f)
	n, rest = c.without(near, n), c.without(near, rest)
	s := c.div(f, c.add(f, c.num(2)))
	z := c.mul(s, s)
	p := c.mul(z, c.horner(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
		2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01))
	h := c.mul(c.mul(f, f), c.num(0.5))
	t := c.add(c.mul(s, c.add(h, p)), c.add(c.mul(n, c.num(ln2lo64)), rest))
	y := c.sub(c.mul(n, c.num(ln2hi64)), c.sub(c.sub(h, t), f))
	y = logLimits(c, x, u, y)
	return c.choose(c.compare(c.abs(x), less, c.num(0x1p-54)), x, y)
}

// erf64 is nnrt.Erf64.
func erf64(c *code, x *node) *node {
	a := c.abs(x)
	t := c.mul(x, c.num(0x1p100))
	tiny := c.mul(c.add(t, c.mul(t, c.num(1.28379167095512558561e-01))), c.num(0x1p-100))

	z := c.mul(x, x)
	r := c.horner(z, -2.37630166566501626084e-05, -5.77027029648944159157e-03, -2.84817495755985104766e-02, -3.25042107247001499370e-01, 1.28379167095512558561e-01)
	s := c.horner(z, -3.96022827877536812320e-06, 1.32494738004321644526e-04, 5.08130628187576562776e-03, 6.50222499887672944485e-02, 3.97917223959155352819e-01, 1)
	near := c.add(x, c.mul(x, c.div(r, s)))
	near = c.choose(c.compare(a, less, c.num(0x1p-900)), tiny, near)

	s = c.sub(a, c.num(1))
	p := c.horner(s, -2.16637559486879084300e-03, 3.54783043256182359371e-02, -1.10894694282396677476e-01, 3.18346619901161753674e-01,
		-3.72207876035701323847e-01, 4.14856118683748331666e-01, -2.36211856075265944077e-03)
	q := c.horner(s, 1.19844998467991074170e-02, 1.36370839120290507362e-02, 1.26171219808761642112e-01, 7.18286544141962662868e-02,
		5.40397917702171048937e-01, 1.06420880400844228286e-01, 1)
	middle := c.add(c.div(p, q), c.num(8.45062911510467529297e-01))

	v := c.div(c.num(1), c.mul(a, a))
	r = c.horner(v, -9.81432934416914548592e+00, -8.12874355063065934246e+01, -1.84605092906711035994e+02, -1.62396669462573470355e+02,
		-6.23753324503260060396e+01, -1.05586262253232909814e+01, -6.93858572707181764372e-01, -9.86494403484714822705e-03)
	s = c.horner(v, -6.04244152148580987438e-02, 6.57024977031928170135e+00, 1.08635005541779435134e+02, 4.29008140027567833386e+02,
		6.45387271733267880336e+02, 4.34565877475229228821e+02, 1.37657754143519042600e+02, 1.96512716674392571292e+01, 1)
	lower := c.div(r, s)
	r = c.horner(v, -4.83519191608651397019e+02, -1.02509513161107724954e+03, -6.37566443368389627722e+02, -1.60636384855821916062e+02,
		-1.77579549177547519889e+01, -7.99283237680523006574e-01, -9.86494292470009928597e-03)
	s = c.horner(v, -2.24409524465858183362e+01, 4.74528541206955367215e+02, 2.55305040643316442583e+03, 3.19985821950859553908e+03,
		1.53672958608443695994e+03, 3.25792512996573918826e+02, 3.03380607434824582924e+01, 1)
	ratio := c.choose(c.compare(a, less, c.num(1/0.35)), lower, c.div(r, s))
	cut := c.and(a, c.bits(0xffffffff00000000))
	e := exp64(c, c.sub(c.neg(c.mul(cut, cut)), c.num(0.5625)))
	e = c.mul(e, exp64(c, c.add(c.mul(c.sub(cut, a), c.add(cut, a)), ratio)))
	far := c.sub(c.num(1), c.div(e, a))
	far = c.choose(c.compare(a, notLess, c.num(6)), c.num(1), far)
	far = c.choose(c.compare(x, unordered, x), x, far)

	y := c.copySign(c.choose(c.compare(a, less, c.num(1.25)), middle, far), x)
	return c.choose(c.compare(a, less, c.num(0.84375)), near, y)
}

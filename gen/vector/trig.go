package vector

import "math"

var sine64 = &Function{
	Name: "sine64", Bytes: 8, Params: []string{"z"},
	Doc: []string{"sine64 returns the sine of |z| <= π/4."},
	Build: one(func(z *Value) *Value {
		w := z.Mul(z).As("w")
		p := w.Horner("p", "s", 1, 1.58962301576546568060e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6, -1.98412698295895385996e-4,
			8.33333333332211858878e-3, -1.66666666666666307295e-1)
		return z.Add(z.Mul(w).Mul(p))
	}),
}

var cosine64 = &Function{
	Name: "cosine64", Bytes: 8, Params: []string{"z"},
	Doc: []string{"cosine64 returns the cosine of |z| <= π/4."},
	Build: one(func(z *Value) *Value {
		w := z.Mul(z).As("w")
		p := w.Horner("p", "c", 2, -1.13585365213876817300e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7, 2.48015872888517045348e-5,
			-1.38888888888730564116e-3, 4.16666666666665929218e-2)
		return w.Num(1).Sub(w.Mul(0.5)).Add(w.Mul(w).Mul(p))
	}),
}

var sin32 = &Function{
	Name: "Sin32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Sin32 returns the sine of the angle x in radians, computed in float64.",
		"",
		"	|x| = n·π/2 + z, |z| <= π/4; then ±sine(z) or ±cosine(z), by n",
		"",
		"Error at most 0.51 ULP. Sin32(±0) = ±0, Sin32(±Inf) = NaN, Sin32(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		n, z := quarter(x)
		odd := n.Shl(63).Negative()
		y := odd.Choose(cosine64.Call(z), sine64.Call(z)).As("y")
		sign := x.Uint().And(int(-1 << 31))
		return turned(y, n).Uint().Xor(sign).Float()
	}),
}

var cos32 = &Function{
	Name: "Cos32", Bytes: 4, Params: []string{"x"},
	Doc: []string{
		"Cos32 returns the cosine of the angle x in radians, computed in float64, as",
		"Sin32 does.",
		"",
		"Error at most 0.51 ULP. Cos32(±Inf) = NaN, Cos32(NaN) = NaN.",
	},
	Build: one(func(x *Value) *Value {
		n, z := quarter(x)
		odd := n.Shl(63).Negative()
		y := odd.Choose(sine64.Call(z), cosine64.Call(z)).As("y")
		return turned(y, n.Add(1))
	}),
}

// turned is y as a float32, with the other sign where bit 1 of n is set.
func turned(y, n *Value) *Value {
	half := n.Shr(1).Shl(63)
	return y.Uint().Xor(half).Float().Narrow()
}

// quarter gives n, of which the lowest two bits count, and z of |x| = n·π/2 + z.
func quarter(x *Value) (n, z *Value) {
	var (
		first  = Const{"first", 2 * 7.85398125648498535156e-1, "π/2 in three parts"}
		second = Const{"second", 2 * 3.77489470793079817668e-8, ""}
		third  = Const{"third", 2 * 2.69515142907905952645e-15, ""}
	)
	a := x.Abs().Widen().As("a")
	m := a.Mul(4 / math.Pi).Trunc().Add(1).Mul(0.5).Trunc().As("h")
	z = a.Sub(m.Mul(first)).Sub(m.Mul(second)).Sub(m.Mul(third))
	m = m.Add(magic64)

	far, rest := farQuarter(x, a)
	large := a.Less(1 << 16).Not()
	m, z = large.Choose(far, m).As("m"), large.Choose(rest, z).As("z")
	for _, v := range []*Value{m, z} {
		v.Beyond(a, 0, 1<<16-1)
	}
	return m.Uint().As("n"), z
}

// farQuarter is quarter for |x| from 2**16 on. With e the four upper bits of the exponent,
// |x| = t·2**(16e+16) for 2**-15 <= t < 2; of 2/π·2**(16e+16) the bits from 2**40
// on give multiples of 4, and the others are four float32, whose products with t
// are exact (Payne and Hanek 1983). n stands in the lowest bits of a float64.
func farQuarter(x, a *Value) (n, z *Value) {
	b := x.Uint().As("b")
	e := b.Shr(27).As("e")
	t := b.And(1<<27 - 1).Or(0x38000000).Float().Widen().As("t")
	product := func(column int) *Value { return t.Mul(e.Lookup(twoOverPi, column).Widen()) }
	fours := Const{"fours", 1.5 * (1 << 54), "adding it rounds to a multiple of 4"}
	low := func(column int) *Value {
		p := product(column).As("p")
		return p.Sub(p.Add(fours).Sub(fours)).Float()
	}
	s := low(0).Add(low(1)).As("s")
	n = s.Add(magic64).As("m")
	f := s.Sub(n.Sub(magic64)).Add(product(2)).Add(product(3))
	return n, f.Mul(math.Pi / 2).Add(a.Mul(0)).Note("NaN, if x is infinite or NaN")
}

var twoOverPi = &Table{
	Name: "twoOverPi", Row: "q",
	Doc: []string{
		"twoOverPi holds, for e = 0…7, 2/π·2**(16e+16) without multiples of 2**40 as a",
		"sum, whose first parts are multiples of 2**16, 2**-9 and 2**-34.",
	},
	Columns: [][8]uint64{
		floats32(0x1p+16, 0x1.45f4p+31, -0x1.9f248p+34, 0x1.b9391p+38, 0x1.1054a8p+38, 0x1.4fe138p+37, 0x1.3abe9p+37, -0x1.705658p+37),
		floats32(-0x1.7419f2p+14, -0x1.f246c6p+14, 0x1.391054p+14, 0x1.529fcp+12, -0x1.ec54p+9, 0x1.5f47d4p+14, -0x1.59644p+11, -0x1.11f924p+13),
		floats32(-0x1.1b1bcp-12, -0x1.df56bp-11, 0x1.4fe13ap-11, 0x1.3abe9p-11, -0x1.70565ap-11, 0x1.a6ee06p-11, -0x1.f924ecp-11, -0x1.d6a66cp-12),
		floats32(0x1.529fc2p-36, -0x1.ec5418p-39, 0x1.7d1f54p-36, -0x1.596448p-37, 0x1.dc0db6p-36, 0x1.b6295ap-36, 0x1.5993c4p-36, -0x1.de37ep-39),
	},
}

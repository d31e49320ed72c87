package nnmpi

import "math"

// halves are the numbers of gradients that are sent as float16.
type halves struct{ send, parts []uint16 }

// float16 is ordered with numbers in 16 bits: each part has an exponent in front of it,
// and is added in the precision of the network. The sum that a rank adds up is rounded
// once more, for all ranks alike.
func (s *combiner[N]) float16(flat [][]N, n int) error {
	c, h := s.comm, &s.halves
	r := s.routeOf(n, 1)
	h.parts, h.send = grown(h.parts, n*r.mine), grown(h.send, s.hi-s.lo+c.size)
	for round := range r.rounds {
		v := flat[min(round, len(flat)-1)][s.lo:s.hi]
		for q := range c.size {
			from := int(r.at[q]) - q
			narrow(h.send[r.at[q]:][:r.counts[q]], v[from:][:r.counts[q]-1])
		}
		if c.size == 1 {
			copy(h.parts[round*r.mine:], h.send[:r.mine])
		} else if err := alltoall(c, h.send, h.parts, r.rounds[round]); err != nil {
			return err
		}
	}
	sum := flat[0][s.lo+int(r.at[c.rank])-c.rank:][:r.mine-1]
	clear(sum)
	for i := range n {
		widenAdd(sum, h.parts[i*r.mine:][:r.mine])
	}
	narrow(h.send[r.at[c.rank]:][:r.mine], sum)
	if c.size > 1 {
		if err := allgatherParts(c, h.send[:s.hi-s.lo+c.size], r.counts, r.at); err != nil {
			return err
		}
	}
	for q := range c.size {
		v := flat[0][s.lo+int(r.at[q])-q:][:r.counts[q]-1]
		clear(v)
		widenAdd(v, h.send[r.at[q]:][:r.counts[q]])
	}
	return nil
}

// bias is what the exponent in front of a part has more than it means.
const bias = 1 << 15

// narrow writes an exponent e and v/2^e as float16, e such that the largest magnitude
// is from 2^14 to 2^15. What is not finite stays so.
func narrow[N Number](to []uint16, v []N) {
	var largest N
	for _, x := range v {
		if a := max(x, -x); a > largest && a-a == 0 {
			largest = a
		}
	}
	e := 0
	if largest > 0 {
		_, e = math.Frexp(float64(largest))
		e -= 15
	}
	to[0] = uint16(e + bias)
	scale := math.Ldexp(1, -e)
	if math.IsInf(scale, 0) { // of subnormal numbers
		scale = math.MaxFloat64
	}
	for i, x := range v {
		to[i+1] = half(float32(float64(x) * scale))
	}
}

// widenAdd adds to sum what narrow wrote.
func widenAdd[N Number](sum []N, from []uint16) {
	scale := math.Ldexp(1, int(from[0])-bias)
	from = from[1:]
	sum = sum[:len(from)]
	for i, h := range from {
		sum[i] += N(float64(single(h)) * scale)
	}
}

// half is the float16 nearest to x, of two the even one.
func half(x float32) uint16 {
	b := math.Float32bits(x)
	sign, a := uint16(b>>16)&0x8000, b&0x7fffffff
	switch {
	case a > 0x7f800000:
		return sign | 0x7e00 // NaN
	case a >= 0x477ff000:
		return sign | 0x7c00 // ∞, from 65520 on
	case a < 0x38800000: // subnormal: multiples of 2⁻²⁴, the distance of the numbers at 0.5
		return sign | uint16(math.Float32bits(math.Float32frombits(a)+0.5)-math.Float32bits(0.5))
	}
	return sign | uint16((a+0xfff+a>>13&1)>>13-112<<10)
}

// single is the value of a float16: the bits where a float32 has them, and a product
// that makes up for the exponents, which are 112 apart.
func single(h uint16) float32 {
	b := uint32(h&0x8000)<<16 | uint32(h&0x7fff)<<13
	if h&0x7c00 == 0x7c00 { // ∞ or NaN
		return math.Float32frombits(b | 0x7f800000)
	}
	return math.Float32frombits(b) * 0x1p112
}

package nnrt

import (
	"math"
	"strconv"
)

// Largest16 is the bound of what a float16 holds: numbers from it on are rounded
// to infinity, which no weight may be.
const Largest16 = 65520

// Largest8 is the bound of weights stored as int8: a row's scale times 127 must
// be a float32.
const Largest8 = 0x1p127

// Widen16 returns the value of a finite float16, exactly. The bits are shifted to
// where a float32 has them; the product makes up for the exponents, which are 112
// apart, subnormal numbers included.
func Widen16(h uint16) float32 {
	return float32(math.Float32frombits(uint32(h&0x8000)<<16|uint32(h&0x7fff)<<13) * 0x1p112)
}

// Round16 returns the float16 nearest to x, the even one of two. Beyond the largest,
// ±65504, it is that. x must be a number.
func Round16(x float32) uint16 {
	sign, a := uint16(math.Float32bits(x)>>16)&0x8000, Abs32(x)
	switch {
	case a >= Largest16:
		return sign | 0x7bff
	case a < 0x1p-14: // subnormal: multiples of 2^-24, which is the distance of the numbers at 0.5
		return sign | uint16(math.Float32bits(a+0.5)-math.Float32bits(0.5))
	}
	b := math.Float32bits(a)
	return sign | uint16((b+0xfff+b>>13&1)>>13-112<<10)
}

// Scale8 returns the scale s of weights that are stored as int8, q = w/s: the
// largest magnitude divided by 127, rounded up to 17 bits, so that every q·s is a
// float32, and storing these again gives the same q and s.
func Scale8(w []float32) float32 {
	largest := float32(0)
	for _, x := range w {
		largest = max(largest, min(Abs32(x), Largest8))
	}
	const dropped = 1<<(53-17) - 1
	s := math.Float64frombits((math.Float64bits(float64(largest)/127) + dropped) &^ dropped)
	return float32(max(s, 0x1p-126))
}

// Round8 returns the integer nearest to w/s, the even one of two, from −127 to 127.
func Round8(w, s float32) int8 {
	const round = 0x1.8p52 // near it only integers are numbers
	q := max(-127, min(127, float64(w)/float64(s)))
	return int8(float64(q+round) - round)
}

// CheckStored returns a *TensorError if a weight is no number or its magnitude
// reaches the bound of its storage.
func CheckStored(name string, v []float32, bound float32, storage string) error {
	for _, x := range v {
		if !(-bound < x && x < bound) {
			return &TensorError{name, "magnitudes below " + strconv.FormatFloat(float64(bound), 'g', -1, 32) + ", for storage " + storage,
				strconv.FormatFloat(float64(x), 'g', -1, 32)}
		}
	}
	return nil
}

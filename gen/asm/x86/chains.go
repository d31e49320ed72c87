package x86

import (
	"fmt"

	vec "github.com/nngen-go/nngen/gen/vector"
)

// x is the lower half of a register.
func (y Y) x() string { return fmt.Sprintf("X%d", int(y)) }

// addChains adds the eight chains of four inputs' sums in halves, i += i+4,
// i+2, i+1, for two rows at a time: acc gives the registers of an input's
// chains in either row, which are given up. The result holds the sums of the
// first row in its lower half, those of the second in its upper.
func (f *file) addChains(acc func(k int) (a, b Y)) Y {
	c := f.chains()
	var fours [4]*vec.Register
	for k := range fours {
		y, z := acc(k)
		fours[k] = c.addHalves(c.sum(y), c.sum(z))
	}
	return c.run(c.addFours(fours))
}

// addSums is addChains for the sums of eight places or fewer, which are given up; at a
// place that has none the result holds another.
func (f *file) addSums(of [8]*Y) Y {
	c := f.chains()
	var fours [4]*vec.Register
	for k := range fours {
		lower, upper := of[k], of[k+4]
		switch {
		case lower == nil:
			fours[k] = fours[k-1]
		case of[4] == nil:
			y := c.sum(*lower)
			fours[k] = c.add(c.upperHalf(y), y)
		case upper == nil:
			fours[k] = c.addHalves(c.sum(*lower), c.sum(*lower))
		default:
			fours[k] = c.addHalves(c.sum(*lower), c.sum(*upper))
		}
	}
	return c.run(c.addFours(fours))
}

// chains is the code that adds the chains of sums.
type chains struct {
	*vec.Code
	f    *file
	sums map[Y]*vec.Register // inputs may share them
	regs []Y
}

func (f *file) chains() *chains {
	return &chains{Code: &vec.Code{Set: f.set()}, f: f, sums: map[Y]*vec.Register{}}
}

// sum is an accumulator, which is given up.
func (c *chains) sum(y Y) *vec.Register {
	if c.sums[y] == nil {
		c.sums[y] = &vec.Register{}
		c.Inputs = append(c.Inputs, c.sums[y])
		c.regs = append(c.regs, y)
	}
	return c.sums[y]
}

// addHalves adds the halves of either vector: a's in the lower half of the result.
func (c *chains) addHalves(a, b *vec.Register) *vec.Register {
	lower, upper := "VBLENDPS $240, b, a, y", "VPERM2F128 $33, b, a, y"
	if c.f.isa.masks {
		lower, upper = "VSHUFF64X2 $2, b, a, y", "VSHUFF64X2 $1, b, a, y"
	}
	return c.add(c.Ins(lower, a, b), c.Ins(upper, a, b))
}

// upperHalf is the upper half of a vector of 32 bytes.
func (c *chains) upperHalf(a *vec.Register) *vec.Register {
	if c.f.isa.masks {
		return c.Ins("VEXTRACTF32X4 $1, a, y/2", a)
	}
	return c.Ins("VEXTRACTF128 $1, a, y/2", a)
}

func (c *chains) add(a, b *vec.Register) *vec.Register { return c.Ins("VADDPS b, a, y", a, b) }

// addFours adds what is in the quarters of four vectors.
func (c *chains) addFours(fours [4]*vec.Register) *vec.Register {
	var pairs [2]*vec.Register
	for i := range pairs {
		a, b := fours[2*i], fours[2*i+1]
		pairs[i] = c.add(c.Ins("VSHUFPS $68, b, a, y", a, b), c.Ins("VSHUFPS $238, b, a, y", a, b))
	}
	a, b := pairs[0], pairs[1]
	return c.add(c.Ins("VSHUFPS $136, b, a, y", a, b), c.Ins("VSHUFPS $221, b, a, y", a, b))
}

// run prints the code and returns the register of its result.
func (c *chains) run(result *vec.Register) Y {
	c.Results = []*vec.Register{result}
	var y Y
	c.f.Named("addChains", func() { y = c.f.run(c.Code, c.regs, nil)[0] })
	return y
}

// addChains64 adds the eight chains of one sum, in one register or four in
// each of two, and leaves it in the lowest lane of the first.
func (w *writer) addChains64(y, upper, temp Y) {
	if w.bytes == 64 {
		w.Func.Ins("VEXTRACTF64X4", "$1", fmt.Sprintf("Z%d", y), temp.String())
		w.Func.Ins("VADDPD", temp.String(), y.String(), y.String())
		w.Func.Ins("VEXTRACTF64X2", "$1", y.String(), temp.x())
	} else {
		w.add(upper, y, y)
		w.Ins("VEXTRACTF128", "$1", y.String(), temp.x())
	}
	w.Ins("VADDPD", temp.x(), y.x(), y.x())
	w.Ins("VUNPCKHPD", y.x(), y.x(), temp.x())
	w.Ins("VADDSD", temp.x(), y.x(), y.x())
}

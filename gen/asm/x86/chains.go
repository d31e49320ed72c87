package x86

import "fmt"

// x is the lower half of a register.
func (y Y) x() string { return fmt.Sprintf("X%d", int(y)) }

// addChains adds the eight chains of four inputs' sums in halves, i += i+4,
// i+2, i+1, for two rows at a time: acc gives the registers of an input's
// chains in either row, which are given up. The result holds the sums of the
// first row in its lower half, those of the second in its upper.
func (m *mapper) addChains(acc func(k int) (a, b Y)) Y {
	c := &code{m: m, double: m.double}
	sums := map[Y]*node{} // inputs may share them, where there are fewer than four
	given := func(y Y) *node {
		if sums[y] == nil {
			sums[y] = &node{reg: y, owned: true}
		}
		return sums[y]
	}
	var fours [4]*node
	for k := range fours {
		y, z := acc(k)
		a, b := given(y), given(z)
		fours[k] = c.add(c.imm("VBLENDPS", 0xF0, b, a), c.imm("VPERM2F128", 0x21, b, a))
	}
	var pairs [2]*node
	for i := range pairs {
		a, b := fours[2*i], fours[2*i+1]
		pairs[i] = c.add(c.imm("VSHUFPS", 0x44, b, a), c.imm("VSHUFPS", 0xEE, b, a))
	}
	y := c.add(c.imm("VSHUFPS", 0x88, pairs[1], pairs[0]), c.imm("VSHUFPS", 0xDD, pairs[1], pairs[0]))
	c.print([]*node{y})
	return y.reg
}

// addChains64 adds the eight chains of one sum, four in each register, and
// leaves it in the lowest lane of the first.
func (w *writer) addChains64(y, upper, temp Y) {
	w.add(upper, y, y)
	w.Ins("VEXTRACTF128", "$1", y.String(), temp.x())
	w.Ins("VADDPD", temp.x(), y.x(), y.x())
	w.Ins("VUNPCKHPD", y.x(), y.x(), temp.x())
	w.Ins("VADDSD", temp.x(), y.x(), y.x())
}

package avx2

import "fmt"

// x is the lower half of a register.
func (y Y) x() string { return fmt.Sprintf("X%d", int(y)) }

// shuffle is dst = op(imm, a, b); both are kept.
func (m *mapper) shuffle(op string, imm int, a, b Y) value {
	dst := m.temp()
	m.Ins(op, fmt.Sprintf("$%#x", imm), b.String(), a.String(), dst.y.String())
	return dst
}

// addChains adds the eight chains of four inputs' sums in halves, i += i+4,
// i+2, i+1, for two rows at a time: acc gives the registers of an input's
// chains in either row, which are given up. The result holds the sums of the
// first row in its lower half, those of the second in its upper.
func (m *mapper) addChains(acc func(k int) (a, b Y)) Y {
	var fours [4]value
	for k := range fours {
		a, b := acc(k)
		fours[k] = m.sum(m.shuffle("VBLENDPS", 0xF0, a, b), m.shuffle("VPERM2F128", 0x21, a, b))
		if next := min(k+1, 3); k == 3 || !same(acc, k, next) {
			m.used[a], m.used[b] = false, false
		}
	}
	var pairs [2]value
	for i := range pairs {
		a, b := fours[2*i], fours[2*i+1]
		pairs[i] = m.sum(m.shuffle("VSHUFPS", 0x44, a.y, b.y), m.shuffle("VSHUFPS", 0xEE, a.y, b.y))
		m.free(a, b)
	}
	y := m.sum(m.shuffle("VSHUFPS", 0x88, pairs[0].y, pairs[1].y), m.shuffle("VSHUFPS", 0xDD, pairs[0].y, pairs[1].y))
	m.free(pairs[0], pairs[1])
	return y.y
}

// same reports whether two inputs share their registers, as where there are
// fewer than four.
func same(acc func(k int) (a, b Y), i, j int) bool {
	a, _ := acc(i)
	b, _ := acc(j)
	return a == b
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

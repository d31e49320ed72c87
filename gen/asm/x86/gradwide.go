package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/schedule"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Gradients of inputs with vectors of 64 bytes: the eight chains of a sum are
// one vector in float64; in float32 a vector holds the chains of two rows.
// Registers: 24 sums, six vectors of dy, the product, the weights.

// firstDY is the first register of dy.
const firstDY Y = 24

// paired reports whether a vector holds two rows.
func (m *gradInput) paired() bool { return !m.double }

// rowVectors is the number of vectors that hold some rows.
func (m *gradInput) rowVectors(rows int) int {
	if m.paired() {
		return (rows + 1) / 2
	}
	return rows
}

// wideAcc is the register of the chains of input k and a vector of rows.
func (m *gradInput) wideAcc(r, k int) Y { return Y(r*m.inputs + k) }

// partMask makes the mask of the first elements of eight, twice where a vector
// holds two rows.
func (m *gradInput) partMask(valid int) {
	mask := 1<<valid - 1
	if m.paired() {
		mask *= 0x101
	}
	m.Ins("MOVL", fmt.Sprintf("$%#x", mask), regMask)
	m.Ins("KMOVW", regMask, maskTail)
}

// half is a register's name as a vector of 32 bytes.
func (y Y) half() string { return y.String() }

// full is a register's name as a vector of 64 bytes.
func (y Y) full() string { return fmt.Sprintf("Z%d", int(y)) }

// wideTerms adds the products of a panel's outputs.
func (m *gradInput) wideTerms(rows int, weights string, width, outputs int) {
	const chains = schedule.GradInputChains
	if m.paired() && rows == 1 { // half the vector would be nobody's, and the processor may add two of half the length
		m.bytes /= 2
		defer func() { m.bytes *= 2 }()
	}
	for at := 0; at < outputs; at += chains {
		part := m.partial(weights, outputs, at/chains) // what is stored beyond the outputs is nobody's
		for r := range m.rowVectors(rows) {
			m.Line(func() { m.wideDY(r, rows, at*m.size(), part) })
		}
		m.mulAddColumns(weights, width, at*m.size(), part, m.rowVectors(rows), func(r int) Y { return firstDY + Y(r) }, m.wideAcc)
	}
}

// wideDY loads eight outputs' dy of a vector of rows.
func (m *gradInput) wideDY(r, rows, disp int, part bool) {
	dst := firstDY + Y(r)
	if !m.paired() {
		m.loadSome(m.row(r, disp), part, dst)
		return
	}
	m.loadTwo(m.row(2*r, disp), m.row(2*r+1, disp), 2*r+1 < rows, part, dst, m.input)
}

// loadTwo loads eight elements of one or two rows, or as many as the mask says.
func (m *gradInput) loadTwo(first, second string, two, part bool, dst, temp Y) {
	if part {
		m.Func.Ins("VMOVUPS.Z", first, maskTail, dst.half())
	} else {
		m.Func.Ins("VMOVUPS", first, dst.half())
	}
	switch {
	case two && part:
		m.Func.Ins("VMOVUPS.Z", second, maskTail, temp.half())
		m.Func.Ins("VINSERTF64X4", "$1", temp.half(), dst.full(), dst.full())
	case two:
		m.Func.Ins("VINSERTF64X4", "$1", second, dst.full(), dst.full())
	}
}

// storeTwo stores eight elements of one or two rows of dx, or as many as the
// mask says.
func (m *gradInput) storeTwo(y Y, two, part bool) {
	put := func() {
		if part {
			m.Func.Ins("VMOVUPS", y.half(), maskTail, mem(regY, 0))
		} else {
			m.Func.Ins("VMOVUPS", y.half(), mem(regY, 0))
		}
		m.next(regY, regDXStride)
	}
	put()
	if two {
		m.Func.Ins("VEXTRACTF64X4", "$1", y.full(), y.half())
		put()
	}
}

// wideFinish adds the chains, applies the epilogue and stores.
func (m *gradInput) wideFinish(rows int) {
	if m.double {
		for r := range rows {
			for k := range m.inputs {
				m.Line(func() {
					y := m.wideAcc(r, k)
					m.addChains64(y, y, m.input)
					m.Ins("VMOVSD", y.x(), mem(regY, k*m.size()))
				})
			}
			m.next(regY, regDXStride)
		}
		return
	}
	var busy []Y
	for r := range m.rowVectors(rows) {
		for k := range m.inputs {
			busy = append(busy, m.wideAcc(r, k))
		}
	}
	const all = schedule.GradInputChains // inputs of a vector of results
	part := m.inputs < all
	if part && (rows > 1 || m.extra != nil) {
		m.partMask(m.inputs)
	}
	p := m.file(busy...)
	if rows == 1 && part {
		m.oneRow(p)
		return
	}
	for r := range m.rowVectors(rows) {
		two := 2*r+1 < rows
		m.Line(func() {
			y := p.addChainsOfTwo(func(k int) Y { return m.wideAcc(r, min(k, m.inputs-1)) })
			if m.epilogue != nil {
				y = p.apply(m.epilogue, y, func(dst Y, temps []Y) {
					m.loadTwo(mem(regExtra, 0), extraRow1, two, part, dst, temps[0])
				})
				m.epilogue.Mute()
			}
			m.nextExtra(map[bool]int{true: 2, false: 1}[two])
			m.storeTwo(y, two, part)
			p.free(y)
		})
	}
}

// oneRow is wideFinish for a row by itself and less than eight inputs, whose sums are
// vectors of 32 bytes: their additions wait less for each other, and a masked store
// takes longer than several.
func (m *gradInput) oneRow(p *file) {
	m.Line(func() {
		m.bytes /= 2
		y := p.addChains(func(k int) (a, b Y) {
			a = m.wideAcc(0, min(k, m.inputs-1))
			if m.inputs <= 4 {
				return a, a
			}
			return a, m.wideAcc(0, min(k+4, m.inputs-1))
		})
		m.bytes *= 2
		if m.epilogue != nil {
			m.Named("epilogue", func() {
				y = p.run(m.epilogue, []Y{y}, func(_ string, dst Y, temps []Y) {
					m.loadTwo(mem(regExtra, 0), "", false, true, dst, temps[0])
				})[0]
			})
			m.epilogue.Mute()
		}
		m.nextExtra(1)
		m.bytes /= 2
		m.storeHalves(y, false)
		m.bytes *= 2
		p.free(y)
	})
}

// addChainsOfTwo adds the eight chains of eight inputs' sums in halves, i +=
// i+4, i+2, i+1, for the two rows that a vector holds: acc gives the register
// of an input, which is given up. The result holds the sums of the first row
// in its lower half, those of the second in its upper.
func (f *file) addChainsOfTwo(acc func(k int) Y) Y {
	c := f.chains()
	// The quarters of a result are inputs k and k+4 of either row.
	var fours [4]*vec.Register
	for k := range fours {
		a, b := c.sum(acc(k)), c.sum(acc(k+4))
		fours[k] = c.add(c.Ins("VSHUFF64X2 $136, b, a, y", a, b), c.Ins("VSHUFF64X2 $221, b, a, y", a, b))
	}
	y := c.addFours(fours)
	return c.run(c.Ins("VSHUFF64X2 $216, b, a, y", y, y))
}

package x86

import "fmt"

// sums is how many sums a vector of results has.
const sums = 8

// finish adds the chains, applies the epilogue and stores. It leaves y and the
// operand behind the tile.
func (m *dots) finish(rows int) {
	m.fold(rows)
	if !m.one {
		m.pointer("yStride", regDXStride)
	}
	if m.extra && !m.one {
		m.pointer("uStride", regExtraStride)
	}
	var busy []Y
	for r := range rows {
		for n := range m.outs {
			busy = append(busy, m.acc(r, n, 0))
		}
	}
	m.half(func() {
		p := m.file(busy...)
		together := m.together(rows)
		for r := 0; r < rows; r += together {
			for n := 0; n < m.outs; n += sums {
				m.group(p, r, min(together, rows-r), n)
			}
			m.nextRow(min(together, rows-r))
		}
	})
}

// together is how many rows share a vector of results.
func (m *dots) together(rows int) int {
	if m.extra {
		return 1
	}
	return min(rows, sums/m.slots())
}

// slots is how many sums a row has among those of a vector: of three outputs four.
func (m *dots) slots() int {
	if m.outs == 3 {
		return 4
	}
	return min(m.outs, sums)
}

// fold adds the chains of the sums until eight are left of each.
func (m *dots) fold(rows int) {
	for r := range rows {
		m.Line(func() {
			for n := range m.outs {
				for h := m.parts / 2; h >= 1; h /= 2 {
					for p := range h {
						m.add(m.acc(r, n, p+h), m.acc(r, n, p), m.acc(r, n, p))
					}
				}
				if m.bytes == 64 {
					y, upper := m.acc(r, n, 0), m.weight()
					m.Func.Ins("VEXTRACTF64X4", "$1", y.full(), upper.half())
					m.Func.Ins("VADDPS", upper.half(), y.half(), y.half())
				}
			}
		})
	}
}

// group finishes the sums from output n of some rows from r on.
func (m *dots) group(p *file, r, rows, n int) {
	outs := min(m.outs-n, sums)
	m.Line(func() {
		var of [sums]*Y
		for i := range rows {
			for j := range outs {
				y := m.acc(r+i, n+j, 0)
				of[i*m.slots()+j] = &y
			}
		}
		y := p.addSums(of)
		if m.epilogue != nil {
			y = p.apply(m.epilogue, y, func(dst Y, temps []Y) { m.operand(n, outs, dst, temps[0]) })
			m.epilogue.Mute()
		}
		m.results(y, rows, n, outs)
		p.free(y)
	})
}

// operand loads the operand of some outputs.
func (m *dots) operand(n, outs int, dst, mask Y) {
	src := mem(regExtra, n*m.size())
	if outs == sums {
		m.load(src, dst)
		return
	}
	m.tailMask(outs, mask)
	m.loadMasked(src, mask, dst)
}

// results stores the results of some rows, and gives the vector up. A masked store
// would take longer than several.
func (m *dots) results(y Y, rows, n, outs int) {
	at := n * m.size()
	if outs == sums {
		m.store(y, mem(regY, at))
		return
	}
	half := sums / 2
	for i := range rows {
		if i > 0 {
			m.Ins("ADDQ", regDXStride, regY)
		}
		for j := 0; j < outs; {
			slot := i*m.slots() + j
			if slot == half {
				m.Ins("VEXTRACTF128", "$1", y.String(), y.x())
			}
			j += m.storeSlots(y, slot%half, min(outs-j, half-slot%half), at+j*m.size())
		}
	}
}

// storeSlots stores lanes of the lower half from one on, of some that are wanted, and
// returns how many.
func (m *dots) storeSlots(y Y, lane, lanes, at int) int {
	to := mem(regY, at)
	switch {
	case lanes == 4:
		m.Ins("VMOVUPS", y.x(), to)
		return 4
	case lanes >= 2 && lane == 0:
		m.Ins("VMOVLPS", y.x(), to)
		return 2
	case lanes >= 2 && lane == 2:
		m.Ins("VMOVHPS", y.x(), to)
		return 2
	case lane == 0:
		m.Ins("VMOVSS", y.x(), to)
		return 1
	}
	m.Ins("VEXTRACTPS", fmt.Sprintf("$%d", lane), y.x(), to)
	return 1
}

// nextRow goes on in y and the operand by some rows, y being at the last of them.
func (m *dots) nextRow(rows int) {
	if m.one {
		return
	}
	m.Line(func() {
		m.Ins("ADDQ", regDXStride, regY)
		if m.extra {
			for range rows {
				m.Ins("ADDQ", regExtraStride, regExtra)
			}
		}
	})
}

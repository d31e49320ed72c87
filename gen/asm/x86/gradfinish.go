package x86

// finish adds the chains and applies the epilogue to the sums of a row, or of two
// rows at a time, one in each half of a vector.
func (m *gradInput) finish(rows int) {
	var busy []Y
	for r := range rows {
		for k := range m.inputs {
			busy = append(busy, m.acc(r, k, 0))
		}
	}
	p := m.file(busy...)
	for r := 0; r < rows; r++ {
		first := r
		r = min(r+1, rows-1)
		m.Line(func() {
			y := p.addChains(func(k int) (Y, Y) {
				k = min(k, m.inputs-1)
				return m.acc(first, k, 0), m.acc(r, k, 0)
			})
			if m.epilogue != nil {
				y = p.apply(m.epilogue, y, func(dst Y, temps []Y) { m.loadHalves(r > first, dst, temps) })
				m.epilogue.Mute()
			}
			m.nextExtra(r - first + 1)
			m.storeHalves(y, r > first)
			p.free(y)
		})
	}
}

// loadHalves loads the operands of a block's inputs for one or two rows.
func (m *gradInput) loadHalves(two bool, dst Y, temps []Y) {
	first, second := mem(regExtra, 0), extraRow1
	if m.inputs == 4 {
		m.Ins("VMOVUPS", first, dst.x())
		if two {
			m.Ins("VINSERTF128", "$1", second, dst.String(), dst.String())
		}
		return
	}
	mask, other := temps[0], temps[1]
	m.tailMask(m.inputs, mask)
	m.loadPart(first, mask.x(), dst.x())
	if two {
		m.loadPart(second, mask.x(), other.x())
		m.Ins("VINSERTF128", "$1", other.x(), dst.String(), dst.String())
	}
}

// extraRow1 is the operand's row after the one at hand.
const extraRow1 = "(" + regExtra + ")(" + regExtraStride + "*1)"

// nextExtra goes on in the operand by some rows.
func (m *gradInput) nextExtra(rows int) {
	if m.extra != nil {
		for range rows {
			m.next(regExtra, regExtraStride)
		}
	}
}

// storeHalves stores the results of a block's inputs for one or two rows, and gives
// the vector up. A masked store would take longer than several.
func (m *gradInput) storeHalves(y Y, two bool) {
	upper := func() { m.Ins("VEXTRACTF128", "$1", y.String(), y.x()) }
	if m.inputs > 4 {
		if m.inputs == 8 {
			m.store(y, mem(regY, 0))
		} else {
			m.storeFirst(y, 4, 0)
			upper()
			m.storeFirst(y, m.inputs-4, 4)
		}
		m.next(regY, regDXStride)
		return
	}
	m.storeFirst(y, m.inputs, 0)
	m.next(regY, regDXStride)
	if two {
		upper()
		m.storeFirst(y, m.inputs, 0)
		m.next(regY, regDXStride)
	}
}

// storeFirst stores the first lanes of a vector at some results of the row.
func (m *gradInput) storeFirst(y Y, lanes, at int) {
	to := mem(regY, at*m.size())
	switch lanes {
	case 4:
		m.Ins("VMOVUPS", y.x(), to)
	case 3:
		m.Ins("VMOVLPS", y.x(), to)
		m.Ins("VEXTRACTPS", "$2", y.x(), mem(regY, (at+2)*m.size()))
	case 2:
		m.Ins("VMOVLPS", y.x(), to)
	case 1:
		m.Ins("VMOVSS", y.x(), to)
	}
}

// storeSums adds the chains in float64 and stores the sums.
func (m *gradInput) storeSums(rows int) {
	for r := range rows {
		for k := range m.inputs {
			m.Line(func() {
				y := m.acc(r, k, 0)
				m.addChains64(y, m.acc(r, k, 1), m.input)
				m.Ins("VMOVSD", y.x(), mem(regY, k*m.size()))
			})
		}
		m.next(regY, regDXStride)
	}
}

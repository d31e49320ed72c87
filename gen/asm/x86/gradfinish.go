package x86

// finish adds the chains and applies the epilogue to the sums of two rows at a
// time, a row in each half of a vector.
func (m *gradInput) finish(rows int) {
	var busy []Y
	for r := range rows {
		for k := range m.inputs {
			busy = append(busy, m.acc(r, k, 0))
		}
	}
	p := m.file(busy...)
	for r := 0; r < rows; r += 2 {
		second := min(r+1, rows-1)
		m.Line(func() {
			y := p.addChains(func(k int) (Y, Y) {
				k = min(k, m.inputs-1)
				return m.acc(r, k, 0), m.acc(second, k, 0)
			})
			if m.epilogue != nil {
				m.Named("epilogue", func() {
					y = p.run(m.epilogue, []Y{y}, func(_ string, dst Y, temps []Y) { m.loadHalves(second > r, dst, temps) })[0]
				})
				m.epilogue.Mute()
			}
			m.nextExtra(second - r + 1)
			m.storeHalves(p, y, second > r)
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

// storeHalves stores the results of a block's inputs for one or two rows.
func (m *gradInput) storeHalves(p *file, y Y, two bool) {
	at := mem(regY, 0)
	if m.inputs == 4 {
		m.Ins("VMOVUPS", y.x(), at)
		m.next(regY, regDXStride)
		if two {
			m.Ins("VEXTRACTF128", "$1", y.String(), at)
			m.next(regY, regDXStride)
		}
		return
	}
	mask := p.take()
	m.tailMask(m.inputs, mask)
	m.storePart(y.x(), mask.x(), at)
	m.next(regY, regDXStride)
	if two {
		m.Ins("VEXTRACTF128", "$1", y.String(), y.x())
		m.storePart(y.x(), mask.x(), at)
		m.next(regY, regDXStride)
	}
	p.free(mask)
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

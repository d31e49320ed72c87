package x86

import "fmt"

// Sums of a row's results: a vector has as many elements as there are chains, or several
// times as many, which are parts that are added one after the other.

// sums gives the chains registers. It reports false where a vector has fewer elements, or
// the registers do not suffice.
func (m *mapper) sums() bool {
	sum, ok := m.used.Take()
	part, also := m.used.Take()
	m.sum, m.part = Y(sum), Y(part)
	return ok && also && m.k.Chains <= m.lanes() && m.chainBytes() >= 16
}

// chainBytes is what a number for each chain takes.
func (m *mapper) chainBytes() int { return m.k.Chains * m.size() }

// of is the first bytes of a register.
func (y Y) of(bytes int) string {
	return fmt.Sprintf("%s%d", map[int]string{16: "X", 32: "Y", 64: "Z"}[bytes], int(y))
}

// addOf adds the first bytes of a register to the chains.
func (m *mapper) addOf(bytes int, y Y) {
	m.Func.Ins(m.op("VADDPS", "VADDPD"), y.of(bytes), m.sum.of(bytes), m.sum.of(bytes))
}

// upper takes some bytes of a register, from as many times that on, to part.
func (m *mapper) upper(y Y, bytes, at int) {
	switch {
	case bytes == 32:
		m.Func.Ins("VEXTRACTF64X4", fmt.Sprintf("$%d", at), y.of(64), m.part.of(32))
	case at > 1:
		m.Func.Ins("VEXTRACTF32X4", fmt.Sprintf("$%d", at), y.of(64), m.part.of(16))
	case m.isa.masks:
		m.Func.Ins("VEXTRACTF32X4", "$1", y.of(32), m.part.of(16))
	default:
		m.Func.Ins("VEXTRACTF128", "$1", y.of(32), m.part.of(16))
	}
}

// addParts adds the results of a vector to the chains; of a partial one those beyond the
// row are zeros, which change nothing.
func (m *mapper) addParts(partial bool) {
	y, bytes := m.result, m.chainBytes()
	m.Line(func() {
		if partial {
			all := m.part
			if m.bytes > bytes {
				all = m.mask
			}
			if m.isa.masks {
				m.Ins(m.moveFull()+".Z", y.String(), maskTail, all.String())
			} else {
				m.Ins(m.op("VANDPS", "VANDPD"), y.String(), m.mask.String(), all.String())
			}
			y = all
		}
		m.addOf(bytes, y)
		for at := 1; at < m.bytes/bytes; at++ {
			m.upper(y, bytes, at)
			m.addOf(bytes, m.part)
		}
	})
}

// storeSum adds the chains in halves, stores the sum and goes on in the results.
func (m *mapper) storeSum() {
	m.Line(func() {
		for bytes := m.chainBytes() / 2; bytes >= m.size(); bytes /= 2 {
			switch {
			case bytes >= 16:
				m.upper(m.sum, bytes, 1)
				m.addOf(bytes, m.part)
			case bytes == 8:
				m.Func.Ins("VUNPCKHPD", m.sum.of(16), m.sum.of(16), m.part.of(16))
				m.Func.Ins(m.op("VADDPS", "VADDSD"), m.part.of(16), m.sum.of(16), m.sum.of(16))
			default:
				m.Func.Ins("VMOVSHDUP", m.sum.of(16), m.part.of(16))
				m.Func.Ins("VADDSS", m.part.of(16), m.sum.of(16), m.sum.of(16))
			}
		}
		m.Func.Ins(m.op("VMOVSS", "VMOVSD"), m.sum.of(16), mem(regY, 0))
		m.advance(regY, m.size())
	})
}

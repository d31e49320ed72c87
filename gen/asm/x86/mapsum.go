package x86

import "fmt"

// Sums of a row's results: a vector has as many elements as there are chains, or several
// times as many, which are parts that are added one after the other.

// summer adds the elements of vectors in chains.
type summer struct {
	*writer
	chains    int
	sum, part Y // the register of the chains, and one to add to them from
}

// all is what a number for each chain takes, in bytes.
func (s *summer) all() int { return s.chains * s.size() }

// of is the first bytes of a register.
func (y Y) of(bytes int) string {
	return fmt.Sprintf("%s%d", map[int]string{16: "X", 32: "Y", 64: "Z"}[max(bytes, 16)], int(y))
}

// add adds the first bytes of a register to the chains.
func (s *summer) add(bytes int, y Y) {
	s.Func.Ins(s.op("VADDPS", "VADDPD"), y.of(bytes), s.sum.of(bytes), s.sum.of(bytes))
}

// upper takes some bytes of a register, from as many times that on, to part.
func (s *summer) upper(y Y, bytes, at int) {
	switch {
	case bytes == 32:
		s.Func.Ins("VEXTRACTF64X4", fmt.Sprintf("$%d", at), y.of(64), s.part.of(32))
	case at > 1:
		s.Func.Ins("VEXTRACTF32X4", fmt.Sprintf("$%d", at), y.of(64), s.part.of(16))
	case s.isa.masks:
		s.Func.Ins("VEXTRACTF32X4", "$1", y.of(32), s.part.of(16))
	default:
		s.Func.Ins("VEXTRACTF128", "$1", y.of(32), s.part.of(16))
	}
}

// parts adds as many parts of a vector to the chains; two chains of float32 are half of
// the least part that can be taken.
func (s *summer) parts(y Y, n int) {
	if s.all() == 8 {
		for q := 0; 2*q < n; q++ {
			four := y
			if q > 0 {
				s.upper(y, 16, q)
				four = s.part
			}
			s.add(16, four)
			if 2*q+1 < n {
				s.Func.Ins("VUNPCKHPD", four.of(16), four.of(16), s.part.of(16))
				s.add(16, s.part)
			}
		}
		return
	}
	s.add(s.all(), y)
	for at := 1; at < n; at++ {
		s.upper(y, s.all(), at)
		s.add(s.all(), s.part)
	}
}

// halve adds the chains in halves, up to the first lane.
func (s *summer) halve() {
	for bytes := s.all() / 2; bytes >= s.size(); bytes /= 2 {
		switch {
		case bytes >= 16:
			s.upper(s.sum, bytes, 1)
			s.add(bytes, s.part)
		case bytes == 8:
			s.Func.Ins("VUNPCKHPD", s.sum.of(16), s.sum.of(16), s.part.of(16))
			s.Func.Ins(s.op("VADDPS", "VADDSD"), s.part.of(16), s.sum.of(16), s.sum.of(16))
		default:
			s.Func.Ins("VMOVSHDUP", s.sum.of(16), s.part.of(16))
			s.Func.Ins("VADDSS", s.part.of(16), s.sum.of(16), s.sum.of(16))
		}
	}
}

// zeroBeyond is a vector with zeros, which change no sum, in the lanes beyond those of the
// mask: in dst.
func (w *writer) zeroBeyond(y, mask, dst Y) {
	if w.isa.masks {
		w.Ins(w.moveFull()+".Z", y.String(), maskTail, dst.String())
		return
	}
	w.Ins(w.op("VANDPS", "VANDPD"), y.String(), mask.String(), dst.String())
}

// sums gives the chains registers. It reports false where a vector has fewer elements, or
// the registers do not suffice.
func (m *mapper) sums() bool {
	sum, ok := m.used.Take()
	part, also := m.used.Take()
	m.chain = summer{m.writer, m.k.Chains, Y(sum), Y(part)}
	return ok && also && m.k.Chains <= m.lanes() && m.chain.all() >= 16
}

// addParts adds the results of a vector to the chains.
func (m *mapper) addParts(partial bool) {
	y := m.result
	m.Line(func() {
		if partial {
			all := m.chain.part
			if m.bytes > m.chain.all() {
				all = m.mask
			}
			m.zeroBeyond(y, m.mask, all)
			y = all
		}
		m.chain.parts(y, m.lanes()/m.k.Chains)
	})
}

// storeSum stores the sum and goes on in the results.
func (m *mapper) storeSum() {
	m.Line(func() {
		m.chain.halve()
		m.Func.Ins(m.op("VMOVSS", "VMOVSD"), m.chain.sum.of(16), mem(regY, 0))
		m.advance(regY, m.size())
	})
}

package x86

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// mixer prints a run of operations on the elements of a sample, all of whose values stay
// in registers: a vector of elements each, or a number in every lane of one.
type mixer struct {
	*file
	k      *kernel.Mix
	values [][]Y // the registers of each value
}

// Mix prints a run of operations. It reports false where an operation has no vector form
// or the registers do not suffice.
func (s *ISA) Mix(k *kernel.Mix) (f *asm.Func, ok bool) {
	f = &asm.Func{Name: k.Name, Doc: k.Doc, Args: kernels.Mix(k)}
	m := &mixer{file: &file{writer: s.writer(f, k.Double)}, k: k}
	m.sized(s.half != nil, func() { // as many elements as the vectors of other calls that they come from
		m.used = m.set().NewUsed()
		ok = m.write()
	})
	return f, ok
}

// vectors is how many hold the elements.
func (m *mixer) vectors() int { return (m.k.Size + m.lanes() - 1) / m.lanes() }

// tail is how many elements the last vector has, if it is partial.
func (m *mixer) tail() int { return m.k.Size % m.lanes() }

// partial reports whether a vector is.
func (m *mixer) partial(v int) bool { return v == m.vectors()-1 && m.tail() > 0 }

func (m *mixer) write() bool {
	if m.tail() > 0 && m.isa.masks {
		m.tailMask(m.tail(), 0)
	}
	for i, number := range m.k.Ins {
		if !m.input(i, number) {
			return false
		}
	}
	stored := 0
	for i := range m.k.Stages {
		s := &m.k.Stages[i]
		result, ok := m.stage(s, i)
		if !ok {
			return false
		}
		m.values = append(m.values, result)
		if s.Stored {
			m.pointer(kernel.Stored(stored), regY)
			if !m.storeAll(result, s.Number) {
				return false
			}
			stored++
		}
		for value := range m.values {
			if last := m.k.Last(value); last == i || last < 0 && value == len(m.values)-1 {
				m.giveUp(value)
			}
		}
	}
	m.ret()
	return true
}

// giveUp frees the registers of a value.
func (m *mixer) giveUp(value int) {
	m.freeAll(m.values[value])
	m.values[value] = nil
}

func (m *mixer) freeAll(ys []Y) {
	for _, y := range ys {
		m.free(y)
	}
}

// takeSome are free registers.
func (m *mixer) takeSome(n int) (ys []Y, ok bool) {
	for range n {
		y, ok := m.used.Take()
		if !ok {
			return nil, false
		}
		ys = append(ys, Y(y))
	}
	return ys, true
}

// input puts an input into registers. All are there before the first result is stored,
// whose memory may be an input's.
func (m *mixer) input(i int, number bool) bool {
	m.pointer(kernel.Leaf(i), regX)
	if number {
		ys, ok := m.takeSome(1)
		if ok {
			m.broadcastTo(mem(regX, 0), ys[0])
		}
		m.values = append(m.values, ys)
		return ok
	}
	ys, ok := m.takeSome(m.vectors())
	part, also := m.takeSome(1)
	if !ok || !also {
		return false
	}
	m.Line(func() {
		for v, y := range ys {
			m.loadFirst(v*m.bytes, m.elements(v)*m.size(), y, part[0])
		}
	})
	m.freeAll(part)
	m.values = append(m.values, ys)
	return true
}

// storeAll stores a result. It reports false where no register is free.
func (m *mixer) storeAll(ys []Y, number bool) bool {
	part, ok := m.takeSome(1)
	if !ok {
		return false
	}
	m.Line(func() {
		for v, y := range ys {
			bytes := m.elements(v) * m.size()
			if number {
				bytes = m.size()
			}
			m.storeFirst(y, v*m.bytes, bytes, part[0])
		}
	})
	m.freeAll(part)
	return true
}

// A partial vector is loaded and stored in pieces: a mask would take as long as all else,
// and what a call stores in one piece the next one cannot load in another before it is in
// the cache.

// loadFirst loads the first bytes of a vector, zeros for the others.
func (m *mixer) loadFirst(at, bytes int, y, part Y) {
	switch src := mem(regX, at); {
	case bytes == 32:
		m.load(src, y)
	case bytes > 16:
		m.loadFirst(at, 16, y, part)
		m.loadFirst(at+16, bytes-16, part, y)
		m.Ins("VINSERTF128", "$1", part.of(16), y.String(), y.String())
	case bytes == 16:
		m.Func.Ins("VMOVUPS", src, y.of(16))
	case bytes == 4:
		m.Func.Ins("VMOVSS", src, y.of(16))
	default:
		m.Func.Ins("VMOVSD", src, y.of(16))
		if bytes == 12 {
			m.Func.Ins("VINSERTPS", "$32", mem(regX, at+8), y.of(16), y.of(16))
		}
	}
}

// storeFirst stores the first bytes of a vector.
func (m *mixer) storeFirst(y Y, at, bytes int, part Y) {
	switch dst := mem(regY, at); {
	case bytes == 32:
		m.store(y, dst)
	case bytes > 16:
		m.storeFirst(y, at, 16, part)
		m.Ins("VEXTRACTF128", "$1", y.String(), part.of(16))
		m.storeFirst(part, at+16, bytes-16, part)
	case bytes == 16:
		m.Func.Ins("VMOVUPS", y.of(16), dst)
	case bytes == 4:
		m.Func.Ins("VMOVSS", y.of(16), dst)
	default:
		m.Func.Ins("VMOVLPS", y.of(16), dst)
		if bytes == 12 {
			m.Func.Ins("VEXTRACTPS", "$2", y.of(16), mem(regY, at+8))
		}
	}
}

// stage prints an operation; its results are the registers of its value.
func (m *mixer) stage(s *kernel.Stage, i int) (result []Y, ok bool) {
	terms, ok := m.terms(s, i)
	if !ok || s.Reduction == kernel.Each {
		return terms, ok
	}
	y, ok := Y(0), false
	if s.Reduction == kernel.Total {
		y, ok = m.sum(s.Chains, terms)
	} else {
		y, ok = m.greatest(terms)
	}
	m.freeAll(terms)
	return []Y{y}, ok
}

// terms are the values of a stage's program, in registers of their own. A vector that is
// read for the last time is given up at once.
func (m *mixer) terms(s *kernel.Stage, i int) (terms []Y, ok bool) {
	leaves := make([]kernels.Leaf, len(s.In))
	for j := range s.In {
		leaves[j] = kernels.Leaf{Name: kernel.Leaf(j), Role: kernels.Number}
	}
	code, ok := m.compile(s.Prog, leaves, kernel.Result)
	if !ok {
		return nil, false
	}
	n := m.vectors()
	if s.Number && s.Reduction == kernel.Each {
		n = 1
	}
	for v := range n {
		given := make([]Y, len(s.In))
		for j, x := range s.In {
			given[j] = m.values[x][min(v, len(m.values[x])-1)]
		}
		y, ok := m.term(code, given)
		if !ok {
			return nil, false
		}
		terms = append(terms, y)
		code.Mute()
		for _, x := range s.In {
			if n > 1 && !m.k.Numbers(x) && m.k.Last(x) == i {
				m.free(m.values[x][v])
			}
		}
	}
	for _, x := range s.In {
		if n > 1 && !m.k.Numbers(x) && m.k.Last(x) == i {
			m.values[x] = nil // are free
		}
	}
	return terms, true
}

// term is a vector of the values of a program, a copy where it is an operand.
func (m *mixer) term(code *vec.Code, given []Y) (y Y, ok bool) {
	if !m.fits(code, given...) {
		return 0, false
	}
	m.Line(func() { m.Named(formula, func() { y = m.run(code, given, nil)[0] }) })
	if !slices.Contains(given, y) {
		return y, true
	}
	ys, ok := m.takeSome(1)
	if ok {
		m.Ins("VMOVAPS", y.String(), ys[0].String())
		y = ys[0]
	}
	return y, ok
}

// elements is how many a vector has.
func (m *mixer) elements(v int) int {
	if m.partial(v) {
		return m.tail()
	}
	return m.lanes()
}

// sum adds terms, to a number in every lane. Beyond the elements are zeros in the last
// part of a vector that is added.
func (m *mixer) sum(chains int, terms []Y) (y Y, ok bool) {
	ys, ok := m.takeSome(2)
	if !ok || chains > m.lanes() || chains*m.size() < 8 {
		return 0, false
	}
	c := &summer{m.writer, chains, ys[0], ys[1]}
	m.clear(c.sum)
	m.Line(func() {
		for v, t := range terms {
			n := m.elements(v)
			if n%chains > 0 {
				m.clear(c.part)
				m.beyond(c.part, t)
			}
			c.parts(t, (n+chains-1)/chains)
		}
		c.halve()
		m.everywhere(c.sum)
	})
	m.free(c.part)
	return c.sum, true
}

// everywhere puts the first lane into all.
func (m *mixer) everywhere(y Y) {
	m.Func.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), y.of(16), m.register(y))
}

// greatest is the greatest of some terms, in every lane. Zeros of either sign are equal, and
// what is compared with a NaN is not less, so it is the first: all begin with the first
// term, and of two the one in front is kept.
func (m *mixer) greatest(terms []Y) (y Y, ok bool) {
	ys, ok := m.takeSome(4)
	if !ok {
		return 0, false
	}
	all, first, one, part := ys[0], ys[1], ys[2], ys[3]
	m.Line(func() {
		m.Func.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), terms[0].of(16), m.register(first))
		for v, t := range terms {
			if m.partial(v) {
				m.beyond(first, t)
			}
			m.greater(first, t, t, m.bytes)
			if v == 0 {
				m.greatestOf(t, m.elements(v), all, part)
				continue
			}
			m.greatestOf(t, m.elements(v), one, part)
			m.greater(all, one, all, 16)
		}
		m.everywhere(all)
	})
	m.freeAll(ys[1:])
	return all, true
}

// greater is the greater of each two of the first bytes of registers.
func (m *mixer) greater(y, z, dst Y, bytes int) {
	m.Func.Ins(m.op("VMAXPS", "VMAXPD"), y.of(bytes), z.of(bytes), dst.of(bytes))
}

// beyond puts the lanes of one vector beyond the elements into another.
func (m *mixer) beyond(y, dst Y) {
	if m.isa.masks {
		m.Ins(m.op("VBLENDMPS", "VBLENDMPD"), dst.String(), y.String(), maskTail, dst.String())
		return
	}
	lanes := fmt.Sprintf("$%d", 1<<m.lanes()-1<<m.tail()&(1<<m.lanes()-1))
	m.Ins(m.op("VBLENDPS", "VBLENDPD"), lanes, y.String(), dst.String(), dst.String())
}

// greatestOf is the greatest of the first lanes of a vector, neighbours first, in the first
// lane of dst.
func (m *mixer) greatestOf(t Y, lanes int, dst, part Y) {
	four := 16 / m.size()
	bytes := m.bytes
	if lanes <= four {
		bytes = 16
	}
	if !m.double {
		m.Func.Ins("VMOVSHDUP", t.of(bytes), part.of(bytes))
		m.greater(t, part, t, bytes)
	}
	m.Func.Ins("VUNPCKHPD", t.of(bytes), t.of(bytes), part.of(bytes))
	if lanes <= four {
		m.greater(t, part, dst, bytes)
		return
	}
	m.greater(t, part, t, bytes)
	m.Ins("VEXTRACTF128", "$1", t.String(), part.of(16))
	m.greater(t, part, dst, 16)
}

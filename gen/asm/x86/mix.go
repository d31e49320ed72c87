package x86

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
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
			m.loadFirst(regX, v*m.bytes, m.elements(v)*m.size(), y, part[0])
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
			m.storeFirst(y, regY, v*m.bytes, bytes, part[0])
		}
	})
	m.freeAll(part)
	return true
}

// stage prints an operation; its results are the registers of its value.
func (m *mixer) stage(s *kernel.Stage, i int) (result []Y, ok bool) {
	terms, own, ok := m.terms(s, i)
	if !ok || s.Reduction == kernel.Each {
		return terms, ok
	}
	y, ok := Y(0), false
	if s.Reduction == kernel.Total {
		y, ok = m.sum(s.Chains, terms)
	} else {
		y, ok = m.greatest(terms)
	}
	if own {
		m.freeAll(terms)
	}
	return []Y{y}, ok
}

// terms are the values of a stage's program, in registers of their own unless a reduction
// reads an operand as it is. A vector that is read for the last time is given up at once.
func (m *mixer) terms(s *kernel.Stage, i int) (terms []Y, own, ok bool) {
	leaves := make([]kernels.Leaf, len(s.In))
	for j := range s.In {
		leaves[j] = kernels.Leaf{Name: kernel.Leaf(j), Role: kernels.Number}
	}
	code, ok := m.compile(s.Prog, leaves, kernel.Result)
	if !ok {
		return nil, false, false
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
		if !m.fits(code, given...) {
			return nil, false, false
		}
		var y Y
		m.Line(func() { m.Named(formula, func() { y = m.run(code, given, nil)[0] }) })
		code.Mute()
		if own = !slices.Contains(given, y); !own && s.Reduction == kernel.Each {
			ys, ok := m.takeSome(1)
			if !ok {
				return nil, false, false
			}
			m.Ins("VMOVAPS", y.String(), ys[0].String())
			y, own = ys[0], true
		}
		terms = append(terms, y)
		m.read(s, i, v, n, own)
	}
	return terms, own, true
}

// read gives up vector v of n of what stage i is the last to read, and is done with.
func (m *mixer) read(s *kernel.Stage, i, v, n int, done bool) {
	if n == 1 || !done {
		return
	}
	for j, x := range s.In {
		if m.k.Numbers(x) || m.k.Last(x) != i || slices.Contains(s.In[:j], x) {
			continue
		}
		if m.free(m.values[x][v]); v == n-1 {
			m.values[x] = nil
		}
	}
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
	ys, ok := m.takeSome(3)
	if !ok || chains > m.lanes() || chains*m.size() < 8 {
		return 0, false
	}
	c, last := &summer{m.writer, chains, ys[0], ys[1]}, ys[2]
	m.clear(c.sum)
	m.Line(func() {
		for v, t := range terms {
			n := m.elements(v)
			if n%chains > 0 {
				m.clear(last)
				m.beyond(last, t, last)
				t = last
			}
			m.Named("parts", func() { c.parts(t, (n+chains-1)/chains) })
		}
		m.Named("halves", func() {
			c.halve()
			m.everywhere(c.sum)
		})
	})
	m.freeAll(ys[1:])
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
	ys, ok := m.takeSome(5)
	if !ok {
		return 0, false
	}
	all, first, one, part, some := ys[0], ys[1], ys[2], ys[3], ys[4]
	m.Line(func() {
		m.Func.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), terms[0].of(16), m.register(first))
		for v, t := range terms {
			if m.partial(v) {
				m.beyond(first, t, some)
				t = some
			}
			of := one
			if v == 0 {
				of = all
			}
			m.Named("greatest", func() {
				m.greater(first, t, some, m.bytes)
				m.greatestOf(some, m.elements(v), of, part)
			})
			if v > 0 {
				m.greater(all, one, all, 16)
			}
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

// beyond is a vector with the lanes beyond the elements of another.
func (m *mixer) beyond(lanes, y, dst Y) {
	if m.isa.masks {
		m.Ins(m.op("VBLENDMPS", "VBLENDMPD"), y.String(), lanes.String(), maskTail, dst.String())
		return
	}
	which := fmt.Sprintf("$%d", 1<<m.lanes()-1<<m.tail()&(1<<m.lanes()-1))
	m.Ins(m.op("VBLENDPS", "VBLENDPD"), which, lanes.String(), y.String(), dst.String())
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

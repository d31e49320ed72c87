package arm64

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of element-wise operations: the result, a counter, the rows, what
// lies between two, and from regOperands on the operands.
const (
	regLeft, regRowsLeft, regGap R = 1, 2, 3

	regOperands R = 4
)

// mostOperands is how many registers there are for operands.
const mostOperands = 10

// Map prints an element-wise kernel. It reports false where an operation has no
// vector form yet, the results are added, or the registers do not suffice.
func Map(k *kernel.Map) (f *asm.Func, ok bool) {
	if len(k.Ins) > mostOperands || k.Chains > 0 {
		return nil, false
	}
	m := &mapper{file: (&writer{Func: &asm.Func{Name: k.Name, Doc: k.Doc, Args: kernels.Map(k)}, double: k.Double}).file(), k: k}
	var leaves []kernels.Leaf
	for _, in := range k.Ins {
		if in.Bytes {
			return nil, false
		}
		role := kernels.Vector
		if in.Single {
			role = kernels.Number
		}
		v, ok := m.used.Take()
		if !ok {
			return nil, false
		}
		m.given = append(m.given, V(v))
		leaves = append(leaves, kernels.Leaf{Name: in.Leaf, Role: role})
	}
	if _, ok := m.compile(k.Prog, leaves, k.Result); !ok {
		return nil, false
	}
	compile := func() *vec.Code {
		c, _ := m.compile(k.Prog, leaves, k.Result)
		c.Mute()
		return c
	}
	if m.code, m.constants, ok = m.hoist(compile, m.given...); !ok {
		return nil, false
	}
	m.twice()
	m.write()
	return m.Func, true
}

// mapper prints a scalar program on vectors.
type mapper struct {
	*file
	k               *kernel.Map
	code, constants *vec.Code
	given           []V    // the registers of the operands
	result          V      // the register of the result
	each            string // the macro of the arithmetic

	both   *vec.Code // for two vectors, where there are registers for that
	others []V       // the registers of the second vectors
}

// twice makes the code for two vectors, if beside the constants the registers
// suffice for it.
func (m *mapper) twice() {
	f := &file{m.writer, m.used.Clone()}
	var others []V
	for _, in := range m.k.Ins {
		if in.Single {
			continue
		}
		v, ok := f.used.Take()
		if !ok {
			return
		}
		others = append(others, V(v))
	}
	all := f.used.Clone()
	a, ok := m.constants.Allocate(all)
	if !ok {
		return
	}
	given := numbers(m.given)
	for _, r := range m.constants.Results {
		given = append(given, a[r])
	}
	both := m.code.Twice()
	if _, ok = both.Allocate(all, append(given, numbers(others)...)...); ok {
		m.file, m.both, m.others = f, both, others
	}
}

// operand is the register that points to an operand.
func operand(i int) R { return regOperands + R(i) }

func (m *mapper) write() {
	m.pointer("y", regY)
	for i, in := range m.k.Ins {
		if !in.Repeated {
			m.pointer(in.Arg, operand(i))
		}
	}
	m.pointer("rows", regRowsLeft)
	m.pointer("gap", regGap)
	for i, in := range m.k.Ins {
		if in.Single {
			m.broadcast(operand(i), 0, m.given[i])
		}
	}
	m.keepTables(m.code)
	all := m.given
	m.Line(func() { all = append(all, m.run(m.constants, nil, nil)...) })
	m.Note("%s", m.k.Prog)
	m.each = m.Macro("each", nil, func() {
		m.Line(func() { m.result = (&file{m.writer, m.used.Clone()}).run(m.code, all, nil)[0] })
	})
	row, rest, next, loop, one := m.Label("row"), m.Label("rest"), m.Label("next"), m.Label("elements"), m.Label("one")
	const together = 2 // vectors in a turn
	m.Place(row)
	for i, in := range m.k.Ins {
		if in.Repeated {
			m.pointer(in.Arg, operand(i))
		}
	}
	m.Line(func() {
		m.pointer("n", regLeft)
		m.Ins("LSR", fmt.Sprintf("$%d", shiftOf(together*m.lanes())), regLeft.String(), regLeft.String())
		m.ifZero(regLeft, one)
	})
	m.Place(loop)
	if m.both != nil {
		m.pair(all)
	} else {
		m.whole(together)
	}
	m.countdown(regLeft, loop)
	m.Place(one)
	m.Line(func() {
		m.pointer("n", regLeft)
		m.Ins("TBZ", fmt.Sprintf("$%d", shiftOf(m.lanes())), regLeft.String(), rest)
	})
	m.whole(1)
	m.Place(rest)
	m.Line(func() {
		m.pointer("n", regLeft)
		m.Ins("AND", fmt.Sprintf("$%d", m.lanes()-1), regLeft.String(), regLeft.String())
		m.ifZero(regLeft, next)
	})
	m.part()
	m.Place(next)
	m.Line(func() {
		m.sum(regY, regGap, regY)
		for i, in := range m.k.Ins {
			if !in.Single && !in.Dense {
				m.sum(operand(i), regGap, operand(i))
			}
		}
	})
	m.countdown(regRowsLeft, row)
	m.ret()
}

// whole computes some vectors and goes on behind them.
func (m *mapper) whole(vectors int) {
	for v := range vectors {
		m.Line(func() {
			for i, in := range m.k.Ins {
				if !in.Single {
					m.load(operand(i), v*bytes, m.given[i])
				}
			}
		})
		m.Use(m.each)
		m.store(m.result, regY, v*bytes)
	}
	m.Line(func() { m.forward(vectors) })
}

// forward goes on behind some vectors.
func (m *mapper) forward(vectors int) {
	for _, p := range m.pointers() {
		m.advance(p, vectors*bytes)
	}
}

// pair computes two vectors together; all are the registers of the operands of
// the first and of constants.
func (m *mapper) pair(all []V) {
	m.Line(func() {
		other := 0
		for i, in := range m.k.Ins {
			if !in.Single {
				m.Ins("FLDPQ", mem(operand(i), 0), two(m.given[i], m.others[other]))
				other++
			}
		}
	})
	f := &file{m.writer, m.used.Clone()}
	m.Line(func() {
		y := f.run(m.both, slices.Concat(all, m.others), nil)
		m.Ins("FSTPQ", two(y[0], y[1]), mem(regY, 0))
	})
	m.Line(func() { m.forward(2) })
}

// two are the registers of vectors that lie side by side.
func two(a, b V) string { return fmt.Sprintf("(%s, %s)", a.f(), b.f()) }

// pointers are the registers that walk arrays.
func (m *mapper) pointers() []R {
	all := []R{regY}
	for i, in := range m.k.Ins {
		if !in.Single {
			all = append(all, operand(i))
		}
	}
	return all
}

// part computes the lanes that are left and goes on behind them.
func (m *mapper) part() {
	for i, in := range m.k.Ins {
		if !in.Single {
			m.loadSome(operand(i), 0, regLeft, m.given[i])
		}
	}
	m.Use(m.each)
	m.storeSome(m.result, regY, 0, regLeft)
	m.Line(func() {
		for _, p := range m.pointers() {
			m.Ins("ADD", fmt.Sprintf("%v<<%d", regLeft, shiftOf(m.size())), p.String(), p.String())
		}
	})
}

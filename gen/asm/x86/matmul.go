package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of batched kernels: SI and R8 walk the rows of X and Y, DI the
// weights, R10 the row of X or Y, R11, R12 and R13 the strides of X, R14 the
// distance of panels that are taken together; when the sums are made, DI is the
// stride of Y.
const (
	regRow, regStride, regStride3, regStride5 = "R10", "R11", "R12", "R13"
	regRow6                                   = regMask // the seventh row
	regPanelStride, regYStride                = "R14", regW
	regRowsMask                               = regPanelStride // of a panel alone
)

// MatMul prints Y = X·W + b for the rows of a batch and one panel of weights,
// [terms][width], or several full ones, or some with the tail, with the epilogue if
// it reads nothing but the sums.
func (s *ISA) MatMul(name string, doc []string, k *kernel.Kernel) *asm.Func {
	m := &matMul{writer: s.newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k, width: k.Panels.Tail}
	if k.Panels.Full > 0 {
		m.width = panel
	}
	m.columns = m.writer.columns(k.Outputs)
	m.Args = kernels.MatMul(k)
	m.pointer("y", regY)
	m.pointer("x", regX)
	if m.bias() {
		m.pointer("b", regBias)
	}
	if k.Partial {
		m.lastMask(regRowsMask)
	}
	if k.Panels.Full > 1 {
		m.pointer("panelStride", regPanelStride)
	}
	m.pointer("xStride", regStride)
	m.Line(func() {
		m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*2)", regStride, regStride), regStride3)
		m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*4)", regStride, regStride), regStride5)
	})
	for i, rows := range k.Tile.Rows {
		m.tiles(fmt.Sprintf("tiles%d", i), rows, k.Tile.Rows[i+1:])
	}
	m.ret()
	return m.Func
}

type matMul struct {
	*writer
	*kernel.Kernel
	columns
	width int
}

// joined reports whether the tail follows full panels.
func (m *matMul) joined() bool { return m.Panels.Full > 0 && m.Panels.Tail > 0 }

func (m *matMul) bias() bool { return m.Init == kernel.Bias }

// partial reports whether a vector is the last and not full.
func (m *matMul) partial(v int) bool { return m.Partial && v == m.vectors-1 }

// tiles prints the loop over the tiles of a number of rows.
func (m *matMul) tiles(arg string, rows int, smaller []int) {
	loop, done := m.Label("rows"), m.Label("done")
	m.Line(func() {
		m.Ins("MOVQ", m.ArgOf(arg), regOffset)
		m.Ins("TESTQ", regOffset, regOffset)
		m.Ins("JZ", done)
	})
	m.Place(loop)
	m.tile(rows, smaller)
	m.Ins("LEAQ", m.row(regX, rows), regX)
	m.countdown(regOffset, loop)
	m.Place(done)
}

// row is the operand of row r from base on.
func (m *matMul) row(base string, r int) string {
	stride, times := regStride, r
	switch r {
	case 0:
		return "(" + base + ")"
	case 3, 6, 12:
		stride, times = regStride3, r/3
	case 5:
		stride, times = regStride5, 1
	}
	return fmt.Sprintf("(%s)(%s*%d)", base, stride, times)
}

// element is the operand of an element of row r of the tile, at a displacement
// in bytes.
func (m *matMul) element(r int, disp string) string {
	base := regRow
	if r >= 6 {
		base, r = regRow6, r-6
	}
	return disp + m.row(base, r)
}

// weightsAt is the operand of a vector of an input's weights, at a displacement
// in bytes from those of the first input, in the tail at another.
func (m *matMul) weightsAt(disp, tail string, v int) string {
	at := v * m.lanes()
	switch q := at / panel; {
	case m.joined() && q == m.Panels.Full:
		return plus(tail, at%panel*kernels.WeightSize(m.Kernel)) + "(" + regTail + ")"
	case m.Panels.Full > 1 && q > 0:
		return fmt.Sprintf("%s(%s)(%s*%d)", plus(disp, at%panel*kernels.WeightSize(m.Kernel)), regW, regPanelStride, q)
	}
	return plus(disp, at*kernels.WeightSize(m.Kernel)) + "(" + regW + ")"
}

// plus is the text of a displacement and a number.
func plus(disp string, n int) string {
	if n == 0 {
		return disp
	}
	return fmt.Sprintf("(%s+%d)", disp, n)
}

// tile sums all terms for some rows; the smaller tiles have fewer.
func (m *matMul) tile(rows int, smaller []int) {
	acc := func(r, v, c int) Y { return Y((r*m.vectors+v)*m.Chains + c) }
	m.Note("%d rows: y[n] = Σ w[k][n]·x[k]%s", rows, map[bool]string{true: " + b[n]"}[m.bias()])
	m.start(rows, acc)
	m.pointer("w", regW)
	if m.joined() {
		m.pointer("wt", regTail)
	}
	m.Ins("MOVQ", regX, regRow)
	if rows > 6 {
		m.Ins("LEAQ", m.row(regX, 6), regRow6)
	}
	m.terms(rows, smaller, acc)
	m.finish(rows, acc)
}

// start gives every sum its first value.
func (m *matMul) start(rows int, acc func(r, v, c int) Y) {
	if !m.bias() || m.Scaled {
		m.clearFirst(rows * m.vectors * m.Chains)
		return
	}
	name := m.ofRow(fmt.Sprintf("bias%dx", m.Chains), m.Chains, false, func(v int, sum func(c int) Y) {
		m.load(mem(regBias, v*m.isa.bytes), sum(0))
		for c := 1; c < m.Chains; c++ {
			m.clear(sum(c))
		}
	})
	m.Line(func() {
		for r := range rows {
			m.useRow(name, m.Chains, false, func(v, c int) Y { return acc(r, v, c) })
		}
	})
}

// terms adds the products of all terms, some in a turn of a loop.
func (m *matMul) terms(rows int, smaller []int, acc func(r, v, c int) Y) {
	unroll := unrollTerms
	if rows*m.vectors > 12 {
		unroll /= 2
	}
	weights, tail := m.width*kernels.WeightSize(m.Kernel), m.Panels.Tail*kernels.WeightSize(m.Kernel)
	next := func(n int) {
		m.Line(func() {
			m.advance(regRow, n*m.size())
			if rows > 6 {
				m.advance(regRow6, n*m.size())
			}
			m.advance(regW, n*weights)
			if m.joined() {
				m.advance(regTail, n*tail)
			}
		})
	}
	terms := m.term(rows, smaller, acc)
	numbers := func(k int) []string {
		return []string{fmt.Sprint(k * m.size()), fmt.Sprint(k * weights), fmt.Sprint(k * tail)}[:len(m.parameters())]
	}
	some := func(k int) { m.Use(terms[k%m.Chains], numbers(k)...) }
	if m.Rolled {
		loop := m.Label("terms")
		m.Line(func() {
			m.Ins("MOVQ", m.ArgOf("terms"), regCount)
			m.Ins("SHRQ", fmt.Sprintf("$%d", shiftOf(unroll)), regCount)
		})
		m.Place(loop)
		m.inTurn("terms", unroll, numbers, terms, "")
		next(unroll)
		m.again(loop)
	} else {
		m.Line(func() {
			for k := range m.Terms() {
				some(k)
			}
		})
		return
	}
	loop, done := m.Label("rest"), m.Label("last")
	m.Line(func() {
		m.Ins("MOVQ", m.ArgOf("terms"), regCount)
		m.Ins("ANDQ", fmt.Sprintf("$%d", unroll-1), regCount)
		m.Ins("JZ", done)
	})
	if m.Chains > 1 { // the terms that are left go to the chains in turn
		m.inTurn("rest", unroll-1, numbers, terms, done)
		m.Place(done)
		return
	}
	m.Place(loop)
	some(0)
	next(1)
	m.again(loop)
	m.Place(done)
}

// parameters are those of the macros of a term: where its inputs and weights lie.
func (m *matMul) parameters() []string {
	if m.joined() {
		return []string{"x", "w", "v"}
	}
	return []string{"x", "w"}
}

// term gives the macros that add the products of a term, one for each chain: the
// weights, then the rows, which kernels of as many columns have in common.
func (m *matMul) term(rows int, smaller []int, acc func(r, v, c int) Y) []string {
	names, some := make([]string, m.Chains), m.rows(rows, smaller, acc)
	for chain := range names {
		names[chain] = m.Macro(fmt.Sprint("term", rows), m.parameters(), func() {
			m.Line(func() {
				for v := range m.vectors {
					at := m.weightsAt("w", "v", v)
					m.column(m.columns, v, func() { m.loadWeights(m.Kernel, at, m.partial(v), m.weight0+Y(v)) })
				}
				m.Use(some[chain], "x")
			})
		})
	}
	return names
}

// rows gives the macros of the rows of a tile, which go on where those of the next
// smaller tile end.
func (m *matMul) rows(rows int, smaller []int, acc func(r, v, c int) Y) []string {
	from, before := 0, []string(nil)
	if len(smaller) > 0 {
		from, before = smaller[0], m.rows(smaller[0], smaller[1:], acc)
	}
	names := make([]string, m.Chains)
	for chain := range names {
		names[chain] = m.Macro(fmt.Sprint("rows", rows), []string{"x"}, func() {
			m.Line(func() {
				if before != nil {
					m.Use(before[chain], "x")
				}
				for r := from; r < rows; r++ {
					m.mulAddRow(m.element(r, "x"), m.columns, func(v int) Y { return acc(r, v, chain) })
				}
			})
		})
	}
	return names
}

// mulAddReg is acc += broadcast input · weights.
func (w *writer) mulAddReg(weights, acc Y) { w.mulAdd(weights.String(), acc) }

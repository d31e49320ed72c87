package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of batched kernels: SI and R8 walk the rows of X and Y, DI the
// weights, R10 the row of X, R11, R12 and R13 the strides of X.
const (
	regRow, regStride, regStride3, regStride5 = "R10", "R11", "R12", "R13"
	regRow6                                   = regMask // the seventh row
)

// TileRows are the numbers of rows a tile of MatMul takes: the kernel's last
// arguments count the tiles of each.
func (s *ISA) TileRows(elem string, valid, chains int) []int {
	w := s.newWriter("", nil, elem, false)
	most := w.sums / ((valid + w.lanes() - 1) / w.lanes() * chains)
	switch {
	case most >= 12:
		return []int{12, 8, 4, 1}
	case most >= 6:
		return []int{6, 5, 1}
	case most >= 3:
		return []int{3, 2, 1}
	}
	return []int{1}
}

// VectorOutputs is the number of outputs a batched kernel computes for a row:
// two vectors, or one where the chains need the registers.
func (s *ISA) VectorOutputs(elem string, chains int) int {
	w := s.newWriter("", nil, elem, false)
	return w.lanes() * min(2, w.sums/chains)
}

// MatMul prints Y = X·W + b for the rows of a batch and one panel of weights,
// [terms][width], or several full ones, with the epilogue if it reads nothing
// but the sums.
// Arguments: y, x, w, b, scale of scaled sums, and the numbers of tiles of each of TileRows.
func (s *ISA) MatMul(name string, doc []string, k *kernel.Kernel) *asm.Func {
	m := &matMul{writer: s.newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k, terms: k.Terms(), width: k.Panels.Tail}
	if k.Panels.Full > 0 {
		m.width = panel
	}
	m.xStride, m.yStride = k.Batch.X*m.size(), k.Batch.Y*m.size()
	T := "*" + k.Elem.Acc
	m.argument("y", T)
	m.argument("x", T)
	m.argument("w", weightType(k))
	if m.bias() {
		m.argument("b", T)
	}
	if m.Scaled {
		m.argument("scale", T)
	}
	m.vectors = (k.Outputs + m.lanes() - 1) / m.lanes()
	tiles := s.TileRows(k.Elem.Acc, k.Outputs, k.Chains)
	for i := range tiles {
		m.argument(fmt.Sprintf("tiles%d", i), "int")
	}
	m.pointer("y", regY)
	m.pointer("x", regX)
	if m.bias() {
		m.pointer("b", regBias)
	}
	if n := m.Outputs % m.lanes(); n > 0 {
		m.someMask(n)
	}
	m.Ins("MOVQ", fmt.Sprintf("$%d", m.xStride), regStride)
	m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*2)", regStride, regStride), regStride3)
	m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*4)", regStride, regStride), regStride5)
	for i, rows := range tiles {
		m.tiles(fmt.Sprintf("tiles%d", i), rows)
	}
	m.ret()
	return m.Func
}

type matMul struct {
	*writer
	*kernel.Kernel
	terms, width     int
	vectors          int
	xStride, yStride int // bytes
}

func (m *matMul) bias() bool { return m.Init == kernel.Bias }

// tiles prints the loop over the tiles of a number of rows.
func (m *matMul) tiles(arg string, rows int) {
	loop, done := m.Label("rows"), m.Label("done")
	m.Ins("MOVQ", m.ArgOf(arg), regOffset)
	m.Ins("TESTQ", regOffset, regOffset)
	m.Ins("JZ", done)
	m.Place(loop)
	m.tile(rows)
	m.advance(regX, rows*m.xStride)
	m.advance(regY, rows*m.yStride)
	m.countdown(regOffset, loop)
	m.Place(done)
}

// row is the operand of element k in row r of the tile.
func (m *matMul) row(r, k int) string {
	base := regRow
	if r >= 6 {
		base, r = regRow6, r-6
	}
	at := mem(base, k*m.size())
	switch r {
	case 0:
		return at
	case 1:
		return fmt.Sprintf("%s(%s*1)", at, regStride)
	case 2:
		return fmt.Sprintf("%s(%s*2)", at, regStride)
	case 3:
		return fmt.Sprintf("%s(%s*1)", at, regStride3)
	case 4:
		return fmt.Sprintf("%s(%s*4)", at, regStride)
	}
	return fmt.Sprintf("%s(%s*1)", at, regStride5)
}

// weightsAt is the operand of a vector of an input's weights.
func (m *matMul) weightsAt(k, v int) string {
	at, size := v*m.lanes(), weightSize(m.Kernel)
	if m.Panels.Full > 0 {
		return mem(regW, (at/panel*m.Panels.PanelRows*panel+k*panel+at%panel)*size)
	}
	return mem(regW, (k*m.width+at)*size)
}

// tile sums all terms for some rows.
func (m *matMul) tile(rows int) {
	acc := func(r, v, c int) Y { return Y((r*m.vectors+v)*m.Chains + c) }
	partial := func(v int) bool { return v == m.vectors-1 && m.Outputs%m.lanes() > 0 }
	m.Note("%d rows: y[n] = Σ w[k][n]·x[k]%s", rows, map[bool]string{true: " + b[n]"}[m.bias()])
	for r := range rows {
		for v := range m.vectors {
			for c := range m.Chains {
				if c == 0 && m.bias() && !m.Scaled {
					m.load(mem(regBias, v*m.bytes), acc(r, v, c))
				} else {
					m.clear(acc(r, v, c))
				}
			}
		}
	}
	m.pointer("w", regW)
	m.Ins("MOVQ", regX, regRow)
	if rows > 6 {
		m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*2)", regX, regStride3), regRow6)
	}
	unroll := unrollTerms
	if rows*m.vectors > 12 {
		unroll /= 2
	}
	turns, rest := m.terms/unroll, m.terms%unroll
	terms := func(n int) {
		for k := range n {
			for v := range m.vectors {
				m.loadWeights(m.Kernel, m.weightsAt(k, v), partial(v), m.weight0+Y(v))
			}
			for r := range rows {
				m.broadcast(m.row(r, k))
				for v := range m.vectors {
					m.mulAddReg(m.weight0+Y(v), acc(r, v, k%m.Chains))
				}
			}
		}
	}
	if turns > 1 {
		loop := m.Label("terms")
		m.count(turns)
		m.Place(loop)
		terms(unroll)
		m.advance(regRow, unroll*m.size())
		if rows > 6 {
			m.advance(regRow6, unroll*m.size())
		}
		m.advance(regW, unroll*m.width*weightSize(m.Kernel))
		m.again(loop)
	} else {
		rest = m.terms
	}
	terms(rest)
	m.finish(rows, acc)
}

// mulAddReg is acc += broadcast input · weights.
func (w *writer) mulAddReg(weights, acc Y) { w.mulAdd(weights.String(), acc) }

// finish adds the chains, applies the epilogue and stores.
func (m *matMul) finish(rows int, acc func(r, v, c int) Y) {
	if m.Scaled { // the register was that of the seventh row
		m.pointer("scale", regPanelScale)
	}
	var busy []Y
	for r := range rows {
		for v := range m.vectors {
			for h := m.Chains / 2; h >= 1; h /= 2 {
				for c := range h {
					m.add(acc(r, v, c+h), acc(r, v, c), acc(r, v, c))
				}
			}
			m.scale(m.Kernel, regPanelScale, v*m.bytes, acc(r, v, 0))
			busy = append(busy, acc(r, v, 0))
		}
	}
	partial := m.Outputs % m.lanes()
	put := func(p *file, y Y, v int, dst string) {
		if partial == 0 || v < m.vectors-1 {
			m.store(y, dst)
			return
		}
		mask := p.take()
		m.tailMask(partial, mask)
		m.storeMasked(y, mask, dst)
		p.free(mask)
	}
	at := func(r, v int) string { return mem(regY, r*m.yStride+v*m.bytes) }
	c, _ := m.epilogue(m.Epilogue, 0)
	p := m.file(busy...)
	inRegisters := !(m.isa.masks && callsFunctions(m.Epilogue)) && p.fits(c, busy[0])
	for r := range rows {
		for v := range m.vectors {
			y := acc(r, v, 0)
			if inRegisters {
				y = p.run(c, []Y{y}, nil)[0]
			}
			put(p, y, v, at(r, v))
			p.free(y)
		}
	}
	if inRegisters {
		return
	}
	m.Note("the sums once more, through the results")
	loop := m.Label("finish")
	m.Ins("MOVQ", regY, regRow)
	m.count(rows)
	m.Place(loop)
	for v := range m.vectors {
		p := m.file(0)
		src := mem(regRow, v*m.bytes)
		if partial == 0 || v < m.vectors-1 {
			m.load(src, 0)
		} else {
			m.tailMask(partial, 1)
			m.loadMasked(src, 1, 0)
		}
		put(p, p.run(c, []Y{0}, nil)[0], v, src)
	}
	m.advance(regRow, m.yStride)
	m.again(loop)
}

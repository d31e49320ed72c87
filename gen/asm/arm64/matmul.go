package arm64

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of a dense layer for rows: R0 and R1 walk the rows of Y and X; the
// weights, bias, scale, the distances of the rows, the lanes of a partial vector,
// the tiles that are left, and the weights of the term at hand; a counter, a row
// of results, and from regRows on the tile's rows of X.
const (
	regW, regRowBias, regRowScale, regXStride, regYStride, regTerms R = 2, 3, 4, 5, 6, 7

	regMask, regTiles, regWalk, regTerm, regRowY R = 8, 9, 10, 11, 12

	regRows, regMoreRows R = 13, 19 // the first three rows, the others
)

// row is the register of a row of X.
func row(r int) R {
	if r < 3 {
		return regRows + R(r)
	}
	return regMoreRows + R(r-3)
}

// The vectors: sums from V0 on; the inputs of all rows before V30; V30 and V31 are
// weights, or weights and a product.
const (
	vecRowsEnd    V = 30
	vecRowW       V = 30
	vecRowProduct V = 31
)

type matMul struct {
	*writer
	*kernel.Kernel
	vectors int // of outputs
	width   int // of the panel
}

// MatMul prints Y = X·W + b for the rows of a batch and one panel of weights,
// [terms][width], with the epilogue if it reads nothing but the sums.
func MatMul(name string, doc []string, k *kernel.Kernel) *asm.Func {
	w := newWriter(name, doc, k.Elem.Acc, k.Fused)
	m := &matMul{w, k, (k.Outputs + w.lanes() - 1) / w.lanes(), k.Panels.Tail}
	if k.Panels.Full > 0 {
		m.width = panel
	}
	m.Args = kernels.MatMul(k)
	m.pointer("y", regY)
	m.pointer("x", regX)
	m.pointer("w", regW)
	if m.bias() {
		m.pointer("b", regRowBias)
	}
	if m.Scaled {
		m.pointer("scale", regRowScale)
	}
	m.pointer("xStride", regXStride)
	m.pointer("yStride", regYStride)
	if m.Rolled {
		m.pointer("terms", regTerms)
	}
	if m.Partial {
		m.pointer("mask", regMask)
	}
	for i, rows := range k.Tile.Rows {
		loop, done := m.Label("rows"), m.Label("done")
		m.pointer(fmt.Sprintf("tiles%d", i), regTiles)
		m.ifZero(regTiles, done)
		m.Place(loop)
		m.rows(rows, k.Tile.Rows[i+1:])
		m.countdown(regTiles, loop)
		m.Place(done)
	}
	m.ret()
	return m.Func
}

func (m *matMul) bias() bool { return m.Init == kernel.Bias }

// partial reports whether a vector is the last and not full.
func (m *matMul) partial(v int) bool { return m.Partial && v == m.vectors-1 }

// acc is the register of a chain of the sums of a row and a vector.
func (m *matMul) acc(r, v, c int) V { return V((r*m.vectors+v)*m.Chains + c) }

// inputs is how many vectors the inputs of a row take in a turn.
func (m *matMul) inputs() int { return unroll(m.Chains) / m.lanes() }

// x is the register of the first inputs of a row.
func (m *matMul) x(r int) V { return vecRowsEnd - V((m.Tile.Rows[0]-r)*m.inputs()) }

// weightBytes is the distance of the weights of two terms.
func (m *matMul) weightBytes() int { return m.width * kernels.WeightSize(m.Kernel) }

// rows sums all terms for some rows; the smaller tiles have fewer.
func (m *matMul) rows(rows int, smaller []int) {
	m.Note("%d rows: y[n] = Σ w[k][n]·x[k]%s", rows, map[bool]string{true: " + b[n]"}[m.bias()])
	m.Line(func() {
		m.move(regX, row(0))
		for r := 1; r < rows; r++ {
			m.sum(row(r-1), regXStride, row(r))
		}
		m.sum(row(rows-1), regXStride, regX)
		m.move(regW, regWalk)
	})
	m.Line(func() {
		for r := range rows {
			for v := range m.vectors {
				for c := range m.Chains {
					if c == 0 && m.bias() && !m.Scaled {
						m.load(regRowBias, v*bytes, m.acc(r, v, c))
					} else {
						m.clear(m.acc(r, v, c))
					}
				}
			}
		}
	})
	m.terms(rows, smaller)
	m.finish(rows)
}

// terms adds the products of all terms, some in a turn of a loop.
func (m *matMul) terms(rows int, smaller []int) {
	n := unroll(m.Chains)
	if !m.Rolled {
		for k := 0; k < m.Terms(); k += n {
			m.some(rows, smaller, min(n, m.Terms()-k), k+n < m.Terms())
		}
		return
	}
	loop := m.Label("terms")
	m.Ins("LSR", fmt.Sprintf("$%d", shiftOf(n)), regTerms.String(), regTerm.String())
	m.Place(loop)
	m.some(rows, smaller, n, true)
	m.countdown(regTerm, loop)
	rest, done := m.Label("rest"), m.Label("last")
	m.Ins("AND", fmt.Sprintf("$%d", n-1), regTerms.String(), regTerm.String())
	m.ifZero(regTerm, done)
	if m.Chains == 1 {
		m.Place(rest)
		m.one(rows, smaller, 0)
		m.countdown(regTerm, rest)
	} else { // the terms that are left go to the chains in turn
		for k := range n - 1 {
			m.one(rows, smaller, k%m.Chains)
			if k < n-2 {
				m.advance(regTerm, -1)
				m.ifZero(regTerm, done)
			}
		}
	}
	m.Place(done)
}

// some adds the products of some terms and goes on behind them.
func (m *matMul) some(rows int, smaller []int, n int, more bool) {
	m.Line(func() {
		for r := range rows {
			m.loadTerms(row(r), m.x(r), n)
		}
	})
	for k := range n {
		m.term(rows, smaller, k, k%m.Chains, k*m.weightBytes())
	}
	if more {
		m.next(rows, n)
	}
}

// one adds the products of one term to a chain and goes on behind it.
func (m *matMul) one(rows int, smaller []int, chain int) {
	m.Line(func() {
		for r := range rows {
			m.loadTerms(row(r), m.x(r), 1)
		}
	})
	m.term(rows, smaller, 0, chain, 0)
	m.next(rows, 1)
}

// next goes on behind some terms.
func (m *matMul) next(rows, n int) {
	m.Line(func() {
		for r := range rows {
			m.advance(row(r), n*m.size())
		}
		m.advance(regWalk, n*m.weightBytes())
	})
}

// term adds the products of a term whose inputs are lane k of the rows': for some
// vectors of weights after the other a macro, which goes on where that of the
// smaller tile ends. All kernels share it whose tiles are alike.
func (m *matMul) term(rows int, smaller []int, k, chain, disp int) {
	at := 2
	if !m.fused {
		at = 1
	}
	for v := 0; v < m.vectors; v += at {
		m.products(rows, smaller, k, chain, v, min(at, m.vectors-v), disp)
	}
}

// products is term for some vectors from v on.
func (m *matMul) products(rows int, smaller []int, k, chain, v, n, disp int) {
	name := func(rows int) string {
		s := fmt.Sprintf("term%dRows%dLane%dVector%d", rows, m.vectors, k, v)
		if narrow(m.Kernel) {
			s += m.Elem.W
		}
		if m.Chains > 1 {
			s += fmt.Sprintf("Chain%dOf%d", chain, m.Chains)
		}
		return s
	}
	for i := len(smaller); i >= 0; i-- { // each goes on where the one before ends
		all, before := rows, 0
		if i > 0 {
			all = smaller[i-1]
		}
		if i < len(smaller) {
			before = smaller[i]
		}
		m.Shared(name(all), []string{"w"}, func() {
			m.Line(func() {
				weights := []V{vecRowW, vecRowW + 1}[:n]
				if before > 0 {
					m.Use(name(before), "w")
				} else {
					m.loadWeights(m.Kernel, regWalk, func(n int) string { return plus("w", v*m.lanes()*kernels.WeightSize(m.Kernel)+n) }, weights...)
				}
				for r := before; r < all; r++ {
					for i, w := range weights {
						m.mulAddElement(m.acc(r, v+i, chain), w, m.x(r)+V(k/m.lanes()), k%m.lanes(), vecRowProduct)
					}
				}
			})
		})
	}
	m.Use(name(rows), fmt.Sprint(disp))
}

// finish adds the chains, applies the epilogue and stores. It leaves Y behind the
// tile.
func (m *matMul) finish(rows int) {
	var busy []V
	m.Line(func() {
		for r := range rows {
			for v := range m.vectors {
				m.addChains(m.Chains, func(c int) V { return m.acc(r, v, c) })
				m.scale(m.Kernel, regRowScale, regRowBias, v*bytes, m.acc(r, v, 0), vecRowW, vecRowW-1)
				busy = append(busy, m.acc(r, v, 0))
			}
		}
	})
	put := func(y V, v int, base R) {
		if m.partial(v) {
			m.storeSome(y, base, v*bytes, regMask)
		} else {
			m.store(y, base, v*bytes)
		}
	}
	p := m.file(busy...)
	c, given, inRegisters := p.finish(m.Epilogue, busy[0])
	if !inRegisters {
		m.Note("the sums once more, through the results")
		m.move(regY, regRowY)
	}
	for r := range rows {
		m.Line(func() {
			for v := range m.vectors {
				y := m.acc(r, v, 0)
				if inRegisters {
					y = p.run(c, append([]V{y}, given...), nil)[0]
					c.Mute()
				}
				put(y, v, regY)
				p.free(y)
			}
			m.sum(regY, regYStride, regY)
		})
	}
	if inRegisters {
		return
	}
	loop := m.Label("finish")
	m.set(rows, regTerm)
	m.Place(loop)
	for v := range m.vectors {
		m.Line(func() {
			if m.partial(v) {
				m.loadSome(regRowY, v*bytes, regMask, 0)
			} else {
				m.load(regRowY, v*bytes, 0)
			}
			put(m.file(0).run(c, []V{0}, nil)[0], v, regRowY)
			c.Mute()
		})
	}
	m.sum(regRowY, regYStride, regRowY)
	m.countdown(regTerm, loop)
}

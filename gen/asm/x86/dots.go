package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of narrow layers: SI, R8 and R13 are the tile's rows of x, of y and of
// the operand, R10, R12 and R11 walk the first row of x, the fourth and the seventh,
// R14 is their distance, DI walks the weights, DX those of the tail, BX are the
// outputs that are left.
const regLeft = regBias

var rowWalks = []string{regRow, regAt, regTurns} // every third row

// dots prints the sums of a narrow layer as dot products: x and the weights of an
// output are vectors over the inputs, whose lanes are chains of the sum. The kernel
// knows all its sizes.
type dots struct {
	*writer
	*kernel.Kernel
	one      bool // one row
	outs     int  // at once
	parts    int  // vectors that hold the chains of a sum
	epilogue *vec.Code
	extra    bool // the epilogue has an operand
}

// DotsTiles are the numbers of rows that a tile of Dots takes.
func (s *ISA) DotsTiles(k *kernel.Kernel) []int { return newDots(s, "", nil, k, false).tiles() }

// FusesDots reports whether Dots applies the epilogue itself.
func (s *ISA) FusesDots(k *kernel.Kernel) bool {
	for _, one := range []bool{true, false} {
		m := newDots(s, "", nil, k, one)
		others := m.rows()*m.outs - m.together(m.rows())*min(m.outs, sums)
		if len(k.Extras()) > 1 || !s.Fits(k, 1+others, 2) {
			return false
		}
	}
	return true
}

func newDots(s *ISA, name string, doc []string, k *kernel.Kernel, one bool) *dots {
	m := &dots{writer: s.newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k, one: one}
	m.bytes = min(m.bytes, k.Chains*m.size())
	if one { // the chains of few outputs would wait for the multiply-add in half as many registers
		m.bytes = min(m.bytes, AVX2.bytes)
	}
	m.parts = k.Chains / m.lanes()
	m.outs = m.atOnce()
	m.extra = len(k.Extras()) > 0
	return m
}

// rows is the number of rows of its largest tile.
func (m *dots) rows() int {
	if m.one {
		return 1
	}
	return m.tiles()[0]
}

// nearRows are the bytes of rows that a tile of single outputs reads side by side:
// longer ones come from the second cache, faster if they are few.
const nearRows = 8 << 10

// tiles are the numbers of rows, from the sums that there are registers for beside
// those of x and the weights.
func (m *dots) tiles() []int {
	switch sums := m.outs * m.parts; {
	case m.isa.masks && sums <= 2:
		return []int{max(2, min(8, nearRows/(m.Terms()*m.size()))), 1}
	case m.isa.masks && sums <= 5:
		return []int{4, 1}
	case m.isa.masks:
		return []int{2, 1}
	case sums <= 2:
		return []int{4, 1}
	case sums <= 4:
		return []int{3, 1}
	case sums <= 6:
		return []int{2, 1}
	}
	return []int{1}
}

// atOnce divides the outputs into equal blocks of as many as there are registers for,
// the last of which may begin before the one in front of it ends.
func (m *dots) atOnce() int {
	divided := func(most int) (blocks, outs int) {
		blocks = (m.Outputs + most - 1) / most
		return blocks, (m.Outputs + blocks - 1) / blocks
	}
	most := []int{4, 5} // with three rows or two
	switch {
	case m.isa.masks && m.one:
		most = []int{16 / m.parts}
	case m.isa.masks:
		most = []int{12}
	case m.one || m.parts > 1:
		most = []int{14 / m.parts}
	}
	least, best := 0, 0
	for _, n := range most {
		if blocks, outs := divided(n); best == 0 || blocks*outs < least {
			least, best = blocks*outs, outs
		}
	}
	return best
}

// Dots prints the sums of a narrow layer, for one row or for those of a batch, with
// the epilogue.
func (s *ISA) Dots(name string, doc []string, k *kernel.Kernel, one bool) *asm.Func {
	m := newDots(s, name, doc, k, one)
	m.Args = kernels.Dots(k, one, m.tiles())
	m.half(func() {
		if len(k.Epilogue) > 0 {
			m.epilogue, _ = m.writer.epilogue(k.Epilogue, 2)
		}
	})
	if !one {
		m.pointer("xStride", regDYStride)
	}
	if m.outs == m.Outputs {
		m.block()
	} else {
		loop, done := m.Label("block"), m.Label("end")
		m.Ins("MOVQ", fmt.Sprintf("$%d", m.Outputs), regLeft)
		m.Place(loop)
		m.block()
		m.nextBlock(loop, done)
		m.Place(done)
	}
	m.ret()
	return m.Func
}

// half does something with vectors of eight lanes.
func (m *dots) half(do func()) {
	whole := m.bytes
	m.bytes = 32
	do()
	m.bytes = whole
}

// nextBlock goes to the next outputs, if any are left.
func (m *dots) nextBlock(loop, done string) {
	const step = regCount
	m.Line(func() {
		m.Ins("SUBQ", fmt.Sprintf("$%d", m.outs), regLeft)
		m.Ins("JLE", done)
	})
	m.Line(func() {
		m.count(m.outs)
		m.Ins("CMPQ", regLeft, step)
		m.Ins("CMOVQLT", regLeft, step)
	})
	scale := 1
	add := func(by int, args ...string) {
		m.Line(func() {
			if by > scale {
				m.Ins("IMULQ", fmt.Sprintf("$%d", by/scale), step)
			}
			for _, a := range args {
				m.Ins("ADDQ", step, m.ArgOf(a))
			}
		})
		scale = by
	}
	args := []string{"y"}
	if m.Init == kernel.Bias {
		args = append(args, "b")
	}
	if m.extra {
		args = append(args, "u")
	}
	add(m.size(), args...)
	if m.Panels.Tail > 0 {
		add(m.Panels.Tail*m.size(), "wt")
	}
	add(panel*m.size(), "w")
	m.Ins("JMP", loop)
}

// block computes some outputs of all rows.
func (m *dots) block() {
	m.pointer("x", regX)
	m.pointer("y", regY)
	if m.extra {
		m.pointer("u", regExtra)
	}
	if m.one {
		m.tile(1)
		return
	}
	for i, rows := range m.tiles() {
		loop, done := m.Label("rows"), m.Label("done")
		m.Line(func() {
			m.Ins("MOVQ", m.ArgOf(fmt.Sprintf("tiles%d", i)), regOffset)
			m.Ins("TESTQ", regOffset, regOffset)
			m.Ins("JZ", done)
		})
		m.Place(loop)
		m.tile(rows)
		m.Line(func() {
			for range rows {
				m.Ins("ADDQ", regDYStride, regX)
			}
		})
		m.countdown(regOffset, loop)
		m.Place(done)
	}
}

// acc is the register of a part of the chains of row r and output n of the block.
func (m *dots) acc(r, n, part int) Y { return Y((r*m.outs+n)*m.parts + part) }

// xs and weight are the registers of x of a row, and of weights.
func (m *dots) xs(r int) Y              { return Y(m.isa.registers - 2 - r) }
func (m *dots) weight() Y               { return Y(m.isa.registers - 1) }
func (m *dots) panelBytes() int         { return m.Panels.PanelRows * panel * m.size() }
func (m *dots) perPanel() int           { return panel / m.lanes() }
func (m *dots) walks(rows int) []string { return rowWalks[:(rows+2)/3] }

// row is the operand at a displacement in row r of x.
func (m *dots) row(r int, disp string) string {
	at := disp + "(" + rowWalks[r/3] + ")"
	if r%3 == 0 {
		return at
	}
	return fmt.Sprintf("%s(%s*%d)", at, regDYStride, r%3)
}

// tile sums over all inputs for some rows and the outputs of the block.
func (m *dots) tile(rows int) {
	m.Note("%d rows, %d outputs: y[n] = Σ w[n][k]·x[k]", rows, m.outs)
	m.start(rows)
	m.Line(func() {
		m.Ins("MOVQ", regX, regRow)
		for i := 1; i < len(m.walks(rows)); i++ {
			m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*2)", rowWalks[i-1], regDYStride), rowWalks[i])
			m.Ins("ADDQ", regDYStride, rowWalks[i])
		}
	})
	after := m.Panels.Full
	if m.Panels.Full > 0 {
		m.pointer("w", regW)
		turn := m.PanelsInTurn()
		for turn*rows*m.outs*m.perPanel() < 16 {
			turn *= 2
		}
		if turns := m.Panels.Full / turn; turns > 2 {
			loop := m.Label("panels")
			m.count(turns)
			m.Place(loop)
			m.panels(rows, turn)
			m.Line(func() {
				for _, walk := range m.walks(rows) {
					m.advance(walk, turn*panel*m.size())
				}
				m.advance(regW, turn*m.panelBytes())
			})
			m.again(loop)
			after -= turns * turn
		}
		m.panels(rows, after)
	}
	m.tail(rows, after)
	m.finish(rows)
}

// start puts the biases into the first chains, four to a load, and clears the others.
func (m *dots) start(rows int) {
	const four = 4
	bias := m.Init == kernel.Bias
	if bias {
		m.pointer("b", regCount)
		m.Line(func() {
			for n := range m.outs {
				at, y := mem(regCount, n*m.size()), m.acc(0, n, 0).x()
				if n/four == m.outs/four {
					m.Func.Ins("VMOVSS", at, y)
					continue
				}
				if n%four == 0 {
					m.Func.Ins("VMOVUPS", at, m.weight().x())
				}
				m.Func.Ins("VINSERTPS", fmt.Sprintf("$%d", n%four<<6|0b1110), m.weight().x(), m.weight().x(), y)
			}
		})
	}
	m.Line(func() {
		for r := range rows {
			for n := range m.outs {
				if bias && r > 0 {
					m.Func.Ins("VMOVAPS", m.acc(0, n, 0).x(), m.acc(r, n, 0).x())
				}
				for p := range m.parts {
					if p > 0 || !bias {
						m.clear(m.acc(r, n, p))
					}
				}
			}
		}
	})
}

// panels adds the products of some panels, vector by vector or, of other parts of the
// chains, some together.
func (m *dots) panels(rows, n int) {
	together := min(m.parts, m.perPanel())
	for i := range n * m.perPanel() / together {
		terms := m.Macro("dots", []string{"x", "w"}, func() {
			m.Line(func() {
				for v := range together {
					m.column(rows, (i*together+v)%m.parts, v*m.bytes, regW, panel, false)
				}
			})
		})
		at := i * together * m.bytes
		q, in := at/(panel*m.size()), at%(panel*m.size())
		m.Use(terms, fmt.Sprint(at), fmt.Sprint(q*m.panelBytes()+in))
	}
}

// tail adds the products of the inputs after the last of some panels.
func (m *dots) tail(rows, panels int) {
	left := m.Terms() - m.Panels.Full*panel
	if left == 0 {
		return
	}
	m.pointer("wt", regTail)
	for v := 0; v*m.lanes() < left; v++ {
		valid := min(left-v*m.lanes(), m.lanes())
		partial := valid < m.lanes()
		if partial && m.isa.masks {
			m.tailMask(valid, 0)
		} else if partial {
			m.Ins("LEAQ", fmt.Sprintf("%s<>+%d(SB)", MaskName, (m.lanes()-valid)*m.size()), regMask)
		}
		vector := m.Macro("dots", []string{"x", "w"}, func() {
			m.Line(func() { m.column(rows, (panels*m.perPanel()+v)%m.parts, v*m.bytes, regTail, m.Panels.Tail, partial) })
		})
		m.Use(vector, fmt.Sprint(panels*panel*m.size()), "0")
	}
}

// column is sums += weights · x for a vector of inputs that lies behind x and w by some
// bytes; the weights of outputs are width elements apart.
func (m *dots) column(rows, part, at int, base string, width int, partial bool) {
	weights := func(n int) string { return plus("w", n*width*m.size()+at) + "(" + base + ")" }
	load := func(src string, dst Y) {
		switch {
		case partial && m.isa.masks:
			m.loadPart(src, "", dst.String())
		case partial:
			m.load(mem(regMask, 0), dst)
			m.loadPart(src, dst.String(), dst.String())
		default:
			m.load(src, dst)
		}
	}
	if m.outs == 1 && !partial {
		load(weights(0), m.weight())
		for r := range rows {
			m.mulAddAny(m.row(r, plus("x", at)), m.weight(), m.acc(r, 0, part))
		}
		return
	}
	for r := range rows {
		load(m.row(r, plus("x", at)), m.xs(r))
	}
	for n := range m.outs {
		if rows == 1 && !partial {
			m.mulAddAny(weights(n), m.xs(0), m.acc(0, n, part))
			continue
		}
		load(weights(n), m.weight())
		for r := range rows {
			m.mulAddAny(m.weight().String(), m.xs(r), m.acc(r, n, part))
		}
	}
}

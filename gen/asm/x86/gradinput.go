package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of gradients of inputs: SI, R8 and R13 are the tile's rows of DY, of
// DX and of the operand, R10 and DX walk the first and the fourth of DY, R14 is
// their distance, DI the weights; BX and R11 are the weights of the current
// inputs in full panels and in the tail, R12 their displacement in a row of DX.
const (
	regBlock, regBlockTail, regAt, regExtra = "BX", "R11", "R12", "R13"
	regRow3, regDYStride                    = "DX", "R14"
	regDXStride, regExtraStride             = regCount, regW // when the sums are made
)

// narrow makes the vectors no longer than the chains of a gradient of inputs.
func (w *writer) narrow() { w.bytes = min(w.bytes, schedule.GradInputChains*w.size()) }

// gradInput prints the gradients of inputs as dot products: weights and dy
// are vectors over the outputs, whose lanes are the chains of the sum.
type gradInput struct {
	*writer
	*kernel.Kernel
	inputs int // at once
	halves int // vectors that hold the chains of a sum
	// epilogue is done on the sums in registers, if it is not nil.
	epilogue *vec.Code
	extra    *kernel.Operand
}

// FusesGradInput reports whether GradInput applies the epilogue itself; the kernel is
// open.
func (s *ISA) FusesGradInput(k *kernel.Kernel) bool {
	return s.newGradInput("", nil, k).epilogue != nil
}

func (s *ISA) newGradInput(name string, doc []string, k *kernel.Kernel) *gradInput {
	m := &gradInput{writer: s.newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k}
	m.inputs = k.Outputs
	m.halves = schedule.GradInputChains / m.lanes()
	extras := k.Extras()
	if m.double || len(k.Epilogue) == 0 || len(extras) > 1 {
		return m
	}
	temps := 0
	switch {
	case s.masks:
		temps = 1
	case m.inputs%4 > 0:
		temps = 2
	}
	// A vector holds the sums of a row or two, while those of the others are in
	// registers.
	rows := k.Tile.Rows[0]
	others := max(0, rows-2) * m.inputs
	if s.masks {
		others = (m.rowVectors(rows) - 1) * m.inputs
	}
	if s.Fits(k, 1+others, temps) {
		m.epilogue, _ = m.writer.epilogue(k.Epilogue, temps)
		if len(extras) > 0 {
			m.extra = &extras[0]
		}
	}
	return m
}

// GradInput prints DX = DY·W for the rows of a batch; the kernel is open. Blocks
// have as many inputs as it has outputs.
func (s *ISA) GradInput(name string, doc []string, k *kernel.Kernel) *asm.Func {
	m := s.newGradInput(name, doc, k)
	m.Args = kernels.GradInput(k, m.extra != nil)
	m.print()
	return m.Func
}

func (m *gradInput) print() {
	if m.Panels.Full > 0 {
		m.pointer("w", regBlock)
	}
	if m.Panels.Tail > 0 {
		m.pointer("wt", regBlockTail)
	}
	m.pointer("dyStride", regDYStride)
	m.Ins("XORQ", regAt, regAt)
	block := m.Label("block")
	m.Place(block)
	m.pointer("dy", regX)
	m.Line(func() {
		m.pointer("dx", regY)
		m.Ins("ADDQ", regAt, regY)
	})
	if m.extra != nil {
		m.Line(func() {
			m.pointer("u", regExtra)
			m.Ins("ADDQ", regAt, regExtra)
		})
	}
	for i, rows := range m.Tile.Rows {
		loop, done := m.Label("rows"), m.Label("done")
		m.Line(func() {
			m.Ins("MOVQ", m.ArgOf(fmt.Sprintf("tiles%d", i)), regOffset)
			m.Ins("TESTQ", regOffset, regOffset)
			m.Ins("JZ", done)
		})
		m.Place(loop)
		m.tile(rows)
		m.countdown(regOffset, loop)
		m.Place(done)
	}
	m.advance(regAt, m.inputs*m.size())
	if m.Panels.Full > 0 {
		m.advance(regBlock, m.inputs*panel*m.size())
	}
	if m.Panels.Tail > 0 {
		m.advance(regBlockTail, m.inputs*m.Panels.Tail*m.size())
	}
	m.Ins("DECQ", m.ArgOf("blocks"))
	m.Ins("JNZ", block)
	m.ret()
}

// acc is the register of a half of the chains of row r and input k.
func (m *gradInput) acc(r, k, half int) Y { return Y((r*m.inputs+k)*m.halves + half) }

// tile sums over all outputs for some rows and the inputs of the block.
func (m *gradInput) tile(rows int) {
	m.Note("%d rows, %d inputs: dx[k] = Σ w[n][k]·dy[n]", rows, m.inputs)
	sums := rows * m.inputs * m.halves
	if m.isa.masks {
		sums = m.rowVectors(rows) * m.inputs
	}
	m.clearFirst(sums)
	m.Ins("MOVQ", regX, regRow)
	if rows > 3 {
		m.Line(func() {
			m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*2)", regX, regDYStride), regRow3)
			m.Ins("ADDQ", regDYStride, regRow3)
		})
	}
	if m.Panels.Full > 0 {
		m.Ins("MOVQ", regBlock, regW)
		loop := m.Label("panels")
		m.Ins("MOVQ", m.ArgOf("panels"), regCount)
		m.Place(loop)
		m.terms(rows, regW, panel, panel)
		m.Line(func() {
			m.advance(regRow, panel*m.size())
			if rows > 3 {
				m.advance(regRow3, panel*m.size())
			}
			m.Ins("ADDQ", m.ArgOf("panelStride"), regW)
		})
		m.again(loop)
	}
	if m.Panels.Tail > 0 {
		if m.Partial {
			m.lastMask(regMask)
		}
		m.terms(rows, regBlockTail, m.Panels.Tail, m.Terms())
	}
	m.Line(func() {
		for range rows {
			m.Ins("ADDQ", regDYStride, regX)
		}
	})
	m.pointer("dxStride", regDXStride)
	if m.extra != nil {
		m.pointer("uStride", regExtraStride)
	}
	if m.isa.masks {
		m.wideFinish(rows)
	} else if m.double {
		m.storeSums(rows)
	} else {
		m.finish(rows)
	}
}

// row is the operand at a displacement in row r of dy.
func (m *gradInput) row(r, disp int) string {
	base := regRow
	if r >= 3 {
		base, r = regRow3, r-3
	}
	if r == 0 {
		return mem(base, disp)
	}
	return fmt.Sprintf("%s(%s*%d)", mem(base, disp), regDYStride, r)
}

// mulAddColumns is sums += weights · dy for the inputs of a block, whose weights
// are width elements apart, at a displacement.
func (m *gradInput) mulAddColumns(weights string, width, disp int, partial bool, n int, dy func(r int) Y, sum func(r, k int) Y) {
	name := fmt.Sprintf("%s%dx%dx%dat%d%s", map[bool]string{false: "columns", true: "lastColumns"}[partial], n, m.inputs, width, sum(0, 0), m.shorter())
	m.Shared(name, []string{"at", "w"}, func() {
		m.Line(func() {
			for k := range m.inputs {
				m.mulAddColumn(plus("at", k*width*m.size())+"(w)", partial, n, dy, func(r int) Y { return sum(r, k) })
			}
		})
	})
	m.Use(name, fmt.Sprint(disp), weights)
}

// shorter ends the names of macros for vectors of half the length that the
// instruction set has.
func (m *gradInput) shorter() string {
	if m.paired() && m.bytes < m.isa.bytes {
		return "y"
	}
	return ""
}

// mulAddColumn is sums += weights · dy for some vectors of dy; what is stored
// beyond the outputs is nobody's.
func (m *gradInput) mulAddColumn(weights string, partial bool, n int, dy, sum func(r int) Y) {
	if !partial && n == 1 && !m.isa.masks {
		m.mulAddAny(weights, dy(0), sum(0))
		return
	}
	name := fmt.Sprintf("column%d%s", n, m.shorter())
	if partial {
		name = fmt.Sprintf("lastColumn%d%s", n, m.shorter())
	}
	m.Shared(name, sumsOf("w", n), func() {
		m.Line(func() {
			wide := m.isa.masks && m.paired() && m.shorter() == ""
			switch {
			case m.shorter() != "" && !partial:
				m.mulAddAny("w", dy(0), parameter)
				return
			case wide && partial:
				m.Func.Ins("VBROADCASTF32X8.Z", "w", maskTail, m.input.full())
			case wide:
				m.Func.Ins("VBROADCASTF32X8", "w", m.input.full())
			case partial:
				m.toMask(regMask, m.input)
				m.loadPart("w", m.input.String(), m.input.String())
			default:
				m.load("w", m.input)
			}
			for r := range n {
				m.mulAddReg(dy(r), parameter+Y(r))
			}
		})
	})
	m.useSums(name, weights, n, sum)
}

// partial reports whether a vector is the last of the tail and not full.
func (m *gradInput) partial(weights string, outputs, v int) bool {
	return m.Partial && weights == regBlockTail && (v+1)*min(m.lanes(), schedule.GradInputChains) >= outputs
}

// next goes to the next row of dx or of the operand.
func (m *gradInput) next(reg, stride string) { m.Ins("ADDQ", stride, reg) }

// terms adds the products of a panel's outputs.
func (m *gradInput) terms(rows int, weights string, width, outputs int) {
	if m.isa.masks {
		m.wideTerms(rows, weights, width, outputs)
		return
	}
	dy := func(r int) Y { return m.weight0 + Y(r) }
	for v := 0; v*m.lanes() < outputs; v++ {
		partial := m.partial(weights, outputs, v)
		m.Line(func() {
			if partial {
				m.toMask(regMask, m.input)
			}
			for r := range rows {
				src := m.row(r, v*m.bytes)
				if partial {
					m.loadMasked(src, m.input, dy(r))
				} else {
					m.load(src, dy(r))
				}
			}
		})
		m.mulAddColumns(weights, width, v*m.bytes, partial, rows, dy, func(r, k int) Y { return m.acc(r, k, v%m.halves) })
	}
}

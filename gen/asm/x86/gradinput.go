package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of gradients of inputs: SI and R8 are the tile's rows of DY and
// DX, R10 walks DY, DI the weights; BX and R11 are the weights of the current
// inputs in full panels and in the tail, R12 their displacement in a row of
// DX, R13 the tile's rows of the operand.
const (
	regBlock, regBlockTail, regAt, regExtra, regBlocks = "BX", "R11", "R12", "R13", "DX"
)

// InputsAtOnce is the number of inputs whose gradients a kernel computes
// together.
func (s *ISA) InputsAtOnce(elem string) int {
	n := 4
	if elem == "float64" {
		n = 2
	}
	if s.masks {
		n *= 2
	}
	return n
}

// narrow makes the vectors no longer than the chains of a gradient of inputs.
func (w *writer) narrow() { w.bytes = min(w.bytes, schedule.GradInputChains*w.size()) }

// gradInput prints the gradients of inputs as dot products: weights and dy
// are vectors over the outputs, whose lanes are the chains of the sum.
type gradInput struct {
	*writer
	*kernel.Kernel
	inputs  int // at once
	halves  int // vectors that hold the chains of a sum
	outputs int
	// epilogue is done on the sums in registers, if it is not nil.
	epilogue *vec.Code
	extra    *kernel.Operand
}

// GradInputRows are the numbers of rows a tile of GradInput takes: the
// kernel's last arguments count the tiles of each. Separate rounding needs a
// register for the product.
func (s *ISA) GradInputRows(fused bool) []int {
	if s.masks {
		return []int{6, 2, 1}
	}
	if fused {
		return []int{3, 2, 1}
	}
	return []int{2, 1}
}

// FusesGradInput reports whether GradInput applies the epilogue itself.
func (s *ISA) FusesGradInput(k *kernel.Kernel) bool {
	return s.newGradInput("", nil, k).epilogue != nil
}

func (s *ISA) newGradInput(name string, doc []string, k *kernel.Kernel) *gradInput {
	m := &gradInput{writer: s.newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k, outputs: k.Terms()}
	m.inputs = min(s.InputsAtOnce(k.Elem.Acc), k.Outputs)
	m.halves = schedule.GradInputChains / m.lanes()
	extras := k.Extras()
	if m.double || len(k.Epilogue) == 0 || len(extras) > 1 {
		return m
	}
	temps := 0
	switch {
	case s.masks:
		temps = 1
	case m.inputs < 4:
		temps = 2
	}
	// Two rows become one vector, while the sums of the others are in registers.
	rows := s.GradInputRows(k.Fused)[0]
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

// GradInput prints DX = DY·W for the rows of a batch. Arguments: dx, dy, w and
// wt as there are panels, the operand of the epilogue if it has one, blocks,
// the number of blocks of InputsAtOnce inputs, and the numbers of tiles.
func (s *ISA) GradInput(name string, doc []string, k *kernel.Kernel) *asm.Func {
	m := s.newGradInput(name, doc, k)
	T := "*" + k.Elem.Acc
	m.argument("dx", T)
	m.argument("dy", T)
	if k.Panels.Full > 0 {
		m.argument("w", T)
	}
	if k.Panels.Tail > 0 {
		m.argument("wt", T)
	}
	if m.extra != nil {
		m.argument("u", T)
	}
	m.argument("blocks", "int")
	for i := range s.GradInputRows(k.Fused) {
		m.argument(fmt.Sprintf("tiles%d", i), "int")
	}
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
	m.Ins("XORQ", regAt, regAt)
	m.pointer("blocks", regBlocks)
	block := m.Label("block")
	m.Place(block)
	m.pointer("dy", regX)
	m.pointer("dx", regY)
	m.Ins("ADDQ", regAt, regY)
	if m.extra != nil {
		m.pointer("u", regExtra)
		m.Ins("ADDQ", regAt, regExtra)
	}
	for i, rows := range m.isa.GradInputRows(m.Fused) {
		loop, done := m.Label("rows"), m.Label("done")
		m.Ins("MOVQ", m.ArgOf(fmt.Sprintf("tiles%d", i)), regOffset)
		m.Ins("TESTQ", regOffset, regOffset)
		m.Ins("JZ", done)
		m.Place(loop)
		m.tile(rows)
		m.advance(regX, rows*m.Batch.X*m.size())
		m.advance(regY, rows*m.Batch.Y*m.size())
		if m.extra != nil {
			m.advance(regExtra, rows*m.extra.Row*m.size())
		}
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
	m.countdown(regBlocks, block)
	m.ret()
}

// acc is the register of a half of the chains of row r and input k.
func (m *gradInput) acc(r, k, half int) Y { return Y((r*m.inputs+k)*m.halves + half) }

// tile sums over all outputs for some rows and the inputs of the block.
func (m *gradInput) tile(rows int) {
	m.Note("%d rows, %d inputs: dx[k] = Σ w[n][k]·dy[n]", rows, m.inputs)
	if m.isa.masks {
		for i := range m.rowVectors(rows) * m.inputs {
			m.clear(Y(i))
		}
	} else {
		for i := range rows * m.inputs * m.halves {
			m.clear(Y(i))
		}
	}
	m.Ins("MOVQ", regX, regRow)
	if n := m.Panels.Full; n > 0 {
		m.Ins("MOVQ", regBlock, regW)
		loop := m.Label("panels")
		if n > 1 {
			m.count(n)
			m.Place(loop)
		}
		m.terms(rows, regW, panel, panel)
		if n > 1 || m.Panels.Tail > 0 {
			m.advance(regRow, panel*m.size())
		}
		if n > 1 {
			m.advance(regW, m.Panels.PanelRows*panel*m.size())
			m.again(loop)
		}
	}
	if rest := m.outputs - m.Panels.Full*panel; m.Panels.Tail > 0 {
		m.terms(rows, regBlockTail, m.Panels.Tail, rest)
	}
	if m.isa.masks {
		m.wideFinish(rows)
	} else if m.double {
		m.storeSums(rows)
	} else {
		m.finish(rows)
	}
}

// terms adds the products of a panel's outputs.
func (m *gradInput) terms(rows int, weights string, width, outputs int) {
	if m.isa.masks {
		m.wideTerms(rows, weights, width, outputs)
		return
	}
	dy := func(r int) Y { return m.weight0 + Y(r) }
	for v := 0; v*m.lanes() < outputs; v++ {
		valid := min(m.lanes(), outputs-v*m.lanes())
		if valid < m.lanes() {
			m.tailMask(valid, m.input)
		}
		for r := range rows {
			src := mem(regRow, r*m.Batch.X*m.size()+v*m.bytes)
			if valid < m.lanes() {
				m.loadMasked(src, m.input, dy(r))
			} else {
				m.load(src, dy(r))
			}
		}
		for k := range m.inputs {
			src := mem(weights, k*width*m.size()+v*m.bytes)
			if valid < m.lanes() { // what is stored beyond the outputs is nobody's
				m.tailMask(valid, m.input)
				m.loadMasked(src, m.input, m.input)
			} else {
				m.load(src, m.input)
			}
			for r := range rows {
				m.mulAddReg(dy(r), m.acc(r, k, v%m.halves))
			}
		}
	}
}

// finish adds the chains and applies the epilogue to the sums of two rows at a
// time, a row in each half of a vector.
func (m *gradInput) finish(rows int) {
	var busy []Y
	for r := range rows {
		for k := range m.inputs {
			busy = append(busy, m.acc(r, k, 0))
		}
	}
	p := m.file(busy...)
	for r := 0; r < rows; r += 2 {
		second := min(r+1, rows-1)
		y := p.addChains(func(k int) (Y, Y) {
			k = min(k, m.inputs-1)
			return m.acc(r, k, 0), m.acc(second, k, 0)
		})
		if m.epilogue != nil {
			y = p.run(m.epilogue, []Y{y}, func(_ string, dst Y, temps []Y) {
				m.loadHalves(mem(regExtra, r*m.extra.Row*m.size()), mem(regExtra, second*m.extra.Row*m.size()), second > r, dst, temps)
			})[0]
		}
		m.storeHalves(p, y, mem(regY, r*m.Batch.Y*m.size()), mem(regY, second*m.Batch.Y*m.size()), second > r)
		p.free(y)
	}
}

// loadHalves loads the operands of a block's inputs for one or two rows.
func (m *gradInput) loadHalves(first, second string, two bool, dst Y, temps []Y) {
	if m.inputs == 4 {
		m.Ins("VMOVUPS", first, dst.x())
		if two {
			m.Ins("VINSERTF128", "$1", second, dst.String(), dst.String())
		}
		return
	}
	mask, other := temps[0], temps[1]
	m.tailMask(m.inputs, mask)
	m.loadPart(first, mask.x(), dst.x())
	if two {
		m.loadPart(second, mask.x(), other.x())
		m.Ins("VINSERTF128", "$1", other.x(), dst.String(), dst.String())
	}
}

// storeHalves stores the results of a block's inputs for one or two rows.
func (m *gradInput) storeHalves(p *file, y Y, first, second string, two bool) {
	if m.inputs == 4 {
		m.Ins("VMOVUPS", y.x(), first)
		if two {
			m.Ins("VEXTRACTF128", "$1", y.String(), second)
		}
		return
	}
	mask := p.take()
	m.tailMask(m.inputs, mask)
	m.storePart(y.x(), mask.x(), first)
	if two {
		m.Ins("VEXTRACTF128", "$1", y.String(), y.x())
		m.storePart(y.x(), mask.x(), second)
	}
	p.free(mask)
}

// storeSums adds the chains in float64 and stores the sums.
func (m *gradInput) storeSums(rows int) {
	for r := range rows {
		for k := range m.inputs {
			y := m.acc(r, k, 0)
			m.addChains64(y, m.acc(r, k, 1), m.input)
			m.Ins("VMOVSD", y.x(), mem(regY, r*m.Batch.Y*m.size()+k*m.size()))
		}
	}
}

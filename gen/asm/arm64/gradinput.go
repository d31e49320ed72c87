package arm64

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of gradients of inputs: R0, R1 and R2 walk the rows of DX, of DY and of
// the operand; the distances of their rows, the lanes of a partial vector, the
// weights of the current inputs in full panels and in the tail, their displacement
// in a row of DX, the blocks and tiles that are left, the tile's rows of DY, the
// weights at hand, the panels and their distance.
const (
	regExtra, regDYRows, regDXRows, regExtraRows, regInMask R = 2, 3, 4, 5, 6

	regBlock, regBlockTail, regInput, regBlocks, regTilesLeft, regDYRow R = 7, 8, 9, 10, 11, 12

	regWalkW, regPanelsLeft, regPanelStride R = 15, 19, 20
)

// The vectors: sums from V0 on, dy of the rows, weights, the lanes of a partial
// vector, a product.
const (
	vecDYRows V = 24
	vecColumn V = 27
	vecLanes  V = 28
	vecInTmp  V = 30
)

// gradInput prints the gradients of inputs as dot products: weights and dy are
// vectors over the outputs, whose lanes are chains of the sum.
type gradInput struct {
	*writer
	*kernel.Kernel
	inputs   int       // at once
	parts    int       // vectors that hold the chains of a sum
	epilogue *vec.Code // done on the sums in registers, if it is not nil
	extra    bool      // it has an operand
}

// FusesGradInput reports whether GradInput applies the epilogue itself; the kernel is
// open.
func FusesGradInput(k *kernel.Kernel) bool { return newGradInput("", nil, k).epilogue != nil }

func newGradInput(name string, doc []string, k *kernel.Kernel) *gradInput {
	m := &gradInput{writer: newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k}
	m.inputs = k.Outputs
	m.parts = k.Chains / m.lanes()
	extras := k.Extras()
	if m.double || len(k.Epilogue) == 0 || len(extras) > 1 || !fits(k, k.Tile.Rows[0]) {
		return m
	}
	m.epilogue, _ = m.writer.epilogue(k.Epilogue)
	m.extra = len(extras) > 0
	return m
}

// GradInput prints DX = DY·W for the rows of a batch; the kernel is open. Blocks
// have as many inputs as it has outputs.
func GradInput(name string, doc []string, k *kernel.Kernel) *asm.Func {
	m := newGradInput(name, doc, k)
	m.Args = kernels.GradInput(k, m.extra)
	if m.Panels.Full > 0 {
		m.pointer("w", regBlock)
		m.pointer("panelStride", regPanelStride)
	}
	if m.Panels.Tail > 0 {
		m.pointer("wt", regBlockTail)
	}
	m.pointer("dyStride", regDYRows)
	m.pointer("dxStride", regDXRows)
	if m.extra {
		m.pointer("uStride", regExtraRows)
	}
	if m.Partial {
		m.pointer("mask", regInMask)
		m.laneMask(regInMask, vecLanes)
	}
	m.pointer("blocks", regBlocks)
	m.set(0, regInput)
	block := m.Label("block")
	m.Place(block)
	m.pointer("dy", regX)
	m.pointer("dx", regY)
	m.sum(regY, regInput, regY)
	if m.extra {
		m.pointer("u", regExtra)
		m.sum(regExtra, regInput, regExtra)
	}
	for i, rows := range k.Tile.Rows {
		loop, done := m.Label("rows"), m.Label("done")
		m.pointer(fmt.Sprintf("tiles%d", i), regTilesLeft)
		m.ifZero(regTilesLeft, done)
		m.Place(loop)
		m.tile(rows)
		m.countdown(regTilesLeft, loop)
		m.Place(done)
	}
	m.Line(func() {
		m.advance(regInput, m.inputs*m.size())
		if m.Panels.Full > 0 {
			m.advance(regBlock, m.inputs*panel*m.size())
		}
		if m.Panels.Tail > 0 {
			m.advance(regBlockTail, m.inputs*m.Panels.Tail*m.size())
		}
	})
	m.countdown(regBlocks, block)
	m.ret()
	return m.Func
}

// acc is the register of a part of the chains of row r and input k.
func (m *gradInput) acc(r, k, part int) V { return V((r*m.inputs+k)*m.parts + part) }

// tile sums over all outputs for some rows and the inputs of the block.
func (m *gradInput) tile(rows int) {
	m.Note("%d rows, %d inputs: dx[k] = Σ w[n][k]·dy[n]", rows, m.inputs)
	m.Line(func() {
		for i := range rows * m.inputs * m.parts {
			m.clear(V(i))
		}
	})
	if m.Init == kernel.Bias {
		m.startWithBias(rows)
	}
	m.Line(func() {
		m.move(regX, regDYRow)
		for r := 1; r < rows; r++ {
			m.sum(regDYRow+R(r-1), regDYRows, regDYRow+R(r))
		}
		m.sum(regDYRow+R(rows-1), regDYRows, regX)
	})
	after := 0 // panels after the last turn
	if m.Panels.Full > 0 {
		loop := m.Label("panels")
		m.move(regBlock, regWalkW)
		m.pointer("panels", regPanelsLeft)
		m.Place(loop)
		turn := m.PanelsInTurn()
		for q := range turn {
			m.panel(rows, q)
		}
		m.countdown(regPanelsLeft, loop)
		after = m.Panels.Full % turn
		for q := range after {
			m.panel(rows, q)
		}
	}
	if m.Panels.Tail > 0 {
		m.move(regBlockTail, regWalkW)
		m.outputs(rows, after, m.Panels.Tail, m.Terms(), m.Partial)
	}
	m.finish(rows)
}

// startWithBias puts the biases into the first chains.
func (m *gradInput) startWithBias(rows int) {
	m.Line(func() {
		m.pointer("b", regWalkW)
		m.sum(regWalkW, regInput, regWalkW)
	})
	m.Line(func() {
		for k := range m.inputs {
			for r := range rows {
				m.loadElement(regWalkW, k*m.size(), m.acc(r, k, 0))
			}
		}
	})
}

// panel adds the products of a full panel, the q-th of a turn, and goes to the next.
func (m *gradInput) panel(rows, q int) {
	m.outputs(rows, q, panel, panel, false)
	m.Line(func() {
		for r := range rows {
			m.advance(regDYRow+R(r), panel*m.size())
		}
		m.sum(regWalkW, regPanelStride, regWalkW)
	})
}

// outputs adds the products of the outputs of a panel, the q-th of a turn; the last
// vector may be partial.
func (m *gradInput) outputs(rows, q, width, outputs int, partial bool) {
	for v := 0; v*m.lanes() < outputs; v++ {
		part := partial && (v+1)*m.lanes() >= outputs
		m.Line(func() {
			for r := range rows {
				if part {
					m.loadSome(regDYRow+R(r), v*bytes, regInMask, vecDYRows+V(r))
				} else {
					m.load(regDYRow+R(r), v*bytes, vecDYRows+V(r))
				}
			}
		})
		for k := range m.inputs {
			m.column(rows, k, (q*panel/m.lanes()+v)%m.parts, part, k*width*m.size()+v*bytes)
		}
	}
}

// column adds the products of a vector of an input's weights and dy of the rows.
func (m *gradInput) column(rows, k, chains int, part bool, disp int) {
	name := fmt.Sprintf("column%dOf%dRows%dChains%dOf%d", k, m.inputs, rows, chains, m.parts)
	if part {
		name += "Last"
	}
	m.Shared(name, []string{"w"}, func() {
		m.Line(func() {
			m.Ins("FMOVQ", fmt.Sprintf("w(%v)", regWalkW), vecColumn.f())
			if part {
				m.Ins("VAND.B16", vecLanes.String(), vecColumn.String(), vecColumn.String())
			}
			for r := range rows {
				m.mulAdd(m.acc(r, k, chains), vecColumn, vecDYRows+V(r), vecInTmp)
			}
		})
	})
	m.Use(name, fmt.Sprint(disp))
}

// addLanes adds the chains of the sums of as many inputs as a vector has lanes, whose
// registers are some, in halves, and leaves them in the first register of the first.
func (w *writer) addLanes(acc func(k, part int) V, inputs, parts int) V {
	at := func(k int) V { return acc(min(k, inputs-1), 0) }
	w.Line(func() {
		for k := range inputs {
			for h := parts / 2; h >= 1; h /= 2 {
				for i := range h {
					w.add(acc(k, i), acc(k, i+h), acc(k, i))
				}
			}
		}
	})
	w.Line(func() {
		if w.double {
			w.Ins("FADDP.D2", at(0).String(), at(1).String(), at(0).String())
			return
		}
		half := []V{vecDYRows, vecDYRows + 1}
		for i, h := range half {
			a, b := at(2*i).String(), at(2*i+1).String()
			w.Ins("VZIP1.D2", b, a, h.String())
			w.Ins("VZIP2.D2", b, a, vecColumn.String())
			w.add(h, vecColumn, h)
		}
		w.Ins("FADDP.S4", half[0].String(), half[1].String(), at(0).String())
	})
	return at(0)
}

// finish adds the chains, applies the epilogue and stores. It leaves DX and the
// operand behind the tile.
func (m *gradInput) finish(rows int) {
	var busy []V
	for r := range rows {
		busy = append(busy, m.addLanes(func(k, part int) V { return m.acc(r, k, part) }, m.inputs, m.parts))
	}
	p := m.file(busy...)
	for _, y := range busy {
		m.Line(func() {
			if m.epilogue != nil {
				y = p.run(m.epilogue, []V{y}, func(_ string, dst V) { m.loadFirst(regExtra, 0, m.inputs, dst) })[0]
				m.epilogue.Mute()
			}
			if m.extra {
				m.sum(regExtra, regExtraRows, regExtra)
			}
			m.storeFirst(y, regY, 0, m.inputs)
			m.sum(regY, regDXRows, regY)
			p.free(y)
		})
	}
}

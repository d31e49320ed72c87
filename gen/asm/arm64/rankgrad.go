package arm64

import "fmt"

// Registers of a step with the gradients of inputs: R0 DX, R1 the inputs, the list
// or the displacement of the input at hand, the inputs that are left; dy, the
// weights of four inputs, panels and their distance, the lanes of a partial
// vector, the offset of an input, the operand.
const (
	regAtInput, regRankInputs, regWalkDY, regInputW R = 2, 3, 4, 5

	regStepPanels, regStepStride, regStepMask, regOffsetOf, regOperand R = 9, 10, 11, 12, 13
)

// The vectors: sums from V0 on, the inputs, rate, zero, dy, weights and a change.
const (
	vecXs        V = 16
	vecStepRate  V = 20
	vecStepZero  V = 21
	vecStepDY    V = 22
	vecStepW     V = 23
	vecChange    V = 29
	inputsOfStep   = 4
)

// sums is the register of a part of the chains of an input.
func (m *rankOne) sums(i, part int) V { return V(i*m.parts + part) }

// withGradient takes four inputs at a time, then one, over all outputs.
func (m *rankOne) withGradient() {
	m.pointer("x", regX)
	m.pointer("dx", regY)
	if m.listed {
		m.pointer("list", regAtInput)
	} else {
		m.pointer("first", regAtInput)
		m.shiftLeft(regAtInput, shiftOf(m.size()), regAtInput)
	}
	m.pointer("count", regRankInputs)
	if m.RankOne.Partial {
		m.pointer("mask", regStepMask)
		m.laneMask(regStepMask, vecLanes)
	}
	m.pointer("rate", regConst)
	m.broadcast(regConst, 0, vecStepRate)
	m.clear(vecStepZero)
	for _, inputs := range []int{inputsOfStep, 1} {
		loop, done := m.Label("inputs"), m.Label("done")
		m.ifBelow(regRankInputs, inputs, done)
		m.Place(loop)
		m.block(inputs)
		step := m.size()
		if m.listed {
			step = 4
		}
		m.Line(func() {
			m.advance(regAtInput, inputs*step)
			m.advance(regRankInputs, -inputs)
		})
		m.ifNotBelow(regRankInputs, inputs, loop)
		m.Place(done)
	}
}

// offset puts the byte offset of input i at hand into a register.
func (m *rankOne) offset(i int) {
	if m.listed {
		m.Ins("MOVWU", mem(regAtInput, 4*i), regOffsetOf.String())
	} else {
		m.addTo(regAtInput, i*m.size(), regOffsetOf)
	}
}

// block takes some inputs over all outputs.
func (m *rankOne) block(inputs int) {
	m.Note("%d inputs: dx[k] = Σ w[n][k]·dy[n], then w[n][k] −= rate·(x[k]·dy[n])", inputs)
	for i := range inputs {
		m.Line(func() {
			m.offset(i)
			m.sum(regX, regOffsetOf, regAt)
			m.loadElement(regAt, 0, vecXs+V(i))
			for p := range m.parts {
				m.clear(m.sums(i, p))
			}
		})
	}
	m.pointer("dy", regWalkDY)
	panels := m.RankOne.Panels
	if panels.Full > 0 {
		m.weights(inputs, "w", panel)
		loop := m.Label("panels")
		m.pointer("panels", regStepPanels)
		m.pointer("panelStride", regStepStride)
		m.Place(loop)
		m.outputs(inputs, panel, false)
		m.Line(func() {
			m.advance(regWalkDY, panel*m.size())
			for i := range inputs {
				m.sum(regInputW+R(i), regStepStride, regInputW+R(i))
			}
		})
		m.countdown(regStepPanels, loop)
	}
	if panels.Tail > 0 {
		m.weights(inputs, "wt", panels.Tail)
		m.outputs(inputs, m.RankOne.Outputs, m.RankOne.Partial)
	}
	m.finishStep(inputs)
}

// weights points at the weights of the inputs at hand.
func (m *rankOne) weights(inputs int, arg string, width int) {
	for i := range inputs {
		m.Line(func() {
			m.pointer(arg, regInputW+R(i))
			m.offset(i)
			m.Ins("ADD", fmt.Sprintf("%v<<%d", regOffsetOf, shiftOf(width)), (regInputW + R(i)).String(), (regInputW + R(i)).String())
		})
	}
}

// outputs takes the outputs of a panel, of which the last vector may be partial.
func (m *rankOne) outputs(inputs, outputs int, partial bool) {
	for v := 0; v*m.lanes() < outputs; v++ {
		part := partial && (v+1)*m.lanes() >= outputs
		m.Line(func() {
			if part {
				m.loadSome(regWalkDY, v*bytes, regStepMask, vecStepDY)
			} else {
				m.load(regWalkDY, v*bytes, vecStepDY)
			}
		})
		for i := range inputs {
			w := vecStepW + V(i)
			m.Line(func() {
				m.load(regInputW+R(i), v*bytes, w)
				if part { // what is stored beyond the outputs is nobody's
					m.Ins("VAND.B16", vecLanes.String(), w.String(), w.String())
				}
				m.mulAdd(m.sums(i, v%m.parts), w, vecStepDY, vecStepTmp)
				m.fmulElement(vecChange, vecStepDY, vecXs+V(i), 0)
				m.step(w, vecChange, vecStepRate, vecStepZero, m.AnyZero)
				m.store(w, regInputW+R(i), v*bytes)
			})
		}
	}
}

// finishStep adds the chains, applies the epilogue and stores the gradients of the
// inputs.
func (m *rankOne) finishStep(inputs int) {
	for first := 0; first < inputs; first += m.lanes() {
		n := min(m.lanes(), inputs-first)
		y := m.addLanes(func(k, part int) V { return m.sums(first+k, part) }, n, m.parts)
		m.Line(func() {
			if len(m.RankOne.Epilogue) > 0 {
				c, _ := m.epilogue(m.RankOne.Epilogue)
				y = m.file(y, vecStepRate, vecStepZero, vecLanes).run(c, []V{y}, func(_ string, dst V) { m.operand(first, n, dst) })[0]
			}
			if !m.listed {
				m.addTo(regAtInput, first*m.size(), regOffsetOf)
				m.sum(regY, regOffsetOf, regOffsetOf)
				m.storeFirst(y, regOffsetOf, 0, n)
				return
			}
			for i := range n {
				m.offset(first + i)
				m.sum(regY, regOffsetOf, regAt)
				m.Ins("VST1", m.lane(y, i), mem(regAt, 0))
			}
		})
	}
}

// lane is an element of a vector as an operand.
func (m *rankOne) lane(v V, i int) string {
	return fmt.Sprintf("%v.%s[%d]", v, map[bool]string{false: "S", true: "D"}[m.double], i)
}

// operand loads the elements of the epilogue's operand for some inputs.
func (m *rankOne) operand(first, n int, dst V) {
	m.pointer("u", regOperand)
	if !m.listed {
		m.sum(regOperand, regAtInput, regOperand)
		m.loadFirst(regOperand, first*m.size(), n, dst)
		return
	}
	for i := range n {
		m.offset(first + i)
		m.sum(regOperand, regOffsetOf, regAt)
		m.Ins("VLD1", mem(regAt, 0), m.lane(dst, i))
	}
}

package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// rankOne prints the step of one sample on a layer's weights.
type rankOne struct {
	*writer
	*kernel.RankOne
	halves int // vectors that hold the chains of a sum
}

// RankOne prints w −= rate·(x·dy), b −= rate·dy, rounded as gradients and their
// update are. With DX it also computes dx from the weights before the step, with
// the epilogue; the kernel is open then, and the bias is left to a call without
// DX.
func (s *ISA) RankOne(name string, doc []string, k *kernel.RankOne) *asm.Func {
	m := &rankOne{writer: s.newWriter(name, doc, k.Elem, k.Fused), RankOne: k}
	if k.DX {
		m.narrow()
	}
	m.halves = schedule.GradInputChains / m.lanes()
	m.Args = kernels.RankOne(k)
	if k.DX {
		m.withGradient()
	} else {
		m.alone()
	}
	m.ret()
	return m.Func
}

// FusesRankOne reports whether RankOne applies the epilogue to the gradients
// of the inputs itself.
func (s *ISA) FusesRankOne(elem string, epilogue []kernel.Epilogue) bool {
	k := &kernel.Kernel{Elem: kernel.Elements{Acc: elem}, Epilogue: epilogue}
	return elem == "float32" && len(k.Extras()) <= 1 && s.Fuses(k)
}

// Registers: SI x, DI the list or the displacement of the input, R10–R13 the
// weights of the inputs at hand, BX walks dy, R8 dx, AX counts the inputs.
var rowRegs = [4]string{"R10", "R11", "R12", "R13"}

const regDY = "BX"

// change puts what is to be added to weights, −rate·(0 + x·dy), into dst. The
// gradient is a sum that starts at zero, so it is never −0 for a product of
// zeros; a weight shows that if it is −0 itself, and nothing else does.
func (m *rankOne) change(x, dy, rate, dst Y) {
	switch {
	case m.AnyZero:
		m.times(x, dy, dst)
	case m.fused:
		m.clear(dst)
		m.mulAddOf(x, dy, dst)
	default:
		m.times(x, dy, dst)
		m.sumOf(dst, dst)
	}
	m.times(rate, dst, dst)
}

// sumOf is the sum of a gradient of one sample: 0 + x.
func (m *rankOne) sumOf(x, dst Y) {
	m.clear(m.product)
	m.add(x, m.product, dst)
}

func (m *rankOne) times(a, b, dst Y) {
	m.Ins(m.op("VMULPS", "VMULPD"), a.String(), b.String(), dst.String())
}

// addTo adds a change to weights in memory.
func (m *rankOne) addTo(at string, partial bool, change Y) {
	operands := []string{at, change.String(), change.String()}
	if partial && m.isa.masks {
		operands = []string{at, change.String(), maskTail, change.String()}
	}
	m.Ins(m.op("VADDPS", "VADDPD"), operands...)
	m.storeSome(change, partial, at)
}

// alone: every panel group once, the step's factors in registers.
func (m *rankOne) alone() {
	init := kernel.Zero
	if m.Bias {
		init = kernel.Bias
	}
	mv := matVec{writer: m.writer, Kernel: &kernel.Kernel{
		Elem: kernel.Elements{W: m.Elem, Acc: m.Elem}, Outputs: m.Outputs, Chains: 1, Panels: m.Panels, Init: init,
	}, listed: m.Listed, inputs: m.Inputs}
	if m.Panels.Full > 0 {
		m.pointer("w", regPanels)
	}
	m.pointer("dy", regY)
	if m.Bias {
		m.pointer("b", regBias)
	}
	vs := mv.vectors()
	if per := mv.loopPanels(); per > 0 {
		vs = mv.panelLoop(vs, per, m.group)
	}
	for _, g := range mv.groups(vs) {
		m.group(g)
	}
}

// group adds x·s to the weights of some vectors of outputs.
func (m *rankOne) group(vs []vector) {
	last, temp := vs[len(vs)-1], Y(max(m.atOnce(m.Panels), len(vs))) // the registers from temp on are free
	m.Note("b[n] −= rate·dy[n], w[n][k] −= rate·(x[k]·dy[n]), n = %d…%d", vs[0].first, last.first+last.valid-1)
	m.pointer("rate", regX)
	m.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), mem(regX, 0), m.zero.String())
	for i, v := range vs {
		m.sized(v.half, func() {
			src := mem(regY, v.first*m.size())
			if v.valid < m.lanes() {
				m.tailMask(v.valid, m.input)
				m.loadMasked(src, m.input, Y(i))
			} else {
				m.load(src, Y(i))
			}
			if m.Bias {
				b := mem(regBias, v.first*m.size())
				m.Line(func() {
					m.sumOf(Y(i), temp)
					m.times(m.zero, temp, temp)
					m.addTo(b, false, temp)
				})
			}
		})
	}
	if m.Inputs == 0 {
		return
	}
	m.pointer("x", regX)
	if m.Panels.Full > 0 {
		m.Ins("MOVQ", regPanels, regW)
	}
	if m.Panels.Tail > 0 {
		m.pointer("wt", regTail)
	}
	row := func(at func(v vector, plus int) string) {
		for i, v := range vs {
			t := temp + Y(i)%(m.zero-temp)
			m.Named("step", func() {
				m.sized(v.half, func() {
					m.change(m.input, Y(i), m.zero, t)
					m.addTo(at(v, 0), v.partial(m.lanes()), t)
				})
			})
		}
	}
	if m.Listed {
		loop, done := m.Label("listed"), m.Label("done")
		m.pointer("list", regList)
		m.Ins("MOVQ", m.ArgOf("count"), regCount)
		m.Ins("TESTQ", regCount, regCount)
		m.Ins("JZ", done)
		m.Place(loop)
		m.rowOf(regList, regInput, regRowAt, vs[0].stride)
		m.broadcast(fmt.Sprintf("(%s)(%s*1)", regX, regInput))
		m.advance(regList, 4)
		row(func(v vector, _ int) string { return fmt.Sprintf("%d(%s)(%s*1)", v.disp, v.base, regRowAt) })
		m.again(loop)
		m.Place(done)
		return
	}
	m.overInputs(m.Inputs, 4, 1, m.Ahead, vs, func(at func(v vector, plus int) string, _ int) { row(at) })
}

// withGradient: four inputs at a time, then one, over all outputs.
func (m *rankOne) withGradient() {
	m.pointer("x", regX)
	m.pointer("dx", regY)
	if m.Listed {
		m.pointer("list", regW)
	} else {
		m.pointer("first", regW)
		m.Ins("SHLQ", fmt.Sprintf("$%d", map[int]int{4: 2, 8: 3}[m.size()]), regW)
	}
	m.Ins("MOVQ", m.ArgOf("count"), regOffset)
	for _, inputs := range []int{4, 1} {
		loop, done := m.Label("inputs"), m.Label("done")
		m.Ins("CMPQ", regOffset, fmt.Sprintf("$%d", inputs))
		m.Ins("JLT", done)
		m.Place(loop)
		m.block(inputs)
		if m.Listed {
			m.advance(regW, inputs*4)
		} else {
			m.advance(regW, inputs*m.size())
		}
		m.Ins("SUBQ", fmt.Sprintf("$%d", inputs), regOffset)
		m.Ins("CMPQ", regOffset, fmt.Sprintf("$%d", inputs))
		m.Ins("JGE", loop)
		m.Place(done)
	}
}

// offset puts the byte offset of input i at hand into R9.
func (m *rankOne) offset(i int) {
	if m.Listed {
		m.Ins("MOVL", mem(regW, 4*i), regMask)
	} else {
		m.Ins("LEAQ", mem(regW, i*m.size()), regMask)
	}
}

func (m *rankOne) acc(i, half int) Y { return Y(i*m.halves + half) }

// rate is the register of the rate: the one after sums and inputs.
func (m *rankOne) rate() Y { return Y(4*m.halves + 4) }

// rows points the row registers at the weights of the inputs at hand.
func (m *rankOne) rows(inputs int, arg string, width int) {
	shift := 0
	for s := width; s > 1; s /= 2 {
		shift++
	}
	for i := range inputs {
		m.Line(func() {
			m.offset(i)
			m.Ins("SHLQ", fmt.Sprintf("$%d", shift), regMask)
			m.pointer(arg, rowRegs[i])
			m.Ins("ADDQ", regMask, rowRegs[i])
		})
	}
}

// block takes some inputs over all outputs.
func (m *rankOne) block(inputs int) {
	x := func(i int) Y { return Y(4*m.halves + i) }
	m.Note("%d inputs: dx[k] = Σ w[n][k]·dy[n], then w[n][k] −= rate·(x[k]·dy[n])", inputs)
	m.pointer("rate", regDY)
	m.broadcastTo(mem(regDY, 0), m.rate())
	for i := range inputs {
		m.Line(func() {
			m.offset(i)
			m.broadcastTo(fmt.Sprintf("(%s)(%s*1)", regX, regMask), x(i))
			for h := range m.halves {
				m.clear(m.acc(i, h))
			}
		})
	}
	m.pointer("dy", regDY)
	if m.Panels.Full > 0 {
		m.rows(inputs, "w", panel)
		loop := m.Label("panels")
		m.Ins("MOVQ", m.ArgOf("panels"), regCount)
		m.pointer("panelStride", regMask)
		m.Place(loop)
		m.outputs(inputs, x, panel, false)
		m.Line(func() {
			m.advance(regDY, panel*m.size())
			for i := range inputs {
				m.Ins("ADDQ", regMask, rowRegs[i])
			}
		})
		m.again(loop)
	}
	if m.Panels.Tail > 0 {
		m.rows(inputs, "wt", m.Panels.Tail)
		if m.Partial {
			m.lastMask(regMask)
		}
		m.outputs(inputs, x, m.RankOne.Outputs, m.Partial)
	}
	m.finish(inputs)
}

// outputs takes the outputs of a panel.
func (m *rankOne) outputs(inputs int, x func(i int) Y, outputs int, partial bool) {
	const dy, w = 13, 15 // free registers
	for v := 0; v*m.lanes() < outputs; v++ {
		part := partial && (v+1)*m.lanes() >= outputs
		m.Line(func() {
			if part {
				m.toMask(regMask, m.input)
				m.loadMasked(mem(regDY, v*m.bytes), m.input, dy)
			} else {
				m.load(mem(regDY, v*m.bytes), dy)
			}
		})
		for i := range inputs {
			at, weights := mem(rowRegs[i], v*m.bytes), Y(w).String()
			m.Named("step", func() {
				if part { // what is stored beyond the outputs is nobody's
					m.toMask(regMask, w)
					m.loadMasked(at, w, w)
				} else {
					weights = at
				}
				if m.Ahead > 0 && (v*m.bytes)%cacheLine == 0 {
					m.Ins("PREFETCHT0", mem(rowRegs[i], v*m.bytes+inputs*panel*m.size()))
				}
				m.mulAddAny(weights, dy, m.acc(i, v%m.halves))
				m.change(x(i), dy, m.rate(), w)
				m.addTo(at, part, w)
			})
		}
	}
}

package x86

import "fmt"

// finish adds the chains and stores the gradients of the inputs.
func (m *rankOne) finish(inputs int) {
	if m.double {
		for i := range inputs {
			m.Line(func() {
				m.addChains64(m.acc(i, 0), m.acc(i, 1), m.input)
				m.offset(i)
				m.Ins("VMOVSD", m.acc(i, 0).x(), fmt.Sprintf("(%s)(%s*1)", regY, regMask))
			})
		}
		return
	}
	var busy []Y
	for i := range inputs {
		busy = append(busy, m.acc(i, 0))
	}
	p := m.file(busy...)
	var y Y
	m.Line(func() {
		y = p.addChains(func(k int) (Y, Y) {
			a := m.acc(min(k, inputs-1), 0)
			return a, a
		})
		if len(m.Epilogue) > 0 {
			c, _ := m.epilogue(m.Epilogue, 0)
			y = p.apply(c, y, func(dst Y, _ []Y) { m.operand(inputs, dst) })
		}
	})
	switch {
	case m.Listed:
		for i := range inputs {
			m.offset(i)
			m.Ins("VEXTRACTPS", fmt.Sprintf("$%d", i), y.x(), fmt.Sprintf("(%s)(%s*1)", regY, regMask))
		}
	case inputs == 1:
		m.Ins("VMOVSS", y.x(), fmt.Sprintf("(%s)(%s*1)", regY, regW))
	default:
		m.Ins("VMOVUPS", y.x(), fmt.Sprintf("(%s)(%s*1)", regY, regW))
	}
}

// operand loads the elements of the epilogue's operand for the inputs at hand.
func (m *rankOne) operand(inputs int, dst Y) {
	if !m.Listed {
		m.pointer("u", regMask)
		m.Ins("ADDQ", regW, regMask)
		m.Ins(map[int]string{4: "VMOVUPS", 1: "VMOVSS"}[inputs], mem(regMask, 0), dst.x())
		return
	}
	base := rowRegs[0] // the rows are done with
	m.pointer("u", base)
	for i := range inputs {
		m.offset(i)
		at := fmt.Sprintf("(%s)(%s*1)", base, regMask)
		if i == 0 {
			m.Ins("VMOVSS", at, dst.x())
		} else {
			m.Ins("VINSERTPS", fmt.Sprintf("$%#x", i<<4), at, dst.x(), dst.x())
		}
	}
}

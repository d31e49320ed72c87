package x86

import (
	"fmt"
	"math"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of gradients of maxima, beside those of convolutions, of which R13 is the
// tile's place in the gradient of the maxima and R14 the distance of DX from X. Numbers
// of elements of a window are floating-point numbers, as what they are compared beside.
const (
	maxBest, maxAt, maxNumber, maxDY   Y = 0, 1, 2, 3 // the maximum, its number, that at hand
	maxOne, maxInf, maxLowest, maxElem Y = 4, 5, 6, 7
	maxIs                              Y = 8 // mask, without mask registers
)

// maxGradient prints the gradient of maxima.
type maxGradient struct{ *kernel.MaxGradient }

// MaxGradient prints DX += Y where the greatest of each window lies, for rows of maxima
// that have the same rows of the window.
func (s *ISA) MaxGradient(name string, doc []string, k *kernel.MaxGradient) *asm.Func {
	m, g := s.newConvolve(name, doc, k.Of), &maxGradient{k}
	m.Args = kernels.MaxGradient(k)
	m.pointer("dx", regDistance)
	m.Ins("SUBQ", m.ArgOf("x"), regDistance)
	m.Line(func() {
		m.broadcastTo(m.Const(1, m.double), maxOne)
		m.broadcastTo(m.Const(math.Inf(1), m.double), maxInf)
		m.broadcastTo(m.Const(math.Inf(-1), m.double), maxLowest)
	})
	for _, c := range []*convolve{m, m.tail} {
		if c == nil {
			continue
		}
		c.each = g.position
		if c.partial(c.vectors - 1) {
			c.someMask(c.last)
		}
	}
	m.rows()
	m.ret()
	return m.Func
}

// position prints all windows at a position: in which element the greatest is, and what
// every element gets.
func (g *maxGradient) position(m *convolve, cols [][]bool) {
	if m.masked() {
		m.toLanes(m.mask)
	}
	for v := range m.vectors {
		m.Line(func() {
			m.Ins(m.op("VMOVAPS", "VMOVAPD"), maxLowest.String(), maxBest.String())
			m.clear(maxAt)
		})
		g.window(m, cols, func(disp int) { g.find(m, v, disp) })
		m.get(mem(regTileY, v*m.bytes), v, maxDY)
		if !g.Adds { // 0 + dy, which is never −0
			m.clear(maxElem)
			m.add(maxElem, maxDY, maxDY)
		}
		g.window(m, cols, func(disp int) { g.give(m, v, disp) })
	}
}

// window numbers the elements of a window from 0 on, and does something with each.
func (g *maxGradient) window(m *convolve, cols [][]bool, do func(disp int)) {
	m.clear(maxNumber)
	m.visit = func(disp int) {
		m.Line(func() {
			do(disp)
			m.add(maxOne, maxNumber, maxNumber)
		})
	}
	m.block(cols, 1)
}

// find takes the element at hand if it is greater or a NaN. The greatest is +∞ then, so
// that one comparison finds what is greater, or a further NaN.
func (g *maxGradient) find(m *convolve, v, disp int) {
	m.loadLanes(mem(regRow, disp+v*m.bytes), v, maxElem)
	const notLessEqual = "$22"
	is := maxIs.String()
	if m.isa.masks {
		is = "K1"
	}
	m.Ins(m.op("VCMPPS", "VCMPPD"), notLessEqual, maxBest.String(), maxElem.String(), is)
	m.Ins(m.op("VMINPS", "VMINPD"), maxInf.String(), maxElem.String(), maxElem.String()) // ∞ where it is a NaN
	m.Ins(m.op("VMAXPS", "VMAXPD"), maxElem.String(), maxBest.String(), maxBest.String())
	if m.isa.masks {
		m.Ins(m.op("VMOVAPS", "VMOVAPD"), maxNumber.String(), is, maxAt.String())
	} else {
		m.Ins(m.op("VBLENDVPS", "VBLENDVPD"), is, maxNumber.String(), maxAt.String(), maxAt.String())
	}
}

// give gives the element at hand the gradient if the maximum is there.
func (g *maxGradient) give(m *convolve, v, disp int) {
	const equal = "$0"
	to := fmt.Sprintf("%d(%s)(%s*1)", disp+v*m.bytes, regRow, regDistance)
	if m.isa.masks {
		m.Ins(m.op("VCMPPS", "VCMPPD"), equal, maxAt.String(), maxNumber.String(), "K1")
		if g.Adds {
			m.loadLanes(to, v, maxElem)
			m.Ins(m.op("VADDPS", "VADDPD"), maxDY.String(), maxElem.String(), "K1", maxElem.String())
		} else {
			m.Ins(m.op("VMOVAPS", "VMOVAPD")+".Z", maxDY.String(), "K1", maxElem.String())
		}
		m.put(maxElem, v, to)
		return
	}
	is := maxIs
	m.Ins(m.op("VCMPPS", "VCMPPD"), equal, maxAt.String(), maxNumber.String(), is.String())
	m.Ins(m.op("VANDPS", "VANDPD"), is.String(), maxDY.String(), is.String())
	if g.Adds {
		m.loadLanes(to, v, maxElem)
		m.add(maxElem, is, is)
	}
	m.put(is, v, to)
}

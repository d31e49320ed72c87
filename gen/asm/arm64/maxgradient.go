package arm64

import (
	"math"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// The vectors of gradients of maxima: numbers of elements of a window are
// floating-point numbers, as what they are compared beside.
const (
	maxBest, maxAt, maxNumber, maxDY   V = 0, 1, 2, 3 // the maximum, its number, that at hand
	maxOne, maxInf, maxLowest, maxElem V = 4, 5, 6, 7
	maxIs                              V = 8
)

// maxGradient prints the gradient of maxima.
type maxGradient struct{ *kernel.MaxGradient }

// MaxGradient prints DX += Y where the greatest of each window lies, for rows of maxima
// that have the same rows of the window.
func MaxGradient(name string, doc []string, k *kernel.MaxGradient) *asm.Func {
	m, g := newConvolve(name, doc, k.Of), &maxGradient{k}
	m.Args = kernels.MaxGradient(k)
	m.pointer("y", regRowOfY)
	m.pointer("x", regRowX)
	m.pointer("dx", regDistance)
	m.Ins("SUB", regRowX.String(), regDistance.String(), regDistance.String())
	m.Line(func() {
		m.Ins("CONST", m.everyLane(1), maxOne.String())
		m.Ins("CONST", m.everyLane(math.Inf(1)), maxInf.String())
		m.Ins("CONST", m.everyLane(math.Inf(-1)), maxLowest.String())
	})
	m.each = g.position
	m.rows()
	m.ret()
	return m.Func
}

// position prints all windows at a position: in which element the greatest is, and what
// every element gets.
func (g *maxGradient) position(m *convolve, cols [][]bool) {
	m.move(regTileX, regBlockX)
	for v := range m.vectors {
		m.Line(func() {
			m.copy(maxLowest, maxBest)
			m.clear(maxAt)
		})
		g.window(m, cols, func(disp int) { g.find(m, v, disp) })
		m.loadFirst(regTileY, v*bytes, m.valid(v), maxDY)
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

// find takes the element at hand if it is greater or a NaN, after which the greatest is +∞,
// so that only a further NaN is taken.
func (g *maxGradient) find(m *convolve, v, disp int) {
	is := maxIs.String()
	m.loadFirst(regTermX, disp+v*bytes, m.valid(v), maxElem)
	m.Ins(m.op("FCMGT"), maxElem.String(), maxBest.String(), is)
	m.Ins("VBIT.B16", is, maxElem.String(), maxBest.String())
	m.Ins("VBIT.B16", is, maxNumber.String(), maxAt.String())
	m.Ins(m.op("FCMEQ"), maxElem.String(), maxElem.String(), is)
	m.Ins("VBIF.B16", is, maxInf.String(), maxBest.String())
	m.Ins("VBIF.B16", is, maxNumber.String(), maxAt.String())
}

// give gives the element at hand the gradient if the maximum is there.
func (g *maxGradient) give(m *convolve, v, disp int) {
	is := maxIs.String()
	m.Ins(m.op("FCMEQ"), maxAt.String(), maxNumber.String(), is)
	m.Ins("VAND.B16", is, maxDY.String(), is)
	m.sum(regTermX, regDistance, regOperandAt)
	if g.Adds {
		m.loadFirst(regOperandAt, disp+v*bytes, m.valid(v), maxElem)
		m.add(maxElem, maxIs, maxIs)
	}
	m.storeFirst(maxIs, regOperandAt, disp+v*bytes, m.valid(v))
}

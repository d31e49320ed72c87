package avx2

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
)

// GradWeight prints the gradient of one panel of weights: tiles of inputs,
// each summed over the rows of the batch in their order.
func GradWeight(k *asm.GradWeight) *asm.Func {
	f := &asm.Func{Name: k.Name, Doc: k.Doc, Args: []asm.Arg{
		{Name: "dw", Type: "*" + k.Elem}, {Name: "dy", Type: "*" + k.Elem}, {Name: "x", Type: "*" + k.Elem}, {Name: "rows", Type: "int"},
	}}
	m := &gradWeight{writer: &writer{Func: f, double: k.Double, fused: k.Fused}, GradWeight: k}
	m.vectors = (k.Valid + m.lanes() - 1) / m.lanes()
	m.partial = k.Valid % m.lanes()
	m.pointer("dw", regY)
	m.pointer("x", regX)
	if m.partial > 0 {
		m.Ins("LEAQ", MaskName+"<>(SB)", regMask)
	}
	at := 12 / m.vectors
	if at > 6 {
		at = 6
	}
	whole, rest := k.Inputs/at, k.Inputs%at
	if whole > 0 {
		loop := m.Label("inputs")
		m.Ins("MOVQ", fmt.Sprintf("$%d", whole), regOffset)
		m.Place(loop)
		m.tile(at)
		m.advance(regX, at*m.size())
		m.advance(regY, at*k.Width*m.size())
		m.Ins("DECQ", regOffset)
		m.Ins("JNZ", loop)
	}
	if rest > 0 {
		m.tile(rest)
	}
	m.ret()
	return f
}

type gradWeight struct {
	*writer
	*asm.GradWeight
	vectors, partial int
}

// tile sums the gradients of some inputs' weights.
func (m *gradWeight) tile(inputs int) {
	acc := func(k, v int) Y { return Y(k*m.vectors + v) }
	m.Note("%d inputs: g[k][n] = Σ over the rows of x[k]·dy[n]", inputs)
	for k := range inputs {
		for v := range m.vectors {
			m.clear(acc(k, v))
		}
	}
	m.pointer("dy", regW)
	m.Ins("MOVQ", regX, regRow)
	m.Ins("MOVQ", m.ArgOf("rows"), regCount)
	loop := m.Label("rows")
	m.Place(loop)
	for v := range m.vectors {
		src := mem(regW, v*vectorBytes)
		if m.partial > 0 && v == m.vectors-1 {
			m.load(mem(regMask, (m.lanes()-m.partial)*m.size()), broadcast)
			m.Ins(m.op("VMASKMOVPS", "VMASKMOVPD"), src, broadcast.String(), (weight0 + Y(v)).String())
		} else {
			m.load(src, weight0+Y(v))
		}
	}
	for k := range inputs {
		m.broadcast(mem(regRow, k*m.size()))
		for v := range m.vectors {
			m.mulAddReg(weight0+Y(v), acc(k, v))
		}
	}
	m.advance(regRow, m.XStride)
	m.advance(regW, m.DYStride)
	m.again(loop)
	for k := range inputs {
		for v := range m.vectors {
			m.store(acc(k, v), mem(regY, k*m.Width*m.size()+v*vectorBytes))
		}
	}
}

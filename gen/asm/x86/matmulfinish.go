package x86

import (
	"fmt"

	vec "github.com/nngen-go/nngen/gen/vector"
)

// finish adds the chains, applies the epilogue and stores. It leaves Y behind
// the tile.
func (m *matMul) finish(rows int, acc func(r, v, c int) Y) {
	if m.Scaled {
		m.pointer("scale", regPanelScale)
	}
	var busy []Y
	if m.Chains > 1 {
		add := m.ofRow(fmt.Sprintf("add%dx", m.Chains), m.Chains, false, func(v int, sum func(c int) Y) {
			for h := m.Chains / 2; h >= 1; h /= 2 {
				for c := range h {
					m.add(sum(c+h), sum(c), sum(c))
				}
			}
		})
		m.Line(func() {
			for r := range rows {
				m.useRow(add, m.Chains, false, func(v, c int) Y { return acc(r, v, c) })
			}
		})
	}
	m.Line(func() {
		for r := range rows {
			for v := range m.vectors {
				m.column(m.columns, v, func() { m.scale(m.Kernel, regPanelScale, v*m.isa.bytes, acc(r, v, 0)) })
				busy = append(busy, acc(r, v, 0))
			}
		}
	})
	m.pointer("yStride", regYStride)
	put := func(y Y, v int, mask Y, base string) {
		at := mem(base, v*m.isa.bytes)
		if m.partial(v) {
			m.storeMasked(y, mask, at)
			return
		}
		m.store(y, at)
	}
	codes, p, inRegisters := make([]*vec.Code, m.vectors), m.file(busy...), true
	for v := range codes {
		m.column(m.columns, v, func() {
			if codes[v], _ = m.epilogue(m.Epilogue, 0); v > 0 && !m.columns.half {
				codes[v] = codes[0]
			}
			inRegisters = inRegisters && p.fits(codes[v], busy[0])
		})
	}
	if !inRegisters {
		m.Note("the sums once more, through the results")
		m.Ins("MOVQ", regY, regRow)
	}
	role, masked := "store", m.Partial && !m.isa.masks
	if m.Partial {
		role += "Part"
	}
	store := m.ofRow(role, 1, masked, func(v int, sum func(c int) Y) {
		put(sum(0), v, sum(m.vectors-v), regY)
		if v == m.vectors-1 {
			m.Ins("ADDQ", regYStride, regY)
		}
	})
	sums := func(r int) {
		var ys []Y
		for v := range m.vectors {
			m.column(m.columns, v, func() {
				y := acc(r, v, 0)
				if inRegisters {
					y = p.apply(codes[v], y, nil)
					codes[v].Mute()
				}
				ys = append(ys, y)
			})
		}
		if masked {
			ys = append(ys, p.take())
			m.toMask(regRowsMask, ys[m.vectors])
		}
		m.useRow(store, 1, masked, func(v, _ int) Y { return ys[v] })
		for _, y := range ys {
			p.free(y)
		}
	}
	if inRegisters {
		m.Line(func() {
			for r := range rows {
				sums(r)
			}
		})
		return
	}
	for r := range rows {
		m.Line(func() { sums(r) })
	}
	loop := m.Label("finish")
	m.count(rows)
	m.Place(loop)
	for v := range m.vectors {
		m.Line(func() {
			m.column(m.columns, v, func() {
				p, at := m.file(0), mem(regRow, v*m.isa.bytes)
				if !m.partial(v) {
					m.load(at, 0)
				} else {
					m.toMask(regRowsMask, 1)
					m.loadMasked(at, 1, 0)
				}
				y, mask := p.run(codes[v], []Y{0}, nil)[0], Y(0)
				if masked && m.partial(v) {
					mask = p.take()
					m.toMask(regRowsMask, mask)
				}
				put(y, v, mask, regRow)
			})
		})
	}
	m.Ins("ADDQ", regYStride, regRow)
	m.again(loop)
}

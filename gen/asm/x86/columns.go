package x86

import "fmt"

// columns are the vectors of outputs of a tile. They are as long as can be, but for
// the last, of half the bytes, where there are mask registers and that suffices: it
// takes half the time, and does not cross a cache line in a panel of 8.
type columns struct {
	vectors int
	half    bool
}

// columns divides outputs into vectors.
func (w *writer) columns(outputs int) columns {
	lanes := w.lanes()
	c := columns{vectors: (outputs + lanes - 1) / lanes}
	c.half = w.isa.half != nil && outputs > 0 && outputs <= c.vectors*lanes-lanes/2
	return c
}

// room is the number of outputs that they have room for.
func (c columns) room(lanes int) int {
	if c.half {
		return c.vectors*lanes - lanes/2
	}
	return c.vectors * lanes
}

// column prints what is done with the v-th of them.
func (w *writer) column(c columns, v int, do func()) { w.sized(c.half && v == c.vectors-1, do) }

// sized prints what is done with a vector, of half the bytes or whole.
func (w *writer) sized(half bool, do func()) {
	bytes := w.bytes
	if half {
		w.bytes /= 2
	}
	do()
	w.bytes = bytes
}

// mulAddRow is sums += broadcast element · weights, for the vectors of weights at
// hand.
func (w *writer) mulAddRow(element string, c columns, sum func(v int) Y) {
	name, args := fmt.Sprintf("mulAdd%d", c.vectors), []string{element}
	if c.half {
		name += "h"
	}
	w.Shared(name, sumsOf("x", c.vectors), func() {
		w.Line(func() {
			w.column(c, 0, func() { w.broadcast("x") })
			for v := range c.vectors {
				w.column(c, v, func() { w.mulAddReg(w.weight0+Y(v), parameter+Y(v)) })
			}
		})
	})
	for v := range c.vectors {
		w.column(c, v, func() { args = append(args, w.register(sum(v))) })
	}
	w.Use(name, args...)
}

// ofRow makes a macro of what is done with some registers of each column of a row,
// and perhaps one more; useRow writes it.
func (m *matMul) ofRow(role string, each int, more bool, do func(v int, sum func(c int) Y)) (name string) {
	name = fmt.Sprint(role, m.vectors)
	if m.half {
		name += "h"
	}
	registers := m.vectors * each
	if more {
		registers++
	}
	m.Shared(name, sumsOf("", registers)[1:], func() {
		m.Line(func() {
			for v := range m.vectors {
				m.column(m.columns, v, func() { do(v, func(c int) Y { return parameter + Y(v*each+c) }) })
			}
		})
	})
	return name
}

func (m *matMul) useRow(name string, each int, more bool, of func(v, c int) Y) {
	var args []string
	for v := range m.vectors {
		m.column(m.columns, v, func() {
			for c := range each {
				args = append(args, m.register(of(v, c)))
			}
		})
	}
	if more {
		args = append(args, m.register(of(m.vectors, 0)))
	}
	m.Use(name, args...)
}

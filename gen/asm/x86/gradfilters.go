package x86

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of gradients of filters: DI is the gradient, SI and R8 are X and DY of
// the channels at hand, R12 and R13 their rows, R10 and R11 walk these; DX, CX and
// AX count channels, rows and positions.
const regPositions = regTaps

// gradFilters prints the gradient of filters.
type gradFilters struct {
	*convolve
	*kernel.FilterGradient
}

// FilterGradient prints what rows of a result add to the gradient of filters.
func (s *ISA) FilterGradient(name string, doc []string, k *kernel.FilterGradient) *asm.Func {
	of := &kernel.Kernel{
		Elem: kernel.Elements{Acc: k.Elem}, Fused: k.Fused, Outputs: k.Outputs, Segments: []kernel.Segment{k.Source}, Chains: 1,
	}
	m := &gradFilters{s.convolveOf(&asm.Func{Name: name, Doc: doc}, of, k.Outputs), k}
	m.Args = kernels.FilterGradient(k)
	if m.partial(m.vectors - 1) {
		m.someMask(m.last)
	}
	if m.Lanes && m.masked() {
		m.toLanes(m.mask)
	}
	m.pointer("dw", regW)
	m.pointer("dy", regY)
	columns, channels := len(m.row), m.Source.Channels
	if together := max(k.Together/channels, 1); together > 1 && channels < k.Together {
		for c := 0; c < columns; c += together {
			m.pairs(c, min(together, columns-c), 0, channels, 1)
		}
		m.ret()
		return m.Func
	}
	// channels in even parts, the longer ones first
	parts := (channels + k.Together - 1) / k.Together
	size, longer := channels/parts, channels%parts
	for c := range columns {
		if longer > 0 {
			m.pairs(c, 1, 0, size+1, longer)
		}
		m.pairs(c, 1, longer*(size+1), size, parts-longer)
	}
	m.ret()
	return m.Func
}

// pairs sums some columns of some channels, those from one on, a number of times
// for the channels that follow. It leaves G behind them.
func (m *gradFilters) pairs(column, columns, from, channels, times int) {
	n := columns * channels
	m.positions = n
	loop := m.Label("channels")
	m.Note("%d columns from %d on, %d times %d channels: g += Σ x·dy", columns, column, times, channels)
	m.Line(func() {
		m.pointer("x", regX)
		if from > 0 {
			m.advance(regX, from*m.Source.ChannelStride*m.size())
		}
		if times > 1 {
			m.Ins("MOVQ", fmt.Sprintf("$%d", times), regTiles)
		}
	})
	if times > 1 {
		m.Place(loop)
	}
	at := func(p, v int) string { return mem(regW, p*panel*m.size()+v*m.bytes) }
	m.each(n, func(p, v int) {
		if m.Group {
			m.get(at(p, v), v, m.acc(p, v, 0))
		} else {
			m.load(at(p, v), m.acc(p, v, 0))
		}
	})
	m.rows(column, columns, channels)
	m.each(n, func(p, v int) {
		if m.Group {
			m.put(m.acc(p, v, 0), v, at(p, v))
		} else {
			m.store(m.acc(p, v, 0), at(p, v))
		}
	})
	m.Line(func() {
		m.advance(regW, n*panel*m.size())
		if times > 1 {
			m.advance(regX, channels*m.Source.ChannelStride*m.size())
		}
	})
	if times > 1 {
		m.countdown(regTiles, loop)
	}
}

func (m *gradFilters) each(n int, do func(p, v int)) {
	m.Line(func() {
		for p := range n {
			for v := range m.vectors {
				do(p, v)
			}
		}
	})
}

// rows adds the products of all rows.
func (m *gradFilters) rows(column, columns, channels int) {
	row := m.Label("row")
	m.Line(func() {
		m.Ins("MOVQ", regX, regTileX)
		m.Ins("MOVQ", regY, regTileY)
		m.Ins("MOVQ", m.ArgOf("rows"), regCount)
	})
	m.Place(row)
	first, done := 0, 0 // position, and up to where there are products
	var of []int        // columns that those before have
	flush := func() {
		if len(of) > 0 && done > first {
			m.run(first, done-first, of, column, channels)
		}
	}
	for _, r := range m.Runs {
		var has []int
		for c := column; c < column+columns; c++ {
			if r.Cols == nil || r.Cols[c] {
				has = append(has, c)
			}
		}
		if !slices.Equal(has, of) {
			flush()
			first, of = done, has
		}
		done += r.Positions
	}
	flush()
	m.Line(func() {
		m.advance(regTileX, m.Source.RowStride*m.size())
		m.advance(regTileY, m.DY.RowStride*m.size())
	})
	m.again(row)
}

// run adds the products of neighbouring positions that have some columns.
func (m *gradFilters) run(first, positions int, columns []int, column, channels int) {
	loop := m.Label("positions")
	m.Line(func() {
		m.Ins("LEAQ", mem(regTileX, first*m.Source.PosStride*m.size()), regRow)
		m.Ins("LEAQ", mem(regTileY, first*m.DY.PosStride*m.size()), regWindow)
	})
	if positions > 1 {
		m.Ins("MOVQ", fmt.Sprintf("$%d", positions), regPositions)
		m.Place(loop)
	}
	m.Line(func() {
		for v := range m.vectors {
			m.get(mem(regWindow, v*m.bytes), v, m.weight0+Y(v))
		}
		for _, c := range columns {
			for i := range channels {
				m.add1((m.row[c].Offset+i*m.Source.ChannelStride)*m.size(), (c-column)*channels+i, 0)
			}
		}
	})
	if positions > 1 {
		m.Line(func() {
			m.advance(regRow, m.Source.PosStride*m.size())
			m.advance(regWindow, m.DY.PosStride*m.size())
		})
		m.countdown(regPositions, loop)
	}
}

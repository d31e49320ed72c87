package arm64

import (
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of gradients of filters: the gradient at hand, X of the channels at
// hand and DY; their rows, and what walks these; counters of channels, rows and
// positions.
const (
	regFilters, regChannelsX, regRowsDY R = regBlockW, regBlockX, regRowOfY

	regPositionX, regPositionY, regPositions R = regTermX, regWindow, regTaps
)

// The vectors: sums from V0 on, some of DY, elements of X, a product.
const vecFiltersDY V = 24

// dyAtOnce is how many vectors of DY are in registers.
const dyAtOnce = int(vecElement - vecFiltersDY)

// gradFilters prints the gradient of filters.
type gradFilters struct {
	*convolve
	*kernel.FilterGradient
}

// FilterGradient prints what rows of a result add to the gradient of filters.
func FilterGradient(name string, doc []string, k *kernel.FilterGradient) *asm.Func {
	of := &kernel.Kernel{
		Elem: kernel.Elements{Acc: k.Elem}, Fused: k.Fused, Outputs: k.Outputs, Segments: []kernel.Segment{k.Source}, Chains: 1,
	}
	m := &gradFilters{newConvolve(name, doc, of), k}
	m.Args = kernels.FilterGradient(k)
	m.pointer("dw", regFilters)
	m.pointer("dy", regRowsDY)
	columns, channels := len(m.taps), m.Source.Channels
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
// for the channels that follow. It leaves the gradient behind them.
func (m *gradFilters) pairs(column, columns, from, channels, times int) {
	n := columns * channels
	m.positions = n
	loop := m.Label("channels")
	m.Note("%d columns from %d on, %d times %d channels: g += Σ x·dy", columns, column, times, channels)
	m.Line(func() {
		m.pointer("x", regChannelsX)
		m.advance(regChannelsX, from*m.Source.ChannelStride*m.size())
		if times > 1 {
			m.set(times, regTileCount)
		}
	})
	if times > 1 {
		m.Place(loop)
	}
	at := func(p, v int) int { return p*panel*m.size() + v*bytes }
	valid := func(v int) int { // other groups' filters are left alone
		if m.Group {
			return m.valid(v)
		}
		return m.lanes()
	}
	m.each(n, func(p, v int) { m.loadFirst(regFilters, at(p, v), valid(v), m.acc(p, v, 0)) })
	m.rows(column, columns, channels)
	m.each(n, func(p, v int) { m.storeFirst(m.acc(p, v, 0), regFilters, at(p, v), valid(v)) })
	m.Line(func() {
		m.advance(regFilters, n*panel*m.size())
		if times > 1 {
			m.advance(regChannelsX, channels*m.Source.ChannelStride*m.size())
		}
	})
	if times > 1 {
		m.countdown(regTileCount, loop)
	}
}

// each does something with the sums of some pairs.
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
		m.move(regChannelsX, regTileX)
		m.move(regRowsDY, regTileY)
	})
	m.pointer("rows", regRowCount)
	m.Place(row)
	first, done := 0, 0 // position, and up to where there are products
	var of []int        // columns that those before have
	flush := func() {
		if len(of) > 0 && done > first {
			m.run(first, done-first, m.elements(of, column, channels))
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
	m.countdown(regRowCount, row)
}

// elements are pairs whose elements of X lie side by side: how many, the first,
// and where its element lies.
type elements struct{ n, pair, at int }

// elements are those of the channels of some columns, 4, 2 or 1 together.
func (m *gradFilters) elements(columns []int, column, channels int) []elements {
	var out []elements
	for _, c := range columns {
		for i := range channels {
			e := elements{1, (c-column)*channels + i, m.taps[c].Offset + i*m.Source.ChannelStride}
			for len(out) > 0 && !m.Lanes { // as in a binary number
				last := out[len(out)-1]
				if last.n != e.n || last.n == m.lanes() || last.pair+last.n != e.pair || last.at+last.n != e.at {
					break
				}
				out, e = out[:len(out)-1], elements{2 * last.n, last.pair, last.at}
			}
			out = append(out, e)
		}
	}
	return out
}

// run adds the products of neighbouring positions.
func (m *gradFilters) run(first, positions int, all []elements) {
	loop := m.Label("positions")
	m.Line(func() {
		m.addTo(regTileX, first*m.Source.PosStride*m.size(), regPositionX)
		m.addTo(regTileY, first*m.DY.PosStride*m.size(), regPositionY)
		if positions > 1 {
			m.set(positions, regPositions)
		}
	})
	if positions > 1 {
		m.Place(loop)
	}
	for v := 0; v < m.vectors; v += dyAtOnce {
		m.Line(func() { m.products(v, min(v+dyAtOnce, m.vectors), all) })
	}
	if positions > 1 {
		m.Line(func() {
			m.advance(regPositionX, m.Source.PosStride*m.size())
			m.advance(regPositionY, m.DY.PosStride*m.size())
		})
		m.countdown(regPositions, loop)
	}
}

// products adds the products of a position for some vectors.
func (m *gradFilters) products(from, to int, all []elements) {
	dy := func(v int) V { return vecFiltersDY + V(v-from) }
	for v := from; v < to; v++ {
		m.loadFirst(regPositionY, v*bytes, m.valid(v), dy(v))
	}
	for i, e := range all {
		x := vecElement + V(i%2)
		if m.Lanes {
			for v := from; v < to; v++ {
				m.loadFirst(regPositionX, e.at*m.size()+v*bytes, m.valid(v), x)
				m.mulAdd(m.acc(e.pair, v, 0), x, dy(v), vecConvProd)
			}
			continue
		}
		m.loadFirst(regPositionX, e.at*m.size(), e.n, x)
		for lane := range e.n {
			for v := from; v < to; v++ {
				m.mulAddElement(m.acc(e.pair+lane, v, 0), dy(v), x, lane, vecConvProd)
			}
		}
	}
}

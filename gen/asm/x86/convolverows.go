package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/kernel"
)

// rows prints the loop over rows of the result, and in it that over the tiles of a
// row; or over parts of a row, of each of which all rows come before the next part.
func (m *convolve) rows() {
	strips := kernel.Strips(m.Runs, m.Tile.Positions)
	if m.Tile.Part == 0 {
		row := m.Label("row")
		m.Place(row)
		m.pointer("x", regTileX)
		m.pointer("y", regTileY)
		for _, strip := range strips {
			m.strip(strip)
		}
		m.Line(func() {
			m.Ins("ADDQ", fmt.Sprintf("$%d", m.RowStride*m.size()), m.ArgOf("x"))
			m.Ins("ADDQ", fmt.Sprintf("$%d", m.Out.RowStride*m.size()), m.ArgOf("y"))
		})
		m.Ins("DECQ", m.ArgOf("rows"))
		m.Ins("JNZ", row)
		return
	}
	for _, strip := range strips {
		for _, part := range strip.Parts(m.Tile.Part) {
			m.part(part.Repeat, kernel.Strip{Repeat: part.Tiles, Cols: strip.Cols})
		}
	}
}

// part prints neighbouring parts of a row, for all rows.
func (m *convolve) part(times int, s kernel.Strip) {
	part, row := m.Label("part"), m.Label("row")
	if times > 1 {
		m.Ins("MOVQ", fmt.Sprintf("$%d", times), regParts)
		m.Place(part)
	}
	m.pointer("x", regTileX)
	m.pointer("y", regTileY)
	m.pointer("rows", regRows)
	m.Place(row)
	m.strip(s)
	x, y := s.Repeat*len(s.Cols)*m.PosStride, s.Repeat*len(s.Cols)*m.Out.PosStride
	m.Line(func() {
		m.advance(regTileX, (m.RowStride-x)*m.size())
		m.advance(regTileY, (m.Out.RowStride-y)*m.size())
	})
	m.countdown(regRows, row)
	m.Line(func() {
		m.Ins("ADDQ", fmt.Sprintf("$%d", x*m.size()), m.ArgOf("x"))
		m.Ins("ADDQ", fmt.Sprintf("$%d", y*m.size()), m.ArgOf("y"))
	})
	if times > 1 {
		m.countdown(regParts, part)
	}
}

// strip prints neighbouring tiles.
func (m *convolve) strip(s kernel.Strip) {
	n := len(s.Cols)
	m.Note("%d tiles of %d positions", s.Repeat, n)
	loop := m.Label("tiles")
	if s.Repeat > 1 {
		m.Ins("MOVQ", fmt.Sprintf("$%d", s.Repeat), regTiles)
		m.Place(loop)
	}
	back := 0 // how far the panels went
	if m.panels > 0 {
		back = m.panelsOf(s.Cols)
	} else {
		m.tile(s.Cols)
	}
	m.Line(func() {
		m.advance(regTileX, n*m.PosStride*m.size()-back)
		m.advance(regTileY, n*m.Out.PosStride*m.size()-back)
	})
	if s.Repeat > 1 {
		m.countdown(regTiles, loop)
	}
}

// tile prints the outputs of a panel.
func (m *convolve) tile(cols [][]bool) {
	m.positions = len(cols)
	if m.each != nil {
		m.each(m, cols)
		return
	}
	m.begin(len(cols))
	m.sum(cols)
	m.finish(len(cols))
}

// panelsOf prints those of all panels, and returns how many bytes they lie apart.
func (m *convolve) panelsOf(cols [][]bool) int {
	if m.Weight != "" {
		m.pointer("w", regW)
	}
	if m.Init == kernel.Bias {
		m.pointer("b", regBias)
	}
	loop := m.Label("panels")
	if m.panels > 1 {
		m.Ins("MOVQ", fmt.Sprintf("$%d", m.panels), regBlocks)
		m.Place(loop)
	}
	m.tile(cols)
	each := panel * m.size()
	if m.panels > 1 || m.tail != nil {
		m.Line(func() {
			m.advance(regTileX, each)
			m.advance(regTileY, each)
			if m.Weight != "" {
				m.advance(regW, m.Panels.PanelRows*each)
			}
			if m.Init == kernel.Bias {
				m.advance(regBias, each)
			}
		})
	}
	if m.panels > 1 {
		m.countdown(regBlocks, loop)
	}
	if m.tail != nil {
		m.tail.tile(cols)
	}
	return m.panels * each
}

package arm64

import (
	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of transforms of tiles: the tile in the source or the result and in the
// planes, both at the channels at hand, their displacement, the bias at hand, a count
// of tiles; where a row begins, how many are left, the bias, and the distance of the
// operand of the epilogue.
const (
	regTileAt, regPlanes, regElements, regPlanesAt, regChannels, regBiasAt, regRunTiles R = 0, 1, 2, 3, 4, 5, 6

	regTileRow, regTileRows, regTileBias, regTileOperand, regTileExtra R = 7, 8, 9, 10, 11

	tileSum, tileNext, tileZero V = 8, 9, 31
)

// tileSums are the transform of the source along an axis, Bᵀ of F(2×2, 3×3): an
// element, and the one that is added to it or taken away.
var tileSums = [4]struct {
	a, b  int
	minus bool
}{{0, 2, true}, {1, 2, false}, {2, 1, true}, {1, 3, true}}

// tiles prints a transform.
type tiles struct {
	*writer
	*kernel.Tiles
}

// FusesTiles reports whether Tiles applies the epilogue.
func FusesTiles(k *kernel.Kernel) bool { return len(k.Extras()) < 2 && fits(k, int(tileNext)+1) }

// Tiles prints V = Bᵀ·d·B of the tiles of some rows that have the same rows, or, back,
// Y = Aᵀ·M·A + b. Where channels do not fill the last vector it begins earlier.
func Tiles(name string, doc []string, k *kernel.Tiles) *asm.Func {
	m := &tiles{newWriter(name, doc, k.Elem, false), k}
	m.Args = kernels.Tiles(k)
	source := "x"
	if k.Back {
		source = "y"
	}
	m.pointer("v", regPlanes)
	m.pointer(source, regTileRow)
	if k.Bias {
		m.pointer("b", regTileBias)
	}
	if len(kernel.Extras(k.Epilogue)) > 0 {
		m.pointer("u", regTileOperand)
		m.Ins("SUB", regTileRow.String(), regTileOperand.String(), regTileOperand.String())
	}
	m.pointer("rows", regTileRows)
	if !k.Back {
		m.clear(tileZero)
	}
	row := m.Label("row")
	m.Place(row)
	m.move(regTileRow, regTileAt)
	for _, r := range k.Runs {
		m.run(r)
	}
	m.advance(regTileRow, k.Size*k.RowStride*m.size())
	m.countdown(regTileRows, row)
	m.ret()
	return m.Func
}

// run prints neighbouring tiles that have the same columns.
func (m *tiles) run(r kernel.Run) {
	m.Note("%d tiles", r.Positions)
	loop, channels := m.Label("tiles"), m.Label("channels")
	if r.Positions > 1 {
		m.set(r.Positions, regRunTiles)
		m.Place(loop)
	}
	m.set(m.Channels*m.size()-bytes, regChannels)
	m.Place(channels)
	m.Line(func() {
		m.sum(regTileAt, regChannels, regElements)
		m.sum(regPlanes, regChannels, regPlanesAt)
		if m.Bias {
			m.sum(regTileBias, regChannels, regBiasAt)
		}
	})
	if m.Back {
		m.back(r.Cols)
	} else {
		m.source(r.Cols)
	}
	if m.Channels > m.lanes() {
		m.advance(regChannels, -bytes)
		m.ifNotBelow(regChannels, 0, channels)
	}
	if m.Channels%m.lanes() > 0 { // a vector is left at the beginning
		done := m.Label("done")
		m.advance(regChannels, bytes)
		m.ifZero(regChannels, done)
		m.set(0, regChannels)
		m.Ins("JMP", channels)
		m.Place(done)
	}
	m.Line(func() {
		m.advance(regTileAt, m.Size*m.ColStride*m.size())
		m.advance(regPlanes, m.Channels*m.size())
	})
	if r.Positions > 1 {
		m.countdown(regRunTiles, loop)
	}
}

// has reports whether an element of the tile exists.
func (m *tiles) has(u, v int, cols []bool) bool {
	return u >= m.First && u < m.First+m.Rows && (cols == nil || cols[v])
}

// at is the displacement of an element of the tile.
func (m *tiles) at(u, v int) int {
	return ((u-m.First)*m.RowStride + (v-m.Left)*m.ColStride) * m.size()
}

// loadPlane loads an element of a plane.
func (m *tiles) loadPlane(p int, dst V) { m.load(regPlanesAt, p*m.Plane*m.size(), dst) }

// addOrTake is dst = a ± b.
func (m *tiles) addOrTake(a, b V, minus bool, dst V) {
	if minus {
		m.Ins(m.op("FSUB"), a.String(), b.String(), dst.String())
		return
	}
	m.add(a, b, dst)
}

// larger writes the transforms of F(4×4, 3×3).
func (m *tiles) larger(cols []bool) *kernels.TileWriter {
	load := func(u, v int, dst V) {
		if m.has(u, v, cols) {
			m.load(regElements, m.at(u, v), dst)
		} else {
			m.clear(dst)
		}
	}
	return &kernels.TileWriter{
		Line: m.Line,
		Load: func(u, v, dst int) { load(u, v, V(dst)) },
		Take: func(u, v, dst int) {
			load(u, v, tileZero)
			m.addOrTake(V(dst), tileZero, true, V(dst))
		},
		Plane: func(p, dst int) { m.loadPlane(p, V(dst)) },
		Store: func(p, src int) { m.store(V(src), regPlanesAt, p*m.Plane*m.size()) },
		Sum:   func(a, b int, minus bool, dst int) { m.addOrTake(V(a), V(b), minus, V(dst)) },
	}
}

// source transforms a vector of a tile of the source.
func (m *tiles) source(cols []bool) {
	if m.Size == 4 {
		m.larger(cols).Source()
		return
	}
	for a, r := range tileSums {
		m.Line(func() {
			for v := range 4 {
				x, y := tileZero, tileZero
				if m.has(r.a, v, cols) {
					x = V(v)
					m.load(regElements, m.at(r.a, v), x)
				}
				if m.has(r.b, v, cols) {
					y = V(16 + v)
					m.load(regElements, m.at(r.b, v), y)
				}
				m.addOrTake(x, y, r.minus, V(v))
			}
		})
		m.Line(func() {
			for b, c := range tileSums {
				m.addOrTake(V(c.a), V(c.b), c.minus, V(4+b))
				m.store(V(4+b), regPlanesAt, (4*a+b)*m.Plane*m.size())
			}
		})
	}
}

// back transforms a vector of a tile back.
func (m *tiles) back(cols []bool) {
	for b := range 4 {
		if m.Size == 4 {
			break
		}
		m.Line(func() {
			first, second := V(b), V(4+b)
			m.loadPlane(4+b, tileSum)
			m.loadPlane(8+b, tileNext)
			m.loadPlane(b, first)
			m.add(first, tileSum, first)
			m.add(first, tileNext, first)
			if m.Rows > 1 {
				m.addOrTake(tileSum, tileNext, true, second)
				m.loadPlane(12+b, tileNext)
				m.addOrTake(second, tileNext, true, second)
			}
		})
	}
	c, _ := m.epilogue(m.Epilogue)
	for p := range m.Rows {
		h := V(4 * p)
		if m.Size == 4 {
			m.larger(cols).Half(p)
		}
		for q := range m.Size {
			if !m.has(p, q, cols) {
				continue
			}
			m.Line(func() {
				switch {
				case m.Size == 4:
					m.larger(cols).Result(q)
				case q == 0:
					m.add(h, h+1, tileSum)
					m.add(tileSum, h+2, tileSum)
				default:
					m.addOrTake(h+1, h+2, true, tileSum)
					m.addOrTake(tileSum, h+3, true, tileSum)
				}
				if m.Bias {
					m.load(regBiasAt, 0, tileNext)
					m.add(tileSum, tileNext, tileSum)
				}
				y := m.file(first(int(tileSum)+1)...).run(c, []V{tileSum}, func(_ string, dst V) {
					m.sum(regElements, regTileOperand, regTileExtra)
					m.load(regTileExtra, m.at(p, q), dst)
				})[0]
				c.Mute()
				m.store(y, regElements, m.at(p, q))
			})
		}
	}
}

package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of transforms of tiles: R12 is the tile in the source or the result, DI
// in the planes, R8 and R10 the same at the channels at hand, AX their displacement;
// R14 is the distance of the operand of the epilogue from the result.
const (
	regPlanes, regElements, regPlanesAt = "DI", "R8", "R10"

	// Of the transform back: rows of results, and what is worked on; zero is the last
	// register.
	tileHalf Y = 0
	tileSum  Y = 8
	tileNext Y = 9
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
	zero Y
}

// FusesTiles reports whether Tiles applies the epilogue.
func (s *ISA) FusesTiles(k *kernel.Kernel) bool {
	return len(k.Extras()) < 2 && s.Fits(k, int(tileNext)+1, 0)
}

// Tiles prints V = Bᵀ·d·B of the tiles of some rows that have the same rows, or, back,
// Y = Aᵀ·M·A + b. Where channels do not fill the last vector it begins earlier.
func (s *ISA) Tiles(name string, doc []string, k *kernel.Tiles) *asm.Func {
	m := &tiles{writer: s.newWriter(name, doc, k.Elem, false), Tiles: k, zero: Y(s.registers - 1)}
	m.Args = kernels.Tiles(k)
	source := "x"
	if k.Back {
		source = "y"
	}
	m.pointer("v", regPlanes)
	if k.Bias {
		m.pointer("b", regBias)
	}
	if len(kernel.Extras(k.Epilogue)) > 0 {
		m.pointer("u", regDistance)
		m.Ins("SUBQ", m.ArgOf("y"), regDistance)
	}
	if !k.Back {
		m.clear(m.zero)
	}
	row := m.Label("row")
	m.Place(row)
	m.pointer(source, regTileX)
	for _, r := range k.Runs {
		m.run(r)
	}
	m.Ins("ADDQ", fmt.Sprintf("$%d", k.Size*k.RowStride*m.size()), m.ArgOf(source))
	m.Ins("DECQ", m.ArgOf("rows"))
	m.Ins("JNZ", row)
	m.ret()
	return m.Func
}

// run prints neighbouring tiles that have the same columns.
func (m *tiles) run(r kernel.Run) {
	m.Note("%d tiles", r.Positions)
	loop := m.Label("tiles")
	if r.Positions > 1 {
		m.Ins("MOVQ", fmt.Sprintf("$%d", r.Positions), regTiles)
		m.Place(loop)
	}
	channels := m.Label("channels")
	m.Ins("MOVQ", fmt.Sprintf("$%d", m.Channels*m.size()-m.bytes), regOffset)
	m.Place(channels)
	m.Line(func() {
		m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*1)", regTileX, regOffset), regElements)
		m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*1)", regPlanes, regOffset), regPlanesAt)
	})
	if m.Back {
		m.back(r.Cols)
	} else {
		m.source(r.Cols)
	}
	if m.Channels > m.lanes() {
		m.Ins("SUBQ", fmt.Sprintf("$%d", m.bytes), regOffset)
		m.Ins("JGE", channels)
	}
	if m.Channels%m.lanes() > 0 { // a vector is left at the beginning
		done := m.Label("done")
		m.Ins("CMPQ", regOffset, fmt.Sprintf("$%d", -m.bytes))
		m.Ins("JEQ", done)
		m.Ins("XORQ", regOffset, regOffset)
		m.Ins("JMP", channels)
		m.Place(done)
	}
	m.Line(func() {
		m.advance(regTileX, m.Size*m.ColStride*m.size())
		m.advance(regPlanes, m.Channels*m.size())
	})
	if r.Positions > 1 {
		m.countdown(regTiles, loop)
	}
}

// has reports whether an element of the tile exists.
func (m *tiles) has(u, v int, cols []bool) bool {
	return u >= m.First && u < m.First+m.Rows && (cols == nil || cols[v])
}

// at is an element of the tile.
func (m *tiles) at(u, v int) string {
	return mem(regElements, ((u-m.First)*m.RowStride+(v-m.Left)*m.ColStride)*m.size())
}

// plane is an element of a plane.
func (m *tiles) plane(p int) string { return mem(regPlanesAt, p*m.Plane*m.size()) }

// sum is dst = a ± b.
func (m *tiles) sum(a Y, b string, minus bool, dst Y) {
	op := m.op("VADDPS", "VADDPD")
	if minus {
		op = m.op("VSUBPS", "VSUBPD")
	}
	m.Ins(op, b, a.String(), dst.String())
}

// larger writes the transforms of F(4×4, 3×3).
func (m *tiles) larger(cols []bool) *kernels.TileWriter {
	return &kernels.TileWriter{
		Line: m.Line,
		Load: func(u, v, dst int) {
			if m.has(u, v, cols) {
				m.load(m.at(u, v), Y(dst))
			} else {
				m.clear(Y(dst))
			}
		},
		Take: func(u, v, dst int) {
			if m.has(u, v, cols) {
				m.sum(Y(dst), m.at(u, v), true, Y(dst))
			}
		},
		Plane: func(p, dst int) { m.load(m.plane(p), Y(dst)) },
		Store: func(p, src int) { m.store(Y(src), m.plane(p)) },
		Sum:   func(a, b int, minus bool, dst int) { m.sum(Y(a), Y(b).String(), minus, Y(dst)) },
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
				first, second, dst := m.has(r.a, v, cols), m.has(r.b, v, cols), Y(v)
				x, y := m.zero, m.zero.String()
				if first {
					m.load(m.at(r.a, v), dst)
					x = dst
				}
				if second {
					y = m.at(r.b, v)
				}
				m.sum(x, y, r.minus, dst)
			}
		})
		m.Line(func() {
			for b, c := range tileSums {
				m.sum(Y(c.a), Y(c.b).String(), c.minus, Y(4+b))
				m.store(Y(4+b), m.plane(4*a+b))
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
			m.load(m.plane(4+b), tileSum)
			m.load(m.plane(8+b), tileNext)
			m.backSums(tileSum, tileNext, m.plane(b), m.plane(12+b), tileHalf+Y(b), tileHalf+Y(4+b), m.Rows > 1)
		})
	}
	c, _ := m.epilogue(m.Epilogue, 0)
	for p := range m.Rows {
		h := tileHalf + Y(4*p)
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
					m.sum(h+1, (h + 2).String(), true, tileSum)
					m.sum(tileSum, (h + 3).String(), true, tileSum)
				}
				if m.Bias {
					m.sum(tileSum, fmt.Sprintf("(%s)(%s*1)", regBias, regOffset), false, tileSum)
				}
				f := m.file(first(int(tileSum) + 1)...)
				y := f.run(c, []Y{tileSum}, func(_ string, dst Y, _ []Y) {
					m.load(fmt.Sprintf("%d(%s)(%s*1)", (p*m.RowStride+q*m.ColStride)*m.size(), regElements, regDistance), dst)
				})[0]
				c.Mute()
				m.store(y, m.at(p, q))
			})
		}
	}
}

// backSums are (m0 + m1) + m2 and (m1 − m2) − m3.
func (m *tiles) backSums(m1, m2 Y, m0, m3 string, first, second Y, both bool) {
	m.sum(m1, m0, false, first)
	m.add(first, m2, first)
	if both {
		m.sum(m1, m2.String(), true, second)
		m.sum(second, m3, true, second)
	}
}

package x86

import (
	"fmt"

	vec "github.com/nngen-go/nngen/gen/vector"
)

// toLanes makes the mask of the last vector.
func (m *convolve) toLanes(dst Y) {
	if !m.isa.masks {
		m.load(fmt.Sprintf("%s<>+%d(SB)", MaskName, (m.lanes()-m.last)*m.size()), dst)
	}
}

// finish applies the epilogue to the sums of a tile and stores them.
func (m *convolve) finish(positions int) {
	c, _ := m.epilogue(m.Epilogue, 0)
	var busy []Y
	m.Line(func() {
		for p := range positions {
			for v := range m.vectors {
				for h := m.Chains / 2; h >= 1; h /= 2 {
					for i := range h {
						m.add(m.acc(p, v, i+h), m.acc(p, v, i), m.acc(p, v, i))
					}
				}
				busy = append(busy, m.acc(p, v, 0))
			}
		}
	})
	f := m.file(busy...)
	at := func(p, v int) string { return mem(regTileY, p*m.Out.PosStride*m.size()+v*m.bytes) }
	if f.fits(c, busy[0]) {
		m.Line(func() {
			for p := range positions {
				for v := range m.vectors {
					y := m.apply(f, c, m.acc(p, v, 0), p, v)
					m.put(y, v, at(p, v))
					f.free(y)
					c.Mute()
				}
			}
		})
		return
	}
	for p := range positions {
		for v := range m.vectors {
			m.put(m.acc(p, v, 0), v, at(p, v))
			f.free(m.acc(p, v, 0))
		}
	}
	m.Note("the sums once more, through the results")
	m.Ins("MOVQ", regTileY, regRow)
	loop := m.Label("finish")
	m.count(positions)
	m.Place(loop)
	for v := range m.vectors {
		m.Line(func() {
			f := m.file(0)
			m.get(mem(regRow, v*m.bytes), v, 0)
			put := m.run1(f, c, 0, v)
			m.put(put, v, mem(regRow, v*m.bytes))
		})
	}
	m.advance(regRow, m.Out.PosStride*m.size())
	m.again(loop)
}

// apply runs the epilogue on a sum of a position of the tile.
func (m *convolve) apply(f *file, c *vec.Code, y Y, p, v int) Y {
	return f.run(c, []Y{y}, func(_ string, dst Y, _ []Y) {
		m.get(fmt.Sprintf("%d(%s)(%s*1)", p*m.Out.PosStride*m.size()+v*m.bytes, regTileY, regDistance), v, dst)
	})[0]
}

// run1 runs it on a sum of the position that the loop is at.
func (m *convolve) run1(f *file, c *vec.Code, y Y, v int) Y {
	return f.run(c, []Y{y}, func(_ string, dst Y, _ []Y) {
		m.get(fmt.Sprintf("%d(%s)(%s*1)", v*m.bytes, regRow, regDistance), v, dst)
	})[0]
}

// get loads a vector of the result or of something that lies like it.
func (m *convolve) get(src string, v int, dst Y) {
	if m.partial(v) && m.masked() {
		m.toLanes(dst)
		m.loadMasked(src, dst, dst)
		return
	}
	m.loadShort(src, v, dst)
}

// put stores a vector of the result: of a partial one, without mask registers,
// its parts, for stores under a vector mask take long.
func (m *convolve) put(y Y, v int, dst string) {
	switch {
	case !m.partial(v):
		m.store(y, dst)
	case m.isa.masks:
		m.storePart(y.String(), "", dst)
	default:
		m.storeLanes(y, m.last, dst)
	}
}

// storeLanes stores the first lanes of a vector, which is given up.
func (m *convolve) storeLanes(y Y, lanes int, dst string) {
	at := func(n int) string {
		disp := 0
		rest := dst
		if dst[0] != '(' {
			fmt.Sscanf(dst, "%d%s", &disp, &rest)
		}
		return mem(rest[1:len(rest)-1], disp+n*m.size())
	}
	done, half := 0, m.lanes()/2
	if lanes >= half {
		m.Ins("VMOVUPS", y.x(), dst)
		done = half
		if lanes > half {
			m.Ins("VEXTRACTF128", "$1", y.String(), y.x())
		}
	}
	if m.double {
		if lanes > done {
			m.Ins("VMOVSD", y.x(), at(done))
		}
		return
	}
	if lanes-done >= 2 {
		m.Ins("VMOVSD", y.x(), at(done))
		if done += 2; lanes > done {
			m.Ins("VUNPCKHPD", y.x(), y.x(), y.x())
		}
	}
	if lanes > done {
		m.Ins("VMOVSS", y.x(), at(done))
	}
}

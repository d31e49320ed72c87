package arm64

import vec "github.com/nngen-go/nngen/gen/vector"

// termRun is terms of a column of the window: of the positions that have it.
type termRun struct {
	x, w      int // displacements of the first, in elements
	index     int // of the first in a row of the window
	terms     int
	positions []int
}

// runs are the terms of a row of the window for some channels.
func (m *convolve) runs(cols [][]bool, channels int) []termRun {
	var out []termRun
	for _, tap := range m.taps {
		r := termRun{x: tap.Offset, w: (tap.Weight - m.taps[0].Weight) * m.Channels * panel, index: tap.Col * m.PerBlock, terms: channels}
		for p, has := range cols {
			if has == nil || has[tap.Col] {
				r.positions = append(r.positions, p)
			}
		}
		if len(r.positions) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// run adds the terms of a run; x and w are how far the pointers went before it,
// and, as the result, after it.
func (m *convolve) run(r termRun, x, w int) (int, int) {
	size := m.size()
	at := func(k int) {
		m.term(r.positions, (r.x+k*m.ChannelStride)*size-x, (r.w+k*panel)*size-w, (r.index+k)%m.Chains)
	}
	n, k := unroll(m.Chains), 0
	if turns := r.terms / n; turns > 2 {
		loop := m.Label("terms")
		m.set(turns, regTermCount)
		m.Place(loop)
		for k := range n {
			at(k)
		}
		m.Line(func() { m.forward(n*m.ChannelStride*size, n*panel*size) })
		m.countdown(regTermCount, loop)
		k = turns * n
		x, w = x+k*m.ChannelStride*size, w+k*panel*size
	}
	for ; k < r.terms; k++ {
		at(k)
	}
	return x, w
}

// term adds a product to the sums of some positions.
func (m *convolve) term(positions []int, x, w, chain int) {
	if m.visit != nil {
		m.visit(x)
		return
	}
	m.Line(func() {
		if m.Weight != "" {
			for v := range m.vectors {
				m.load(regWindow, w+v*bytes, m.weight(v))
			}
		}
		for i, p := range positions {
			at := x + p*m.PosStride*m.size()
			if m.Lanes {
				for v := range m.vectors {
					m.lane(at+v*bytes, v, m.acc(p, v, chain))
				}
				continue
			}
			element := vecElement + V(i%2)
			m.loadElement(regTermX, at, element)
			for v := range m.vectors {
				m.mulAddElement(m.acc(p, v, chain), m.weight(v), element, 0, vecConvProd)
			}
		}
	})
}

// lane adds a vector of channels to their sums, or puts what is greater in their
// place.
func (m *convolve) lane(at, v int, acc V) {
	m.loadFirst(regTermX, at, m.valid(v), vecElement)
	switch {
	case m.Weight != "":
		m.mulAdd(acc, vecElement, m.weight(v), vecConvProd)
	case m.Max: // and every NaN
		m.Ins(m.op("FCMGT"), vecElement.String(), acc.String(), scratch.String())
		m.Ins("VBIT.B16", scratch.String(), vecElement.String(), acc.String())
		m.Ins(m.op("FCMEQ"), vecElement.String(), vecElement.String(), scratch.String())
		m.Ins("VBIF.B16", scratch.String(), vecElement.String(), acc.String())
	default:
		m.add(acc, vecElement, acc)
	}
}

// finish applies the epilogue to the sums of a tile and stores them.
func (m *convolve) finish() {
	var busy []V
	m.Line(func() {
		for p := range m.positions {
			for v := range m.vectors {
				m.addChains(m.Chains, func(c int) V { return m.acc(p, v, c) })
				busy = append(busy, m.acc(p, v, 0))
			}
		}
	})
	if m.extra {
		m.sum(regTileY, regDistance, regOperandAt)
	}
	stride := m.Out.PosStride * m.size()
	f := m.file(busy...)
	c, given, ok := f.finish(m.Epilogue, busy[0])
	if ok {
		for p := range m.positions {
			m.Line(func() {
				for v := range m.vectors {
					y := m.apply(f, c, append([]V{m.acc(p, v, 0)}, given...), v, p*stride+v*bytes)
					m.storeFirst(y, regTileY, p*stride+v*bytes, m.valid(v))
					f.free(y)
				}
			})
		}
		return
	}
	m.Line(func() {
		for p := range m.positions {
			for v := range m.vectors {
				m.storeFirst(m.acc(p, v, 0), regTileY, p*stride+v*bytes, m.valid(v))
			}
		}
	})
	m.Note("the sums once more, through the results")
	loop := m.Label("finish")
	m.move(regTileY, regTermX)
	m.set(m.positions, regTermCount)
	m.Place(loop)
	for v := range m.vectors {
		m.Line(func() {
			m.loadFirst(regTermX, v*bytes, m.valid(v), 0)
			y := m.apply(m.file(0), c, []V{0}, v, v*bytes)
			m.storeFirst(y, regTermX, v*bytes, m.valid(v))
		})
	}
	m.Line(func() {
		m.advance(regTermX, stride)
		if m.extra {
			m.advance(regOperandAt, stride)
		}
	})
	m.countdown(regTermCount, loop)
}

// apply runs the epilogue on a vector of sums, whose operand lies at a
// displacement.
func (m *convolve) apply(f *file, c *vec.Code, given []V, v, at int) V {
	y := f.run(c, given, func(_ string, dst V) { m.loadFirst(regOperandAt, at, m.valid(v), dst) })[0]
	c.Mute()
	return y
}

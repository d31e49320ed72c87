package x86

import "slices"

// A row of the window of a depthwise convolution has all its weights in registers,
// and what is read of X is read once for all positions and columns that want it:
// loads, of which there would be one for every product, are what such a kernel
// waits for.

// free are the registers beside the sums of a tile and what has a role.
func (m *convolve) free(positions int) []Y {
	var out []Y
	for r := Y(positions * m.vectors * m.Chains); r < Y(m.isa.registers); r++ {
		if (m.fused || r != m.product) && (m.isa.masks || !m.masked() || r != m.mask) {
			out = append(out, r)
		}
	}
	return out
}

// inOrder reports whether every sum gets its products in their order where those of
// an element of X are added at once.
func (m *convolve) inOrder() bool {
	if !m.Lanes || m.Weight == "" {
		return false
	}
	offsets := make([]int, len(m.row))
	for i, tap := range m.row {
		offsets[i] = tap.Offset
	}
	if m.descends() {
		slices.Reverse(offsets)
	}
	for i := range len(offsets) - 1 {
		if offsets[i] >= offsets[i+1] {
			return false
		}
	}
	return true
}

// descends reports whether the columns of the window go back in X.
func (m *convolve) descends() bool {
	return len(m.row) > 1 && m.row[0].Offset > m.row[1].Offset
}

// laneRow adds the products of a row of the window.
func (m *convolve) laneRow(cols [][]bool, registers []Y) {
	weights, x := registers[:len(m.row)], registers[len(m.row)]
	type product struct{ tap, position int }
	reads := map[int][]product{} // of an element of X
	var order []int
	for i, tap := range m.row {
		for p, has := range cols {
			if has != nil && !has[tap.Col] {
				continue
			}
			at := tap.Offset + p*m.PosStride
			if reads[at] == nil {
				order = append(order, at)
			}
			reads[at] = append(reads[at], product{i, p})
		}
	}
	slices.Sort(order)
	if m.descends() {
		slices.Reverse(order)
	}
	for v := range m.vectors {
		m.Line(func() {
			for i, tap := range m.row {
				m.load(mem(regWindow, (tap.Weight-m.row[0].Weight)*panel*m.size()+v*m.bytes), weights[i])
			}
		})
		for _, at := range order {
			m.Line(func() {
				m.loadLanes(mem(regRow, at*m.size()+v*m.bytes), v, x)
				for _, r := range reads[at] {
					m.mulAddOf(x, weights[r.tap], m.acc(r.position, v, m.row[r.tap].Col%m.Chains))
				}
			})
		}
	}
}

// loadLanes loads the channels of a vector.
func (m *convolve) loadLanes(src string, v int, dst Y) {
	if m.partial(v) && m.masked() {
		m.loadPart(src, m.mask.String(), dst.String())
		return
	}
	m.loadShort(src, v, dst)
}

// masked reports whether the last vector needs a mask to be loaded: there are loads of
// one, two and four numbers.
func (m *convolve) masked() bool {
	return m.last < m.lanes() && (m.isa.masks || m.last&(m.last-1) != 0)
}

// loadShort loads a vector without a mask.
func (m *convolve) loadShort(src string, v int, dst Y) {
	switch {
	case !m.partial(v):
		m.load(src, dst)
	case m.last*m.size() == 4:
		m.Ins("VMOVSS", src, dst.x())
	case m.last*m.size() == 8:
		m.Ins("VMOVSD", src, dst.x())
	default:
		m.Ins("VMOVUPS", src, dst.x())
	}
}

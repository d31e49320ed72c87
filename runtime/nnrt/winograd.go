package nnrt

// WinogradTiles has the sizes of a convolution by Winograd's transform, F(2×2, 3×3) or
// F(4×4, 3×3), Size results of a tile along an axis: of a source
// [Height][Width][Channels] to results [ResultRows][ResultCols][Outputs], of which
// (i, j) begins at (i − Top, j − Left). A block of rows of tiles is in memory as
// (Size+2)² planes, [tiles][Channels], and their products, [tiles][Outputs], each plane
// some elements longer, so that they do not compete for cache sets.
type WinogradTiles struct {
	Size                    int
	Height, Width, Channels int
	ResultRows, ResultCols  int
	Outputs                 int
	Top, Left               int
	Gap                     int
}

// WinogradFilters transforms filters of 3×3 in panels of 16, w[panel][9·channels][16]
// with rows elements between panels, to u[planes][panel][channels][16] for tiles of
// so many results along an axis: U = G·g·Gᵀ, rounded once.
func WinogradFilters(u, w []float32, panels, channels, rows, size int) {
	var g [9][16]float32
	for q := range panels {
		for c := range channels {
			for tap := range g {
				g[tap] = [16]float32(w[(q*rows+tap*channels+c)*16:])
			}
			winogradFilters(u[(q*channels+c)*16:], &g, panels*channels*16, size)
		}
	}
}

// WinogradTransposed transforms the filters of the gradient of inputs: those of a
// convolution of so many channels, w[panel][9·channels][16] with rows elements between
// panels, transposed and turned, to u[planes][panel of channels][filters][16].
func WinogradTransposed(u, w []float32, filters, channels, rows, size int) {
	var g [9][16]float32
	panels := (channels + 15) / 16
	for first := 0; first < filters; first += 16 {
		for q := range panels {
			most := min(16, channels-q*16)
			for n := first; n < min(first+16, filters); n++ {
				for tap := range g {
					at := w[(first/16*rows+(8-tap)*channels+q*16)*16+n%16:]
					for lane := range most {
						g[tap][lane] = at[lane*16]
					}
				}
				winogradFilters(u[(q*filters+n)*16:], &g, panels*filters*16, size)
			}
		}
	}
}

// winogradFilters is G·g·Gᵀ of 16 filters, side by side in each of the planes.
func winogradFilters(u []float32, g *[9][16]float32, plane, size int) {
	if size == 4 {
		winogradFilters4(u, g, plane)
		return
	}
	var half [4][3][16]float64 // halves are exact
	for v := range 3 {
		for lane := range 16 {
			a, b, c := float64(g[v][lane]), float64(g[3+v][lane]), float64(g[6+v][lane])
			half[0][v][lane], half[1][v][lane], half[2][v][lane], half[3][v][lane] = a, (a+c+b)/2, (a+c-b)/2, c
		}
	}
	for i := range half {
		h := &half[i]
		u0, u1 := (*[16]float32)(u[4*i*plane:]), (*[16]float32)(u[(4*i+1)*plane:])
		u2, u3 := (*[16]float32)(u[(4*i+2)*plane:]), (*[16]float32)(u[(4*i+3)*plane:])
		for lane := range 16 {
			a, b, c := h[0][lane], h[1][lane], h[2][lane]
			u0[lane], u1[lane], u2[lane], u3[lane] = float32(a), float32((a+c+b)/2), float32((a+c-b)/2), float32(c)
		}
	}
}

// winogradFilters4 is winogradFilters of F(4×4, 3×3).
func winogradFilters4(u []float32, g *[9][16]float32, plane int) {
	for lane := range 16 {
		var half [3][6]float64
		for v := range half {
			half[v] = winogradFilter4(float64(g[v][lane]), float64(g[3+v][lane]), float64(g[6+v][lane]))
		}
		for a := range 6 {
			for b, s := range winogradFilter4(half[0][a], half[1][a], half[2][a]) {
				u[(6*a+b)*plane+lane] = float32(s)
			}
		}
	}
}

// winogradFilter4 is G·g along an axis.
func winogradFilter4(a, b, c float64) [6]float64 {
	even, odd := float64(a/4)+c, float64(b/2)
	return [6]float64{a / 4, -(a + c + b) / 6, -(a + c - b) / 6, (even + odd) / 6, (even - odd) / 6, c}
}

// tileCols is the number of tiles of a row.
func (t *WinogradTiles) tileCols() int { return (t.ResultCols + t.Size - 1) / t.Size }

// planes divides memory into planes of so many elements.
func (t *WinogradTiles) planes(v []float32, size int) [6][6][]float32 {
	var p [6][6][]float32
	n := t.Size + 2
	for r := range n {
		for s := range n {
			p[r][s] = v[(n*r+s)*(size+t.Gap):][:size]
		}
	}
	return p
}

// Source transforms the tiles of some rows of tiles from the first on: V = Bᵀ·d·B of
// every channel, rows first. Elements outside of x are 0.
func (t *WinogradTiles) Source(v, x []float32, first, rows int) {
	cols := t.tileCols()
	p := t.planes(v, rows*cols*t.Channels)
	for r := range t.Size + 2 {
		for s := range t.Size + 2 {
			for i := range rows {
				row := t.Size*(first+i) - t.Top + r
				for j := range cols {
					tile := p[r][s][(i*cols+j)*t.Channels:][:t.Channels]
					if col := t.Size*j - t.Left + s; row >= 0 && row < t.Height && col >= 0 && col < t.Width {
						copy(tile, x[(row*t.Width+col)*t.Channels:])
					} else {
						clear(tile)
					}
				}
			}
		}
	}
	for s := range t.Size + 2 {
		t.source(p[0][s], p[1][s], p[2][s], p[3][s], p[4][s], p[5][s])
	}
	for _, r := range p[:t.Size+2] {
		t.source(r[0], r[1], r[2], r[3], r[4], r[5])
	}
}

// source is Bᵀ·d, in place. The calls are direct: through a variable, what they get
// would escape.
func (t *WinogradTiles) source(d0, d1, d2, d3, d4, d5 []float32) {
	if t.Size == 4 {
		winogradSource4(d0, d1, d2, d3, d4, d5)
	} else {
		winogradSource2(d0, d1, d2, d3)
	}
}

// winogradSource2 is Bᵀ·d of F(2×2, 3×3), in place.
func winogradSource2(d0, d1, d2, d3 []float32) {
	d1, d2, d3 = d1[:len(d0)], d2[:len(d0)], d3[:len(d0)]
	for i := range d0 {
		a, b, c, d := d0[i], d1[i], d2[i], d3[i]
		d0[i], d1[i], d2[i], d3[i] = a-c, b+c, c-b, b-d
	}
}

// winogradSource4 is Bᵀ·d of F(4×4, 3×3), in place; products with 4 and 2 are exact.
func winogradSource4(d0, d1, d2, d3, d4, d5 []float32) {
	d1, d2, d3, d4, d5 = d1[:len(d0)], d2[:len(d0)], d3[:len(d0)], d4[:len(d0)], d5[:len(d0)]
	for i := range d0 {
		a, b, c, d, e, f := d0[i], d1[i], d2[i], d3[i], d4[i], d5[i]
		even, odd := e-float32(4*c), d-float32(4*b)
		half, part := e-c, float32(2*(d-b))
		d0[i], d1[i], d2[i] = float32(4*(a-c))+half, even+odd, even-odd
		d3[i], d4[i], d5[i] = half+part, half-part, float32(4*(b-d))+(f-d)
	}
}

// Products sums U·V of some rows of tiles over the channels, plane by plane.
func (t *WinogradTiles) Products(m, v, u []float32, rows int) {
	tiles, panels := rows*t.tileCols(), (t.Outputs+15)/16
	for k := range (t.Size + 2) * (t.Size + 2) {
		vk := v[k*(tiles*t.Channels+t.Gap):][:tiles*t.Channels]
		mk := m[k*(tiles*t.Outputs+t.Gap):][:tiles*t.Outputs]
		for n := 0; n < t.Outputs; n += 4 {
			w := u[((k*panels+n/16)*t.Channels)*16+n%16:]
			for i := 0; i < tiles; i += 2 {
				next := min(i+1, tiles-1) // the last of an odd number is there twice
				s := winogradSums(vk[i*t.Channels:][:t.Channels], vk[next*t.Channels:], w)
				copy(mk[i*t.Outputs+n:(i+1)*t.Outputs], s[:4])
				copy(mk[next*t.Outputs+n:(next+1)*t.Outputs], s[4:])
			}
		}
	}
}

// winogradSums are those of two tiles with four filters, of 16 side by side. So many
// stay in registers, and four steps are read with one check of bounds.
func winogradSums(x, y, u []float32) [8]float32 {
	var a0, a1, a2, a3, b0, b1, b2, b3 float32
	y = y[:len(x)]
	k := 0
	for ; k+4 <= len(x); k += 4 {
		w, p, q := (*[52]float32)(u[16*k:]), (*[4]float32)(x[k:]), (*[4]float32)(y[k:])
		a0, b0 = a0+float32(w[0]*p[0]), b0+float32(w[0]*q[0])
		a1, b1 = a1+float32(w[1]*p[0]), b1+float32(w[1]*q[0])
		a2, b2 = a2+float32(w[2]*p[0]), b2+float32(w[2]*q[0])
		a3, b3 = a3+float32(w[3]*p[0]), b3+float32(w[3]*q[0])
		a0, b0 = a0+float32(w[16]*p[1]), b0+float32(w[16]*q[1])
		a1, b1 = a1+float32(w[17]*p[1]), b1+float32(w[17]*q[1])
		a2, b2 = a2+float32(w[18]*p[1]), b2+float32(w[18]*q[1])
		a3, b3 = a3+float32(w[19]*p[1]), b3+float32(w[19]*q[1])
		a0, b0 = a0+float32(w[32]*p[2]), b0+float32(w[32]*q[2])
		a1, b1 = a1+float32(w[33]*p[2]), b1+float32(w[33]*q[2])
		a2, b2 = a2+float32(w[34]*p[2]), b2+float32(w[34]*q[2])
		a3, b3 = a3+float32(w[35]*p[2]), b3+float32(w[35]*q[2])
		a0, b0 = a0+float32(w[48]*p[3]), b0+float32(w[48]*q[3])
		a1, b1 = a1+float32(w[49]*p[3]), b1+float32(w[49]*q[3])
		a2, b2 = a2+float32(w[50]*p[3]), b2+float32(w[50]*q[3])
		a3, b3 = a3+float32(w[51]*p[3]), b3+float32(w[51]*q[3])
	}
	for ; k < len(x); k++ {
		w := (*[4]float32)(u[16*k:])
		a0, b0 = a0+float32(w[0]*x[k]), b0+float32(w[0]*y[k])
		a1, b1 = a1+float32(w[1]*x[k]), b1+float32(w[1]*y[k])
		a2, b2 = a2+float32(w[2]*x[k]), b2+float32(w[2]*y[k])
		a3, b3 = a3+float32(w[3]*x[k]), b3+float32(w[3]*y[k])
	}
	return [8]float32{a0, a1, a2, a3, b0, b1, b2, b3}
}

// Results transforms the products of some rows of tiles back, in place: y = Aᵀ·M·A + b,
// rows first; b is nil without biases.
func (t *WinogradTiles) Results(y, m, b []float32, first, rows int) {
	cols := t.tileCols()
	planes := t.planes(m, rows*cols*t.Outputs)
	for s := range t.Size + 2 {
		t.results(planes[0][s], planes[1][s], planes[2][s], planes[3][s], planes[4][s], planes[5][s])
	}
	for p, r := range planes[:t.Size] {
		t.results(r[0], r[1], r[2], r[3], r[4], r[5])
		for q, from := range r[:t.Size] {
			for i := range rows {
				for j := range cols {
					row, col := t.Size*(first+i)+p, t.Size*j+q
					if row >= t.ResultRows || col >= t.ResultCols {
						continue
					}
					tile, to := from[(i*cols+j)*t.Outputs:][:t.Outputs], y[(row*t.ResultCols+col)*t.Outputs:][:t.Outputs]
					if b == nil {
						copy(to, tile)
						continue
					}
					for n, s := range tile {
						to[n] = s + b[n]
					}
				}
			}
		}
	}
}

// results is Aᵀ·m, in place.
func (t *WinogradTiles) results(m0, m1, m2, m3, m4, m5 []float32) {
	if t.Size == 4 {
		winogradResults4(m0, m1, m2, m3, m4, m5)
	} else {
		winogradResults2(m0, m1, m2, m3)
	}
}

// winogradResults2 is Aᵀ·m of F(2×2, 3×3), in place of m0 and m1.
func winogradResults2(m0, m1, m2, m3 []float32) {
	m1, m2, m3 = m1[:len(m0)], m2[:len(m0)], m3[:len(m0)]
	for i := range m0 {
		a, b, c, d := m0[i], m1[i], m2[i], m3[i]
		m0[i], m1[i] = a+b+c, b-c-d
	}
}

// winogradResults4 is Aᵀ·m of F(4×4, 3×3), in place of m0 to m3; products with 2, 4 and 8
// are exact.
func winogradResults4(m0, m1, m2, m3, m4, m5 []float32) {
	m1, m2, m3, m4, m5 = m1[:len(m0)], m2[:len(m0)], m3[:len(m0)], m4[:len(m0)], m5[:len(m0)]
	for i := range m0 {
		a, b, c, d := m1[i]+m2[i], m1[i]-m2[i], m3[i]+m4[i], m3[i]-m4[i]
		m0[i], m1[i], m2[i], m3[i] = m0[i]+a+c, b+float32(2*d), a+float32(4*c), b+float32(8*d)+m5[i]
	}
}

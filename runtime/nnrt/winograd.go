package nnrt

// WinogradTiles has the sizes of a convolution by Winograd's transform F(2×2, 3×3):
// of a source [Height][Width][Channels] to results [ResultRows][ResultCols][Outputs], of which
// (i, j) begins at (i − Top, j − Left). A block of rows of tiles is in memory as 16
// planes, [tiles][Channels], and their products, [tiles][Outputs], each plane some
// elements longer, so that they do not compete for cache sets.
type WinogradTiles struct {
	Height, Width, Channels int
	ResultRows, ResultCols  int
	Outputs                 int
	Top, Left               int
	Gap                     int
}

// WinogradFilters transforms filters of 3×3 in panels of 16, w[panel][9·channels][16]
// with rows elements between panels, to u[16][panel][channels][16]: U = G·g·Gᵀ, rounded
// once.
func WinogradFilters(u, w []float32, panels, channels, rows int) {
	var g [9][16]float32
	for q := range panels {
		for c := range channels {
			for tap := range g {
				g[tap] = [16]float32(w[(q*rows+tap*channels+c)*16:])
			}
			winogradFilters(u[(q*channels+c)*16:], &g, panels*channels*16)
		}
	}
}

// WinogradTransposed transforms the filters of the gradient of inputs: those of a
// convolution of so many channels, w[panel][9·channels][16] with rows elements between
// panels, transposed and turned, to u[16][panel of channels][filters][16].
func WinogradTransposed(u, w []float32, filters, channels, rows int) {
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
				winogradFilters(u[(q*filters+n)*16:], &g, panels*filters*16)
			}
		}
	}
}

// winogradFilters is G·g·Gᵀ of 16 filters, side by side in each of 16 planes; halves
// are exact.
func winogradFilters(u []float32, g *[9][16]float32, plane int) {
	var half [4][3][16]float64
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

// Source transforms the tiles of some rows of tiles from the first on: V = Bᵀ·d·B of
// every channel, rows first. Elements outside of x are 0.
func (t *WinogradTiles) Source(v, x []float32, first, rows int) {
	cols := (t.ResultCols + 1) / 2
	size := rows * cols * t.Channels
	plane := func(r, s int) []float32 { return v[(4*r+s)*(size+t.Gap):][:size] }
	for r := range 4 {
		for s := range 4 {
			to := plane(r, s)
			for i := range rows {
				row := 2*(first+i) - t.Top + r
				for j := range cols {
					tile := to[(i*cols+j)*t.Channels:][:t.Channels]
					if col := 2*j - t.Left + s; row >= 0 && row < t.Height && col >= 0 && col < t.Width {
						copy(tile, x[(row*t.Width+col)*t.Channels:])
					} else {
						clear(tile)
					}
				}
			}
		}
	}
	for s := range 4 {
		winogradSource(plane(0, s), plane(1, s), plane(2, s), plane(3, s))
	}
	for r := range 4 {
		winogradSource(plane(r, 0), plane(r, 1), plane(r, 2), plane(r, 3))
	}
}

// winogradSource is Bᵀ·d, in place.
func winogradSource(d0, d1, d2, d3 []float32) {
	d1, d2, d3 = d1[:len(d0)], d2[:len(d0)], d3[:len(d0)]
	for i := range d0 {
		a, b, c, d := d0[i], d1[i], d2[i], d3[i]
		d0[i], d1[i], d2[i], d3[i] = a-c, b+c, c-b, b-d
	}
}

// Products sums U·V of some rows of tiles over the channels, plane by plane.
func (t *WinogradTiles) Products(m, v, u []float32, rows int) {
	tiles, panels := rows*((t.ResultCols+1)/2), (t.Outputs+15)/16
	for k := range 16 {
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
	cols := (t.ResultCols + 1) / 2
	size := rows * cols * t.Outputs
	plane := func(r, s int) []float32 { return m[(4*r+s)*(size+t.Gap):][:size] }
	for s := range 4 {
		winogradResults(plane(0, s), plane(1, s), plane(2, s), plane(3, s))
	}
	for p := range 2 {
		winogradResults(plane(p, 0), plane(p, 1), plane(p, 2), plane(p, 3))
		for q := range 2 {
			from := plane(p, q)
			for i := range rows {
				for j := range cols {
					row, col := 2*(first+i)+p, 2*j+q
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

// winogradResults is Aᵀ·m, in place of m0 and m1.
func winogradResults(m0, m1, m2, m3 []float32) {
	m1, m2, m3 = m1[:len(m0)], m2[:len(m0)], m3[:len(m0)]
	for i := range m0 {
		a, b, c, d := m0[i], m1[i], m2[i], m3[i]
		m0[i], m1[i] = a+b+c, b-c-d
	}
}

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
	plane := rows*cols*t.Channels + t.Gap
	var d, half [4][4]float32
	for i := range rows {
		for j := range cols {
			row, col := 2*(first+i)-t.Top, 2*j-t.Left
			for c := range t.Channels {
				for r := range 4 {
					for s := range 4 {
						d[r][s] = 0
						if row+r >= 0 && row+r < t.Height && col+s >= 0 && col+s < t.Width {
							d[r][s] = x[((row+r)*t.Width+col+s)*t.Channels+c]
						}
					}
				}
				for s := range 4 {
					half[0][s], half[1][s], half[2][s], half[3][s] = d[0][s]-d[2][s], d[1][s]+d[2][s], d[2][s]-d[1][s], d[1][s]-d[3][s]
				}
				at := (i*cols+j)*t.Channels + c
				for a := range half {
					h := &half[a]
					v[at], v[at+plane], v[at+2*plane], v[at+3*plane] = h[0]-h[2], h[1]+h[2], h[2]-h[1], h[1]-h[3]
					at += 4 * plane
				}
			}
		}
	}
}

// Products sums U·V of some rows of tiles over the channels, plane by plane.
func (t *WinogradTiles) Products(m, v, u []float32, rows int) {
	tiles, panels := rows*((t.ResultCols+1)/2), (t.Outputs+15)/16
	for k := range 16 {
		vk := v[k*(tiles*t.Channels+t.Gap):]
		mk := m[k*(tiles*t.Outputs+t.Gap):]
		for q := range panels {
			uq := u[(k*panels+q)*t.Channels*16:]
			n := min(16, t.Outputs-16*q)
			for i := range tiles {
				var s [16]float32
				for c, x := range vk[i*t.Channels : (i+1)*t.Channels] {
					for lane, w := range uq[c*16 : c*16+16] {
						s[lane] += float32(w * x)
					}
				}
				copy(mk[i*t.Outputs+16*q:i*t.Outputs+16*q+n], s[:n])
			}
		}
	}
}

// Results transforms the products of some rows of tiles back: y = Aᵀ·M·A + b, rows
// first; b is nil without biases.
func (t *WinogradTiles) Results(y, m, b []float32, first, rows int) {
	cols := (t.ResultCols + 1) / 2
	plane := rows*cols*t.Outputs + t.Gap
	var half [2][4]float32
	for i := range rows {
		for j := range cols {
			for n := range t.Outputs {
				at := (i*cols+j)*t.Outputs + n
				for s := range 4 {
					m0, m1, m2, m3 := m[at+s*plane], m[at+(4+s)*plane], m[at+(8+s)*plane], m[at+(12+s)*plane]
					half[0][s], half[1][s] = m0+m1+m2, m1-m2-m3
				}
				for p := range half {
					h := &half[p]
					for q, sum := range [2]float32{h[0] + h[1] + h[2], h[1] - h[2] - h[3]} {
						if row, col := 2*(first+i)+p, 2*j+q; row < t.ResultRows && col < t.ResultCols {
							if b != nil {
								sum += b[n]
							}
							y[(row*t.ResultCols+col)*t.Outputs+n] = sum
						}
					}
				}
			}
		}
	}
}

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
	plane := panels * channels * 16
	for q := range panels {
		for c := range channels {
			at := w[(q*rows+c)*16:]
			var g [9]*[16]float32
			for tap := range g {
				g[tap] = (*[16]float32)(at[tap*channels*16:])
			}
			for lane := range 16 {
				winogradFilter(u[(q*channels+c)*16+lane:], plane, g[0][lane], g[1][lane], g[2][lane], g[3][lane], g[4][lane], g[5][lane], g[6][lane], g[7][lane], g[8][lane])
			}
		}
	}
}

// WinogradTransposed transforms the filters of the gradient of inputs: those of a
// convolution of so many channels, w[panel][9·channels][16] with rows elements between
// panels, transposed and turned, to u[16][panel of channels][filters][16].
func WinogradTransposed(u, w []float32, filters, channels, rows int) {
	plane := (channels + 15) / 16 * filters * 16
	for n := range filters {
		for c := range channels {
			at := w[(n/16*rows+c)*16+n%16:]
			tap := channels * 16
			winogradFilter(u[(c/16*filters+n)*16+c%16:], plane, at[8*tap], at[7*tap], at[6*tap], at[5*tap], at[4*tap], at[3*tap], at[2*tap], at[tap], at[0])
		}
	}
}

// winogradFilter is G·g·Gᵀ of a filter, an element in each of 16 planes; halves are
// exact.
func winogradFilter(u []float32, plane int, g0, g1, g2, g3, g4, g5, g6, g7, g8 float32) {
	a0, a1, a2, a3 := winogradSums(g0, g3, g6)
	b0, b1, b2, b3 := winogradSums(g1, g4, g7)
	c0, c1, c2, c3 := winogradSums(g2, g5, g8)
	winogradRow(u, plane, a0, b0, c0)
	winogradRow(u[4*plane:], plane, a1, b1, c1)
	winogradRow(u[8*plane:], plane, a2, b2, c2)
	winogradRow(u[12*plane:], plane, a3, b3, c3)
}

func winogradSums(a, b, c float32) (s0, s1, s2, s3 float64) {
	x, y, z := float64(a), float64(b), float64(c)
	return x, (x + z + y) / 2, (x + z - y) / 2, z
}

func winogradRow(u []float32, plane int, a, b, c float64) {
	u[0], u[plane], u[2*plane], u[3*plane] = float32(a), float32((a+c+b)/2), float32((a+c-b)/2), float32(c)
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

package interp

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// winograd runs a convolution by the transform: U = G·g·Gᵀ of a filter, V = Bᵀ·d·B of
// a tile of elements of a channel, Y = Aᵀ·(Σ U·V)·A + bias; rows first, the channels in
// order.
func (m *Machine) winograd(t *ir.Tiled) {
	size := t.Algo.Tile()
	filters, u := t.W.V.Shape[0], m.transformed(m.row(t.W.V, 0), size, t.Turned)
	flat := t.Y.Flat()
	m.perSample(t.Y.V, func(b int) []float64 {
		x, y := m.row(t.X.V, b), make([]float64, t.Y.V.Size())
		for i := 0; i < t.Rows; i += size {
			for j := 0; j < t.Cols; j += size {
				v := make([][][]float64, t.Channels)
				for c := range v {
					v[c] = twice(m.seen(t, x, i, j, c), m.fromSource)
				}
				for n := range filters {
					for p, row := range twice(m.products(v, u[n*t.Channels:]), m.toResults) {
						for q, s := range row {
							if i+p >= t.Rows || j+q >= t.Cols {
								continue
							}
							l := make([]int, len(t.Loops))
							l[t.Row], l[t.Col], l[t.Lane] = i+p, j+q, n
							if t.Init != nil {
								s = m.Arith.Apply(expr.OpAdd, s, m.row(t.Init.V, 0)[n])
							}
							y[flat.Eval(l)] = s
						}
					}
				}
			}
		}
		return y
	})
}

// twice is a transform along the columns of a matrix, then along the rows.
func twice(d [][]float64, transform func(x []float64) []float64) [][]float64 {
	var half, out [][]float64
	for s := range d[0] {
		col := make([]float64, len(d))
		for r := range d {
			col[r] = d[r][s]
		}
		half = append(half, transform(col))
	}
	for a := range half[0] {
		row := make([]float64, len(half))
		for s := range half {
			row[s] = half[s][a]
		}
		out = append(out, transform(row))
	}
	return out
}

// transformed are the filters [filters][channels][3][3], each turned or not,
// transformed and rounded once.
func (m *Machine) transformed(w []float64, size int, turned bool) [][][]float64 {
	g := func(x []float64) []float64 {
		a, b, c := x[0], x[1], x[2]
		if size == 2 {
			return []float64{a, (a + c + b) / 2, (a + c - b) / 2, c}
		}
		even, odd := float64(a/4)+c, float64(b/2)
		return []float64{a / 4, -(a + c + b) / 6, -(a + c - b) / 6, (even + odd) / 6, (even - odd) / 6, c}
	}
	u := make([][][]float64, len(w)/9)
	for i := range u {
		filter := slices.Clone(w[9*i : 9*i+9])
		if turned {
			slices.Reverse(filter)
		}
		u[i] = twice([][]float64{filter[:3], filter[3:6], filter[6:]}, g)
		for _, row := range u[i] {
			for b, s := range row {
				row[b] = m.Arith.Round(s)
			}
		}
	}
	return u
}

// seen are the elements of a channel that the results from (i, j) on see; outside of
// the source they are 0.
func (m *Machine) seen(t *ir.Tiled, x []float64, i, j, c int) [][]float64 {
	d := make([][]float64, t.Algo.Tile()+2)
	for r := range d {
		d[r] = make([]float64, len(d))
		for s := range d[r] {
			row, col := i-t.Top+r, j-t.Left+s
			if row >= 0 && row < t.Height && col >= 0 && col < t.Width {
				d[r][s] = x[(row*t.Width+col)*t.Channels+c]
			}
		}
	}
	return d
}

// products are the sums over the channels of the planes of a tile.
func (m *Machine) products(v, u [][][]float64) [][]float64 {
	sums := make([][]float64, len(v[0]))
	for a := range sums {
		sums[a] = make([]float64, len(sums))
		for b := range sums[a] {
			for c := range v {
				sums[a][b] = m.Arith.MulAdd(v[c][a][b], u[c][a][b], sums[a][b])
			}
		}
	}
	return sums
}

func (m *Machine) plus(a, b float64) float64  { return m.Arith.Apply(expr.OpAdd, a, b) }
func (m *Machine) minus(a, b float64) float64 { return m.Arith.Apply(expr.OpSub, a, b) }

// times is a product with a power of two.
func (m *Machine) times(n, a float64) float64 { return m.Arith.Apply(expr.OpMul, n, a) }

// fromSource is Bᵀ·d along an axis, of tiles of 4 elements or of 6.
func (m *Machine) fromSource(d []float64) []float64 {
	if len(d) == 4 {
		return []float64{m.minus(d[0], d[2]), m.plus(d[1], d[2]), m.minus(d[2], d[1]), m.minus(d[1], d[3])}
	}
	even, odd := m.minus(d[4], m.times(4, d[2])), m.minus(d[3], m.times(4, d[1]))
	half, part := m.minus(d[4], d[2]), m.times(2, m.minus(d[3], d[1]))
	return []float64{
		m.plus(m.times(4, m.minus(d[0], d[2])), half), m.plus(even, odd), m.minus(even, odd),
		m.plus(half, part), m.minus(half, part), m.plus(m.times(4, m.minus(d[1], d[3])), m.minus(d[5], d[3])),
	}
}

// toResults is Aᵀ·x along an axis.
func (m *Machine) toResults(x []float64) []float64 {
	if len(x) == 4 {
		return []float64{m.plus(m.plus(x[0], x[1]), x[2]), m.minus(m.minus(x[1], x[2]), x[3])}
	}
	a, b, c, d := m.plus(x[1], x[2]), m.minus(x[1], x[2]), m.plus(x[3], x[4]), m.minus(x[3], x[4])
	return []float64{
		m.plus(m.plus(x[0], a), c), m.plus(b, m.times(2, d)), m.plus(a, m.times(4, c)), m.plus(m.plus(b, m.times(8, d)), x[5]),
	}
}

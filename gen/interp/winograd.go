package interp

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// signed is an element that is added, or taken away.
type signed struct {
	at    int
	minus bool
}

// The transforms of F(2×2, 3×3) along an axis, Bᵀ and Aᵀ: what is added up, in order.
var (
	fromSource = [4][]signed{{{0, false}, {2, true}}, {{1, false}, {2, false}}, {{2, false}, {1, true}}, {{1, false}, {3, true}}}
	toResults  = [2][]signed{{{0, false}, {1, false}, {2, false}}, {{1, false}, {2, true}, {3, true}}}
)

// winograd runs a convolution by the transform: U = G·g·Gᵀ of a filter, V = Bᵀ·d·B of
// a tile of 4×4 elements of a channel, Y = Aᵀ·(Σ U·V)·A + bias; rows first, the
// channels in order.
func (m *Machine) winograd(t *ir.Tiled) {
	filters, u := t.W.V.Shape[0], m.transformed(m.row(t.W.V, 0), t.Turned)
	flat := t.Y.Flat()
	m.perSample(t.Y.V, func(b int) []float64 {
		x, y := m.row(t.X.V, b), make([]float64, t.Y.V.Size())
		for i := 0; i < t.Rows; i += 2 {
			for j := 0; j < t.Cols; j += 2 {
				v := make([][4][4]float64, t.Channels)
				for c := range v {
					v[c] = m.tile(t, x, i, j, c)
				}
				for n := range filters {
					r := m.results(v, u[n*t.Channels:])
					for p, s := range r {
						if i+p/2 >= t.Rows || j+p%2 >= t.Cols {
							continue
						}
						l := make([]int, len(t.Loops))
						l[t.Row], l[t.Col], l[t.Lane] = i+p/2, j+p%2, n
						if t.Init != nil {
							s = m.Arith.Apply(expr.OpAdd, s, m.row(t.Init.V, 0)[n])
						}
						y[flat.Eval(l)] = s
					}
				}
			}
		}
		return y
	})
}

// transformed are the filters [filters][channels][3][3], each turned or not, as
// [filters·channels][4][4], rounded once.
func (m *Machine) transformed(w []float64, turned bool) [][4][4]float64 {
	g := func(a, b, c float64) [4]float64 { return [4]float64{a, (a + c + b) / 2, (a + c - b) / 2, c} }
	u := make([][4][4]float64, len(w)/9)
	for i := range u {
		var rows [3][4]float64
		filter := slices.Clone(w[9*i : 9*i+9])
		if turned {
			slices.Reverse(filter)
		}
		for col := range rows {
			rows[col] = g(filter[col], filter[3+col], filter[6+col])
		}
		for a := range 4 {
			for b, s := range g(rows[0][a], rows[1][a], rows[2][a]) {
				u[i][a][b] = m.Arith.Round(s)
			}
		}
	}
	return u
}

// tile is Bᵀ·d·B of the elements of a channel that the results (i, j) and its
// neighbours see; outside of the source they are 0.
func (m *Machine) tile(t *ir.Tiled, x []float64, i, j, c int) (v [4][4]float64) {
	var d, half [4][4]float64
	for r := range d {
		for s := range d[r] {
			row, col := i-t.Top+r, j-t.Left+s
			if row >= 0 && row < t.Height && col >= 0 && col < t.Width {
				d[r][s] = x[(row*t.Width+col)*t.Channels+c]
			}
		}
	}
	for a, sum := range fromSource {
		for s := range 4 {
			half[a][s] = m.signedSum(sum, func(r int) float64 { return d[r][s] })
		}
	}
	for b, sum := range fromSource {
		for a := range half {
			v[a][b] = m.signedSum(sum, func(s int) float64 { return half[a][s] })
		}
	}
	return v
}

// results are those of a filter, (0, 0), (0, 1), (1, 0) and (1, 1) of a tile.
func (m *Machine) results(v, u [][4][4]float64) (y [4]float64) {
	var half [2][4]float64
	var sums [4][4]float64
	for a := range sums {
		for b := range sums[a] {
			for c := range v {
				sums[a][b] = m.Arith.MulAdd(v[c][a][b], u[c][a][b], sums[a][b])
			}
		}
	}
	for p, sum := range toResults {
		for b := range 4 {
			half[p][b] = m.signedSum(sum, func(a int) float64 { return sums[a][b] })
		}
	}
	for q, sum := range toResults {
		for p := range half {
			y[2*p+q] = m.signedSum(sum, func(b int) float64 { return half[p][b] })
		}
	}
	return y
}

func (m *Machine) signedSum(terms []signed, of func(i int) float64) float64 {
	s := of(terms[0].at)
	for _, t := range terms[1:] {
		op := expr.OpAdd
		if t.minus {
			op = expr.OpSub
		}
		s = m.Arith.Apply(op, s, of(t.at))
	}
	return s
}

package nnrt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWinograd: the three parts together are the convolution, summed directly in
// float64, within the bound of docs/numeric.md, of maps that tiles fill and do not
// fill, with every padding; every third with the filters of a convolution of which it
// is the gradient of the inputs.
func TestWinograd(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	numbers := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(rng.NormFloat64())
		}
		return out
	}
	largest := 0.0
	for round := range 60 {
		w := &WinogradTiles{
			Height: 2 + rng.IntN(8), Width: 2 + rng.IntN(8), Channels: 1 + rng.IntN(20), Outputs: 1 + rng.IntN(20), Top: rng.IntN(3), Left: rng.IntN(3), Gap: 16,
		}
		w.ResultRows, w.ResultCols = w.Height+w.Top-rng.IntN(2), w.Width+w.Left-rng.IntN(2)
		panels, rows, transposed := (w.Outputs+15)/16, 9*w.Channels+1, round%3 == 2
		x, g, b := numbers(w.Height*w.Width*w.Channels), make([]float32, 2*(9*20+1)*16), numbers(w.Outputs)
		filter := func(n, c, tap int) *float32 { return &g[(n/16*rows+tap*w.Channels+c)*16+n%16] }
		if transposed {
			rows = 9*w.Outputs + 1
			filter = func(n, c, tap int) *float32 { return &g[(c/16*rows+(8-tap)*w.Outputs+n)*16+c%16] }
		}
		for n := range w.Outputs {
			for c := range w.Channels {
				for tap := range 9 {
					*filter(n, c, tap) = float32(rng.NormFloat64())
				}
			}
		}
		u, y := make([]float32, 16*panels*w.Channels*16), make([]float32, w.ResultRows*w.ResultCols*w.Outputs)
		if transposed {
			WinogradTransposed(u, g, w.Channels, w.Outputs, rows)
		} else {
			WinogradFilters(u, g, panels, w.Channels, rows)
		}
		const block = 2
		tiles := block * ((w.ResultCols + 1) / 2)
		v, m := make([]float32, 16*(tiles*w.Channels+w.Gap)), make([]float32, 16*(tiles*w.Outputs+w.Gap))
		for first := 0; first < (w.ResultRows+1)/2; first += block {
			n := min(block, (w.ResultRows+1)/2-first)
			w.Source(v, x, first, n)
			w.Products(m, v, u, n)
			w.Results(y, m, b, first, n)
		}
		for i := range w.ResultRows {
			for j := range w.ResultCols {
				for n := range w.Outputs {
					want, bound := float64(b[n]), math.Abs(float64(b[n]))
					for c := range w.Channels {
						var d [4][4]float64
						var f [3][3]float64
						for r := range 4 {
							for s := range 4 {
								if row, col := i/2*2-w.Top+r, j/2*2-w.Left+s; row >= 0 && row < w.Height && col >= 0 && col < w.Width {
									d[r][s] = float64(x[(row*w.Width+col)*w.Channels+c])
								}
							}
						}
						for tap := range 9 {
							f[tap/3][tap%3] = float64(*filter(n, c, tap))
							want += d[i%2+tap/3][j%2+tap%3] * f[tap/3][tap%3]
						}
						bound += tileBound(d, f, i%2, j%2)
					}
					got := float64(y[(i*w.ResultCols+j)*w.Outputs+n])
					limit := float64(w.Channels+8) / (1 << 24) * bound
					require.LessOrEqual(t, math.Abs(got-want), limit, fmt.Sprintf("%+v: result %d, %d, %d", *w, i, j, n))
					largest = max(largest, math.Abs(got-want)/limit)
				}
			}
		}
	}
	t.Logf("at most %.2g of the bound", largest)
}

// tileBound is the sum over the planes of a result of what the magnitudes of a tile and
// of a filter give, transformed.
func tileBound(d [4][4]float64, g [3][3]float64, i, j int) float64 {
	from := [4][2]int{{0, 2}, {1, 2}, {2, 1}, {1, 3}}
	of := [4][3]float64{{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {0, 0, 1}}
	sum := 0.0
	for a := i; a < i+3; a++ {
		for b := j; b < j+3; b++ {
			v, u := 0.0, 0.0
			for _, r := range from[a] {
				for _, s := range from[b] {
					v += math.Abs(d[r][s])
				}
			}
			for r, p := range of[a] {
				for s, q := range of[b] {
					u += p * q * math.Abs(g[r][s])
				}
			}
			sum += v * u
		}
	}
	return sum
}

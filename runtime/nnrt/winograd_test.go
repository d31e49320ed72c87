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
	largest := map[int]float64{}
	for round := range 60 {
		w := &WinogradTiles{
			Size:   2 + 2*(round%2),
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
		planes := (w.Size + 2) * (w.Size + 2)
		u, y := make([]float32, planes*panels*w.Channels*16), make([]float32, w.ResultRows*w.ResultCols*w.Outputs)
		if transposed {
			WinogradTransposed(u, g, w.Channels, w.Outputs, rows, w.Size)
		} else {
			WinogradFilters(u, g, panels, w.Channels, rows, w.Size)
		}
		const block = 2
		tiles := block * w.tileCols()
		v, m := make([]float32, planes*(tiles*w.Channels+w.Gap)), make([]float32, planes*(tiles*w.Outputs+w.Gap))
		for first := 0; w.Size*first < w.ResultRows; first += block {
			n := min(block, (w.ResultRows+w.Size-1)/w.Size-first)
			w.Source(v, x, first, n)
			w.Products(m, v, u, n)
			w.Results(y, m, b, first, n)
		}
		for i := range w.ResultRows {
			for j := range w.ResultCols {
				for n := range w.Outputs {
					want, bound := float64(b[n]), math.Abs(float64(b[n]))
					for c := range w.Channels {
						d := make([][]float64, w.Size+2)
						var f [3][3]float64
						for r := range d {
							d[r] = make([]float64, w.Size+2)
							for s := range d {
								if row, col := i/w.Size*w.Size-w.Top+r, j/w.Size*w.Size-w.Left+s; row >= 0 && row < w.Height && col >= 0 && col < w.Width {
									d[r][s] = float64(x[(row*w.Width+col)*w.Channels+c])
								}
							}
						}
						for tap := range 9 {
							f[tap/3][tap%3] = float64(*filter(n, c, tap))
							want += d[i%w.Size+tap/3][j%w.Size+tap%3] * f[tap/3][tap%3]
						}
						bound += tileBound(d, f, i%w.Size, j%w.Size)
					}
					got := float64(y[(i*w.ResultCols+j)*w.Outputs+n])
					limit := float64(w.Channels+4+2*w.Size) / (1 << 24) * bound
					require.LessOrEqual(t, math.Abs(got-want), limit, fmt.Sprintf("%+v: result %d, %d, %d", *w, i, j, n))
					largest[w.Size] = max(largest[w.Size], math.Abs(got-want)/limit)
				}
			}
		}
	}
	t.Logf("at most, by the size of a tile, %v of the bound", largest)
}

// TestWinogradAllocations: memory on the stack stays there.
func TestWinogradAllocations(t *testing.T) {
	for _, size := range []int{2, 4} {
		w := WinogradTiles{Size: size, Height: 4, Width: 4, Channels: 16, ResultRows: 4, ResultCols: 4, Outputs: 16, Top: 1, Left: 1, Gap: 16}
		require.Zero(t, testing.AllocsPerRun(10, func() {
			var x, y [4 * 4 * 16]float32
			var v, m, u [36 * (4*16 + 16)]float32
			var filters [36 * 16 * 16]float32
			copy(filters[:], u[:])
			w.Source(v[:], x[:], 0, 1)
			w.Products(m[:], v[:], filters[:], 1)
			w.Results(y[:], m[:], nil, 0, 1)
		}), "tiles of %d", size)
	}
}

// The matrices of the transforms by the size of a tile, B, G and A, transposed but for
// G, from Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015.
var (
	tileB = map[int][][]float64{
		2: {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
		4: {{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}},
	}
	tileG = map[int][][]float64{
		2: {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
		4: {{1. / 4, 0, 0}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}},
	}
	tileA = map[int][][]float64{
		2: {{1, 1, 1, 0}, {0, 1, -1, -1}},
		4: {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}},
	}
)

// tileBound is the sum over the planes of result (i, j) of what the magnitudes of a tile
// and of a filter give, transformed.
func tileBound(d [][]float64, g [3][3]float64, i, j int) float64 {
	size, sum := len(d)-2, 0.0
	for a, p := range tileA[size][i] {
		for b, q := range tileA[size][j] {
			v, u := 0.0, 0.0
			for r, x := range tileB[size][a] {
				for s, y := range tileB[size][b] {
					v += math.Abs(x * y * d[r][s])
				}
			}
			for r, x := range tileG[size][a] {
				for s, y := range tileG[size][b] {
					u += math.Abs(x * y * g[r][s])
				}
			}
			sum += math.Abs(p*q) * v * u
		}
	}
	return sum
}

package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/op"
)

// legible checks what a reader would see at once: nothing is cut off at the
// edges, no text lies over another, and both formats can be read.
func legible(t *testing.T, s *Scene) {
	t.Helper()
	var texts []Rect
	var words []string
	for i := range s.shapes {
		sh := &s.shapes[i]
		bounds := sh.bounds()
		require.True(t, bounds.X >= 0 && bounds.Y >= 0 && bounds.X+bounds.W <= s.Width && bounds.Y+bounds.H <= s.Height,
			"%q %v is cut off in a picture of %v × %v", sh.text, bounds, s.Width, s.Height)
		if sh.text == "" {
			continue
		}
		for j, other := range texts {
			apart := bounds.X+bounds.W <= other.X || other.X+other.W <= bounds.X || bounds.Y+bounds.H <= other.Y || other.Y+other.H <= bounds.Y
			require.True(t, apart, "%q and %q overlap", sh.text, words[j])
		}
		texts, words = append(texts, bounds), append(words, sh.text)
	}
	var svg, raster bytes.Buffer
	require.NoError(t, s.WriteSVG(&svg))
	for d := xml.NewDecoder(&svg); ; {
		if _, err := d.Token(); err != nil {
			require.True(t, errors.Is(err, io.EOF), "%v", err)
			break
		}
	}
	require.NoError(t, s.WritePNG(&raster, 1))
	img, err := png.Decode(&raster)
	require.NoError(t, err)
	require.Equal(t, int(math.Ceil(s.Width)), img.Bounds().Dx())
}

// bounds is the rectangle that a shape needs; of a text, of its letters without
// those below the line.
func (s *shape) bounds() Rect {
	if s.text != "" {
		w := widthOf(s.text, s.size) / 1.1
		x := map[anchor]float64{start: 0, middle: w / 2, end: w}[s.anchor]
		return Rect{s.points[0].X - x, s.points[0].Y - 0.75*s.size, w, 0.75 * s.size}
	}
	low, high := s.points[0], s.points[0]
	for _, p := range s.points {
		low, high = Point{min(low.X, p.X), min(low.Y, p.Y)}, Point{max(high.X, p.X), max(high.Y, p.Y)}
	}
	return Rect{low.X, low.Y, high.X - low.X, high.Y - low.Y}
}

func TestActivations(t *testing.T) {
	var rows []op.Activation
	for _, r := range op.Activations() {
		if Drawn(&r) {
			rows = append(rows, r)
		}
	}
	require.Greater(t, len(rows), 20)
	for _, theme := range []*Theme{Light, Dark} {
		s, err := Activations(theme, rows)
		require.NoError(t, err)
		legible(t, s)
	}
}

// A graph shows the function: at −10, 0 and 10, and the jump of the step
// function is a gap.
func TestActivation(t *testing.T) {
	of := func(name string) *chart {
		c, err := activation(op.ActivationByName(name))
		require.NoError(t, err)
		return c
	}
	tanh := of("tanh").lines
	require.Len(t, tanh[0].Points, 401)
	require.InDelta(t, math.Tanh(-10), tanh[0].Points[0].Y, 1e-15)
	require.InDelta(t, 0, tanh[0].Points[200].Y, 1e-15)
	require.InDelta(t, 1, tanh[1].Points[200].Y, 1e-15)
	require.InDelta(t, math.Tanh(10), tanh[0].Points[400].Y, 1e-15)
	step := of("step")
	require.Len(t, step.pieces(step.lines[0].Points), 2)
	require.Len(t, of("relu").pieces(of("relu").lines[0].Points), 1)
	require.Len(t, of("relu").pieces(of("relu").lines[1].Points), 2)
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		from, to float64
		want     string
	}{
		{0, 1, "[0 0.2 0.4 0.6000000000000001 0.8 1]"},
		{-10, 10, "[-10 -5 0 5 10]"},
		{3, 97, "[20 40 60 80]"},
		{-0.0021, 0.0019, "[-0.002 -0.001 0 0.001]"},
	} {
		a := axis{from: c.from, to: c.to}
		ticks := a.ticks(6)
		require.Equal(t, c.want, fmt.Sprint(ticks))
		seen := map[string]bool{}
		for _, v := range ticks {
			require.False(t, seen[a.label(v, ticks)], "two ticks named %s", a.label(v, ticks))
			seen[a.label(v, ticks)] = true
		}
	}
}

// A line is cut where it leaves the chart, also on its way to infinity.
func TestPieces(t *testing.T) {
	c := &chart{y: axis{from: 0, to: 1}}
	inf := math.Inf(1)
	require.Equal(t, [][]Point{{{0, 0.5}, {0.5, 1}}, {{1.5, 1}, {2, 0.5}}}, c.pieces([]Point{{0, 0.5}, {1, 1.5}, {2, 0.5}}))
	require.Equal(t, [][]Point{{{0, 0.5}, {0, 1}}}, c.pieces([]Point{{0, 0.5}, {1, inf}, {2, math.NaN()}, {3, 0.5}}))
	require.Empty(t, c.pieces([]Point{{0, -1}, {1, 2}}[:1]))
}

func TestLosses(t *testing.T) {
	steep := []Line{{Name: "training", Points: []Point{{1, 1000}, {2, 1}, {3, 0.001}, {4, math.NaN()}}}, {Name: "validation", Points: []Point{{1, 900}}}}
	legible(t, Losses(Light, "run", steep))
	require.Equal(t, 1000.0, steep[0].Points[0].Y, "the caller's numbers are not changed")
	legible(t, Losses(Dark, "flat", []Line{{Name: "training", Points: []Point{{1, 2}, {2, 2}}}}))
	legible(t, Losses(Dark, "one epoch", []Line{{Name: "training", Points: []Point{{1, 0}}}}))
}

func TestHistograms(t *testing.T) {
	legible(t, Histograms(Light, "weights", []Tensor{
		{"a.weight", []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}}, {"a.bias", []int{3}, []float64{0, 0, 0}},
		{"b.weight", []int{3}, []float64{math.NaN(), math.Inf(1), 1}}, {"a_name_that_is_so_long_that_it_must_be_cut.weight", []int{1}, []float64{1e-30}},
		{"none", []int{1}, []float64{math.NaN()}},
	}))
}

func TestMatrix(t *testing.T) {
	counts := [][]int{{50, 0, 0}, {0, 47, 3}, {1, 4, 45}}
	legible(t, Matrix(Light, "iris", []string{"setosa", "versicolor", "virginica"}, counts))
	ten := make([][]int, 40)
	labels := make([]string, 40)
	for i := range ten {
		ten[i], labels[i] = make([]int, 40), fmt.Sprint("class ", i)
		ten[i][i] = 12345
	}
	legible(t, Matrix(Dark, "forty", labels, ten))
}

func TestMemory(t *testing.T) {
	legible(t, Memory(Light, "net", []Field{{"w1", "dense1.weight [3 4]", 0, 64, 0}, {"b1", "dense1.bias [3]", 64, 12, 52}}))
}

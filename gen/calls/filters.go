package calls

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// FilterGradient is the calls of the gradient of filters for one sample: for some
// rows of the result at a time, so that they stay in a first-level cache while all
// parts of the filters pass over them, for every row of the window and every part
// of a panel.
type FilterGradient struct {
	Parts   []FilterPart
	Windows []WindowRow
	Rows    int // of the result
	PerCall int
	X, DY   int // distances of rows, in elements
	XPanels int // the source lies XStride further for every XPanels panels
	XStride int
	Preempt bool
}

// FilterPart is outputs Lane … of panels From … To−1.
type FilterPart struct {
	From, To, Lane int
	X              int // displacement of the source
	Kernel         *kernel.FilterGradient
}

// WindowRow is a row of the window: the rows of the result that have it, where
// the first row of the result would find it in X, and its place in the gradient
// of a panel.
type WindowRow struct {
	First, End int
	X, G       int
}

// FilterGradientOf schedules the gradient of filters from the kernel of the
// convolution that they are of.
func FilterGradientOf(t *target.Target, k *kernel.Kernel, batch int) *FilterGradient {
	const line = 2 * 64 // bytes of X and DY at a position
	if flat, ok := k.Flat(); ok && flat.Runs[0].Positions*line <= inputsInCache {
		k = flat
	}
	s := k.Segments[0]
	src := sourceOf(&k.Segments[0])
	g := &FilterGradient{Rows: len(k.Rows), X: s.RowStride, DY: k.Out.RowStride, XPanels: src.panels, XStride: src.stride}
	positions := 0
	for _, r := range k.Runs {
		positions += r.Positions
	}
	g.PerCall = max(1, min(inputsInCache/(line*positions), g.Rows))
	g.Preempt = Preempts(2 * k.Terms() * k.Outputs * positions * g.Rows * batch)
	width := 0
	for width < len(s.Taps) && s.Taps[width].Row == 0 {
		width++
	}
	for u := 0; u*width < len(s.Taps); u++ {
		tap := s.Taps[u*width]
		w := WindowRow{X: k.Rows[0].Offset + tap.Offset - s.Taps[0].Offset, G: tap.Weight * s.Channels * schedule.Panel}
		for i, row := range k.Rows {
			if u < row.TapRow || u >= row.TapRow+row.TapRows {
				continue
			}
			if w.End == 0 {
				w.First = i
			}
			w.End = i + 1
		}
		if w.End > 0 {
			g.Windows = append(g.Windows, w)
		}
	}
	s.Taps, s.Weight, s.Source = s.Taps[:width], "dy", "x"
	s.GroupOutputs, s.GroupStride = 0, 0 // a part is of one
	part := func(from, to, outputs int) {
		most := min(schedule.Panel, t.VectorOutputs(k.Elem.Acc, 1))
		for lane, n := 0, 0; lane < outputs; lane += n {
			var x int
			n, x = src.part(from, lane, min(most, outputs-lane))
			g.Parts = append(g.Parts, FilterPart{from, to, lane, x, &kernel.FilterGradient{
				Elem: k.Elem.Acc, Fused: k.Fused, Outputs: n, Group: src.GroupOutputs > 0 && n < schedule.Panel, Source: s, Runs: k.Runs, Together: t.PairsAtOnce(k.Elem.Acc, n),
				DY: kernel.Out{RowStride: k.Out.RowStride, PosStride: k.Out.PosStride},
			}})
		}
	}
	full := k.Outputs / schedule.Panel
	for q := 0; src.alone && q < full; q++ {
		part(q, q+1, schedule.Panel)
	}
	if full > 0 && !src.alone {
		part(0, full, schedule.Panel)
	}
	if rest := k.Outputs % schedule.Panel; rest > 0 {
		part(full, full+1, rest)
	}
	return g
}

func (g *FilterGradient) String() string {
	text := fmt.Sprintf("%d rows a call, %d rows of the window", g.PerCall, len(g.Windows))
	for _, p := range g.Parts {
		text += fmt.Sprintf("; panels %d…%d: %d outputs, %d weights of each at a time", p.From, p.To-1, p.Kernel.Outputs, p.Kernel.Together)
	}
	return text
}

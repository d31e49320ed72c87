package calls

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// Convolution is the calls of a convolution of one sample: for every part of a
// panel, for every group of rows. The source of a part lies Part.X behind that of
// panel 0, and XStride further for every XPanels panels before its own.
type Convolution struct {
	Parts   []ConvolutionPart
	XPanels int
	XStride int
	Rows    []RowGroup
	Preempt bool
}

// ConvolutionPart is outputs Lane … of panels From … To−1, of which a kernel takes
// Panels together.
type ConvolutionPart struct {
	From, To, Lane, Panels int
	X                      int // displacement of the source
	Kernel                 *kernel.Kernel
}

const (
	// fewSums of a panel are too few to hide the latency of additions.
	fewSums = 4
	// windowInCache is the bytes of a window of rows of which a part of a row is made:
	// three quarters of a first-level cache.
	windowInCache = 24 << 10
)

// RowGroup is neighbouring rows of the result that have the same rows of the
// window: displacements of the first in the source, in the weights of a panel
// and in the result, in elements.
type RowGroup struct {
	Rows, Taps int
	X, W, Y    int
}

// ConvolutionOf schedules a convolution.
func ConvolutionOf(t *target.Target, k *kernel.Kernel) *Convolution {
	if flat, ok := k.Flat(); ok && 2*k.Terms()*schedule.Panel*flat.Runs[0].Positions <= flopsPerCall {
		k = flat
	}
	s := &k.Segments[0]
	src := sourceOf(s)
	c := &Convolution{XPanels: src.panels, XStride: src.stride}
	atOnce := t.VectorOutputs(k.Elem.Acc, k.Chains)
	part := func(from, to, outputs, panels int) {
		most := min(panels*schedule.Panel, atOnce)
		for lane, n := 0, 0; lane < outputs; lane += n {
			var x int
			n, x = src.part(from, lane, min(most, outputs-lane))
			c.Parts = append(c.Parts, ConvolutionPart{from, to, lane, panels, x, k.OpenRows(n, t.Positions(k.Elem.Acc, n, k.Chains, s.Lanes))})
		}
	}
	positions := k.Positions()
	full, together := k.Outputs/schedule.Panel, 1
	rest := k.Outputs % schedule.Panel
	if s.Lanes && t.PanelsOfTile && atOnce >= schedule.Panel {
		c.each(t, k, positions)
		full, rest, together = 0, 0, (k.Outputs+schedule.Panel-1)/schedule.Panel
	}
	if k.Panels.Full > 0 && !s.Lanes && s.GroupOutputs == 0 && positions*k.Chains <= fewSums {
		together = max(1, min(full, atOnce/schedule.Panel))
	}
	for q := 0; src.alone && q < full; q++ {
		part(q, q+1, schedule.Panel, 1)
	}
	if n := full - full%together; n > 0 && !src.alone {
		part(0, n, together*schedule.Panel, together)
	}
	if n := full % together; n > 0 {
		part(full-n, full, schedule.Panel, 1)
	}
	if rest > 0 {
		part(full, full+1, rest, 1)
	}
	flops := 2 * k.Terms() * schedule.Panel * positions
	if s.Lanes {
		flops = 2 * len(s.Taps) * schedule.Panel * positions
	}
	most := max(1, flopsPerCall/(flops*together))
	width := len(s.Taps)
	for i, tap := range s.Taps {
		if tap.Row > 0 {
			width = i
			break
		}
	}
	for i, row := range k.Rows {
		first := s.Taps[min(row.TapRow*width, len(s.Taps)-1)]
		g := RowGroup{
			Rows: 1, Taps: row.TapRows, X: row.Offset + first.Offset - s.Taps[0].Offset, W: first.Weight * s.Channels * schedule.Panel,
			Y: k.Out.Base + i*k.Out.RowStride,
		}
		if row.TapRows == 0 {
			g.X, g.W = 0, 0
		}
		if n := len(c.Rows); n > 0 && row.TapRows == c.Rows[n-1].Taps && row.TapRow == k.Rows[i-1].TapRow && c.Rows[n-1].Rows < most {
			c.Rows[n-1].Rows++
			continue
		}
		c.Rows = append(c.Rows, g)
	}
	c.Preempt = Preempts(flops / schedule.Panel * k.Outputs * len(k.Rows))
	return c
}

// source is where the channels lie that panels of outputs read.
type source struct {
	*kernel.Segment
	// stride is their displacement for every panels panels; alone: every panel has another
	// place in its groups.
	panels, stride int
	alone          bool
}

func sourceOf(s *kernel.Segment) *source {
	src := &source{Segment: s, panels: 1}
	switch g := s.GroupOutputs; {
	case s.Lanes:
		src.stride = schedule.Panel
	case g > 0 && g%schedule.Panel == 0:
		src.panels, src.stride = g/schedule.Panel, s.GroupStride
	case g > 0 && schedule.Panel%g == 0:
		src.stride = schedule.Panel / g * s.GroupStride
	case g > 0:
		src.alone = true
	}
	return src
}

// part is how many of some outputs of a panel, from a lane on, read the same channels, and
// the displacement of these in addition to that of the panel.
func (s *source) part(panel, lane, outputs int) (n, x int) {
	g := s.GroupOutputs
	switch {
	case s.Lanes:
		return outputs, lane
	case g == 0 || s.panels > 1 || g == schedule.Panel:
		return outputs, 0
	case s.alone:
		lane += panel * schedule.Panel
	}
	return min(outputs, g-lane%g), lane / g * s.GroupStride
}

// each schedules a convolution of channels by themselves: a tile has those of all
// panels, which lie side by side, so that what is read lies together too. Where the
// window of a row does not stay in a near cache the rows are computed in parts.
func (c *Convolution) each(t *target.Target, k *kernel.Kernel, positions int) {
	at := t.MostPositions
	for _, n := range []int{min(k.Outputs, schedule.Panel), k.Outputs % schedule.Panel} {
		if n > 0 {
			at = min(at, t.Positions(k.Elem.Acc, n, k.Chains, true))
		}
	}
	s, part := &k.Segments[0], 0
	window := s.PosStride * plan.ElemSize(ir.DType(k.Elem.X)) * (s.Taps[len(s.Taps)-1].Row + 1) // of a position
	if len(k.Rows) > 1 && positions*window > windowInCache {
		at = max(1, min(at, windowInCache*2/3/window))
		part = max(1, windowInCache/(at*window))
	}
	open, panels := k.OpenRows(k.Outputs, at), (k.Outputs+schedule.Panel-1)/schedule.Panel
	open.Tile.Part = part
	c.Parts = []ConvolutionPart{{0, panels, 0, panels, 0, open}}
}

func (c *Convolution) String() string {
	text := fmt.Sprintf("%d groups of rows", len(c.Rows))
	for i, p := range c.Parts {
		if i > 0 && c.Parts[i-1].like(p) {
			continue
		}
		text += fmt.Sprintf("; panels %d…%d: %d outputs, tiles of %d positions", p.From, p.To-1, p.Kernel.Outputs, p.Kernel.Tile.Positions)
		if n := p.Kernel.Tile.Part; n > 0 {
			text += fmt.Sprintf(", %d before other rows", n)
		}
	}
	return text
}

// like reports whether a part is the same of other outputs of the same panels.
func (p ConvolutionPart) like(other ConvolutionPart) bool {
	return p.From == other.From && p.To == other.To && p.Kernel.Outputs == other.Kernel.Outputs
}

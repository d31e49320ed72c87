package picture

import (
	"math"
	"slices"
)

// Losses draws the losses of a training by epoch. Where they span more than
// two powers of ten, the axis is logarithmic.
func Losses(t *Theme, title string, lines []Line) *Scene {
	s := &Scene{Width: 760, Height: 400, Theme: t, Title: title}
	c := lossChart(lines)
	c.title = title
	c.draw(s, Rect{20, 12, s.Width - 40, s.Height - 24})
	return s
}

// lossChart is the chart of the losses of a training.
func lossChart(lines []Line) *chart {
	c := &chart{x: axis{name: "epoch", from: math.Inf(1), to: math.Inf(-1)}, lines: lines}
	c.y.name = "loss"
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.Points {
			c.x.from, c.x.to = min(c.x.from, p.X), max(c.x.to, p.X)
			if !math.IsNaN(p.Y) && !math.IsInf(p.Y, 0) {
				low, high = min(low, p.Y), max(high, p.Y)
			}
		}
	}
	if c.x.from >= c.x.to { // no epoch or one
		c.x.from, c.x.to = 0, max(1, c.x.to)
	}
	if low > 0 && high/low > 100 {
		c.y.log = true
		c.lines = slices.Clone(lines)
		for i := range c.lines {
			c.lines[i].Points = slices.Clone(c.lines[i].Points)
			for j, p := range c.lines[i].Points {
				c.lines[i].Points[j].Y = math.Log10(p.Y)
			}
		}
	}
	c.fit(math.Inf(-1), math.Inf(1))
	return c
}

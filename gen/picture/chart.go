package picture

import (
	"image/color"
	"math"
	"strconv"
	"strings"
)

// Line is a line of a chart. NaN breaks it.
type Line struct {
	Name   string
	Points []Point
	Dashed bool
}

// chart is a graph of lines over two axes.
type chart struct {
	title, note string // the note is smaller, in the same row
	x, y        axis
	lines       []Line
	small       bool // one of many: fewer ticks, no names
}

// axis is the range of an axis and what it shows.
type axis struct {
	name     string
	from, to float64
	log      bool // of powers of ten; from and to are exponents
}

// draw draws the chart into a rectangle.
func (c *chart) draw(s *Scene, r Rect) {
	size, ticks := c.sizes()
	s.title(Point{r.X, r.Y + 14}, 13, start, c.title)
	if c.note != "" {
		s.write(Point{r.X + r.W, r.Y + 14}, 11, s.Theme.Muted, end, c.note)
	}
	yTicks := c.y.ticks(ticks)
	plot := c.plot(r)
	if c.x.name != "" {
		s.write(Point{plot.X + plot.W/2, r.Y + r.H - 2}, size, s.Theme.Muted, middle, c.x.name)
	}
	if c.y.name != "" {
		s.write(Point{r.X, plot.Y - 8}, size, s.Theme.Muted, start, c.y.name)
	}
	at := func(p Point) Point {
		return Point{plot.X + (p.X-c.x.from)/(c.x.to-c.x.from)*plot.W, plot.Y + plot.H - (p.Y-c.y.from)/(c.y.to-c.y.from)*plot.H}
	}
	for _, v := range yTicks {
		p := at(Point{c.x.from, v})
		s.line(s.Theme.Grid, 1, p, Point{plot.X + plot.W, p.Y})
		s.write(Point{plot.X - 6, p.Y + size*0.35}, size, s.Theme.Muted, end, c.y.label(v, yTicks))
	}
	xTicks := c.x.ticks(ticks)
	for _, v := range xTicks {
		p := at(Point{v, c.y.from})
		s.line(s.Theme.Grid, 1, p, Point{p.X, plot.Y})
		s.write(Point{p.X, plot.Y + plot.H + size + 4}, size, s.Theme.Muted, middle, c.x.label(v, xTicks))
	}
	for i, l := range c.lines {
		colour := s.Theme.series(i)
		for _, piece := range c.pieces(l.Points) {
			for j := range piece {
				piece[j] = at(piece[j])
			}
			s.dashed(colour, 1.8, dashOf(l), piece...)
		}
	}
	if !c.small {
		c.legend(s, plot)
	}
}

// sizes are the size of the text and about how many ticks an axis has.
func (c *chart) sizes() (text float64, ticks int) {
	if c.small {
		return 10, 4
	}
	return 12, 6
}

// plot is the part of the chart's rectangle between the axes.
func (c *chart) plot(r Rect) Rect {
	size, n := c.sizes()
	left, ticks := 0.0, c.y.ticks(n)
	for _, v := range ticks {
		left = max(left, widthOf(c.y.label(v, ticks), size))
	}
	plot := r.inset(left+8, 26, 6, size+8)
	if c.x.name != "" {
		plot.H -= size + 6
	}
	if c.y.name != "" {
		plot = plot.inset(0, 16, 0, 0)
	}
	return plot
}

func dashOf(l Line) float64 {
	if l.Dashed {
		return 4
	}
	return 0
}

// legend names the lines above the plot, at the right.
func (c *chart) legend(s *Scene, plot Rect) {
	x := plot.X + plot.W
	for i := len(c.lines) - 1; i >= 0; i-- {
		if c.lines[i].Name == "" {
			continue
		}
		x = s.key(x, plot.Y-8, s.Theme.series(i), c.lines[i])
	}
}

// key draws a line's entry of a legend, which ends at x, and returns where it
// begins.
func (s *Scene) key(x, y float64, c color.NRGBA, l Line) float64 {
	s.write(Point{x, y}, 12, s.Theme.Ink, end, l.Name)
	x -= widthOf(l.Name, 12) + 6
	s.dashed(c, 2.4, dashOf(l), Point{x - 18, y - 4}, Point{x, y - 4})
	return x - 18 - 16
}

// pieces are the parts of a line inside the chart.
func (c *chart) pieces(points []Point) [][]Point {
	var out [][]Point
	var piece []Point
	finish := func() {
		if len(piece) > 1 {
			out = append(out, piece)
		}
		piece = nil
	}
	inside := func(v float64) bool { return c.y.from <= v && v <= c.y.to }
	for i, p := range points {
		if math.IsNaN(p.Y) {
			finish()
			continue
		}
		if i > 0 && !math.IsNaN(points[i-1].Y) && inside(p.Y) != inside(points[i-1].Y) {
			edge := c.crossing(points[i-1], p)
			piece = append(piece, edge)
			if !inside(p.Y) {
				finish()
			}
		}
		if inside(p.Y) {
			piece = append(piece, p)
		}
	}
	finish()
	return out
}

// crossing is where the line from p to q leaves or enters the chart.
func (c *chart) crossing(p, q Point) Point {
	bound := c.y.to
	if min(p.Y, q.Y) < c.y.from {
		bound = c.y.from
	}
	if math.IsInf(p.Y, 0) {
		return Point{q.X, bound}
	}
	if math.IsInf(q.Y, 0) {
		return Point{p.X, bound}
	}
	return Point{p.X + (bound-p.Y)/(q.Y-p.Y)*(q.X-p.X), bound}
}

// fit sets the range of the y axis to that of the lines, at most from lowest to
// highest.
func (c *chart) fit(lowest, highest float64) {
	c.y.from, c.y.to = math.Inf(1), math.Inf(-1)
	for _, l := range c.lines {
		for _, p := range l.Points {
			if !math.IsNaN(p.Y) {
				c.y.from, c.y.to = min(c.y.from, max(p.Y, lowest)), max(c.y.to, min(p.Y, highest))
			}
		}
	}
	if c.y.from > c.y.to {
		c.y.from, c.y.to = 0, 1
	}
	margin := 0.05 * (c.y.to - c.y.from)
	if margin == 0 {
		margin = max(0.5, 0.05*math.Abs(c.y.to))
	}
	c.y.from, c.y.to = c.y.from-margin, c.y.to+margin
}

// ticks are about n round numbers of the range.
func (a axis) ticks(n int) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((a.to-a.from)/float64(n))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (a.to-a.from)/(m*step) <= float64(n) {
			step *= m
			break
		}
	}
	if a.log {
		step = max(1, math.Round(step))
	}
	var out []float64
	for i := math.Ceil(a.from/step - 1e-9); i*step <= a.to+1e-9*step; i++ {
		out = append(out, i*step+0) // +0: no −0
	}
	return out
}

// label is the text of a tick, with as many decimals as tell the ticks apart.
func (a axis) label(v float64, ticks []float64) string {
	if a.log {
		return "1e" + strconv.Itoa(int(math.Round(v)))
	}
	step := 1.0
	if len(ticks) > 1 {
		step = ticks[1] - ticks[0]
	}
	largest := 0.0
	for _, t := range ticks {
		largest = max(largest, math.Abs(t))
	}
	if largest >= 1e6 || largest > 0 && largest < 1e-4 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	decimals := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	return strings.Replace(strconv.FormatFloat(v, 'f', decimals, 64), "-", "−", 1)
}

package picture

import (
	"image/color"
	"math"
)

// Scene is a picture: shapes in the order in which they are drawn, in units
// of a pixel, the origin top left.
type Scene struct {
	Width, Height float64
	Theme         *Theme
	// Title says what is shown, for those who cannot see it.
	Title  string
	shapes []shape
}

// Point is a place.
type Point struct{ X, Y float64 }

// shape is a filled polygon, a line, or text.
type shape struct {
	points []Point
	closed bool
	fill   color.NRGBA // transparent is none
	stroke color.NRGBA
	width  float64
	dash   float64 // length of dashes and gaps; 0 is a whole line
	round  float64 // radius of a rectangle's corners; of a circle, half its side

	text   string
	size   float64
	bold   bool
	anchor anchor
}

// anchor says which part of a text is at its place.
type anchor string

const (
	start  anchor = "start"
	middle anchor = "middle"
	end    anchor = "end"
)

// line draws a line through points.
func (s *Scene) line(c color.NRGBA, width float64, points ...Point) {
	s.dashed(c, width, 0, points...)
}

// dashed draws a line of dashes.
func (s *Scene) dashed(c color.NRGBA, width, dash float64, points ...Point) {
	if len(points) > 1 {
		s.shapes = append(s.shapes, shape{points: points, stroke: c, width: width, dash: dash})
	}
}

// polygon fills an area.
func (s *Scene) polygon(fill color.NRGBA, points ...Point) {
	s.shapes = append(s.shapes, shape{points: points, closed: true, fill: fill})
}

// box draws a rectangle with round corners.
func (s *Scene) box(r Rect, round float64, fill, stroke color.NRGBA, width float64) {
	s.shapes = append(s.shapes, shape{
		points: []Point{{r.X, r.Y}, {r.X + r.W, r.Y}, {r.X + r.W, r.Y + r.H}, {r.X, r.Y + r.H}},
		closed: true, fill: fill, stroke: stroke, width: width, round: round,
	})
}

// circle draws a circle.
func (s *Scene) circle(at Point, radius float64, fill, stroke color.NRGBA, width float64) {
	s.box(Rect{at.X - radius, at.Y - radius, 2 * radius, 2 * radius}, radius, fill, stroke, width)
}

// write puts text at a place, which is on its base line.
func (s *Scene) write(at Point, size float64, c color.NRGBA, a anchor, text string) {
	s.shapes = append(s.shapes, shape{points: []Point{at}, text: text, size: size, fill: c, anchor: a})
}

// title writes text in bold.
func (s *Scene) title(at Point, size float64, a anchor, text string) {
	s.write(at, size, s.Theme.Ink, a, text)
	s.shapes[len(s.shapes)-1].bold = true
}

// arrow draws a line that ends in an arrow head.
func (s *Scene) arrow(c color.NRGBA, width float64, points ...Point) {
	const head = 6
	last, before := points[len(points)-1], points[len(points)-2]
	dx, dy := last.X-before.X, last.Y-before.Y
	n := math.Hypot(dx, dy)
	if n == 0 {
		return
	}
	dx, dy = dx/n, dy/n
	neck := Point{last.X - head*dx, last.Y - head*dy}
	s.line(c, width, append(append([]Point(nil), points[:len(points)-1]...), neck)...)
	s.polygon(c, last, Point{neck.X - head/2*dy, neck.Y + head/2*dx}, Point{neck.X + head/2*dy, neck.Y - head/2*dx})
}

// Rect is a rectangle.
type Rect struct{ X, Y, W, H float64 }

// inset is the rectangle without a margin on each side.
func (r Rect) inset(left, top, right, bottom float64) Rect {
	return Rect{r.X + left, r.Y + top, r.W - left - right, r.H - top - bottom}
}

// outline is the shape as points, with the corners of rectangles rounded.
func (s *shape) outline() []Point {
	if s.round == 0 {
		return s.points
	}
	const steps = 8 // of a quarter of a circle
	a, c := s.points[0], s.points[2]
	corners := []Point{{c.X - s.round, a.Y + s.round}, {c.X - s.round, c.Y - s.round}, {a.X + s.round, c.Y - s.round}, {a.X + s.round, a.Y + s.round}}
	var out []Point
	for i, at := range corners {
		for j := range steps + 1 {
			angle := (float64(i-1) + float64(j)/steps) * math.Pi / 2
			out = append(out, Point{at.X + s.round*math.Cos(angle), at.Y + s.round*math.Sin(angle)})
		}
	}
	return out
}

package picture

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// WritePNG writes the picture as PNG, scale pixels for each of its own.
func (s *Scene) WritePNG(w io.Writer, scale float64) error {
	img := image.NewNRGBA(image.Rect(0, 0, int(math.Ceil(s.Width*scale)), int(math.Ceil(s.Height*scale))))
	draw.Draw(img, img.Bounds(), image.NewUniform(s.Theme.Background), image.Point{}, draw.Src)
	for i := range s.shapes {
		if err := s.shapes[i].paint(img, scale); err != nil {
			return err
		}
	}
	return png.Encode(w, img)
}

// paint draws the shape on an image.
func (s *shape) paint(img *image.NRGBA, scale float64) error {
	if s.text != "" {
		return s.letters(img, scale)
	}
	outline := s.outline()
	if s.fill.A > 0 {
		fillAreas(img, s.fill, scale, [][]Point{outline})
	}
	if s.width > 0 && s.stroke.A > 0 {
		if s.closed {
			outline = append(append([]Point(nil), outline...), outline[0])
		}
		var areas [][]Point
		for _, dash := range dashes(outline, s.dash) {
			areas = append(areas, strokeAreas(s.width/2, dash)...)
		}
		fillAreas(img, s.stroke, scale, areas)
	}
	return nil
}

// fillAreas paints polygons, each counter-clockwise whatever its order, so that
// those that overlap add up to one area.
func fillAreas(img *image.NRGBA, c color.NRGBA, scale float64, areas [][]Point) {
	var box image.Rectangle
	for _, points := range areas {
		for _, p := range points {
			x, y := int(math.Floor(p.X*scale)), int(math.Floor(p.Y*scale))
			box = box.Union(image.Rect(x, y, x+2, y+2))
		}
	}
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	for _, points := range areas {
		twice := 0.0
		for i, p := range points {
			q := points[(i+1)%len(points)]
			twice += p.X*q.Y - q.X*p.Y
		}
		at := func(i int) (float32, float32) {
			if twice < 0 {
				i = len(points) - 1 - i
			}
			return float32(points[i].X*scale) - float32(box.Min.X), float32(points[i].Y*scale) - float32(box.Min.Y)
		}
		r.MoveTo(at(0))
		for i := range len(points) - 1 {
			r.LineTo(at(i + 1))
		}
		r.ClosePath()
	}
	r.Draw(img, box, image.NewUniform(c), image.Point{})
}

// strokeAreas are the area of a line: a rectangle for each segment, a circle
// where two meet.
func strokeAreas(half float64, points []Point) [][]Point {
	var areas [][]Point
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		n := math.Hypot(q.X-p.X, q.Y-p.Y)
		if n == 0 {
			continue
		}
		dx, dy := half*(q.Y-p.Y)/n, -half*(q.X-p.X)/n
		areas = append(areas, []Point{{p.X + dx, p.Y + dy}, {q.X + dx, q.Y + dy}, {q.X - dx, q.Y - dy}, {p.X - dx, p.Y - dy}})
		if i > 1 {
			joint := shape{points: []Point{{p.X - half, p.Y - half}, {}, {p.X + half, p.Y + half}}, round: half}
			areas = append(areas, joint.outline())
		}
	}
	return areas
}

// dashes cuts a line into pieces of a length with gaps of the same length.
func dashes(points []Point, length float64) [][]Point {
	if length == 0 {
		return [][]Point{points}
	}
	var out [][]Point
	piece, left, on := []Point{points[0]}, length, true
	for i := 1; i < len(points); i++ {
		from := points[i-1]
		n := math.Hypot(points[i].X-from.X, points[i].Y-from.Y)
		for n > left {
			share := left / n
			from = Point{from.X + share*(points[i].X-from.X), from.Y + share*(points[i].Y-from.Y)}
			if on {
				out = append(out, append(piece, from))
			}
			n, left, on, piece = n-left, length, !on, []Point{from}
		}
		left -= n
		piece = append(piece, points[i])
	}
	if on && len(piece) > 1 {
		out = append(out, piece)
	}
	return out
}

// letters draws the text.
func (s *shape) letters(img *image.NRGBA, scale float64) error {
	face, err := faceOf(s.bold, s.size*scale)
	if err != nil {
		return err
	}
	d := font.Drawer{Dst: img, Src: image.NewUniform(s.fill), Face: face}
	x := fixed.Int26_6(s.points[0].X * scale * 64)
	switch width := d.MeasureString(s.text); s.anchor {
	case middle:
		x -= width / 2
	case end:
		x -= width
	}
	d.Dot = fixed.Point26_6{X: x, Y: fixed.Int26_6(s.points[0].Y * scale * 64)}
	d.DrawString(s.text)
	return nil
}

// regular and strong are the fonts, parsed once.
var (
	regular = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(goregular.TTF) })
	strong  = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gobold.TTF) })
)

// faceOf is the font in a size in pixels.
func faceOf(bold bool, size float64) (font.Face, error) {
	parsed := regular
	if bold {
		parsed = strong
	}
	f, err := parsed()
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
}

// widthOf is the width of a text. Browsers may have a font that is a little
// wider; layouts leave a tenth for it.
func widthOf(text string, size float64) float64 {
	face, err := faceOf(false, size)
	if err != nil {
		return 0.6 * size * float64(len(text))
	}
	return 1.1 * float64(font.MeasureString(face, text)) / 64
}

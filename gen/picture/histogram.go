package picture

import (
	"fmt"
	"image/color"
	"math"
	"slices"
)

// Tensor is a named list of numbers.
type Tensor struct {
	Name   string
	Shape  []int
	Values []float64
}

// Histograms draws how the numbers of each tensor are distributed.
func Histograms(t *Theme, title string, tensors []Tensor) *Scene {
	const columns, width, height, gap = 3, 270.0, 170.0, 26.0
	lines := (len(tensors) + columns - 1) / columns
	across := min(columns, max(1, len(tensors)))
	s := &Scene{Width: gap + float64(across)*(width+gap), Height: 40 + float64(lines)*(height+gap), Theme: t, Title: title}
	s.Width = max(s.Width, widthOf(title, 14)+40)
	s.title(Point{gap, 28}, 14, start, title)
	for i, tensor := range tensors {
		s.histogram(tensor, Rect{gap + float64(i%columns)*(width+gap), 44 + float64(i/columns)*(height+gap), width, height})
	}
	return s
}

// histogram draws one tensor: bars of equal width over the range of its
// numbers; those that are not finite are counted in its title.
func (s *Scene) histogram(t Tensor, r Rect) {
	const bars = 41
	low, high, odd := math.Inf(1), math.Inf(-1), 0
	for _, v := range t.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			odd++
			continue
		}
		low, high = min(low, v), max(high, v)
	}
	switch {
	case low > high:
		low, high = -1, 1
	case low == high:
		low, high = low-0.5, high+0.5
	}
	counts, most := make([]float64, bars), 1.0
	for _, v := range t.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		b := min(bars-1, int((v-low)/(high-low)*bars))
		counts[b]++
		most = max(most, counts[b])
	}
	note := dims(t.Shape)
	if odd > 0 {
		note = fmt.Sprintf("%d not finite", odd)
	}
	c := &chart{title: cut(t.Name, r.W*0.7, 13), note: note, x: axis{from: low, to: high}, y: axis{from: 0, to: most * 1.05}, small: true}
	c.draw(s, r)
	plot := c.plot(r)
	w := plot.W / bars
	for b, n := range counts {
		if h := n / c.y.to * plot.H; h > 0 {
			s.box(Rect{plot.X + w*float64(b) + 0.5, plot.Y + plot.H - h, w - 1, h}, 0, s.Theme.series(0), color.NRGBA{}, 0)
		}
	}
}

// Field is a part of a block of memory.
type Field struct {
	Name, Detail  string
	Offset, Bytes int
	Padding       int // bytes that follow
}

// Memory draws the fields of a block of memory, each as long as it is.
func Memory(t *Theme, title string, fields []Field) *Scene {
	const row, bar = 26.0, 420.0
	all, name, detail := 1, 0.0, 0.0
	for _, f := range fields {
		all = max(all, f.Offset+f.Bytes+f.Padding)
		name = max(name, widthOf(f.Name, 12))
		detail = max(detail, widthOf(f.Detail, 11))
	}
	s := &Scene{Width: 20 + name + 12 + bar + 12 + detail + 20, Height: 60 + row*float64(len(fields)) + 20, Theme: t, Title: title}
	s.Width = max(s.Width, widthOf(title, 14)+40)
	s.title(Point{20, 26}, 14, start, title)
	left := 20 + name + 12
	for i, f := range fields {
		y := 46 + row*float64(i)
		s.write(Point{left - 12, y + 15}, 12, t.Ink, end, f.Name)
		s.box(Rect{left, y, bar, row - 6}, 0, t.Fill, color.NRGBA{}, 0)
		at := func(bytes int) float64 { return bar * float64(bytes) / float64(all) }
		s.box(Rect{left + at(f.Offset), y, math.Max(1, at(f.Bytes)), row - 6}, 0, t.series(0), color.NRGBA{}, 0)
		if f.Padding > 0 {
			s.box(Rect{left + at(f.Offset+f.Bytes), y, math.Max(0.5, at(f.Padding)), row - 6}, 0, t.series(1), color.NRGBA{}, 0)
		}
		s.write(Point{left + bar + 12, y + 15}, 11, t.Muted, start, f.Detail)
	}
	if slices.ContainsFunc(fields, func(f Field) bool { return f.Padding > 0 }) {
		y := s.Height - 18
		s.Height += 16
		s.box(Rect{left, y, 12, 12}, 0, t.series(1), color.NRGBA{}, 0)
		s.write(Point{left + 18, y + 10}, 11, t.Muted, start, "padding, up to the next line of a cache")
	}
	return s
}

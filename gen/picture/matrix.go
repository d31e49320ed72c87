package picture

import (
	"fmt"
	"image/color"
	"math"
)

// Matrix draws counts by the class that was right and the one that was
// predicted.
func Matrix(t *Theme, title string, labels []string, counts [][]int) *Scene {
	n := len(counts)
	cell := math.Max(26, math.Min(56, 560/float64(n)))
	size := math.Min(13, cell*0.38)
	name := 0.0
	for _, l := range labels {
		name = max(name, min(150, widthOf(l, 12)))
	}
	side := cell * float64(n)
	s := &Scene{Width: max(60+name+side, widthOf(title, 14)+40), Height: 90 + side + 20, Theme: t, Title: title}
	s.title(Point{20, 26}, 14, start, title)
	s.write(Point{20, 46}, 12, t.Muted, start, "rows: the right class, columns: the predicted one")
	left, top := 30+name, 84.0
	for i, row := range counts {
		all := 0
		for _, c := range row {
			all += c
		}
		middleOf := func(k int) float64 { return cell * (float64(k) + 0.5) }
		s.write(Point{left - 8, top + middleOf(i) + 4}, 12, t.Ink, end, cut(labels[i], 150, 12))
		s.write(Point{left + middleOf(i), top - 8}, 12, t.Ink, middle, cut(labels[i], cell-2, 12))
		for j, c := range row {
			share := 0.0
			if all > 0 {
				share = float64(c) / float64(all)
			}
			colour, ink := t.series(0), t.Ink
			if i != j {
				colour = t.series(1)
			}
			if share > 0.55 {
				ink = t.Background
			}
			s.box(Rect{left + cell*float64(j) + 1, top + cell*float64(i) + 1, cell - 2, cell - 2}, 3,
				between(t.Fill, colour, math.Sqrt(share)), color.NRGBA{}, 0)
			if c > 0 {
				s.write(Point{left + middleOf(j), top + middleOf(i) + size*0.35}, size, ink, middle, cut(fmt.Sprint(c), cell-2, size))
			}
		}
	}
	return s
}

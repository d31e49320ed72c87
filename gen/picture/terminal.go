package picture

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Terminal draws the losses of a training as lines of text, with the dots of
// Braille characters, in at most some columns and in rows + 2 lines. paint, if
// not nil, colours the text of line i.
func Terminal(lines []Line, columns, rows int, paint func(i int, text string) string) string {
	if paint == nil {
		paint = func(_ int, text string) string { return text }
	}
	c := lossChart(lines)
	labels, left := make([]string, rows), 0
	ticks := c.y.ticks(max(1, rows/2))
	for _, v := range ticks {
		row := int((c.y.to - v) / (c.y.to - c.y.from) * float64(rows))
		text := c.y.label(v, ticks)
		labels[min(row, rows-1)] = text
		left = max(left, utf8.RuneCountInString(text))
	}
	d := newDots(max(1, columns-left-3), rows)
	for i := len(c.lines) - 1; i >= 0; i-- { // the first is on top
		for _, piece := range c.pieces(c.lines[i].Points) {
			for j := range piece {
				piece[j] = Point{(piece[j].X - c.x.from) / (c.x.to - c.x.from), (c.y.to - piece[j].Y) / (c.y.to - c.y.from)}
			}
			d.draw(i, piece, c.lines[i].Dashed)
		}
	}
	var b strings.Builder
	for row, label := range labels {
		axis := "│"
		if label != "" {
			axis = "┤"
		}
		fmt.Fprintf(&b, "%*s %s%s\n", left, label, axis, d.row(row, paint))
	}
	fmt.Fprintf(&b, "%*s └%s\n", left, "", strings.Repeat("─", d.columns))
	from, to := fmt.Sprintf("epoch %g", c.x.from), fmt.Sprintf("%g", c.x.to)
	fmt.Fprintf(&b, "%*s  %s%*s\n", left, "", from, max(1, d.columns-len(from)), to)
	b.WriteString(terminalKey(c.lines, left+2, paint))
	return b.String()
}

// terminalKey names the lines.
func terminalKey(lines []Line, left int, paint func(int, string) string) string {
	parts := make([]string, len(lines))
	for i, l := range lines {
		sample := "⠤⠤⠤ "
		if l.Dashed {
			sample = "⠤ ⠤ "
		}
		parts[i] = paint(i, sample) + l.Name
	}
	return strings.Repeat(" ", left) + strings.Join(parts, "   ") + "\n"
}

// dots is a grid of characters with two by four dots each.
type dots struct {
	columns, rows int
	cells         []rune // the dots of each as in Unicode
	owner         []int  // the line that drew last in each
}

func newDots(columns, rows int) *dots {
	return &dots{columns: columns, rows: rows, cells: make([]rune, columns*rows), owner: make([]int, columns*rows)}
}

// braille are the bits of a character's dots, by row and column.
var braille = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// draw draws line i through points of the unit square, y downwards. A dashed
// line leaves out every other character.
func (d *dots) draw(i int, points []Point, dashed bool) {
	w, h := float64(2*d.columns-1), float64(4*d.rows-1)
	for j := range max(0, len(points)-1) {
		p, q := points[j], points[j+1]
		dx, dy := (q.X-p.X)*w, (q.Y-p.Y)*h
		steps := math.Ceil(max(math.Abs(dx), math.Abs(dy), 1))
		for s := 0.0; s <= steps; s++ {
			x, y := int(math.Round(p.X*w+dx*s/steps)), int(math.Round(p.Y*h+dy*s/steps))
			if dashed && x/2%2 == 1 {
				continue
			}
			cell := y/4*d.columns + x/2
			if d.owner[cell] != i {
				d.cells[cell], d.owner[cell] = 0, i
			}
			d.cells[cell] |= braille[y%4][x%2]
		}
	}
}

// row is a row of characters.
func (d *dots) row(row int, paint func(int, string) string) string {
	var b strings.Builder
	cells, owner := d.cells[row*d.columns:][:d.columns], d.owner[row*d.columns:][:d.columns]
	for from := 0; from < len(cells); {
		to := from
		var text strings.Builder
		for to < len(cells) && (cells[to] == 0) == (cells[from] == 0) && (cells[from] == 0 || owner[to] == owner[from]) {
			if cells[to] == 0 {
				text.WriteByte(' ')
			} else {
				text.WriteRune(0x2800 + cells[to])
			}
			to++
		}
		if cells[from] == 0 {
			b.WriteString(text.String())
		} else {
			b.WriteString(paint(owner[from], text.String()))
		}
		from = to
	}
	return strings.TrimRight(b.String(), " ")
}

package picture

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// lit are the dots of a drawing at columns and rows of dots, y downwards.
func lit(t *testing.T, text string, rows int) map[[2]int]bool {
	out := map[[2]int]bool{}
	for row, line := range strings.Split(text, "\n")[:rows] {
		_, line, ok := strings.Cut(line, "│")
		if !ok {
			_, line, ok = strings.Cut(strings.Split(text, "\n")[row], "┤")
		}
		require.True(t, ok, text)
		for column, r := range []rune(line) {
			for dot := range 8 {
				x, y := dot/3, dot%3 // dots 1 to 6 go down two columns of three; 7 and 8 are below
				if dot >= 6 {
					x, y = dot-6, 3
				}
				if r != ' ' && (r-0x2800)>>dot&1 == 1 {
					out[[2]int{2*column + x, 4*row + y}] = true
				}
			}
		}
	}
	return out
}

// TestTerminal: the dots of a straight line are those of a straight line, from
// corner to corner but for the margin, in every size.
func TestTerminal(t *testing.T) {
	for _, size := range [][2]int{{72, 8}, {40, 5}, {20, 3}} {
		columns, rows := size[0], size[1]
		var down Line
		for x := 1.0; x <= 50; x++ {
			down.Points = append(down.Points, Point{x, 100 - x})
		}
		text := Terminal([]Line{down}, columns, rows, nil)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		require.Len(t, lines, rows+3, text)
		for _, l := range lines {
			require.LessOrEqual(t, utf8.RuneCountInString(l), columns, text)
		}
		dots := lit(t, text, rows)
		w, h := 2*utf8.RuneCountInString(strings.TrimLeft(lines[rows], " └"))-1, 4*rows-1
		seen := map[int]bool{}
		for p := range dots {
			seen[p[0]] = true
			want := (0.05 + float64(p[0])/float64(w)) / 1.1 * float64(h)
			require.InDelta(t, want, p[1], 1, "%v in\n%s", p, text)
		}
		require.Len(t, seen, w+1, "a gap in\n%s", text)
	}
}

// TestTerminalLines: two lines, each in its colour, the second dashed; a break
// where a loss is not a number; powers of ten where the losses span many.
func TestTerminalLines(t *testing.T) {
	flat := func(y float64, name string, dashed bool) Line {
		return Line{Name: name, Dashed: dashed, Points: []Point{{1, y}, {10, y}}}
	}
	text := Terminal([]Line{flat(1, "a", false), flat(2, "b", true)}, 40, 4, func(i int, text string) string {
		return strings.Repeat(fmt.Sprint(i), utf8.RuneCountInString(text))
	})
	lines := strings.Split(text, "\n")
	require.Regexp(t, `^2 ┤(1 )+1?$`, lines[0])
	require.Regexp(t, `^1 ┤0+$`, lines[3])
	require.Contains(t, text, "0000a   1111b\n")

	broken := Line{Points: []Point{{1, 1}, {2, 1}, {3, math.NaN()}, {4, 1}, {5, 1}}}
	row := strings.Split(Terminal([]Line{broken}, 45, 1, nil), "\n")[0]
	require.Len(t, strings.Fields(row[strings.IndexAny(row, "┤│")+len("┤"):]), 2, row)

	decades := Line{Points: []Point{{1, 1}, {2, 0.1}, {3, 0.01}, {4, 0.001}}}
	text = Terminal([]Line{decades}, 60, 8, nil)
	require.Contains(t, text, "1e-1 ┤")
	require.Contains(t, text, "1e-3 ┤")

	for _, l := range [][]Line{nil, {{}}, {{Points: []Point{{1, 5}}}}, {{Points: []Point{{1, math.Inf(1)}, {2, 3}}}}} {
		require.NotPanics(t, func() { Terminal(l, 5, 1, nil) })
	}
}

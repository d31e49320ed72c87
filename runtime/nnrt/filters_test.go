package nnrt

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTransposeFilters: the element of a filter, a channel and a tap is found under the
// other two exchanged, and nothing else is written.
func TestTransposeFilters(t *testing.T) {
	for _, s := range [][4]int{{1, 1, 1, 1}, {1, 16, 16, 9}, {1, 3, 17, 2}, {1, 33, 5, 4}, {1, 20, 40, 1}, {3, 5, 7, 2}, {2, 16, 1, 9}, {20, 2, 1, 3}} {
		groups, filters, channels, taps := s[0], s[1], s[2], s[3] // of a group
		rows, toRows := taps*channels+1, taps*filters+1
		w, to := make([]float64, (groups*filters+15)/16*rows*16), make([]float64, (groups*channels+15)/16*toRows*16)
		number := func(n, c, tap int) float64 { return float64(1 + (n*channels+c)*taps + tap) }
		for n := range groups * filters {
			for c := range channels {
				for tap := range taps {
					w[(n/16*rows+tap*channels+c)*16+n%16] = number(n, c, tap)
				}
			}
		}
		TransposeFilters(to, w, groups, filters, channels, taps, toRows, rows)
		want := make([]float64, len(to))
		for at := range want {
			panel, row, lane := at/(toRows*16), at/16%toRows, at%16
			if c, tap := panel*16+lane, row/filters; c < groups*channels && tap < taps {
				want[at] = number(c/channels*filters+row%filters, c%channels, tap)
			}
		}
		require.Equal(t, want, to, fmt.Sprint(s))
	}
}

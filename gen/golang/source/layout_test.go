package source

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// indices are the numbers of w[3][1][15].
func indices(t *testing.T, text string) (out []int) {
	for _, m := range regexp.MustCompile(`\[(\d+)\]`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		out = append(out, n)
	}
	return out
}

// TestLayoutText: the text of every weight is the place that the layout gives it.
func TestLayoutText(t *testing.T) {
	for out := 1; out <= 70; out++ {
		for _, in := range []int{1, 3, 64} {
			l := plan.NewPanels(out, in, 1, 1, ir.Float32)
			for o := range out {
				for i := range in {
					text := WeightAt(&l, o, i)
					at := indices(t, text)
					place := l.Full * l.Rows * 16
					if text[:2] == "wt" {
						require.Len(t, at, 2)
						place += at[0]*l.Tail + at[1]
					} else {
						require.Len(t, at, 3)
						place = (at[0]*l.Rows+at[1])*16 + at[2]
					}
					require.Equal(t, l.Index(o, i, 0), place, "%s of %v", text, &l)
				}
			}
		}
	}
	v := plan.NewLayout(&ir.ParamInfo{Shape: []int{40}}, ir.Float32)
	for o := range 40 {
		at := indices(t, VectorAt("b", strconv.Itoa(o)))
		require.Equal(t, v.Index(o, 0, 0), at[0]*16+at[1])
	}
	require.Equal(t, "b[(k+1)/16][(k+1)%16]", VectorAt("b", "k+1"))
	require.Equal(t, "p.w1[o/16][i][o%16]", FullAt("p.w1", "o", "i"))
	l := plan.NewPanels(20, 3, 1, 1, ir.Float32)
	require.Equal(t, "wt[i][o-16]", TailAt(&l, "wt", "o", "i"))
}

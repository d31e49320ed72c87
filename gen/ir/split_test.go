package ir

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// products are the terms of every result, in their order.
func products(t *testing.T, parts ...*Contract) map[int][]string {
	out := map[int][]string{}
	for _, c := range parts {
		require.NoError(t, c.verify())
		l := make([]int, len(c.Loops))
		for ok := true; ok; ok = Next(l, c.Loops) {
			at := c.Y.Flat().Eval(l)
			require.NotContains(t, out, at)
			out[at] = []string{}
			if c.Init != nil {
				out[at] = append(out[at], fmt.Sprint(c.Init.Flat().Eval(l)))
			}
			for i := range c.Terms {
				term := &c.Terms[i]
				all := c.All(term)
				s := make([]int, len(term.Loops))
				for ok := true; ok; ok = Next(s, term.Loops) {
					steps := append(append([]int(nil), l...), s...)
					if term.A.Inside(steps, term.A.Outside(all)) && term.B.Inside(steps, term.B.Outside(all)) {
						out[at] = append(out[at], fmt.Sprint(term.A.Flat().Eval(steps), term.B.Flat().Eval(steps)))
					}
				}
			}
		}
	}
	return out
}

// TestSplit: a contraction in parts, and one whose loops stand otherwise, has
// the same sums of the same terms in the same order.
func TestSplit(t *testing.T) {
	x, w := &Value{Shape: []int{3, 5}, Batch: true}, &Value{Shape: []int{20, 3, 2}}
	y := &Value{Shape: []int{20, 5}, Batch: true}
	b := &Value{Shape: []int{20}}
	c := &Contract{
		Loops: []Loop{{Name: "n", Size: 20}, {Name: "j", Size: 5}}, Y: Operand{V: y, At: []Affine{Unit(0), Unit(1)}},
		Init: &Operand{V: b, At: []Affine{Unit(0)}},
		Terms: []Term{{
			Loops: []Loop{{Name: "v", Size: 2}, {Name: "c", Size: 3}},
			A:     Operand{V: x, At: []Affine{Unit(3), {Offset: -1, By: []int{0, 1, 1}}}},
			B:     &Operand{V: w, At: []Affine{Unit(0), Unit(3), Unit(2)}},
		}},
	}
	want := products(t, c)
	require.Len(t, want, 100)
	require.Len(t, want[0], 1+3, "the tap in the padding makes no term")
	for by := 1; by < 25; by++ {
		require.Equal(t, want, products(t, c.Split(0, by)...), "%d", by)
		require.Equal(t, want, products(t, c.Split(1, by)...), "%d", by)
		require.Equal(t, want, products(t, c.SplitSum(0, 0, by)), "%d", by)
		require.Equal(t, want, products(t, c.SplitSum(0, 1, by)), "%d", by)
	}
	require.Equal(t, want, products(t, c.Innermost(0)))
	require.Equal(t, want, products(t, c.Innermost(1)))
	for by := 2; by < 20; by++ {
		if 20%by == 0 {
			parts := c.Split(0, by)
			require.Equal(t, want, products(t, parts[0].Merged()))
			require.Len(t, parts[0].Merged().Loops, 2)
		}
	}
}

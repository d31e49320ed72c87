package dataset

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTwoLabels: the target of a single answer of yes or no is a number from 0
// to 1 or one of two labels.
func TestTwoLabels(t *testing.T) {
	in := []Port{{Name: "x", Size: 1}}
	for _, c := range []struct {
		labels       []string
		table, want  string
		first, other float64
	}{
		{labels: []string{"no", "yes"}, table: "x,y\n1,yes\n2,no\n", first: 1, other: 0},
		{labels: []string{"no", "yes"}, table: "x,y\n1,1\n2,0\n", first: 1, other: 0},
		{labels: []string{"no", "yes"}, table: "x,y\n1,0.25\n2,0\n", first: 0.25, other: 0},
		{labels: []string{"no", "yes"}, table: "x,y\n1,yes\n2,2\n", want: `"2" is not a label; the labels are "no", "yes"`},
		{labels: []string{"no", "yes"}, table: "x,y\n1,1\n2,2\n", want: `row 2, column "y": 2 is not from 0, "no", to 1, "yes"`},
		{labels: []string{"no", "yes"}, table: "x,y\n1,-1\n2,1\n", want: `row 1, column "y": -1 is not from 0`},
		{labels: []string{"1", "0"}, table: "x,y\n1,1\n2,0\n", want: "the values are class numbers (0 to 1) as well as labels"},
		{labels: []string{"1", "2"}, table: "x,y\n1,2\n2,1\n", first: 1, other: 0},
		{table: "x,y\n1,7\n2,-3\n", first: 7, other: -3},
	} {
		path := files(t, map[string]string{"d.csv": c.table})("d.csv")
		s, err := Source{Data: path}.Read(in, []Port{{Name: "y", Size: 1, Labels: c.labels}})
		if c.want != "" {
			require.ErrorContains(t, err, c.want, c.table)
			continue
		}
		require.NoError(t, err, c.table)
		require.Equal(t, [][]float64{{c.first, c.other}}, s.Targets, c.table)
	}
	_, err := Source{
		Data: files(t, map[string]string{"x.npy": npy(t, []int{1, 1}, 1)})("x.npy"), Targets: files(t, map[string]string{"y.npy": npy(t, []int{1}, 3)})("y.npy"),
	}.Read(in, []Port{{Name: "y", Size: 1, Labels: []string{"no", "yes"}}})
	require.ErrorContains(t, err, "3 is not from 0")
}

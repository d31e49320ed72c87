package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// files writes files into a fresh folder and returns a function from name to
// path.
func files(t *testing.T, content map[string]string) func(name string) string {
	dir := t.TempDir()
	for name, data := range content {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

func npy(t *testing.T, shape []int, data ...float64) string {
	var b bytes.Buffer
	require.NoError(t, WriteNPY(&b, &Array{Shape: shape, Data: data}, 4))
	return b.String()
}

func npz(t *testing.T, arrays ...*Array) string {
	var b bytes.Buffer
	require.NoError(t, WriteNPZ(&b, arrays, 8))
	return b.String()
}

var (
	two    = []Port{{Name: "x", Size: 2}}
	value  = []Port{{Name: "y", Size: 1}}
	class3 = []Port{{Name: "y", Size: 3, Classes: 3}}
)

func TestTable(t *testing.T) {
	const form = "csv, separator comma"
	at := files(t, map[string]string{"d.csv": "a,b,c\n1,2,0\n3,4,2\n"})
	s, err := Source{Data: at("d.csv")}.Read(two, class3)
	require.NoError(t, err)
	require.Equal(t, &Samples{N: 2, Inputs: [][]float64{{1, 2, 3, 4}}, Targets: [][]float64{{0, 2}},
		Columns: Columns{[]string{"a", "b"}, []string{"c"}}, Form: form}, s)

	s, err = Source{Data: at("d.csv"), Columns: []string{"a"}}.Read(two, value)
	require.NoError(t, err)
	require.Equal(t, &Samples{N: 2, Inputs: [][]float64{{2, 0, 4, 2}}, Targets: [][]float64{{1, 3}},
		Columns: Columns{[]string{"b", "c"}, []string{"a"}}, Form: form}, s)

	s, err = Source{Data: at("d.csv"), Trained: Columns{Inputs: []string{"b", "a"}}}.ReadInputs(two, class3)
	require.NoError(t, err)
	require.Equal(t, &Samples{N: 2, Inputs: [][]float64{{2, 1, 4, 3}}, Columns: Columns{Inputs: []string{"b", "a"}}, Left: []string{"c"}, Form: form,
		Table: Table{Delimiter: ','}, Picked: []int{1, 0}, Width: 3}, s)
}

func TestTwoFiles(t *testing.T) {
	at := files(t, map[string]string{
		"x.npy":      npy(t, []int{2, 2}, 1, 2, 3, 4),
		"img.npy":    npy(t, []int{2, 1, 2}, 1, 2, 3, 4),
		"y.npy":      npy(t, []int{2}, 0, 2),
		"y.csv":      "y\n0\n2\n",
		"labels.csv": "id,y\n7,cat\n8,fox\n",
		"xy.npz":     npz(t, &Array{Name: "x", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}}, &Array{Name: "y", Shape: []int{2}, Data: []float64{0, 2}}),
		"any.npz":    npz(t, &Array{Name: "whatever", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}}),
	})
	want := &Samples{N: 2, Inputs: [][]float64{{1, 2, 3, 4}}, Targets: [][]float64{{0, 2}}}
	labels := []Port{{Name: "y", Size: 3, Classes: 3, Labels: []string{"cat", "dog", "fox"}}}
	l, err := Source{Data: at("x.npy"), Targets: at("labels.csv")}.Read(two, labels)
	require.NoError(t, err)
	require.Equal(t, [][]float64{{0, 2}}, l.Targets)
	require.Equal(t, []string{"id"}, l.LeftTargets)
	for _, src := range []Source{
		{Data: at("x.npy"), Targets: at("y.npy")},
		{Data: at("img.npy"), Targets: at("y.csv")},
		{Data: at("xy.npz")},
		{Data: at("any.npz"), Targets: at("xy.npz")},
	} {
		s, err := src.Read(two, class3)
		require.NoError(t, err)
		require.Contains(t, []string{"npy", "npz"}, s.Form)
		s.Columns, s.Form = Columns{}, ""
		require.Equal(t, want, s)
	}
}

// TestShapes: an array has the axes of the sample, or is flat.
func TestShapes(t *testing.T) {
	six := []float64{1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		array, sample []int
		fits          bool
	}{
		{[]int{1, 6}, []int{3, 2, 1}, true},
		{[]int{1, 3, 2}, []int{3, 2, 1}, true},
		{[]int{1, 1, 3, 2}, []int{3, 2, 1}, true},
		{[]int{1, 3, 2}, []int{6}, true},
		{[]int{1, 3, 2}, nil, true},
		{[]int{1, 2, 3}, []int{3, 2, 1}, false},
		{[]int{1, 2, 1, 3}, []int{3, 1, 2}, false},
	} {
		at := files(t, map[string]string{"x.npy": npy(t, c.array, six...)})
		_, err := Source{Data: at("x.npy")}.ReadInputs([]Port{{Name: "x", Size: 6, Shape: c.sample}}, nil)
		if c.fits {
			require.NoError(t, err, "%v", c)
		} else {
			require.ErrorContains(t, err, "the network takes samples of the shape "+shapeText(c.sample)+": transpose it, or make it (1, 6)")
		}
	}
}

func TestSampleErrors(t *testing.T) {
	at := files(t, map[string]string{
		"d.csv":    "a,b,c\n1,2,0\n3,4,2\n",
		"half.csv": "a,b,c\n1,2,0.5\n",
		"x.npy":    npy(t, []int{2, 2}, 1, 2, 3, 4),
		"wide.npy": npy(t, []int{1, 4}, 1, 2, 3, 4),
		"none.npy": npy(t, []int{0, 2}),
		"one.npy":  npy(t, []int{}, 1),
		"y3.npy":   npy(t, []int{3}, 0, 1, 2),
		"y9.npy":   npy(t, []int{2}, 0, 9),
		"neg.npy":  npy(t, []int{2}, -1, 0),
		"hot.npy":  npy(t, []int{2, 3}, 0, 0, 1, 1, 0, 0),
		"xy.npz": npz(t, &Array{Name: "x", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}},
			&Array{Name: "y", Shape: []int{1}, Data: []float64{0}}),
	})
	pq := []Port{{Name: "p", Size: 1}, {Name: "q", Size: 1}}
	for _, c := range []struct {
		src  Source
		in   []Port
		out  []Port
		want string
	}{
		{Source{Data: at("d.csv")}, []Port{{Name: "x", Size: 3}}, value, "has 3 columns; the network takes 4: inputs (x: 3) and targets (y: 1)"},
		{Source{Data: at("d.csv"), Columns: []string{"z"}}, two, value, `no column is named "z"`},
		{Source{Data: at("d.csv"), Columns: []string{"a", "a"}}, two[:0], pq, "named twice"},
		{Source{Data: at("d.csv"), Columns: []string{"a", "a"}}, []Port{{Name: "x", Size: 1}}, pq, "named twice"},
		{Source{Data: at("d.csv"), Columns: []string{"a", "b"}}, two, value, "2 target columns named; the network has 1"},
		{Source{Data: at("half.csv")}, two, class3, `row 1, column "c": 0.5 is not a class number; the 3 classes are 0 to 2`},
		{Source{Data: at("x.npy")}, two, value, "holds no targets"},
		{Source{Data: at("x.npy"), Columns: []string{"a"}}, two, value, "only goes with targets in a CSV file"},
		{Source{Data: at("x.npy"), Targets: at("y3.npy")}, two, class3, "has 3 rows and"},
		{Source{Data: at("x.npy"), Targets: at("y9.npy")}, two, class3, `row 2, target "y": 9 is not a class number`},
		{Source{Data: at("x.npy"), Targets: at("neg.npy")}, two, class3, "row 1"},
		{Source{Data: at("x.npy"), Targets: at("hot.npy")}, two, class3, "class numbers have the shape (2,)"},
		{Source{Data: at("wide.npy"), Targets: at("y3.npy")}, two, class3, "has the shape (1, 4); the network takes 2 numbers per sample: (1, 2)"},
		{Source{Data: at("none.npy"), Targets: at("y3.npy")}, two, class3, "no rows"},
		{Source{Data: at("one.npy"), Targets: at("y3.npy")}, two, class3, "a single number"},
		{Source{Data: at("x.npy"), Targets: at("y3.npy")}, pq, class3, "put an array for each into one .npz"},
		{Source{Data: at("d.csv"), Targets: at("y3.npy")}, pq, class3, `the network has several inputs, so their columns need their names: "p", "q"; the columns are "a", "b", "c"`},
		{Source{Data: at("xy.npz")}, pq, class3, `no array is named "p"`},
		{Source{Data: at("xy.npz")}, two, class3, "the targets have 1 row and the inputs 2"},
		{Source{Data: at("gone")}, two, class3, "no such file"},
		{Source{Data: at("x.npy"), Targets: at("gone")}, two, class3, "no such file"},
	} {
		_, err := c.src.Read(c.in, c.out)
		require.ErrorContains(t, err, c.want)
	}
}

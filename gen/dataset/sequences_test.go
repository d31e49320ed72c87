package dataset

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// steps3 are the ports of a network over 3 steps of 2 numbers, with the length, and a
// target of every step or one of a sequence.
func steps3(windows, length, every bool) (inputs, targets []Port) {
	inputs = []Port{{Name: "x", Size: 6, Shape: []int{3, 2}, Steps: 3, Windows: windows}}
	if length {
		inputs = append(inputs, Port{Name: "n", Size: 1, Length: true})
	}
	targets = []Port{{Name: "y", Size: 2, Classes: 2}}
	if every {
		targets = []Port{{Name: "y", Size: 3, Steps: 3, Windows: windows}}
	}
	return inputs, targets
}

func TestSequenceColumn(t *testing.T) {
	for _, c := range []struct {
		name, text             string
		windows, length, every bool
		inputs, targets        [][]float64
		n, parts               int
		err                    string
	}{
		{name: "every step", text: "id,a,b,y\nu,1,2,3\nu,4,5,6\nu,7,8,9\nv,1,1,1\nv,2,2,2\nv,3,3,3\n", every: true, n: 2,
			inputs: [][]float64{{1, 2, 4, 5, 7, 8, 1, 1, 2, 2, 3, 3}}, targets: [][]float64{{3, 6, 9, 1, 2, 3}}},
		{name: "shorter", text: "a,b,id,y\n1,2,u,3\n4,5,u,6\n1,1,v,1\n", every: true, length: true, n: 2,
			inputs: [][]float64{{1, 2, 4, 5, 0, 0, 1, 1, 0, 0, 0, 0}, {2, 1}}, targets: [][]float64{{3, 6, 0, 1, 0, 0}}},
		{name: "windows", text: "id,a,b,y\nu,1,2,3\nu,4,5,6\nu,7,8,9\nu,10,11,12\nv,1,1,1\n", every: true, length: true, windows: true, n: 4, parts: 2,
			inputs: [][]float64{{1, 2, 4, 5, 7, 8, 10, 11, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {3, 1, 1, 0}}, targets: [][]float64{{3, 6, 9, 12, 0, 0, 1, 0, 0, 0, 0, 0}}},
		{name: "one target", text: "id,a,b,y\nu,1,2,1\nu,4,5,1\nv,1,1,0\n", length: true, n: 2,
			inputs: [][]float64{{1, 2, 4, 5, 0, 0, 1, 1, 0, 0, 0, 0}, {2, 1}}, targets: [][]float64{{1, 0}}},
		{name: "two targets", text: "id,a,b,y\nu,1,2,1\nu,4,5,0\nv,1,1,0\n", length: true,
			err: `row 1, sequence "u": "y" is one of a sequence, but row 2 has another than its first; the rows of a sequence have the same`},
		{name: "interleaved", text: "id,a,b,y\nu,1,2,1\nv,4,5,1\nu,1,1,0\n", length: true,
			err: `line 4: row 3, column "id": the sequence "u" goes on here, after "v" began; the rows of a sequence stand together, in the order of its steps`},
		{name: "nameless", text: "id,a,b,y\nu,1,2,1\n,4,5,1\n", length: true, err: `line 3: row 2, column "id": `},
		{name: "too long", text: "id,a,b,y\nu,1,2,1\nu,4,5,1\nu,4,5,1\nu,4,5,1\n", length: true,
			err: `row 1, sequence "u": the sequence has 4 rows and the network takes 3`},
		{name: "ragged", text: "id,a,b,y\nu,1,2,1\nu,4,5,1\nu,4,5,1\nv,4,5,1\n",
			err: `row 4, sequence "v": the sequence has 1 row and not 3; give the network their lengths: a second source of the recurrent layer`},
		{name: "windows of one target", text: "id,a,b,y\nu,1,2,1\nu,4,5,1\nu,4,5,1\nu,4,5,1\n", length: true, windows: true,
			err: `sequences of 4 steps are 2 windows of the network, whose "y" is one of a window; train what has a result of every step, return: all`},
		{name: "no column", text: "name,a,b,y\nu,1,2,1\n", length: true, err: `no column is named "id", which --sequence-column says; the columns are "name", "a", "b", "y"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := files(t, map[string]string{"d.csv": c.text})
			inputs, targets := steps3(c.windows, c.length, c.every)
			s, err := Source{Data: at("d.csv"), Sequence: "id"}.Read(inputs, targets)
			if c.err != "" {
				require.ErrorContains(t, err, at("d.csv")+": "+c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.inputs, s.Inputs)
			require.Equal(t, c.targets, s.Targets)
			require.Equal(t, []any{c.n, c.parts}, []any{s.N, s.Windows})
			require.Empty(t, s.Left)
		})
	}
}

func TestLongSequences(t *testing.T) {
	array := func(name string, shape ...int) *Array {
		a := &Array{Name: name, Shape: shape}
		for i := range a.Rows() * a.RowSize() {
			a.Data = append(a.Data, float64(i+1))
		}
		return a
	}
	lengths := func(n ...float64) *Array { return &Array{Name: "n", Shape: []int{len(n), 1}, Data: n} }
	at := files(t, map[string]string{
		"whole.npz": npz(t, array("x", 2, 6, 2), array("y", 2, 6)), "part.npz": npz(t, array("x", 1, 4, 2), array("y", 1, 4)),
		"lengths.npz": npz(t, array("x", 2, 4, 2), array("y", 2, 4), lengths(4, 2)), "beyond.npz": npz(t, array("x", 2, 4, 2), array("y", 2, 4), lengths(4, 5)),
		"other.npz": npz(t, array("x", 1, 6, 2), array("y", 1, 3)), "x.npy": npy(t, []int{1, 3, 2}, 1, 2, 3, 4, 5, 6),
	})
	read := func(name string, length bool) (*Samples, error) {
		inputs, targets := steps3(true, length, true)
		return Source{Data: at(name)}.Read(inputs, targets)
	}
	s, err := read("whole.npz", false)
	require.NoError(t, err)
	require.Equal(t, []int{4, 2}, []int{s.N, s.Windows})
	require.Equal(t, array("", 24).Data, s.Inputs[0])

	s, err = read("lengths.npz", true)
	require.NoError(t, err)
	require.Equal(t, [][]float64{{1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0, 0, 0}, {3, 1, 2, 0}}, s.Inputs)
	require.Equal(t, [][]float64{{1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0, 0}}, s.Targets)

	for name, want := range map[string]string{
		"part.npz":  "sequences of 4 steps are no whole windows of 3; give the network their lengths: a second source of the recurrent layer",
		"other.npz": `"x" has 6 steps and "y" has 3`,
	} {
		_, err = read(name, false)
		require.ErrorContains(t, err, want)
	}
	_, err = read("beyond.npz", true)
	require.ErrorContains(t, err, "row 2: the length 5 is none of 4 steps")
	_, err = Source{Data: at("x.npy"), Sequence: "id"}.Read(steps3(true, false, true))
	require.ErrorContains(t, err, "is no CSV file but npy, whose arrays have the steps of a sequence along their second axis; --sequence-column has no meaning")
}

package dataset

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLayouts: tables as people have them are read rightly or refused, never
// otherwise. In all of them the inputs of the rows are (1, 2) and (3, 4), and the
// targets 0 and 2, or the labels cat and fox.
func TestLayouts(t *testing.T) {
	labelled := []Port{{Name: "y", Size: 3, Classes: 3, Labels: []string{"cat", "dog", "fox"}}}
	pose := []Port{{Name: "speed", Size: 1}, {Name: "angle", Size: 1}}
	named := []Port{{Name: "kind", Size: 3, Classes: 3}}
	columns := []Port{{Name: "x", Size: 2, Columns: []string{"a", "b"}}}
	several := []Port{{Name: "speed", Size: 1, Columns: []string{"v"}}, {Name: "angle", Size: 1, Columns: []string{"w"}}}
	trained := Columns{[]string{"a", "b"}, []string{"species"}}
	for _, c := range []struct {
		name    string
		table   string
		in, out []Port
		src     Source
		predict bool
		want    string // what a refusal says; empty: it is read
		left    []string
	}{
		// Training on a spec that names nothing: inputs first, in their order, targets last.
		{name: "inputs first", table: "a,b,species\n1,2,0\n3,4,2\n", in: two, out: class3},
		{name: "byte order mark, spaces, quotes", table: "\ufeffa, b ,\"species\"\r\n 1,2 ,\"0\"\r\n3,\"4\", 2\r\n", in: two, out: class3},
		{name: "labels as text", table: "a,b,species\n1,2,cat\n3,4, fox\n", in: two, out: labelled},
		{name: "numbers where there are labels", table: "a,b,species\n1,2,0\n3,4,2\n", in: two, out: labelled},
		{name: "target first, by flag", table: "species,a,b\n0,1,2\n2,3,4\n", in: two, out: class3, src: Source{Columns: []string{"species"}}},
		{name: "target first", table: "label,a,b\n0,1,2\n2,3,4\n", in: two, out: class3, want: `column "label" is called like one; say which with --target-column`},
		{name: "target first, with the output's name", table: "y,a,b\n0,1,2\n2,3,2\n", in: two, out: class3, want: `column "y" is called like one`},
		{name: "a point and its label", table: "x,y,label\n1,2,0\n3,4,2\n", in: two, out: class3},
		{name: "a class among the inputs", table: "class,age,survived\n1,2,0\n3,4,2\n", in: two, out: class3, want: `column "class" is called like one`},
		{name: "index", table: "idx,a,b,species\n0,1,2,0\n1,3,4,2\n", in: two, out: class3, want: "has 4 columns; the network takes 3"},
		{name: "index of pandas", table: ",a,b,species\n0,1,2,0\n1,3,4,2\n", in: two, out: class3, want: `"Unnamed: 0" has no name, as the index that pandas writes`},
		{name: "index of pandas, with too few inputs", table: ",a,species\n0,1,0\n1,3,2\n", in: two, out: class3, want: "write the file without it (index=False)"},
		{name: "index of pandas, and a target by flag", table: ",a,species\n0,1,0\n1,3,2\n", in: two, out: class3, src: Source{Columns: []string{"species"}}, want: "write the file without it (index=False)"},
		{name: "index of pandas, names known", table: ",b,a,species\n0,2,1,0\n1,4,3,2\n", in: two, out: class3, src: Source{Trained: trained}, left: []string{"Unnamed: 0"}},
		{name: "index of pandas and the target, the spec's names", table: ",x1,x0,species\n0,2,1,0\n1,4,3,2\n", in: two, out: class3, left: []string{"Unnamed: 0"}},
		{name: "index of pandas, read and written again", table: "Unnamed: 0,a,species\n0,1,0\n1,3,2\n", in: two, out: class3, want: "the index that pandas writes"},
		{name: "no header line", table: "1,2,0\n3,4,2\n", in: two, out: class3, want: "it must name the columns"},
		{name: "no header line, with labels", table: "1,2,cat\n3,4,fox\n5,6,dog\n", in: two, out: labelled, want: `line 1: column "cat" is called like a label`},
		{name: "no header line, with labels and fractions", table: "1.5,2,cat\n3,4,fox\n", in: two, out: labelled, want: "it must name the columns"},
		{name: "decimal commas in quotes", table: "a,b,species\n\"1,0\",\"2,0\",0\n", in: two, out: class3, want: `"1,0" is not a number; if its comma is decimal, say --decimal-comma`},
		{name: "Go's separators", table: "a,b,species\n1_0,2,0\n3,4,2\n", in: two, out: class3, want: `"1_0" is not a number`},
		{name: "Go's hexadecimal numbers", table: "a,b,species\n0x1p0,2,0\n3,4,2\n", in: two, out: class3, want: `"0x1p0" is not a number`},
		{name: "missing label", table: "a,b,species\n1,2,cat\n3,4,\n", in: two, out: labelled, want: "the value is missing"},
		{name: "unknown label", table: "a,b,species\n1,2,cat\n3,4,Fox\n", in: two, out: labelled, want: `row 2, column "species": "Fox" is not a label; the labels are "cat", "dog", "fox"`},
		{name: "labels and numbers", table: "a,b,species\n1,2,cat\n3,4,2\n", in: two, out: labelled, want: `"2" is not a label`},
		{name: "numbers as labels", table: "a,b,species\n1,2,1\n3,4,2\n", in: two,
			out: []Port{{Name: "y", Size: 3, Classes: 3, Labels: []string{"1", "2", "3"}}}, want: "class numbers (0 to 2) as well as labels"},
		{name: "text among the inputs", table: "a,b,species\n1,two,0\n3,4,2\n", in: two, out: class3, want: `row 1, column "b": "two" is not a number`},

		// A spec that names columns.
		{name: "columns", table: "id,b,species,a\n9,2,cat,1\n9,4,fox,3\n", in: columns, out: labelled, src: Source{Columns: []string{"species"}}, left: []string{"id"}},
		{name: "columns, and what is left is the target", table: "species,b,a\ncat,2,1\nfox,4,3\n", in: columns, out: labelled},
		{name: "columns, and an index of pandas", table: ",b,species,a\n0,2,cat,1\n1,4,fox,3\n", in: columns, out: labelled, left: []string{"Unnamed: 0"}},
		{name: "columns, and two that may be the target", table: "id,b,species,a\n9,2,cat,1\n9,4,fox,3\n", in: columns, out: labelled, want: "name the columns of the targets with --target-column"},
		{name: "columns that are not there", table: "A,b,species\n1,2,cat\n3,4,fox\n", in: columns, out: labelled, want: `no column is named "a", as the spec names its inputs; the columns are "A", "b", "species"`},
		{name: "columns, without a header line", table: "1,2,cat\n3,4,fox\n", in: columns, out: labelled, src: Source{Table: Table{NoHeader: true}}},
		{name: "columns of several inputs", table: "w,kind,v,id\n2,0,1,7\n4,2,3,8\n", in: several, out: named, left: []string{"id"}},
		{name: "columns of several inputs, one missing", table: "w,kind,x\n2,0,1\n4,2,3\n", in: several, out: named, want: `no column is named "v", as the spec names`},
		{name: "columns, trained on others", table: "b,a,species\n2,1,0\n4,3,2\n", in: columns, out: class3, src: Source{Trained: Columns{[]string{"b", "a"}, []string{"species"}}},
			want: `the network was trained on the columns "b", "a" and the spec names "a", "b" for the input "x"`},
		{name: "columns, predicting", table: "species,b,a\ncat,2,1\nfox,4,3\n", in: columns, out: labelled, predict: true, left: []string{"species"}},

		// The names of the training, in any order.
		{name: "swapped", table: "b,species,a\n2,0,1\n4,2,3\n", in: two, out: class3, src: Source{Trained: trained}},
		{name: "more columns", table: "id,b,note,a,species\n7,2,good,1,0\n8,4,bad,3,2\n", in: two, out: class3, src: Source{Trained: trained}, left: []string{"id", "note"}},
		{name: "other names", table: "u,v,species\n1,2,0\n3,4,2\n", in: two, out: class3, src: Source{Trained: trained}, want: `no column is named "a", "b", as inputs of the training were`},
		{name: "one other name", table: "a,v,species\n1,2,0\n3,4,2\n", in: two, out: class3, src: Source{Trained: trained}, want: `no column is named "b"`},
		{name: "the spec's names instead", table: "x0,x1,species\n1,2,0\n3,4,2\n", in: two, out: class3, src: Source{Trained: trained}, want: `no column is named "a", "b"`},
		{name: "the spec's names, spelled otherwise", table: "x_2,species,x_1\n2,0,1\n4,2,3\n", in: two, out: class3,
			src: Source{Trained: Columns{[]string{"x0", "x1"}, []string{"species"}}}},
		{name: "no target", table: "a,b,w\n1,2,0\n3,4,2\n", in: two, out: class3, src: Source{Trained: trained}, want: `no column is named "species"`},
		{name: "an input as target", table: "a,b,species\n1,2,0\n3,4,2\n", in: two, out: class3, src: Source{Trained: trained, Columns: []string{"a"}}, want: `the target column "a" is an input`},

		// Predicting.
		{name: "inputs alone", table: "a,b\n1,2\n3,4\n", in: two, out: class3, predict: true},
		{name: "swapped inputs", table: "b,a\n2,1\n4,3\n", in: two, out: class3, src: Source{Trained: trained}, predict: true},
		{name: "target first, names known", table: "species,a,b\n0,1,2\n2,3,4\n", in: two, out: class3, src: Source{Trained: trained}, predict: true, left: []string{"species"}},
		{name: "index, names known", table: "idx,a,b\n0,1,2\n1,3,4\n", in: two, out: class3, src: Source{Trained: trained}, predict: true, left: []string{"idx"}},
		{name: "index or target", table: "idx,a,b\n0,1,2\n1,3,4\n", in: two, out: class3, predict: true, want: "the weights do not know which are which"},
		{name: "target by flag", table: "species,a,b\n0,1,2\n2,3,4\n", in: two, out: class3, src: Source{Columns: []string{"species"}}, predict: true, left: []string{"species"}},
		{name: "wrong flag", table: "species,a,b\n0,1,2\n2,3,4\n", in: two, out: class3, src: Source{Columns: []string{"kind"}}, predict: true, want: `no column is named "kind"`},
		{name: "too few", table: "a\n1\n", in: two, out: class3, predict: true, want: "has 1 column for the inputs; the network takes 2"},

		// A spec that names its inputs.
		{name: "by the names of the spec", table: "id,kind,angle,note,speed\n9,0,2,x,1\n9,2,4,x,3\n", in: pose, out: named, left: []string{"id", "note"}},
		{name: "the output's name", table: "id,y,angle,speed\n9,0,2,1\n9,2,4,3\n", in: pose, out: class3, left: []string{"id"}},
		{name: "numbered", table: "y,x2,n,x1\n0,2,5,1\n2,4,5,3\n", in: two, out: class3, src: Source{Columns: []string{"y"}}, left: []string{"n"}},
		{name: "numbered from 0", table: "x_1,x_0,y\n2,1,0\n4,3,2\n", in: two, out: class3},
		{name: "the other inputs", table: "rate,turn,kind\n1,2,0\n3,4,2\n", in: pose, out: named, want: `their columns need their names: "speed", "angle"; the columns are "rate", "turn", "kind"`},
		{name: "numbered in two ways", table: "x0,x1,x2,y\n1,2,9,0\n3,4,9,2\n", in: two, out: class3, want: "could both be"},
		{name: "which is the target", table: "speed,angle,u,v\n1,2,0,9\n3,4,2,9\n", in: pose, out: class3, want: "beside the inputs there are 2 columns (\"u\", \"v\") and the network has 1 target"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.src.Data = files(t, map[string]string{"d.csv": c.table})("d.csv")
			read := c.src.Read
			if c.predict {
				read = c.src.ReadInputs
			}
			s, err := read(c.in, c.out)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				require.ErrorContains(t, err, c.src.Data)
				return
			}
			require.NoError(t, err)
			require.Equal(t, 2, s.N)
			inputs := [][]float64{{1, 2, 3, 4}}
			if len(c.in) == 2 {
				inputs = [][]float64{{1, 3}, {2, 4}}
			}
			require.Equal(t, inputs, s.Inputs)
			if !c.predict {
				require.Equal(t, [][]float64{{0, 2}}, s.Targets)
			}
			require.Equal(t, c.left, s.Left)
		})
	}
}

// TestAnyOrder: where the names are known, the order of the columns and what
// lies between them is nothing.
func TestAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		ports := []Port{{Name: "image", Size: 1 + r.IntN(12)}, {Name: "pose", Size: 1 + r.IntN(3)}, {Name: "t", Size: 1}}
		out := []Port{{Name: "kind", Size: 4, Classes: 4}, {Name: "value", Size: 1 + r.IntN(2)}}
		spelling, first := spellings[r.IntN(len(spellings))], r.IntN(2)
		var names []string
		for _, p := range append(append([]Port(nil), ports...), out...) {
			for i := range p.Width() {
				name := p.Name
				if p.Width() > 1 {
					name = fmt.Sprintf(spelling, p.Name, first+i)
				}
				names = append(names, name)
			}
		}
		width, used := len(names), width(ports)
		for i := range r.IntN(4) {
			names = append(names, fmt.Sprintf("other%d", i))
		}
		var table strings.Builder
		order := r.Perm(len(names))
		cell := func(f func(c int) string) {
			for i, c := range order {
				if i > 0 {
					table.WriteByte(',')
				}
				table.WriteString(f(c))
			}
			table.WriteByte('\n')
		}
		cell(func(c int) string { return names[c] })
		cell(func(c int) string { // the number of the column, but a class is one
			switch {
			case c == used:
				return "3"
			case c >= width:
				return "text"
			}
			return fmt.Sprint(100 + c)
		})
		if r.IntN(2) == 0 { // the spec names some columns
			ports[0].Columns = names[:ports[0].Size]
			ports[2].Columns = names[ports[0].Size+ports[1].Size:][:1]
		}
		path := files(t, map[string]string{"d.csv": table.String()})("d.csv")
		s, err := Source{Data: path}.Read(ports, out)
		require.NoError(t, err, table.String())
		next := 100
		for i, p := range ports {
			for e := range p.Size {
				require.Equal(t, float64(next), s.Inputs[i][e])
				next++
			}
		}
		require.Equal(t, []float64{3}, s.Targets[0])
		for e := range out[1].Size {
			require.Equal(t, float64(next+1+e), s.Targets[1][e])
		}
		require.Len(t, s.Left, len(names)-width)
		// By the names of the training it is the same.
		again, err := Source{Data: path, Trained: s.Columns}.Read(ports, out)
		require.NoError(t, err)
		require.Equal(t, s, again)
	}
}

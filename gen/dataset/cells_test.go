package dataset

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// people is an input of texts and of numbers that may be missing.
var people = Port{
	Name: "x", Size: 5, Columns: []string{"age", "city", "size", "weight"},
	Cells: []Cell{{Elements: 1, Missing: true}, {Elements: 2, Categories: []string{"Rome", "Oslo"}, Missing: true},
		{Elements: 1, Categories: []string{"small", "1,5"}, Unknown: true}, {Elements: 1}},
}

// put writes a table and returns its path.
func put(t *testing.T, text string) string {
	return files(t, map[string]string{"d.csv": text})("d.csv")
}

// TestCells reads texts as the numbers of their categories, and what is missing
// as NaN, in every way in which a table may be written.
func TestCells(t *testing.T) {
	rows := [][]string{
		{"31.5", "Oslo", "small", "70.25", "1"}, {"", "Rome", "1,5", "80", "0"}, {"NA", "", "huge", "60", "1"}, {"nan", " Oslo ", "tiny", "7e1", "2"}, {"40", "Rome", "huge", "75", "0"},
	}
	nan := math.NaN()
	want := []float64{31.5, 1, 0, 70.25, nan, 0, 1, 80, nan, nan, 2, 60, nan, 1, 3, 70, 40, 0, 2, 75}
	for _, form := range []struct{ delimiter, newline, quote, point string }{{",", "\n", `"`, "."}, {";", "\r\n", "", "."}, {"\t", "\n", "", ","}, {"|", "\n", `"`, ","}} {
		var b strings.Builder
		b.WriteString(strings.Join([]string{"age", "city", "size", "weight", "y"}, form.delimiter) + form.newline)
		for _, row := range rows {
			var fields []string
			for i, field := range row {
				if i != 2 {
					field = strings.Replace(field, ".", form.point, 1)
				}
				fields = append(fields, form.quote+field+form.quote)
			}
			b.WriteString(strings.Join(fields, form.delimiter) + form.newline)
		}
		s, err := Source{Data: put(t, b.String())}.Read([]Port{people}, []Port{{Name: "y", Size: 1}})
		require.NoError(t, err, "%q", b.String())
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(s.Inputs[0]))
		require.Equal(t, [][][]string{{nil, {"Rome", "Oslo"}, {"small", "1,5", "huge", "tiny"}, nil}}, s.Texts)
		require.Equal(t, [][]float64{{1, 0, 1, 2, 0}}, s.Targets)
	}
}

// TestCellsRefused: what a column does not take is an error at its place.
func TestCellsRefused(t *testing.T) {
	for _, c := range []struct{ row, want string }{
		{"old,Rome,small,70,1", `line 3: row 2, column "age": "old" is not a number`},
		{"1_0,Rome,small,70,1", `line 3: row 2, column "age": "1_0" is not a number`},
		{"inf,Rome,small,70,1", `line 3: row 2, column "age": the value is "inf"`},
		{",Rome,small,,1", `line 3: row 2, column "weight": the value is missing; write it, or leave out the row, or say in the spec what stands for it (missing: zero, or for numbers mean or median)`},
		{",Rome,small,NA,1", `line 3: row 2, column "weight": the value is missing`},
		{",rome,small,70,1", `line 3: row 2, column "city": "rome" is not a category; the categories are "Rome", "Oslo"; add it in the spec, or say unknown: zero there`},
		{",NA,small,70,1", `line 3: row 2, column "city": "NA" is not a category; the categories are "Rome", "Oslo"; add it in the spec, or say unknown: zero there; if it stands for a missing value, leave the field empty`},
		{",Rome,,70,1", `line 3: row 2, column "size": the value is missing`},
		{",Rome,small,70,", `line 3: row 2, column "y": the value is missing; write it, or leave out the row`},
		{",Rome,small,70,NA", `line 3: row 2, column "y": "NA" is not a number`},
	} {
		path := put(t, "age,city,size,weight,y\n30,Rome,small,70,1\n"+c.row+"\n")
		_, err := Source{Data: path}.Read([]Port{people}, []Port{{Name: "y", Size: 1}})
		require.ErrorContains(t, err, path+": "+c.want, c.row)
	}
	// A missing value of a column of numbers that the spec names.
	_, err := Source{Data: put(t, "a,y\n,1\n")}.Read([]Port{{Name: "x", Size: 1, Columns: []string{"a"}}}, []Port{{Name: "y", Size: 1}})
	require.ErrorContains(t, err, `line 2: row 1, column "a": the value is missing; write it, or leave out the row, or say in the spec`)
	// Arrays have no texts.
	_, err = Source{Data: "testdata/c_f4.npy"}.ReadInputs([]Port{people}, nil)
	require.ErrorContains(t, err, `testdata/c_f4.npy: the columns of the input "x" hold texts, or may lack values, in the spec, which only a table has; give a CSV file`)
}

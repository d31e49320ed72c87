package dataset

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForms: tables in other forms than ours are read rightly or refused.
func TestForms(t *testing.T) {
	labelled := []Port{{Name: "y", Size: 3, Classes: 3, Labels: []string{"cat", "dog", "fox"}}}
	numbered := Columns{[]string{"#2", "#3"}, []string{"#1"}}
	byName := Columns{[]string{"a", "b"}, []string{"species"}}
	headless := Table{NoHeader: true}
	for _, c := range []struct {
		name, table string
		src         Source
		want        string // what a refusal says; empty: the inputs are (1.5, 2), (3, 4.25), the targets 0 and 2
	}{
		{name: "semicolons", table: "a;b;species\n1.5;2;cat\n3;4.25;fox\n"},
		{name: "semicolons and decimal commas", table: "a;b;species\n1,5;2;cat\n3;4,25;fox\n"},
		{name: "tabs", table: "a\tb\tspecies\n1.5\t2\tcat\n3\t4.25\tfox\n"},
		{name: "tabs and decimal commas", table: "a\tb\tspecies\n1,5\t2\tcat\n3\t4,25\tfox\n"},
		{name: "pipes", table: "a|b|species\n1.5|2|cat\n3|4.25|fox\n"},
		{name: "commas in names", table: "\"a, cm\";\"b, cm\";species\n1,5;2;cat\n3;4,25;fox\n"},
		{name: "semicolons in names", table: "\"a; cm\",\"b; cm\",species\n1.5,2,cat\n3,4.25,fox\n"},
		{name: "a bare comma in a name", table: "a, cm;b;species\n1,5;2;cat\n3;4,25;fox\n", want: "separated by comma or semicolon; say which with --delimiter"},
		{name: "a bare comma in a name, by flag", table: "a, cm;b;species\n1,5;2;cat\n3;4,25;fox\n", src: Source{Table: Table{Delimiter: ';'}}},
		{name: "a colon by flag", table: "a:b:species\n1.5:2:cat\n3:4.25:fox\n", src: Source{Table: Table{Delimiter: ':'}}},
		{name: "spaces", table: "a b species\n1.5 2 cat\n3 4.25 fox\n", want: `if the columns of "a b species" are not separated by commas, say by what with --delimiter`},
		{name: "spaces, no header", table: "1.5 2 1\n3 4.25 2\n", src: Source{Table: headless}, want: `if the columns of "1.5 2 1" are not separated by commas`},
		{name: "spaces by flag", table: "a b species\n1.5 2 cat\n3 4.25 fox\n", src: Source{Table: Table{Delimiter: ' '}}},
		{name: "the wrong flag", table: "a,b,species\n1.5,2,cat\n3,4.25,fox\n", src: Source{Table: Table{Delimiter: ';'}}, want: "the file has 1 column"},
		{name: "quoted decimal commas by flag", table: "a,b,species\n\"1,5\",2,cat\n3,\"4,25\",fox\n", src: Source{Table: Table{DecimalComma: true}}},
		{name: "a point among decimal commas", table: "a;b;species\n1.5;2;cat\n3;4,25;fox\n", want: "where others have a decimal comma"},
		{name: "a point in a column left out", table: "version;b;species;a\n0.1;2;cat;1,5\n0.2;4,25;fox;3\n", src: Source{Trained: byName}},

		{name: "no header", table: "1.5,2,cat\n3,4.25,fox\n", src: Source{Table: headless}},
		{name: "no header, decimal commas", table: "1,5;2;cat\n3;4,25;fox\n", src: Source{Table: headless}},
		{name: "no header, decimal commas everywhere", table: "1,5;2,0;cat\n3,0;4,25;fox\n", src: Source{Table: headless}},
		{name: "no header, target first", table: "cat,1.5,2\nfox,3,4.25\n", src: Source{Table: headless, Columns: []string{"1"}}},
		{name: "no header, target first, trained so", table: "cat,1.5,2\nfox,3,4.25\n", src: Source{Table: headless, Trained: numbered}},
		{name: "a header after all", table: "a,b,species\n1.5,2,cat\n3,4.25,fox\n", src: Source{Table: headless}, want: `"a" is not a number; if the first line names the columns, leave out --no-header`},
		{name: "no header, trained by names", table: "1.5,2,cat\n3,4.25,fox\n", src: Source{Table: headless, Trained: byName}, want: "the network was trained by names; write a first line"},
		{name: "a header, trained without", table: "species,a,b\ncat,1.5,2\nfox,3,4.25\n", src: Source{Trained: numbered}, want: "the network was trained on a file without names"},
		{name: "no header and not said", table: "1.5,2,cat\n3,4.25,fox\n", want: "--no-header reads a file without such a line"},
		{name: "no header and not said, decimal commas", table: "1,5;2,5;cat\n3;4,25;fox\n", want: "the first line holds numbers (\"1,5;2,5\")"},
		{name: "lines that end in a delimiter", table: "a;b;species;\n1.5;2;cat;\n3;4.25;fox;\n", want: `"Unnamed: 3" has no name; if the lines end in a delimiter, write the file without it`},
		{name: "lines that end in a delimiter, names known", table: "a;b;species;\n1.5;2;cat;\n3;4.25;fox;\n", src: Source{Trained: byName}},
		{name: "no such column", table: "1.5,2,cat\n3,4.25,fox\n", src: Source{Table: headless, Columns: []string{"4"}}, want: `no column is named "4"; the columns are "#1", "#2", "#3"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.src.Data = files(t, map[string]string{"d.csv": c.table})("d.csv")
			s, err := c.src.Read(two, labelled)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				require.ErrorContains(t, err, c.src.Data)
				return
			}
			require.NoError(t, err)
			require.Equal(t, [][]float64{{1.5, 2, 3, 4.25}}, s.Inputs)
			require.Equal(t, [][]float64{{0, 2}}, s.Targets)
		})
	}
	_, err := Source{Data: files(t, map[string]string{"x.npy": npy(t, []int{1, 2}, 1, 2)})("x.npy"), Table: headless}.ReadInputs(two, nil)
	require.ErrorContains(t, err, "is no CSV file but npy; --delimiter, --no-header and --decimal-comma have no meaning")
}

// TestSameInEveryForm writes tables of random numbers in every form: what is
// read is what was written, or the file is refused; it is refused only where
// a comma can be read in two ways.
func TestSameInEveryForm(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		rows, inputs := 1+r.IntN(4), 1+r.IntN(4)
		form := Table{NoHeader: r.IntN(3) == 0}
		delimiter := delimiters[r.IntN(len(delimiters))]
		commas := delimiter != ',' && r.IntN(2) == 0
		quotes, newline := r.IntN(3), []string{"\n", "\r\n"}[r.IntN(2)]
		var table strings.Builder
		if r.IntN(2) == 0 {
			table.WriteString("\ufeff")
		}
		write := func(fields []string) {
			for i, field := range fields {
				if quotes == 0 || quotes == 1 && r.IntN(2) == 0 || strings.ContainsRune(field, delimiter) {
					fields[i] = strconv.Quote(field)
				}
			}
			table.WriteString(strings.Join(fields, string(delimiter)) + newline)
		}
		if !form.NoHeader {
			var names []string
			for i := range inputs {
				names = append(names, fmt.Sprintf("name%d%s", i, []string{"", " ,", " ;"}[r.IntN(3)]))
			}
			write(append(names, "class"))
		}
		want := &Samples{Inputs: [][]float64{nil}, Targets: [][]float64{nil}}
		doubtful := false
		for range rows {
			var fields []string
			for range inputs {
				v, digits := 1000*r.NormFloat64(), r.IntN(5)
				text := strconv.FormatFloat(v, 'f', digits, 64)
				v, err := strconv.ParseFloat(text, 64)
				require.NoError(t, err)
				if commas {
					text = strings.Replace(text, ".", ",", 1)
					doubtful = doubtful || digits == 3
				}
				want.Inputs[0] = append(want.Inputs[0], v)
				fields = append(fields, text)
			}
			class := r.IntN(2)
			want.Targets[0] = append(want.Targets[0], float64(class))
			write(append(fields, []string{"no", "yes"}[class]))
		}
		want.N = rows
		data := table.String()
		if r.IntN(4) == 0 {
			data = string(gz([]byte(data)))
		}
		src := Source{Data: files(t, map[string]string{"d.csv": data})("d.csv"), Table: form}
		in, out := []Port{{Name: "x", Size: inputs}}, []Port{{Name: "y", Size: 2, Classes: 2, Labels: []string{"no", "yes"}}}
		s, err := src.Read(in, out)
		if err != nil && strings.Contains(err.Error(), "say which with --delimiter") {
			src.Table.Delimiter = delimiter
			s, err = src.Read(in, out)
		}
		if err != nil && doubtful && strings.Contains(err.Error(), "say --decimal-comma") {
			src.Table.DecimalComma = true
			s, err = src.Read(in, out)
		}
		require.NoError(t, err, table.String())
		require.Contains(t, s.Form, "separator "+delimiterName(delimiter))
		s.Columns, s.Form = Columns{}, ""
		require.Equal(t, want, s, table.String())
	}
}

func TestParseDelimiter(t *testing.T) {
	for s, want := range map[string]rune{",": ',', "semicolon": ';', "tab": '\t', "\t": '\t', `\t`: '\t', "pipe": '|', "space": ' ', "§": '§'} {
		r, err := ParseDelimiter(s)
		require.NoError(t, err)
		require.Equal(t, want, r, s)
	}
	for _, s := range []string{"", "a", "1", ".", "-", "\"", ";;", "\n", "tabs", "\xff"} {
		_, err := ParseDelimiter(s)
		require.ErrorContains(t, err, "must be one character", s)
	}
}

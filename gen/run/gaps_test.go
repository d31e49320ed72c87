package run

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/stretchr/testify/require"
)

const trees = `nngen: 1
name: trees
input:
  columns:
    - {name: height, missing: mean}
    - {name: girth, missing: median}
    - {name: soil, one_hot: [clay, "sand, dry"], missing: zero, unknown: zero}
    - {name: size, ordinal: [small, large]}
  normalize: standard
output: {labels: [ash, beech, cedar]}
layers:
  - dense: {units: 3}
loss: cross_entropy
codegen: {batch: 8, simd: none}
`

// TestTwelveFormsWithGaps trains a real network on one table with texts and
// missing values in the forms that people have: to the same weights and fitted
// constants, bit for bit, or the file is refused with its place and what to do.
func TestTwelveFormsWithGaps(t *testing.T) {
	net, err := spec.Decode("trees.yaml", []byte(trees), op.Vocabulary())
	require.NoError(t, err)
	c := &Compiler{Lower: lower.Lower, Cache: testCache, Generate: func(net *spec.Network, standalone bool) (map[string][]byte, error) {
		return gen.Generate(net, gen.Options{Standalone: standalone})
	}}
	names := []string{"height", "girth", "soil", "size", "species"}
	var rows [][]string
	for i := range 30 {
		row := []string{fmt.Sprintf("%.2f", 1.5*float64(i%3)+0.01*float64(i)), fmt.Sprintf("%.1f", 2-float64(i%3)-0.1*float64(i%4)),
			[]string{"clay", "sand, dry", "peat", ""}[i%4], []string{"small", "large"}[i/2%2], []string{"ash", "beech", "cedar"}[i%3]}
		if i%7 == 0 {
			row[0] = ""
		}
		if i%5 == 1 {
			row[1] = ""
		}
		rows = append(rows, row)
	}
	straight := []int{0, 1, 2, 3, 4}
	table := func(order []int, delimiter, newline string, header, quoted bool, edit func(column int, s string) string) string {
		var b strings.Builder
		write := func(row []string, edit func(column int, s string) string) {
			var fields []string
			for _, c := range order {
				field := edit(c, row[c])
				if quoted || strings.Contains(field, delimiter) {
					field = `"` + field + `"`
				}
				fields = append(fields, field)
			}
			b.WriteString(strings.Join(fields, delimiter) + newline)
		}
		keep := func(_ int, s string) string { return s }
		if header {
			write(names, keep)
		}
		for _, row := range rows {
			write(row, edit)
		}
		return b.String()
	}
	keep := func(_ int, s string) string { return s }
	commas := func(c int, s string) string {
		if c < 2 {
			return strings.Replace(s, ".", ",", 1)
		}
		return s
	}
	gap := func(text string) func(int, string) string {
		return func(c int, s string) string {
			if c < 2 && s == "" {
				return text
			}
			return s
		}
	}
	plain := table(straight, ",", "\n", true, false, keep)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write([]byte(plain))
	require.NoError(t, w.Close())
	indexed := strings.Split(strings.TrimSpace(plain), "\n")
	for i := range indexed {
		indexed[i] = fmt.Sprintf("%d,%s", i, indexed[i])
	}
	indexed[0] = "," + strings.Join(names, ",")
	noHeader := dataset.Source{Table: dataset.Table{NoHeader: true}}
	var want []byte
	for _, f := range []struct {
		name, data, refused string
		src                 dataset.Source
	}{
		{name: "commas", data: plain},
		{name: "semicolons and decimal commas", data: table(straight, ";", "\n", true, false, commas)},
		{name: "tabs", data: table(straight, "\t", "\r\n", true, false, keep)},
		{name: "quoted", data: table(straight, ",", "\n", true, true, keep)},
		{name: "byte order mark and CRLF", data: "\ufeff" + table(straight, ",", "\r\n", true, false, keep)},
		{name: "permuted, the target first", data: table([]int{4, 2, 0, 3, 1}, ",", "\n", true, false, keep)},
		{name: "an index", data: strings.Join(indexed, "\n")},
		{name: "no header line", data: table(straight, ",", "\n", false, false, keep), src: noHeader},
		{name: "gzipped", data: zipped.String()},
		{name: "NA", data: table(straight, ",", "\n", true, false, gap("NA"))},
		{name: "nan", data: table(straight, ";", "\n", true, true, gap("nan"))},
		{name: "null and spaces", data: table(straight, "|", "\n", true, false, gap(" null "))},
		{name: "another word", data: table(straight, ",", "\n", true, false, gap("?")), refused: `line 2: row 1, column "height": "?" is not a number`},
		{name: "NA for a text", data: strings.Replace(plain, ",small,", ",NA,", 1), refused: `column "size": "NA" is not a category; the categories are "small", "large"; add it in the spec, or say unknown: zero there; if it stands for a missing value, leave the field empty`},
		{name: "no text", data: strings.Replace(plain, ",small,", ",,", 1), refused: `line 2: row 1, column "size": the value is missing; write it, or leave out the row, or say in the spec what stands for it`},
		{name: "no label", data: strings.Replace(plain, ",ash\n", ",\n", 1), refused: `line 2: row 1, column "species": the value is missing; write it, or leave out the row`},
	} {
		t.Run(f.name, func(t *testing.T) {
			o := trainOptions(t, put(t, "d.csv", f.data))
			o.Epochs, o.Data.Table, o.Fraction = 2, f.src.Table, 0.3
			_, err := c.Train(t.Context(), net, o)
			if f.refused != "" {
				require.ErrorContains(t, err, f.refused)
				require.NoFileExists(t, o.Out)
				return
			}
			require.NoError(t, err)
			file, err := os.ReadFile(o.Out)
			require.NoError(t, err)
			got := file[8+binary.LittleEndian.Uint64(file):]
			require.Len(t, got, (3*5+3*5+3)*4) // missing, mean, std; weight and bias
			if want == nil {
				want = got
			}
			require.Equal(t, want, got)
		})
	}
}

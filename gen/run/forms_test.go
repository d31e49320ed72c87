package run

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/stretchr/testify/require"
)

// TestTwelveForms trains on one table in the forms that people have: to the
// same weights, bit for bit, or the file is refused with what to do, and then
// that does it.
func TestTwelveForms(t *testing.T) {
	labels := []string{"ash", "beech", "cedar"}
	names := []string{"height", "girth", "species"}
	var rows [][]string
	for i := range 30 {
		rows = append(rows, []string{fmt.Sprintf("%.2f", 1.5*float64(i%3)+0.01*float64(i)), fmt.Sprintf("%.1f", 2-float64(i%3)-0.1*float64(i%4)), labels[i%3]})
	}
	// table writes the columns in an order, as what edit makes of each field.
	table := func(order []int, delimiter, newline string, header bool, edit func(string) string) string {
		all := rows
		if header {
			all = append([][]string{names}, rows...)
		}
		var b strings.Builder
		for _, row := range all {
			var fields []string
			for _, c := range order {
				fields = append(fields, edit(row[c]))
			}
			b.WriteString(strings.Join(fields, delimiter) + newline)
		}
		return b.String()
	}
	keep := func(s string) string { return s }
	commas := func(s string) string { return strings.Replace(s, ".", ",", 1) }
	quoted := func(s string) string { return `"` + s + `"` }
	straight := []int{0, 1, 2}
	plain := table(straight, ",", "\n", true, keep)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write([]byte(plain))
	require.NoError(t, w.Close())
	indexed := strings.Split(strings.TrimSpace(plain), "\n")
	for i := range indexed {
		indexed[i] = fmt.Sprintf("%d,%s", i, indexed[i])
	}
	indexed[0] = "," + names[0] + "," + names[1] + "," + names[2]
	species := dataset.Source{Columns: []string{"species"}}

	net := classifier
	net.outputs = []fakePort{{name: "y", size: 3, loss: "cross_entropy", labels: labels}}
	named := net
	named.inputs = []fakePort{{name: "x", size: 2, columns: names[:2]}}
	both := []fakeNet{net, named}
	var want []byte
	for _, f := range []struct {
		name, data string
		nets       []fakeNet
		refused    string         // what is said, if the file is refused
		src        dataset.Source // what is to be done then, or at once
		then       string         // or the file that is to be written instead
	}{
		{name: "commas", data: plain, nets: both},
		{name: "semicolons", data: table(straight, ";", "\n", true, keep), nets: both},
		{name: "tabs", data: table(straight, "\t", "\n", true, keep), nets: both},
		{name: "decimal commas", data: table(straight, ";", "\n", true, commas), nets: both},
		{name: "no header line", data: table(straight, ",", "\n", false, keep), nets: both, refused: "--no-header reads a file without such a line", src: dataset.Source{Table: dataset.Table{NoHeader: true}}},
		{name: "columns permuted", data: table([]int{1, 2, 0}, ",", "\n", true, keep), nets: []fakeNet{named}},
		{name: "columns permuted and not named", data: table([]int{1, 2, 0}, ",", "\n", true, keep), nets: []fakeNet{net}, refused: `"ash" is not a number`, then: plain},
		{name: "target first", data: table([]int{2, 0, 1}, ",", "\n", true, keep), nets: both[:1], refused: `"ash" is not a number`, src: species},
		{name: "target first, named", data: table([]int{2, 0, 1}, ",", "\n", true, keep), nets: both[1:]},
		{name: "an index", data: strings.Join(indexed, "\n"), nets: both[:1], refused: "write the file without it (index=False)", then: plain},
		{name: "an index, named", data: strings.Join(indexed, "\n"), nets: both[1:]},
		{name: "CRLF", data: table(straight, ",", "\r\n", true, keep), nets: both},
		{name: "byte order mark", data: "\ufeff" + plain, nets: both},
		{name: "quoted", data: table(straight, ",", "\n", true, quoted), nets: both},
		{name: "class numbers", data: strings.NewReplacer("ash", "0", "beech", "1", "cedar", "2").Replace(plain), nets: both},
		{name: "a missing value", data: strings.Replace(plain, ",1.9,", ",,", 1), nets: both, refused: `column "girth": the value is missing`, then: plain},
		{name: "gzipped", data: zipped.String(), nets: both},
	} {
		for i, n := range f.nets {
			t.Run(fmt.Sprintf("%s/%d", f.name, i), func(t *testing.T) {
				o := trainOptions(t, put(t, "d.csv", f.data))
				o.Epochs = 1
				train := func() error {
					_, err := n.compiler().Train(t.Context(), n.net(), o)
					return err
				}
				if f.refused != "" {
					require.ErrorContains(t, train(), f.refused)
					require.NoFileExists(t, o.Out)
				}
				o.Data.Table, o.Data.Columns = f.src.Table, f.src.Columns
				if f.then != "" {
					o.Data.Data = put(t, "d.csv", f.then)
				}
				require.NoError(t, train())
				file, err := os.ReadFile(o.Out)
				require.NoError(t, err)
				got := file[8+binary.LittleEndian.Uint64(file):]
				require.Len(t, got, 9*4)
				if want == nil {
					want = slices.Clone(got)
				}
				require.Equal(t, want, got)
			})
		}
	}
}

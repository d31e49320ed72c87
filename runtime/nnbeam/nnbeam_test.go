package nnbeam

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/parquet-go/parquet-go"
)

// sum is a network that adds two numbers.
type sum struct{}

// ForwardBatch adds.
func (sum) ForwardBatch(y [][1]float32, x [][2]float32, ws *int) {
	*ws++
	for i := range x {
		y[i][0] = x[i][0] + x[i][1]
	}
}

var sumModel = Register("sum", Model[sum, [2]float32, [1]float32]{
	Load:   func(r io.Reader) (sum, error) { _, err := io.ReadAll(r); return sum{}, err },
	Decode: func(_ sum, row *Row, x *[2]float32) error { return Numbers(row, x[:]) },
	Values: func(y *[1]float32, to []float64) []float64 { return Append(to, y[:]) },
	Batch:  3,
})

func TestMain(m *testing.M) {
	beam.Init()
	os.Exit(m.Run())
}

// TestLines: whatever the size of the chunks, the lines of plain and of compressed files
// come with their numbers, without the header and empty ones, each in one chunk.
func TestLines(t *testing.T) {
	dir := t.TempDir()
	var text strings.Builder
	want := map[int64]string{}
	text.WriteString("\ufeffa,b\r\n")
	for i := int64(2); i < 60; i++ {
		switch line := strings.Repeat(fmt.Sprint(i), int(i)%7); {
		case line == "":
			text.WriteString(" \r\n")
		default:
			want[i] = line
			text.WriteString(line + "\r\n")
		}
	}
	want[60] = "the end"
	text.WriteString("the end")
	plain, packed := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "rows.csv.gz")
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text.String()))
	w.Close()
	for path, data := range map[string][]byte{plain: []byte(text.String()), packed: b.Bytes()} {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1, 7, 20, 100, 1 << 20} {
			var chunks []chunk
			split := &splitLines{Lines{Header: true, Chunk: size}}
			if err := split.ProcessElement(t.Context(), file{path, 3}, func(c chunk) { chunks = append(chunks, c) }); err != nil {
				t.Fatal(err)
			}
			got := map[int64]string{}
			for _, c := range chunks {
				err := new(readLines).ProcessElement(t.Context(), c, func(r Row) {
					if got[r.Row] != "" || r.Index != 3 || r.Chunk != c.Chunk {
						t.Fatalf("row %+v of chunk %+v", r, c)
					}
					got[r.Row] = strings.TrimSuffix(r.Text, "\r")
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s in chunks of %d: %d rows, want %d: %v", path, size, len(got), len(want), got)
			}
			if path == plain && size < 20 && len(chunks) < 10 {
				t.Fatalf("chunks of %d are %d", size, len(chunks))
			}
		}
	}
}

// TestPipeline scores CSV and Parquet on prism, to every format; a row that is none is in
// the side output.
func TestPipeline(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, data []byte) {
		if err := os.WriteFile(path(name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("weights", []byte("none"))
	write("rows.csv", []byte("1,2\n3,x\n5,6\n7\n\"9\",10\n0.1,0x1p3\n11,12\n"))
	type row struct {
		B float64  `parquet:"b"`
		A *float32 `parquet:"a,optional"`
		C string   `parquet:"c"`
	}
	one := float32(1)
	var table bytes.Buffer
	pw := parquet.NewGenericWriter[row](&table)
	for range 2 {
		if _, err := pw.Write([]row{{2, &one, "x"}, {3, nil, "y"}, {math.NaN(), &one, ""}}); err != nil {
			t.Fatal(err)
		}
		if err := pw.Flush(); err != nil { // a row group
			t.Fatal(err)
		}
	}
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
	write("rows.parquet", table.Bytes())
	joined := func(folder string) string {
		entries, err := os.ReadDir(path(folder))
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, e := range entries {
			data, err := os.ReadFile(filepath.Join(path(folder), e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(data)
		}
		return strings.ReplaceAll(all.String(), dir+string(filepath.Separator), "")
	}
	server := *jobopts.Endpoint // of prism, once it runs
	for _, c := range []struct {
		format      Format
		table       bool
		scores, bad string
	}{
		{CSV, false, "rows.csv,1,3\nrows.csv,3,11\nrows.csv,5,19\nrows.csv,7,23\n",
			"rows.csv,2,\"field 2: \"\"x\"\" is not a finite decimal number\"\nrows.csv,4,the line has 1 fields; the network takes 2\nrows.csv,6,\"field 2: \"\"0x1p3\"\" is not a finite decimal number\"\n"},
		{Text, false, "3\n11\n19\n23\n", ""},
		{CSV, true, "rows.parquet,1,3\nrows.parquet,4,3\n",
			"rows.parquet,2,column a has no value\nrows.parquet,3,a number is NaN\nrows.parquet,5,column a has no value\nrows.parquet,6,a number is NaN\n"},
		{Parquet, true, "", ""},
	} {
		name := fmt.Sprintf("%s-%v", c.format, c.table)
		p, s := beam.NewPipelineWithRoot()
		rows := beam.PCollection{}
		if c.table {
			rows = ReadParquet(s, []string{"a", "b"}, path("rows.parquet"))
		} else {
			rows = ReadLines(s, Lines{}, path("rows.csv"))
		}
		scores, bad := Score(s, sumModel, path("weights"), rows)
		Write(s, c.format, path(name), scores)
		WriteBad(s, path(name+".bad"), bad)
		runner := "prism"
		if c.format == Text {
			if runner = server; server == "" {
				t.Fatal("prism has no job server that could be elsewhere")
			}
		}
		counts, err := Run(context.Background(), p, runner)
		server = *jobopts.Endpoint
		if err != nil {
			t.Fatal(err)
		}
		if c.format == Parquet {
			entries, err := os.ReadDir(path(name))
			if err != nil || len(entries) != 2 {
				t.Fatal(entries, err)
			}
			got, err := parquet.ReadFile[parquetRow](filepath.Join(path(name), entries[1].Name()))
			want := []parquetRow{{path("rows.parquet"), 4, []float64{3}}}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v, %v; want %+v", got, err, want)
			}
			continue
		}
		if got := joined(name); got != c.scores {
			t.Errorf("%s: scores %q, want %q", name, got, c.scores)
		}
		if got := joined(name + ".bad"); c.bad != "" && got != c.bad {
			t.Errorf("%s: bad %q, want %q", name, got, c.bad)
		}
		if n := int64(strings.Count(c.scores, "\n")); counts.Rows != n || counts.Batches == 0 || c.bad != "" && counts.Bad != int64(strings.Count(c.bad, "\n")) {
			t.Errorf("%s: %+v, want %d rows", name, counts, n)
		}
	}
	if _, err := Run(context.Background(), beam.NewPipeline(), "nowhere"); err == nil || !strings.Contains(err.Error(), "prism or the address") {
		t.Error(err)
	}
}

// TestCoders: what travels between workers arrives, NaN too.
func TestCoders(t *testing.T) {
	at := Place{"a,b", 1, 2, 3}
	s := Scored{at, []float64{1.5, math.Inf(1), math.NaN(), math.Copysign(0, -1)}}
	data, err := encodeScored(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeScored(data)
	if err != nil || got.Place != at || len(got.Values) != 4 {
		t.Fatal(got, err)
	}
	for i, v := range s.Values {
		if math.Float64bits(v) != math.Float64bits(got.Values[i]) {
			t.Errorf("%v becomes %v", v, got.Values[i])
		}
	}
	r := Row{at, "1,\"2\"", []float64{3}, "why"}
	if data, err = encodeRow(r); err != nil {
		t.Fatal(err)
	}
	if back, err := decodeRow(data); err != nil || !reflect.DeepEqual(back, r) {
		t.Fatal(back, err)
	}
}

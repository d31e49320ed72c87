package dataset

import (
	"math"
	"testing"
)

// checkParsed asserts what holds of every file that is accepted.
func checkParsed(t *testing.T, f *File) {
	if len(f.Arrays) == 0 {
		t.Fatal("no arrays and no error")
	}
	for _, a := range f.Arrays {
		if n, ok := elements(a.Shape, 8); !ok || n != len(a.Data) {
			t.Fatalf("shape %v has %d elements", a.Shape, len(a.Data))
		}
		for _, v := range a.Data {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatal("not finite")
			}
		}
	}
}

func fuzz(f *testing.F, seeds ...string) {
	for _, c := range malformed {
		if len(c.data) < 1000 {
			f.Add([]byte(c.data))
		}
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := Parse(data); err == nil {
			checkParsed(t, file)
		}
		// With text allowed, every field is a number or noted as none.
		for _, form := range []Table{{}, {NoHeader: true}, {Delimiter: ';', DecimalComma: true}} {
			file, err := form.parse(data)
			if err != nil || file.Format != CSV {
				continue
			}
			table := file.Arrays[0]
			if len(file.Columns) != table.RowSize() || len(table.Data) != table.Rows()*table.RowSize() {
				t.Fatalf("%d columns, shape %v, %d numbers", len(file.Columns), table.Shape, len(table.Data))
			}
			for i, v := range table.Data {
				if v-v != 0 && file.noNumber(i%table.RowSize()) == nil {
					t.Fatalf("number %d is %v and column %d has no error", i, v, i%table.RowSize())
				}
			}
			checkCells(t, file)
		}
	})
}

// checkCells reads every other column as texts, and asserts what holds of them.
func checkCells(t *testing.T, file *File) {
	p := Port{Name: "x", Columns: file.Columns}
	for i := range file.Columns {
		c := Cell{Elements: 1, Missing: true}
		if i%2 == 1 {
			c = Cell{Elements: 2, Categories: []string{"1", "yes"}, Missing: true, Unknown: true}
		}
		p.Cells = append(p.Cells, c)
	}
	values, err := file.take((&chooser{file: file}).others(nil), []Port{p})
	if err != nil {
		return
	}
	for i, v := range values[0] {
		k := i % len(p.Cells)
		texts := file.texts[0][k]
		if math.IsInf(v, 0) || texts != nil && v == v && texts[int(v)] == "" || texts == nil && k%2 == 1 {
			t.Fatalf("value %d of column %d is %v, of %q", i, k, v, texts)
		}
	}
}

func FuzzNPY(f *testing.F) { fuzz(f, valid, string(npyOf("|u1", "(2, 1)", 1, 2))) }
func FuzzNPZ(f *testing.F) { fuzz(f, string(zipOf("x.npy", valid, "y.npy", valid))) }
func FuzzIDX(f *testing.F) { fuzz(f, "\x00\x00\x08\x02\x00\x00\x00\x02\x00\x00\x00\x02abcd") }
func FuzzCSV(f *testing.F) {
	fuzz(f, "a,b\n1,2\n", "\xef\xbb\xbf\"a\",b\r\n1,-2e3\r\n", "a;b\n1,5;\"2\"\n", "1|x\n", "a\tb,c\n1\t2,5\n", "a,b,c\nNA,yes,2\n,no,1.5\n1,,nan\n")
}

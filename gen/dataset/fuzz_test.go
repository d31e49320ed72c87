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
	})
}

func FuzzNPY(f *testing.F) { fuzz(f, valid, string(npyOf("|u1", "(2, 1)", 1, 2))) }
func FuzzNPZ(f *testing.F) { fuzz(f, string(zipOf("x.npy", valid, "y.npy", valid))) }
func FuzzIDX(f *testing.F) { fuzz(f, "\x00\x00\x08\x02\x00\x00\x00\x02\x00\x00\x00\x02abcd") }
func FuzzCSV(f *testing.F) { fuzz(f, "a,b\n1,2\n", "\xef\xbb\xbf\"a\",b\r\n1,-2e3\r\n") }

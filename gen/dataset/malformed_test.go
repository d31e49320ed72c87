package dataset

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// npyFile makes an .npy file of version 1 with any header and data.
func npyFile(header string, data ...byte) []byte {
	out := append([]byte(npyMagic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	return append(append(out, header...), data...)
}

func npyOf(descr, shape string, data ...byte) []byte {
	return npyFile(fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape), data...)
}

func floats(vs ...float32) []byte {
	var out []byte
	for _, v := range vs {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

func gz(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// zipOf makes an archive of pairs of names and contents.
func zipOf(pairs ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, _ := w.Create(pairs[i])
		f.Write([]byte(pairs[i+1]))
	}
	w.Close()
	return b.Bytes()
}

var (
	nan   = float32(math.NaN())
	inf   = float32(math.Inf(1))
	valid = string(npyOf("<f4", "(1,)", floats(1)...))
)

// malformed are files that must be refused, and what the message says.
var malformed = []struct {
	name, data, want string
}{
	{"empty", "", "the file is empty"},
	{"binary", "\x01\x02\x03\x00", "not CSV, .npy, .npz or IDX"},
	{"latin1", "a,b\n\xe9,1\n", "byte 4: the file is text that is not UTF-8; save it as UTF-8"},
	{"utf-16", "\xff\xfea\x00,\x00b\x00", "UTF-16; save it as UTF-8"},

	{"npy cut in magic", npyMagic, "byte 6: the file ends within the header"},
	{"npy cut in header", npyMagic + "\x01\x00\x40\x00{'descr'", "ends within the header of 64 bytes"},
	{"npy version", npyMagic + "\x09\x00\x00\x00\x00\x00", "version 9"},
	{"npy huge header", npyMagic + "\x02\x00\xff\xff\xff\xff{}", "the limit is 10000"},
	{"npy not a dict", string(npyFile("[1, 2]")), "expected '{'"},
	{"npy no end", string(npyFile("{'descr': '<f4'")), "expected '}'"},
	{"npy unknown key", string(npyFile("{'descr': '<f4', 'evil': 1}")), `unknown key "evil"`},
	{"npy key twice", string(npyFile("{'descr': '<f4', 'descr': '<f4'}")), `"descr" comes twice`},
	{"npy key missing", string(npyFile("{'descr': '<f4', 'fortran_order': False}")), `"shape" is missing`},
	{"npy bad bool", string(npyFile("{'fortran_order': 1}")), "expected True or False"},
	{"npy open string", string(npyFile("{'descr")), "broken string"},
	{"npy escape", string(npyFile(`{'de\scr': '<f4'}`)), "broken string"},
	{"npy open list", string(npyFile("{'descr': [('a'")), "does not end"},
	{"npy text after", string(npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x")), "after the closing brace"},
	{"npy negative", string(npyOf("<f4", "(-1,)")), "negative dimension"},
	{"npy not integer", string(npyOf("<f4", "(x,)")), "expected a dimension"},
	{"npy huge dimension", string(npyOf("<f4", "(99999999999999999999,)")), "too large"},
	{"npy overflow", string(npyOf("<f8", "(4294967296, 4294967296)")), "too large"},
	{"npy overflow by size", string(npyOf("<f8", "(2305843009213693952,)")), "too large"},
	{"npy huge", string(npyOf("<f4", "(1000000000000, 2)", floats(1, 2)...)), "ends after 8 bytes of data"},
	{"npy many dimensions", string(npyOf("<f4", "("+strings.Repeat("1,", 40)+")")), "more than 32 dimensions"},
	{"npy truncated", string(npyOf("<f4", "(2, 2)", floats(1, 2, 3)...)), "ends after 12 bytes of data; the shape (2, 2) takes 16"},
	{"npy trailing", string(npyOf("<f4", "(2,)", floats(1, 2, 3)...)), "4 bytes after the data"},
	{"npy trailing after zero", string(npyOf("<f4", "(0, 9223372036854775807)", floats(1)...)), "4 bytes after the data"},
	{"npy NaN", string(npyOf("<f4", "(2, 2)", floats(1, 2, 3, nan)...)), "row 2: element 2 is NaN"},
	{"npy Inf", string(npyOf("<f4", "(2,)", floats(1, inf)...)), "row 2: the value is +Inf"},
	{"npy object", string(npyOf("|O", "(1,)", 0x80)), "pickled"},
	{"npy complex", string(npyOf("<c8", "(1,)", 0, 0, 0, 0, 0, 0, 0, 0)), `element type "<c8"`},
	{"npy half NaN", string(npyOf("<f2", "(1,)", 0x01, 0x7e)), "row 1: the value is NaN"},
	{"npy type", string(npyOf("", "(1,)", 0, 0)), `element type ""`},

	{"npz empty", string(zipOf()), "holds no array"},
	{"npz not npy", string(zipOf("a.txt", "x")), `entry "a.txt": is not an .npy file`},
	{"npz twice", string(zipOf("a.npy", valid, "a.npy", valid)), "comes twice"},
	{"npz bad array", string(zipOf("a.npy", valid+"x")), `array "a": byte`},
	{"npz not an array", string(zipOf("a.npy", "hello")), `array "a": byte 0`},
	{"npz cut", string(zipOf("a.npy", valid)[:60]), "broken .npz file"},
	{"npz bomb", string(zipOf("a.npy", strings.Repeat("\x00", MaxExpanded+1))), "expands to more than"},

	{"gzip cut", string(gz([]byte("a,b\n1,2\n"))[:20]), "broken gzip file"},
	{"gzip header", "\x1f\x8b\x00", "broken gzip file"},
	{"gzip empty", string(gz(nil)), "the file is empty"},
	{"gzip twice", string(gz(gz([]byte("a\n1\n")))), "not CSV, .npy, .npz or IDX"},
	{"gzip bomb", string(gz(make([]byte, MaxExpanded+1))), "expands to more than"},

	{"idx short", "\x00\x00\x08", "byte 3: the file ends"},
	{"idx type", "\x00\x00\x07\x01", "byte 2: the element type 0x07"},
	{"idx no dimensions", "\x00\x00\x08\x00", "byte 3: an IDX file has"},
	{"idx cut in header", "\x00\x00\x08\x03\x00\x00\x00\x01", "ends within the header of 16 bytes"},
	{"idx truncated", "\x00\x00\x08\x01\x00\x00\x00\x03ab", "ends after 2 bytes of data"},
	{"idx trailing", "\x00\x00\x08\x01\x00\x00\x00\x01ab", "byte 9: 1 byte after the data"},
	{"idx huge", "\x00\x00\x0e\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "too large"},
	{"idx large", "\x00\x00\x08\x02\x7f\xff\xff\xff\x7f\xff\xff\xff", "ends after 0 bytes"},
	{"idx NaN", "\x00\x00\x0d\x01\x00\x00\x00\x01\x7f\xc0\x00\x00", "row 1: the value is NaN"},

	{"csv no header", "1,2\n3,4\n", "must name the columns"},
	{"csv no rows", "a,b\n", "no rows"},
	{"csv blank", "\n\n", "the file is empty"},
	{"csv two delimiters", "a;b,c\n1;2,3\n", "line 1: the columns may be separated by comma or semicolon; say which with --delimiter"},
	{"csv of Excel", "sep=;\na;b\n1;2\n", "remove it and say the separator with --delimiter"},
	{"csv of old Macs", "a,b\r1,2\r", "the lines end in CR alone"},
	{"csv thousands", "a;b\n1,500;2\n", `line 2: row 1, column "a": the comma may be decimal or separate thousands; say --decimal-comma`},
	{"csv millions", "a;b\n1,500,000;2\n", `"1,500,000" is not a number`},
	{"csv decimal comma and point", "a;b\n1,5;2\n3;2.5\n", `line 3: row 2, column "b": a number with a point, where others have a decimal comma (line 2: row 1, column "a")`},
	{"csv German thousands", "a;b\n1,5;2\n3;1.250,5\n", `"1.250,5" is not a number`},
	{"csv same name", "a,a\n1,2\n", `two columns are named "a"`},
	{"csv short row", "a,b\n1,2\n3\n", "line 3: row 2: the row has 1 column and the first line 2"},
	{"csv long row", "a,b\n1,2,3\n", "line 2: row 1: the row has 3 columns"},
	{"csv word", "a,b\n1,2\n3,x\n", `line 3: row 2, column "b": "x" is not a number`},
	{"csv missing", "a,b\n1, \n", `line 2: row 1, column "b": the value is missing`},
	{"csv NaN", "a,b\n1,2\n\n1,NaN\n", `line 4: row 2, column "b": the value is "NaN"`},
	{"csv inf", "a,b\n-inf,2\n", `row 1, column "a": the value is "-inf"`},
	{"csv range", "a,b\n1,1e999\n", `column "b": "1e999" is too large`},
	{"csv quote", "a,b\n1,\"2\n", "line 2"},
	{"csv long name", "a,b\n" + strings.Repeat("y", 100) + ",1\n", "(100 bytes)"},
}

func TestMalformed(t *testing.T) {
	for _, c := range malformed {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.data))
			var e *Error
			require.ErrorAs(t, err, &e)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := ParseIDX([]byte("abcd"))
	require.ErrorContains(t, err, "two zero bytes")
	_, err = ReadNPY(strings.NewReader(valid), int64(len(valid))-1, 8)
	require.ErrorContains(t, err, "more data than announced")
	_, err = ReadNPY(strings.NewReader(valid), int64(len(valid))+1, 8)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	long := string(npyOf("<f4", "(5000,)", make([]byte, 20000)...))
	_, err = ReadNPY(strings.NewReader(long), int64(len(long)), 39999)
	require.ErrorContains(t, err, "5000 numbers expand to more than the 39999 bytes")
	a, err := ReadNPY(strings.NewReader(long), int64(len(long)), 40000)
	require.NoError(t, err)
	require.Equal(t, make([]float64, 5000), a.Data)
}

// TestMutations cuts and changes valid files: no panic, little memory.
func TestMutations(t *testing.T) {
	seeds := [][]byte{
		npyOf("<f4", "(2, 3)", floats(1, 2, 3, 4, 5, 6)...),
		[]byte("\x00\x00\x08\x02\x00\x00\x00\x02\x00\x00\x00\x02abcd"),
		zipOf("x.npy", valid, "y.npy", valid),
		gz([]byte("a,b\n1,2\n3,4\n")),
		[]byte("a,b\n1,2\n3,4\n"),
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tried := 0
	for _, seed := range seeds {
		for i := range seed {
			Parse(seed[:i])
			for _, v := range []byte{0, 0x7f, 0xff, '9'} {
				b := bytes.Clone(seed)
				b[i] = v
				Parse(b)
				tried++
			}
		}
	}
	runtime.ReadMemStats(&after)
	perFile := (after.TotalAlloc - before.TotalAlloc) / uint64(tried)
	require.Less(t, perFile, uint64(1<<20), "bytes allocated per file of a few hundred bytes")
	require.Greater(t, tried, 1000)
}

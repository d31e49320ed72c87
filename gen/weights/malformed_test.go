package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/stretchr/testify/require"
)

// tensors makes a safetensors file of any header and data.
func tensors(header string, data ...byte) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + string(data)
}

// one describes a tensor.
func one(name, dtype, shape, offsets string) string {
	return fmt.Sprintf("%q:{\"dtype\":%q,\"shape\":%s,\"data_offsets\":%s}", name, dtype, shape, offsets)
}

// claim is a file whose header says something of 8 bytes of data.
func claim(dtype, shape, offsets string) string {
	return tensors("{"+one("w", dtype, shape, offsets)+"}", make([]byte, 8)...)
}

// two is a file of two tensors at offsets in 8 bytes of data.
func two(a, b string) string {
	return tensors("{"+one("a", "F32", "[1]", a)+","+one("b", "F32", "[1]", b)+"}", make([]byte, 8)...)
}

func npy(descr, shape string, data ...byte) string {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	return npyHeader(header) + string(data)
}

func npyHeader(header string) string {
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header
}

// npz makes an archive of pairs of names and contents.
func npz(method uint16, pairs ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: pairs[i], Method: method})
		io.WriteString(f, pairs[i+1])
	}
	w.Close()
	return b.String()
}

// lying makes an archive whose only entry announces a size that it has not.
func lying(announced uint64, contents string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.CreateRaw(&zip.FileHeader{Name: "w.npy", Method: zip.Store, UncompressedSize64: announced, CompressedSize64: uint64(len(contents))})
	io.WriteString(f, contents)
	w.Close()
	return b.String()
}

// object is what Python pickles into an array of objects.
var object = npy("|O", "(1,)", []byte("\x80\x04\x95N.")...)

type malformedFile struct{ name, data, want string }

// written are files that must be refused, and what the message says.
var written = []malformedFile{
	{"empty", "", "the file is empty"},
	{"pickle 2", "\x80\x02}q\x00.", "never read because loading one can run code"},
	{"pickle 4", "\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00}\x94.", "torch.load('model.pt', weights_only=True)"},
	{"PyTorch archive", npz(zip.Store, "archive/data.pkl", "\x80\x02}q\x00."), "never read"},
	{"HDF5", "\x89HDF\r\n\x1a\n\x00\x00\x00\x00", "keras.saving.load_model"},
	{"Keras archive", npz(zip.Store, "metadata.json", "{}", "config.json", "{}", "model.weights.h5", "\x89HDF"), "Keras model"},
	{"text", "weights\n1\n2\n", "not safetensors, .npz or .npy"},
	{"XML", "<?xml version='1.0'?>", "begins with 3c 3f 78"},
	{"gzip", "\x1f\x8b\x08\x00", "not safetensors"},

	{"no header", "\x02\x00\x00\x00\x00\x00\x00\x00", "ends after 0 of 2 header bytes"},
	{"header of 0", "\x00\x00\x00\x00\x00\x00\x00\x00{}", "it takes at least 2"},
	{"header of 1", "\x01\x00\x00\x00\x00\x00\x00\x00{", "it takes at least 2"},
	{"header too long", "\x01\xe1\xf5\x05\x00\x00\x00\x00{}", "the header has 100000001 bytes; the format allows 100000000"},
	{"header of 1 TB", "\x00\x00\x00\x00\xe8\x00\x00\x00{}", "the format allows 100000000"},
	{"header of 100 MB claimed", "\x00\xe1\xf5\x05\x00\x00\x00\x00{}", "ends after 2 of 100000000 header bytes"},
	{"header cut", tensors(`{"w":{}}`)[:12], "ends after 4 of 8 header bytes"},
	{"header a list", tensors("[]"), "must start with '{'"},
	{"header with BOM", tensors("\xef\xbb\xbf{}"), "must start with '{'"},
	{"header with space first", tensors(" {}"), "must start with '{'"},
	{"header not UTF-8", tensors("{\"\xff\":{}}"), "not UTF-8"},
	{"header open", tensors(`{"w":`), "header: "},
	{"header open object", tensors(`{ `), "header: "},
	{"header comma", tensors(`{,}`), "header: "},
	{"header comma last", tensors("{" + one("w", "F32", "[0]", "[0,0]") + ",}"), "header: "},
	{"header two objects", tensors("{}{}"), "bytes after the closing brace"},
	{"header text after", tensors("{} x"), "bytes after the closing brace"},
	{"header NaN", tensors(`{"w":NaN}`), "header: "},
	{"key a number", tensors(`{1:{}}`), "header: "},
	{"tensor a number", tensors(`{"w":1}`), "want {, got 1"},
	{"tensor null", tensors(`{"w":null}`), "want {, got <nil>"},
	{"tensor a list", tensors(`{"w":[]}`), "want {, got ["},
	{"tensor deep", tensors(`{"w":` + strings.Repeat("[", 5000) + `}`), "want {"},
	{"tensor empty", tensors(`{"w":{}}`), `tensor "w": it must have dtype, shape and data_offsets`},
	{"tensor unknown key", tensors(`{"w":{"type":"F32"}}`), `unknown key "type"`},
	{"tensor key twice", tensors(`{"w":{"dtype":"F32","dtype":"F32"}}`), `has "dtype" twice`},
	{"tensor key escaped twice", tensors(`{"w":{"dtype":"F32","\u0064type":"F32"}}`), `has "dtype" twice`},
	{"tensor twice", tensors("{"+one("w", "F32", "[1]", "[0,4]")+","+one("w", "F32", "[1]", "[4,8]")+"}", make([]byte, 8)...), `has "w" twice`},
	{"metadata twice", tensors(`{"__metadata__":{},"__metadata__":{}}`), `has "__metadata__" twice`},
	{"metadata key twice", tensors(`{"__metadata__":{"a":"b","a":"c"}}`), `has "a" twice`},
	{"metadata number", tensors(`{"__metadata__":{"a":1}}`), "want a string, got 1"},
	{"metadata object", tensors(`{"__metadata__":{"a":{}}}`), "want a string, got {"},
	{"metadata list", tensors(`{"__metadata__":[]}`), "want {, got ["},
	{"metadata null", tensors(`{"__metadata__":null}`), "want {"},

	{"no dtype", tensors(`{"w":{"shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), "must have dtype"},
	{"no shape", tensors(`{"w":{"dtype":"F32","data_offsets":[0,4]}}`, 0, 0, 0, 0), "must have dtype, shape"},
	{"no offsets", tensors(`{"w":{"dtype":"F32","shape":[1]}}`, 0, 0, 0, 0), "must have dtype"},
	{"dtype number", tensors(`{"w":{"dtype":32}}`), "want a string, got 32"},
	{"dtype unknown", claim("F33", "[2]", "[0,8]"), `the dtype "F33" is not known`},
	{"dtype lower", claim("f32", "[2]", "[0,8]"), `the dtype "f32" is not known`},
	{"dtype of NumPy", claim("<f4", "[2]", "[0,8]"), `is not known`},
	{"shape number", claim("F32", "2", "[0,8]"), "want [, got 2"},
	{"shape object", claim("F32", "{}", "[0,8]"), "want [, got {"},
	{"shape null", claim("F32", "null", "[0,8]"), "want [, got <nil>"},
	{"shape negative", claim("F32", "[-2]", "[0,8]"), "want a whole number from 0 to 2^63-1, got -2"},
	{"shape twice negative", claim("F32", "[-1,-2]", "[0,8]"), "got -1"},
	{"shape fraction", claim("F32", "[2.0]", "[0,8]"), "got 2.0"},
	{"shape exponent", claim("F32", "[2e0]", "[0,8]"), "got 2e0"},
	{"shape text", claim("F32", `["2"]`, "[0,8]"), `got "2"`},
	{"shape nested", claim("F32", "[[2]]", "[0,8]"), "got ["},
	{"shape above int64", claim("F32", "[9223372036854775808]", "[0,8]"), "got 9223372036854775808"},
	{"shape 10^30", claim("F32", "[1000000000000000000000000000000]", "[0,8]"), "got 1000"},
	{"shape overflow", claim("F32", "[4294967296,4294967296]", "[0,8]"), "more than can be addressed"},
	{"shape overflow to 8", claim("F32", "[4611686018427387905,2]", "[0,8]"), "more than can be addressed"},
	{"shape overflow by width", claim("F64", "[2305843009213693953]", "[0,8]"), "more than can be addressed"},
	{"shape 10^9", claim("F32", "[1000000000]", "[0,8]"), "takes 4000000000"},
	{"shape 10^9 and offsets", claim("F32", "[1000000000]", "[0,4000000000]"), "ends at byte 4000000000 of the data, which has 8"},
	{"shape 33 dimensions", claim("F32", "["+strings.Repeat("1,", 32)+"2]", "[0,8]"), "at most 32 numbers"},
	{"shape small", claim("F32", "[1]", "[0,8]"), "hold 8 bytes; the shape [1] of F32 takes 4"},
	{"shape large", claim("F32", "[3]", "[0,8]"), "takes 12"},
	{"shape zero with data", claim("F32", "[0]", "[0,8]"), "takes 0"},
	{"shape of F64", claim("F64", "[2]", "[0,8]"), "takes 16"},
	{"shape of F16", claim("F16", "[2]", "[0,8]"), "takes 4"},
	{"offsets number", claim("F32", "[2]", "8"), "want [, got 8"},
	{"offsets one", claim("F32", "[2]", "[8]"), "must be [begin, end], got [8]"},
	{"offsets none", claim("F32", "[2]", "[]"), "must be [begin, end]"},
	{"offsets three", claim("F32", "[2]", "[0,8,8]"), "at most 2 numbers"},
	{"offsets swapped", claim("F32", "[2]", "[8,0]"), "must be [begin, end], got [8 0]"},
	{"offsets negative", claim("F32", "[2]", "[-8,0]"), "got -8"},
	{"offsets beyond", claim("F32", "[2]", "[8,16]"), "ends at byte 16 of the data, which has 8"},
	{"offsets far", claim("F32", "[2]", "[0,9223372036854775807]"), "which has 8"},
	{"offsets overflow", claim("F32", "[2]", "[0,18446744073709551616]"), "got 18446744073709551616"},
	{"hole first", claim("F32", "[1]", "[4,8]"), "nothing uses the data from 0 (a hole)"},
	{"hole last", claim("F32", "[1]", "[0,4]"), "4 bytes after the last tensor"},
	{"hole between", tensors("{"+one("a", "F32", "[1]", "[0,4]")+","+one("b", "F32", "[1]", "[8,12]")+"}", make([]byte, 12)...), "a hole"},
	{"overlap whole", two("[0,4]", "[0,4]"), "overlaps that of another tensor"},
	{"overlap part", two("[0,4]", "[2,6]"), `tensor "b": its data begins at offset 2 and overlaps`},
	{"overlap odd", tensors("{"+one("a", "F16", "[2]", "[0,4]")+","+one("b", "F16", "[2]", "[3,7]")+"}", make([]byte, 7)...), "overlaps"},
	{"data missing", claim("F32", "[2]", "[0,8]")[:len(claim("F32", "[2]", "[0,8]"))-1], "ends at byte 8 of the data, which has 7"},
	{"data after", claim("F32", "[2]", "[0,8]") + "x", "1 byte after"},
	{"data without tensors", tensors("{}", 1), "1 byte after"},

	{"npy cut in magic", "\x93NUMPY", "ends within the header"},
	{"npy version", "\x93NUMPY\x07\x00\x00\x00\x00\x00", "version 7"},
	{"npy header cut", "\x93NUMPY\x01\x00\xff\x00{'descr'", "ends within the header of 255 bytes"},
	{"npy header 4 GB", "\x93NUMPY\x02\x00\xff\xff\xff\xff{", "the limit is 10000"},
	{"npy no dict", npyHeader("()"), "expected '{'"},
	{"npy empty dict", npyHeader("{}"), `"descr" is missing`},
	{"npy no shape", npyHeader("{'descr': '<f4', 'fortran_order': False}"), `"shape" is missing`},
	{"npy key unknown", npyHeader("{'x': 1}"), `unknown key "x"`},
	{"npy key twice", npyHeader("{'shape': (), 'shape': ()}"), "comes twice"},
	{"npy shape a list", npyHeader("{'descr': '<f4', 'fortran_order': False, 'shape': [1]}"), "expected '('"},
	{"npy shape negative", npy("<f4", "(-1,)"), "negative dimension"},
	{"npy shape overflow", npy("<f4", "(4294967296, 4294967296)"), "too large"},
	{"npy shape above int64", npy("<f4", "(9223372036854775808,)"), "too large"},
	{"npy shape by width", npy("<f8", "(1152921504606846976, 1)"), "too large"},
	{"npy shape 10^9", npy("<f4", "(1000000000,)"), "takes 4000000000"},
	{"npy shape 10^9 of f2", npy("<f2", "(1000, 1000000)", 0, 0), "takes 2000000000"},
	{"npy 33 dimensions", npy("<f4", "("+strings.Repeat("1,", 33)+")"), "more than 32 dimensions"},
	{"npy truncated", npy("<f4", "(2,)", 0, 0, 0, 0, 0), "ends after 5 bytes of data"},
	{"npy bytes after", npy("<f4", "(1,)", 0, 0, 0, 0, 0), "1 byte after"},
	{"npy objects", object, "can run code"},
	{"npy text", npy("<U4", "(1,)"), "holds text"},
	{"npy fields", npyHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "named fields"},
	{"npy complex", npy("<c8", "(1,)"), `element type "<c8"`},
	{"npy long double", npy("<f16", "(1,)"), `element type "<f16"`},
	{"npy NaN", npy("<f4", "(1,)", 0, 0, 0xc0, 0x7f), "is NaN"},
	{"npy half infinite", npy("<f2", "(1,)", 0, 0x7c), "is +Inf"},

	{"npz empty", npz(zip.Store), "holds no array"},
	{"npz of text", npz(zip.Store, "a.txt", "x"), "is not an .npy file"},
	{"npz entry empty", npz(zip.Store, "a.npy", ""), `array "a"`},
	{"npz twice", npz(zip.Store, "a.npy", npy("<f4", "()", 0, 0, 0, 0), "a.npy", npy("<f4", "()", 0, 0, 0, 0)), "comes twice"},
	{"npz objects", npz(zip.Store, "a.npy", object), "can run code"},
	{"npz objects packed", npz(zip.Deflate, "a.npy", object), "can run code"},
	{"npz cut", npz(zip.Store, "a.npy", object)[:40], "broken .npz"},
	{"npz end alone", "PK\x05\x06", "broken .npz"},
	{"npz start alone", "PK\x03\x04", "broken .npz"},
	{"npz 10^9", npz(zip.Store, "a.npy", npy("<f4", "(1000000000,)")), "takes 4000000000"},
	{"npz negative", npz(zip.Deflate, "a.npy", npy("<f4", "(-5,)")), "negative dimension"},
	{"npz announces 1 TB", lying(1<<40, npy("<f4", "(1,)", 0, 0, 0, 0)), "expands to more than"},
	{"npz announces 50 MB", lying(50<<20, npy("<f4", "(13000000,)")), `array "w"`},
	{"npz announces less", lying(10, npy("<f4", "(1,)", 0, 0, 0, 0)), `array "w"`},
	{"npz announces more", lying(1000, npy("<f4", "(1,)", 0, 0, 0, 0)), `array "w"`},
	{"npz bomb", npz(zip.Deflate, "a.npy", npy("<f4", "(16000000,)", make([]byte, 64000000)...)), "16000000 numbers expand to more than"},
	{"npz bomb of bytes", npz(zip.Deflate, "a.npy", npy("|u1", "(60000000,)", make([]byte, 60000000)...)), "60000000 numbers expand to more than"},
	{"npz bomb without header", npz(zip.Deflate, "a.npy", strings.Repeat("\x00", 60<<20)), "does not begin with"},
	{"npz bomb larger", npz(zip.Deflate, "a.npy", strings.Repeat("\x00", 65<<20)), "expands to more than"},
	{"npz many", npz(zip.Store, slicesOf(2002)...), "1001 entries; the limit is 1000"},
}

func slicesOf(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprint(i)
	}
	return s
}

// derived damages whole files: every cut, and every byte of what is not data
// in turn, as far as the result is no longer a weight file.
func derived(t testing.TB) []malformedFile {
	multi, err := os.ReadFile("../../golden/weights/multi_layer.safetensors")
	require.NoError(t, err)
	var list []malformedFile
	for i := 0; i < len(multi); i += 97 {
		list = append(list, malformedFile{fmt.Sprintf("PyTorch's file cut at %d", i), string(multi[:i]), ""})
	}
	archive := npz(zip.Deflate, "w.npy", npy("<f4", "(3,)", make([]byte, 12)...))
	var many strings.Builder
	for i := range maxTensors + 1 {
		fmt.Fprintf(&many, `,"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`, i)
	}
	list = append(list, malformedFile{"too many tensors", tensors("{" + many.String()[1:] + "}"), "more than 40000 tensors"})
	for i := range archive {
		list = append(list, malformedFile{fmt.Sprintf(".npz cut at %d", i), archive[:i], ""})
	}
	return list
}

// TestMalformed: an error with place and remedy, no panic, bounded memory.
func TestMalformed(t *testing.T) {
	files := append(derived(t), written...)
	for _, c := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse([]byte(c.data))
		runtime.ReadMemStats(&after)
		var e *Error
		require.ErrorAs(t, err, &e, c.name)
		require.ErrorContains(t, err, c.want, c.name)
		remedy := e.Hint != "" || strings.Contains(e.Msg, "save") || strings.Contains(e.Msg, "expand")
		require.True(t, remedy, "%s: no remedy in %v", c.name, err)
		allowed := uint64(64<<20 + 8*len(c.data))
		require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, allowed, c.name)

		// The reader of generated code, which knows what it wants.
		err = nnrt.LoadTensors(strings.NewReader(c.data), []nnrt.Tensor{{Name: "w", Shape: []int{2}}}, nil, func(int, []float32) error { return nil })
		require.Error(t, err, c.name)
	}
	t.Logf("%d malformed files refused, %d of them written by hand", len(files), len(written))
	require.GreaterOrEqual(t, len(written), 130)
	require.GreaterOrEqual(t, len(files), 400)
}

// checkFile asserts what holds of every file that is accepted.
func checkFile(t *testing.T, data []byte) {
	f, err := Parse(data)
	if err != nil {
		var e *Error
		require.ErrorAs(t, err, &e)
		return
	}
	for _, one := range f.Tensors {
		require.Same(t, one, f.Tensor(one.Name))
		n, ok := product(one.Shape, 1)
		require.True(t, ok)
		require.LessOrEqual(t, n, 8*len(data)+8<<20)
		if one.IsFloat() {
			require.Len(t, one.Values(), n)
		}
	}
	require.Empty(t, Compare(f, f).Changed)
	if Sniff(data) == Safetensors {
		sameAsRuntime(t, f, data)
	}
}

// sameAsRuntime: the reader of generated code accepts the same files and reads
// the same values, as far as it has the types.
func sameAsRuntime(t *testing.T, f *File, data []byte) {
	var want []nnrt.Tensor
	for _, one := range f.Tensors {
		if !one.IsFloat() || one.Size() == 0 {
			return
		}
		want = append(want, nnrt.Tensor{Name: one.Name, Shape: one.Shape})
	}
	err := nnrt.LoadTensors(bytes.NewReader(data), want, nil, func(i int, v []float64) error {
		for k, x := range f.Tensor(want[i].Name).Values() {
			if math.Float64bits(x) != math.Float64bits(v[k]) && (x == x || v[k] == v[k]) {
				t.Fatalf("%s[%d] is %v, not %v", want[i].Name, k, x, v[k])
			}
		}
		return nil
	})
	require.NoError(t, err)
}

func fuzz(f *testing.F, prefix string, seeds ...string) {
	for _, c := range written {
		if len(c.data) < 1000 && strings.HasPrefix(c.data, prefix) {
			f.Add([]byte(c.data))
		}
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(checkFile)
}

func FuzzSafetensors(f *testing.F) { fuzz(f, "", claim("F32", "[2]", "[0,8]"), two("[0,4]", "[4,8]")) }
func FuzzNPY(f *testing.F)         { fuzz(f, "\x93NUMPY", npy("<f2", "(2, 1)", 1, 2, 3, 4)) }
func FuzzNPZ(f *testing.F) {
	fuzz(f, "PK", npz(zip.Deflate, "w.npy", npy(">f8", "(1,)", make([]byte, 8)...)), npz(zip.Store, "a/b.npy", npy("|b1", "()", 1)))
}

package nnrt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// rawFile makes a file of a header and data.
func rawFile(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func f32Bytes(v ...float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// loadAll loads into slices, one for each tensor.
func loadAll[T float32 | float64](file []byte, tensors []Tensor) ([][]T, error) {
	got := make([][]T, len(tensors))
	err := LoadTensors(bytes.NewReader(file), tensors, nil, func(i int, v []T) error {
		got[i] = append([]T{}, v...)
		return nil
	})
	return got, err
}

var abTensors = []Tensor{{Name: "b", Shape: []int{2}}, {Name: "a", Shape: []int{1, 3}}}

func saveAB(t *testing.T, meta ...string) []byte {
	var w bytes.Buffer
	require.NoError(t, SaveTensors(&w, abTensors, meta, func(i int, v []float32) {
		if i == 0 {
			copy(v, []float32{1, -2})
		} else {
			copy(v, []float32{3, 4, 5})
		}
	}))
	return w.Bytes()
}

func TestSaveBytes(t *testing.T) {
	want := rawFile(`{"__metadata__":{"k":"v","nngen.arch":"float32; \"\\\u000a"},"a":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}`+strings.Repeat(" ", 4),
		f32Bytes(3, 4, 5, 1, -2))
	got := saveAB(t, "nngen.arch", "float32; \"\\\n", "k", "v")
	require.Equal(t, string(want), string(got))
	require.Equal(t, got, saveAB(t, "k", "v", "nngen.arch", "float32; \"\\\n"))
	require.Zero(t, binary.LittleEndian.Uint64(got)%8)
}

func TestRoundTrip(t *testing.T) {
	tensors := []Tensor{{Name: "x", Shape: []int{70_001}}, {Name: "scalar", Shape: nil}, {Name: "Ω \"\\/\n", Shape: []int{2, 3, 4}}, {Name: "", Shape: []int{1}}}
	n := []int{70_001, 1, 24, 1}
	meta := []string{"é\t", "\U0001F600", "a", ""}
	fill64 := func(i, j int) float64 { return Normal(1, PurposeData, uint32(i), uint64(j)) }
	t.Run("float32", func(t *testing.T) {
		special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.SmallestNonzeroFloat32, math.MaxFloat32}
		value := func(i, j int) float32 {
			if j < len(special) {
				return special[j]
			}
			return float32(fill64(i, j))
		}
		var w bytes.Buffer
		require.NoError(t, SaveTensors(&w, tensors, meta, func(i int, v []float32) {
			require.Len(t, v, n[i])
			for j := range v {
				require.Zero(t, v[j])
				v[j] = value(i, j)
			}
		}))
		check := false
		got := map[int]bool{}
		require.NoError(t, LoadTensors(iotest.OneByteReader(bytes.NewReader(w.Bytes())), tensors, func(m map[string]string) error {
			require.Equal(t, map[string]string{"é\t": "\U0001F600", "a": ""}, m)
			check = true
			return nil
		}, func(i int, v []float32) error {
			require.True(t, check)
			require.Len(t, v, n[i])
			got[i] = true
			for j := range v {
				if math.Float32bits(value(i, j)) != math.Float32bits(v[j]) {
					t.Fatal(i, j)
				}
			}
			return nil
		}))
		require.Len(t, got, len(tensors))
		// float32 widens into float64
		require.NoError(t, LoadTensors(bytes.NewReader(w.Bytes()), tensors, nil, func(i int, v []float64) error {
			for j := range v {
				if x := float64(value(i, j)); x == x && math.Float64bits(x) != math.Float64bits(v[j]) {
					t.Fatal(i, j)
				}
			}
			return nil
		}))
	})
	t.Run("float64", func(t *testing.T) {
		var w bytes.Buffer
		require.NoError(t, SaveTensors(&w, tensors, meta, func(i int, v []float64) {
			for j := range v {
				v[j] = fill64(i, j)
			}
		}))
		require.NoError(t, LoadTensors(bytes.NewReader(w.Bytes()), tensors, nil, func(i int, v []float64) error {
			for j := range v {
				if math.Float64bits(fill64(i, j)) != math.Float64bits(v[j]) {
					t.Fatal(i, j)
				}
			}
			return nil
		}))
		err := LoadTensors(bytes.NewReader(w.Bytes()), tensors, nil, func(i int, v []float32) error { t.Fatal(); return nil })
		require.EqualError(t, err, `tensor "": want dtype F32, F16 or BF16, got "F64"`)
	})
	t.Run("empty", func(t *testing.T) {
		var w bytes.Buffer
		require.NoError(t, SaveTensors(&w, nil, nil, func(i int, v []float32) {}))
		require.Equal(t, "\x08\x00\x00\x00\x00\x00\x00\x00{}      ", w.String())
		require.NoError(t, LoadTensors(&w, nil, nil, func(i int, v []float32) error { return nil }))
	})
}

func TestHalfTypes(t *testing.T) {
	half := []uint16{0, 0x8000, 1, 0x83ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x3555, 0x7c00, 0xfc00, 0x7e00}
	want := []float64{0, math.Copysign(0, -1), 0x1p-24, -1023 * 0x1p-24, 0x1p-14, 1, -2, 65504, 1365 * 0x1p-12, math.Inf(1), math.Inf(-1), math.NaN()}
	var data []byte
	for _, h := range half {
		data = binary.LittleEndian.AppendUint16(data, h)
	}
	file := rawFile(`{"x":{"dtype":"F16","shape":[12],"data_offsets":[0,24]}}`, data)
	tensors := []Tensor{{Name: "x", Shape: []int{12}}}
	g32, err := loadAll[float32](file, tensors)
	require.NoError(t, err)
	g64, err := loadAll[float64](file, tensors)
	require.NoError(t, err)
	for j, w := range want {
		require.Zero(t, ulps32(g32[0][j], w), "%d", j)
		require.Zero(t, ulps64(g64[0][j], w, 0), "%d", j)
	}
	// every finite float16, against its definition
	for b := range uint32(1 << 16) {
		e, f := int(b>>10&31), float64(b&0x3ff)
		v := math.Ldexp(1+f/1024, e-15)
		switch {
		case e == 0:
			v = math.Ldexp(f/1024, -14)
		case e == 31 && f == 0:
			v = math.Inf(1)
		case e == 31:
			v = math.NaN()
		}
		if b&0x8000 != 0 {
			v = -v
		}
		require.Zero(t, ulps32(widen16(b), v), "%#x", b)
	}
	file = rawFile(`{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, []byte{0x80, 0x3f, 0x49, 0xc0})
	b32, err := loadAll[float32](file, []Tensor{{Name: "x", Shape: []int{2}}})
	require.NoError(t, err)
	require.Equal(t, []float32{1, math.Float32frombits(0xc0490000)}, b32[0])
}

// TestLenient lists headers that other writers produce and that are valid.
func TestLenient(t *testing.T) {
	data := f32Bytes(1, 2)
	for _, header := range []string{
		`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`,
		"{ \"x\" :\t{ \"data_offsets\" : [ 0 , 8 ] ,\n\"shape\" : [ 2 ] , \"dtype\":\r\"F32\" } } \n",
		`{"\u0078":{"\u0064type":"\u0046\u00332","shape":[2],"data_offsets":[0,8]},"__metadata__":{}}`,
		`{"__metadata__":{"\ud83d\ude00\"\\\/\b\f\n\r\t":"\u0000"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`,
	} {
		got, err := loadAll[float32](rawFile(header, data), []Tensor{{Name: "x", Shape: []int{2}}})
		require.NoError(t, err, header)
		require.Equal(t, []float32{1, 2}, got[0])
	}
	// data in another order than that of the names
	got, err := loadAll[float32](rawFile(`{"a":{"dtype":"F32","shape":[1,3],"data_offsets":[8,20]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, f32Bytes(1, 2, 3, 4, 5)), abTensors)
	require.NoError(t, err)
	require.Equal(t, [][]float32{{1, 2}, {3, 4, 5}}, got)
}

type malformed struct {
	name string
	file []byte
	want string
}

// malformedFiles are read as {b [2], a [1 3]}.
func malformedFiles() []malformed {
	good := `"a":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}`
	data := f32Bytes(3, 4, 5, 1, 2)
	b := func(entry string) []byte { // a is right, b is the given entry
		return rawFile(`{"a":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},"b":`+entry+`}`, data)
	}
	h := func(header string) []byte { return rawFile(header, data) }
	size := func(n uint64, rest string) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), rest...) }
	return []malformed{
		{"empty file", nil, `safetensors: the file ends at byte 0, before the header`},
		{"half a length", []byte{1, 2, 3}, `safetensors: the file ends at byte 3, before the header`},
		{"length 0", size(0, ""), `safetensors: the header length is 0, want at least 2`},
		{"length 1", size(1, "{"), `safetensors: the header length is 1, want at least 2`},
		{"length 2^63", size(1<<63, "{}"), `safetensors: the header length is 9223372036854775808, want at most 100000000; is this a safetensors file?`},
		{"length 2^64-1", size(math.MaxUint64, "{}"), `safetensors: the header length is 18446744073709551615, want at most 100000000; is this a safetensors file?`},
		{"length 100 MB + 1", size(100_000_001, "{}"), `safetensors: the header length is 100000001, want at most 100000000; is this a safetensors file?`},
		{"length 100 MB, nothing there", size(100_000_000, "{}"), `safetensors: the file ends after 2 of 100000000 header bytes`},
		{"header cut", size(50, `{"a":{`), `safetensors: the file ends after 6 of 50 header bytes`},
		{"pickle", []byte("\x80\x02}q\x00(X\x06\x00\x00"), `safetensors: the header length is 457159344547234432, want at most 100000000; is this a safetensors file?`},
		{"starts with a space", h(` {` + good + `}`), `safetensors: the header does not start with '{'`},
		{"starts with a bracket", h(`[]`), `safetensors: the header does not start with '{'`},
		{"starts with a BOM", h("\ufeff{}"), `safetensors: the header does not start with '{'`},
		{"no end", h(`{` + good), `safetensors: header byte 111: want ',' or '}'`},
		{"garbage after the object", h(`{` + good + `} x`), `safetensors: header byte 113: bytes after the end of the header's object`},
		{"two objects", h(`{` + good + `}{}`), `safetensors: header byte 112: bytes after the end of the header's object`},
		{"NUL padding", h(`{` + good + "}\x00"), `safetensors: header byte 112: bytes after the end of the header's object`},
		{"comma at the end", h(`{` + good + `,}`), `safetensors: header byte 112: want '"', got "}"`},
		{"key without quotes", h(`{a:1}`), `safetensors: header byte 1: want '"', got "a"`},
		{"no colon", h(`{"a" 1}`), `safetensors: header byte 5: want ':', got "1"`},
		{"tensor is a number", h(`{"a":1}`), `safetensors: header byte 5: want '{', got "1"`},
		{"ends after colon", h(`{"a":`), `safetensors: header byte 5: want '{', got the end`},
		{"string without an end", h(`{"a`), `safetensors: header byte 3: a string without an end`},
		{"backslash at the end", h(`{"a\`), `safetensors: header byte 4: a string without an end`},
		{"bad escape", h(`{"\x41":{}}`), `safetensors: header byte 4: a bad escape`},
		{"short u escape", h(`{"\u12`), `safetensors: header byte 4: a bad \u escape`},
		{"u escape with sign", h(`{"\u+123":1}`), `safetensors: header byte 4: a bad \u escape`},
		{"lone high surrogate", h(`{"\ud800x":1}`), `safetensors: header byte 8: a bad \u escape`},
		{"lone low surrogate", h(`{"\udc00":1}`), `safetensors: header byte 8: a bad \u escape`},
		{"wrong pair", h(`{"\ud800\u0041":1}`), `safetensors: header byte 14: a bad \u escape`},
		{"invalid UTF-8", h("{\"\xff\":1}"), `safetensors: header byte 3: a string that is not UTF-8`},
		{"invalid UTF-8 and an escape", h("{\"\\n\xff\":1}"), `safetensors: header byte 5: a string that is not UTF-8`},
		{"newline in a string", h("{\"\n\":1}"), `safetensors: header byte 2: a control character in a string`},
		{"newline after an escape", h("{\"\\n\n\":1}"), `safetensors: header byte 4: a control character in a string`},
		{"metadata twice", h(`{"__metadata__":{},"__metadata__":{}}`), `safetensors: header byte 34: a second __metadata__`},
		{"metadata is a list", h(`{"__metadata__":[]}`), `safetensors: header byte 16: want '{', got "["`},
		{"metadata value is a number", h(`{"__metadata__":{"k":1}}`), `safetensors: header byte 21: want '"', got "1"`},
		{"metadata key twice", h(`{"__metadata__":{"k":"v","k":"w"}}`), `safetensors: header byte 28: a second value for "k" in __metadata__`},
		{"tensor twice", h(`{` + good + `,"a":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]}}`), `tensor "a": want one tensor of this name, got two`},
		{"tensor twice, escaped", h(`{` + good + `,"\u0061":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]}}`), `tensor "a": want one tensor of this name, got two`},
		{"missing tensor", rawFile(`{"a":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]}}`, data[:12]), `tensor "b": want shape [2], got no tensor of this name`},
		{"extra tensor", rawFile(`{`+good+`,"c":{"dtype":"F32","shape":[1],"data_offsets":[20,24]}}`, append(data, 0, 0, 0, 0)), `tensor "c": want no tensor of this name, got shape [1]`},
		{"empty extra tensor", h(`{` + good + `,"c":{"dtype":"F32","shape":[0],"data_offsets":[20,20]}}`), `tensor "c": want no tensor of this name, got shape [0]`},
		{"other names", h(`{"x":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},"y":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}`), `tensor "a": want shape [1 3], got no tensor of this name`},
		{"no dtype", b(`{"shape":[2],"data_offsets":[12,20]}`), `tensor "b": want a dtype, got none`},
		{"no shape", b(`{"dtype":"F32","data_offsets":[12,20]}`), `tensor "b": want a shape, got none`},
		{"no offsets", b(`{"dtype":"F32","shape":[2]}`), `tensor "b": want data_offsets, got none`},
		{"dtype twice", b(`{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[12,20]}`), `tensor "b": want one dtype, got two`},
		{"shape twice", b(`{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[12,20]}`), `tensor "b": want one shape, got two`},
		{"offsets twice", b(`{"dtype":"F32","shape":[2],"data_offsets":[12,20],"data_offsets":[12,20]}`), `tensor "b": want one data_offsets, got two`},
		{"unknown key", b(`{"dtype":"F32","shape":[2],"data_offsets":[12,20],"strides":[1]}`), `tensor "b": want dtype, shape and data_offsets, got "strides"`},
		{"dtype I64", b(`{"dtype":"I64","shape":[2],"data_offsets":[12,28]}`), `tensor "b": want dtype F32, F16 or BF16, got "I64"`},
		{"dtype F64", b(`{"dtype":"F64","shape":[2],"data_offsets":[12,28]}`), `tensor "b": want dtype F32, F16 or BF16, got "F64"`},
		{"dtype f32", b(`{"dtype":"f32","shape":[2],"data_offsets":[12,20]}`), `tensor "b": want dtype F32, F16 or BF16, got "f32"`},
		{"dtype is a number", b(`{"dtype":32,"shape":[2],"data_offsets":[12,20]}`), `safetensors: header byte 70: want '"', got "3"`},
		{"shape differs", b(`{"dtype":"F32","shape":[3],"data_offsets":[12,24]}`), `tensor "b": want shape [2], got [3]`},
		{"shape has more dimensions", b(`{"dtype":"F32","shape":[2,1],"data_offsets":[12,20]}`), `tensor "b": want shape [2], got [2 1]`},
		{"shape has fewer dimensions", b(`{"dtype":"F32","shape":[],"data_offsets":[12,20]}`), `tensor "b": want shape [2], got []`},
		{"shape of size zero", b(`{"dtype":"F32","shape":[0],"data_offsets":[12,12]}`), `tensor "b": want shape [2], got [0]`},
		{"shape is huge", b(`{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[12,20]}`), `tensor "b": want shape [2], got [9223372036854775807 4]`},
		{"dimension 2^64", b(`{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[12,20]}`), `safetensors: header byte 105: a number too large`},
		{"dimension of 30 digits", b(`{"dtype":"F32","shape":[111111111111111111111111111111],"data_offsets":[12,20]}`), `safetensors: header byte 115: a number too large`},
		{"dimension is negative", b(`{"dtype":"F32","shape":[-2],"data_offsets":[12,20]}`), `safetensors: header byte 85: want a whole number that is not negative`},
		{"dimension is 2.0", b(`{"dtype":"F32","shape":[2.0],"data_offsets":[12,20]}`), `safetensors: header byte 86: want a plain whole number`},
		{"dimension is 2e0", b(`{"dtype":"F32","shape":[2e0],"data_offsets":[12,20]}`), `safetensors: header byte 86: want a plain whole number`},
		{"dimension is 02", b(`{"dtype":"F32","shape":[02],"data_offsets":[12,20]}`), `safetensors: header byte 87: want a plain whole number`},
		{"dimension is null", b(`{"dtype":"F32","shape":[null],"data_offsets":[12,20]}`), `safetensors: header byte 85: want a whole number that is not negative`},
		{"33 dimensions", b(`{"dtype":"F32","shape":[1` + strings.Repeat(",1", 32) + `],"data_offsets":[12,20]}`), `safetensors: header byte 149: more than 32 dimensions`},
		{"shape without an end", b(`{"dtype":"F32","shape":[2`), `safetensors: header byte 86: want ',' or ']'`},
		{"one offset", b(`{"dtype":"F32","shape":[2],"data_offsets":[12]}`), `safetensors: header byte 106: want ',', got "]"`},
		{"three offsets", b(`{"dtype":"F32","shape":[2],"data_offsets":[12,20,20]}`), `safetensors: header byte 109: want ']', got ","`},
		{"offsets backwards", b(`{"dtype":"F32","shape":[2],"data_offsets":[20,12]}`), `tensor "b": want 8 bytes of data, got offsets [20 12]`},
		{"offsets too far apart", b(`{"dtype":"F32","shape":[2],"data_offsets":[12,21]}`), `tensor "b": want 8 bytes of data, got offsets [12 21]`},
		{"offsets equal", b(`{"dtype":"F32","shape":[2],"data_offsets":[12,12]}`), `tensor "b": want 8 bytes of data, got offsets [12 12]`},
		{"hole", b(`{"dtype":"F32","shape":[2],"data_offsets":[16,24]}`), `tensor "b": want data from offset 12, got offsets [16 24] (a hole)`},
		{"hole at the start", rawFile(`{"a":{"dtype":"F32","shape":[1,3],"data_offsets":[4,16]},"b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}`, append(data, 0, 0, 0, 0)), `tensor "a": want data from offset 0, got offsets [4 16] (a hole)`},
		{"overlap", b(`{"dtype":"F32","shape":[2],"data_offsets":[8,16]}`), `tensor "b": want data from offset 12, got offsets [8 16] (an overlap)`},
		{"same data", b(`{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`), `tensor "b": want data from offset 12, got offsets [0 8] (an overlap)`},
		{"offset near 2^63", b(`{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}`), `tensor "b": want data from offset 12, got offsets [9223372036854775799 9223372036854775807] (a hole)`},
		{"data cut", rawFile(`{`+good+`}`, data[:19]), `tensor "b": want 8 bytes of data, got 7 (the file ends)`},
		{"second tensor cut off", rawFile(`{`+good+`}`, data[:12]), `tensor "b": want 8 bytes of data, got 0 (the file ends)`},
		{"no data", rawFile(`{`+good+`}`, nil), `tensor "a": want 12 bytes of data, got 0 (the file ends)`},
		{"a byte too many", rawFile(`{`+good+`}`, append(data[:20:20], 0)), `safetensors: bytes after the last tensor`},
		{"a file appended", rawFile(`{`+good+`}`, append(data[:20:20], rawFile(`{`+good+`}`, data)...)), `safetensors: bytes after the last tensor`},
		{"deep nesting", h(`{"a":{"dtype":` + strings.Repeat("[", 100_000)), `safetensors: header byte 14: want '"', got "["`},
		{"nothing but braces", h(strings.Repeat("{", 100_000)), `safetensors: header byte 1: want '"', got "{"`},
		{"too much metadata", h(`{"__metadata__":{` + manyKeys(70_000) + `}}`), `safetensors: header byte 786455: more than 65536 keys in __metadata__`},
		{"very long name", h(`{"` + strings.Repeat("n", 1000) + `":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},` + good + `}`), `tensor "` + strings.Repeat("n", 200) + `…": want no tensor of this name, got shape [1]`},
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + string([]byte{'a' + byte(i/26/26/26%26), 'a' + byte(i/26/26%26), 'a' + byte(i/26%26), 'a' + byte(i%26)}) + `":"xx"`)
	}
	return b.String()
}

func TestMalformed(t *testing.T) {
	files := malformedFiles()
	require.GreaterOrEqual(t, len(files), 40)
	for _, c := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := loadAll[float32](c.file, abTensors)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		if err.Error() != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, err, c.want)
		}
		var te *TensorError
		if errors.As(err, &te) != strings.HasPrefix(c.want, "tensor ") {
			t.Errorf("%s: %T", c.name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 256<<10+16*uint64(len(c.file)) {
			t.Errorf("%s: %d bytes allocated for a file of %d", c.name, used, len(c.file))
		}
	}
}

func TestLoadOrder(t *testing.T) {
	file := saveAB(t, "nngen.arch", "other")
	set := 0
	bad := errors.New("bad")
	err := LoadTensors(bytes.NewReader(file), []Tensor{{Name: "z", Shape: []int{1}}}, func(map[string]string) error { return bad }, func(int, []float32) error { set++; return nil })
	require.Same(t, bad, err, "check comes before complaints about tensors")
	err = LoadTensors(bytes.NewReader(file), abTensors, nil, func(int, []float32) error { set++; return bad })
	require.Same(t, bad, err)
	require.Equal(t, 1, set)
	// no metadata: check gets an empty map
	called := false
	require.NoError(t, LoadTensors(bytes.NewReader(saveAB(t)), abTensors, func(m map[string]string) error { called = len(m) == 0; return nil }, func(int, []float32) error { return nil }))
	require.True(t, called)
}

package dataset

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// ramp is 0, 1, …, 11 mapped by f.
func ramp(f func(float64) float64) []float64 {
	out := make([]float64, 12)
	for i := range out {
		out[i] = f(float64(i))
	}
	return out
}

func same(v float64) float64 { return v }
func half(v float64) float64 { return v / 2 }

func TestReadNumPy(t *testing.T) {
	for _, c := range []struct {
		file    string
		shape   []int
		data    []float64
		integer bool
	}{
		{"python3.npy", []int{2}, []float64{1, 1}, false},
		{"c_f4.npy", []int{3, 4}, ramp(half), false},
		{"c_f4.npy.gz", []int{3, 4}, ramp(half), false},
		{"fortran_f8.npy", []int{3, 2, 2}, ramp(half), false},
		{"half.npy", []int{6}, []float64{0, math.Copysign(0, -1), 0.333251953125, -65504, 0x1p-14, 0x1p-24}, false},
		{"big_i2.npy", []int{3, 4}, ramp(func(v float64) float64 { return v - 6 }), true},
		{"bool.npy", []int{3, 4}, ramp(func(v float64) float64 { return 1 - math.Mod(v, 2) }), true},
		{"u8.npy", []int{3, 4}, ramp(same), true},
		{"scalar.npy", []int{}, []float64{2.5}, false},
		{"version1.npy", []int{3, 4}, ramp(same), true},
		{"version2.npy", []int{3, 4}, ramp(same), true},
		{"version3.npy", []int{3, 4}, ramp(same), true},
		{"packed.npz", []int{3, 4}, ramp(same), false},
	} {
		t.Run(c.file, func(t *testing.T) {
			f, err := ReadFile(filepath.Join("testdata", c.file))
			require.NoError(t, err)
			require.Len(t, f.Arrays, 1)
			require.Equal(t, c.shape, f.Arrays[0].Shape)
			require.Equal(t, c.data, f.Arrays[0].Data)
			require.Equal(t, c.integer, f.Arrays[0].Integer)
		})
	}
	f, err := ReadFile("testdata/two.npz")
	require.NoError(t, err)
	require.Equal(t, NPZ, f.Format)
	require.Equal(t, []float64{0, 1, 2}, f.Array("y").Data)
	require.Equal(t, ramp(same), f.Array("x").Data)
	require.Nil(t, f.Array("z"))
}

func TestRefuseNumPy(t *testing.T) {
	for file, want := range map[string]string{
		"py2-objarr.npy": "pickled Python objects",
		"py2-objarr.npz": `array "x": the array holds pickled Python objects`,
		"text.npy":       "holds text",
		"fields.npy":     "named fields",
		"complex.npy":    `element type "<c8"`,
		"README.md":      "is not a number",
	} {
		path := filepath.Join("testdata", file)
		_, err := ReadFile(path)
		var e *Error
		require.ErrorAs(t, err, &e, file)
		require.Equal(t, path, e.Path)
		require.ErrorContains(t, err, want)
	}
	_, err := ReadFile("testdata/none")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ReadFile("testdata")
	require.ErrorContains(t, err, "is a directory")
	_, err = ReadFile(os.DevNull)
	require.ErrorContains(t, err, "is a device")
}

func TestWriteRoundTrip(t *testing.T) {
	a := &Array{Name: "a", Shape: []int{3, 2}, Data: []float64{1, 2, 3, 4, 5, float64(float32(0.1))}}
	b := &Array{Name: "b", Shape: []int{3, 1}, Data: []float64{-1, 0.1, math.MaxFloat64}}
	for _, size := range []int{4, 8} {
		var npy, npz bytes.Buffer
		require.NoError(t, WriteNPY(&npy, a, size))
		require.Zero(t, (npy.Len()-6*size)%64, "NumPy aligns the data to 64 bytes")
		got, err := ParseNPY(npy.Bytes())
		require.NoError(t, err)
		require.Equal(t, a.Data, got.Data)
		require.Equal(t, a.Shape, got.Shape)
		if size == 4 {
			continue
		}
		require.NoError(t, WriteNPZ(&npz, []*Array{a, b}, size))
		f, err := Parse(npz.Bytes())
		require.NoError(t, err)
		require.Equal(t, a.Data, f.Array("a").Data)
		require.Equal(t, b.Data, f.Array("b").Data)
	}
	var csv bytes.Buffer
	require.NoError(t, WriteCSV(&csv, []*Array{a, b}, []string{"a0", "a1", "b"}, 8))
	f, err := Parse(csv.Bytes())
	require.NoError(t, err)
	require.Equal(t, []string{"a0", "a1", "b"}, f.Columns)
	require.Equal(t, []float64{1, 2, -1, 3, 4, 0.1, 5, float64(float32(0.1)), math.MaxFloat64}, f.Arrays[0].Data)

	csv.Reset()
	narrow := &Array{Shape: []int{1, 2}, Data: []float64{float64(float32(0.1)), float64(float32(1e30))}}
	require.NoError(t, WriteCSV(&csv, []*Array{narrow}, []string{"a", "b"}, 4))
	require.Equal(t, "a,b\n0.1,1e+30\n", csv.String(), "as few digits as it takes")

	var empty bytes.Buffer
	require.NoError(t, WriteNPY(&empty, &Array{Shape: []int{0, 2}}, 4))
	_, err = ParseNPY(empty.Bytes())
	require.NoError(t, err)
}

// TestIDXElements: all element types, big-endian, with their signs.
func TestIDXElements(t *testing.T) {
	for code, c := range map[byte]struct {
		bytes string
		want  []float64
	}{
		0x08: {"\x01\xff", []float64{1, 255}},
		0x09: {"\x01\xff", []float64{1, -1}},
		0x0B: {"\x01\x02\xff\xfe", []float64{258, -2}},
		0x0C: {"\x00\x00\x01\x02\xff\xff\xff\xfe", []float64{258, -2}},
		0x0D: {"\x3f\xc0\x00\x00\xbf\xc0\x00\x00", []float64{1.5, -1.5}},
		0x0E: {"\x3f\xf8\x00\x00\x00\x00\x00\x00\xbf\xf8\x00\x00\x00\x00\x00\x00", []float64{1.5, -1.5}},
	} {
		a, err := ParseIDX([]byte("\x00\x00" + string(code) + "\x01\x00\x00\x00\x02" + c.bytes))
		require.NoError(t, err, code)
		require.Equal(t, c.want, a.Data, code)
	}
}

// TestDamagedArchive: a changed byte of an array is found by its checksum,
// whether the array is read at once or in parts.
func TestDamagedArchive(t *testing.T) {
	for _, n := range []int{10, 5000} {
		var npz bytes.Buffer
		require.NoError(t, WriteNPZ(&npz, []*Array{{Name: "a", Shape: []int{n}, Data: make([]float64, n)}}, 8))
		data := npz.Bytes()
		_, err := Parse(data)
		require.NoError(t, err)
		at := bytes.Index(data, make([]byte, 40))
		require.Positive(t, at)
		data[at+20] ^= 1
		_, err = Parse(data)
		require.ErrorContains(t, err, "checksum", "%d numbers", n)
	}
}

func TestErrorText(t *testing.T) {
	require.EqualError(t, &Error{Msg: "m"}, "m")
	require.EqualError(t, inFile(errorf("byte 3", "m"), "f"), "f: byte 3: m")
	require.EqualError(t, inFile(errors.New("m"), "f"), "f: m")
}

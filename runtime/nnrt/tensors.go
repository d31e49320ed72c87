package nnrt

import (
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// TensorError says what is wrong with one tensor of a weight file.
type TensorError struct {
	Name string // of the tensor
	Want string // what the reader expects, such as "shape [10 64]"
	Got  string // what the file has, such as "[64 10]"
}

// Error returns a message such as
//
//	tensor "dense1.weight": want shape [10 64], got [64 10]
func (e *TensorError) Error() string {
	return "tensor " + quoteShort(e.Name) + ": want " + e.Want + ", got " + e.Got
}

// Tensor is the name and the shape of an array in a weight file, row-major.
type Tensor struct {
	Name  string
	Shape []int
	Int8  bool // the file has integers, I8, in units that LoadTensors does not know
}

// maxHeader is the largest header that the safetensors format allows.
const maxHeader = 100_000_000

// SaveTensors writes a weight file in the safetensors format. The tensors are
// stored as F32 or F64, as T says; meta holds keys and values in turn, for the
// metadata of the file. get must fill v with tensor i; v is zeroed before and is
// used again afterwards.
//
// The file depends on nothing but the contents: metadata first, its keys sorted;
// then the tensors sorted by name, the data in that order; the header padded with
// spaces to a multiple of 8 bytes.
func SaveTensors[T float32 | float64](w io.Writer, tensors []Tensor, meta []string, get func(i int, v []T)) error {
	width, dtype := elementType[T]()
	order, largest, err := sortTensors(tensors, width)
	if err != nil {
		return err
	}
	header, err := appendHeader(tensors, order, meta, width, dtype)
	if err != nil {
		return err
	}
	if err := writeAll(w, header); err != nil {
		return err
	}
	values := make([]T, largest)
	raw := make([]byte, min(largest*width, 1<<16))
	for _, i := range order {
		n, _ := countElements(tensors[i].Shape)
		v := values[:n]
		clear(v)
		get(i, v)
		for len(v) > 0 {
			c := min(len(v), len(raw)/width)
			for j, e := range v[:c] {
				if width == 4 {
					b := math.Float32bits(float32(e))
					o := raw[4*j:][:4]
					o[0], o[1], o[2], o[3] = byte(b), byte(b>>8), byte(b>>16), byte(b>>24)
				} else {
					b := math.Float64bits(float64(e))
					o := raw[8*j:][:8]
					o[0], o[1], o[2], o[3] = byte(b), byte(b>>8), byte(b>>16), byte(b>>24)
					o[4], o[5], o[6], o[7] = byte(b>>32), byte(b>>40), byte(b>>48), byte(b>>56)
				}
			}
			if err := writeAll(w, raw[:c*width]); err != nil {
				return err
			}
			v = v[c:]
		}
	}
	return nil
}

// writeAll writes b, or returns an error.
func writeAll(w io.Writer, b []byte) error {
	n, err := w.Write(b)
	if err == nil && n != len(b) {
		return io.ErrShortWrite
	}
	return err
}

// elementType returns the size of T in bytes and its name in the file.
func elementType[T float32 | float64]() (width int, dtype string) {
	var t T
	if unsafe.Sizeof(t) == 4 {
		return 4, "F32"
	}
	return 8, "F64"
}

// countElements returns the product of the dimensions, or false if one is not
// positive or there are too many elements.
func countElements(shape []int) (int, bool) {
	n := 1
	for _, d := range shape {
		if d <= 0 || n > math.MaxInt/16/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// sortTensors returns the indices of the tensors in the order of their names, and
// the number of elements of the largest.
func sortTensors(tensors []Tensor, width int) (order []int, largest int, err error) {
	order = make([]int, len(tensors))
	total := 0
	for i, t := range tensors {
		order[i] = i
		n, ok := countElements(t.Shape)
		if !ok || total > math.MaxInt-n*width {
			return nil, 0, &TensorError{t.Name, "a size from 1 to the address space", "shape " + formatShape(t.Shape)}
		}
		total += n * width
		largest = max(largest, n)
		if t.Name == "__metadata__" || !utf8.ValidString(t.Name) {
			return nil, 0, &TensorError{t.Name, "another name", "one that the format does not allow"}
		}
	}
	slices.SortFunc(order, func(i, j int) int { return strings.Compare(tensors[i].Name, tensors[j].Name) })
	for k := 1; k < len(order); k++ {
		if name := tensors[order[k]].Name; name == tensors[order[k-1]].Name {
			return nil, 0, &TensorError{name, "one tensor of this name", "two"}
		}
	}
	return order, largest, nil
}

// formatShape returns the dimensions as in "[10 64]".
func formatShape(shape []int) string {
	b := []byte{'['}
	for i, d := range shape {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(d), 10)
	}
	return string(append(b, ']'))
}

// quoteShort quotes a string from a file, shortened if it is very long.
func quoteShort(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return strconv.Quote(s)
}

// appendHeader returns the length field and the header of a file.
func appendHeader(tensors []Tensor, order []int, meta []string, width int, dtype string) ([]byte, error) {
	if len(meta)%2 != 0 {
		return nil, errors.New("safetensors: metadata: a key without a value")
	}
	b := append(make([]byte, 8, 1024), '{')
	if len(meta) > 0 {
		keys := make([]int, len(meta)/2)
		for i := range keys {
			keys[i] = 2 * i
		}
		slices.SortFunc(keys, func(i, j int) int { return strings.Compare(meta[i], meta[j]) })
		b = append(b, `"__metadata__":{`...)
		for k, i := range keys {
			if k > 0 {
				if meta[i] == meta[keys[k-1]] {
					return nil, errors.New("safetensors: metadata: two values for " + quoteShort(meta[i]))
				}
				b = append(b, ',')
			}
			if !utf8.ValidString(meta[i]) || !utf8.ValidString(meta[i+1]) {
				return nil, errors.New("safetensors: metadata: " + quoteShort(meta[i]) + " is not UTF-8")
			}
			b = appendJSON(b, meta[i])
			b = append(b, ':')
			b = appendJSON(b, meta[i+1])
		}
		b = append(b, '}')
	}
	offset := 0
	for k, i := range order {
		if k > 0 || len(meta) > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, tensors[i].Name)
		b = append(b, `:{"dtype":"`...)
		b = append(b, dtype...)
		b = append(b, `","shape":[`...)
		for j, d := range tensors[i].Shape {
			if j > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(d), 10)
		}
		n, _ := countElements(tensors[i].Shape)
		b = append(b, `],"data_offsets":[`...)
		b = strconv.AppendInt(b, int64(offset), 10)
		offset += n * width
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(offset), 10)
		b = append(b, `]}`...)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	n := len(b) - 8
	if n > maxHeader {
		return nil, errors.New("safetensors: header longer than 100 MB")
	}
	b[0], b[1], b[2], b[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	return b, nil
}

// appendJSON appends s, which is valid UTF-8, as a JSON string.
func appendJSON(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

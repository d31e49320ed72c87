package nnrt

import (
	"bufio"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
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

// LoadTensors reads a weight file in the safetensors format, which must hold
// exactly the given tensors, up to the end of r. F32, F16 and BF16 are converted
// to T without error; F64 is read into float64 only.
//
// The header is verified first. Then check, unless it is nil, is called with the
// metadata, and an error of it ends the loading: it comes before every complaint
// about a tensor, so that it can say more about a file of another network. Then set
// is called once per tensor with its index and its elements, valid during the
// call. After an error part of the tensors may have been set, so load into fresh
// memory.
//
// An error that concerns a tensor is or wraps a *TensorError. Whatever the file
// claims, the memory used is in proportion to the expected tensors and to the
// length of the header that was really read.
func LoadTensors[T float32 | float64](r io.Reader, tensors []Tensor, check func(meta map[string]string) error, set func(i int, v []T) error) error {
	width, _ := elementType[T]()
	order, largest, err := sortTensors(tensors, width)
	if err != nil {
		return err
	}
	header, err := readHeader(r)
	if err != nil {
		return err
	}
	h := headerParser{text: header, tensors: tensors, order: order, entries: make([]headerEntry, len(tensors))}
	if err := h.parse(); err != nil {
		return err
	}
	if check != nil {
		if err := check(h.meta); err != nil {
			return err
		}
	}
	order, err = h.verify(width)
	if err != nil {
		return err
	}
	values := make([]T, largest)
	raw := make([]byte, 1<<16)
	for _, i := range order {
		n, _ := countElements(tensors[i].Shape)
		kind, size := h.entries[i].dtype, h.entries[i].width
		for done := 0; done < n; {
			c := min(n-done, len(raw)/size)
			if k, err := io.ReadFull(r, raw[:c*size]); err != nil {
				if err != io.EOF && err != io.ErrUnexpectedEOF {
					return &readError{"data of tensor " + quoteShort(tensors[i].Name), err}
				}
				return &TensorError{tensors[i].Name, strconv.Itoa(n*size) + " bytes of data", strconv.Itoa(done*size+k) + " (the file ends)"}
			}
			v := values[done : done+c]
			switch kind {
			case "F64":
				for j := range v {
					o := raw[8*j:][:8]
					v[j] = T(math.Float64frombits(uint64(o[0]) | uint64(o[1])<<8 | uint64(o[2])<<16 | uint64(o[3])<<24 |
						uint64(o[4])<<32 | uint64(o[5])<<40 | uint64(o[6])<<48 | uint64(o[7])<<56))
				}
			case "F32":
				for j := range v {
					o := raw[4*j:][:4]
					v[j] = T(math.Float32frombits(uint32(o[0]) | uint32(o[1])<<8 | uint32(o[2])<<16 | uint32(o[3])<<24))
				}
			case "F16":
				for j := range v {
					v[j] = T(widen16(uint32(raw[2*j]) | uint32(raw[2*j+1])<<8))
				}
			case "BF16":
				for j := range v {
					v[j] = T(math.Float32frombits(uint32(raw[2*j])<<16 | uint32(raw[2*j+1])<<24))
				}
			}
			done += c
		}
		if err := set(i, values[:n]); err != nil {
			return err
		}
	}
	switch _, err := io.ReadFull(r, raw[:1]); err {
	case io.EOF:
		return nil
	case nil:
		return errors.New("safetensors: bytes after the last tensor")
	default:
		return &readError{"end of the file", err}
	}
}

// readError is a failure of the reader below.
type readError struct {
	place string
	cause error
}

func (e *readError) Error() string { return "safetensors: " + e.place + ": " + e.cause.Error() }

func (e *readError) Unwrap() error { return e.cause }

// elementType returns the size of T in bytes and its name in the file.
func elementType[T float32 | float64]() (width int, dtype string) {
	var t T
	if unsafe.Sizeof(t) == 4 {
		return 4, "F32"
	}
	return 8, "F64"
}

// widen16 returns the value of a float16.
func widen16(b uint32) float32 {
	sign := b & 0x8000 << 16
	exponent, fraction := b>>10&31, b&0x3ff
	switch exponent {
	case 0:
		return math.Float32frombits(math.Float32bits(float32(float32(fraction)*0x1p-24)) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
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

// readHeader reads the length field and the header.
func readHeader(r io.Reader) ([]byte, error) {
	var field [8]byte
	if k, err := io.ReadFull(r, field[:]); err != nil {
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			return nil, &readError{"header length", err}
		}
		return nil, errors.New("safetensors: the file ends after " + strconv.Itoa(k) + " bytes, before the header")
	}
	length := uint64(0)
	for i, c := range field {
		length |= uint64(c) << (8 * i)
	}
	if length > maxHeader {
		return nil, errors.New("safetensors: header of " + strconv.FormatUint(length, 10) + " bytes, want at most 100000000")
	}
	if length < 2 {
		return nil, errors.New("safetensors: header of " + strconv.FormatUint(length, 10) + " bytes, want at least 2")
	}
	// The buffer grows with the bytes that arrive, not with those promised.
	var header []byte
	for n := int(length); len(header) < n; {
		have := len(header)
		header = slices.Grow(header, min(n-have, max(have, 1<<14)))
		part := header[have:min(n, cap(header))]
		k, err := io.ReadFull(r, part)
		header = header[:have+k]
		if len(header) > 0 && header[0] != '{' {
			return nil, errors.New("safetensors: the header does not start with '{'")
		}
		if err != nil {
			if err != io.EOF && err != io.ErrUnexpectedEOF {
				return nil, &readError{"header", err}
			}
			return nil, errors.New("safetensors: the file ends after " + strconv.Itoa(len(header)) + " of " + strconv.Itoa(n) + " header bytes")
		}
	}
	return header, nil
}

// headerEntry is what a header says of one expected tensor.
type headerEntry struct {
	found      bool
	dtype      string
	width      int // bytes of an element; 0: not a type that is read
	shape      string
	shapeOK    bool
	begin, end uint64
}

// headerParser reads the JSON of a header.
type headerParser struct {
	text    []byte
	pos     int
	tensors []Tensor
	order   []int // indices of tensors by name
	entries []headerEntry
	meta    map[string]string
	extra   *TensorError // the first tensor that is not expected
}

// fail returns an error at the current place.
func (h *headerParser) fail(what string) error {
	return errors.New("safetensors: header byte " + strconv.Itoa(h.pos) + ": " + what)
}

// space skips white space.
func (h *headerParser) space() {
	for h.pos < len(h.text) {
		switch h.text[h.pos] {
		case ' ', '\t', '\n', '\r':
			h.pos++
		default:
			return
		}
	}
}

// expect skips white space and then the byte c.
func (h *headerParser) expect(c byte) error {
	h.space()
	if h.pos >= len(h.text) {
		return h.fail("want '" + string(rune(c)) + "', got the end")
	}
	if got := h.text[h.pos]; got != c {
		return h.fail("want '" + string(rune(c)) + "', got " + strconv.QuoteToASCII(string(rune(got))))
	}
	h.pos++
	return nil
}

// more is called after an opening bracket or an element. It says whether another
// element follows; if not, it skips the closing bracket.
func (h *headerParser) more(first bool, closing byte) (bool, error) {
	h.space()
	if h.pos < len(h.text) && h.text[h.pos] == closing {
		h.pos++
		return false, nil
	}
	if first {
		return true, nil
	}
	if h.pos < len(h.text) && h.text[h.pos] == ',' {
		h.pos++
		return true, nil
	}
	return false, h.fail("want ',' or '" + string(rune(closing)) + "'")
}

// str reads a string.
func (h *headerParser) str() (string, error) {
	if err := h.expect('"'); err != nil {
		return "", err
	}
	start := h.pos
	for h.pos < len(h.text) { // without escapes first
		switch c := h.text[h.pos]; {
		case c == '"':
			s := string(h.text[start:h.pos])
			if !utf8.ValidString(s) {
				return "", h.fail("a string that is not UTF-8")
			}
			h.pos++
			return s, nil
		case c < ' ':
			return "", h.fail("a control character in a string")
		case c == '\\':
			return h.escaped(start)
		}
		h.pos++
	}
	return "", h.fail("a string without an end")
}

// escaped reads the rest of a string that began at start, from the first backslash.
func (h *headerParser) escaped(start int) (string, error) {
	b := append([]byte(nil), h.text[start:h.pos]...)
	for h.pos < len(h.text) {
		c := h.text[h.pos]
		switch {
		case c == '"':
			if !utf8.Valid(b) {
				return "", h.fail("a string that is not UTF-8")
			}
			h.pos++
			return string(b), nil
		case c < ' ':
			return "", h.fail("a control character in a string")
		case c != '\\':
			b = append(b, c)
			h.pos++
			continue
		}
		h.pos++
		if h.pos >= len(h.text) {
			break
		}
		c = h.text[h.pos]
		h.pos++
		switch c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			u, ok := h.hex()
			if ok && u >= 0xd800 && u < 0xdc00 { // a pair of surrogates
				var v rune
				ok = h.pos+1 < len(h.text) && h.text[h.pos] == '\\' && h.text[h.pos+1] == 'u'
				if ok {
					h.pos += 2
					v, ok = h.hex()
				}
				ok = ok && v >= 0xdc00 && v < 0xe000
				u = (u-0xd800)<<10 + (v - 0xdc00) + 0x10000
			}
			if !ok || !utf8.ValidRune(u) {
				return "", h.fail("a bad \\u escape")
			}
			b = utf8.AppendRune(b, u)
		default:
			return "", h.fail("a bad escape")
		}
	}
	return "", h.fail("a string without an end")
}

// hex reads four hexadecimal digits.
func (h *headerParser) hex() (rune, bool) {
	if len(h.text)-h.pos < 4 {
		return 0, false
	}
	u, err := strconv.ParseUint(string(h.text[h.pos:h.pos+4]), 16, 32)
	if err != nil {
		return 0, false
	}
	h.pos += 4
	return rune(u), true
}

// number reads an integer that is not negative.
func (h *headerParser) number() (uint64, error) {
	h.space()
	start := h.pos
	for h.pos < len(h.text) && h.text[h.pos] >= '0' && h.text[h.pos] <= '9' {
		h.pos++
	}
	digits := h.text[start:h.pos]
	if len(digits) == 0 {
		return 0, h.fail("want a whole number that is not negative")
	}
	if h.pos < len(h.text) && strings.IndexByte(".eE+-", h.text[h.pos]) >= 0 || len(digits) > 1 && digits[0] == '0' {
		return 0, h.fail("want a plain whole number")
	}
	if len(digits) <= 20 {
		if v, err := strconv.ParseUint(string(digits), 10, 63); err == nil {
			return v, nil
		}
	}
	return 0, h.fail("a number too large")
}

// parse reads the whole header.
func (h *headerParser) parse() error {
	if err := h.expect('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := h.more(first, '}')
		if err != nil {
			return err
		}
		if !more {
			break
		}
		key, err := h.str()
		if err != nil {
			return err
		}
		if err := h.expect(':'); err != nil {
			return err
		}
		if key == "__metadata__" {
			err = h.metadata()
		} else {
			err = h.tensor(key)
		}
		if err != nil {
			return err
		}
	}
	h.space()
	if h.pos != len(h.text) {
		return h.fail("bytes after the end of the header's object")
	}
	return nil
}

// metadata reads the metadata.
func (h *headerParser) metadata() error {
	const most = 1 << 16
	if h.meta != nil {
		return h.fail("a second __metadata__")
	}
	h.meta = map[string]string{}
	if err := h.expect('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := h.more(first, '}')
		if err != nil || !more {
			return err
		}
		key, err := h.str()
		if err != nil {
			return err
		}
		if _, twice := h.meta[key]; twice {
			return h.fail("a second value for " + quoteShort(key) + " in __metadata__")
		}
		if len(h.meta) >= most {
			return h.fail("more than 65536 keys in __metadata__")
		}
		if err := h.expect(':'); err != nil {
			return err
		}
		if h.meta[key], err = h.str(); err != nil {
			return err
		}
	}
}

// tensor reads the description of one tensor.
func (h *headerParser) tensor(name string) error {
	k, expected := slices.BinarySearchFunc(h.order, name, func(i int, s string) int { return strings.Compare(h.tensors[i].Name, s) })
	var e *headerEntry
	var want []int
	if expected {
		i := h.order[k]
		e, want = &h.entries[i], h.tensors[i].Shape
		if e.found {
			return &TensorError{name, "one tensor of this name", "two"}
		}
	} else {
		e = &headerEntry{}
	}
	e.found = true
	if err := h.expect('{'); err != nil {
		return err
	}
	var dtype, shape, offsets bool
	for first := true; ; first = false {
		more, err := h.more(first, '}')
		if err != nil {
			return err
		}
		if !more {
			break
		}
		key, err := h.str()
		if err != nil {
			return err
		}
		if err := h.expect(':'); err != nil {
			return err
		}
		var again *bool
		switch key {
		case "dtype":
			again = &dtype
			e.dtype, err = h.str()
		case "shape":
			again = &shape
			err = h.shape(e, want)
		case "data_offsets":
			again = &offsets
			err = h.offsets(e)
		default:
			return &TensorError{name, "dtype, shape and data_offsets", quoteShort(key)}
		}
		if err != nil {
			return err
		}
		if *again {
			return &TensorError{name, "one " + key, "two"}
		}
		*again = true
	}
	switch {
	case !dtype:
		return &TensorError{name, "a dtype", "none"}
	case !shape:
		return &TensorError{name, "a shape", "none"}
	case !offsets:
		return &TensorError{name, "data_offsets", "none"}
	}
	if !expected && h.extra == nil {
		h.extra = &TensorError{name, "no tensor of this name", "shape " + e.shape}
	}
	return nil
}

// shape reads the dimensions of a tensor.
func (h *headerParser) shape(e *headerEntry, want []int) error {
	const most = 32
	if err := h.expect('['); err != nil {
		return err
	}
	b := []byte{'['}
	same := true
	for i := 0; ; i++ {
		more, err := h.more(i == 0, ']')
		if err != nil {
			return err
		}
		if !more {
			e.shape, e.shapeOK = string(append(b, ']')), same && i == len(want)
			return nil
		}
		if i == most {
			return h.fail("more than 32 dimensions")
		}
		d, err := h.number()
		if err != nil {
			return err
		}
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendUint(b, d, 10)
		same = same && i < len(want) && d == uint64(want[i])
	}
}

// offsets reads where the data of a tensor begin and end.
func (h *headerParser) offsets(e *headerEntry) (err error) {
	if err = h.expect('['); err != nil {
		return err
	}
	if e.begin, err = h.number(); err != nil {
		return err
	}
	if err = h.expect(','); err != nil {
		return err
	}
	if e.end, err = h.number(); err != nil {
		return err
	}
	return h.expect(']')
}

// verify compares the header with the expected tensors and returns their indices
// in the order of their data.
func (h *headerParser) verify(width int) ([]int, error) {
	accepted := "dtype F32, F16 or BF16"
	if width == 8 {
		accepted = "dtype F64, F32, F16 or BF16"
	}
	for _, i := range h.order {
		t, e := h.tensors[i], &h.entries[i]
		if !e.found {
			return nil, &TensorError{t.Name, "shape " + formatShape(t.Shape), "no tensor of this name"}
		}
	}
	if h.extra != nil {
		return nil, h.extra
	}
	for _, i := range h.order {
		t, e := h.tensors[i], &h.entries[i]
		if !e.shapeOK {
			return nil, &TensorError{t.Name, "shape " + formatShape(t.Shape), e.shape}
		}
		switch e.dtype {
		case "F64":
			e.width = 8
		case "F32":
			e.width = 4
		case "F16", "BF16":
			e.width = 2
		}
		if e.width == 0 || e.width > width {
			return nil, &TensorError{t.Name, accepted, quoteShort(e.dtype)}
		}
		n, _ := countElements(t.Shape)
		if e.begin > e.end || e.end-e.begin != uint64(n)*uint64(e.width) {
			return nil, &TensorError{t.Name, strconv.Itoa(n*e.width) + " bytes of data", formatOffsets(e)}
		}
	}
	order := slices.Clone(h.order)
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := h.entries[i].begin, h.entries[j].begin
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	end := uint64(0)
	for _, i := range order {
		e := &h.entries[i]
		if e.begin != end {
			what := " (a hole)"
			if e.begin < end {
				what = " (an overlap)"
			}
			return nil, &TensorError{h.tensors[i].Name, "data from offset " + strconv.FormatUint(end, 10), formatOffsets(e) + what}
		}
		end = e.end
	}
	return order, nil
}

// formatOffsets returns the data_offsets as in "offsets [0 2560]".
func formatOffsets(e *headerEntry) string {
	return "offsets [" + strconv.FormatUint(e.begin, 10) + " " + strconv.FormatUint(e.end, 10) + "]"
}

// fileError is a failure with a file.
type fileError struct {
	path  string
	cause error
}

func (e *fileError) Error() string { return e.path + ": " + e.cause.Error() }

func (e *fileError) Unwrap() error { return e.cause }

// atPath returns err with the path before it, once.
func atPath(path string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) && error(pe) == err {
		err = &fileError{pe.Op, pe.Err}
	}
	var le *os.LinkError
	if errors.As(err, &le) && error(le) == err {
		err = &fileError{le.Op, le.Err}
	}
	return &fileError{path, err}
}

// SaveFile writes a file so that, whatever happens, path holds either the old or
// the whole new contents: write fills a temporary file in the same directory,
// which is then synced and renamed, and the directory is synced. A temporary file
// is removed on failure. The permission bits of an existing file are kept where
// the system allows it; a new file gets 0644. A symbolic link is followed.
//
// Errors begin with the path; an error of write is wrapped.
func SaveFile(path string, write func(w io.Writer) error) error {
	return saveFile(path, write, nil)
}

// saveFile is SaveFile; tests make a step fail through fault.
func saveFile(path string, write func(w io.Writer) error, fault func(step string) error) (err error) {
	defer func() {
		if err != nil {
			err = atPath(path, err)
		}
	}()
	try := func(step string, f func() error) error {
		if fault != nil {
			if err := fault(step); err != nil {
				return err
			}
		}
		return f()
	}
	if path == "" {
		return errors.New("no file name")
	}
	target := path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		target = real
	}
	mode := os.FileMode(0o644)
	info, err := os.Stat(target)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	dir, base := filepath.Split(target)
	if dir == "" {
		dir = "."
	}
	if base == "" { // a path that ends in a separator
		return errors.New("no file name")
	}
	var f *os.File
	if err := try("create", func() (err error) {
		f, err = os.CreateTemp(dir, ".nnrt-*.tmp")
		return err
	}); err != nil {
		return err
	}
	open, kept := true, false
	defer func() { // also after a panic in write
		if open {
			f.Close()
		}
		if !kept {
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := try("write", func() error { return write(w) }); err != nil {
		return err
	}
	if err := try("flush", w.Flush); err != nil {
		return err
	}
	// Some file systems cannot; then the bits are those of a private file.
	_ = f.Chmod(mode)
	if err := try("sync", f.Sync); err != nil {
		return err
	}
	if err := try("close", f.Close); err != nil {
		return err
	}
	open = false
	if err := try("rename", func() error { return os.Rename(f.Name(), target) }); err != nil {
		return err
	}
	kept = true
	return try("sync directory", func() error { return syncDir(dir) })
}

// syncDir makes a rename durable, on systems where a directory can be synced.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	if err := d.Sync(); errors.Is(err, syscall.EIO) {
		return err
	}
	return nil
}

// LoadFile opens a file and calls read with its buffered contents. Errors begin
// with the path; an error of read is wrapped.
func LoadFile(path string, read func(r io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return atPath(path, err)
	}
	defer f.Close()
	if err := read(bufio.NewReaderSize(f, 1<<16)); err != nil {
		return atPath(path, err)
	}
	return nil
}

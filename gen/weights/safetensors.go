package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/nngen-go/nngen/spec/plural"
)

// Limits of a safetensors file.
const (
	maxHeader  = 100_000_000 // bytes, as the format says
	maxTensors = 40_000
	maxDims    = 32
)

// widths are the bytes of an element, by type.
var widths = map[string]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}

// parseSafetensors reads a file with tensors of any names, as strictly as the
// format demands: no overlaps, holes or duplicates, nothing after the data.
func parseSafetensors(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, errorf(byteAt(len(data)), resave, "the file ends before the length of the header, which takes 8 bytes")
	}
	length := binary.LittleEndian.Uint64(data)
	switch left := uint64(len(data) - 8); {
	case length > maxHeader:
		return nil, errorf("byte 0", resave, "the header has %d bytes; the format allows %d", length, maxHeader)
	case length < 2:
		return nil, errorf("byte 0", resave, "the header has %s; it takes at least 2", plural.Of(length, "byte"))
	case length > left:
		return nil, errorf(byteAt(len(data)), resave, "the file ends after %d of %d header bytes", left, length)
	}
	header, body := data[8:8+length], data[8+length:]
	switch {
	case header[0] != '{':
		return nil, errorf("byte 8", resave, "the header must start with '{', got %q", header[0])
	case !utf8.Valid(header):
		return nil, errorf("byte 8", resave, "the header is not UTF-8")
	}
	p := &headerParser{dec: json.NewDecoder(bytes.NewReader(header)), size: len(body)}
	p.dec.UseNumber()
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.file(body)
}

func byteAt(n int) string { return "byte " + strconv.Itoa(n) }

// span is where the data of a tensor lies.
type span struct {
	tensor     *Tensor
	begin, end int
}

// headerParser reads the JSON of a header token by token, so that duplicates
// show.
type headerParser struct {
	dec   *json.Decoder
	size  int // of the data
	spans []span
	out   File
}

// fail makes an error at the current byte.
func (p *headerParser) fail(format string, args ...any) error {
	return errorf(byteAt(8+int(p.dec.InputOffset())), resave, "header: "+format, args...)
}

// token returns the next token.
func (p *headerParser) token() (json.Token, error) {
	t, err := p.dec.Token()
	if err == io.EOF {
		return nil, p.fail("it ends too early")
	}
	if err != nil {
		return nil, p.fail("%v", err)
	}
	return t, nil
}

// delim reads a bracket.
func (p *headerParser) delim(want json.Delim) error {
	t, err := p.token()
	if err == nil && t != want {
		err = p.fail("want %v, got %s", want, show(t))
	}
	return err
}

// text reads a string.
func (p *headerParser) text() (string, error) {
	t, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", p.fail("want a string, got %s", show(t))
	}
	return s, nil
}

// number reads a whole number that is not negative.
func (p *headerParser) number() (int, error) {
	t, err := p.token()
	if err != nil {
		return 0, err
	}
	s, ok := t.(json.Number)
	n, err := strconv.ParseUint(string(s), 10, strconv.IntSize-1)
	if !ok || err != nil {
		return 0, p.fail("want a whole number from 0 to 2^%d-1, got %s", strconv.IntSize-1, show(t))
	}
	return int(n), nil
}

func show(t json.Token) string {
	if s, ok := t.(string); ok {
		return quote(s)
	}
	s := fmt.Sprint(t)
	return s[:min(len(s), 80)]
}

// object reads an object whose keys must differ and gives them to field.
func (p *headerParser) object(what string, field func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.dec.More() {
		key, err := p.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return p.fail("%s has %s twice", what, quote(key))
		}
		seen[key] = true
		if err := field(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

// numbers reads a list of at most most numbers.
func (p *headerParser) numbers(most int) ([]int, error) {
	list := []int{}
	if err := p.delim('['); err != nil {
		return nil, err
	}
	for p.dec.More() {
		n, err := p.number()
		if err != nil {
			return nil, err
		}
		if list = append(list, n); len(list) > most {
			return nil, p.fail("want at most %d numbers", most)
		}
	}
	return list, p.delim(']')
}

// parse reads the header.
func (p *headerParser) parse() error {
	err := p.object("the header", func(key string) error {
		if key == "__metadata__" {
			return p.metadata()
		}
		return p.tensor(key)
	})
	if err != nil {
		return err
	}
	if _, err := p.dec.Token(); err != io.EOF {
		return p.fail("bytes after the closing brace")
	}
	return nil
}

func (p *headerParser) metadata() error {
	p.out.Meta = map[string]string{}
	return p.object("__metadata__", func(key string) (err error) {
		if len(p.out.Meta) >= maxTensors {
			return p.fail("more than %d keys in __metadata__", maxTensors)
		}
		p.out.Meta[key], err = p.text()
		return err
	})
}

// tensor reads the description of a tensor and checks it by itself.
func (p *headerParser) tensor(name string) error {
	t := &Tensor{Name: name}
	var offsets []int
	err := p.object("tensor "+quote(name), func(key string) (err error) {
		switch key {
		case "dtype":
			t.DType, err = p.text()
		case "shape":
			t.Shape, err = p.numbers(maxDims)
		case "data_offsets":
			offsets, err = p.numbers(2)
		default:
			return p.fail("tensor %s has the unknown key %s", quote(name), quote(key))
		}
		return err
	})
	if err != nil {
		return err
	}
	width := widths[t.DType]
	switch {
	case len(p.spans) >= maxTensors:
		return p.fail("more than %d tensors", maxTensors)
	case t.DType == "" || t.Shape == nil || offsets == nil:
		return p.bad(t, "it must have dtype, shape and data_offsets")
	case width == 0:
		return p.bad(t, "the dtype %s is not known", quote(t.DType))
	case len(offsets) != 2 || offsets[0] > offsets[1]:
		return p.bad(t, "data_offsets must be [begin, end], got %v", offsets)
	case offsets[1] > p.size:
		return p.bad(t, "its data ends at byte %d of the data, which has %d", offsets[1], p.size)
	}
	bytes, ok := product(t.Shape, width)
	if !ok || bytes != offsets[1]-offsets[0] {
		return p.bad(t, "data_offsets %v hold %d bytes; the shape %s of %s takes %s",
			offsets, offsets[1]-offsets[0], Shape(t.Shape), t.DType, sizeText(bytes, ok))
	}
	p.spans = append(p.spans, span{t, offsets[0], offsets[1]})
	return nil
}

func (p *headerParser) bad(t *Tensor, format string, args ...any) error {
	return errorf("tensor "+quote(t.Name), resave, format, args...)
}

func sizeText(n int, ok bool) string {
	if !ok {
		return "more than can be addressed"
	}
	return strconv.Itoa(n)
}

// product returns width times the dimensions, or false if that overflows.
func product(shape []int, width int) (int, bool) {
	if slices.Contains(shape, 0) {
		return 0, true
	}
	n := uint64(width)
	for _, d := range shape {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > 1<<(strconv.IntSize-1)-1 {
			return 0, false
		}
		n = lo
	}
	return int(n), true
}

// file checks that the data is covered once and returns the tensors in its
// order.
func (p *headerParser) file(body []byte) (*File, error) {
	slices.SortStableFunc(p.spans, func(a, b span) int {
		if a.begin != b.begin {
			return a.begin - b.begin
		}
		return a.end - b.end // a tensor without elements goes first
	})
	end := 0
	for _, s := range p.spans {
		switch {
		case s.begin < end:
			return nil, p.bad(s.tensor, "its data begins at offset %d and overlaps that of another tensor, which ends at %d", s.begin, end)
		case s.begin > end:
			return nil, p.bad(s.tensor, "its data begins at offset %d; nothing uses the data from %d (a hole)", s.begin, end)
		}
		end = s.end
		s.tensor.raw = body[s.begin:s.end]
		p.out.add(s.tensor) // the parser has refused duplicates
	}
	if end != len(body) {
		return nil, errorf("", resave, "%s after the last tensor", plural.Of(len(body)-end, "byte"))
	}
	return &p.out, nil
}

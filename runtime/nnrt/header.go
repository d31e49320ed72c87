package nnrt

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// headerParser reads the JSON of a header.
type headerParser struct {
	text    []byte
	pos     int
	tensors []Tensor
	order   []int // indices of tensors by name
	entries []headerEntry
	meta    map[string]string
	extra   *TensorError  // the first tensor that is not expected
	ignored []headerEntry // tensors that are left alone, by their data
	end     uint64        // of all data
}

// find returns the place of an expected tensor in order.
func (h *headerParser) find(name string) (k int, ok bool) {
	return slices.BinarySearchFunc(h.order, name, func(i int, s string) int { return strings.Compare(h.tensors[i].Name, s) })
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
	k, expected := h.find(name)
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
	switch {
	case expected:
	case h.ignores(name):
		e.ignored = "*" + name[strings.LastIndexByte(name, '.'):]
		h.ignored = append(h.ignored, *e)
	case h.extra == nil:
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

package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

const (
	npyMagic = "\x93NUMPY"
	// maxHeader is the longest header; NumPy refuses more than 10,000 bytes.
	maxHeader = 10000
	maxDims   = 32
)

// ReadNPY reads an .npy file of exactly size bytes whose numbers may take
// memory bytes, 8 each. They are decoded as they arrive, once sizes are checked.
func ReadNPY(r io.Reader, size, memory int64) (*Array, error) {
	const longest = len(npyMagic) + 6 + maxHeader
	head := make([]byte, min(size, int64(longest)))
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if size == int64(len(head)) { // all of it
		if err := atEnd(r); err != nil {
			return nil, err
		}
		return ParseNPY(head)
	}
	if !bytes.HasPrefix(head, []byte(npyMagic)) {
		return nil, errNoMagic
	}
	h, elem, offset, err := npyHead(head)
	if err != nil {
		return nil, err
	}
	n, err := elem.fits(h.shape, int(size)-offset, offset)
	if err != nil {
		return nil, err
	}
	if int64(n) > memory/8 {
		return nil, errorf("", "%d numbers expand to more than the %d bytes that a file of this size may take; save it without compression, with numpy.savez", n, memory)
	}
	r = io.MultiReader(bytes.NewReader(head[offset:]), r)
	data, chunk := make([]float64, 0, n), make([]byte, 1<<16)
	for len(data) < n {
		part := chunk[:min(len(chunk), (n-len(data))*elem.size)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, err
		}
		data = elem.append(data, part)
	}
	if err := atEnd(r); err != nil {
		return nil, err
	}
	return elem.of(h.shape, data).inC(h)
}

// atEnd reads the end of an archive's entry, where its checksum is compared.
func atEnd(r io.Reader) error {
	n, err := io.ReadFull(r, make([]byte, 1))
	if n > 0 {
		return errorf("", "more data than announced")
	}
	if err != io.EOF {
		return err
	}
	return nil
}

// errNoMagic is what is no .npy file at all.
var errNoMagic = errorf("byte 0", "the file does not begin with \\x93NUMPY")

// ParseNPY reads an .npy file: versions 1 to 3, booleans, integers and floats
// of 2, 4 and 8 bytes, either byte order, C or Fortran order.
func ParseNPY(data []byte) (*Array, error) {
	if len(data) < len(npyMagic) || string(data[:len(npyMagic)]) != npyMagic {
		return nil, errNoMagic
	}
	h, elem, offset, err := npyHead(data)
	if err != nil {
		return nil, err
	}
	a, err := elem.array(h.shape, data[offset:], offset)
	if err != nil {
		return nil, err
	}
	return a.inC(h)
}

// npyHead reads the header and says where the data begins.
func npyHead(data []byte) (h npyHeader, elem element, offset int, err error) {
	text, offset, err := npyHeaderText(data)
	if err != nil {
		return h, elem, 0, err
	}
	if h, err = parseNPYHeader(text); err != nil {
		return h, elem, 0, errorf(place(offset-len(text)), "header: %v", err)
	}
	elem, err = npyElement(h.descr)
	return h, elem, offset, err
}

// inC brings an array into C order and checks its values.
func (a *Array) inC(h npyHeader) (*Array, error) {
	if h.fortran {
		a.Data = fromFortran(a.Data, a.Shape)
	}
	return a, a.finite()
}

// finite is checkFinite for a caller that also returns the array.
func (a *Array) finite() error {
	if a.Integer {
		return nil
	}
	return a.checkFinite()
}

// npyHeaderText returns the header's text and where the data begins.
func npyHeaderText(data []byte) (text string, offset int, err error) {
	if len(data) < 12 {
		return "", 0, errorf(place(len(data)), "the file ends within the header")
	}
	var n uint32
	switch version := data[6]; version {
	case 1:
		n, offset = uint32(binary.LittleEndian.Uint16(data[8:])), 10
	case 2, 3:
		n, offset = binary.LittleEndian.Uint32(data[8:]), 12
	default:
		return "", 0, errorf("byte 6", "version %d of the format is not known; 1, 2 and 3 are", version)
	}
	if n > maxHeader {
		return "", 0, errorf("byte 8", "the header has %d bytes; the limit is %d", n, maxHeader)
	}
	if int(n) > len(data)-offset {
		return "", 0, errorf(place(len(data)), "the file ends within the header of %d bytes", n)
	}
	end := offset + int(n)
	return string(data[offset:end]), end, nil
}

// npyElement returns how the type of a header stores a number.
func npyElement(descr string) (element, error) {
	e := element{order: binary.LittleEndian}
	t := descr
	switch {
	case strings.HasPrefix(t, ">"):
		e.order = binary.BigEndian
		t = t[1:]
	case strings.HasPrefix(t, "<"), strings.HasPrefix(t, "|"), strings.HasPrefix(t, "="):
		t = t[1:]
	}
	switch t {
	case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
		e.kind, e.size = t[0], int(t[1]-'0')
		return e, nil
	}
	const keep = "nngen reads float16, float32, float64, integers and booleans"
	switch {
	case strings.HasPrefix(t, "O"):
		return e, errorf("", "the array holds pickled Python objects, which are not read because loading them can run code; "+
			"save a plain array of numbers, for instance np.save(name, a.astype(np.float32))")
	case strings.HasPrefix(t, "U"), strings.HasPrefix(t, "S"), strings.HasPrefix(t, "a"):
		return e, errorf("", "the array holds text (%s); %s", quote(descr), keep)
	case strings.HasPrefix(t, "["):
		return e, errorf("", "the array has named fields; save each as an array of its own in an .npz")
	}
	return e, errorf("", "the array has the element type %s; %s", quote(descr), keep)
}

// fromFortran brings data whose first index runs fastest into C order.
func fromFortran(data []float64, shape []int) []float64 {
	if len(shape) < 2 {
		return data
	}
	out := make([]float64, len(data))
	index := make([]int, len(shape))
	for i := range out {
		at := 0
		for d := len(shape) - 1; d >= 0; d-- {
			at = at*shape[d] + index[d]
		}
		out[i] = data[at]
		for d := len(shape) - 1; d >= 0; d-- {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}

// npyHeader is the dictionary at the start of an .npy file.
type npyHeader struct {
	descr   string
	fortran bool
	shape   []int
}

// parseNPYHeader reads the dictionary, a literal of Python.
func parseNPYHeader(text string) (h npyHeader, err error) {
	p := &pyParser{s: strings.TrimRight(text, " \n\t\r\x00")}
	seen := map[string]bool{}
	p.expect('{')
	for !p.accept('}') && p.err == nil {
		key := p.text()
		p.expect(':')
		if seen[key] && p.err == nil {
			return h, fmt.Errorf("the key %s comes twice", quote(key))
		}
		seen[key] = true
		switch key {
		case "descr":
			h.descr = p.descr()
		case "fortran_order":
			h.fortran = p.bool()
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("unknown key %s", quote(key))
		}
		if !p.accept(',') {
			p.expect('}')
			break
		}
	}
	if p.err == nil && p.i != len(p.s) {
		p.fail("text after the closing brace")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if p.err == nil && !seen[key] {
			p.fail("the key %q is missing", key)
		}
	}
	return h, p.err
}

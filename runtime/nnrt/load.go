package nnrt

import (
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
)

// LoadTensors reads a weight file in the safetensors format, which must hold
// exactly the given tensors, up to the end of r. F32, F16 and BF16 are converted
// to T without error; F64 is read into float64 only, I8 for a tensor of integers only.
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
	at := uint64(0)
	for _, i := range order {
		if err := skip(r, raw, h.entries[i].begin-at); err != nil {
			return err
		}
		at = h.entries[i].end
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
			case "I8":
				for j := range v {
					v[j] = T(int8(raw[j]))
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
	if err := skip(r, raw, h.end-at); err != nil {
		return err
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

// skip reads n bytes that nobody wants.
func skip(r io.Reader, raw []byte, n uint64) error {
	for n > 0 {
		k, err := io.ReadFull(r, raw[:min(n, uint64(len(raw)))])
		if err != nil {
			return &readError{"data of a tensor that is ignored", err}
		}
		n -= uint64(k)
	}
	return nil
}

// readError is a failure of the reader below.
type readError struct {
	place string
	cause error
}

func (e *readError) Error() string { return "safetensors: " + e.place + ": " + e.cause.Error() }

func (e *readError) Unwrap() error { return e.cause }

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

// readHeader reads the length field and the header.
func readHeader(r io.Reader) ([]byte, error) {
	var field [8]byte
	if k, err := io.ReadFull(r, field[:]); err != nil {
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			return nil, &readError{"header length", err}
		}
		return nil, errors.New("safetensors: the file ends at byte " + strconv.Itoa(k) + ", before the header")
	}
	length := uint64(0)
	for i, c := range field {
		length |= uint64(c) << (8 * i)
	}
	if length > maxHeader {
		return nil, errors.New("safetensors: the header length is " + strconv.FormatUint(length, 10) + ", want at most 100000000; is this a safetensors file?")
	}
	if length < 2 {
		return nil, errors.New("safetensors: the header length is " + strconv.FormatUint(length, 10) + ", want at least 2")
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

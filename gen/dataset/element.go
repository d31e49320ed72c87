package dataset

import (
	"encoding/binary"
	"math"
)

// element is how a file stores a number.
type element struct {
	kind  byte // 'f' float, 'i' signed, 'u' unsigned, 'b' boolean
	size  int
	order binary.ByteOrder
}

// decode appends the numbers in data, whose length is a multiple of the size.
func (e element) decode(data []byte) []float64 {
	out := make([]float64, len(data)/e.size)
	for i := range out {
		out[i] = e.value(data[i*e.size:])
	}
	return out
}

// value returns the number at the start of b.
func (e element) value(b []byte) float64 {
	var u uint64
	switch e.size {
	case 1:
		u = uint64(b[0])
	case 2:
		u = uint64(e.order.Uint16(b))
	case 4:
		u = uint64(e.order.Uint32(b))
	default:
		u = e.order.Uint64(b)
	}
	switch {
	case e.kind == 'f' && e.size == 4:
		return float64(math.Float32frombits(uint32(u)))
	case e.kind == 'f':
		return math.Float64frombits(u)
	case e.kind == 'i':
		unused := 64 - 8*e.size
		return float64(int64(u<<unused) >> unused)
	case e.kind == 'b' && u != 0:
		return 1
	}
	return float64(u)
}

// array decodes the data of an array that begins at byte offset of its file.
func (e element) array(shape []int, data []byte, offset int) (*Array, error) {
	n, ok := elements(shape, e.size)
	if !ok {
		return nil, errorf("byte 0", "the shape %s is too large", shapeText(shape))
	}
	want := n * e.size
	if len(data) < want {
		return nil, errorf(place(offset+len(data)),
			"the file ends after %d bytes of data; the shape %s takes %d", len(data), shapeText(shape), want)
	}
	if len(data) > want {
		return nil, errorf(place(offset+want),
			"%d bytes follow the data; the shape %s takes %d bytes", len(data)-want, shapeText(shape), want)
	}
	a := &Array{Shape: shape, Data: e.decode(data), Integer: e.kind != 'f'}
	return a, nil
}

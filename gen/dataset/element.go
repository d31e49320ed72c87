package dataset

import (
	"encoding/binary"
	"math"

	"github.com/nngen-go/nngen/spec/plural"
)

// element is how a file stores a number.
type element struct {
	kind  byte // 'f' float, 'i' signed, 'u' unsigned, 'b' boolean
	size  int
	order binary.ByteOrder
}

// decode returns the numbers in data, whose length is a multiple of the size.
func (e element) decode(data []byte) []float64 {
	return e.append(make([]float64, 0, len(data)/e.size), data)
}

// append appends the numbers in data.
func (e element) append(out []float64, data []byte) []float64 {
	for ; len(data) > 0; data = data[e.size:] {
		out = append(out, e.value(data))
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
	case e.kind == 'f' && e.size == 2:
		return Float16(uint16(u))
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
	if _, err := e.fits(shape, len(data), offset); err != nil {
		return nil, err
	}
	return e.of(shape, e.decode(data)), nil
}

// fits checks the number of bytes of the data of an array and returns the
// number of its elements.
func (e element) fits(shape []int, size, offset int) (n int, err error) {
	n, ok := elements(shape, e.size)
	if !ok {
		return 0, errorf("byte 0", "the shape %s is too large", shapeText(shape))
	}
	want := n * e.size
	if size < want {
		return 0, errorf(place(offset+size),
			"the file ends after %s of data; the shape %s takes %d", plural.Of(size, "byte"), shapeText(shape), want)
	}
	if size > want {
		return 0, errorf(place(offset+want),
			"%s after the data; the shape %s takes %s", plural.Of(size-want, "byte"), shapeText(shape), plural.Of(want, "byte"))
	}
	return n, nil
}

// of makes an array of numbers that were stored like this.
func (e element) of(shape []int, data []float64) *Array {
	return &Array{Shape: shape, Data: data, Integer: e.kind != 'f', Kind: e.kind, Bytes: e.size}
}

// Float16 returns the value of IEEE half-precision bits.
func Float16(b uint16) float64 {
	exponent, fraction := int(b>>10&31), float64(b&0x3ff)
	v := math.Ldexp(fraction, -24)
	switch {
	case exponent == 31 && fraction != 0:
		return math.NaN()
	case exponent == 31:
		v = math.Inf(1)
	case exponent != 0:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	return math.Copysign(v, 1-2*float64(b>>15))
}

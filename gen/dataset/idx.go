package dataset

import (
	"encoding/binary"
	"math"
)

// idxElements are the element types of IDX by their code; all are big-endian.
var idxElements = map[byte]element{
	0x08: {'u', 1, binary.BigEndian},
	0x09: {'i', 1, binary.BigEndian},
	0x0B: {'i', 2, binary.BigEndian},
	0x0C: {'i', 4, binary.BigEndian},
	0x0D: {'f', 4, binary.BigEndian},
	0x0E: {'f', 8, binary.BigEndian},
}

// isIDX reports whether the data begins as an IDX file does.
func isIDX(data []byte) bool {
	return len(data) >= 2 && data[0] == 0 && data[1] == 0
}

// ParseIDX reads an IDX file, the format of MNIST. Bytes are numbers from 0 to
// 255.
func ParseIDX(data []byte) (*Array, error) {
	if len(data) < 4 {
		return nil, errorf(place(len(data)), "the file ends within the header")
	}
	if !isIDX(data) {
		return nil, errorf("byte 0", "an IDX file begins with two zero bytes")
	}
	e, ok := idxElements[data[2]]
	if !ok {
		return nil, errorf("byte 2", "the element type 0x%02x is not one of IDX (08, 09, 0b, 0c, 0d, 0e)", data[2])
	}
	dims := int(data[3])
	if dims == 0 || dims > maxDims {
		return nil, errorf("byte 3", "an IDX file has 1 to %d dimensions, this one %d", maxDims, dims)
	}
	offset := 4 + 4*dims
	if len(data) < offset {
		return nil, errorf(place(len(data)), "the file ends within the header of %d bytes", offset)
	}
	shape := make([]int, dims)
	for i := range shape {
		d := binary.BigEndian.Uint32(data[4+4*i:])
		if uint64(d) > math.MaxInt {
			return nil, errorf(place(4+4*i), "the dimension %d is too large", d)
		}
		shape[i] = int(d)
	}
	a, err := e.array(shape, data[offset:], offset)
	if err != nil {
		return nil, err
	}
	return a, a.finite()
}

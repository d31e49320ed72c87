package weights

import (
	"encoding/binary"
	"math"

	"github.com/nngen-go/nngen/gen/dataset"
)

// IsFloat reports whether the elements are floating-point numbers that are
// read.
func (t *Tensor) IsFloat() bool {
	switch t.DType {
	case "F64", "F32", "F16", "BF16":
		return true
	}
	return false
}

// Values returns the elements of a tensor of floating-point numbers.
func (t *Tensor) Values() []float64 {
	if t.values != nil {
		return t.values
	}
	v := make([]float64, t.Size())
	for i := range v {
		v[i] = t.at(i)
	}
	return v
}

// at returns an element.
func (t *Tensor) at(i int) float64 {
	le := binary.LittleEndian
	switch {
	case t.values != nil:
		return t.values[i]
	case t.DType == "F64":
		return math.Float64frombits(le.Uint64(t.raw[8*i:]))
	case t.DType == "F32":
		return float64(math.Float32frombits(le.Uint32(t.raw[4*i:])))
	case t.DType == "BF16":
		return float64(math.Float32frombits(uint32(le.Uint16(t.raw[2*i:])) << 16))
	}
	return dataset.Float16(le.Uint16(t.raw[2*i:]))
}

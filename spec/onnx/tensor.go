package onnx

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// MaxElements is the most elements a tensor may have.
const MaxElements = 1 << 31

// Count is the number of elements by the dimensions, once they agree with the
// bytes that are there. Errors are of type *Error.
func (t *Tensor) Count() (int, error) {
	count := int64(1)
	for _, d := range t.Dims {
		if d < 0 {
			return 0, t.fail(damaged, "a dimension must not be negative, got %d in %v", d, t.Dims)
		}
		if d > 0 && count > MaxElements/d {
			return 0, t.fail(damaged, "dimensions %v have more than %d elements", t.Dims, int64(MaxElements))
		}
		count *= d
	}
	row := dataTypes[t.DataType]
	switch {
	case t.Location != 0 || len(t.External) > 0:
		return 0, t.fail("give --external-data to read it from the folder of the model",
			"the elements lie in another file, %s", t.externalName())
	case t.Segment != "":
		return 0, t.fail("store the tensor as a whole", "the tensor is a segment of a larger one, which is not supported")
	case row.size == 0:
		return 0, t.fail("convert it to float32", "elements of type %s cannot be read", t.DataType)
	case t.HasRaw && int64(len(t.RawData)) != count*int64(row.size):
		return 0, t.fail(damaged, "dimensions %v of %s need %s, but raw_data holds %d", t.Dims, t.DataType, plural.Of(count*int64(row.size), "byte"), len(t.RawData))
	case !t.HasRaw && int64(t.listed()) != count:
		return 0, t.fail(damaged, "dimensions %v need %s, but the list for %s holds %d", t.Dims, plural.Of(count, "element"), t.DataType, t.listed())
	}
	return int(count), nil
}

func (t *Tensor) fail(hint, format string, args ...any) *Error {
	err := fail(hint, format, args...)
	if t.Name != "" {
		err.Msg = "tensor " + quote(t.Name) + ": " + err.Msg
	}
	return err
}

// externalName is the file with the elements, as the tensor writes it.
func (t *Tensor) externalName() string {
	for _, e := range t.External {
		if e.Key == "location" {
			return quote(e.Value)
		}
	}
	return "without a name"
}

// listed is the length of the list for the type.
func (t *Tensor) listed() int {
	switch t.DataType {
	case Float:
		return len(t.FloatData)
	case Double:
		return len(t.DoubleData)
	case Int64:
		return len(t.Int64Data)
	case Uint32, Uint64:
		return len(t.Uint64Data)
	}
	return len(t.Int32Data)
}

// Float32s are the elements as float32, rounded to nearest where they have
// more bits. Errors are of type *Error.
func (t *Tensor) Float32s() ([]float32, error) {
	return elements(t, func(f float64, n int64) float32 {
		if t.DataType.IsFloat() {
			return float32(f)
		}
		return float32(n)
	})
}

// Float64s are the elements as float64. Errors are of type *Error.
func (t *Tensor) Float64s() ([]float64, error) {
	return elements(t, func(f float64, n int64) float64 {
		if t.DataType.IsFloat() {
			return f
		}
		return float64(n)
	})
}

// Int64s are the elements of a tensor of integers or truth values; those of
// Uint64 by their bits. Errors are of type *Error.
func (t *Tensor) Int64s() ([]int64, error) {
	if t.DataType.IsFloat() {
		return nil, t.fail("", "must hold integers, got %s", t.DataType)
	}
	return elements(t, func(_ float64, n int64) int64 { return n })
}

func elements[T any](t *Tensor, convert func(f float64, n int64) T) ([]T, error) {
	count, err := t.Count()
	if err != nil {
		return nil, err
	}
	list, size := make([]T, count), dataTypes[t.DataType].size
	for i := range list {
		if t.HasRaw {
			list[i] = convert(t.raw(t.RawData[i*size:]))
		} else {
			list[i] = convert(t.list(i))
		}
	}
	return list, nil
}

// raw decodes an element of raw_data, as a float or an integer.
func (t *Tensor) raw(b []byte) (float64, int64) {
	le := binary.LittleEndian
	switch t.DataType {
	case Float:
		return float64(math.Float32frombits(le.Uint32(b))), 0
	case Double:
		return math.Float64frombits(le.Uint64(b)), 0
	case Float16:
		return float16(le.Uint16(b)), 0
	case BFloat16:
		return float64(math.Float32frombits(uint32(le.Uint16(b)) << 16)), 0
	case Uint8, Bool:
		return 0, int64(b[0])
	case Int8:
		return 0, int64(int8(b[0]))
	case Uint16:
		return 0, int64(le.Uint16(b))
	case Int16:
		return 0, int64(int16(le.Uint16(b)))
	case Int32:
		return 0, int64(int32(le.Uint32(b)))
	case Uint32:
		return 0, int64(le.Uint32(b))
	}
	return 0, int64(le.Uint64(b))
}

// list decodes an element of the list for the type.
func (t *Tensor) list(i int) (float64, int64) {
	switch t.DataType {
	case Float:
		return float64(t.FloatData[i]), 0
	case Double:
		return t.DoubleData[i], 0
	case Float16:
		return float16(uint16(t.Int32Data[i])), 0
	case BFloat16:
		return float64(math.Float32frombits(uint32(t.Int32Data[i]) << 16)), 0
	case Int64:
		return 0, t.Int64Data[i]
	case Uint32, Uint64:
		return 0, t.Uint64Data[i]
	}
	return 0, t.Int32Data[i]
}

// float16 decodes IEEE 754 binary16.
func float16(h uint16) float64 {
	sign, exp, frac := 1.0, int(h>>10&31), float64(h&1023)
	if h>>15 != 0 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// FloatTensor is a tensor of float32 with its elements in raw_data.
func FloatTensor(name string, dims []int64, values []float32) *Tensor {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return &Tensor{Name: name, Dims: dims, DataType: Float, RawData: raw, HasRaw: true}
}

// IntTensor is a tensor of int64 with its elements in raw_data.
func IntTensor(name string, dims, values []int64) *Tensor {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return &Tensor{Name: name, Dims: dims, DataType: Int64, RawData: raw, HasRaw: true}
}

// quote prints a name from a file, cut off where it is long.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}

// Bytes is the size of the elements by dimensions and type, −1 if these are not
// valid.
func (t *Tensor) Bytes() int64 {
	count := int64(t.DataType.Size())
	for _, d := range t.Dims {
		if d < 0 || d > 0 && count > 8*MaxElements/d {
			return -1
		}
		count *= d
	}
	if t.DataType.Size() == 0 {
		return -1
	}
	return count
}

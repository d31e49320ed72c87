package onnx

import "fmt"

// DataType is the type of the elements of a tensor, by ONNX's number.
type DataType int64

// The types whose elements can be read; ONNX has more.
const (
	Float    DataType = 1
	Uint8    DataType = 2
	Int8     DataType = 3
	Uint16   DataType = 4
	Int16    DataType = 5
	Int32    DataType = 6
	Int64    DataType = 7
	String   DataType = 8
	Bool     DataType = 9
	Float16  DataType = 10
	Double   DataType = 11
	Uint32   DataType = 12
	Uint64   DataType = 13
	BFloat16 DataType = 16
)

var dataTypes = map[DataType]struct {
	name string
	size int // of an element in raw_data; 0 if it cannot be read
}{
	0: {"undefined", 0}, Float: {"float32", 4}, Uint8: {"uint8", 1}, Int8: {"int8", 1}, Uint16: {"uint16", 2},
	Int16: {"int16", 2}, Int32: {"int32", 4}, Int64: {"int64", 8}, String: {"string", 0}, Bool: {"bool", 1},
	Float16: {"float16", 2}, Double: {"float64", 8}, Uint32: {"uint32", 4}, Uint64: {"uint64", 8},
	14: {"complex64", 0}, 15: {"complex128", 0}, BFloat16: {"bfloat16", 2},
	17: {"float8e4m3fn", 0}, 18: {"float8e4m3fnuz", 0}, 19: {"float8e5m2", 0}, 20: {"float8e5m2fnuz", 0},
	21: {"uint4", 0}, 22: {"int4", 0}, 23: {"float4e2m1", 0}, 24: {"float8e8m0", 0}, 25: {"uint2", 0}, 26: {"int2", 0},
}

// String is the name of the type as in Go and NumPy.
func (t DataType) String() string {
	if row, ok := dataTypes[t]; ok {
		return row.name
	}
	return fmt.Sprintf("type %d", int64(t))
}

// IsFloat reports whether elements of the type are numbers with a fraction.
func (t DataType) IsFloat() bool {
	return t == Float || t == Double || t == Float16 || t == BFloat16
}

// IsInteger reports whether elements of the type are whole numbers or truth
// values.
func (t DataType) IsInteger() bool {
	return dataTypes[t].size > 0 && !t.IsFloat()
}

// Size is the bytes of an element, 0 if elements of the type cannot be read.
func (t DataType) Size() int { return dataTypes[t].size }

package onnx

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample has every kind of field.
func sample() *Model {
	weights := FloatTensor("w", []int64{2, 2}, []float32{1, -2, 0.5, 4})
	return &Model{
		IRVersion: 8, ProducerName: "nngen", ModelVersion: 1,
		OpsetImports:  []*OperatorSet{{"", 17}},
		MetadataProps: []*Entry{{"k", "v"}},
		Functions: []*Function{{
			Name: "f", Domain: "local", Inputs: []string{"a"}, Outputs: []string{"b"}, Attributes: []string{"alpha"},
			Defaults:     []*Attribute{{Name: "beta", Type: AttributeFloat, F: 2}},
			Nodes:        []*Node{{OpType: "Elu", Inputs: []string{"a"}, Outputs: []string{"b"}, Attributes: []*Attribute{{Name: "alpha", RefName: "alpha", Type: AttributeFloat}}}},
			OpsetImports: []*OperatorSet{{"", 18}},
		}},
		Graph: &Graph{
			Name:         "g",
			Initializers: []*Tensor{weights, IntTensor("i", []int64{2}, []int64{-1, 1 << 40}), {Name: "d", Dims: []int64{1}, DataType: Double, DoubleData: []float64{math.Pi}}},
			Inputs: []*ValueInfo{{Name: "x", Type: &Type{Tensor: &TensorType{
				ElemType: Float, Shape: &Shape{Dims: []*Dim{{Param: "batch"}, {Value: 2, HasValue: true}, {HasValue: true}}}}}}},
			Nodes: []*Node{{OpType: "Gemm", Name: "fc", Inputs: []string{"x", "w", ""}, Outputs: []string{"y"}, Attributes: []*Attribute{
				{Name: "alpha", Type: AttributeFloat}, {Name: "transB", Type: AttributeInt, I: -1},
				{Name: "s", Type: AttributeString, S: []byte("x")}, {Name: "fs", Type: AttributeFloats, Floats: []float32{1, 2}},
				{Name: "is", Type: AttributeInts, Ints: []int64{1, -2}}, {Name: "ss", Type: AttributeStrings, Strings: [][]byte{[]byte("a"), {}}},
				{Name: "t", Type: AttributeTensor, T: &Tensor{DataType: Float, FloatData: []float32{3}}},
			}}},
			Outputs: []*ValueInfo{{Name: "y", Type: &Type{}}},
		},
	}
}

func TestRoundTrip(t *testing.T) {
	want := sample()
	got, err := Read(want.Marshal())
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		tensor Tensor
		want   []float64
	}{
		{Tensor{DataType: Float16, RawData: []byte{0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc}, HasRaw: true, Dims: []int64{3}}, []float64{1, 0x1p-24, math.Inf(-1)}},
		{Tensor{DataType: Float16, Int32Data: []int64{0xc000}, Dims: []int64{1}}, []float64{-2}},
		{Tensor{DataType: BFloat16, RawData: []byte{0x80, 0x3f}, HasRaw: true}, []float64{1}},
		{Tensor{DataType: Int8, RawData: []byte{0xff}, HasRaw: true}, []float64{-1}},
		{Tensor{DataType: Uint8, Int32Data: []int64{200}}, []float64{200}},
		{Tensor{DataType: Int32, RawData: []byte{0xfe, 0xff, 0xff, 0xff}, HasRaw: true}, []float64{-2}},
		{Tensor{DataType: Uint32, Uint64Data: []int64{1 << 31}}, []float64{1 << 31}},
		{Tensor{DataType: Bool, RawData: []byte{1}, HasRaw: true}, []float64{1}},
		{Tensor{DataType: Double, DoubleData: []float64{0.1}}, []float64{0.1}},
		{Tensor{DataType: Int64, Int64Data: []int64{}, Dims: []int64{0, 5}}, []float64{}},
	} {
		got, err := c.tensor.Float64s()
		require.NoError(t, err, "%+v", c.tensor)
		assert.Equal(t, c.want, got, "%+v", c.tensor)
	}
	for _, bad := range []struct {
		tensor Tensor
		want   string
	}{
		{Tensor{Name: "w", DataType: Float, Dims: []int64{-1}}, `tensor "w": a dimension must not be negative`},
		{Tensor{DataType: Float, Dims: []int64{1 << 40, 1 << 40}}, "have more than"},
		{Tensor{DataType: Float, Dims: []int64{1000000000}, RawData: []byte{0}, HasRaw: true}, "need 4000000000 bytes, but raw_data holds 1"},
		{Tensor{DataType: Float, Dims: []int64{2}, FloatData: []float32{1}}, "need 2 elements, but the list for float32 holds 1"},
		{Tensor{DataType: Float, Segment: "a segment"}, "is a segment"},
		{Tensor{DataType: String}, "of type string cannot be read"},
		{Tensor{DataType: Float, Location: 1, External: []*Entry{{"location", "../w"}}}, `in another file, "../w"`},
	} {
		_, err := bad.tensor.Float64s()
		assert.ErrorContains(t, err, bad.want)
	}
}

// TestMarks: what is not decoded leaves a mark.
func TestMarks(t *testing.T) {
	tensor, err := ReadTensor([]byte{3<<3 | 2, 0})
	require.NoError(t, err)
	assert.NotEmpty(t, tensor.Segment)
	var v ValueInfo
	require.NoError(t, read([]byte{2<<3 | 2, 2, 4<<3 | 2, 0}, &v))
	assert.Equal(t, &Type{Other: "a sequence"}, v.Type)
}

func TestTruncated(t *testing.T) {
	file := sample().Marshal()
	for n := range file {
		_, err := Read(file[:n]) // must not panic; a cut between fields may read
		if err != nil {
			assert.NotEmpty(t, err.Error())
		}
	}
	_, err := Read(file[:len(file)-20])
	assert.ErrorContains(t, err, "claims")
}

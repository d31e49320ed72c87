package weights

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	a := fileOf(t, nnrt.Tensor{Name: "w", Shape: []int{2, 3}}, nnrt.Tensor{Name: "b", Shape: []int{2}}, nnrt.Tensor{Name: "a", Shape: []int{1}})
	b := fileOf(t, nnrt.Tensor{Name: "w", Shape: []int{2, 3}}, nnrt.Tensor{Name: "b", Shape: []int{3}}, nnrt.Tensor{Name: "c", Shape: []int{1}})
	b.Tensor("w").values = []float64{1, 2, math.NaN(), 4, float64(math.Nextafter32(5, 6)), 6}
	d := Compare(a, b)
	require.False(t, d.Same)
	ulp := 1.0
	require.Equal(t, []TensorDiff{
		{Name: "b", ShapeA: []int{2}, ShapeB: []int{3}, DTypeA: "F32", DTypeB: "F32"},
		{Name: "w", ShapeA: []int{2, 3}, ShapeB: []int{2, 3}, DTypeA: "F32", DTypeB: "F32", Elements: 6, Differ: 2,
			MaxAbs: 0x1p-21, MaxRel: 0x1p-21 / (5 + 0x1p-21), MaxULP: &ulp, At: []int{1, 1}, NonFinite: 1},
	}, d.Changed)
	var text bytes.Buffer
	d.WriteText(&text)
	require.Equal(t, `- "a" [1]
+ "c" [1]
~ b  shape [2], [3]
~ w  2 of 6 elements; absolute 4.77e-07 at [1 1], relative 9.54e-08; 1 ULP; 1 with NaN or infinity in one
2 of 2 tensors in both differ, 1 only in the first file, 1 only in the second
`, text.String())

	text.Reset()
	d = Compare(a, a)
	d.WriteText(&text)
	require.True(t, d.Same)
	require.Equal(t, "same: 3 tensors, 9 elements\n", text.String())
}

func TestCompareExtremes(t *testing.T) {
	file := func(dtype string, v ...float64) *File {
		f := &File{}
		f.add(&Tensor{Name: "w", DType: dtype, Shape: []int{len(v)}, values: v})
		return f
	}
	for _, c := range []struct {
		a, b       *File
		differ     int
		rel        float64
		ulp        float64
		comparable bool
	}{
		{file("F32", 0), file("F32", math.Copysign(0, -1)), 1, 0, 0, true},
		{file("F64", math.MaxFloat64), file("F64", -math.MaxFloat64), 1, 1, 2 * float64(0x7fefffffffffffff), true},
		{file("F64", 5e-324), file("F64", 0), 1, 1, 1, true},
		{file("F64", -5e-324), file("F64", 5e-324), 1, 2, 2, true},
		{file("F32", math.NaN()), file("F32", math.NaN()), 0, 0, 0, false},
		{file("F32", -1), file("F32", -1-0x1p-23), 1, 0x1p-23 / (1 + 0x1p-23), 1, true},
		{file("BF16", 1), file("BF16", 1+0x1p-7), 1, 0x1p-7 / (1 + 0x1p-7), 1, true},
		{file("F16", -1), file("F16", -1-0x1p-10), 1, 0x1p-10 / (1 + 0x1p-10), 1, true},
		{file("F16", 0x1p-14), file("F16", 0x1p-14-0x1p-24), 1, 0x1p-10, 1, true},
		{file("F16", -0x1p-24), file("F16", 0x1p-24), 1, 2, 2, true},
		{file("F16", 1), file("F32", 1), 0, 0, 0, false},
		{file("I32", 1, 2), file("I32", 1, 3), 1, 0, 0, false},
		{file("I32", 1, 2), file("F32", 1, 2), 2, 0, 0, false},
	} {
		d := Compare(c.a, c.b)
		dtypeA, dtypeB := c.a.Tensors[0].DType, c.b.Tensors[0].DType
		require.Equal(t, c.differ == 0 && dtypeA == dtypeB, d.Same)
		if d.Same {
			continue
		}
		one := d.Changed[0]
		require.Equal(t, c.differ, one.Differ)
		require.InEpsilon(t, 1+c.rel, 1+one.MaxRel, 1e-15, "%v", c)
		require.Equal(t, c.comparable, one.MaxULP != nil)
		if c.comparable {
			require.Equal(t, c.ulp, *one.MaxULP, "%v", one)
		}
		_, err := json.Marshal(d)
		require.NoError(t, err)
	}
}

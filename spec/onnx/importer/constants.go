package importer

import (
	"math"

	"github.com/nngen-go/nngen/spec/onnx"
)

func foldConstant(c *call) {
	if a := c.attribute("value", onnx.AttributeTensor); a != nil {
		c.setArray(c.tensor(a.T))
		return
	}
	if a := c.attribute("value_float", onnx.AttributeFloat); a != nil {
		c.setArray(scalar(c.float("value_float", 0)))
		return
	}
	if a := c.attribute("value_int", onnx.AttributeInt); a != nil {
		c.setArray(&array{data: []float64{float64(a.I)}, integer: true})
		return
	}
	if a := c.attribute("value_floats", onnx.AttributeFloats); a != nil {
		out := &array{shape: []int{len(a.Floats)}}
		for _, x := range a.Floats {
			out.data = append(out.data, float64(x))
		}
		c.setArray(out)
		return
	}
	if a := c.attribute("value_ints", onnx.AttributeInts); a != nil {
		out := &array{shape: []int{len(a.Ints)}, integer: true}
		for _, x := range a.Ints {
			out.data = append(out.data, float64(x))
		}
		c.setArray(out)
		return
	}
	c.refuse("", "its value must be numbers")
}

// tensor reads a tensor of an attribute.
func (c *call) tensor(t *onnx.Tensor) *array {
	if t == nil {
		c.fail(notSorted, "its tensor is missing")
	}
	a, err := newArray(t, c.double)
	if err != nil {
		c.fail("", "%v", err)
	}
	return a
}

func foldConstantOfShape(c *call) {
	shape := c.integers(0, "shape")
	for i, d := range shape {
		switch {
		case i == 0 && d == batchSize:
		case timesSamples(d) > 0:
			c.noSize()
		case d < 0:
			c.fail(notSorted, "a dimension must not be negative, got %d", d)
		}
	}
	fill := scalar(0)
	if a := c.attribute("value", onnx.AttributeTensor); a != nil {
		fill = c.tensor(a.T)
	}
	x, ok := fill.single()
	if !ok {
		c.fail(notSorted, "its value must be one number")
	}
	if len(shape) > 0 && shape[0] == batchSize {
		c.perSample(&array{data: []float64{x}, integer: fill.integer}, shape)
		return
	}
	c.checkSize(shape)
	out := zeros(shape)
	out.integer = fill.integer
	for i := range out.data {
		out.data[i] = x
	}
	c.setArray(out)
}

// ofConstants is an operator that is only understood where its inputs are known, as
// the sizes of exporters are.
func ofConstants(fold func(c *call)) operator {
	return operator{
		lower:    func(c *call) { c.refuse(cutOut, "the operator %s is only supported of constants", c.n.OpType) },
		fold:     fold,
		operands: true,
	}
}

// foldRange is start, start + delta, … below the limit.
func foldRange(c *call) {
	start, limit, delta := c.number(0, "start"), c.number(1, "limit"), c.number(2, "delta")
	count := math.Ceil((limit - start) / delta)
	if math.IsNaN(count) || count > most {
		c.fail(notSorted, "from %g to %g by %g is no list", start, limit, delta)
	}
	out := &array{shape: []int{max(0, int(count))}, data: []float64{}, integer: c.in(0).array.integer}
	for i := range out.shape[0] {
		out.data = append(out.data, start+float64(i)*delta)
	}
	c.setArray(out)
}

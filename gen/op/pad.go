package op

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// pad puts elements around those of its source.
var pad = Layer{
	Kind: spec.Kind{
		Name: "pad", Aliases: []string{"zero_padding"},
		Doc: "Its source with elements before and behind its last axes, gradient the sum of dy over what an element was repeated to. constant: value; edge: the nearest element; reflect: the elements mirrored at the first and the last one (NumPy pad, PyTorch pad, ONNX Pad).",
		Params: []spec.Param{
			{Name: "padding", Doc: "numbers of elements: those before each of the last axes, then those behind each ([left, right]; [top, left, bottom, right]; as ONNX pads)", Type: spec.NumberList, Required: true, Range: &spec.Range{Min: 0, Max: 1 << 20}},
			{Name: "mode", Doc: "what they are", Type: spec.Enum, Enum: []string{"constant", "edge", "reflect"}, Default: "constant"},
			{Name: "value", Doc: "with mode constant, the number", Type: spec.Number, Default: 0.0},
		},
	},
	Build: buildPad,
}

func buildPad(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	x, arg := xs[0], l.Args["padding"]
	list, ok := b.wholeNumbers("padding", arg)
	if !ok {
		return Tensor{}
	}
	rank := len(list) / 2
	if len(list)%2 != 0 || rank > len(x.Dims) {
		b.Errorf(arg.Pos, fmt.Sprintf("the shape is %s, without the batch", shapeText(x.Dims)), code.Count+"padding must be two numbers for each of the last axes, got %s", listText(arg))
		return Tensor{}
	}
	before, after := list[:rank], list[rank:]
	dims, first := slices.Clone(x.Dims), len(x.Dims)-rank
	for i := range rank {
		if n := x.Dims[first+i]; l.Args.Text("mode") == "reflect" && max(before[i], after[i]) >= n {
			b.Errorf(arg.Pos, "", code.Shapes+"mode reflect needs less padding than the %d elements of axis %d, got %d", n, first+i, max(before[i], after[i]))
			return Tensor{}
		}
		dims[first+i] += before[i] + after[i]
	}
	if n := float64Volume(dims); n > MaxElements {
		b.Errorf(arg.Pos, "", code.Limit+"the result has the shape %s, %.0f elements; the limit is %d", shapeText(dims), n, MaxElements)
		return Tensor{}
	}
	if l.Args.Text("mode") == "constant" && l.Args.Float("value") == 0 {
		return b.padZeros(l, x, dims, slices.Concat(make([]int, first), before))
	}
	for i := range rank {
		if before[i]+after[i] > 0 {
			x = b.padAxis(l, x, first+i, before[i], after[i])
		}
	}
	return x
}

// padZeros is a copy into a larger shape; what does not exist is 0.
func (b *Builder) padZeros(l *spec.Layer, x Tensor, dims, before []int) Tensor {
	y, at := b.Temp(l.Name, dims...), units(0, len(dims))
	read, loops := units(0, len(dims)), make([]ir.Loop, len(dims))
	for i, d := range dims {
		loops[i] = ir.Loop{Name: axisName(i), Size: d}
		read[i].Offset = -before[i]
	}
	b.Contract(&ir.Contract{Layer: l.Name, Loops: loops, Y: ir.Operand{V: y, At: at}, Init: &ir.Operand{V: x.Value, Dims: x.Dims, At: read}, Chains: 1})
	return Tensor{y, dims}
}

func axisName(i int) string { return fmt.Sprintf("a%d", i) }

// padAxis pads along an axis: the result has three parts.
func (b *Builder) padAxis(l *spec.Layer, x Tensor, axis, before, after int) Tensor {
	n, dims := x.Dims[axis], slices.Clone(x.Dims)
	dims[axis] += before + after
	y := b.Temp(l.Name, dims...)
	var fill *ir.Value
	if value := l.Args.Float("value"); value != 0 && l.Args.Text("mode") == "constant" {
		fill = b.Constant(l.Name+"_value", []float64{value})
	}
	// part computes the places from … of the axis, each from the place of x that
	// from0 + step times its number is.
	part := func(from, size, from0, step int, inside bool) {
		if size == 0 {
			return
		}
		loops := make([]ir.Loop, len(dims))
		for i, d := range dims {
			loops[i] = ir.Loop{Name: axisName(i), Size: d}
		}
		loops[axis].Size = size
		at, read := units(0, len(dims)), units(0, len(dims))
		at[axis].Offset = from
		read[axis] = ir.Affine{Offset: from0}.Plus(ir.Unit(axis), step)
		c := &ir.Contract{Layer: l.Name, Loops: loops, Y: ir.Operand{V: y, At: at}, Chains: 1}
		switch {
		case inside || l.Args.Text("mode") != "constant":
			c.Init = &ir.Operand{V: x.Value, Dims: x.Dims, At: read}
		case fill != nil:
			c.Init = &ir.Operand{V: fill, At: []ir.Affine{{}}}
		}
		b.Contract(c)
	}
	if l.Args.Text("mode") == "reflect" {
		part(0, before, before, -1, false)
		part(before+n, after, n-2, -1, false)
	} else {
		part(0, before, 0, 0, false)
		part(before+n, after, n-1, 0, false)
	}
	part(before, n, 0, 1, true)
	return Tensor{y, dims}
}

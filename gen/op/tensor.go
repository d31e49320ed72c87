package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// MaxElements is the number of elements a value may have per sample.
const MaxElements = 1 << 24

// Tensor is what layers read and give: a value, row-major, seen in a shape of
// its samples, which is another than the value's after a reshape. No dimensions
// are a single number.
type Tensor struct {
	*ir.Value
	Dims []int
}

// volume is the number of elements of a shape.
func volume(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// shapeText prints a shape as a spec writes it: [2, 3].
func shapeText(dims []int) string {
	return strings.ReplaceAll(fmt.Sprint(dims), " ", ", ")
}

// strides are the distances between neighbours along each axis.
func strides(dims []int) []int {
	s := make([]int, len(dims))
	step := 1
	for i := len(dims) - 1; i >= 0; i-- {
		s[i] = step
		step *= dims[i]
	}
	return s
}

// axesOf are the loops over all elements in order.
func axesOf(dims []int) []ir.Axis {
	axes := make([]ir.Axis, len(dims))
	for i, s := range strides(dims) {
		axes[i] = ir.Axis{Size: dims[i], Stride: s}
	}
	return axes
}

// axisField returns the axis that a field names, counted from the end where
// it is negative.
func (b *Builder) axisField(field string, arg spec.Arg, dims []int) (axis int, ok bool) {
	return b.axis(field, arg.Pos, arg.Value.(int), dims)
}

func (b *Builder) axis(field string, at spec.Pos, axis int, dims []int) (int, bool) {
	n := len(dims)
	if axis < -n || axis >= n {
		b.Errorf(at, fmt.Sprintf("the shape is %s, without the batch", shapeText(dims)),
			code.Range+"%s must be between %d and %d, got %d", field, -n, n-1, axis)
		return 0, false
	}
	return (axis + n) % n, true
}

// axesField returns the axes that a list names, ascending; all if it is absent.
func (b *Builder) axesField(field string, args spec.Args, dims []int) (axes []int, ok bool) {
	arg, written := args[field]
	if !written {
		for i := range dims {
			axes = append(axes, i)
		}
		return axes, true
	}
	whole, ok := b.wholeNumbers(field, arg)
	if !ok {
		return nil, false
	}
	for _, x := range whole {
		axis, ok := b.axis(field, arg.Pos, x, dims)
		if !ok {
			return nil, false
		}
		if slices.Contains(axes, axis) {
			b.Errorf(arg.Pos, "remove one", code.WrittenTwice+"%s lists axis %d twice", field, axis)
			return nil, false
		}
		axes = append(axes, axis)
	}
	slices.Sort(axes)
	return axes, true
}

// wholeNumbers returns a list of numbers that must be whole.
func (b *Builder) wholeNumbers(field string, arg spec.Arg) (whole []int, ok bool) {
	for _, x := range arg.Value.([]float64) {
		if x != float64(int(x)) || x > MaxElements || x < -MaxElements {
			b.Errorf(arg.Pos, "", code.Value+"%s must be whole numbers, got %g", field, x)
			return nil, false
		}
		whole = append(whole, int(x))
	}
	return whole, true
}

// broadcast returns the shape that NumPy gives the combination of two shapes:
// aligned at the last axis, a dimension of 1 is repeated.
func broadcast(a, b []int) (dims []int, ok bool) {
	n := max(len(a), len(b))
	dims = []int{}
	at := func(s []int, i int) int {
		if i -= n - len(s); i < 0 {
			return 1
		}
		return s[i]
	}
	for i := range n {
		x, y := at(a, i), at(b, i)
		if x != y && x != 1 && y != 1 {
			return nil, false
		}
		if x == 1 {
			x = y
		}
		dims = append(dims, x)
	}
	return dims, true
}

// spread returns x, repeated to a shape by the rules of broadcast, as an
// operand of a Map, and how the gradient of the repeated value flows back.
func (b *Builder) spread(x Tensor, dims []int) (v *ir.Value, back func(d *ir.Value)) {
	switch {
	case x.Size() == volume(dims):
		return x.Value, func(d *ir.Value) { b.gradTo(x.Value, func() *ir.Value { return d }) }
	case x.Size() == 1:
		return x.Value, func(d *ir.Value) {
			b.gradTo(x.Value, func() *ir.Value {
				return b.Reduce("sum", d.Name+"_sum", ir.Sum, formula("e = d"), "d", d)
			})
		}
	}
	axes := make([]ir.Axis, len(dims))
	s, from := strides(x.Dims), len(dims)-len(x.Dims)
	for i := range axes {
		axes[i] = ir.Axis{Size: dims[i]}
		if i >= from && x.Dims[i-from] > 1 {
			axes[i].Stride = s[i-from]
		}
	}
	v = b.Temp(x.Name+"_repeated", dims...)
	b.Emit(&ir.View{Doc: "repeat", Y: v, X: x.Value, Axes: axes})
	return v, func(d *ir.Value) {
		b.gradTo(x.Value, func() *ir.Value { return b.viewGrad("repeat", x.Value, d, axes, 0) })
	}
}

// gradTo adds a gradient, made if it is wanted, to that of a value or of a
// trained parameter.
func (b *Builder) gradTo(x *ir.Value, grad func() *ir.Value) {
	switch {
	case x.Kind != ir.Param:
		if b.Flows(x) {
			b.AddGrad(x, grad())
		}
	case x.Param.Trained:
		dw := b.gradValue(x)
		b.Emit((&ir.BatchSum{Y: dw, X: grad()}).Contract())
		b.AddGrad(x, dw)
	}
}

func (b *Builder) viewGrad(doc string, x, dy *ir.Value, axes []ir.Axis, offset int) *ir.Value {
	dx := b.Temp("d"+x.Name, x.Shape...)
	b.Emit(&ir.ViewGrad{Doc: doc, DX: dx, DY: dy, Axes: axes, Offset: offset})
	return dx
}

// View adds a fixed choice of the elements of x, with its gradient.
func (b *Builder) View(doc, name string, x *ir.Value, axes []ir.Axis, offset int) *ir.Value {
	dims := make([]int, len(axes))
	for i, a := range axes {
		dims[i] = a.Size
	}
	y := b.Temp(name, dims...)
	b.Emit(&ir.View{Doc: doc, Y: y, X: x, Axes: axes, Offset: offset})
	b.Record(y, func(dy *ir.Value) {
		b.gradTo(x, func() *ir.Value { return b.viewGrad(doc, x, dy, axes, offset) })
	})
	return y
}

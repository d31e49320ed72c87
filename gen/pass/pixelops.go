package pass

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
)

// op is an operation with its values as they lie now.
func (t *pixels) op(op ir.Op) ir.Op {
	switch o := op.(type) {
	case *ir.Map:
		n := *o
		n.In, n.Out = slices.Clone(o.In), slices.Clone(o.Out)
		if channels := t.of(o.Out[0]); channels > 0 {
			for i, x := range n.In {
				n.In[i] = t.alike(x, channels, o.Out[0].Size())
			}
			for i, y := range n.Out {
				n.Out[i] = t.pixel(y)
			}
			return &n
		}
		for i, x := range n.In {
			n.In[i] = t.plane(x)
		}
		return &n
	case *ir.Contract:
		return t.contract(o)
	case *ir.Pool:
		n := *o
		n.X = t.operand(&o.X, false)
		n.Y = t.operand(&o.Y, true)
		return &n
	case *ir.PoolGradient:
		n := *o
		n.DX, n.DY, n.X = t.operand(&o.DX, true), t.operand(&o.DY, false), t.operand(&o.X, false)
		return &n
	case *ir.View:
		return t.view(o)
	case *ir.ViewGrad:
		return t.viewGrad(o)
	case *ir.Concat:
		return t.concat(o)
	case *ir.Slice:
		return &ir.Slice{Y: t.made(o.Y), X: t.plane(o.X), From: o.From}
	case *ir.Gather:
		return &ir.Gather{Y: t.made(o.Y), X: t.plane(o.X), T: o.T}
	case *ir.Random:
		n := *o
		n.Y = t.made(o.Y)
		return &n
	case *ir.Reduce:
		n := *o
		n.Y, n.In = t.made(o.Y), t.allPlanes(o.In)
		return &n
	case *ir.ReduceAxis:
		if n := t.of(o.X); n > 0 && o.Kind == ir.Sum && o.Outer == n && o.Inner == 1 {
			return t.sum(o.Doc, t.made(o.Y), o.X, schedule.Chains(1, o.Length))
		}
		n := *o
		n.Y, n.X = t.made(o.Y), t.plane(o.X)
		return &n
	}
	return op // on class numbers and parameters
}

// concat joins the channels of every place, those of an operand after the other, or, where
// one has a part of a channel, planes.
func (t *pixels) concat(o *ir.Concat) ir.Op {
	channels := t.of(o.Y)
	places, from := o.Y.Size()/max(channels, 1), 0
	parted := func(x *ir.Value) bool { return x.Size()%places != 0 }
	if channels == 0 || slices.ContainsFunc(o.Xs, parted) {
		return &ir.Concat{Y: t.made(o.Y), Xs: t.allPlanes(o.Xs)}
	}
	var part *ir.Contract
	for _, x := range o.Xs {
		if part != nil {
			t.emit(part)
		}
		n := x.Size() / places
		init := ir.Operand{V: t.plane(x), Dims: []int{n, places}, At: []ir.Affine{ir.Unit(1), ir.Unit(0)}}
		if t.of(x) == n {
			init = ir.Operand{V: t.pixel(x), Dims: []int{places, n}, At: []ir.Affine{ir.Unit(0), ir.Unit(1)}}
		}
		channel := ir.Unit(1)
		channel.Offset = from
		part = &ir.Contract{
			Layer: o.Y.Name, Loops: []ir.Loop{{Name: "p", Size: places}, {Name: "c", Size: n}}, Chains: 1,
			Y: ir.Operand{V: t.pixel(o.Y), Dims: []int{places, channels}, At: []ir.Affine{ir.Unit(0), channel}}, Init: &init,
		}
		from += n
	}
	return part
}

func (t *pixels) allPlanes(vs []*ir.Value) []*ir.Value {
	out := make([]*ir.Value, len(vs))
	for i, v := range vs {
		out[i] = t.plane(v)
	}
	return out
}

// alike is an operand of an element-wise operation on pixels.
func (t *pixels) alike(x *ir.Value, channels, size int) *ir.Value {
	if x.Kind != ir.Constant || x.Size() != size || size == 1 {
		return t.pixel(x)
	}
	if t.own[x] == nil {
		n := t.temp(x)
		n.Const = make([]float64, size)
		for i, v := range x.Const {
			n.Const[i%(size/channels)*channels+i/(size/channels)] = v
		}
		t.own[x] = n
	}
	return t.own[x]
}

// sum is the sum over the places of every channel of pixels.
func (t *pixels) sum(layer string, y, x *ir.Value, chains int) ir.Op {
	n := t.of(x)
	places := []ir.Loop{{Name: "p", Size: x.Size() / n}}
	return &ir.Contract{
		Layer: layer, Loops: []ir.Loop{{Name: "c", Size: n}}, Y: ir.Operand{V: y, Dims: []int{n}, At: []ir.Affine{ir.Unit(0)}}, Chains: chains,
		Terms: []ir.Term{{Loops: places, A: ir.Operand{V: t.pixel(x), Dims: []int{x.Size() / n, n}, At: []ir.Affine{ir.Unit(1), ir.Unit(0)}}}},
	}
}

// contract is a contraction whose operands are read as they lie.
func (t *pixels) contract(o *ir.Contract) ir.Op {
	n := *o
	n.Terms = slices.Clone(o.Terms)
	for i := range n.Terms {
		term := &n.Terms[i]
		term.A = t.operand(&o.Terms[i].A, false)
		if term.B != nil {
			b := t.operand(term.B, false)
			term.B = &b
		}
	}
	if o.Init != nil {
		x := t.operand(o.Init, false)
		n.Init = &x
	}
	n.Y = t.operand(&o.Y, true)
	return &n
}

// operand is an operand with the channels behind the other axes, if its shape
// has them first; else the value is read, or computed, with them outside.
func (t *pixels) operand(o *ir.Operand, result bool) ir.Operand {
	n, channels, shape := *o, t.of(o.V), o.Shape()
	switch {
	case channels == 0:
	case t.asPixels(o):
		n.V = t.pixel(o.V)
		n.Dims = append(slices.Clone(shape[1:]), shape[0])
		n.At = append(slices.Clone(o.At[1:]), o.At[0])
	case result:
		n.V = t.made(o.V)
	default:
		n.V = t.plane(o.V)
	}
	return n
}

// asPixels reports whether an operand is read, or computed, as pixels.
func (t *pixels) asPixels(o *ir.Operand) bool {
	shape := o.Shape()
	return len(shape) > 1 && shape[0] == t.of(o.V)
}

// view is a view of pixels, or one that makes them, where its axes allow it.
func (t *pixels) view(o *ir.View) ir.Op {
	n := *o
	n.X, n.Axes, n.Offset = t.source(o.X, o.Axes, o.Offset)
	if axes, of := t.behind(o.Y, n.Axes); of > 0 {
		n.Y, n.Axes = t.pixel(o.Y), axes
	} else {
		n.Y = t.made(o.Y)
	}
	return &n
}

// viewGrad is likewise; the gradients of an element are added in their order.
func (t *pixels) viewGrad(o *ir.ViewGrad) ir.Op {
	if channels := t.of(o.DY); channels > 0 && o.Offset == 0 && o.DX.Size() == channels {
		if axes := ir.MergeAxes(o.Axes); len(axes) == 2 && axes[0] == (ir.Axis{Size: channels, Stride: 1}) && axes[1].Stride == 0 {
			return t.sum(o.Doc, t.made(o.DX), o.DY, 1)
		}
	}
	n := *o
	if at, axes, offset := t.pixelAxes(o.DX, o.Axes, o.Offset); at {
		n.DX, n.Axes, n.Offset = t.pixel(o.DX), axes, offset
	} else {
		n.DX = t.made(o.DX)
	}
	repeats := func(axes []ir.Axis) bool {
		return slices.ContainsFunc(axes, func(a ir.Axis) bool { return a.Size > 1 && a.Stride == 0 })
	}
	if axes, of := t.behind(o.DY, n.Axes); of > 0 && !(repeats(axes[:len(axes)-of]) && repeats(axes[len(axes)-of:])) {
		n.DY, n.Axes = t.pixel(o.DY), axes
	} else {
		n.DY = t.plane(o.DY)
	}
	return &n
}

// source is what a view reads: pixels, or a value with the channels outside.
func (t *pixels) source(x *ir.Value, axes []ir.Axis, offset int) (*ir.Value, []ir.Axis, int) {
	if ok, axes, offset := t.pixelAxes(x, axes, offset); ok {
		return t.pixel(x), axes, offset
	}
	return t.plane(x), axes, offset
}

// pixelAxes are the axes of a view of a value as axes of its pixels, where every
// axis goes from channel to channel or stays within one.
func (t *pixels) pixelAxes(x *ir.Value, axes []ir.Axis, offset int) (ok bool, out []ir.Axis, first int) {
	n := t.of(x)
	if n == 0 {
		return false, nil, 0
	}
	places := x.Size() / n
	low, high := offset%places, offset%places
	for _, a := range axes {
		channels, place := a.Stride/places, a.Stride%places
		if channels != 0 && place != 0 {
			return false, nil, 0
		}
		low, high = low+min(0, place*(a.Size-1)), high+max(0, place*(a.Size-1))
		out = append(out, ir.Axis{Size: a.Size, Stride: channels + place*n})
	}
	return low >= 0 && high < places, out, offset/places + offset%places*n
}

// behind are axes with those of the channels last, and how many these are, for a
// value that becomes pixels; none of others.
func (t *pixels) behind(y *ir.Value, axes []ir.Axis) (out []ir.Axis, of int) {
	n, channels := t.of(y), 1
	for i, a := range axes {
		if channels *= a.Size; n > 0 && channels == n {
			return append(slices.Clone(axes[i+1:]), axes[:i+1]...), i + 1
		}
	}
	return nil, 0
}

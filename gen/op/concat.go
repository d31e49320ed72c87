package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// concat places its sources one after the other.
var concat = Layer{
	Kind: spec.Kind{
		Name: "concat", Aliases: []string{"concatenate"}, MinFrom: 2, MaxFrom: 64,
		Doc: "Concatenation of two or more sources, y = [x₁, x₂, …], gradient dxᵢ the slice of dy.",
		Params: []spec.Param{
			{Name: "axis", Doc: "axis along which they are joined, of the shape without the batch, from the end if negative; as row-major vectors if absent", Type: spec.Integer},
		},
	},
	Build: buildConcat,
}

func buildConcat(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	if !l.Args.Has("axis") {
		y := concatVectors(b, l.Name, xs)
		return Tensor{y, []int{y.Size()}}
	}
	dims := slices.Clone(xs[0].Dims)
	axis, ok := b.axisField("axis", l.Args["axis"], dims)
	if !ok {
		return Tensor{}
	}
	dims[axis] = 0
	for i, x := range xs {
		if len(x.Dims) == len(dims) {
			dims[axis] += x.Dims[axis]
		}
		if len(x.Dims) != len(dims) || !sameBut(x.Dims, xs[0].Dims, axis) {
			b.Errorf(l.Pos, "sources may differ along the axis alone",
				code.Shapes+"its sources do not fit together, %s has the shape %s and %s has %s",
				l.From[0], shapeText(xs[0].Dims), l.From[i], shapeText(x.Dims))
			return Tensor{}
		}
	}
	return joined(b, l.Name, axis, xs...)
}

// joined is sources along an axis.
func joined(b *Builder, name string, axis int, xs ...Tensor) Tensor {
	dims := slices.Clone(xs[0].Dims)
	dims[axis] = 0
	for _, x := range xs {
		dims[axis] += x.Dims[axis]
	}
	// With the joined axis in front the sources are vectors.
	outer, inner := volume(dims[:axis]), volume(dims[axis+1:])
	if outer == 1 {
		return Tensor{concatVectors(b, name, xs), dims}
	}
	parts := make([]Tensor, len(xs))
	for i, x := range xs {
		n := x.Dims[axis]
		parts[i].Value = b.View("axis to front", x.Name+"_front", x.Value,
			[]ir.Axis{{Size: n, Stride: inner}, {Size: outer, Stride: n * inner}, {Size: inner, Stride: 1}}, 0)
	}
	joined := concatVectors(b, name+"_front", parts)
	return Tensor{b.View("axis back", name, joined,
		[]ir.Axis{{Size: outer, Stride: inner}, {Size: dims[axis], Stride: outer * inner}, {Size: inner, Stride: 1}}, 0), dims}
}

// sameBut reports whether two shapes are equal apart from one axis.
func sameBut(a, b []int, axis int) bool {
	for i := range a {
		if i != axis && a[i] != b[i] {
			return false
		}
	}
	return true
}

// concatVectors joins row-major vectors.
func concatVectors(b *Builder, name string, xs []Tensor) *ir.Value {
	size := 0
	op := &ir.Concat{}
	for _, x := range xs {
		size += x.Size()
		op.Xs = append(op.Xs, x.Value)
	}
	y := b.Temp(name, size)
	op.Y = y
	b.Emit(op)
	b.Record(y, func(dy *ir.Value) {
		from := 0
		for _, x := range op.Xs {
			if b.Flows(x) {
				dx := b.Temp("d"+x.Name, x.Size())
				b.Emit(&ir.Slice{Y: dx, X: dy, From: from})
				b.AddGrad(x, dx)
			}
			from += x.Size()
		}
	})
	return y
}

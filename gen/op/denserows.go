package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// denseRows is how a dense layer takes a sample apart: into rows of inputs.
type denseRows struct {
	inputs, count int
	lead          []int // the shape without the axis of the inputs
	last, back    []int // permutations that move the axis to the end, and back
}

// rowsOf returns the rows of a layer's field axis.
func (b *Builder) rowsOf(l *spec.Layer, x Tensor) (r denseRows, ok bool) {
	if !l.Args.Has("axis") {
		return denseRows{inputs: x.Size(), count: 1}, true
	}
	axis, ok := b.axisField("axis", l.Args["axis"], x.Dims)
	if !ok {
		return r, false
	}
	r.inputs, r.lead = x.Dims[axis], slices.Delete(slices.Clone(x.Dims), axis, axis+1)
	r.count = volume(r.lead)
	for i := range x.Dims {
		if i != axis {
			r.last = append(r.last, i)
		}
	}
	r.last = append(r.last, axis)
	r.back = make([]int, len(r.last))
	for i, from := range r.last {
		r.back[from] = i
	}
	if n := l.Args.Int("units") * r.count; n > MaxElements {
		b.Errorf(l.Pos, "give it fewer units", code.Limit+"%d rows of %d units are %d elements; the limit is %d", r.count, l.Args.Int("units"), n, MaxElements)
		return r, false
	}
	return r, true
}

// permute returns x with axis i being axis perm[i] of x.
func (b *Builder) permute(name string, x Tensor, perm []int) Tensor {
	axes, dims := make([]ir.Axis, len(perm)), make([]int, len(perm))
	for i, from := range perm {
		axes[i] = axesOf(x.Dims)[from]
		dims[i] = axes[i].Size
	}
	switch {
	case len(perm) == 0: // taken as it is
		return x
	case len(ir.MergeAxes(axes)) <= 1: // the elements stay in order
		return Tensor{x.Value, dims}
	}
	return Tensor{b.View("transpose", name, x.Value, axes, 0), dims}
}

// ChannelsFirst is a value whose last axis holds channels with these as the first.
func (b *Builder) ChannelsFirst(name string, x Tensor) Tensor {
	perm := []int{len(x.Dims) - 1}
	for i := range x.Dims[1:] {
		perm = append(perm, i)
	}
	return b.permute(name, x, perm)
}

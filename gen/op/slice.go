package op

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// slice is a part of an axis.
var slice = Layer{
	Kind: spec.Kind{
		Name: "slice",
		Doc:  "Part of its source along an axis, y = x[…, start:end:step, …] with the rules of Python, gradient dy there and 0 elsewhere.",
		Params: []spec.Param{
			{Name: "axis", Doc: "axis, of the shape without the batch, from the end if negative", Type: spec.Integer, Default: -1},
			{Name: "start", Doc: "first index, from the end if negative; the first element (the last, for a negative step) if absent", Type: spec.Integer},
			{Name: "end", Doc: "index at which it stops, from the end if negative; all that follow if absent", Type: spec.Integer},
			{Name: "step", Doc: "distance of the indices, negative to go backwards", Type: spec.Integer, Default: 1},
		},
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x, step := xs[0], l.Args.Int("step")
		axis, ok := b.axisField("axis", l.Args["axis"], x.Dims)
		if !ok {
			return Tensor{}
		}
		if step == 0 {
			b.Errorf(l.Args["step"].Pos, "write step: 1 or leave it out", code.Range+"step must not be 0")
			return Tensor{}
		}
		start, count := pythonRange(l.Args, step, x.Dims[axis])
		if count < 1 {
			b.Errorf(l.Pos, "indices run from 0 to the size of the axis", code.Range+"it selects nothing of axis %d, whose size is %d", axis, x.Dims[axis])
			return Tensor{}
		}
		axes, dims := axesOf(x.Dims), slices.Clone(x.Dims)
		stride := axes[axis].Stride
		dims[axis], axes[axis].Size, axes[axis].Stride = count, count, step*stride
		return Tensor{b.View("slice", l.Name, x.Value, axes, start*stride), dims}
	},
}

// pythonRange returns the first index and the number of those that
// start:end:step selects of n.
func pythonRange(args spec.Args, step, n int) (start, count int) {
	low, high := 0, n // where indices are cut off
	if step < 0 {
		low, high = -1, n-1
	}
	cut := func(field string, absent int) int {
		if !args.Has(field) {
			return absent
		}
		i := args.Int(field)
		if i < 0 {
			i += n
		}
		return min(max(i, low), high)
	}
	start, end := cut("start", low), cut("end", high)
	if step < 0 {
		start, end = cut("start", high), cut("end", low)
		return start, (start - end + -step - 1) / -step
	}
	return start, (end - start + step - 1) / step
}

package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// axesParams are the fields of layers with a parameter per feature.
var axesParams = []spec.Param{
	{Name: "axes", Doc: "axes that have parameters of their own, of the shape without the batch, from the end if negative; the others share them", Type: spec.NumberList, Default: -1.0, Unless: "shared"},
	{Name: "shared", Doc: "one number for all elements instead", Type: spec.Bool, Default: false},
}

// trainableParam is the field that freezes a layer's parameters.
var trainableParam = spec.Param{Name: "trainable", Doc: "whether training changes the parameters", Type: spec.Bool, Default: true}

// paramDims returns the shape of parameters by the fields axes and shared: as
// it is stored, and as it is combined with values of a shape.
func (b *Builder) paramDims(l *spec.Layer, dims []int) (stored, combined []int, ok bool) {
	if l.Args.Bool("shared") {
		if l.Args["axes"].Set {
			b.Errorf(l.Args["axes"].Pos, "remove one of the two", code.Conflict+"shared: true leaves no axes")
			return nil, nil, false
		}
		return []int{1}, nil, true
	}
	if len(dims) == 0 {
		return []int{1}, nil, true
	}
	axes, ok := b.axesField("axes", l.Args, dims)
	combined = make([]int, len(dims))
	for i := range combined {
		combined[i] = 1
	}
	for _, axis := range axes {
		stored = append(stored, dims[axis])
		combined[axis] = dims[axis]
	}
	return stored, combined, ok
}

// elementwise returns the parameter <layer>.<name>, combined with values
// element by element: constant at the start, its shape as it is stored and as
// it is combined. It reports false if the network has too many.
func (b *Builder) elementwise(l *spec.Layer, name string, stored, combined []int, start float64) (Tensor, bool) {
	full := l.Name + "." + name
	if b.params[full] == nil && !b.fit(l, float64(volume(stored))) {
		return Tensor{}, false
	}
	return Tensor{b.Param(ir.ParamInfo{
		Name: full, Shape: stored, Order: ir.RowMajor, FanIn: 1, FanOut: 1,
		Init: expr.One("w", expr.C(start)), Trained: l.Args.Bool("trainable"),
	}), combined}, true
}

// stored returns the constant <layer>.<name>, kept with the weights and never
// trained; values are one number or one per element.
func (b *Builder) stored(l *spec.Layer, name string, stored, combined []int, values ...float64) (Tensor, bool) {
	full := l.Name + "." + name
	if b.params[full] == nil && !b.fit(l, float64(volume(stored))) {
		return Tensor{}, false
	}
	return Tensor{b.Param(ir.ParamInfo{Name: full, Shape: stored, Order: ir.RowMajor, Values: values}), combined}, true
}

// fit reports whether n more parameters can be added to the network. It is
// asked before anything of that size is made.
func (b *Builder) fit(l *spec.Layer, n float64) bool {
	for _, p := range b.Prog.Params {
		n += float64(p.Size())
	}
	if n > MaxParams {
		b.Errorf(l.Pos, "give it fewer units", code.Limit+"the net has %.0f parameters; the limit is %.0f", n, MaxParams)
	}
	return n <= MaxParams
}

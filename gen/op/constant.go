package op

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// constantLayer is a stored tensor as a source of other layers.
var constantLayer = Layer{
	Kind: spec.Kind{
		Name: "constant", NoFrom: true,
		Doc: "Stored tensor <layer>.weight as a source, the same for every sample, y = w, gradient dw = Σ dy over the samples if it is trainable.",
		Params: []spec.Param{
			{Name: "shape", Doc: "its shape, row-major", Type: spec.NumberList, Required: true, Range: &spec.Range{Min: 1, Max: MaxElements}},
			{Name: "value", Doc: "initial value, one number or one per element; weights that are loaded replace it", Type: spec.NumberList, Default: 0.0},
			{Name: "trainable", Doc: "whether training changes it", Type: spec.Bool, Default: false},
		},
	},
	Build: buildConstant,
}

func buildConstant(b *Builder, l *spec.Layer, _ []Tensor) Tensor {
	dims, ok := b.shapeField("shape", l.Args["shape"])
	if !ok {
		return Tensor{}
	}
	values := l.Args["value"].Value.([]float64)
	if n := volume(dims); len(values) != 1 && len(values) != n {
		b.Errorf(l.Args["value"].Pos, "give one number, or one per element", code.Count+"the shape %s has size %d, value has %d", shapeText(dims), n, len(values))
		return Tensor{}
	}
	if b.params[l.Name+".weight"] == nil && !b.fit(l, float64(volume(dims))) {
		return Tensor{}
	}
	w := b.Param(ir.ParamInfo{
		Name: l.Name + ".weight", Shape: dims, Order: ir.RowMajor, Values: values, Trained: l.Args.Bool("trainable"),
	})
	return Tensor{b.View("constant", l.Name, w, []ir.Axis{{Size: w.Size(), Stride: 1}}, 0), dims}
}

// shapeField returns a shape that a field gives, refusing more elements than a
// value may have.
func (b *Builder) shapeField(field string, arg spec.Arg) (dims []int, ok bool) {
	dims, ok = b.wholeNumbers(field, arg)
	size := 1.0
	for _, d := range dims {
		size *= math.Abs(float64(d))
	}
	if ok && size > MaxElements {
		b.Errorf(arg.Pos, "", code.Limit+"%s has %.0f elements; the limit is %d", field, size, MaxElements)
		ok = false
	}
	return dims, ok
}

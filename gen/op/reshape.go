package op

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// reshape gives the elements of a sample, row-major, another shape.
var reshape = Layer{
	Kind: spec.Kind{
		Name: "reshape",
		Doc:  "The elements of its source, row-major, in another shape, y = x, gradient dx = dy; costs nothing.",
		Params: []spec.Param{
			{Name: "shape", Doc: "new shape, without the batch; one dimension may be −1, what is left for it", Type: spec.NumberList, Required: true, Range: &spec.Range{Min: -1, Max: MaxElements}},
		},
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		arg := l.Args["shape"]
		dims, ok := b.shapeField("shape", arg)
		if !ok {
			return Tensor{}
		}
		open, rest := slices.Index(dims, -1), 1
		for i, d := range dims {
			if i != open {
				rest *= d
			}
		}
		if open >= 0 && rest > 0 {
			dims[open] = xs[0].Size() / rest
		}
		if slices.Min(dims) < 1 || volume(dims) != xs[0].Size() {
			b.Errorf(arg.Pos, "", code.Shapes+"shape must hold the %d elements of the shape %s, got %s", xs[0].Size(), shapeText(xs[0].Dims), listText(arg))
			return Tensor{}
		}
		return Tensor{xs[0].Value, dims}
	},
}

// listText prints a list of whole numbers as it was written.
func listText(arg spec.Arg) string {
	var whole []int
	for _, x := range arg.Value.([]float64) {
		whole = append(whole, int(x))
	}
	return shapeText(whole)
}

// transpose permutes the axes.
var transpose = Layer{
	Kind: spec.Kind{
		Name: "transpose", Aliases: []string{"permute"},
		Doc: "Permutation of the axes, axis i of y is axis perm[i] of x (NumPy transpose), gradient the inverse permutation.",
		Params: []spec.Param{
			{Name: "perm", Doc: "where each axis comes from, of the shape without the batch, counted from 0; reversed if absent", Type: spec.NumberList, Range: &spec.Range{Min: 0, Max: 63}},
		},
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x := xs[0]
		perm := make([]int, len(x.Dims))
		for i := range perm {
			perm[i] = len(perm) - 1 - i
		}
		if arg, written := l.Args["perm"]; written {
			var ok bool
			if perm, ok = b.wholeNumbers("perm", arg); !ok {
				return Tensor{}
			}
			sorted := slices.Sorted(slices.Values(perm))
			for i := range max(len(sorted), len(x.Dims)) {
				if i >= len(sorted) || i >= len(x.Dims) || sorted[i] != i {
					b.Errorf(arg.Pos, "", code.Shapes+"perm must name every axis of the shape %s once, counted from 0, got %s", shapeText(x.Dims), listText(arg))
					return Tensor{}
				}
			}
		}
		return b.permute(l.Name, x, perm)
	},
}

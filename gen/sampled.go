package gen

import (
	"maps"
	"slices"

	"github.com/nngen-go/nngen/gen/golang"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// mostGolden is the number of multiply-adds that the interpreter computes for the
// golden results of a package.
const mostGolden = 4_000_000

// sampled is a large network with a sample of its units alone, which the golden
// results are computed with; nil where all of it can be computed, or where layers
// beside dense ones and activations mix the units.
func sampled(net *spec.Network, prog *ir.Program) (*ir.Program, error) {
	if prog.MultiplyAdds() <= mostGolden || len(net.Inputs) != 1 || len(net.Inputs[0].Shape) != 1 || net.Inputs[0].Normalize != nil || len(net.Outputs) != 1 || net.Outputs[0].Normalize != nil {
		return nil, nil
	}
	small := *net
	small.Inputs, small.Outputs, small.Layers = slices.Clone(net.Inputs), slices.Clone(net.Outputs), slices.Clone(net.Layers)
	small.Inputs[0].Shape = []int{len(golang.SampledUnits(net.Inputs[0].Shape[0]))}
	small.Outputs[0].Labels, small.Outputs[0].Loss, small.Codegen.Train = nil, nil, false
	for i, l := range small.Layers {
		switch {
		case l.Kind == "dropout":
		case l.Kind == "dense" && op.ActivationByName(l.Args.Word("activation").Name).Mixing == nil:
			args := maps.Clone(l.Args)
			units := args["units"]
			units.Value = len(golang.SampledUnits(l.Args.Int("units")))
			args["units"] = units
			small.Layers[i].Args = args
		default:
			return nil, nil
		}
	}
	for _, v := range prog.Params {
		if v.Param.Mask != nil || v.Param.Order == ir.RowMajor {
			return nil, nil
		}
	}
	return lower.Lower(&small)
}

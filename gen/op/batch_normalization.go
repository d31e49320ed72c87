package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// batchNormalization is that of inference, by stored statistics.
var batchNormalization = Layer{
	Kind: spec.Kind{
		Name: "batch_normalization", Aliases: []string{"batch_norm"},
		Doc: "Batch normalisation by stored statistics, y = (x − μ)/√(σ² + ε)·w + b with running_mean μ, running_var σ², weight w and bias b (Ioffe and Szegedy 2015; PyTorch BatchNorm in eval mode, Keras BatchNormalization in inference). Statistics of the training batch are not computed: in a net that is trained the layer is frozen, as Keras freezes it with trainable: false.",
		Params: []spec.Param{
			{Name: "epsilon", Doc: "ε, added to the variance (Keras's default; PyTorch's and ONNX's is 1e-5)", Type: spec.Number, Default: 1e-3, Range: notNegative},
			{Name: "axis", Doc: "axis of the features, of the shape without the batch, from the end if negative (Keras's default; PyTorch's and ONNX's channels are axis 0)", Type: spec.Integer, Default: -1},
			{Name: "use_weight", Doc: "multiply by the weight w", Type: spec.Bool, Default: true},
			{Name: "use_bias", Doc: "add the bias b", Type: spec.Bool, Default: true},
			trainableParam,
		},
	},
	Build: buildBatchNormalization,
}

func buildBatchNormalization(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	x := xs[0]
	if b.Net.Codegen.Train && l.Args.Bool("trainable") {
		b.Errorf(l.Pos, "write trainable: false to keep its statistics and weights as they are, codegen: {train: false}, or layer_normalization",
			"the net is trained, but training by the statistics of the batch is not supported")
		return Tensor{}
	}
	axis, ok := b.axisField("axis", l.Args["axis"], x.Dims)
	if !ok {
		return Tensor{}
	}
	stored, combined := []int{x.Dims[axis]}, make([]int, len(x.Dims))
	for i := range combined {
		combined[i] = 1
	}
	combined[axis] = x.Dims[axis]
	prog := formula("y = (x - mean)/sqrt(var + epsilon)")
	grad := formula("dx = dy/sqrt(var + epsilon)")
	ins := []any{"x", x.Value}
	add := func(leaf string, t Tensor, fits bool) {
		if ok = ok && fits; ok {
			v, _ := b.spread(t, x.Dims)
			ins = append(ins, leaf, v)
		}
	}
	if l.Args.Bool("use_weight") {
		prog, grad = append(prog, formula("y = y*w")...), append(grad, formula("dx = dx*w")...)
		t, fits := b.elementwise(l, "weight", stored, combined, 1)
		add("w", t, fits)
	}
	if l.Args.Bool("use_bias") {
		prog = append(prog, formula("y = y + b")...)
		t, fits := b.elementwise(l, "bias", stored, combined, 0)
		add("b", t, fits)
	}
	for _, c := range []struct {
		leaf, name string
		start      float64
	}{{"mean", "running_mean", 0}, {"var", "running_var", 1}} {
		t, fits := b.stored(l, c.name, stored, combined, c.start)
		add(c.leaf, t, fits)
	}
	if !ok {
		return Tensor{}
	}
	y := b.Map("batch normalisation", l.Name, prog.Bind(Numbers(l.Args)), "y", x.Size(), ins...)
	b.Record(y, func(dy *ir.Value) {
		b.AddGrad(x.Value, b.Map("batch normalisation gradient", "d"+x.Name, grad.Bind(Numbers(l.Args)), "dx", x.Size(),
			append([]any{"dy", dy}, ins...)...))
	})
	return Tensor{y, x.Dims}
}

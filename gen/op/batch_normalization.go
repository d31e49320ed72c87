package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// batchNormalization is by stored statistics, or in training by those of the
// batch.
var batchNormalization = Layer{
	Kind: spec.Kind{
		Name: "batch_normalization", Aliases: []string{"batch_norm"},
		Doc: "Batch normalisation, y = (x − μ)/√(σ² + ε)·w + b (Ioffe and Szegedy 2015; PyTorch BatchNorm, Keras BatchNormalization). Inference takes running_mean as μ and running_var as σ². Training does so too (statistics: stored; trainable: false then freezes the layer, as Keras does), or takes the mean and the variance of the batch (statistics: batch), over the n numbers of each feature: h = (x − μ)/√(σ² + ε), gradient dx = r·(dh − (Σ dh + h·Σ dh·h)/n), r = 1/√(σ² + ε), dh = dy·w, dw = Σ dy·h, db = Σ dy; each step then moves running_mean ← (1 − m)·running_mean + m·μ and running_var likewise by σ²·n/(n − 1), with momentum m.",
		Params: []spec.Param{
			{Name: "epsilon", Doc: "ε, added to the variance (Keras's default; PyTorch's and ONNX's is 1e-5)", Type: spec.Number, Default: 1e-3, Range: notNegative},
			{Name: "statistics", Doc: "what training normalises by: the running averages that are stored, or those of each batch", Type: spec.Enum, Enum: []string{"stored", "batch"}, Default: "stored"},
			{Name: "momentum", Doc: "m, the share of a batch's statistics in the running averages (PyTorch's sense; Keras's momentum is 1 − m)", Type: spec.Number, Default: 0.1, Range: &spec.Range{Min: 0, Max: 1, MinOpen: true}},
			{Name: "axis", Doc: "axis of the features, of the shape without the batch, from the end if negative; the default are the channels (PyTorch, ONNX; Keras's default is -1)", Type: spec.Integer, Default: 0},
			{Name: "use_weight", Doc: "multiply by the weight w", Type: spec.Bool, Default: true},
			{Name: "use_bias", Doc: "add the bias b", Type: spec.Bool, Default: true},
			trainableParam,
		},
	},
	Build: buildBatchNormalization,
}

func buildBatchNormalization(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	x, batch := xs[0], l.Args.Text("statistics") == "batch"
	if b.Net.Codegen.Train && l.Args.Bool("trainable") && !batch {
		b.Errorf(l.Pos, "write statistics: batch to normalise by those of each batch, trainable: false to keep statistics and weights as they are, or codegen: {train: false}",
			code.NotTrainable+"the net is trained, but its statistics are stored")
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
	if batch && b.Training && b.Prog.Mode == "fast" {
		return b.normaliseFast(l, x, axis, stored, combined)
	}
	if batch && b.Training {
		h := b.normaliseBatch(l, x, axis, combined)
		if !l.Args.Bool("use_weight") && !l.Args.Bool("use_bias") {
			h.Name = l.Name
			return h
		}
		return b.affine(l, h, stored, combined, l.Name)
	}
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
		if fits && batch {
			t.Param.Momentum = l.Args.Float("momentum")
		}
		add(c.leaf, t, fits)
	}
	if !ok {
		return Tensor{}
	}
	if batch && b.Net.Codegen.Train {
		b.needBatch(l, x.Size()/x.Dims[axis])
	}
	y := b.Map("batch normalisation", l.Name, prog.Bind(Numbers(l.Args)), "y", x.Size(), ins...)
	b.Record(y, func(dy *ir.Value) {
		b.AddGrad(x.Value, b.Map("batch normalisation gradient", "d"+x.Name, grad.Bind(Numbers(l.Args)), "dx", x.Size(),
			append([]any{"dy", dy}, ins...)...))
	})
	return Tensor{y, x.Dims}
}

// Package lower turns a network into a program: the layers in order for
// inference, once more for training with the tape run in reverse, and the
// optimiser's update per parameter.
package lower

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
	"github.com/nngen-go/nngen/spec/plural"
)

// Lower returns the program of a validated network. The error is a
// spec.ErrorList if the network is at fault.
func Lower(net *spec.Network) (*ir.Program, error) {
	l := &lowering{Builder: op.NewBuilder(net)}
	l.inputs()
	l.Prog.Infer = l.Begin("infer", false)
	values := l.layers()
	l.Prog.Layers = map[string]*ir.Value{}
	for name, v := range values {
		l.Prog.Layers[name] = v.Value
	}
	l.outputs(values)
	l.remember()
	if net.Codegen.Train {
		l.checkTraining(values)
	}
	if net.Codegen.Train && len(l.Errs) == 0 {
		l.train()
	}
	if len(l.Errs) > 0 {
		return nil, l.Errs.Sort()
	}
	return l.Prog, nil
}

// remember makes what the function keeps of a stream results of it.
func (l *lowering) remember() {
	for _, m := range l.Prog.Memory {
		l.Func().Results = append(l.Func().Results, l.Prog.After(m, l.Func()))
	}
}

type lowering struct {
	*op.Builder
	lr, step *ir.Value
	lossSums []*ir.Value // of every output, over the samples of the batch
}

// inputs adds the network's inputs.
func (l *lowering) inputs() {
	for _, in := range l.Net.Inputs {
		v := l.Value(ir.Value{Name: in.Name, Kind: ir.Input, Shape: in.Shape, Batch: true})
		if in.Bytes {
			v.DType = ir.Uint8
		}
		l.Prog.Inputs = append(l.Prog.Inputs, v)
	}
	for _, in := range l.Net.Inputs {
		if in.Fitted() { // what stands for missing elements, where samples are encoded
			l.Param(ir.ParamInfo{Name: in.Name + ".missing", Shape: []int{in.Size()}, Values: []float64{0}, FitPort: in.Name, Stat: "missing"})
		}
	}
}

// layers builds every layer and returns the values by name. A layer whose
// source failed is skipped; its error was reported at the source.
func (l *lowering) layers() map[string]op.Tensor {
	values := map[string]op.Tensor{}
	for i, in := range l.Net.Inputs {
		values[in.Name] = op.Tensor{Value: l.normalize(in, l.Prog.Inputs[i]), Dims: in.Shape}
		if in.ChannelsLast {
			values[in.Name] = l.ChannelsFirst(in.Name+"_planes", values[in.Name])
		}
		if in.Context > 0 {
			values[in.Name] = l.Context(&in, l.Prog.Inputs[i])
		}
	}
	for i := range l.Net.Layers {
		layer := &l.Net.Layers[i]
		xs := make([]op.Tensor, len(layer.From))
		ok := true
		for j, from := range layer.From {
			xs[j] = values[from]
			ok = ok && xs[j].Value != nil
		}
		if !ok {
			continue
		}
		l.In(layer)
		before := len(l.Prog.Values)
		if row := op.LayerByName(layer.Kind); row != nil {
			values[layer.Name] = row.Build(l.Builder, layer, xs)
		} else {
			act := &spec.Named{Pos: layer.Pos, Name: layer.Kind, Args: layer.Args}
			l.NextLayer()
			values[layer.Name] = l.Activate(act, xs[0], layer.Name)
		}
		if y := values[layer.Name]; y.Value != nil && y.ID >= before { // not a view of its source
			y.Shape = y.Dims
		}
	}
	l.Connect(values)
	l.Prog.Shapes = map[string][]int{}
	for name, v := range values {
		l.Prog.Shapes[name] = v.Dims
	}
	return values
}

// normalize scales an input by its stored mean and standard deviation.
func (l *lowering) normalize(in spec.Input, x *ir.Value) *ir.Value {
	switch {
	case in.Normalize == nil && in.Bytes:
		return l.Map("numbers of bytes", in.Name+"_numbers", expr.One("y", expr.L("x")), "y", x.Size(), "x", x)
	case in.Normalize == nil:
		return x
	}
	mean, std := l.scale("input", in.Name, in.Normalize, x.Size())
	return l.normalized(in.Name, x, mean, std)
}

// normalized is (x − mean) / std.
func (l *lowering) normalized(name string, x, mean, std *ir.Value) *ir.Value {
	return l.Map("normalize", name+"_scaled",
		expr.One("y", expr.Div(expr.Sub(expr.L("x"), expr.L("mean")), expr.L("std"))),
		"y", x.Size(), "x", x, "mean", mean, "std", std)
}

// scale returns the stored mean and standard deviation of a port, which messages
// call what.
func (l *lowering) scale(what, name string, n *spec.Normalize, size int) (mean, std *ir.Value) {
	constant := func(stat string, values []float64, init float64) *ir.Value {
		info := ir.ParamInfo{Name: name + "." + stat, Shape: []int{size}, Values: values}
		if n.Fit {
			info.Values, info.FitPort, info.Stat = []float64{init}, name, stat
		}
		if len(info.Values) != 1 && len(info.Values) != size {
			l.Errorf(n.Pos, "give one number, or one per element", code.Count+"%s %q: normalize needs %s, got %d", what, name, plural.Of(size, "number"), len(info.Values))
		}
		return l.Param(info)
	}
	return constant("mean", n.Mean, 0), constant("std", n.Std, 1)
}

// original undoes the normalisation of the targets of an output: y = x·std + mean.
func (l *lowering) original(out *spec.Output, x *ir.Value) *ir.Value {
	n := out.Normalize
	if n == nil {
		return x
	}
	if out.Loss != nil && !op.LossByName(out.Loss.Name).Numbers {
		l.Errorf(n.Pos, "remove it, or write loss: mse", code.Conflict+"output %q: normalize is for numbers, not for the classes and probabilities of %s", out.Name, out.Loss.Name)
		return x
	}
	mean, std := l.scale("output", out.Name, n, x.Size())
	return l.Map("undo the normalisation", out.Name,
		expr.One("y", expr.Add(expr.Mul(expr.L("x"), expr.L("std")), expr.L("mean"))),
		"y", x.Size(), "x", x, "std", std, "mean", mean)
}

// outputs records the results of inference. An output whose layer failed is
// skipped.
func (l *lowering) outputs(values map[string]op.Tensor) {
	for i := range l.Net.Outputs {
		out := &l.Net.Outputs[i]
		v, dims := values[out.From].Value, values[out.From].Dims
		if v == nil {
			continue
		}
		made, _ := l.MadeBy(v)
		binary := len(out.Labels) == 2 && v.Size() == 1 && isBinary(out.Loss, made)
		scores := v.Size()
		if out.Loss != nil && op.OfPlaces(out.Loss.Args) && len(dims) > 0 {
			scores = dims[len(dims)-1]
		}
		if len(out.Labels) > 0 && len(out.Labels) != scores && !binary {
			l.Errorf(out.Pos, "write one label per value; two for one value go with the loss bce or bce_with_logits", code.Count+"output %q: %s for %s", out.Name, plural.Of(len(out.Labels), "label"), plural.Of(scores, "value"))
		}
		v = l.original(out, v)
		o := ir.Output{Name: out.Name, Value: v, Shape: dims, Labels: out.Labels, Places: v.Size() / scores}
		o.Classifier = len(out.Labels) > 0 && !binary || made == "softmax" || made == "log_softmax"
		if out.Loss != nil {
			row := op.LossByName(out.Loss.Name)
			o.LossName = row.Name
			o.Class = isClass(row, out.Loss.Args)
			o.Classifier = o.Classifier || row.Class
			if op.Balanced(out.Loss) {
				l.BalancedWeights(out.Name, v.Size())
			}
		}
		l.Prog.Outputs = append(l.Prog.Outputs, o)
		l.Prog.Infer.Results = append(l.Prog.Infer.Results, v)
	}
}

// isBinary reports whether a single value, made by an op, says yes or no.
func isBinary(loss *spec.Named, made string) bool {
	if loss == nil {
		return made == "sigmoid"
	}
	return loss.Name == "bce" || loss.Name == "bce_with_logits"
}

// isClass reports whether the target of a loss is a class number.
func isClass(row *op.Loss, a spec.Args) bool {
	if t := a.Text("target"); t != "" {
		return t == "class"
	}
	return row.Class
}

package export

import (
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// layers write the layers of the language.
var layers map[string]func(e *exporter, l *spec.Layer, xs []value) value

func init() { // the functions reach the table again
	layers = map[string]func(e *exporter, l *spec.Layer, xs []value) value{
		"dense":  (*exporter).dense,
		"conv1d": (*exporter).conv, "conv2d": (*exporter).conv,
		"depthwise_conv1d": (*exporter).conv, "depthwise_conv2d": (*exporter).conv,
		"max_pool1d": (*exporter).maxPool, "max_pool2d": (*exporter).maxPool,
		"avg_pool1d": (*exporter).avgPool, "avg_pool2d": (*exporter).avgPool,
		"global_max_pool": globalPool("GlobalMaxPool"), "global_avg_pool": globalPool("GlobalAveragePool"),
		"conv1d_transpose": (*exporter).convTranspose, "conv2d_transpose": (*exporter).convTranspose,
		"pad": (*exporter).pad, "resize": (*exporter).resize, "channel_shuffle": (*exporter).shuffle,

		"rnn": (*exporter).cell, "gru": (*exporter).cell, "lstm": (*exporter).cell,
		"state": (*exporter).stateLayer, "delay": (*exporter).delay,

		"dropout": func(_ *exporter, _ *spec.Layer, xs []value) value { return xs[0] },

		"add":      variadic("Sum"),
		"subtract": chained("Sub"),
		"multiply": chained("Mul"),
		"divide":   chained("Div"),
		"minimum":  variadic("Min"),
		"maximum":  variadic("Max"),
		"average":  variadic("Mean"),

		"less":       compared("Less"),
		"less_equal": compared("LessOrEqual"),
		"equal":      compared("Equal"),
		"where":      (*exporter).where,

		"concat":    (*exporter).concat,
		"flatten":   func(e *exporter, _ *spec.Layer, xs []value) value { return e.vector(xs[0]) },
		"reshape":   (*exporter).reshape,
		"transpose": (*exporter).transpose,
		"slice":     (*exporter).slice,
		"constant":  (*exporter).constant,

		"scale_shift":         (*exporter).scaleShift,
		"prelu":               (*exporter).prelu,
		"batch_normalization": (*exporter).batchNormalization,
		"layer_normalization": (*exporter).layerNormalization,

		"reduce_sum":  reduction("ReduceSum"),
		"reduce_mean": reduction("ReduceMean"),
		"reduce_max":  reduction("ReduceMax"),
		"reduce_min":  reduction("ReduceMin"),
		"argmax":      extreme("ArgMax"),
		"argmin":      extreme("ArgMin"),
	}
}

// dense is Gemm with the weight as [out, in], or MatMul for the rows of an axis.
func (e *exporter) dense(l *spec.Layer, xs []value) value {
	units, owner := l.Args.Int("units"), l.Name
	if tied := l.Args.Text("tied_to"); tied != "" {
		owner = tied
	}
	bias := ""
	if e.prog.ParamByName(owner+".bias") != nil {
		bias = e.param(owner+".bias", []int{units})
	}
	if l.Args.Has("axis") {
		return e.activation(l.Args.Word("activation"), e.rows(l, e.batched(xs[0]), owner, bias))
	}
	x := e.vector(xs[0])
	weight := e.param(owner+".weight", []int{units, x.dims[0]})
	z := value{name: e.node("Gemm", []string{x.name, weight, bias}, integer("transB", 1)), dims: []int{units}}
	return e.activation(l.Args.Word("activation"), z)
}

// rows is a dense layer on the rows of an axis.
func (e *exporter) rows(l *spec.Layer, x value, owner, bias string) value {
	units, features := l.Args.Int("units"), axis(l, x.dims)
	x = e.swapped(x, features)
	last := len(x.dims) - 1
	weight := e.node("Transpose", []string{e.param(owner+".weight", []int{units, x.dims[last]})}, integers("perm", []int{1, 0}))
	z := value{name: e.node("MatMul", []string{x.name, weight}), dims: append(x.dims[:last:last], units)}
	if bias != "" {
		z.name = e.node("Add", []string{z.name, bias})
	}
	return e.swapped(z, features)
}

// swapped exchanges an axis, counted with the batch, with the last.
func (e *exporter) swapped(x value, axis int) value {
	last := len(x.dims)
	if axis == last {
		return x
	}
	perm, dims := make([]int, last+1), slices.Clone(x.dims)
	for i := range perm {
		perm[i] = i
	}
	perm[axis], perm[last] = last, axis
	dims[axis-1], dims[last-1] = dims[last-1], dims[axis-1]
	return value{name: e.node("Transpose", []string{x.name}, integers("perm", perm)), dims: dims}
}

// aligned prepares sources for an element-wise operator.
func (e *exporter) aligned(xs []value) []string {
	rank, constants := 0, true
	for _, x := range xs {
		rank, constants = max(rank, len(x.dims)), constants && x.constant
	}
	names := make([]string, len(xs))
	for i, x := range xs {
		if constants && i == 0 {
			x = e.batched(x)
		}
		names[i] = e.padded(x, rank).name
	}
	return names
}

func variadic(op string) func(e *exporter, l *spec.Layer, xs []value) value {
	return func(e *exporter, _ *spec.Layer, xs []value) value { return value{name: e.node(op, e.aligned(xs))} }
}

// compared is a comparison as numbers.
func compared(op string) func(e *exporter, l *spec.Layer, xs []value) value {
	return func(e *exporter, _ *spec.Layer, xs []value) value {
		return value{name: e.node("Cast", []string{e.node(op, e.aligned(xs))}, integer("to", int(e.elem)))}
	}
}

func (e *exporter) where(_ *spec.Layer, xs []value) value {
	names := e.aligned(xs)
	names[0] = e.node("Cast", []string{names[0]}, integer("to", int(onnx.Bool)))
	return value{name: e.node("Where", names)}
}

func chained(op string) func(e *exporter, l *spec.Layer, xs []value) value {
	return func(e *exporter, _ *spec.Layer, xs []value) value {
		names := e.aligned(xs)
		y := names[0]
		for _, x := range names[1:] {
			y = e.node(op, []string{y, x})
		}
		return value{name: y}
	}
}

// axis returns an axis counted with the batch, which is axis 0.
func axis(l *spec.Layer, dims []int) int {
	a := l.Args.Int("axis")
	if a < 0 {
		a += len(dims)
	}
	return a + 1
}

func (e *exporter) concat(l *spec.Layer, xs []value) value {
	at := 1
	if l.Args.Has("axis") {
		at = axis(l, xs[0].dims)
	}
	names := make([]string, len(xs))
	for i, x := range xs {
		if !l.Args.Has("axis") {
			x = e.vector(x)
		}
		names[i] = e.batched(x).name
	}
	return value{name: e.node("Concat", names, integer("axis", at))}
}

func (e *exporter) reshape(l *spec.Layer, xs []value) value {
	return e.reshaped(e.batched(xs[0]), e.prog.Shapes[l.Name])
}

func (e *exporter) transpose(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	perm := []int{0}
	if l.Args.Has("perm") {
		for _, p := range l.Args.Floats("perm") {
			perm = append(perm, int(p)+1)
		}
	} else {
		for i := len(x.dims); i > 0; i-- {
			perm = append(perm, i)
		}
	}
	return value{name: e.node("Transpose", []string{x.name}, integers("perm", perm))}
}

// slice is Slice, whose rules are Python's too.
func (e *exporter) slice(l *spec.Layer, xs []value) value {
	x, step := e.batched(xs[0]), l.Args.Int("step")
	start, end := int64(0), int64(math.MaxInt64)
	if step < 0 {
		start, end = math.MaxInt64, math.MinInt64
	}
	if l.Args.Has("start") {
		start = int64(l.Args.Int("start"))
	}
	if l.Args.Has("end") {
		end = int64(l.Args.Int("end"))
	}
	return value{name: e.node("Slice", []string{x.name, e.list("starts", start), e.list("ends", end),
		e.list("axes", int64(axis(l, x.dims))), e.list("steps", int64(step))})}
}

func (e *exporter) constant(l *spec.Layer, _ []value) value {
	dims := e.prog.Shapes[l.Name]
	return value{e.param(l.Name+".weight", dims), dims, true}
}

// perFeature is the shape in which a parameter per feature is combined.
func (e *exporter) perFeature(l *spec.Layer, dims []int) []int {
	out := slices.Repeat([]int{1}, len(dims))
	if l.Args.Bool("shared") {
		return nil
	}
	for _, a := range axes(l, dims) {
		out[a] = dims[a]
	}
	return out
}

// axes are those of a layer, without the batch, in order.
func axes(l *spec.Layer, dims []int) []int {
	var list []int
	switch {
	case len(dims) == 0:
	case l.Args.Has("axes"):
		for _, a := range l.Args.Floats("axes") {
			if a < 0 {
				a += float64(len(dims))
			}
			list = append(list, int(a))
		}
	default:
		for i := range dims {
			list = append(list, i)
		}
	}
	slices.Sort(list)
	return list
}

func (e *exporter) scaleShift(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	y, dims := x.name, e.perFeature(l, x.dims)
	if l.Args.Bool("use_weight") {
		y = e.node("Mul", []string{y, e.param(l.Name+".weight", dims)})
	}
	if l.Args.Bool("use_bias") {
		y = e.node("Add", []string{y, e.param(l.Name+".bias", dims)})
	}
	return value{name: y}
}

func (e *exporter) prelu(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	return value{name: e.node("PRelu", []string{x.name, e.param(l.Name+".weight", e.perFeature(l, x.dims))})}
}

// affineParams are the weight and the bias of a normalisation, as stored or
// without effect.
func (e *exporter) affineParams(l *spec.Layer, dims []int) (weight, bias string) {
	if l.Args.Bool("use_weight") {
		weight = e.param(l.Name+".weight", dims)
	} else {
		weight = e.filled(l.Name+"_ones", dims, 1)
	}
	if l.Args.Bool("use_bias") {
		bias = e.param(l.Name+".bias", dims)
	}
	return weight, bias
}

// batchNormalization moves the features to axis 1, where ONNX has them.
func (e *exporter) batchNormalization(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	features := axis(l, x.dims)
	move := func(name string) string {
		if features == 1 {
			return name
		}
		perm := make([]int, len(x.dims)+1)
		for i := range perm {
			perm[i] = i
		}
		perm[1], perm[features] = features, 1
		return e.node("Transpose", []string{name}, integers("perm", perm))
	}
	dims := []int{x.dims[features-1]}
	weight, bias := e.affineParams(l, dims)
	if bias == "" {
		bias = e.filled(l.Name+"_zeros", dims, 0)
	}
	mean, variance := e.param(l.Name+".running_mean", dims), e.param(l.Name+".running_var", dims)
	y := e.node("BatchNormalization", []string{move(x.name), weight, bias, mean, variance}, number("epsilon", l.Args.Float("epsilon")))
	return value{name: move(y)}
}

func (e *exporter) layerNormalization(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	first := axis(l, x.dims)
	weight, bias := e.affineParams(l, x.dims[first-1:])
	return value{name: e.node("LayerNormalization", []string{x.name, weight, bias},
		integer("axis", first), number("epsilon", l.Args.Float("epsilon")))}
}

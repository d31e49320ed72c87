package export

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// perAxis is a field with one number, or one per axis.
func perAxis(l *spec.Layer, name string, axes int) []int {
	var list []int
	for _, x := range l.Args.Floats(name) {
		list = append(list, int(x))
	}
	if len(list) == 1 {
		return slices.Repeat(list, axes)
	}
	return list
}

// geometry are the attributes that say where the windows of a layer lie.
func geometry(l *spec.Layer, axes int) []*onnx.Attribute {
	kernel := perAxis(l, "kernel_size", axes)
	strides := kernel
	if l.Args.Has("strides") {
		strides = perAxis(l, "strides", axes)
	}
	dilation := perAxis(l, "dilation", axes)
	attrs := []*onnx.Attribute{integers("kernel_shape", kernel), integers("strides", strides)}
	if slices.Max(dilation) > 1 {
		attrs = append(attrs, integers("dilations", dilation))
	}
	auto := func(v string) {
		attrs = append(attrs, &onnx.Attribute{Name: "auto_pad", Type: onnx.AttributeString, S: []byte(v)})
	}
	switch l.Args.Text("padding") {
	case "":
		attrs = append(attrs, integers("pads", perAxis(l, "padding", 2*axes)))
	case "same":
		auto("SAME_UPPER")
	case "same_lower":
		auto("SAME_LOWER")
	case "causal":
		if l.Args.Bool("stateful") { // what is before is there
			break
		}
		attrs = append(attrs, integers("pads", []int{(kernel[0] - 1) * dilation[0], 0}))
	}
	if l.Args.Bool("ceil_mode") {
		attrs = append(attrs, integer("ceil_mode", 1))
	}
	return attrs
}

// conv is Conv; a depthwise one has as many groups as channels.
func (e *exporter) conv(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	groups := l.Args.Int("groups")
	if !l.Args.Has("groups") {
		groups = x.dims[0]
	}
	dims := e.prog.Shapes[l.Name]
	kept := (perAxis(l, "kernel_size", 1)[0] - 1) * perAxis(l, "dilation", 1)[0] // of the past, by a stream
	if l.Args.Bool("stateful") && kept > 0 {
		x = e.remembered(l.Name+".past", x, kept)
	}
	ins := []string{x.name, e.param(l.Name+".weight", e.prog.ParamByName(l.Name+".weight").Shape)}
	if l.Args.Bool("use_bias") {
		ins = append(ins, e.param(l.Name+".bias", dims[:1]))
	}
	attrs := geometry(l, len(dims)-1)
	if groups > 1 {
		attrs = append(attrs, integer("group", groups))
	}
	return e.activation(l.Args.Word("activation"), value{name: e.node("Conv", ins, attrs...), dims: dims})
}

func (e *exporter) maxPool(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	return value{name: e.node("MaxPool", []string{x.name}, geometry(l, len(x.dims)-1)...)}
}

// avgPool is AveragePool. That of this operator set has no dilations.
func (e *exporter) avgPool(l *spec.Layer, xs []value) value {
	x, include := e.batched(xs[0]), l.Args.Bool("count_include_pad")
	attrs := geometry(l, len(x.dims)-1)
	dilated := slices.ContainsFunc(attrs, func(a *onnx.Attribute) bool { return a.Name == "dilations" })
	if !dilated {
		return value{name: e.node("AveragePool", []string{x.name}, append(attrs, integer("count_include_pad", bit(include)))...)}
	}
	return e.dilatedAverage(l, x)
}

// dilatedAverage is a convolution with ones, divided by the places that each
// window counts.
func (e *exporter) dilatedAverage(l *spec.Layer, x value) value {
	dims, axes := e.prog.Shapes[l.Name], len(x.dims)-1
	kernel, dilation := perAxis(l, "kernel_size", axes), perAxis(l, "dilation", axes)
	strides := kernel
	if l.Args.Has("strides") {
		strides = perAxis(l, "strides", axes)
	}
	begin, end, counts := make([]int, axes), make([]int, axes), []float64{1}
	for i, size := range x.dims[1:] {
		span := (kernel[i]-1)*dilation[i] + 1
		reach := (dims[i+1]-1)*strides[i] + span // of all windows
		switch word := l.Args.Text("padding"); word {
		case "":
			pads := perAxis(l, "padding", 2*axes)
			begin[i], end[i] = pads[i], pads[axes+i]
		case "same":
			begin[i] = max(0, reach-size) / 2
			end[i] = max(0, reach-size) - begin[i]
		case "same_lower":
			end[i] = max(0, reach-size) / 2
			begin[i] = max(0, reach-size) - end[i]
		}
		low, high := 0, size
		if l.Args.Bool("count_include_pad") {
			low, high = -begin[i], size+end[i]
		}
		var next []float64
		for _, n := range counts {
			for o := range dims[i+1] {
				places := 0
				for k := range kernel[i] {
					places += bit(o*strides[i]+k*dilation[i]-begin[i] >= low && o*strides[i]+k*dilation[i]-begin[i] < high)
				}
				next = append(next, n*float64(places))
			}
		}
		counts = next
		end[i] = max(0, reach-size-begin[i]) // a last window that is not whole
	}
	ones := e.filled(l.Name+"_ones", slices.Concat([]int{dims[0], 1}, kernel), 1)
	sum := e.node("Conv", []string{x.name, ones}, integers("kernel_shape", kernel), integers("strides", strides), integers("dilations", dilation),
		integers("pads", slices.Concat(begin, end)), integer("group", dims[0]))
	name := e.unique(l.Name + "_places")
	e.store(name, dims[1:], counts)
	return value{name: e.node("Div", []string{sum, name})}
}

// globalPool leaves one number per channel.
func globalPool(op string) func(e *exporter, l *spec.Layer, xs []value) value {
	return func(e *exporter, l *spec.Layer, xs []value) value {
		x := e.batched(xs[0])
		kept := append([]int{x.dims[0]}, slices.Repeat([]int{1}, len(x.dims)-1)...)
		return e.reshaped(value{name: e.node(op, []string{x.name}), dims: kept}, e.prog.Shapes[l.Name])
	}
}

// pad pads the last axes.
func (e *exporter) pad(l *spec.Layer, xs []value) value {
	x := e.batched(xs[0])
	list := perAxis(l, "padding", 0)
	rank := len(list) / 2
	all := make([]int64, 2*(len(x.dims)+1))
	for i := range rank {
		at := len(x.dims) + 1 - rank + i
		all[at], all[len(all)/2+at] = int64(list[i]), int64(list[rank+i])
	}
	ins := []string{x.name, e.list("pads", all...)}
	if l.Args.Text("mode") == "constant" {
		ins = append(ins, e.scalar(l.Args.Float("value")))
	}
	return value{name: e.node("Pad", ins, &onnx.Attribute{Name: "mode", Type: onnx.AttributeString, S: []byte(l.Args.Text("mode"))})}
}

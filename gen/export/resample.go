package export

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// convTranspose is ConvTranspose, what is left out of its result in numbers.
func (e *exporter) convTranspose(l *spec.Layer, xs []value) value {
	x, dims := e.batched(xs[0]), e.prog.Shapes[l.Name]
	axes := len(dims) - 1
	kernel, strides, dilation, more := perAxis(l, "kernel_size", axes), perAxis(l, "strides", axes), perAxis(l, "dilation", axes), perAxis(l, "output_padding", axes)
	pads := make([]int, 2*axes)
	switch word := l.Args.Text("padding"); word {
	case "":
		pads = perAxis(l, "padding", 2*axes)
	case "same", "same_lower":
		for i := range axes {
			span := (kernel[i]-1)*dilation[i] + 1
			all := max(span-strides[i], 0)
			more[i] = max(strides[i]-span, 0)
			pads[i], pads[axes+i] = all/2, all-all/2
			if word == "same_lower" {
				pads[i], pads[axes+i] = pads[axes+i], pads[i]
			}
		}
	}
	ins := []string{x.name, e.param(l.Name+".weight", e.prog.ParamByName(l.Name+".weight").Shape)}
	if l.Args.Bool("use_bias") {
		ins = append(ins, e.param(l.Name+".bias", dims[:1]))
	}
	name := e.node("ConvTranspose", ins, integers("kernel_shape", kernel), integers("strides", strides), integers("dilations", dilation),
		integers("pads", pads), integers("output_padding", more), integer("group", l.Args.Int("groups")))
	return e.activation(l.Args.Word("activation"), value{name: name, dims: dims})
}

// resize is Resize.
func (e *exporter) resize(l *spec.Layer, xs []value) value {
	x, dims := e.batched(xs[0]), e.prog.Shapes[l.Name]
	text := func(name, v string) *onnx.Attribute {
		return &onnx.Attribute{Name: name, Type: onnx.AttributeString, S: []byte(v)}
	}
	attrs := []*onnx.Attribute{
		text("mode", l.Args.Text("mode")), text("coordinate_transformation_mode", l.Args.Text("coordinates")), text("nearest_mode", l.Args.Text("rounding")),
	}
	if !l.Args.Has("scales") { // exact, where a float32 of their ratio is not
		var sizes []int64
		for _, n := range dims {
			sizes = append(sizes, int64(n))
		}
		batch := e.node("Shape", []string{x.name}, integer("start", 0), integer("end", 1))
		all := e.node("Concat", []string{batch, e.list("sizes", sizes...)}, integer("axis", 0))
		return value{name: e.node("Resize", []string{x.name, "", "", all}, attrs...), dims: dims}
	}
	list := l.Args.Floats("scales")
	if len(list) == 1 && len(dims) > 1 {
		list = slices.Repeat(list, len(dims)-1)
	}
	scales := slices.Concat(slices.Repeat([]float64{1}, 1+len(dims)-len(list)), list)
	return value{name: e.node("Resize", []string{x.name, "", e.floats("scales", scales)}, attrs...), dims: dims}
}

// floats is a stored list of float32, whatever the model computes in.
func (e *exporter) floats(name string, v []float64) string {
	name = e.unique(e.at + "_" + name)
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(x)))
	}
	e.graph.Initializers = append(e.graph.Initializers, &onnx.Tensor{Name: name, Dims: []int64{int64(len(v))}, DataType: onnx.Float, RawData: raw, HasRaw: true})
	return name
}

// shuffle is a transposition of groups and their channels.
func (e *exporter) shuffle(l *spec.Layer, xs []value) value {
	x, groups := e.batched(xs[0]), l.Args.Int("groups")
	dims := x.dims
	parted := e.reshaped(x, slices.Concat([]int{groups, dims[0] / groups}, dims[1:]))
	perm := []int{0, 2, 1}
	for i := range dims[1:] {
		perm = append(perm, 3+i)
	}
	turned := value{name: e.node("Transpose", []string{parted.name}, integers("perm", perm)), dims: slices.Concat([]int{dims[0] / groups, groups}, dims[1:])}
	return e.reshaped(turned, dims)
}

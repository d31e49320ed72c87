package gentest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec"
)

// channels and sizes of images are those around the edges of vectors, panels and
// tiles.
var (
	channelCounts = []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40}
	imageSizes    = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 19, 24, 25, 32, 33}
)

// mostProducts bounds the multiply-adds of a layer for a sample, mostElements a value,
// and mostTiled the places of what is trained by tiles: what the oracle has time for.
const mostProducts, mostElements, mostTiled = 20000, 3000, 81

// ConvolutionalCover are the features that Convolutional counts beside the rows of
// tables: all of them must occur.
func ConvolutionalCover() []string {
	out := []string{
		"feature groups", "feature groups across panels", "feature dilation", "feature ceil_mode", "feature residual", "feature statistics of the batch", "feature pool with its padding",
		"feature channels divided by 16", "feature channels beyond 32", "feature even and odd window", "feature axes of one element", "feature maxima of windows apart", "feature gradients of groups", "feature gradients of multipliers", "feature gradients of windows side by side", "feature maxima of windows that overlap", "feature inference only",
		"feature pixels", "feature bytes", "feature tiles", "feature tiles at the edge", "feature tiles of gradients", "algo winograd2", "algo winograd4",
		"stride 1", "stride 2", "stride 3", "axes 1", "axes 2",
	}
	for _, k := range convolutionalLayers {
		out = append(out, "convolutional "+k)
	}
	for _, p := range []string{"valid", "same", "same_lower", "numbers", "causal"} {
		out = append(out, "padding "+p)
	}
	for k := range 7 {
		out = append(out, fmt.Sprintf("window %d", k+1))
	}
	return out
}

var convolutionalLayers = []string{"conv", "conv", "pointwise", "depthwise_conv", "max_pool", "avg_pool", "residual", "branches", "batch_normalization", "pad"}

// Convolutional makes a network of convolutions and pooling: windows of 1 to 7 by 1
// to 5, strides and dilation of 1 to 3, groups, all paddings, residuals, branches
// and normalisation by the batch.
func (g *Generator) Convolutional(name string) (*spec.Network, error) {
	n := &network{Generator: g, b: spec.New(name), greatest: []int{7, 5}}
	n.train = !n.count("inference only", n.chance(0.2))
	axes := []int{1, 2, 2}[n.IntN(3)]
	n.Cover[fmt.Sprintf("axes %d", axes)]++
	x := n.picture(axes)
	if n.count("tiles", axes == 2 && (!n.train || n.chance(0.6) && x.dims[1]*x.dims[2] <= mostTiled)) {
		n.count("tiles of gradients", n.train)
		x = n.tiles(x)
		if n.chance(0.5) {
			x = n.tiles(x)
		}
	}
	for range 1 + n.IntN(4) {
		x = n.convolutional(x)
	}
	x.read = false
	if n.chance(0.3) || x.size > 300 { // few weights behind, for few of them move badly
		x.read = true
		x = n.push(n.b.Layer(n.pick("global", []string{"global_avg_pool", "global_max_pool"}), x.ref), x.dims[0])
	}
	n.nodes = []*node{x}
	n.outputs()
	return n.build(1+n.IntN(3), "float32")
}

// tiles adds a convolution by Winograd's transform, whatever its products, of a value
// with as many channels as that takes, and sometimes its residual.
func (n *network) tiles(x *node) *node {
	filters := []int{16, 17, 20, 24, 31, 32, 33}
	if n.train {
		filters = filters[:3]
	}
	k, pads := filters[n.IntN(len(filters))], []int{n.IntN(3), n.IntN(3), n.IntN(3), n.IntN(3)}
	x = n.after(n.b.Layer("conv2d", x.ref, spec.Fields{"filters": k, "kernel_size": 1}), append([]int{k}, x.dims[1:]...))
	f, bias := spec.Fields{"filters": k, "kernel_size": 3, "padding": "same", "algo": n.pick("algo", []string{"winograd2", "winograd4"})}, n.chance(0.7)
	dims := x.dims
	if n.chance(0.5) && x.dims[1]+pads[0]+pads[2] > 2 && x.dims[2]+pads[1]+pads[3] > 2 {
		f["filters"], f["padding"] = filters[n.IntN(len(filters))], pads
		dims = []int{f["filters"].(int), x.dims[1] + pads[0] + pads[2] - 2, x.dims[2] + pads[1] + pads[3] - 2}
	}
	n.count("tiles at the edge", dims[1]%2+dims[2]%2 > 0)
	if n.kernelFields(f); !bias {
		f["use_bias"] = false
		delete(f, "bias_initializer")
		delete(f, "bias_regularizer")
	}
	y := n.after(n.b.Layer("conv2d", x.ref, f), dims)
	if slices.Equal(dims, x.dims) {
		y = n.after(n.b.Layer("add", spec.Join(x.ref, y.ref)), dims)
	}
	return y
}

// picture is the input: planes, or pixels, which may be bytes.
func (n *network) picture(axes int) *node {
	for {
		x := &node{size: 1, fixed: true}
		for a := range axes + 1 {
			d := imageSizes[n.IntN(len(imageSizes))]
			if a == 0 {
				d = channelCounts[n.IntN(len(channelCounts))]
			}
			x.dims, x.size = append(x.dims, d), x.size*d
		}
		if x.size > mostElements {
			continue
		}
		n.count("axes of one element", slices.Contains(x.dims[1:], 1))
		shape, f := x.dims, spec.Fields{}
		if n.count("pixels", n.chance(0.3)) {
			shape, f["layout"] = append(slices.Clone(x.dims[1:]), x.dims[0]), "hwc"
		}
		if n.count("bytes", n.chance(0.2)) {
			f["dtype"], f["normalize"] = "uint8", spec.Fields{"mean": 127.5, "std": 74}
		}
		x.ref = n.b.InputWith("x", f, shape...)
		n.nodes = append(n.nodes, x)
		return x
	}
}

// convolutional adds a layer, or several that belong together, behind x.
func (n *network) convolutional(x *node) *node {
	axes := fmt.Sprintf("%dd", len(x.dims)-1)
	switch kind := n.pick("convolutional", convolutionalLayers); kind {
	case "conv", "pointwise", "depthwise_conv":
		f := spec.Fields{}
		if kind == "pointwise" {
			f["kernel_size"] = 1
			return n.slide("conv"+axes, x, f)
		}
		return n.slide(kind+axes, x, f)
	case "residual":
		if y := n.slide("conv"+axes, x, spec.Fields{"kernel_size": []int{3, 5, 1, 2}[n.IntN(4)], "padding": "same", "filters": x.dims[0]}); slices.Equal(y.dims, x.dims) && y != x {
			n.count("residual", true)
			c := x.centred || y.centred
			x = n.after(n.b.Layer("add", spec.Join(x.ref, y.ref)), x.dims)
			x.centred = c
		}
		return x
	case "branches":
		y := n.slide("conv"+axes, x, spec.Fields{"kernel_size": 3, "padding": "same"})
		z := n.slide("conv"+axes, x, spec.Fields{"kernel_size": 1})
		switch {
		case y == x:
			return z
		case z == x:
			return y
		}
		return n.after(n.b.Layer("concat", spec.Join(y.ref, z.ref), spec.Fields{"axis": 0}), append([]int{y.dims[0] + z.dims[0]}, y.dims[1:]...))
	case "batch_normalization":
		return n.normalized(x)
	case "pad":
		f, dims := spec.Fields{"mode": n.pick("pad", []string{"constant", "edge", "reflect"})}, []int{x.dims[0]}
		before, after := make([]int, len(x.dims)-1), make([]int, len(x.dims)-1)
		for i, d := range x.dims[1:] {
			before[i], after[i] = n.IntN(min(d, 3)), n.IntN(min(d, 3))
			dims = append(dims, d+before[i]+after[i])
		}
		f["padding"] = slices.Concat(before, after)
		return n.after(n.b.Layer("pad", x.ref, f), dims)
	default:
		return n.slide(kind+axes, x, spec.Fields{})
	}
}

// after is a value of a shape.
func (n *network) after(ref spec.Ref, dims []int) *node {
	size := 1
	for _, d := range dims {
		size *= d
	}
	y := n.push(ref, size)
	y.dims = dims
	return y
}

// normalized adds a normalisation of the channels, but not behind another: the means
// would be roundings of zero.
func (n *network) normalized(x *node) *node {
	if x.centred {
		return x
	}
	f := spec.Fields{"axis": 0}
	if n.train {
		n.statistics(f)
	}
	y := n.after(n.b.Layer("batch_normalization", x.ref, f), x.dims)
	y.centred = true
	return y
}

// slide adds a convolution or a pooling, whose fields may be given in part; what
// would cost too much is left out.
func (n *network) slide(kind string, x *node, given spec.Fields) *node {
	f := spec.Fields{}
	out, pads := n.windows(kind, x.dims[1:], f)
	if k, ok := given["kernel_size"]; ok {
		f["kernel_size"], f["strides"], f["dilation"], f["padding"] = k, 1, 1, "same"
		out, pads = x.dims[1:], false
	}
	channels := x.dims[0]
	switch filters := channelCounts[n.IntN(len(channelCounts))]; {
	case strings.Contains(kind, "pool"):
	case strings.HasPrefix(kind, "depthwise"):
		m := 1 + n.IntN(3)
		f["depth_multiplier"], channels = m, m*channels
	default:
		f["filters"], channels = filters, filters
		if given["filters"] != nil {
			f["filters"], channels = given["filters"], given["filters"].(int)
		}
		n.divide(f, x.dims[0], channels)
	}
	places, size := 1, channels
	for _, d := range out {
		size *= d
		places *= d
	}
	if size > mostElements || places*products(kind, f, x.dims[0], channels, len(out)) > mostProducts {
		n.count("too much", true)
		return x
	}
	n.note(kind, f, x.dims[0], len(out))
	n.gradients(kind, f, x, len(out))
	switch {
	case strings.Contains(kind, "conv"):
		n.kernelFields(f)
		if k, ok := f["kernel_initializer"].(spec.Fields); ok && k["zeros"] != nil {
			delete(f, "kernel_initializer") // there is nothing to normalise behind it
		}
	case strings.HasPrefix(kind, "avg") && n.count("pool with its padding", pads && n.chance(0.5)):
		f["count_include_pad"] = true
	}
	y := n.after(n.b.Layer(kind, x.ref, f), append([]int{channels}, out...))
	y.centred = x.centred
	if strings.Contains(kind, "conv") && n.chance(0.3) {
		return n.normalized(y)
	}
	return y
}

// divide divides channels and filters into groups, where they can be.
func (n *network) divide(f spec.Fields, channels, filters int) {
	var both []int
	for d := 2; d <= channels; d++ {
		if channels%d == 0 && filters%d == 0 {
			both = append(both, d)
		}
	}
	if n.count("groups", len(both) > 0 && n.chance(0.3)) {
		f["groups"] = both[n.IntN(len(both))]
		outs := filters / f["groups"].(int)
		n.count("groups across panels", filters > 16 && outs%16 > 0 && 16%outs > 0)
	}
}

// numbersOf is a field with one number, or one per axis.
func numbersOf(v any, axes int) []int {
	if list, ok := v.([]int); ok {
		return list
	}
	return slices.Repeat([]int{v.(int)}, axes)
}

// products are the multiply-adds at a place.
func products(kind string, f spec.Fields, channels, filters, axes int) int {
	n := filters
	for _, k := range numbersOf(f["kernel_size"], axes) {
		n *= k
	}
	if !strings.HasPrefix(kind, "conv") {
		return n
	}
	groups, ok := f["groups"].(int)
	if !ok {
		groups = 1
	}
	return n * channels / groups
}

// gradients counts what the gradients of a layer have.
func (n *network) gradients(kind string, f spec.Fields, x *node, axes int) {
	if !n.train || x.fixed {
		return
	}
	overlap, side := false, false
	for i, k := range numbersOf(f["kernel_size"], axes) {
		s := numbersOf(f["strides"], axes)[i]
		overlap = overlap || s <= (k-1)*numbersOf(f["dilation"], axes)[i]
		side = side || s == k && k > 1
	}
	pool := strings.HasPrefix(kind, "max") && x.dims[0] > 1
	n.count("maxima of windows that overlap", pool && overlap)
	n.count("maxima of windows apart", pool && !overlap)
	n.count("gradients of windows side by side", side && !strings.HasPrefix(kind, "max"))
	n.count("gradients of groups", f["groups"] != nil)
	m, _ := f["depth_multiplier"].(int)
	n.count("gradients of multipliers", m > 1)
}

// note counts what a layer has.
func (n *network) note(kind string, f spec.Fields, channels, axes int) {
	even, odd := false, false
	for _, k := range numbersOf(f["kernel_size"], axes) {
		n.Cover[fmt.Sprintf("window %d", k)]++
		even, odd = even || k%2 == 0, odd || k%2 == 1
	}
	for _, s := range numbersOf(f["strides"], axes) {
		n.Cover[fmt.Sprintf("stride %d", s)]++
	}
	if strings.HasPrefix(kind, "conv") {
		n.count("channels divided by 16", channels%16 == 0)
		n.count("channels beyond 32", channels > 32)
	}
	n.count("even and odd window", even && odd)
}

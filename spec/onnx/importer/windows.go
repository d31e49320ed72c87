package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// frame is what an operator with windows reads: the axes behind the channels of
// a value [batch, channels, …].
type frame struct {
	*call
	x     *node // [channels, …]
	apart bool  // the batch is none of its dimensions
	axes  int
}

// frame reads input 0.
func (c *call) frame() *frame {
	f := &frame{call: c, x: c.node(0), apart: c.apart(c.node(0))}
	if !f.apart {
		if len(f.x.shape) == 0 || f.x.shape[0] != 1 {
			c.mixes("its input has the shape %v, whose first dimension must be the batch", f.x.shape)
		}
		f.x = reshaped(f.x, f.x.shape[1:])
	}
	f.axes = len(f.x.shape) - 1
	return f
}

// flat refuses windows over other than one or two axes.
func (f *frame) flat() {
	if f.axes != 1 && f.axes != 2 {
		f.refuse("", "windows over %s are not supported, only over 1 or 2", plural.Of(max(f.axes, 0), "axis"))
	}
}

// set makes the result of a shape [channels, …] that of the node.
func (f *frame) set(n *node) {
	if !f.apart {
		n = reshaped(n, slices.Concat([]int{1}, n.shape))
	}
	f.setNode(n)
}

// list is an attribute with a number per axis.
func (f *frame) list(name string, count, preset int) []int {
	list, ok := f.ints(name)
	if !ok {
		return slices.Repeat([]int{preset}, count)
	}
	if len(list) != count {
		f.fail(notSorted, "attribute %s must have %s, got %d", quote(name), plural.Of(count, "number"), len(list))
	}
	for _, x := range list {
		if x < 0 || x > maxWindow || x == 0 && preset == 1 {
			f.refuse("", "attribute %s has the number %d, which is not supported", quote(name), x)
		}
	}
	return list
}

// maxWindow is the largest stride, window, dilation or padding of the language.
const maxWindow = 1 << 16

// windowed fills in the fields and the sizes of a layer with windows.
func (f *frame) windowed(n *node, kernel []int) {
	strides, dilations := f.list("strides", f.axes, 1), f.list("dilations", f.axes, 1)
	pads := f.list("pads", 2*f.axes, 0)
	auto := f.text("auto_pad", "NOTSET")
	ceil := f.integer("ceil_mode", 0) != 0 && auto == "NOTSET"
	padding := perAxis(pads)
	switch auto {
	case "NOTSET", "":
	case "VALID":
		clear(pads)
		padding = "0"
	case "SAME_UPPER":
		padding = "same"
	case "SAME_LOWER":
		padding = "same_lower"
	default:
		f.fail(notSorted, "attribute auto_pad must be NOTSET, SAME_UPPER, SAME_LOWER or VALID, got %s", quote(auto))
	}
	pool, none := n.kind != "conv", true
	for i, size := range f.x.shape[1:] {
		before, after := pads[i], pads[f.axes+i]
		span := (kernel[i]-1)*dilations[i] + 1
		out := (size+before+after-span)/strides[i] + 1
		switch {
		case auto == "SAME_UPPER" || auto == "SAME_LOWER":
			out = (size + strides[i] - 1) / strides[i]
			all := max(0, (out-1)*strides[i]+span-size)
			if before = all / 2; auto == "SAME_LOWER" {
				before = all - all/2
			}
			none = none && all == 0
		case size+before+after < span:
			f.fail(notSorted, "its window covers %d, but axis %d has %d with its padding", span, i+2, size+before+after)
		case ceil:
			if out = (size+before+after-span+strides[i]-1)/strides[i] + 1; (out-1)*strides[i] >= size+before {
				out--
			}
		}
		for o := range out {
			first := o*strides[i] - before
			from := (max(-first, 0) + dilations[i] - 1) / dilations[i] // the first place that is not below 0
			if pool && (from >= kernel[i] || first+from*dilations[i] >= size) {
				f.refuse("", "window %d of axis %d lies in the padding alone, which is not supported", o, i+2)
			}
		}
		n.shape = append(n.shape, out)
	}
	if none && strings.HasPrefix(auto, "SAME") {
		padding = "0"
	}
	n.add("kernel_size", perAxis(kernel), "")
	preset := "1"
	if pool {
		preset = perAxis(kernel)
	}
	n.add("strides", perAxis(strides), preset)
	n.add("dilation", perAxis(dilations), "1")
	n.add("padding", padding, "0")
	if ceil {
		n.fields = append(n.fields, field{"ceil_mode", "true"})
	}
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// perAxis writes a list, of equal numbers one.
func perAxis(list []int) string {
	if slices.Min(list) == slices.Max(list) {
		return fmt.Sprint(list[0])
	}
	return intList(list)
}

// lowerConv is a convolution with constant filters [out, in/groups, …].
func lowerConv(c *call) {
	f, w := c.frame(), c.constant(1, "weight")
	f.flat()
	groups := c.integer("group", 1)
	if len(w.shape) != f.axes+2 || size(w.shape) == 0 || groups < 1 || w.shape[1]*groups != f.x.shape[0] || w.shape[0]%groups != 0 {
		c.fail(notSorted, "filters of shape %v in %s do not go with an input of shape %v", w.shape, plural.Of(groups, "group"), f.x.shape)
	}
	filters, kernel := w.shape[0], w.shape[2:]
	if given, ok := c.ints("kernel_shape"); ok && !slices.Equal(given, kernel) {
		c.fail(notSorted, "attribute kernel_shape is %v, but the filters have the shape %v", given, w.shape)
	}
	n := &node{kind: "conv", from: []*node{f.x}, shape: []int{filters}, weights: []weight{{"weight", w.shape, w.data}}}
	f.windowed(n, kernel)
	count := field{"filters", fmt.Sprint(filters)}
	n.kind = fmt.Sprintf("conv%dd", f.axes)
	switch {
	case groups == f.x.shape[0] && groups > 1:
		n.kind = "depthwise_" + n.kind
		count = field{"depth_multiplier", fmt.Sprint(filters / groups)}
	case groups > 1:
		n.fields = append(n.fields, field{"groups", fmt.Sprint(groups)})
	}
	if count.value != "1" || groups == 1 {
		n.fields = slices.Concat([]field{count}, n.fields)
	}
	c.bias(n, filters)
	f.set(n)
}

// bias adds input 2, if there is one, as the bias of a convolution.
func (c *call) bias(n *node, filters int) {
	if !c.has(2) {
		return
	}
	b := c.constant(2, "bias")
	if len(b.data) != filters {
		c.fail(notSorted, "its bias has %s for %s", plural.Of(len(b.data), "number"), plural.Of(filters, "filter"))
	}
	n.weights = append(n.weights, weight{"bias", []int{filters}, b.data})
}

func lowerPool(kind string) func(c *call) {
	return func(c *call) {
		f := c.frame()
		f.flat()
		c.integer("storage_order", 0) // of the places of the maxima
		if !c.hasAttribute("kernel_shape") {
			c.fail(notSorted, "attribute kernel_shape is missing")
		}
		n := &node{kind: fmt.Sprintf("%s%dd", kind, f.axes), from: []*node{f.x}, shape: []int{f.x.shape[0]}}
		f.windowed(n, f.list("kernel_shape", f.axes, 1))
		if kind == "avg_pool" && c.integer("count_include_pad", 0) != 0 {
			n.fields = append(n.fields, field{"count_include_pad", "true"})
		}
		f.set(n)
	}
}

func lowerGlobalPool(kind string) func(c *call) {
	return func(c *call) {
		f := c.frame()
		if f.axes < 1 {
			c.fail(notSorted, "its input has the shape %v, without an axis behind the channels", f.x.shape)
		}
		shape := slices.Concat(f.x.shape[:1], slices.Repeat([]int{1}, f.axes))
		f.set(&node{kind: kind, from: []*node{f.x}, shape: shape, fields: []field{{"keepdims", "true"}}})
	}
}

// lowerPad pads axes other than the batch. Negative numbers take elements away.
func lowerPad(c *call) {
	x, y := c.in(0), c.node(0)
	rank := c.rank(x)
	pads, given := c.ints("pads")
	if !given {
		pads, given = c.ints("paddings")
	}
	if !given {
		pads = c.integers(1, "pads")
	}
	value := c.float("value", 0)
	if c.has(2) {
		value = c.number(2, "value")
	}
	axes := places(rank)
	if c.has(3) {
		axes = c.integers(3, "axes")
	}
	if len(pads) != 2*len(axes) {
		c.fail(notSorted, "its pads must be two numbers for each of %s, got %d", plural.Of(len(axes), "axis"), len(pads))
	}
	before, after := make([]int, len(y.shape)), make([]int, len(y.shape))
	for i, a := range axes {
		b, e := pads[i], pads[len(axes)+i]
		if b == 0 && e == 0 {
			continue
		}
		at := c.axis(x, a)
		n := y.shape[at]
		if low := min(b, 0); low < 0 || e < 0 {
			if n+low+min(e, 0) < 1 {
				c.refuse("", "its pads leave nothing of axis %d, which has %s", a, plural.Of(n, "element"))
			}
			y = part(y, at, -low, n+min(e, 0))
		}
		before[at], after[at] = max(b, 0), max(e, 0)
	}
	mode := c.text("mode", "constant")
	first := slices.IndexFunc(places(len(before)), func(i int) bool { return before[i]+after[i] > 0 })
	if first < 0 {
		c.setNode(apply("linear", y))
		return
	}
	n := &node{kind: "pad", from: []*node{y}, shape: slices.Clone(y.shape)}
	for i := range before {
		if mode == "reflect" && max(before[i], after[i]) >= y.shape[i] {
			c.refuse("", "mode reflect with %d elements beside an axis of %d is not supported", max(before[i], after[i]), y.shape[i])
		}
		n.shape[i] += before[i] + after[i]
	}
	n.fields = []field{{"padding", intList(slices.Concat(before[first:], after[first:]))}}
	switch mode {
	case "constant":
		c.finite("its value", value)
		if value != 0 {
			n.fields = append(n.fields, field{"value", number(value)})
		}
	case "edge", "reflect":
		n.fields = append(n.fields, field{"mode", mode})
	default:
		c.refuse("", "mode %s is not supported", quote(mode))
	}
	c.setNode(n)
}

// isConv reports whether a node is a convolution.
func (n *node) isConv() bool {
	return n != nil && (slices.Contains([]string{"conv1d", "conv2d", "depthwise_conv1d", "depthwise_conv2d"}, n.kind) || n.isTransposed())
}

// isTransposed reports whether a node is a transposed convolution.
func (n *node) isTransposed() bool {
	return n.kind == "conv1d_transpose" || n.kind == "conv2d_transpose"
}

// convAfter changes the filters and biases of a convolution so that it computes
// what n, a factor and a term for each channel, makes of its result.
func (d *node) convAfter(n *node) bool {
	if n.kind != "affine" {
		return false
	}
	filters, plane := d.shape[0], size(d.shape[1:])
	for _, list := range [][]float64{n.affine.sub, n.affine.mul, n.affine.div, n.affine.add} {
		for i := range list {
			if len(list) > 1 && list[i] != list[i/plane*plane] {
				return false
			}
		}
	}
	w := d.weights[0]
	w.data = slices.Clone(w.data)
	bias := weight{"bias", []int{filters}, make([]float64, filters)}
	for o := range filters {
		s := n.affine.scale(o * plane)
		for _, row := range d.filter(w, o) {
			if degrades(row, func(int) float64 { return s }) {
				return false
			}
			for k := range row {
				row[k] *= s
			}
		}
		if len(d.weights) > 1 {
			bias.data[o] = d.weights[1].data[o]
		}
		bias.data[o] = n.affine.of(bias.data[o], o*plane)
	}
	d.weights = []weight{w, bias}
	d.shape = n.shape
	return true
}

// filter is what a weight has for output o: a row, or with the channels of the input
// first, one for each of those of its group.
func (d *node) filter(w weight, o int) [][]float64 {
	if !d.isTransposed() {
		each := len(w.data) / d.shape[0]
		return [][]float64{w.data[o*each : (o+1)*each]}
	}
	outs, taps := w.shape[1], size(w.shape[2:])
	ins := w.shape[0] * outs / d.shape[0] // of a group
	var rows [][]float64
	for c := o / outs * ins; c < (o/outs+1)*ins; c++ {
		first := (c*outs + o%outs) * taps
		rows = append(rows, w.data[first:first+taps])
	}
	return rows
}

// writeWindowed writes a layer whose fields are text.
func writeWindowed(w *writer, n *node) {
	var fields []string
	for _, f := range n.fields {
		fields = append(fields, fmt.Sprintf("%s: %v", f.name, f.value))
	}
	var tensors []Tensor
	for _, p := range n.weights {
		tensors = append(tensors, Tensor{p.name, p.shape, p.data})
	}
	if n.isConv() {
		w.trained = true
		fields = append(fields, activationField(n)...)
		if len(tensors) == 1 {
			fields = append(fields, "use_bias: false")
		}
	}
	w.emit(n, n.kind, []string{w.source(n.from[0], true)}, fields, n.shape, tensors...)
}

// activationField is the field of an activation that a layer applies.
func activationField(n *node) []string {
	if n.activation == nil {
		return nil
	}
	kind, inner := functionWord(n.activation)
	if inner != nil {
		kind = fmt.Sprintf("{%s: {%s}}", kind, joinFields(inner))
	}
	return []string{"activation: " + kind}
}

package importer

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/plural"
)

// lowerConvTranspose is a transposed convolution with constant filters [in,
// out/groups, …].
func lowerConvTranspose(c *call) {
	f, w := c.frame(), c.constant(1, "weight")
	f.flat()
	groups := c.integer("group", 1)
	if len(w.shape) != f.axes+2 || size(w.shape) == 0 || groups < 1 || w.shape[0] != f.x.shape[0] || w.shape[0]%groups != 0 {
		c.fail(notSorted, "filters of shape %v in %s do not go with an input of shape %v", w.shape, plural.Of(groups, "group"), f.x.shape)
	}
	filters, kernel := w.shape[1]*groups, w.shape[2:]
	if given, ok := c.ints("kernel_shape"); ok && !slices.Equal(given, kernel) {
		c.fail(notSorted, "attribute kernel_shape is %v, but the filters have the shape %v", given, w.shape)
	}
	n := &node{kind: fmt.Sprintf("conv%dd_transpose", f.axes), from: []*node{f.x}, shape: []int{filters}, weights: []weight{{"weight", w.shape, w.data}}}
	n.add("filters", fmt.Sprint(filters), "")
	f.transposed(n, kernel)
	n.add("groups", fmt.Sprint(groups), "1")
	c.bias(n, filters)
	f.set(n)
}

// add adds a field whose value is not the preset.
func (n *node) add(name, value, preset string) {
	if value != preset {
		n.fields = append(n.fields, field{name, value})
	}
}

// transposed fills in the fields and the sizes of a transposed convolution. Of
// what auto_pad and output_shape leave out an odd place is at the end with
// SAME_UPPER, else at the beginning.
func (f *frame) transposed(n *node, kernel []int) {
	strides, dilations := f.list("strides", f.axes, 1), f.list("dilations", f.axes, 1)
	pads, more := f.list("pads", 2*f.axes, 0), f.list("output_padding", f.axes, 0)
	auto := f.text("auto_pad", "NOTSET")
	given, shaped := f.ints("output_shape")
	if shaped && len(given) == f.axes+2 { // with batch and channels, as older exporters write it
		given = given[2:]
	}
	if shaped && len(given) != f.axes {
		f.fail(notSorted, "attribute output_shape must have %s, got %d", plural.Of(f.axes, "number"), len(given))
	}
	if !slices.Contains([]string{"NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"}, auto) {
		f.fail(notSorted, "attribute auto_pad must be NOTSET, SAME_UPPER, SAME_LOWER or VALID, got %s", quote(auto))
	}
	if auto == "VALID" {
		clear(pads)
	}
	same := auto == "SAME_UPPER" || auto == "SAME_LOWER"
	for i, size := range f.x.shape[1:] {
		full := (size-1)*strides[i] + (kernel[i]-1)*dilations[i] + 1
		out := full + more[i] - pads[i] - pads[f.axes+i]
		if same || shaped {
			if out = size * strides[i]; shaped {
				out = given[i]
			}
			all := full + more[i] - out
			if all < 0 { // places that nothing reaches
				more[i], all = more[i]-all, 0
			}
			if pads[i] = all / 2; auto != "SAME_UPPER" {
				pads[i] = all - all/2
			}
			pads[f.axes+i] = all - pads[i]
		}
		if out < 1 {
			f.fail(notSorted, "its pads leave nothing of axis %d", i+2)
		}
		if more[i] >= max(strides[i], dilations[i]) {
			f.refuse("", "%d places behind those that are computed, with strides %d and dilations %d, are not supported", more[i], strides[i], dilations[i])
		}
		n.shape = append(n.shape, out)
	}
	n.add("kernel_size", perAxis(kernel), "")
	n.add("strides", perAxis(strides), "1")
	n.add("dilation", perAxis(dilations), "1")
	n.add("padding", perAxis(pads), "0")
	n.add("output_padding", perAxis(more), "0")
}

// lowerResize samples axes other than the batch. The order of its inputs is x,
// scales in operator set 10, then x, roi, scales, sizes.
func lowerResize(c *call) {
	r := &resizing{call: c, coordinates: "asymmetric", rounding: "floor"}
	scales, sizes := 1, 4
	if c.opset >= 11 {
		scales, sizes = 2, 3
		r.coordinates, r.rounding = c.text("coordinate_transformation_mode", "half_pixel"), c.text("nearest_mode", "round_prefer_floor")
		if c.has(1) {
			c.taken[1] = true // the region, for tf_crop_and_resize alone
		}
	}
	r.mode = c.text("mode", "nearest")
	axes, ok := c.ints("axes")
	if !ok {
		axes = places(c.rank(c.in(0)))
	}
	if c.has(sizes) {
		r.bySizes(axes, c.integers(sizes, "sizes"))
	} else {
		var list []float64
		for _, s := range c.constant(scales, "scales").data {
			list = append(list, onnx.Ideal(float32(s)))
		}
		r.byScales(axes, list)
	}
	if r.coordinates == "tf_crop_and_resize" || r.coordinates == "half_pixel_symmetric" || r.coordinates == "tf_half_pixel_for_nn" && (r.mode != "nearest" || halfLater[r.rounding] == "") {
		c.refuse("export it with another coordinate_transformation_mode", "coordinate_transformation_mode %s is not supported", r.coordinates)
	}
	if r.coordinates == "tf_half_pixel_for_nn" {
		r.coordinates, r.rounding = "half_pixel", halfLater[r.rounding]
	}
	if r.coordinates == "align_corners" && r.fraction() {
		c.refuse("export it with sizes", "align_corners with a scale that makes no whole size is not supported: ONNX and ONNX Runtime mean different places")
	}
	if p := c.text("keep_aspect_ratio_policy", "stretch"); p != "stretch" && c.has(sizes) {
		c.refuse("", "keep_aspect_ratio_policy %s is not supported", quote(p))
	}
	if c.integer("antialias", 0) != 0 && r.mode != "nearest" && r.smaller() {
		c.refuse("", "antialias is not supported where an axis becomes smaller")
	}
	if c.integer("exclude_outside", 0) != 0 && r.mode == "cubic" {
		c.refuse("", "exclude_outside is not supported")
	}
	if a := c.float("cubic_coeff_a", -0.75); a != -0.75 && r.mode == "cubic" {
		c.refuse("", "cubic_coeff_a must be -0.75, got %g", a)
	}
	c.float("extrapolation_value", 0) // of tf_crop_and_resize
	r.set()
}

// halfLater is the rounding of half_pixel, p, that is one of (o + ½)/s, p + ½.
var halfLater = map[string]string{"floor": "round_prefer_ceil", "round_prefer_floor": "ceil"}

// lowerUpsample is the operator before Resize.
func lowerUpsample(c *call) {
	r := &resizing{call: c, mode: c.text("mode", "nearest"), coordinates: "asymmetric", rounding: "floor"}
	var list []float64
	if a := c.attribute("scales", onnx.AttributeFloats); a != nil {
		for _, s := range a.Floats {
			list = append(list, onnx.Ideal(s))
		}
	} else {
		for _, s := range c.constant(1, "scales").data {
			list = append(list, onnx.Ideal(float32(s)))
		}
	}
	r.byScales(places(c.rank(c.in(0))), list)
	r.set()
}

// resizing is a node that samples axes.
type resizing struct {
	*call
	mode, coordinates, rounding string
	scaled                      bool
	factors                     []float64 // of all axes of a sample, or the sizes
	shape                       []int
}

// axes calls f for every axis of a sample that is listed, and keeps the batch as
// it is: keeps says whether a number does.
func (r *resizing) each(axes []int, count int, keeps func(i int) bool, f func(at, i int)) {
	if len(axes) != count {
		r.fail(notSorted, "it has %s for %s", plural.Of(count, "number"), plural.Of(len(axes), "axis"))
	}
	x, n := r.in(0), r.node(0)
	r.shape = slices.Clone(n.shape)
	for i, a := range axes {
		if a < 0 {
			a += r.rank(x)
		}
		if a == 0 && r.apart(n) {
			if !keeps(i) {
				r.mixes("it samples the batch axis")
			}
			continue
		}
		f(r.axis(x, a), i)
	}
}

func (r *resizing) byScales(axes []int, scales []float64) {
	n := r.node(0)
	r.scaled, r.factors = true, slices.Repeat([]float64{1}, len(n.shape))
	r.each(axes, len(scales), func(i int) bool { return scales[i] == 1 }, func(at, i int) {
		s := scales[i]
		if !(s > 0) || s > maxWindow {
			r.fail(notSorted, "a scale must be positive, got %g", s)
		}
		r.factors[at] = s
		r.shape[at] = int(math.Floor(float64(n.shape[at])*s + 1e-9)) // 10·0.7 is 7
	})
}

func (r *resizing) bySizes(axes, sizes []int) {
	n := r.node(0)
	r.factors = make([]float64, len(n.shape))
	for i, d := range n.shape {
		r.factors[i] = float64(d)
	}
	r.each(axes, len(sizes), func(i int) bool { return timesSamples(sizes[i]) == 1 || r.count > 0 && sizes[i] == r.count }, func(at, i int) {
		if sizes[i] < 1 {
			r.fail(notSorted, "a size must be positive, got %d", sizes[i])
		}
		r.factors[at], r.shape[at] = float64(sizes[i]), sizes[i]
	})
}

// fraction reports whether an axis would have a part of an element.
func (r *resizing) fraction() bool {
	for i, d := range r.node(0).shape {
		if r.scaled && math.Abs(float64(d)*r.factors[i]-float64(r.shape[i])) > 1e-9 {
			return true
		}
	}
	return false
}

// smaller reports whether an axis becomes smaller.
func (r *resizing) smaller() bool {
	for i, d := range r.node(0).shape {
		if r.shape[i] < d {
			return true
		}
	}
	return false
}

func (r *resizing) set() {
	x := r.node(0)
	if r.mode == "bilinear" || r.mode == "linear" {
		r.mode = "linear"
	} else if r.mode != "nearest" && r.mode != "cubic" {
		r.refuse("", "mode %s is not supported", quote(r.mode))
	}
	if r.mode == "nearest" && !slices.Contains([]string{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}, r.rounding) ||
		!slices.Contains([]string{"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"}, r.coordinates) {
		r.fail(notSorted, "its coordinates %s or its rounding %s are not those of ONNX", quote(r.coordinates), quote(r.rounding))
	}
	if size(r.shape) == 0 {
		r.notEmpty(r.shape)
	}
	keeps := func(i int) bool { return r.factors[i] == 1 && r.scaled || !r.scaled && r.shape[i] == x.shape[i] }
	first := slices.IndexFunc(places(len(x.shape)), func(i int) bool { return !keeps(i) })
	if first < 0 {
		r.setNode(apply("linear", x))
		return
	}
	n := &node{kind: "resize", from: []*node{x}, shape: r.shape}
	list, what := r.factors[first:], "sizes"
	if r.scaled {
		what = "scales"
	}
	text := numberList(list)
	if first == 1 && slices.Min(list) == slices.Max(list) { // all behind the channels
		text = number(list[0])
	} else if len(list) == 1 && first > 0 { // one number would be for all of these
		text = numberList(r.factors[first-1:])
	}
	n.add(what, text, "")
	n.add("mode", r.mode, "nearest")
	// Where every element is repeated, many coordinates are the same.
	repeats := r.mode == "nearest" && r.scaled && !slices.ContainsFunc(list, func(s float64) bool { return s != math.Trunc(s) }) &&
		(r.coordinates == "asymmetric" && r.rounding == "floor" || r.coordinates == "half_pixel" && r.rounding != "floor" && r.rounding != "ceil")
	if !repeats {
		n.add("coordinates", r.coordinates, "half_pixel")
		if r.mode == "nearest" {
			n.add("rounding", r.rounding, "round_prefer_floor")
		}
	}
	r.setNode(n)
}

// numberList writes numbers in brackets.
func numberList(list []float64) string {
	text := "["
	for i, x := range list {
		if i > 0 {
			text += ", "
		}
		text += number(x)
	}
	return text + "]"
}

// shuffles finds channels that are dealt out in turn: seen as groups, transposed
// and put side by side.
func (g *graph) shuffles() {
	readers := g.readers()
	for _, n := range g.order() {
		turned := firstOf(n)
		if n.kind != "reshape" || turned == nil || turned.kind != "transpose" || turned.from[0].kind != "reshape" {
			continue
		}
		parted := turned.from[0]
		x, perm := parted.from[0], turned.field("perm").([]int)
		swaps := len(perm) > 1 && perm[0] == 1 && perm[1] == 0 && slices.Equal(perm[2:], places(len(perm))[2:])
		r, single := only(readers, turned)
		if !swaps || !single || r != n || !slices.Equal(n.shape, x.shape) || !slices.Equal(parted.shape[2:], x.shape[1:]) {
			continue
		}
		n.become(&node{kind: "channel_shuffle", from: []*node{x}, shape: n.shape, fields: []field{{"groups", fmt.Sprint(parted.shape[0])}}})
	}
}

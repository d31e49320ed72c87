package evaluate

import (
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// convTranspose is Y[n, m, i·stride + k·dilation − begin] = B[m] + Σ X[n, c, i]·W[c, m, k]
// over the channels c of m's group, the places i and the window.
func convTranspose(c *call) []*Tensor {
	x, w := c.x(0), c.x(1)
	if len(x.Shape) < 3 || len(w.Shape) != len(x.Shape) {
		c.fail("shapes %v and %v do not go together", x.Shape, w.Shape)
	}
	groups := c.integer("group", 1)
	batch, channels, outs := x.Shape[0], x.Shape[1], w.Shape[1]
	if groups < 1 || channels != w.Shape[0] || channels%groups != 0 {
		c.fail("%d channels in %d groups do not go with filters of shape %v", channels, groups, w.Shape)
	}
	in, kernel := x.Shape[2:], w.Shape[2:]
	rank := len(in)
	read := func(name string, preset int) []int {
		if list, ok := c.integers(name, -1); ok {
			return list
		}
		return slices.Repeat([]int{preset}, rank)
	}
	stride, dilation, more := read("strides", 1), read("dilations", 1), read("output_padding", 0)
	pads, ok := c.integers("pads", -1)
	if !ok {
		pads = make([]int, 2*rank)
	}
	wanted, given := c.integers("output_shape", -1)
	auto := c.text("auto_pad", "NOTSET")
	var begin, out []int
	for i := range in {
		full := stride[i]*(in[i]-1) + more[i] + (kernel[i]-1)*dilation[i] + 1
		b, e := pads[i], pads[rank+i]
		if auto == "VALID" {
			b, e = 0, 0
		}
		if given || auto == "SAME_UPPER" || auto == "SAME_LOWER" {
			n := in[i] * stride[i]
			if given {
				n = wanted[len(wanted)-rank+i]
			}
			// total_padding of the definition; a negative one adds places behind
			total := full - n
			if auto == "SAME_UPPER" {
				b = max(total, 0) / 2
			} else {
				b = max(total, 0) - max(total, 0)/2
			}
			e = total - b
		}
		begin, out = append(begin, b), append(out, full-b-e)
	}
	filters := outs * groups
	size, taps, places := Size(in), Size(kernel), Size(out)
	y := c.tensor(slices.Concat([]int{batch, filters}, out), int64(batch)*int64(channels)*int64(size)*int64(outs)*int64(taps))
	if c.has(2) {
		for i := range y.Data {
			y.Data[i] = c.x(2).Data[i/places%filters]
		}
	}
	for i := range size {
		for k := range taps {
			at, scale := 0, 1
			for d, ri, rk := rank-1, i, k; d >= 0; d-- {
				p := ri%in[d]*stride[d] + rk%kernel[d]*dilation[d] - begin[d]
				if p < 0 || p >= out[d] {
					at = -1
					break
				}
				at += p * scale
				ri, rk, scale = ri/in[d], rk/kernel[d], scale*out[d]
			}
			if at < 0 {
				continue
			}
			for n := range batch {
				for ch := range channels {
					v, first := x.Data[(n*channels+ch)*size+i], ch/(channels/groups)*outs
					for m := range outs {
						y.Data[(n*filters+first+m)*places+at] += v * w.Data[(ch*outs+m)*taps+k]
					}
				}
			}
		}
	}
	return one(y)
}

// sample says where the elements of a resized axis come from.
type sample struct {
	in, out     int
	scale       float64
	mode        string
	coordinates string
	rounding    string
	a           float64 // of cubic
	exclude     bool    // what lies outside
}

// place is x_original of the definition, halves exact.
func (s *sample) place(o int) float64 {
	x := float64(o)
	switch s.coordinates {
	case "asymmetric":
		x /= s.scale
	case "align_corners":
		if s.out == 1 {
			return 0
		}
		x *= float64(s.in-1) / float64(s.out-1)
	case "pytorch_half_pixel":
		if s.out == 1 {
			return 0
		}
		x = (x+0.5)/s.scale - 0.5
	case "tf_half_pixel_for_nn":
		x = (x + 0.5) / s.scale
	default:
		x = (x+0.5)/s.scale - 0.5
	}
	if near := math.Round(2*x) / 2; math.Abs(x-near) < 1e-9 {
		return near
	}
	return x
}

// weights are those of the elements of the axis that make element o.
func (s *sample) weights(o int) map[int]float64 {
	x := s.place(o)
	low := math.Floor(x)
	list := map[int]float64{} // by the place, which may lie outside
	switch s.mode {
	case "nearest":
		at := math.Floor(x)
		switch s.rounding {
		case "ceil":
			at = math.Ceil(x)
		case "round_prefer_floor":
			at = math.Ceil(x - 0.5)
		case "round_prefer_ceil":
			at = math.Floor(x + 0.5)
		}
		list[int(at)] = 1
	case "cubic":
		for k := -1; k <= 2; k++ {
			d, a := math.Abs(x-low-float64(k)), s.a
			if d <= 1 {
				list[int(low)+k] = (a+2)*d*d*d - (a+3)*d*d + 1
			} else {
				list[int(low)+k] = a*d*d*d - 5*a*d*d + 8*a*d - 4*a
			}
		}
	default:
		list[int(low)] = 1 - (x - low)
		list[int(low)+1] = x - low
	}
	edge, sum := map[int]float64{}, 0.0
	for at, w := range list {
		outside := at < 0 || at >= s.in
		if w == 0 || outside && s.exclude {
			continue
		}
		edge[min(max(at, 0), s.in-1)] += w
		sum += w
	}
	if s.exclude {
		for at := range edge {
			edge[at] /= sum
		}
	}
	return edge
}

// resampled is x with one axis resized.
func (c *call) resampled(x *Tensor, axis int, s *sample) *Tensor {
	shape := slices.Clone(x.Shape)
	shape[axis] = s.out
	y := c.tensor(shape, 4*int64(Size(shape)))
	inner := Size(x.Shape[axis+1:])
	for o := range s.out {
		w := s.weights(o)
		var from []int
		for at := range w {
			from = append(from, at)
		}
		slices.Sort(from)
		for outer := range Size(x.Shape[:axis]) {
			for i := range inner {
				sum := 0.0
				for _, at := range from {
					sum += w[at] * x.Data[(outer*s.in+at)*inner+i]
				}
				y.Data[(outer*s.out+o)*inner+i] = sum
			}
		}
	}
	return y
}

// resize samples every axis by its scale, or to its size.
func resize(c *call) []*Tensor {
	x := c.x(0)
	s := sample{mode: c.text("mode", "nearest"), coordinates: "asymmetric", rounding: "floor", a: c.float("cubic_coeff_a", -0.75), exclude: c.integer("exclude_outside", 0) != 0}
	scales, sizes := 1, 4
	if c.g.opset >= 11 {
		scales, sizes = 2, 3
		s.coordinates, s.rounding = c.text("coordinate_transformation_mode", "half_pixel"), c.text("nearest_mode", "round_prefer_floor")
	}
	if s.coordinates == "tf_crop_and_resize" || s.coordinates == "half_pixel_symmetric" || c.has(sizes) && c.text("keep_aspect_ratio_policy", "stretch") != "stretch" {
		c.fail("this form of Resize is not evaluated")
	}
	axes, ok := c.integers("axes", -1)
	if !ok {
		axes = from(0, len(x.Shape))
	}
	antialias := c.integer("antialias", 0) != 0 && s.mode != "nearest"
	for i, a := range axes {
		a, s := c.axis(a, len(x.Shape)), s
		if s.in = x.Shape[a]; c.has(sizes) {
			s.out = whole(c.x(sizes).Data)[i]
			s.scale = float64(s.out) / float64(s.in)
		} else {
			s.scale = onnx.Ideal(float32(c.x(scales).Data[i]))
			s.out = int(math.Floor(float64(s.in)*s.scale + 1e-9))
		}
		if antialias && s.out < s.in {
			c.fail("antialias is not evaluated where an axis becomes smaller")
		}
		if s.scale != 1 {
			x = c.resampled(x, a, &s)
		}
	}
	return one(x)
}

// upsample repeats elements, or lies between them.
func upsample(c *call) []*Tensor {
	x := c.x(0)
	var scales []float64
	if a := c.attribute("scales"); a != nil {
		for _, f := range a.Floats {
			scales = append(scales, onnx.Ideal(f))
		}
	} else {
		for _, f := range c.x(1).Data {
			scales = append(scales, onnx.Ideal(float32(f)))
		}
	}
	for axis, scale := range scales {
		if scale != 1 {
			n := x.Shape[axis]
			x = c.resampled(x, axis, &sample{in: n, out: int(math.Floor(float64(n)*scale + 1e-9)), scale: scale, mode: c.text("mode", "nearest"), coordinates: "asymmetric", rounding: "floor"})
		}
	}
	return one(x)
}

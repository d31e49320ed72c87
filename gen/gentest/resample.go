package gentest

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
)

// transposedLayer adds a transposed convolution.
func (n *network) transposedLayer(kind string) {
	x := n.image(n.any(), int(kind[4]-'0'))
	x.read = true
	f := spec.Fields{}
	filters := n.filters(kind, x, f)
	axes := len(x.dims) - 1
	kernel, stride, dilation, more := make([]int, axes), make([]int, axes), make([]int, axes), make([]int, axes)
	before, after := make([]int, axes), make([]int, axes)
	word := n.pick("padding", []string{"valid", "same", "same_lower", "numbers"})
	dims := []int{filters}
	for i, size := range x.dims[1:] {
		kernel[i], stride[i], dilation[i] = 1+n.IntN(4), 1+n.IntN(3), 1
		if n.count("dilation", kernel[i] > 1 && n.chance(0.3)) {
			dilation[i] = 1 + n.IntN(3)
		}
		span := (kernel[i]-1)*dilation[i] + 1
		out := (size-1)*stride[i] + span
		switch word {
		case "same", "same_lower":
			out = size * stride[i]
		case "numbers":
			before[i] = n.IntN(min(span, out))
			after[i] = n.IntN(min(span, out-before[i]))
			more[i] = n.IntN(max(stride[i], dilation[i]))
			out += more[i] - before[i] - after[i]
		}
		dims = append(dims, out)
	}
	f["kernel_size"], f["strides"], f["dilation"], f["padding"], f["output_padding"] = kernel, stride, dilation, any(word), more
	if word == "numbers" {
		f["padding"] = slices.Concat(before, after)
	}
	n.kernelFields(f)
	n.sized(kind, x, f, dims)
}

// sized adds a layer unless its result is too much for the oracle.
func (n *network) sized(kind string, x *node, f spec.Fields, dims []int) {
	size := 1
	for _, d := range dims {
		size *= d
	}
	if size > 400 {
		n.push(n.b.Layer("flatten", x.ref), x.size)
		return
	}
	n.push(n.b.Layer(kind, x.ref, f), size).dims = dims
}

// resizeLayer adds a resizing of some of the last axes.
func (n *network) resizeLayer() {
	x := n.shaped(n.any())
	x.read = true
	mode := n.pick("resize", []string{"nearest", "linear", "cubic"})
	f := spec.Fields{"mode": mode, "coordinates": n.pick("coordinates", []string{"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"})}
	if mode == "nearest" {
		f["rounding"] = n.pick("rounding", []string{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
	}
	dims := slices.Clone(x.dims)
	axes := 2 + n.IntN(max(len(dims)-1, 1)) // one number may be for several axes
	first := max(len(dims)-axes, 0)
	by := n.pick("resize by", []string{"scales", "sizes"})
	var list []float64
	for i := first; i < len(dims); i++ {
		if by == "sizes" {
			dims[i] = 1 + n.IntN(2*dims[i])
			list = append(list, float64(dims[i]))
			continue
		}
		s := []float64{1, 2, 3, 1.5, 0.5, 0.6}[n.IntN(6)]
		for float64(dims[i])*s < 1 {
			s *= 2
		}
		list = append(list, s)
		dims[i] = int(float64(dims[i])*s + 1e-9)
	}
	f[by] = list
	n.sized("resize", x, f, dims)
}

// shuffleLayer deals channels out.
func (n *network) shuffleLayer() {
	x := n.shaped(n.any())
	x.read = true
	groups := 1
	for d := 2; d <= x.dims[0]; d++ {
		if x.dims[0]%d == 0 && (groups == 1 || n.chance(0.4)) {
			groups = d
		}
	}
	n.sized("channel_shuffle", x, spec.Fields{"groups": groups}, slices.Clone(x.dims))
}

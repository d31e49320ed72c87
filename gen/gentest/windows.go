package gentest

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec"
)

// windowed reports whether a layer moves a window over the axes behind the
// channels, and how many those are.
func windowed(kind string) (axes int, ok bool) {
	if !strings.Contains(kind, "conv") && !strings.Contains(kind, "pool") || strings.HasPrefix(kind, "global") {
		return 0, false
	}
	return int(kind[len(kind)-2] - '0'), true
}

// image returns x as [channels, …] with some axes behind them.
func (n *network) image(x *node, axes int) *node {
	if len(x.dims) == axes+1 {
		return x
	}
	dims, rest := []int{}, x.size
	for range axes {
		var fit []int
		for d := 1; d <= min(rest, 9); d++ {
			if rest%d == 0 && (d > 1 || n.chance(0.3)) {
				fit = append(fit, d)
			}
		}
		d := 1
		if len(fit) > 0 {
			d = fit[n.IntN(len(fit))]
		}
		dims, rest = append(dims, d), rest/d
	}
	if n.chance(0.3) { // long rather than deep
		dims[axes-1], rest = dims[axes-1]*rest, 1
	}
	return n.reshaped(x, append([]int{rest}, dims...))
}

// windowLayer adds a convolution or a pooling.
func (n *network) windowLayer(kind string, axes int) {
	x := n.any()
	if x.size < 20 && n.chance(0.7) {
		x = n.dense(x, []int{24, 30, 36, 40, 48, 60, 64, 72}[n.IntN(8)])
		x.read = true
	}
	x = n.image(x, axes)
	x.read = true
	conv := strings.Contains(kind, "conv")
	f := spec.Fields{}
	channels := n.filters(kind, x, f)
	out, pads := n.windows(kind, x.dims[1:], f)
	switch {
	case conv:
		n.kernelFields(f)
		if n.count("stream of a convolution", any(f["padding"]) == "causal" && divides(f, x.dims[1:])) {
			f["stateful"] = true
		}
	case strings.HasPrefix(kind, "avg") && n.count("pool with its padding", pads && n.chance(0.8)):
		f["count_include_pad"] = true
	}
	n.sized(kind, x, f, append([]int{channels}, out...))
}

// divides reports whether the strides divide the sizes.
func divides(f spec.Fields, sizes []int) bool {
	for i, s := range f["strides"].([]int) {
		if sizes[i]%s != 0 {
			return false
		}
	}
	return true
}

// filters chooses the channels of a result.
func (n *network) filters(kind string, x *node, f spec.Fields) int {
	channels := x.dims[0]
	switch {
	case strings.Contains(kind, "pool"):
		return channels
	case strings.HasPrefix(kind, "depthwise"):
		m := 1 + n.IntN(3)
		f["depth_multiplier"] = m
		return m * channels
	}
	filters := []int{1, 2, 3, 4, 7, 8, 16, 17}[n.IntN(8)]
	var divisors []int
	for d := 2; d <= min(channels, 8); d++ {
		if channels%d == 0 {
			divisors = append(divisors, d)
		}
	}
	if n.count("groups", len(divisors) > 0 && n.chance(0.6)) {
		groups := divisors[n.IntN(len(divisors))]
		f["groups"] = groups
		filters = groups * (1 + n.IntN(4))
	}
	f["filters"] = filters
	return filters
}

// windows chooses windows that fit, and returns the sizes of the result.
func (n *network) windows(kind string, sizes []int, f spec.Fields) (out []int, pads bool) {
	axes := len(sizes)
	kernel, stride, dilation := make([]int, axes), make([]int, axes), make([]int, axes)
	before, after := make([]int, axes), make([]int, axes)
	words := []string{"valid", "same", "same_lower", "numbers", "numbers"}
	if kind == "conv1d" || kind == "depthwise_conv1d" {
		if words = append(words, "causal"); n.chance(0.4) { // of which a stream is made
			words = []string{"causal"}
		}
	}
	word := n.pick("padding", words)
	ceil := strings.Contains(kind, "pool") && n.count("ceil_mode", n.chance(0.4))
	for i, size := range sizes {
		kernel[i], stride[i], dilation[i] = 1+n.IntN(min(size, n.window(i))), 1+n.IntN(3), 1
		if n.count("dilation", kernel[i] > 1 && n.chance(0.3)) {
			dilation[i] = 1 + n.IntN(3)
		}
		for (kernel[i]-1)*dilation[i] >= size && word != "causal" {
			kernel[i]--
		}
		if word == "numbers" { // less than half a window, so that none lies in it alone
			most := min((kernel[i]+1)/2, size)
			before[i], after[i] = n.IntN(most), n.IntN(most)
			if dilation[i] > 1 && strings.Contains(kind, "pool") {
				before[i], after[i] = 0, 0
			}
			pads = pads || before[i]+after[i] > 0
		}
		span := (kernel[i]-1)*dilation[i] + 1
		padded := size + before[i] + after[i]
		switch {
		case strings.HasPrefix(word, "same"):
			if strings.Contains(kind, "pool") { // dilated windows may read padding alone
				dilation[i] = 1
			}
			out = append(out, (size+stride[i]-1)/stride[i])
		case word == "causal":
			out = append(out, (size-1)/stride[i]+1)
		case ceil:
			o := (padded-span+stride[i]-1)/stride[i] + 1
			if (o-1)*stride[i] >= size+before[i] {
				o--
			}
			out = append(out, o)
		default:
			out = append(out, (padded-span)/stride[i]+1)
		}
	}
	f["kernel_size"], f["strides"], f["dilation"], f["padding"] = kernel, stride, dilation, any(word)
	if word == "numbers" {
		f["padding"] = slices.Concat(before, after)
	}
	if ceil {
		f["ceil_mode"] = true
	}
	return out, pads || word != "numbers" && word != "valid"
}

// window is the greatest size of a window along an axis.
func (n *network) window(axis int) int {
	if n.greatest != nil {
		return n.greatest[axis]
	}
	return 5
}

// padLayer adds a padding, some of whose axes may have none.
func (n *network) padLayer() {
	x := n.shaped(n.any())
	mode := n.pick("pad", []string{"constant", "edge", "reflect"})
	axes := 1 + n.IntN(len(x.dims))
	size, first := 1, len(x.dims)-axes
	before, after := make([]int, axes), make([]int, axes)
	for i, d := range x.dims {
		if i >= first {
			most := 3
			if mode == "reflect" {
				most = min(most, d)
			}
			before[i-first], after[i-first] = n.IntN(most), n.IntN(most)
			d += before[i-first] + after[i-first]
		}
		size *= d
	}
	f := spec.Fields{"padding": slices.Concat(before, after), "mode": mode}
	if n.chance(0.4) {
		f["value"] = -0.3
	}
	n.push(n.b.Layer("pad", x.ref, f), size)
}

// globalPool adds a pooling of everything behind the channels.
func (n *network) globalPool(kind string) {
	x := n.image(n.any(), 1+n.IntN(2))
	x.read = true
	n.push(n.b.Layer(kind, x.ref, spec.Fields{"keepdims": n.chance(0.5)}), x.dims[0])
}

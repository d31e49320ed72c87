package importer

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// lowerSTFT is a convolution with windowed waves: of a signal [batch, samples, 1] the
// spectra [batch, frames, bins, 2], Σ x[f·step + n]·w[n]·e^(−2πi·kn/N).
func lowerSTFT(c *call) {
	v, x := c.in(0), c.node(0)
	shape := x.shape
	if !c.apart(x) {
		if len(shape) == 0 || shape[0] != 1 {
			c.mixes("its signal has the shape %v, whose first dimension must be the batch", shape)
		}
		shape = shape[1:]
	}
	if len(shape) == 2 && shape[1] == 2 {
		c.refuse("", "a complex signal is not supported")
	}
	if len(shape) != 1 && (len(shape) != 2 || shape[1] != 1) {
		c.fail(notSorted, "a signal must have the shape [batch, samples, 1], got %s", plural.Of(c.rank(v), "dimension"))
	}
	samples, step := shape[0], int(c.number(1, "frame_step"))
	var wave []float64
	if c.has(2) {
		wave = c.constant(2, "window").data
	}
	size := len(wave)
	if c.has(3) {
		size = int(c.number(3, "frame_length"))
	}
	if wave == nil {
		wave = slices.Repeat([]float64{1}, size)
	}
	if len(wave) != size || size < 1 || size > samples || step < 1 || step > maxWindow {
		c.fail(notSorted, "a window of %d, frames of %d and steps of %d do not go with %s", len(wave), size, step, plural.Of(samples, "sample"))
	}
	bins := size
	if c.integer("onesided", 1) != 0 {
		bins = size/2 + 1
	}
	c.checkExpanded(2*bins, size)
	filters := make([]float64, 0, 2*bins*size)
	for part := range 2 {
		for k := range bins {
			for n, w := range wave {
				sin, cos := math.Sincos(2 * math.Pi * float64(k*n%size) / float64(size))
				filters = append(filters, w*[]float64{cos, -sin}[part])
			}
		}
	}
	frames := (samples-size)/step + 1
	conv := &node{kind: "conv1d", from: []*node{reshaped(x, []int{1, samples})}, shape: []int{2 * bins, frames}, weights: []weight{{"weight", []int{2 * bins, 1, size}, filters}},
		fields: []field{{"filters", fmt.Sprint(2 * bins)}, {"kernel_size", fmt.Sprint(size)}}}
	if step > 1 {
		conv.fields = append(conv.fields, field{"strides", fmt.Sprint(step)})
	}
	parts := reshaped(conv, []int{2, bins, frames})
	perm := []int{2, 1, 0}
	out, places := transposed(parts.shape, perm)
	y := permuted(parts, out, places, perm)
	if !c.apart(x) {
		y = reshaped(y, slices.Concat([]int{1}, out))
	}
	c.setNode(y)
}

package importer

import (
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// lowerSoftmax is softmax or log_softmax. Before operator set 13 it runs over
// all dimensions from its axis on.
func lowerSoftmax(kind string) func(c *call) {
	return func(c *call) {
		x := c.in(0)
		n := c.node(0)
		if c.opset >= 13 {
			c.setNode(&node{kind: kind, from: []*node{n}, shape: n.shape, fields: []field{{"axis", c.axis(x, c.integer("axis", -1))}}})
			return
		}
		axis := c.integer("axis", 1)
		if axis == c.rank(x) && axis == 1 { // of a vector: each element for itself
			c.refuse("", "axis 1 of a vector is not supported")
		}
		axis = c.axis(x, axis)
		rows := reshaped(n, []int{size(n.shape[:axis]), size(n.shape[axis:])})
		y := &node{kind: kind, from: []*node{rows}, shape: rows.shape, fields: []field{{"axis", 1}}}
		c.setNode(reshaped(y, n.shape))
	}
}

// batchNorm is the parameters of a batch normalisation, kept for the case that
// it is not folded into a dense layer.
type batchNorm struct {
	scale, bias, mean, variance []float64
	epsilon                     float64
	axis                        int // of the channels
}

func lowerBatchNormalization(c *call) {
	epsilon := c.epsilon()
	momentum := c.float("momentum", 0.9)
	if c.integer("is_test", 1) == 0 {
		c.refuse("export the model for inference (model.eval())", "batch normalisation in training mode is not supported before operator set 14")
	}
	if c.integer("spatial", 1) == 0 {
		c.refuse("", "batch normalisation with spatial 0 is not supported")
	}
	if c.integer("training_mode", 0) != 0 {
		c.batchStatistics(epsilon, momentum)
		return
	}
	names := []string{"scale", "bias", "mean", "variance"}
	var p [4][]float64
	x := c.in(0)
	channels := 1
	axis := 0
	if c.rank(x) > 1 {
		axis = c.axis(x, 1)
	}
	n := c.node(0)
	if len(n.shape) > 0 && (c.rank(x) > 1 || len(c.constant(1, names[0]).data) != 1) { // a vector has one channel
		channels = n.shape[axis]
	}
	for i := range p {
		a := c.constant(i+1, names[i])
		if len(a.data) != channels {
			c.fail(notSorted, "its %s has %s for %s", names[i], plural.Of(len(a.data), "number"), plural.Of(channels, "channel"))
		}
		p[i] = a.data
	}
	shape := make([]int, len(n.shape))
	for i := range shape {
		shape[i] = 1
	}
	if len(shape) > 0 {
		shape[axis] = channels
	}
	spread := func(list []float64) []float64 { return (&array{shape: shape, data: list}).expand(n.shape).data }
	deviation := make([]float64, channels)
	for i, v := range p[3] {
		deviation[i] = math.Sqrt(v + epsilon)
	}
	y := affinely(n, affine{sub: spread(p[2]), mul: spread(p[0]), div: spread(deviation), add: spread(p[1])})
	if len(shape) == 0 || n.shape[axis] == channels {
		y.norm = &batchNorm{p[0], p[1], p[2], p[3], epsilon, axis}
	}
	c.setNode(y)
}

// batchStatistics is batch normalisation by the statistics of what it reads, whose
// first dimension must belong to the sample, and what they make of the running ones:
// layers that compute them.
func (c *call) batchStatistics(epsilon, momentum float64) {
	x := c.node(0)
	if c.batch {
		c.mixes("batch normalisation in training mode takes statistics over the batch")
	}
	if len(x.shape) < 2 {
		c.fail(notSorted, "its input has the shape %v, without channels", x.shape)
	}
	axes := append([]int{0}, places(len(x.shape))[2:]...)
	channels := slices.Repeat([]int{1}, len(x.shape))
	channels[1] = x.shape[1]
	spread := func(list []float64, shape []int) []float64 {
		return (&array{shape: channels, data: list}).expand(shape).data
	}
	var p [4][]float64
	for i, name := range []string{"scale", "bias", "mean", "variance"} {
		if p[i] = c.constant(i+1, name).data; len(p[i]) != x.shape[1] {
			c.fail(notSorted, "its %s has %s for %s", name, plural.Of(len(p[i]), "number"), plural.Of(x.shape[1], "channel"))
		}
	}
	mean := reduce("reduce_mean", x, axes, true)
	d := merge("subtract", []*node{x, mean}, x.shape)
	variance := reduce("reduce_mean", apply("pow", d, 2), axes, true)
	root := apply("sqrt", shifted(variance, epsilon))
	c.setNode(affinely(merge("divide", []*node{d, root}, x.shape), affine{mul: spread(p[0], x.shape), add: spread(p[1], x.shape)}))
	for i, now := range []*node{mean, variance} {
		moved := affinely(now, affine{mul: []float64{1 - momentum}, add: spread(combine(p[2+i], []float64{momentum}, product), now.shape)})
		c.set(1+i, value{node: reshaped(moved, x.shape[1:2])})
	}
}

func lowerLayerNormalization(c *call) {
	epsilon := c.epsilon()
	c.integer("stash_type", 1)
	x := c.in(0)
	axis := c.axis(x, c.integer("axis", -1))
	n := c.node(0)
	over := n.shape[axis:]
	read := func(i int, what string) []float64 {
		a := c.constant(i, what)
		shape, ok := broadcast(a.shape, over)
		if !ok || size(shape) != size(over) {
			c.fail(notSorted, "its %s has shape %v, but it normalises %v", what, a.shape, over)
		}
		return (&array{shape: a.shape, data: a.data}).expand(shape).data
	}
	weight := read(1, "scale")
	var bias []float64
	if c.has(2) {
		bias = read(2, "bias")
	}
	c.setNode(layerNorm(n, axis, epsilon, weight, bias))
	if !c.wants(1) && !c.wants(2) {
		return
	}
	var axes []int
	for i := axis; i < len(n.shape); i++ {
		axes = append(axes, i)
	}
	mean := reduce("reduce_mean", n, axes, true)
	if c.wants(1) {
		c.set(1, value{node: mean})
	}
	if c.wants(2) {
		d := &node{kind: "subtract", from: []*node{n, mean}, shape: n.shape}
		v := reduce("reduce_mean", apply("square", d), axes, true)
		c.set(2, value{node: apply("reciprocal", apply("sqrt", shifted(v, epsilon)))})
	}
}

// layerNorm normalises over the dimensions from axis on; a scale or a bias may
// be absent.
func layerNorm(x *node, axis int, epsilon float64, scale, bias []float64) *node {
	n := &node{kind: "layer_normalization", from: []*node{x}, shape: x.shape, fields: []field{{"axis", axis}, {"epsilon", epsilon}}}
	if scale != nil {
		n.weights = append(n.weights, weight{"weight", x.shape[axis:], scale})
	}
	if bias != nil {
		n.weights = append(n.weights, weight{"bias", x.shape[axis:], bias})
	}
	return n
}

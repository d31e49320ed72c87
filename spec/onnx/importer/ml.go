package importer

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/spec/onnx"
)

// Operators of ai.onnx.ml, as scikit-learn's converter writes them around a
// network.

// lowerScaler is (x − offset)·scale, with one number or one per feature.
func lowerScaler(c *call) {
	x := c.node(0)
	list := func(name string, preset float64) []float64 {
		a := c.attribute(name, onnx.AttributeFloats)
		if a == nil || len(a.Floats) == 0 {
			return []float64{preset}
		}
		k := &array{shape: []int{len(a.Floats)}}
		for _, f := range a.Floats {
			k.data = append(k.data, float64(f))
		}
		return c.beside(c.in(0), k)
	}
	c.setNode(affinely(x, affine{sub: list("offset", 0), mul: list("scale", 1)}))
}

// lowerFeatures is ArrayFeatureExtractor, elements of the last dimension: of a
// list of classes, the one that the network chose.
func lowerFeatures(c *call) {
	v := c.in(0)
	if v.node != nil {
		last := c.axis(v, c.rank(v)-1)
		list := c.constant(1, "indices")
		c.setNode(c.gather(c.node(0), last, &array{shape: []int{len(list.data)}, data: list.data, integer: true}))
		return
	}
	a, index := v.array, c.in(1)
	i := c.asNode(index)
	if len(a.shape) != 1 || c.batch && i.size() != 1 {
		c.refuse("", "elements of a constant of shape %v are not supported", a.shape)
	}
	y := i
	if a.names != nil {
		c.note("the names that %s chooses among are written as numbers: %s", c.place, numbered(a.names))
	} else {
		y = c.lookUp(a, 0, index)
	}
	// The model gives it the shape [1, n], with n the batch; a Reshape follows.
	shape := []int{1, i.size()}
	if c.batch {
		shape = []int{1}
	}
	y = reshaped(y, shape)
	if c.batch {
		y.rows = 1
	}
	c.setNode(y)
}

// numbered lists names behind their numbers.
func numbered(names []string) string {
	var list []string
	for i, name := range names {
		list = append(list, fmt.Sprintf("%d %s", i, quote(name)))
	}
	return strings.Join(list, ", ")
}

// lowerZipMap gives the numbers that it puts into a map for every sample.
func lowerZipMap(c *call) {
	names := ""
	if a := c.attribute("classlabels_strings", onnx.AttributeStrings); a != nil {
		var list []string
		for _, s := range a.Strings {
			list = append(list, string(s))
		}
		names = numbered(list)
	}
	if a, ok := c.ints("classlabels_int64s"); ok {
		names = fmt.Sprint(a)
	}
	c.note("%s, a map for every sample in the model, becomes its numbers, in the order of the classes: %s", quote(c.n.Outputs[0]), names)
	c.setNode(apply("linear", c.node(0)))
}

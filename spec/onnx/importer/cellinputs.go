package importer

import (
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/plural"
)

// sequence is input 0 as [steps, inputs], one sample of a batch, or, where the
// batch of the operator is none of the model's, as [steps, rows, inputs].
func (c *call) sequence(inputs int) (x *node, rows, layout int) {
	x, layout = c.node(0), c.integer("layout", 0)
	if layout != 0 && layout != 1 {
		c.fail(notSorted, "attribute layout must be 0 or 1, got %d", layout)
	}
	at := 1 - layout // of the batch
	shape := x.shape
	switch {
	case c.batch && c.apart(x):
		if x.at != at {
			c.mixes("the batch must be dimension %d of its input", at)
		}
	case len(shape) != 3 || c.batch && shape[at] != 1:
		c.mixes("its input has the shape %v: dimension %d, the batch, must be 1, or the batch of the model", shape, at)
	case shape[at] == 1:
		shape = []int{shape[layout], shape[2]}
	default:
		rows = shape[at]
		if layout == 1 {
			shape, places := transposed(shape, []int{1, 0, 2})
			x = permuted(x, shape, places, []int{1, 0, 2})
		}
		shape = x.shape
	}
	if shape[len(shape)-1] != inputs || rows == 0 && len(shape) != 2 {
		c.fail(notSorted, "its input has the shape %v, but W has %s", x.shape, plural.Of(inputs, "input"))
	}
	return reshaped(x, shape), rows, layout
}

// length is how many steps its sequences have by sequence_lens, or the number that says
// so for every sample, before it was made whole and kept from 0 to the steps.
func (c *call) length(steps int) (int, *node) {
	if !c.has(4) {
		return steps, nil
	}
	if n := c.in(4).node; n != nil {
		low, high := math.Inf(-1), math.Inf(1)
		for n.kind == "linear" || n.kind == "reshape" || n.kind == "clip" || n.kind == "relu" {
			if n.kind == "clip" {
				low, high = max(low, n.number("min")), min(high, n.number("max"))
			}
			n = n.from[0]
		}
		if n.kind != "ceil" || n.size() != 1 || low != 0 || high != float64(steps) {
			if n.kind == "input" {
				c.constant(4, "sequence_lens")
			}
			c.refuse("", "sequence_lens that are computed are understood as Cast(Clip(Ceil(length), 0, %d)) alone", steps)
		}
		return steps, n.from[0]
	}
	list := c.integers(4, "sequence_lens")
	for _, n := range list {
		switch {
		case n < 0 || n > steps:
			c.fail(notSorted, "sequence_lens has %d, but there are %s", n, plural.Of(steps, "step"))
		case n == 0 || n != list[0]:
			c.refuse("", "sequence_lens of 0, or that differ, are not supported")
		}
	}
	return list[0], nil
}

// options are those of a direction.
func (c *call) options(d, dirs, units int) options {
	o := options{coupled: c.integer("input_forget", 0) != 0}
	if c.has(7) {
		p := c.constant(7, "peephole weight P")
		if len(p.data) != 3*dirs*units {
			c.fail(notSorted, "its peepholes P have the shape %v for %s", p.shape, plural.Of(units, "unit"))
		}
		if x, ok := p.uniform(); !ok || x != 0 {
			o.peepholes = p.data[d*3*units : (d+1)*3*units]
		}
	}
	if c.hasAttribute("clip") {
		o.clip = c.positive("clip", c.float("clip", 0))
	}
	return o
}

// activations are the activations of all directions, as layers.
func (c *call) activations(presets []string, dirs int) []*node {
	names := slices.Repeat(presets, dirs)
	if a := c.attribute("activations", onnx.AttributeStrings); a != nil && len(a.Strings) > 0 {
		if len(a.Strings) != len(names) {
			c.fail(notSorted, "attribute activations must have %s, got %d", plural.Of(len(names), "name"), len(a.Strings))
		}
		for i, s := range a.Strings {
			names[i] = string(s)
		}
	}
	var numbers [2][]float32
	for i, name := range []string{"activation_alpha", "activation_beta"} {
		if a := c.attribute(name, onnx.AttributeFloats); a != nil {
			numbers[i] = a.Floats
		}
	}
	var out []*node
	for _, name := range names {
		row, ok := cellActivations[name]
		if !ok {
			c.refuse("", "the activation %s is not supported", quote(name))
		}
		n := &node{kind: row.kind}
		for i, f := range row.fields {
			v := row.preset[i]
			if len(numbers[i]) > 0 {
				v, numbers[i] = onnx.Ideal(numbers[i][0]), numbers[i][1:]
			}
			n.fields = append(n.fields, field{f, v})
		}
		out = append(out, n)
	}
	return out
}

// initialState is a state before the first step as [directions, …], nil for zero.
func (c *call) initialState(i, dirs int, beside []int, layout int) *node {
	if !c.has(i) {
		return nil
	}
	s := c.asNode(c.in(i))
	if isZero(s) {
		return nil
	}
	shape := slices.Concat([]int{dirs}, beside)
	if s.size() != size(shape) || c.batch && s.kind != "constant" && c.apart(s) && s.at != 1-layout {
		c.mixes("its initial state %s has the shape %v", quote(c.n.Inputs[i]), s.shape)
	}
	if layout == 1 && len(beside) == 2 { // [rows, directions, units]
		s = reshaped(s, []int{beside[0], dirs, beside[1]})
		shape, places := transposed(s.shape, []int{1, 0, 2})
		s = permuted(s, shape, places, []int{1, 0, 2})
	}
	return reshaped(s, shape)
}

// isZero reports whether a value is zero for every sample.
func isZero(n *node) bool {
	for n.kind == "reshape" || n.kind == "linear" {
		n = n.from[0]
	}
	if n.kind != "constant" {
		return false
	}
	x, ok := n.value.uniform()
	return ok && x == 0
}

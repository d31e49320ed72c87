package importer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/plural"
)

// value is what a name of the graph stands for: a node, or a constant.
type value struct {
	node  *node
	array *array
	name  string
}

// call is a node of the graph while it is turned into layers. Its methods
// panic with a failure where the node is not as it must be; lowering.lower
// makes that an error with the place.
type call struct {
	*source
	*lowering
	n     *onnx.Node
	opset int // of the graph or function it stands in
	depth int // of functions and branches around it
	place string
	read  map[string]bool // attributes that were asked for
	taken map[int]bool    // inputs that were asked for
}

// failure is the panic of a call.
type failure struct{ err *Error }

func (c *call) fail(hint, format string, args ...any) {
	panic(failure{errorf(c.place, hint, format, args...)})
}

// mixes fails because the samples of a batch would not be independent.
func (c *call) mixes(format string, args ...any) {
	hint := "give --batch-axis none, if the first dimension is not the batch"
	if c.count == 0 {
		hint = "keep the samples apart (keepdims=1 in reductions), or, if the first dimension is not the batch, fix it before the export"
	}
	err := errorf(c.place, hint, format, args...)
	err.mixesBatch = true
	panic(failure{err})
}

// refuse fails because something is not supported; the hint may be empty where
// there is none but to do without it.
func (c *call) refuse(hint, format string, args ...any) {
	if hint == "" {
		hint = cutOut
	}
	err := errorf(c.place, hint, format, args...)
	err.Operator, err.Node = c.n.OpType, c.n.Name
	panic(failure{err})
}

// has reports whether the node has input i.
func (c *call) has(i int) bool { return i < len(c.n.Inputs) && c.n.Inputs[i] != "" }

// wants reports whether somebody reads output i.
func (c *call) wants(i int) bool { return i < len(c.n.Outputs) && c.used[c.n.Outputs[i]] }

// in is input i, which must be there.
func (c *call) in(i int) value {
	if !c.has(i) {
		c.fail(notSorted, "input %d is missing", i+1)
	}
	c.taken[i] = true
	return c.values[c.n.Inputs[i]]
}

// node is input i as a value of the network.
func (c *call) node(i int) *node { return c.asNode(c.in(i)) }

func (c *call) asNode(v value) *node {
	if v.node == nil {
		c.notEmpty(v.array.shape)
		if v.array.readsSamples() {
			c.noSize()
		}
		return constantNode(v.array)
	}
	if v.node.kind == "empty" && c.n.OpType != "MatMul" {
		c.notEmpty(v.node.shape)
	}
	if v.node.kind == "input" && v.node.integer {
		err := errorf(c.place, fmt.Sprintf("convert the model to float32, or, if it is a constant, give it: --bind %s=NUMBER, or a file", v.name),
			"the input %s has elements that are integers, which is not supported", quote(v.name))
		err.Operator, err.Node = c.n.OpType, c.n.Name
		panic(failure{err})
	}
	if v.node.loose {
		c.mixes("the input %s does not have the batch as its first dimension", quote(v.name))
	}
	return v.node
}

// constantNode is a constant as a source of layers.
func constantNode(a *array) *node {
	return &node{kind: "constant", shape: a.shape, value: a, truth: a.integer}
}

// notEmpty refuses shapes without elements.
func (c *call) notEmpty(shape []int) {
	if size(shape) == 0 {
		c.refuse("", "a value of shape %v has no elements, which is not supported", shape)
	}
}

// constant is input i, which must be known.
func (c *call) constant(i int, what string) *array {
	v := c.in(i)
	if v.array != nil {
		return v.array
	}
	hint := "fold constants before the export"
	err := errorf(c.place, "", "its %s (input %s) must be a constant", what, quote(c.n.Inputs[i]))
	if v.node.kind == "input" || v.node.kind == "state" {
		err.Input = v.name
		hint = fmt.Sprintf("give --bind %s=FILE with its values (.npy or .pb), or a number", v.name)
	}
	err.Hint = hint
	err.Operator, err.Node = c.n.OpType, c.n.Name
	panic(failure{err})
}

// integers is input i as a list of whole numbers.
func (c *call) integers(i int, what string) []int {
	return c.whole(c.constant(i, what), what)
}

func (c *call) whole(a *array, what string) []int {
	list := make([]int, len(a.data))
	for k, x := range a.data {
		switch {
		case a.integer && ofSamples(x):
			times := x / unknown
			if times != math.Trunc(times) || times > maxElements {
				c.noSize()
			}
			list[k] = perSample(int(times))
		case x != math.Trunc(x) || math.IsInf(x, 0):
			c.fail(notSorted, "%s must be whole numbers, got %g", what, x)
		default:
			list[k] = int(max(min(x, math.MaxInt32), leastInteger)) // ends of slices are written as 2⁶³ − 1
		}
	}
	return list
}

// In lists of integers the multiples of the number of samples that is not
// known, which stands in no model, lie below the least integer.
const (
	leastInteger = -1 << 30
	batchSize    = leastInteger - 1
)

// perSample stands for k times the number of samples.
func perSample(k int) int { return leastInteger - k }

// timesSamples is k for k times the number of samples, 0 for other integers.
func timesSamples(d int) int { return max(0, leastInteger-d) }

// number is input i as one number.
func (c *call) number(i int, what string) float64 {
	a := c.constant(i, what)
	x, ok := a.single()
	if !ok {
		c.refuse("", "its %s must be one number, got shape %v", what, a.shape)
	}
	return x
}

func (c *call) attribute(name string, t onnx.AttributeType) *onnx.Attribute {
	c.read[name] = true
	for _, a := range c.n.Attributes {
		if a.Name != name {
			continue
		}
		if a.RefName != "" {
			c.fail(notSorted, "attribute %s refers to a function, but the node is in none", quote(name))
		}
		if a.Type != t && a.Type != onnx.AttributeUndefined {
			c.fail(notSorted, "attribute %s must be of type %d, got %d", quote(name), t, a.Type)
		}
		return a
	}
	return nil
}

func (c *call) hasAttribute(name string) bool {
	return slices.ContainsFunc(c.n.Attributes, func(a *onnx.Attribute) bool { return a.Name == name })
}

func (c *call) integer(name string, preset int) int {
	a := c.attribute(name, onnx.AttributeInt)
	if a == nil {
		return preset
	}
	if a.I > math.MaxInt32 || a.I < math.MinInt32 {
		c.fail(notSorted, "attribute %s is out of range: %d", quote(name), a.I)
	}
	return int(a.I)
}

func (c *call) float(name string, preset float64) float64 {
	if a := c.attribute(name, onnx.AttributeFloat); a != nil {
		c.finite("attribute "+name, float64(a.F))
		return onnx.Ideal(a.F)
	}
	return preset
}

func (c *call) finite(what string, x float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		c.refuse("", "%s must be a finite number, got %g", what, x)
	}
}

// positive is a field that the language wants positive.
func (c *call) positive(name string, x float64) float64 {
	if !(x > 0) {
		c.refuse("", "%s must be positive, got %g", name, x)
	}
	return x
}

// epsilon is what is added to a variance.
func (c *call) epsilon() float64 {
	e := c.float("epsilon", 1e-5)
	if e < 0 {
		c.refuse("", "epsilon must not be negative, got %g", e)
	}
	return e
}

func (c *call) text(name, preset string) string {
	if a := c.attribute(name, onnx.AttributeString); a != nil {
		return string(a.S)
	}
	return preset
}

func (c *call) ints(name string) ([]int, bool) {
	a := c.attribute(name, onnx.AttributeInts)
	if a == nil {
		return nil, false
	}
	list := make([]int, len(a.Ints))
	for i, x := range a.Ints {
		list[i] = int(max(leastInteger, min(math.MaxInt32, x)))
	}
	return list, true
}

// unread fails where the node has attributes or inputs that nobody asked for.
func (c *call) unread() {
	for i := range c.n.Inputs {
		if c.has(i) && !c.taken[i] {
			c.refuse("", "input %d, %s, is not understood", i+1, quote(c.n.Inputs[i]))
		}
	}
	for _, a := range c.n.Attributes {
		if !c.read[a.Name] {
			known := slices.Sorted(maps.Keys(c.read))
			c.refuse("known are: "+strings.Join(known, ", "), "attribute %s is not understood", quote(a.Name))
		}
	}
}

// set gives output i a value.
func (c *call) set(i int, v value) {
	if i >= len(c.n.Outputs) || c.n.Outputs[i] == "" {
		return
	}
	v.name = c.n.Outputs[i]
	if n := v.node; n != nil {
		if n.place == "" {
			n.place, n.op, n.node = c.place, c.n.OpType, c.n.Name
		}
		if n.kind != "empty" {
			c.notEmpty(n.shape)
		}
		if size(n.shape) > maxElements {
			c.refuse("", "its result of shape %v is too large", n.shape)
		}
		if n.kind != "input" {
			n.hints = append(n.hints, c.n.Outputs[i], c.n.Name)
		}
	}
	c.values[c.n.Outputs[i]] = v
}

// Limits of the language.
const (
	maxElements = 1 << 24     // of a value
	maxUnits    = 1_000_000   // of a dense layer
	maxDim      = spec.MaxDim // of an input
	maxSources  = 64          // of a layer
	maxLayers   = spec.MaxLayers
)

func (c *call) setNode(n *node)   { c.set(0, value{node: n}) }
func (c *call) setArray(a *array) { c.set(0, value{array: a}) }

// rank is the number of dimensions of a value in the model.
func (c *call) rank(v value) int {
	if v.node != nil && c.apart(v.node) {
		return len(v.node.shape) + 1
	}
	if v.node != nil {
		return len(v.node.shape)
	}
	return len(v.array.shape)
}

// apart reports whether a value has the batch as a dimension of its own.
func (c *call) apart(n *node) bool { return c.batch && !n.loose && n.rows == 0 }

// axis turns an axis of the model into one of a sample.
func (c *call) axis(v value, axis int) int {
	rank := c.rank(v)
	if axis < -rank || axis >= rank {
		c.fail(notSorted, "axis %d is out of range for %s", axis, plural.Of(rank, "dimension"))
	}
	if axis < 0 {
		axis += rank
	}
	if v.node != nil && c.batch {
		if axis == 0 {
			c.mixes("it works along the batch axis")
		}
		if c.apart(v.node) {
			axis--
		}
	}
	return axis
}

// axes turns a list of axes into ascending axes of a sample.
func (c *call) axes(v value, list []int) []int {
	out := make([]int, len(list))
	for i, a := range list {
		out[i] = c.axis(v, a)
	}
	slices.Sort(out)
	if len(slices.Compact(slices.Clone(out))) != len(out) {
		c.fail(notSorted, "an axis occurs twice in %v", list)
	}
	return out
}

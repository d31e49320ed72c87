package evaluate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// row computes the results of a node.
type row func(c *call) []*Tensor

// operators are all operators by name; those of another domain by
// "domain.name".
var operators = map[string]row{}

func init() { // not a literal: If runs a graph, which reads the table
	for _, t := range []map[string]row{elementwise, mixing, windows, recurrent, reductions, shapes} {
		maps.Copy(operators, t)
	}
}

// Operators lists the operators that are known, in alphabetical order.
func Operators() []string { return slices.Sorted(maps.Keys(operators)) }

func key(domain, op string) string {
	if domain == "" || domain == "ai.onnx" {
		return op
	}
	return domain + "." + op
}

// call is a node while it is computed; its methods panic with a failure.
type call struct {
	g  *Graph
	r  *Run
	n  *onnx.Node
	in []*Tensor // nil where an optional input is absent

	values map[string]*Tensor // all there are, for graphs inside the node
}

func (c *call) fail(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

// x is an input that must be there.
func (c *call) x(i int) *Tensor {
	if !c.has(i) {
		c.fail("input %d is missing", i+1)
	}
	return c.in[i]
}

func (c *call) has(i int) bool { return i < len(c.in) && c.in[i] != nil }

func (c *call) attribute(name string) *onnx.Attribute {
	for _, a := range c.n.Attributes {
		if a.Name == name {
			return a
		}
	}
	return nil
}

func (c *call) float(name string, preset float64) float64 {
	if a := c.attribute(name); a != nil {
		return onnx.Ideal(a.F)
	}
	return preset
}

func (c *call) integer(name string, preset int) int {
	if a := c.attribute(name); a != nil {
		return int(a.I)
	}
	return preset
}

func (c *call) text(name, preset string) string {
	if a := c.attribute(name); a != nil {
		return string(a.S)
	}
	return preset
}

// integers is an attribute, or input i where the operator set has it there.
func (c *call) integers(name string, i int) (list []int, ok bool) {
	if a := c.attribute(name); a != nil {
		for _, x := range a.Ints {
			list = append(list, toInt(float64(x)))
		}
		return list, true
	}
	if i >= 0 && c.has(i) {
		return whole(c.in[i].Data), true
	}
	return nil, false
}

// toInt cuts off at ±2³⁰: the ends of slices are written as 2⁶³ − 1.
func toInt(x float64) int { return int(max(-1<<30, min(1<<30, x))) }

func whole(data []float64) []int {
	list := []int{}
	for _, x := range data {
		list = append(list, toInt(x))
	}
	return list
}

// axis counts an axis from the front.
func (c *call) axis(axis, rank int) int {
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= max(rank, 1) {
		c.fail("axis %d of %d dimensions", axis, rank)
	}
	return axis
}

// tensor makes a result of a shape, which takes some work, at least that of its
// elements.
func (c *call) tensor(shape []int, work int64) *Tensor {
	n := 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > mostLive/d {
			panic(ErrTooLarge)
		}
		n *= d
	}
	c.r.spend(max(int64(n), work), n)
	return &Tensor{Shape: shape, Data: make([]float64, n)}
}

func one(t *Tensor) []*Tensor { return []*Tensor{t} }

package evaluate

import (
	"maps"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

type dataType = onnx.DataType

const boolType = onnx.Bool

// shapes are the operators that make, move and repeat elements.
var shapes = map[string]row{
	"Constant": func(c *call) []*Tensor { return one(c.constant()) },
	"ConstantOfShape": func(c *call) []*Tensor {
		fill := &Tensor{Data: []float64{0}}
		if a := c.attribute("value"); a != nil {
			fill = c.read(a.T)
		}
		y := c.tensor(whole(c.x(0).Data), 0)
		y.Integer = fill.Integer
		for i := range y.Data {
			y.Data[i] = fill.Data[0]
		}
		return one(y)
	},
	"Range": func(c *call) []*Tensor {
		start, limit, delta := c.x(0), c.x(1).Data[0], c.x(2).Data[0]
		y := c.tensor([]int{max(0, int(math.Ceil((limit-start.Data[0])/delta)))}, 0)
		y.Integer = start.Integer
		for i := range y.Data {
			y.Data[i] = start.Data[0] + float64(i)*delta
		}
		return one(y)
	},
	"Shape": func(c *call) []*Tensor {
		shape := c.x(0).Shape
		clamp := func(i int) int {
			if i < 0 {
				i += len(shape)
			}
			return min(max(i, 0), len(shape))
		}
		start, end := clamp(c.integer("start", 0)), clamp(c.integer("end", len(shape)))
		return one(numbers(shape[start:max(start, end)]))
	},
	"Size": func(c *call) []*Tensor {
		return one(&Tensor{Shape: []int{}, Data: []float64{float64(len(c.x(0).Data))}, Integer: true})
	},
	"Reshape":   reshape,
	"Flatten":   flatten,
	"Squeeze":   squeeze,
	"Unsqueeze": unsqueeze,
	"Transpose": transpose,
	"Expand": func(c *call) []*Tensor {
		x := c.x(0)
		shape, ok := broadcast(x.Shape, whole(c.x(1).Data))
		if !ok {
			c.fail("shape %v cannot become %v", x.Shape, c.x(1).Data)
		}
		y := c.tensor(shape, 0)
		y.Data, y.Integer = x.spread(shape), x.Integer
		return one(y)
	},
	"Tile": func(c *call) []*Tensor {
		y := c.x(0)
		for k, n := range whole(c.x(1).Data) {
			if n < 0 || n > mostLive/max(1, len(y.Data)) {
				panic(ErrTooLarge)
			}
			y = c.joined(slices.Repeat([]*Tensor{y}, n), k)
		}
		return one(y)
	},
	"Concat": func(c *call) []*Tensor {
		var list []*Tensor
		for i := range c.in {
			list = append(list, c.x(i))
		}
		return one(c.joined(list, c.axis(c.integer("axis", 1), len(c.x(0).Shape))))
	},
	"Split":     split,
	"Slice":     slice,
	"Gather":    func(c *call) []*Tensor { return one(c.gather(c.x(0), c.x(1), c.integer("axis", 0))) },
	"ScatterND": scatterND,
	"STFT":      stft,
	"If":        branch,
	"ai.onnx.ml.ArrayFeatureExtractor": func(c *call) []*Tensor {
		return one(c.gather(c.x(0), &Tensor{Shape: []int{len(c.x(1).Data)}, Data: c.x(1).Data}, -1))
	},
}

// branch runs one of the two graphs of If.
func branch(c *call) []*Tensor {
	name := "else_branch"
	if c.x(0).Data[0] != 0 {
		name = "then_branch"
	}
	a := c.attribute(name)
	if a == nil || a.G == nil {
		c.fail("its graph %s is missing", name)
	}
	values := maps.Clone(c.values)
	for name, t := range initializers(a.G) {
		values[name] = c.read(t)
	}
	for _, n := range needed(a.G) {
		if err := c.g.node(c.r, n, values); err != nil {
			panic(err)
		}
	}
	var out []*Tensor
	for _, o := range a.G.Outputs {
		if values[o.Name] == nil {
			c.fail("its graph %s does not compute %q", name, o.Name)
		}
		out = append(out, values[o.Name])
	}
	return out
}

func numbers(list []int) *Tensor {
	t := &Tensor{Shape: []int{len(list)}, Integer: true}
	for _, d := range list {
		t.Data = append(t.Data, float64(d))
	}
	return t
}

// read reads a tensor of an attribute.
func (c *call) read(t *onnx.Tensor) *Tensor {
	if t == nil {
		c.fail("a tensor is missing")
	}
	v, err := c.g.tensor(t)
	if err != nil {
		c.fail("%v", err)
	}
	return v
}

func (c *call) constant() *Tensor {
	if a := c.attribute("value"); a != nil {
		return c.read(a.T)
	}
	if c.attribute("value_float") != nil {
		return &Tensor{Shape: []int{}, Data: []float64{c.float("value_float", 0)}}
	}
	if a := c.attribute("value_int"); a != nil {
		return &Tensor{Shape: []int{}, Data: []float64{float64(a.I)}, Integer: true}
	}
	if a := c.attribute("value_floats"); a != nil {
		return c.read(onnx.FloatTensor("", []int64{int64(len(a.Floats))}, a.Floats))
	}
	if list, ok := c.integers("value_ints", -1); ok {
		return numbers(list)
	}
	c.fail("it has no value")
	return nil
}

// shaped is x with another shape.
func (c *call) shaped(x *Tensor, shape []int) []*Tensor {
	if Size(shape) != len(x.Data) {
		c.fail("shape %v cannot become %v", x.Shape, shape)
	}
	return one(&Tensor{Shape: shape, Data: x.Data, Integer: x.Integer})
}

func reshape(c *call) []*Tensor {
	x := c.x(0)
	shape, _ := c.integers("shape", 1)
	shape = slices.Clone(shape)
	free := -1
	for i, d := range shape {
		switch {
		case d == 0 && c.integer("allowzero", 0) == 0:
			shape[i] = x.Shape[i]
		case d == -1:
			free, shape[i] = i, 1
		}
	}
	if n := Size(shape); free >= 0 && n > 0 {
		shape[free] = len(x.Data) / n
	}
	return c.shaped(x, shape)
}

func flatten(c *call) []*Tensor {
	x, axis := c.x(0), c.integer("axis", 1)
	if axis < 0 {
		axis += len(x.Shape)
	}
	return c.shaped(x, []int{Size(x.Shape[:axis]), Size(x.Shape[axis:])})
}

func squeeze(c *call) []*Tensor {
	x := c.x(0)
	axes, listed := c.integers("axes", 1)
	for i := range axes {
		axes[i] = c.axis(axes[i], len(x.Shape))
	}
	shape := []int{}
	for k, d := range x.Shape {
		if listed && !slices.Contains(axes, k) || !listed && d != 1 {
			shape = append(shape, d)
		}
	}
	return c.shaped(x, shape)
}

func unsqueeze(c *call) []*Tensor {
	x := c.x(0)
	axes, _ := c.integers("axes", 1)
	rank := len(x.Shape) + len(axes)
	for i := range axes {
		axes[i] = c.axis(axes[i], rank)
	}
	shape, rest := make([]int, rank), x.Shape
	for k := range shape {
		if shape[k] = 1; !slices.Contains(axes, k) {
			shape[k], rest = rest[0], rest[1:]
		}
	}
	return c.shaped(x, shape)
}

func transpose(c *call) []*Tensor {
	x := c.x(0)
	perm, ok := c.integers("perm", -1)
	if !ok {
		perm = from(0, len(x.Shape))
		slices.Reverse(perm)
	}
	own := strides(x.Shape)
	shape, step := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		shape[i], step[i] = x.Shape[p], own[p]
	}
	c.r.spend(int64(len(x.Data)), len(x.Data))
	return one(x.pick(shape, step, 0))
}

// joined puts tensors one behind the other along an axis.
func (c *call) joined(list []*Tensor, axis int) *Tensor {
	if len(list) == 0 {
		c.fail("there is nothing to join")
	}
	shape := slices.Clone(list[0].Shape)
	shape[axis] = 0
	integer := true
	for _, t := range list {
		shape[axis] += t.Shape[axis]
		integer = integer && t.Integer
	}
	y := c.tensor(shape, 0)
	y.Integer = integer
	data := y.Data[:0]
	for o := range Size(shape[:axis]) {
		for _, t := range list {
			run := Size(t.Shape[axis:])
			data = append(data, t.Data[o*run:(o+1)*run]...)
		}
	}
	if len(data) != len(y.Data) {
		c.fail("the shapes do not go together")
	}
	return y
}

// part is count elements of an axis from start on, step apart.
func (c *call) part(x *Tensor, axis, start, step, count int) *Tensor {
	own := strides(x.Shape)
	shape := slices.Clone(x.Shape)
	shape[axis] = count
	offset := start * own[axis]
	own[axis] *= step
	c.r.spend(int64(Size(shape)), Size(shape))
	return x.pick(shape, own, offset)
}

func split(c *call) []*Tensor {
	x := c.x(0)
	axis := c.axis(c.integer("axis", 0), len(x.Shape))
	sizes, ok := c.integers("split", 1)
	if !ok {
		n := len(c.n.Outputs)
		each := (x.Shape[axis] + n - 1) / n
		for i := range n {
			sizes = append(sizes, max(0, min(each, x.Shape[axis]-i*each)))
		}
	}
	var out []*Tensor
	start := 0
	for _, n := range sizes {
		out = append(out, c.part(x, axis, start, 1, n))
		start += n
	}
	return out
}

// slice cuts axis by axis: start:end:step as in Python.
func slice(c *call) []*Tensor {
	x := c.x(0)
	starts, _ := c.integers("starts", 1)
	ends, _ := c.integers("ends", 2)
	axes, listed := c.integers("axes", 3)
	steps, _ := c.integers("steps", 4)
	for i, start := range starts {
		axis, step := i, 1
		if listed {
			axis = c.axis(axes[i], len(x.Shape))
		}
		if len(steps) > 0 {
			step = steps[i]
		}
		n := x.Shape[axis]
		low, high := 0, n
		if step < 0 {
			low, high = -1, n-1
		}
		clamp := func(v int) int {
			if v < 0 {
				v += n
			}
			return min(max(v, low), high)
		}
		first, end := clamp(start), clamp(ends[i])
		count := int(math.Ceil(float64(end-first) / float64(step)))
		x = c.part(x, axis, first, step, max(0, count))
	}
	return one(x)
}

// gather takes elements of an axis by their places, negative ones from the end.
func (c *call) gather(x, at *Tensor, axis int) *Tensor {
	axis = c.axis(axis, len(x.Shape))
	n, inner := x.Shape[axis], Size(x.Shape[axis+1:])
	y := c.tensor(slices.Concat(x.Shape[:axis], at.Shape, x.Shape[axis+1:]), 0)
	y.Integer = x.Integer
	data := y.Data[:0]
	for o := range Size(x.Shape[:axis]) {
		for _, i := range whole(at.Data) {
			if i < 0 {
				i += n
			}
			start := (o*n + i) * inner
			data = append(data, x.Data[start:start+inner]...)
		}
	}
	return y
}

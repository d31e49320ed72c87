package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// An evaluation of ONNX graphs in float64 by the words of the specification,
// in plain loops, that shares nothing with the importer.

type tensor struct {
	shape []int
	data  []float64
}

func sizeOf(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func newTensor(shape ...int) *tensor {
	return &tensor{slices.Clone(shape), make([]float64, sizeOf(shape))}
}

func tensorOf(t *onnx.Tensor) *tensor {
	data, err := t.Float64s()
	if err != nil {
		panic(err)
	}
	out := &tensor{data: data, shape: []int{}}
	for _, d := range t.Dims {
		out.shape = append(out.shape, int(d))
	}
	return out
}

// index is the place of a multi-index, dimensions of 1 repeated.
func (t *tensor) at(index []int) float64 {
	place := 0
	for k, d := range t.shape {
		i := index[len(index)-len(t.shape)+k]
		if d == 1 {
			i = 0
		}
		place = place*d + i
	}
	return t.data[place]
}

// fill computes every element from its index.
func fill(shape []int, f func(index []int) float64) *tensor {
	out := newTensor(shape...)
	for p := range out.data {
		index := make([]int, len(shape))
		rest := p
		for k := len(shape) - 1; k >= 0; k-- {
			index[k] = rest % shape[k]
			rest /= shape[k]
		}
		out.data[p] = f(index)
	}
	return out
}

func broadcastShapes(list ...*tensor) []int {
	rank := 0
	for _, t := range list {
		rank = max(rank, len(t.shape))
	}
	out := make([]int, rank)
	for k := range out {
		out[k] = 1
		for _, t := range list {
			if i := k - rank + len(t.shape); i >= 0 && t.shape[i] != 1 {
				out[k] = t.shape[i]
			}
		}
	}
	return out
}

type evaluation struct {
	opset  int64
	values map[string]*tensor
}

// evaluate runs a graph.
func evaluate(m *onnx.Model, inputs map[string]*tensor) []*tensor {
	e := &evaluation{values: map[string]*tensor{}}
	for _, s := range m.OpsetImports {
		if s.Domain == "" {
			e.opset = s.Version
		}
	}
	for name, t := range inputs {
		e.values[name] = t
	}
	return e.graph(m.Graph)
}

// graph runs a graph, or one inside a node.
func (e *evaluation) graph(g *onnx.Graph) []*tensor {
	for _, t := range g.Initializers {
		e.values[t.Name] = tensorOf(t)
	}
	for _, n := range g.Nodes {
		if slices.ContainsFunc(n.Inputs, func(name string) bool { return e.values[name] == nil }) {
			continue // of an input that no output depends on
		}
		for i, t := range e.node(n) {
			e.values[n.Outputs[i]] = t
		}
	}
	var out []*tensor
	for _, o := range g.Outputs {
		out = append(out, e.values[o.Name])
	}
	return out
}

func attribute(n *onnx.Node, name string) *onnx.Attribute {
	for _, a := range n.Attributes {
		if a.Name == name {
			return a
		}
	}
	return &onnx.Attribute{}
}

func has(n *onnx.Node, name string) bool { return attribute(n, name).Name != "" }

func float(n *onnx.Node, name string, preset float64) float64 {
	if has(n, name) {
		return float64(attribute(n, name).F)
	}
	return preset
}

func integer(n *onnx.Node, name string, preset int) int {
	if has(n, name) {
		return int(attribute(n, name).I)
	}
	return preset
}

func ints(list []int64) []int {
	var out []int
	for _, x := range list {
		out = append(out, int(x))
	}
	return out
}

var unaryFunctions = map[string]func(x float64, n *onnx.Node) float64{
	"Relu":       func(x float64, _ *onnx.Node) float64 { return math.Max(x, 0) },
	"Sigmoid":    func(x float64, _ *onnx.Node) float64 { return 1 / (1 + math.Exp(-x)) },
	"Tanh":       func(x float64, _ *onnx.Node) float64 { return math.Tanh(x) },
	"Softplus":   func(x float64, _ *onnx.Node) float64 { return math.Log(1 + math.Exp(x)) },
	"Softsign":   func(x float64, _ *onnx.Node) float64 { return x / (1 + math.Abs(x)) },
	"Erf":        func(x float64, _ *onnx.Node) float64 { return math.Erf(x) },
	"Exp":        func(x float64, _ *onnx.Node) float64 { return math.Exp(x) },
	"Neg":        func(x float64, _ *onnx.Node) float64 { return -x },
	"Abs":        func(x float64, _ *onnx.Node) float64 { return math.Abs(x) },
	"Sqrt":       func(x float64, _ *onnx.Node) float64 { return math.Sqrt(x) },
	"Reciprocal": func(x float64, _ *onnx.Node) float64 { return 1 / x },
	"Identity":   func(x float64, _ *onnx.Node) float64 { return x },
	"Dropout":    func(x float64, _ *onnx.Node) float64 { return x },
	"Cast":       func(x float64, _ *onnx.Node) float64 { return x },
	"Sin":        func(x float64, _ *onnx.Node) float64 { return math.Sin(x) },
	"Cos":        func(x float64, _ *onnx.Node) float64 { return math.Cos(x) },
	"Not":        func(x float64, _ *onnx.Node) float64 { return truth(x == 0) },
	"HardSigmoid": func(x float64, n *onnx.Node) float64 {
		return math.Max(0, math.Min(1, float(n, "alpha", 0.2)*x+float(n, "beta", 0.5)))
	},
	"LeakyRelu": func(x float64, n *onnx.Node) float64 {
		if x < 0 {
			return float(n, "alpha", 0.01) * x
		}
		return x
	},
	"Elu": func(x float64, n *onnx.Node) float64 {
		if x < 0 {
			return float(n, "alpha", 1) * math.Expm1(x)
		}
		return x
	},
}

var binaryFunctions = map[string]func(x, y float64) float64{
	"Add": func(x, y float64) float64 { return x + y }, "Sub": func(x, y float64) float64 { return x - y },
	"Mul": func(x, y float64) float64 { return x * y }, "Div": func(x, y float64) float64 { return x / y },
	"Min": math.Min, "Max": math.Max, "Pow": math.Pow, "Sum": func(x, y float64) float64 { return x + y },
	"Less":           func(x, y float64) float64 { return truth(x < y) },
	"LessOrEqual":    func(x, y float64) float64 { return truth(x <= y) },
	"Greater":        func(x, y float64) float64 { return truth(x > y) },
	"GreaterOrEqual": func(x, y float64) float64 { return truth(x >= y) },
	"Equal":          func(x, y float64) float64 { return truth(x == y) },
	"And":            func(x, y float64) float64 { return truth(x != 0 && y != 0) },
	"Or":             func(x, y float64) float64 { return truth(x != 0 || y != 0) },
	"Xor":            func(x, y float64) float64 { return truth((x != 0) != (y != 0)) },
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// node computes the outputs of a node.
func (e *evaluation) node(n *onnx.Node) []*tensor {
	var in []*tensor
	for _, name := range n.Inputs {
		in = append(in, e.values[name])
	}
	one := func(t *tensor) []*tensor { return []*tensor{t} }
	if f := unaryFunctions[n.OpType]; f != nil {
		return one(fill(in[0].shape, func(i []int) float64 { return f(in[0].at(i), n) }))
	}
	if f := binaryFunctions[n.OpType]; f != nil {
		y := in[0]
		for _, b := range in[1:] {
			a := y
			y = fill(broadcastShapes(a, b), func(i []int) float64 { return f(a.at(i), b.at(i)) })
		}
		return one(y)
	}
	switch n.OpType {
	case "If":
		branch := "else_branch"
		if in[0].data[0] != 0 {
			branch = "then_branch"
		}
		return e.graph(attribute(n, branch).G)
	case "Constant":
		return one(tensorOf(attribute(n, "value").T))
	case "Where":
		return one(fill(broadcastShapes(in...), func(i []int) float64 {
			if in[0].at(i) != 0 {
				return in[1].at(i)
			}
			return in[2].at(i)
		}))
	case "Clip":
		return one(fill(in[0].shape, func(i []int) float64 { return math.Min(math.Max(in[0].at(i), in[1].data[0]), in[2].data[0]) }))
	case "MatMul":
		return one(matmul(in[0], in[1]))
	case "Gemm":
		return one(gemm(n, in))
	case "Softmax", "LogSoftmax":
		return one(e.softmax(n, in[0]))
	case "BatchNormalization":
		x, epsilon := in[0], float(n, "epsilon", 1e-5)
		return one(fill(x.shape, func(i []int) float64 {
			c := i[1]
			return (x.at(i)-in[3].data[c])/math.Sqrt(in[4].data[c]+epsilon)*in[1].data[c] + in[2].data[c]
		}))
	case "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd":
		return one(reduceAxes(n, in))
	}
	if f := placeOperators[n.OpType]; f != nil {
		return one(f(n, in))
	}
	return e.shapeNode(n, in)
}

// shapeNode computes operators that move elements.
func (e *evaluation) shapeNode(n *onnx.Node, in []*tensor) []*tensor {
	x := in[0]
	axis := integer(n, "axis", 1)
	if axis < 0 {
		axis += len(x.shape)
	}
	reshape := func(shape []int) []*tensor { return []*tensor{{shape, x.data}} }
	switch n.OpType {
	case "Shape":
		y := newTensor(len(x.shape))
		for i, d := range x.shape {
			y.data[i] = float64(d)
		}
		return []*tensor{y}
	case "Flatten":
		return reshape([]int{sizeOf(x.shape[:axis]), sizeOf(x.shape[axis:])})
	case "Reshape":
		shape, free := []int{}, -1
		for i, d := range in[1].data {
			switch {
			case d == 0:
				shape = append(shape, x.shape[i])
			case d < 0:
				free, shape = i, append(shape, 1)
			default:
				shape = append(shape, int(d))
			}
		}
		if free >= 0 {
			shape[free] = len(x.data) / sizeOf(shape)
		}
		return reshape(shape)
	case "Transpose":
		perm := ints(attribute(n, "perm").Ints)
		shape := make([]int, len(perm))
		for i, p := range perm {
			shape[i] = x.shape[p]
		}
		return []*tensor{fill(shape, func(i []int) float64 {
			from := make([]int, len(i))
			for k, p := range perm {
				from[p] = i[k]
			}
			return x.at(from)
		})}
	case "Concat":
		shape := slices.Clone(x.shape)
		for _, t := range in[1:] {
			shape[axis] += t.shape[axis]
		}
		return []*tensor{fill(shape, func(i []int) float64 {
			i = slices.Clone(i)
			for _, t := range in {
				if i[axis] < t.shape[axis] {
					return t.at(i)
				}
				i[axis] -= t.shape[axis]
			}
			panic("concat")
		})}
	case "Split":
		var out []*tensor
		start := 0
		for range n.Outputs {
			shape := slices.Clone(x.shape)
			shape[axis] /= len(n.Outputs)
			from := start
			out = append(out, fill(shape, func(i []int) float64 {
				i = slices.Clone(i)
				i[axis] += from
				return x.at(i)
			}))
			start += shape[axis]
		}
		return out
	case "Slice": // inputs, one axis each
		shape, first := slices.Clone(x.shape), make([]int, len(x.shape))
		for k, a := range in[3].data {
			first[int(a)] = int(in[1].data[k])
			shape[int(a)] = int(in[2].data[k]) - int(in[1].data[k])
		}
		return []*tensor{fill(shape, func(i []int) float64 {
			i = slices.Clone(i)
			for k := range i {
				i[k] += first[k]
			}
			return x.at(i)
		})}
	}
	panic(fmt.Sprintf("the evaluation of the test does not know %s", n.OpType))
}

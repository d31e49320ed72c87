package export

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/stretchr/testify/require"
)

// array is a tensor of the evaluator; integers are numbers too.
type array struct {
	dims []int
	data []float64
}

// evaluator runs a graph in float64 by the text of ONNX's operators, in plain
// loops that know nothing of nngen.
type evaluator struct {
	t      *testing.T
	values map[string]array
	node   *onnx.Node
}

// evaluate returns the outputs of a model.
func evaluate(t *testing.T, m *onnx.Model, inputs map[string]array) map[string]array {
	e := &evaluator{t: t, values: map[string]array{}}
	for _, init := range m.Graph.Initializers {
		v, err := init.Float64s()
		require.NoError(t, err)
		a := array{data: v}
		for _, d := range init.Dims {
			a.dims = append(a.dims, int(d))
		}
		e.values[init.Name] = a
	}
	for name, a := range inputs {
		e.values[name] = a
	}
	for _, n := range m.Graph.Nodes {
		require.Len(t, n.Outputs, 1)
		require.NotContains(t, e.values, n.Outputs[0], "made twice")
		e.node = n
		xs := make([]array, len(n.Inputs))
		for i, name := range n.Inputs {
			if name != "" {
				require.Contains(t, e.values, name, "%s reads it before it is made", n.Name)
				xs[i] = e.values[name]
			}
		}
		e.values[n.Outputs[0]] = e.run(xs)
	}
	out := map[string]array{}
	for _, o := range m.Graph.Outputs {
		a := e.values[o.Name]
		require.Len(t, a.dims, len(o.Type.Tensor.Shape.Dims), "rank of output %s", o.Name)
		for i, d := range o.Type.Tensor.Shape.Dims {
			require.True(t, d.Param == "batch" && i == 0 || d.HasValue && int(d.Value) == a.dims[i], "shape of output %s", o.Name)
		}
		out[o.Name] = a
	}
	return out
}

func (e *evaluator) attr(name string) *onnx.Attribute {
	for _, a := range e.node.Attributes {
		if a.Name == name {
			return a
		}
	}
	return nil
}

func (e *evaluator) integer(name string, absent int) int {
	if a := e.attr(name); a != nil {
		return int(a.I)
	}
	return absent
}

func (e *evaluator) number(name string, absent float64) float64 {
	if a := e.attr(name); a != nil {
		return float64(a.F)
	}
	return absent
}

func sizeOf(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// broadcastTo returns element i of an array of the shape dims to which a is
// broadcast.
func (a array) broadcastTo(dims []int, i int) float64 {
	at, stride := 0, 1
	for d := len(dims) - 1; d >= 0; d-- {
		k := i % dims[d]
		i /= dims[d]
		if j := d - len(dims) + len(a.dims); j >= 0 {
			if a.dims[j] > 1 {
				at += k * stride
			}
			stride *= a.dims[j]
		}
	}
	return a.data[at]
}

// elementwise broadcasts as NumPy does.
func (e *evaluator) elementwise(xs []array, f func(v []float64) float64) array {
	rank := 0
	for _, x := range xs {
		rank = max(rank, len(x.dims))
	}
	dims := slices.Repeat([]int{1}, rank)
	for _, x := range xs {
		for j, d := range x.dims {
			i := j + rank - len(x.dims)
			require.True(e.t, d == dims[i] || d == 1 || dims[i] == 1, "%s: shapes do not fit", e.node.Name)
			dims[i] = max(dims[i], d)
		}
	}
	out := array{dims, make([]float64, sizeOf(dims))}
	v := make([]float64, len(xs))
	for i := range out.data {
		for k, x := range xs {
			v[k] = x.broadcastTo(dims, i)
		}
		out.data[i] = f(v)
	}
	return out
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

// pointwise are the element-wise operators.
var pointwise = map[string]func(e *evaluator, v []float64) float64{
	"Identity":    func(_ *evaluator, v []float64) float64 { return v[0] },
	"Cast":        func(_ *evaluator, v []float64) float64 { return v[0] },
	"Neg":         func(_ *evaluator, v []float64) float64 { return -v[0] },
	"Abs":         func(_ *evaluator, v []float64) float64 { return math.Abs(v[0]) },
	"Sqrt":        func(_ *evaluator, v []float64) float64 { return math.Sqrt(v[0]) },
	"Exp":         func(_ *evaluator, v []float64) float64 { return math.Exp(v[0]) },
	"Log":         func(_ *evaluator, v []float64) float64 { return math.Log(v[0]) },
	"Tanh":        func(_ *evaluator, v []float64) float64 { return math.Tanh(v[0]) },
	"Erf":         func(_ *evaluator, v []float64) float64 { return math.Erf(v[0]) },
	"Sin":         func(_ *evaluator, v []float64) float64 { return math.Sin(v[0]) },
	"Cos":         func(_ *evaluator, v []float64) float64 { return math.Cos(v[0]) },
	"Floor":       func(_ *evaluator, v []float64) float64 { return math.Floor(v[0]) },
	"Sigmoid":     func(_ *evaluator, v []float64) float64 { return 1 / (1 + math.Exp(-v[0])) },
	"Softplus":    func(_ *evaluator, v []float64) float64 { return math.Log(math.Exp(v[0]) + 1) },
	"Softsign":    func(_ *evaluator, v []float64) float64 { return v[0] / (1 + math.Abs(v[0])) },
	"Relu":        func(_ *evaluator, v []float64) float64 { return max(0, v[0]) },
	"Add":         func(_ *evaluator, v []float64) float64 { return v[0] + v[1] },
	"Sub":         func(_ *evaluator, v []float64) float64 { return v[0] - v[1] },
	"Mul":         func(_ *evaluator, v []float64) float64 { return v[0] * v[1] },
	"Div":         func(_ *evaluator, v []float64) float64 { return v[0] / v[1] },
	"Pow":         func(_ *evaluator, v []float64) float64 { return math.Pow(v[0], v[1]) },
	"Sum":         func(_ *evaluator, v []float64) float64 { return sum(v) },
	"Mean":        func(_ *evaluator, v []float64) float64 { return sum(v) / float64(len(v)) },
	"Min":         func(_ *evaluator, v []float64) float64 { return slices.Min(v) },
	"Max":         func(_ *evaluator, v []float64) float64 { return slices.Max(v) },
	"Less":        func(_ *evaluator, v []float64) float64 { return truth(v[0] < v[1]) },
	"LessOrEqual": func(_ *evaluator, v []float64) float64 { return truth(v[0] <= v[1]) },
	"Equal":       func(_ *evaluator, v []float64) float64 { return truth(v[0] == v[1]) },
	"HardSwish":   func(_ *evaluator, v []float64) float64 { return v[0] * max(0, min(1, v[0]/6+0.5)) },
	"Where": func(_ *evaluator, v []float64) float64 {
		if v[0] != 0 {
			return v[1]
		}
		return v[2]
	},
	"PRelu": func(_ *evaluator, v []float64) float64 {
		if v[0] < 0 {
			return v[1] * v[0]
		}
		return v[0]
	},
	"Reciprocal": func(_ *evaluator, v []float64) float64 { return 1 / v[0] },
	"Sign":       func(_ *evaluator, v []float64) float64 { return truth(v[0] > 0) - truth(v[0] < 0) },
	"ThresholdedRelu": func(e *evaluator, v []float64) float64 {
		if v[0] > e.number("alpha", 1) {
			return v[0]
		}
		return 0
	},
	"LeakyRelu": func(e *evaluator, v []float64) float64 {
		if v[0] < 0 {
			return e.number("alpha", 0.01) * v[0]
		}
		return v[0]
	},
	"Elu": func(e *evaluator, v []float64) float64 {
		if v[0] < 0 {
			return e.number("alpha", 1) * (math.Exp(v[0]) - 1)
		}
		return v[0]
	},
	"Selu": func(e *evaluator, v []float64) float64 {
		alpha, gamma := e.number("alpha", 1.67326319217681884765625), e.number("gamma", 1.05070102214813232421875)
		if v[0] <= 0 {
			return gamma * (alpha*math.Exp(v[0]) - alpha)
		}
		return gamma * v[0]
	},
	"Celu": func(e *evaluator, v []float64) float64 {
		alpha := e.number("alpha", 1)
		return max(0, v[0]) + min(0, alpha*(math.Exp(v[0]/alpha)-1))
	},
	"HardSigmoid": func(e *evaluator, v []float64) float64 {
		return max(0, min(1, e.number("alpha", 0.2)*v[0]+e.number("beta", 0.5)))
	},
}

// run runs the current node.
func (e *evaluator) run(xs []array) array {
	if e.node.OpType == "Clip" { // an end may be left out
		for i, absent := range []float64{0, math.Inf(-1), math.Inf(1)} {
			if i >= len(xs) || e.node.Inputs[i] == "" {
				xs = append(xs[:i:i], append([]array{{data: []float64{absent}}}, xs[min(i+1, len(xs)):]...)...)
			}
		}
		return e.elementwise(xs, func(v []float64) float64 { return min(max(v[0], v[1]), v[2]) })
	}
	if f := pointwise[e.node.OpType]; f != nil {
		return e.elementwise(xs, func(v []float64) float64 { return f(e, v) })
	}
	f := movers[e.node.OpType]
	if f == nil {
		f = mixers[e.node.OpType]
	}
	require.NotNil(e.t, f, "the operator %s", e.node.OpType)
	return f(e, xs)
}

func (a array) String() string { return fmt.Sprint(a.dims, a.data) }

package importer

import (
	"math"
	"testing"

	"github.com/nngen-go/nngen/spec/onnx/symbolic"
	"github.com/stretchr/testify/assert"
)

// recognized is the kind and the fields that a graph over x becomes.
func recognized(x, n *node) (string, []float64) {
	g := &graph{inputs: []*node{x}, outputs: []output{{"y", 0, n}}, budget: mostTried}
	g.recognize()
	if _, ok := functions[n.kind]; !ok || n.from[0] != x {
		return "", nil
	}
	return n.kind, n.fieldsOf()
}

// merged is an element-wise layer of two sources.
func merged(kind string, a, b *node) *node {
	return &node{kind: kind, from: []*node{a, b}, shape: []int{1}}
}

func constantOf(v float64) *node {
	return &node{kind: "constant", shape: []int{}, value: scalar(v)}
}

func where(kind string, a, b, then, otherwise *node) *node {
	c := merged(kind, a, b)
	c.truth = true
	return &node{kind: "where", from: []*node{c, then, otherwise}, shape: []int{1}}
}

// TestRecognize: graphs that compute an activation, and near misses, which
// must stay as they are.
func TestRecognize(t *testing.T) {
	const inf = 1e300
	exp := func(x *node) *node { return apply("exp", x) }
	cut := func(x *node, lo, hi float64) *node { return apply("clip", x, lo, hi) }
	for name, c := range map[string]struct {
		build func(x *node) *node
		kind  string // "" for none
		p     []float64
	}{
		"min and max":            {func(x *node) *node { return cut(cut(x, math.Inf(-1), 100), -100, math.Inf(1)) }, "clip", []float64{-100, 100}},
		"min and max, tiny":      {func(x *node) *node { return cut(cut(x, math.Inf(-1), 1e-9), -1e-9, math.Inf(1)) }, "clip", []float64{-1e-9, 1e-9}},
		"relu, then min":         {func(x *node) *node { return cut(apply("relu", x), math.Inf(-1), 200) }, "clip", []float64{0, 200}},
		"max alone":              {func(x *node) *node { return scaled(cut(scaled(x, -1), math.Inf(-1), 1e9), -1) }, "clip", []float64{-1e9, math.Inf(1)}},
		"relu(x − 65)":           {func(x *node) *node { return apply("relu", shifted(x, -65)) }, "", nil},
		"relu(x + 100)":          {func(x *node) *node { return apply("relu", shifted(x, 100)) }, "", nil},
		"relu·1e-9":              {func(x *node) *node { return scaled(apply("relu", x), 1e-9) }, "", nil},
		"(x − 100)/100, clipped": {func(x *node) *node { return cut(scaled(shifted(x, -100), 0.01), 0, 1) }, "hard_sigmoid", []float64{0.01, -1}},
		"log(σ + 1e-8)":          {func(x *node) *node { return apply("log", shifted(apply("sigmoid", x), 1e-8)) }, "", nil},
		"log σ":                  {func(x *node) *node { return scaled(apply("log", apply("sigmoid", scaled(x, -1))), -1) }, "softplus", nil},
		"1/(|x| + 1e-9)":         {func(x *node) *node { return apply("reciprocal", shifted(apply("abs", x), 1e-9)) }, "", nil},
		"softsign":               {func(x *node) *node { return merged("divide", x, shifted(apply("abs", x), 1)) }, "softsign", nil},
		"softsign, nearly":       {func(x *node) *node { return merged("divide", x, shifted(apply("abs", x), 1+1e-9)) }, "", nil},
		"sigmoid":                {func(x *node) *node { return apply("reciprocal", shifted(exp(scaled(x, -1)), 1)) }, "sigmoid", nil},
		"sigmoid, other form":    {func(x *node) *node { return merged("divide", exp(x), shifted(exp(x), 1)) }, "sigmoid", nil},
		"sigmoid, of tanh":       {func(x *node) *node { return shifted(scaled(apply("tanh", scaled(x, 0.5)), 0.5), 0.5) }, "sigmoid", nil},
		"sigmoid, nearly":        {func(x *node) *node { return apply("reciprocal", shifted(exp(scaled(x, -1)), 1+1e-12)) }, "", nil},
		"tanh": {func(x *node) *node {
			return merged("divide", merged("subtract", exp(x), exp(scaled(x, -1))), merged("add", exp(x), exp(scaled(x, -1))))
		}, "tanh", nil},
		"softplus": {func(x *node) *node { return apply("log", shifted(exp(x), 1)) }, "softplus", nil},
		"softplus, stable": {func(x *node) *node {
			return merged("add", apply("relu", x), apply("log", shifted(exp(scaled(apply("abs", x), -1)), 1)))
		}, "softplus", nil},
		"softplus, threshold": {func(x *node) *node {
			return where("greater", x, constantOf(20), x, apply("softplus", x))
		}, "softplus", nil},
		"softplus, low threshold": {func(x *node) *node { return where("greater", x, constantOf(19), x, apply("softplus", x)) }, "", nil},
		"silu":                    {func(x *node) *node { return merged("multiply", x, apply("sigmoid", scaled(x, 1.702))) }, "silu", []float64{1.702}},
		"silu, divided":           {func(x *node) *node { return merged("divide", x, shifted(exp(scaled(x, -2)), 1)) }, "silu", []float64{2}},
		"silu, shifted":           {func(x *node) *node { return merged("multiply", x, apply("sigmoid", shifted(x, 1e-9))) }, "", nil},
		"silu, backwards":         {func(x *node) *node { return merged("multiply", x, apply("sigmoid", scaled(x, -2))) }, "", nil},
		"gelu_tanh":               {func(x *node) *node { return gelu(x, 0.044715, math.Sqrt(2/math.Pi)) }, "gelu_tanh", nil},
		"gelu_tanh, other cube":   {func(x *node) *node { return gelu(x, 0.0447150001, math.Sqrt(2/math.Pi)) }, "", nil},
		"gelu_tanh, other root":   {func(x *node) *node { return gelu(x, 0.044715, 0.7978845608) }, "", nil},
		"mish":                    {func(x *node) *node { return merged("multiply", x, apply("tanh", apply("log", shifted(exp(x), 1)))) }, "mish", nil},
		"hard_sigmoid, of x + 3":  {func(x *node) *node { return cut(scaled(shifted(x, 3), 1.0/6), 0, 1) }, "hard_sigmoid", []float64{1.0 / 6, 0.5}},
		"hard_swish": {func(x *node) *node {
			return scaled(merged("multiply", x, cut(shifted(x, 3), 0, 6)), 1.0/6)
		}, "hard_swish", nil},
		"hard_swish, nearly": {func(x *node) *node { return scaled(merged("multiply", x, cut(shifted(x, 3), 0, 6.000001)), 1.0/6) }, "", nil},
		"leaky_relu":         {func(x *node) *node { return merged("maximum", x, scaled(x, 1e-9)) }, "leaky_relu", []float64{1e-9}},
		"leaky, not at 0":    {func(x *node) *node { return where("less", x, constantOf(1e-9), scaled(x, 0.5), x) }, "", nil},
		"abs":                {func(x *node) *node { return merged("maximum", x, scaled(x, -1)) }, "abs", nil},
		"elu": {func(x *node) *node {
			return where("less", x, constantOf(0), scaled(shifted(exp(x), -1), 0.5), x)
		}, "elu", []float64{0.5}},
		"elu, clipped": {func(x *node) *node {
			return merged("add", apply("relu", x), scaled(shifted(exp(cut(x, math.Inf(-1), 0)), -1), 1e-9))
		}, "elu", []float64{1e-9}},
		"celu": {func(x *node) *node {
			return merged("add", apply("relu", x), cut(scaled(shifted(exp(scaled(x, 0.5)), -1), 2), math.Inf(-1), 0))
		}, "celu", []float64{2}},
		"selu": {func(x *node) *node {
			return where("less", x, constantOf(0), scaled(shifted(exp(x), -1), 3), scaled(x, 1.5))
		}, "selu", []float64{2, 1.5}},
		"thresholded_relu":         {func(x *node) *node { return where("greater", x, constantOf(1e-3), x, constantOf(0)) }, "thresholded_relu", []float64{1e-3}},
		"thresholded_relu, closed": {func(x *node) *node { return where("greater_or_equal", x, constantOf(1e-3), x, constantOf(0)) }, "", nil},
		"step":                     {func(x *node) *node { return where("less", x, constantOf(0), constantOf(0), constantOf(1)) }, "step", nil},
		"step, open":               {func(x *node) *node { return where("less_or_equal", x, constantOf(0), constantOf(0), constantOf(1)) }, "", nil},
		"a line in two parts":      {func(x *node) *node { return merged("add", apply("relu", x), cut(x, math.Inf(-1), 0)) }, "linear", nil},
		"a line, cut off far away": {func(x *node) *node { return cut(cut(x, math.Inf(-1), inf), -inf, math.Inf(1)) }, "clip", []float64{-inf, inf}},
		"x·x/x":                    {func(x *node) *node { return merged("divide", apply("square", x), x) }, "", nil},
	} {
		x := &node{kind: "input", shape: []int{1}}
		kind, p := recognized(x, c.build(x))
		assert.Equal(t, c.kind, kind, name)
		if assert.Len(t, p, len(c.p), name) {
			for i := range p {
				assert.True(t, p[i] == c.p[i] || math.Abs(p[i]-c.p[i]) <= 1e-15*math.Abs(c.p[i]), "%s: %v", name, p)
			}
		}
	}
}

// gelu is the tanh form with two constants.
func gelu(x *node, c, root float64) *node {
	cube := scaled(apply("pow", x, 3), c)
	inner := scaled(merged("add", x, cube), root)
	return merged("multiply", scaled(x, 0.5), shifted(apply("tanh", inner), 1))
}

// TestForms: every function in exact terms is the function in numbers.
func TestForms(t *testing.T) {
	for kind, row := range functions {
		f, ok := forms[kind]
		if !assert.True(t, ok, "no form of %s", kind) {
			continue
		}
		p := []float64{0.3, 1.25}[:len(row.params)]
		x := &node{kind: "input", shape: []int{1}}
		y := apply(kind, x, p...)
		exact := f.of(symbolic.X(), p)
		for _, v := range []float64{-1e3, -7.5, -3, -1, -0.3, -1e-9, 0, 1e-9, 0.3, 1, 1.25, 3, 7.5, 1e3} {
			want := evalFunction(y, v)
			got := exact.Value(v)
			if math.IsNaN(want) && math.IsNaN(got) || math.IsInf(want, 0) || math.IsInf(got, 0) {
				continue
			}
			assert.InDelta(t, want, got, 1e-12*max(1, math.Abs(v)), "%s at %g", kind, v)
		}
	}
}

package model

import (
	"errors"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

var (
	functionCount = flag.Int("functions", 200, "number of random functions of one number that TestRandomFunctions imports")
	functionSeed  = flag.Uint64("seed", 1, "seed of the random functions")
)

// magnitude is a number from 1e-9 to 1e9, or one that graphs often have.
func (b *builder) magnitude() float32 {
	if b.random.IntN(4) == 0 {
		return []float32{1, 2, 3, 6, 0.5, 0.1, 20, 100, 65, 255, 1e-8, 1.0 / 3}[b.random.IntN(12)]
	}
	return float32(math.Pow(10, 18*b.random.Float64()-9))
}

func (b *builder) signed() float32 {
	if b.random.IntN(2) == 0 {
		return -b.magnitude()
	}
	return b.magnitude()
}

// plants are activations as exporters and people write them, of z; p and q are
// positive numbers.
var plants = []struct {
	kind  string
	build func(b *builder, z string, p, q float32) string
}{
	{"relu", func(b *builder, z string, _, _ float32) string { return b.op("Max", z, b.number(0)) }},
	{"relu", func(b *builder, z string, _, _ float32) string {
		return b.op("Mul", b.op("Add", z, b.op("Abs", z)), b.number(0.5))
	}},
	{"abs", func(b *builder, z string, _, _ float32) string { return b.op("Max", z, b.op("Neg", z)) }},
	{"clip", func(b *builder, z string, p, q float32) string {
		return b.op("Max", b.op("Min", z, b.number(p)), b.number(-q))
	}},
	{"clip", func(b *builder, z string, p, _ float32) string { return b.op("Min", b.op("Relu", z), b.number(p)) }},
	{"clip", func(b *builder, z string, p, _ float32) string {
		return b.op("Where", b.op("Less", z, b.number(p)), b.number(p), z)
	}},
	{"leaky_relu", func(b *builder, z string, p, _ float32) string {
		return b.op("Where", b.op("Less", z, b.number(0)), b.op("Mul", b.number(p), z), z)
	}},
	{"leaky_relu", func(b *builder, z string, p, _ float32) string {
		return b.op("Sub", b.op("Relu", z), b.op("Mul", b.op("Relu", b.op("Neg", z)), b.number(p)))
	}},
	{"thresholded_relu", func(b *builder, z string, p, _ float32) string {
		return b.op("Where", b.op("Less", b.number(p), z), z, b.number(0))
	}},
	{"step", func(b *builder, z string, _, _ float32) string {
		return b.op("Where", b.op("Less", z, b.number(0)), b.number(0), b.number(1))
	}},
	{"hard_sigmoid", func(b *builder, z string, p, q float32) string {
		return b.op("Clip", b.op("Add", b.op("Mul", z, b.number(p)), b.number(q)), b.number(0), b.number(1))
	}},
	{"hard_swish", func(b *builder, z string, _, _ float32) string {
		return b.op("Mul", z, b.op("Mul", b.op("Clip", b.op("Add", z, b.number(3)), b.number(0), b.number(6)), b.number(1.0/6)))
	}},
	{"sigmoid", func(b *builder, z string, _, _ float32) string {
		return b.op("Div", b.number(1), b.op("Add", b.op("Exp", b.op("Neg", z)), b.number(1)))
	}},
	{"tanh", func(b *builder, z string, _, _ float32) string {
		return b.op("Sub", b.op("Mul", b.op("Sigmoid", b.op("Mul", z, b.number(2))), b.number(2)), b.number(1))
	}},
	{"softplus", func(b *builder, z string, _, _ float32) string {
		return b.op("Log", b.op("Add", b.op("Exp", z), b.number(1)))
	}},
	{"softsign", func(b *builder, z string, _, _ float32) string {
		return b.op("Div", z, b.op("Add", b.number(1), b.op("Abs", z)))
	}},
	{"silu", func(b *builder, z string, p, _ float32) string {
		return b.op("Mul", z, b.op("Sigmoid", b.op("Mul", z, b.number(p))))
	}},
	{"elu", func(b *builder, z string, p, _ float32) string {
		return b.op("Where", b.op("Less", b.number(0), z), z, b.op("Mul", b.number(p), b.op("Sub", b.op("Exp", z), b.number(1))))
	}},
	{"celu", func(b *builder, z string, p, _ float32) string {
		tail := b.op("Mul", b.op("Sub", b.op("Exp", b.op("Div", z, b.number(p))), b.number(1)), b.number(p))
		return b.op("Add", b.op("Relu", z), b.op("Min", tail, b.number(0)))
	}},
	{"selu", func(b *builder, z string, p, q float32) string {
		return b.op("Mul", b.op("Elu", z, attrFloat("alpha", p)), b.number(q))
	}},
	{"gelu", func(b *builder, z string, _, _ float32) string {
		return b.op("Mul", b.op("Mul", z, b.number(0.5)), b.op("Add", b.op("Erf", b.op("Mul", z, b.number(math.Sqrt2/2))), b.number(1)))
	}},
	{"gelu", func(b *builder, z string, _, _ float32) string { // by tanh
		inner := b.op("Mul", b.op("Add", z, b.op("Mul", b.op("Pow", z, b.number(3)), b.number(0.044715))), b.number(0.7978845608))
		return b.op("Mul", b.op("Mul", z, b.op("Add", b.op("Tanh", inner), b.number(1))), b.number(0.5))
	}},
	{"mish", func(b *builder, z string, _, _ float32) string {
		return b.op("Mul", z, b.op("Tanh", b.op("Log", b.op("Add", b.number(1), b.op("Exp", z)))))
	}},
}

// scalar is a random function of one number, of some depth, perhaps with
// choices, which few layers can express.
func (b *builder) scalar(x string, depth int, choices bool) string {
	if depth == 0 {
		return x
	}
	next := func() string { return b.scalar(x, b.random.IntN(depth), choices) }
	y := b.scalar(x, depth-1, choices)
	kind := b.random.IntN(16)
	if kind == 8 && !choices {
		kind = 7
	}
	switch kind {
	case 0:
		return b.op("Add", b.op("Mul", y, b.number(b.signed())), b.number(b.signed()))
	case 1:
		return b.op("Mul", y, b.number(b.signed()))
	case 2:
		return b.op("Add", y, b.number(b.signed()))
	case 3:
		return b.op("Sub", b.number(b.signed()), y)
	case 4:
		return b.op([]string{"Add", "Sub", "Mul"}[b.random.IntN(3)], y, next())
	case 5:
		return b.op([]string{"Min", "Max"}[b.random.IntN(2)], y, next())
	case 6:
		return b.op([]string{"Min", "Max"}[b.random.IntN(2)], y, b.number(b.signed()))
	case 7:
		lo, hi := b.signed(), b.signed()
		return b.op("Clip", y, b.number(min(lo, hi)), b.number(max(lo, hi)))
	case 8:
		less := b.op([]string{"Less", "Greater"}[b.random.IntN(2)], y, b.number(b.signed()))
		return b.op("Where", less, y, b.number(b.signed()))
	case 9:
		return b.op("Abs", y)
	case 10:
		return b.op("Exp", y)
	case 11:
		return b.op("Log", b.op("Add", b.op("Abs", y), b.number(b.magnitude())))
	case 12:
		return b.op("Pow", y, b.number([]float32{2, 3, 0.5, -1, 1.7}[b.random.IntN(5)]))
	case 13:
		return b.op("Div", y, b.op("Add", b.op("Abs", next()), b.number(b.magnitude())))
	case 14:
		return b.op("Mul", y, b.op("Sigmoid", next()))
	}
	return b.op([]string{"Sigmoid", "Tanh", "Relu", "Softplus"}[b.random.IntN(4)], y)
}

// randomFunction is a graph of one number, and the activation in it, if one was
// put there: between two layers of one weight, so that it is a layer by itself.
func randomFunction(seed uint64) (b *builder, y, activation string) {
	b = newBuilder(17, seed)
	x := b.input("x", 0, 1)
	if b.random.IntN(5) < 3 {
		return b, b.scalar(x, 2+b.random.IntN(5), true), ""
	}
	one := func(z string) string { return b.op("MatMul", z, b.floats([]int64{1, 1}, b.signed())) }
	plant := plants[b.random.IntN(len(plants))]
	z := x
	if b.random.IntN(2) == 0 {
		z = one(x)
	}
	other := func() float32 { // with 1 several activations are the same
		for {
			if p := b.magnitude(); p != 1 {
				return p
			}
		}
	}
	y = plant.build(b, z, other(), other())
	if b.random.IntN(2) == 0 {
		y = b.scalar(one(y), b.random.IntN(4), false)
	}
	return b, y, plant.kind
}

// numbersOf are where a function of one number is looked at: all magnitudes,
// both sides of its constants, whole numbers, and those that are none.
func (b *builder) numbersOf() []float64 {
	list := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1)}
	for k := -9.0; k <= 30; k++ {
		list = append(list, math.Pow(10, k), -math.Pow(10, k), 3.7*math.Pow(10, k), -3.7*math.Pow(10, k))
	}
	for i := -7.0; i <= 7; i++ {
		list = append(list, i)
	}
	for _, t := range b.g.Initializers {
		if data, err := t.Float64s(); err == nil && len(data) == 1 {
			for _, c := range []float64{data[0], -data[0]} {
				list = append(list, c, c*(1+1e-6), c*(1-1e-6))
			}
		}
	}
	return list
}

// TestRandomFunctions: graphs of one number compute what their evaluation says,
// wherever they are looked at, and activations in them are found.
func TestRandomFunctions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.onnx")
	imports, found, refused, compared := 0, 0, 0, 0
	for seed := *functionSeed << 32; imports < *functionCount; seed++ {
		b, y, activation := randomFunction(seed)
		require.NoError(t, os.WriteFile(path, b.model(y).Marshal(), 0o666))
		m, err := Import(path, Options{Inference: true})
		var no *importer.Error
		if errors.As(err, &no) && activation == "" { // a choice that is no activation
			refused++
			continue
		}
		require.NoError(t, err, "function %d", seed)
		imports++
		if activation == "clip" {
			activation = "(clip|relu6)" // from 0 to 6 it has a name
		}
		if activation != "" {
			require.Regexp(t, `\b`+activation+`\b`, layersOf(m), "function %d", seed)
			found++
		}
		compared += sameFunction(t, m, b.numbersOf(), seed)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d imports, %d with an activation that was recognised, %d refused, %d numbers compared", imports, found, refused, compared)
	require.Greater(t, found, *functionCount/7)
	require.Less(t, refused, *functionCount)
}

// sameFunction compares a function with the evaluation of its graph.
func sameFunction(t *testing.T, m *Model, numbers []float64, seed uint64) (compared int) {
	p := oneSample(t, m)
	for _, v := range append(numbers, math.NaN()) {
		o, err := p.run(func(*rand.Rand) float64 { return v })
		require.NoError(t, err)
		want, got := o.want[0][0], o.got[0][0]
		switch {
		case math.IsNaN(v): // what is no number stays none
			require.True(t, math.IsNaN(got) || !math.IsNaN(want) && !o.differs(p, 0, 0), "function %d of NaN: %g, want %g\n%s", seed, got, want, m.Spec)
			continue
		case math.IsNaN(want):
			continue
		}
		require.False(t, o.differs(p, 0, 0), "function %d of %g: %g, want %g\n%s", seed, v, got, want, m.Spec)
		compared++
	}
	return compared
}

// TestPlants: every activation is recognised in every form.
func TestPlants(t *testing.T) {
	for i, plant := range plants {
		b := newBuilder(17, uint64(i))
		y := plant.build(b, b.input("x", 0, 1), 0.3, 2.5)
		m := imported(t, b.model(y), Options{Inference: true})
		got, _, _ := strings.Cut(strings.TrimPrefix(layersOf(m), "  - "), ":")
		require.Equal(t, plant.kind, got, "%s", m.Spec)
		sameFunction(t, m, b.numbersOf(), uint64(i))
	}
}

// TestChoiceOfNaN: a comparison makes a number of what is none, so that a choice
// before it may not become an activation, of which NaN would come instead of
// its other branch; without the comparison it may.
func TestChoiceOfNaN(t *testing.T) {
	for _, kind := range []string{"thresholded_relu", "step"} {
		for _, compared := range []bool{false, true} {
			b := newBuilder(17, 1)
			z := b.input("x", 0, 1)
			var y string
			if kind == "step" {
				y = b.op("Where", b.op("Less", z, b.number(0)), b.number(0), b.number(1))
			} else {
				y = b.op("Where", b.op("Less", b.number(2), z), z, b.number(0))
			}
			if compared {
				y = b.op("Where", b.op("Less", y, b.number(0.5)), b.number(-3), b.number(7))
			}
			m := imported(t, b.model(y), Options{Inference: true})
			require.Equal(t, !compared, strings.Contains(layersOf(m), kind), "%s", m.Spec)
			sameFunction(t, m, b.numbersOf(), 0)
			p := oneSample(t, m)
			o, err := p.run(func(*rand.Rand) float64 { return math.NaN() })
			require.NoError(t, err)
			if compared {
				require.Equal(t, o.want[0][0], o.got[0][0], "%s", m.Spec)
			}
		}
	}
}

// oneSample is the proof of an import on one sample.
// oneSample is the proof of an import on one sample.
func oneSample(t *testing.T, m *Model) *proof {
	prog, err := lower.Lower(m.Net)
	require.NoError(t, err)
	p, err := m.newProof(prog, nil)
	require.NoError(t, err)
	p.samples = 1
	return p
}

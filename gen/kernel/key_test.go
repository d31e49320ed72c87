package kernel_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// after is an epilogue of two operands.
func after(name, a, b string) kernel.Epilogue {
	return kernel.Epilogue{Name: name, Prog: expr.Program{
		{Name: "t", X: expr.Mul(expr.L("p"), expr.L("p"))}, {Name: "y", X: expr.Sub(expr.L("t"), expr.L("q"))},
	}, Result: "y", Operands: []kernel.Operand{{Leaf: "p", From: a}, {Leaf: "q", From: b}}}
}

// chained are epilogues that read the sum, each other and operands in memory.
var chained = [][]kernel.Epilogue{
	{after("a", kernel.Sum, "u")},
	{after("a", "u", kernel.Sum)},
	{after("a", kernel.Sum, "u"), after("b", "a", "v")},
	{after("a", kernel.Sum, "u"), after("b", "a", "u")},
	{after("a", kernel.Sum, "u"), after("b", "v", "a")},
	{after("a", kernel.Sum, "u"), after("b", "a", "v"), after("c", "b", "a")},
	{after("a", kernel.Sum, "u"), after("b", "a", "v"), after("c", "a", "b")},
	{after("a", kernel.Sum, "u"), after("b", "a", "v"), after("c", "b", "w")},
	{after("a", kernel.Sum, "u"), after("b", "a", "v"), after("c", "b", "u")},
	{after("a", kernel.Sum, "u"), after("b", "a", "v"), after("c", "b", "v")},
}

// TestKeys: kernels that differ in what their epilogues read have different keys,
// those that differ in names alone the same.
func TestKeys(t *testing.T) {
	key := func(e []kernel.Epilogue) string {
		k := sample()
		k.Epilogue = e
		step := &kernel.RankOne{Elem: "float32", Epilogue: e}
		return k.Key() + step.Key()
	}
	known := map[string]int{}
	for i, e := range chained {
		other, ok := known[key(e)]
		require.False(t, ok, "epilogues %d and %d have one key", i, other)
		known[key(e)] = i
		names := map[string]string{kernel.Sum: kernel.Sum, "a": "z", "b": "a", "c": "b", "u": "c", "v": "u", "w": "v"}
		renamed := make([]kernel.Epilogue, len(e))
		for j, one := range e {
			renamed[j] = after(names[one.Name], names[one.Operands[0].From], names[one.Operands[1].From])
		}
		require.Equal(t, key(e), key(renamed), "epilogue %d with other names", i)
	}
}

// TestCompose: one program of an epilogue computes what Interpret does, one after
// the other.
func TestCompose(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i, e := range chained {
		k := kernel.Dense("float32", 1, 1, 1, true, e...)
		mem := &kernel.Memory{
			X: map[string][]float64{"x": {0}}, W: map[string][]float64{"w": {0}}, Index: func(int, int, int) int { return 0 },
			Bias: numbers(rng, 1), Extra: map[string][]float64{"u": numbers(rng, 1), "v": numbers(rng, 1), "w": numbers(rng, 1)}, Y: make([]float64, 1),
		}
		require.NoError(t, kernel.Interpret(k, mem, interp.Strict32))
		leaves := map[string]float64{kernel.Leaf(0): mem.Bias[0]}
		for j, o := range kernel.Extras(e) {
			leaves[kernel.Leaf(j+1)] = mem.Extra[o.From][0]
		}
		y, err := expr.Eval(kernel.Compose(e), interp.Strict32, kernel.Result, leaves)
		require.NoError(t, err)
		require.Equal(t, mem.Y[0], y, "epilogue %d", i)
	}
}

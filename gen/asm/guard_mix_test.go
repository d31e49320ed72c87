//go:build linux

package asm_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// mixStage is a stage of a run by names: numbers begin with n.
type mixStage struct {
	result, formula string
	in              []string
	how             kernel.Reduction
	stored          bool
}

// mixes are runs: softmax, its logarithm, cross-entropy with the gradient, a squared error
// with a number of the step, layer normalisation, and one that stores what it reads again.
var mixes = [][]mixStage{
	{
		{"nm", "x0", []string{"x"}, kernel.Greatest, false}, {"e", "exp(x0 - x1)", []string{"x", "nm"}, kernel.Each, false},
		{"nz", "x0", []string{"e"}, kernel.Total, false}, {"y", "x0/x1", []string{"e", "nz"}, kernel.Each, true},
	},
	{
		{"nm", "x0", []string{"x"}, kernel.Greatest, true}, {"e", "exp(x0 - x1)", []string{"x", "nm"}, kernel.Each, false},
		{"nz", "x0", []string{"e"}, kernel.Total, false}, {"nc", "log(x0)", []string{"nz"}, kernel.Each, false},
		{"y", "(x0 - x1) - x2", []string{"x", "nm", "nc"}, kernel.Each, true},
	},
	{
		{"nm", "x0", []string{"x"}, kernel.Greatest, true}, {"e", "exp(x0 - x1)", []string{"x", "nm"}, kernel.Each, true},
		{"nz", "x0", []string{"e"}, kernel.Total, true}, {"d", "x3*(x0/x1 - x2)", []string{"e", "nz", "t", "ns"}, kernel.Each, true},
	},
	{
		{"nl", "(x0 - x1)*(x0 - x1)", []string{"x", "t"}, kernel.Total, true}, {"d", "x2*(x0 - x1)", []string{"x", "t", "ns"}, kernel.Each, true},
	},
	{
		{"na", "x0", []string{"x"}, kernel.Total, false}, {"c", "x0 - x1*x2", []string{"x", "na", "ns"}, kernel.Each, false},
		{"nv", "x0*x0", []string{"c"}, kernel.Total, true}, {"y", "x0/sqrt(x1)", []string{"c", "nv"}, kernel.Each, true},
	},
	{
		{"a", "max(x0, x1)", []string{"x", "t"}, kernel.Each, true}, {"ng", "x0 - x1", []string{"a", "x"}, kernel.Greatest, true},
		{"b", "x0", []string{"a"}, kernel.Each, true}, {"nt", "x0*x1", []string{"b", "ng"}, kernel.Total, true},
	},
}

// mixCases: every number of elements, zeros of either sign and numbers that are none at the
// beginning and elsewhere.
func mixCases(s *suite) {
	for i, p := range sizes(0) {
		for which := range mixes {
			for kind := range 2 { // of five
				s.mixCase(p[0], (i+which+2*kind)%5, which)
			}
		}
	}
}

// mixCase runs a mix on n elements; kind says which odd numbers there are.
func (s *suite) mixCase(n, kind, which int) {
	k := &kernel.Mix{Double: s.elem == "float64", Size: n}
	c := s.newCase("Mix %d of %d, numbers %d", which, n, kind)
	values, index := map[string][]float64{}, map[string]int{}
	args := map[string]pass{}
	count := func(name string) int {
		if name[0] == 'n' {
			return 1
		}
		return n
	}
	for _, stage := range mixes[which] {
		for _, x := range stage.in {
			if _, known := index[x]; known || slices.ContainsFunc(mixes[which], func(m mixStage) bool { return m.result == x }) {
				continue
			}
			index[x] = len(k.Ins)
			in := c.operand(kernel.Leaf(len(k.Ins)), s.odd(count(x), kind))
			values[x], args[in.name] = in.before, in.from(0)
			k.Ins = append(k.Ins, x[0] == 'n')
		}
	}
	for _, stage := range mixes[which] {
		m := kernel.Stage{Reduction: stage.how, Prog: expr.One(kernel.Result, expr.MustParseNode(stage.formula)), Number: stage.result[0] == 'n', Stored: stage.stored}
		if stage.how == kernel.Total {
			m.Chains = schedule.Chains(1, n)
		}
		for _, x := range stage.in {
			m.In = append(m.In, index[x])
		}
		v := s.mixed(m, n, stage.in, values)
		index[stage.result], values[stage.result] = len(k.Ins)+len(k.Stages), v
		if stage.stored {
			y := c.operand(kernel.Stored(k.Stored()), s.rows(1, count(stage.result), count(stage.result), sentinel))
			y.after = v
			args[y.name] = y.from(0)
		}
		k.Stages = append(k.Stages, m)
	}
	if _, ok := s.Mix(k); !ok { // the registers do not suffice for so many
		require.True(s, n < 8 || n*s.size() > 64, c.name)
		return
	}
	fn := s.function(fmt.Sprint("Mix", which, n), func(name string) *asm.Func {
		k.Name = name
		fn, _ := s.Mix(k)
		return fn
	})
	c.call(fn, args)
	c.done()
}

// mixed is what a stage gives, one operation after the other.
func (s *suite) mixed(m kernel.Stage, n int, in []string, values map[string][]float64) []float64 {
	leaves := make([]string, len(in))
	for j := range in {
		leaves[j] = kernel.Leaf(j)
	}
	f, err := expr.Compile(m.Prog, s.arith, leaves...)
	require.NoError(s, err)
	term := func(i int) float64 {
		env := make([]float64, len(f.Vars))
		for j, x := range in {
			env[j] = values[x][min(i, len(values[x])-1)]
		}
		f.Run(env)
		return env[f.Index(kernel.Result)]
	}
	switch {
	case m.Reduction == kernel.Greatest:
		y := term(0)
		for i := 1; i < n; i++ {
			y = s.arith.Apply(expr.OpMax, y, term(i))
		}
		return []float64{y}
	case m.Reduction == kernel.Total:
		sums := make([]float64, m.Chains)
		for i := range n {
			sums[i%m.Chains] = s.arith.Apply(expr.OpAdd, sums[i%m.Chains], term(i))
		}
		for h := m.Chains / 2; h > 0; h /= 2 {
			for i := range h {
				sums[i] = s.arith.Apply(expr.OpAdd, sums[i], sums[i+h])
			}
		}
		return sums[:1]
	case m.Number:
		return []float64{term(0)}
	}
	all := make([]float64, n)
	for i := range all {
		all[i] = term(i)
	}
	return all
}

// odd draws numbers, of some kinds with zeros that are the greatest, a NaN at the beginning
// or elsewhere, or an infinity.
func (s *suite) odd(n, kind int) []float64 {
	v := s.numbers(n)
	at := s.rng.IntN(n)
	switch kind {
	case 1:
		for i := range v {
			if v[i] = -math.Abs(v[i]); s.rng.IntN(3) == 0 {
				v[i] = math.Copysign(0, float64(s.rng.IntN(2)*2-1))
			}
		}
	case 2:
		v[0] = math.NaN()
	case 3:
		v[at] = math.NaN()
	case 4:
		v[at] = math.Inf(s.rng.IntN(2)*2 - 1)
	}
	return v
}

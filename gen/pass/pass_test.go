package pass_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/pass"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

// results runs every function of a program on fixed data.
func results(t *testing.T, net *spec.Network, p *ir.Program) map[string][]float64 {
	m := interp.NewOracle(p, false)
	m.Batch, m.Seed, m.LearningRate = 2, 5, 0.01
	for v, w := range interp.InitialValues(p, 5) {
		m.Set(v, w)
	}
	row := func(v *ir.Value, s int) []float64 {
		r := make([]float64, v.Size())
		for i := range r {
			r[i] = float64((i*7+s*3)%5) / 4
		}
		if v.DType == ir.Int32 {
			r[0] = 0
		}
		return r
	}
	for _, v := range p.Values {
		if v.Kind == ir.Input || v.Kind == ir.Target {
			m.Set(v, row(v, 0), row(v, 1))
		}
	}
	out := map[string][]float64{}
	for _, f := range p.Funcs() {
		if f == p.StepOne { // a step more, which TestStepOne compares
			continue
		}
		require.NoError(t, m.Run(f), net.Name)
		for i, r := range f.Results {
			for b, x := range m.Get(r) {
				out[fmt.Sprintf("%s result %d sample %d", f.Name, i, b)] = x
			}
		}
	}
	for _, w := range p.Params {
		out[w.Name] = m.Get(w)[0]
	}
	return out
}

// TestPassesKeepMeaning: every pass leaves every result as it was, bit for
// bit, on random networks; but Winograd, which chooses other sums.
func TestPassesKeepMeaning(t *testing.T) {
	g := gentest.NewGenerator(77)
	removed, repeated := 0, 0
	for i := range 80 {
		draw := g.Network
		if i >= 60 {
			draw = g.Convolutional
		}
		net, err := draw(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		prog, err := lower.Lower(net)
		require.NoError(t, err)
		require.NoError(t, pass.ByInputs.Run(prog)) // which says how sums are added
		want := results(t, net, prog)
		before := count(prog)
		require.NoError(t, gen.Pipeline.Run(prog, func(name string, p *ir.Program) {
			got := results(t, net, p)
			if name == pass.Winograd.Name {
				want = got
			}
			require.Len(t, got, len(want))
			for what, w := range want {
				require.Empty(t, verify.DiffBits(what, got[what], w), "%s after %s", net.Name, name)
			}
		}))
		removed += before - count(prog)
		repeated += repeatedOperands(prog)
	}
	require.Greater(t, removed, 20, "the passes found nothing to do")
	require.Greater(t, repeated, 20, "no operands are repeated")
}

// repeatedOperands are those that element-wise operations repeat.
func repeatedOperands(p *ir.Program) int {
	n := 0
	for _, f := range p.Funcs() {
		for _, op := range f.Ops {
			m, ok := op.(*ir.Map)
			for i := 0; ok && i < len(m.In); i++ {
				if size := m.In[i].Size(); size > 1 && size < m.Out[0].Size() {
					n++
				}
			}
		}
	}
	return n
}

func count(p *ir.Program) int {
	n := 0
	for _, f := range p.Funcs() {
		if f != p.StepOne {
			n += len(f.Ops)
		}
	}
	return n
}

// TestStepOne: the step on one sample is gradients and update, bit for bit.
func TestStepOne(t *testing.T) {
	g := gentest.NewGenerator(79)
	found := 0
	for i := range 500 {
		net, err := g.Network(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		prog, err := lower.Lower(net)
		require.NoError(t, err)
		require.NoError(t, gen.Pipeline.Run(prog, nil))
		if prog.StepOne == nil {
			continue
		}
		found++
		step := func(funcs ...*ir.Func) *interp.Machine {
			m := interp.NewOracle(prog, i%2 == 0)
			m.Seed, m.LearningRate = 5, m.Arith.Round(0.01)
			for v, w := range interp.InitialValues(prog, 5) {
				m.Set(v, w)
			}
			for _, v := range prog.Values {
				if v.Kind == ir.Input || v.Kind == ir.Target {
					m.Set(v, make([]float64, v.Size()))
					for i := range m.Get(v)[0] {
						if v.DType != ir.Int32 {
							m.Get(v)[0][i] = float64(i*7%5) / 4
						}
					}
				}
			}
			for _, f := range funcs {
				require.NoError(t, m.Run(f))
			}
			return m
		}
		want, got := step(prog.Gradients, prog.Update), step(prog.StepOne)
		require.Empty(t, verify.DiffBits("loss", got.Get(prog.Loss)[0], want.Get(prog.Loss)[0]))
		for _, p := range prog.Params {
			require.Empty(t, verify.DiffBits(net.Name+": "+p.Name, got.Get(p)[0], want.Get(p)[0]))
		}
	}
	require.Greater(t, found, 5, "too few networks have a step of their own for one sample")
}

// TestPipelineVerifies: a pass that breaks the program is named.
func TestPipelineVerifies(t *testing.T) {
	g := gentest.NewGenerator(78)
	net, err := g.Network("net")
	require.NoError(t, err)
	prog, err := lower.Lower(net)
	require.NoError(t, err)
	broken := pass.Pass{Name: "broken", Run: func(p *ir.Program) error {
		p.Infer.Ops = p.Infer.Ops[:len(p.Infer.Ops)-1]
		return nil
	}}
	err = pass.Pipeline{broken}.Run(prog, nil)
	require.ErrorContains(t, err, "after broken: internal error: ir: infer")
}

package pass_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/pass"
	"github.com/nngen-go/nngen/spec"
)

// inference is the program of a network, after some passes.
func inference(t *testing.T, text string, passes pass.Pipeline) *ir.Program {
	net, err := spec.Decode("n.yaml", []byte("nngen: 1\nname: n\n"+text+"codegen: {train: false}\n"), op.Vocabulary())
	require.NoError(t, err)
	p, err := lower.Lower(net)
	require.NoError(t, err)
	require.NoError(t, passes.Run(p, nil))
	return p
}

// operations counts those of a kind.
func operations[T ir.Op](p *ir.Program) (out []T) {
	for _, o := range p.Infer.Ops {
		if m, ok := o.(T); ok {
			out = append(out, m)
		}
	}
	return out
}

// TestJoined counts what is left of the gates of cells, and of chains that may not be
// joined: by two readers, behind sums, of more operands than there are registers for.
func TestJoined(t *testing.T) {
	for _, c := range []struct {
		layers        string
		before, after int
	}{
		{"  - lstm: {units: 20}\n", 8, 3}, // the sum of the gates, the cell, what it gives
		{"  - gru: {units: 20}\n", 6, 3},
		{"  - dense: {units: 4}\n  - tanh\n  - square\n", 2, 2},
		{"  - sqrt\n  - tanh\n  - square\n", 3, 1},
		{"  - sqrt\n  - erf: {name: e}\n  - square\n", 3, 3},
		{"  - tanh\n  - add: {from: [tanh1, x]}\n  - square: {from: tanh1}\n  - multiply: {from: [add1, square1]}\n", 4, 2},
	} {
		text := "input: {shape: [6]}\nlayers:\n" + c.layers
		plain, joined := inference(t, text, nil), inference(t, text, pass.Pipeline{pass.Joined})
		require.Len(t, operations[*ir.Map](plain), c.before, c.layers)
		require.Len(t, operations[*ir.Map](joined), c.after, c.layers)
		var want []float64
		for _, p := range []*ir.Program{plain, joined} {
			m := interp.NewOracle(p, true)
			m.Batch = 1
			for v, w := range interp.InitialValues(p, 7) {
				m.Set(v, w)
			}
			for _, s := range p.Memory {
				m.Set(s.In, make([]float64, s.In.Size()))
			}
			m.Set(p.Inputs[0], []float64{0.5, 0.25, 1, 2, 0.125, 3})
			require.NoError(t, m.Run(p.Infer))
			if got := m.Get(p.Outputs[0].Value)[0]; want == nil {
				want = got
			} else {
				require.Equal(t, want, got, c.layers)
			}
		}
	}
}

// TestViewsOfPixels: what is cut out of a convolution's result and read by another one is
// never turned; what a dense layer reads is.
func TestViewsOfPixels(t *testing.T) {
	turned := func(text string) (n int) {
		p := inference(t, "input: {shape: [2, 40]}\nlayers:\n  - conv1d: {filters: 12, kernel_size: 3}\n  - slice: {axis: 0, end: 6}\n"+text, gen.Pipeline)
		for _, v := range operations[*ir.View](p) {
			if axes := ir.MergeAxes(v.Axes); axes[len(axes)-1].Stride != 1 && v.Y != p.Outputs[0].Value {
				n++
			}
		}
		return n
	}
	require.Zero(t, turned("  - square\n  - conv1d: {filters: 5, kernel_size: 3}\n"))
	require.NotZero(t, turned("  - square\n  - dense: {units: 5}\n"))
}

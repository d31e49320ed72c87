package kernel_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// TestConvolutions interprets the kernels of planned convolutions and poolings
// and compares them with the oracle, bit for bit.
func TestConvolutions(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, layers := range []string{
		"- conv2d: {filters: 18, kernel_size: [3, 2], strides: [2, 1], padding: [1, 0, 2, 1], activation: relu}",
		"- conv2d: {filters: 24, kernel_size: 1}\n- conv2d: {filters: 20, kernel_size: 3, dilation: 2, padding: same, use_bias: false}",
		"- conv2d: {filters: 12, kernel_size: 3}\n- depthwise_conv2d: {kernel_size: 3, strides: 2, padding: same, activation: tanh}",
		"- conv2d: {filters: 12, kernel_size: 2}\n- max_pool2d: {kernel_size: 3, strides: 2, padding: 1}",
		"- conv2d: {filters: 12, kernel_size: 2}\n- avg_pool2d: {kernel_size: 2}\n- global_avg_pool",
		"- conv2d: {filters: 3, kernel_size: [8, 9]}",
		"- conv2d: {filters: 40, kernel_size: 1}\n- conv2d: {filters: 8, kernel_size: 3, groups: 2}\n- conv2d: {filters: 64, kernel_size: 1, groups: 2}",
		"- depthwise_conv2d: {kernel_size: 3, depth_multiplier: 8}",
	} {
		text := "nngen: 1\nname: n\ninput: {shape: [3, 8, 9]}\nlayers:\n" + layers + "\ncodegen: {train: false}\n"
		net, err := spec.Decode("n.yaml", []byte(text), op.Vocabulary())
		require.NoError(t, err)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		m := interp.NewOracle(p.Prog, false)
		for v, w := range interp.InitialValues(p.Prog, 3) {
			m.Set(v, w)
		}
		m.Set(p.Prog.Inputs[0], numbers(rng, p.Prog.Inputs[0].Size()))
		require.NoError(t, m.Run(p.Prog.Infer))
		kernels := 0
		for _, s := range p.Infer.Steps {
			if c := s.Convolution(); c != nil {
				kernels++
				y := c.Y.V
				if n := len(s.Epilogue); n > 0 {
					y = s.Epilogue[n-1].Out[0]
				}
				require.Equal(t, m.Get(y)[0], convolve(t, p, m, s, c), "%s", s.Op)
			}
		}
		require.Positive(t, kernels)
	}
}

// convolve interprets the kernel of a convolution on the oracle's operands.
func convolve(t *testing.T, p *plan.Plan, m *interp.Machine, s *plan.Step, c *ir.Convolution) []float64 {
	mem := &kernel.Memory{
		X: map[string][]float64{"x": m.Get(c.X.V)[0]}, W: map[string][]float64{}, Extra: map[string][]float64{}, Y: make([]float64, c.Y.V.Size()),
	}
	if c.W != nil {
		l := &p.TensorOf(c.W.V.Param).Layout
		stored := make([]float64, l.Size())
		for n := range l.Out {
			for i := range l.Ins() {
				stored[l.Index(n, i/l.Taps, i%l.Taps)] = m.Get(c.W.V)[0][n*l.Ins()+i]
			}
		}
		mem.W["w"], mem.Index = stored, l.Index
	}
	if c.Init != nil {
		mem.Bias = m.Get(c.Init.V)[0]
	}
	require.NoError(t, kernel.Interpret(s.Kernel, mem, interp.Strict32))
	return mem.Y
}

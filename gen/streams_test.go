package gen_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestStreams: a network that keeps a state gives, step by step, the bits of the
// same layers over a whole sequence, which PyTorch's vectors judge. TestRandomNetworks
// demands of every path the bits of the oracle, which is asked here.
func TestStreams(t *testing.T) {
	const steps, inputs = 6, 5
	rng := rand.New(rand.NewPCG(3, 0))
	for _, mode := range []string{"fast", "reproducible"} {
		for _, cell := range []string{
			"rnn: {units: 7%s}", "gru: {units: 9%s}", "gru: {units: 17, reset_after: false, activation: relu%s}",
			"lstm: {units: 16%s}", "lstm: {units: 4, activation: softsign, recurrent_activation: hard_sigmoid%s}",
		} {
			t.Run(mode+"/"+cell[:4], func(t *testing.T) {
				arch := map[string]bool{}
				network := func(shape, first, second string) *ir.Program {
					text := fmt.Sprintf("nngen: 1\ninput: {shape: %s}\nlayers:\n  - %s\n  - %s\nnumeric: {mode: %s}\ncodegen: {train: false}\n",
						shape, fmt.Sprintf(cell, first), fmt.Sprintf("gru: {name: last, units: 8%s}", second), mode)
					net, err := spec.Decode("net.yaml", []byte(text), op.Vocabulary())
					require.NoError(t, err)
					arch[net.Arch()] = true
					n, err := gentest.Prepare(net)
					require.NoError(t, err)
					return n.Plan.Prog
				}
				stream := network("[5]", "", "")
				whole := network("[6, 5]", ", axis: 0, return: all", ", axis: 0, return: all")
				require.Len(t, arch, 1, "each must load the weights of the other")
				x := make([]float64, steps*inputs)
				for i := range x {
					x[i] = float64(float32(rng.NormFloat64()))
				}
				for _, fused := range []bool{false, true} {
					a, b := interp.NewOracle(stream, fused), interp.NewOracle(whole, fused)
					for v, w := range interp.InitialValues(stream, 1) {
						a.Set(v, w)
						b.Set(whole.ParamByName(v.Name), w)
					}
					b.Set(whole.Inputs[0], x)
					require.NoError(t, b.Run(whole.Infer))
					var got []float64
					for s := range steps {
						a.Set(stream.Inputs[0], x[s*inputs:(s+1)*inputs])
						require.NoError(t, a.Run(stream.Infer))
						got = append(got, a.Get(stream.Outputs[0].Value)[0]...)
						a.Advance(stream.Infer)
					}
					require.Equal(t, b.Get(whole.Outputs[0].Value)[0], got)
				}
			})
		}
	}
}

// TestStreamedConvolutions: a causal convolution of a stream gives, block by block,
// the bits of that of the whole signal.
func TestStreamedConvolutions(t *testing.T) {
	const blocks, length, channels = 40, 4, 3
	rng := rand.New(rand.NewPCG(5, 0))
	layers := func(shape int, more string) string {
		return fmt.Sprintf(`
nngen: 1
input: {shape: [%d, %d]}
layers:
  - conv1d: {filters: 18, kernel_size: 3, dilation: 3, padding: causal, activation: tanh%s}
  - depthwise_conv1d: {kernel_size: 2, dilation: 5, padding: causal, depth_multiplier: 2%[3]s}
  - conv1d: {filters: 2, kernel_size: 4, strides: 2, padding: causal, groups: 2%[3]s}
codegen: {train: false}
`, channels, shape, more)
	}
	program := func(text string) *ir.Program {
		net, err := spec.Decode("net.yaml", []byte(text), op.Vocabulary())
		require.NoError(t, err)
		n, err := gentest.Prepare(net)
		require.NoError(t, err)
		return n.Plan.Prog
	}
	stream, whole := program(layers(length, ", stateful: true")), program(layers(blocks*length, ""))
	a, b := interp.NewOracle(stream, false), interp.NewOracle(whole, false)
	for v, w := range interp.InitialValues(stream, 1) {
		a.Set(v, w)
		b.Set(whole.ParamByName(v.Name), w)
	}
	x := make([]float64, channels*blocks*length)
	for i := range x {
		x[i] = float64(float32(rng.NormFloat64()))
	}
	b.Set(whole.Inputs[0], x)
	require.NoError(t, b.Run(whole.Infer))
	want := b.Get(whole.Outputs[0].Value)[0]
	for s := range blocks {
		var block []float64
		for c := range channels {
			block = append(block, x[c*blocks*length+s*length:][:length]...)
		}
		a.Set(stream.Inputs[0], block)
		require.NoError(t, a.Run(stream.Infer))
		for c := range 2 {
			n := length / 2
			require.Equal(t, want[c*blocks*n+s*n:][:n], a.Get(stream.Outputs[0].Value)[0][c*n:][:n])
		}
		a.Advance(stream.Infer)
	}
}

package pass_test

import (
	"slices"
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

// TestConcatOfPixels: channels that are joined stay pixels, of convolutions, of one
// filter, of pooling, of an input of planes and of what was joined before: no value is
// there in another order, but of what joins halves of a channel. Inference and training
// compute what they do without the pass.
func TestConcatOfPixels(t *testing.T) {
	const rest = "  - conv2d: {filters: 5, kernel_size: 3}\n  - global_avg_pool\nloss: mse\ncodegen: {batch: 1}\n"
	for layers, views := range map[string]int{
		"  - conv2d: {filters: 3, kernel_size: 3, padding: same}\n  - conv2d: {filters: 4, kernel_size: 1, from: x, activation: relu}\n" +
			"  - concat: {axis: 0, from: [conv2d1, conv2d2]}\n": 0,
		"  - conv2d: {filters: 1, kernel_size: 1}\n  - conv2d: {filters: 2, kernel_size: 1, from: x}\n" +
			"  - concat: {axis: 0, from: [conv2d1, conv2d2, conv2d1]}\n": 0,
		"  - conv2d: {filters: 2, kernel_size: 1}\n  - concat: {axis: 0, from: [conv2d1, x]}\n" +
			"  - max_pool2d: {kernel_size: 3, strides: 1, padding: 1}\n  - concat: {axis: 0, from: [max_pool2d1, concat1]}\n": 0,
		"  - conv2d: {filters: 2, kernel_size: 1}\n  - concat: {from: [conv2d1, conv2d1]}\n  - reshape: {shape: [4, 6, 5]}\n": 0,
		"  - dense: {units: 45}\n  - dense: {units: 45, from: x}\n  - concat: {from: [dense1, dense2]}\n  - reshape: {shape: [3, 6, 5]}\n" +
			"  - conv2d: {filters: 3, kernel_size: 3, padding: same, from: x}\n  - add: {from: [reshape1, conv2d1]}\n": 1,
	} {
		net, err := spec.Decode("n.yaml", []byte("nngen: 1\nname: n\ninput: {shape: [3, 6, 5]}\nlayers:\n"+layers+rest), op.Vocabulary())
		require.NoError(t, err)
		var want []float64
		for _, pixels := range []bool{false, true} {
			p, err := lower.Lower(net)
			require.NoError(t, err)
			pipeline := slices.DeleteFunc(slices.Clone(gen.Pipeline), func(x pass.Pass) bool { return x.Name == pass.Pixels.Name && !pixels })
			require.NoError(t, pipeline.Run(p, nil))
			m := interp.NewOracle(p, false)
			m.Batch = 1
			for v, w := range interp.InitialValues(p, 3) {
				m.Set(v, w)
			}
			x := make([]float64, 90)
			for i := range x {
				x[i] = float64(i*i*7%256)/128 - 1
			}
			m.Set(p.Inputs[0], x)
			m.Set(p.Outputs[0].Target, []float64{1, 0, 2, -1, 3})
			require.NoError(t, m.Run(p.Infer))
			got := m.Get(p.Outputs[0].Value)[0]
			require.NoError(t, m.Run(p.Gradients))
			for _, g := range p.Grads {
				got = append(got, m.Get(g)[0]...)
			}
			if !pixels {
				want = got
				continue
			}
			require.Equal(t, want, got, layers)
			for _, f := range []*ir.Func{p.Infer, p.Evaluate} {
				require.Equal(t, views, transposes(f), "%s\n%s", f.Name, layers)
			}
		}
	}
}

// transposes are the views that change the order of elements.
func transposes(f *ir.Func) (n int) {
	for _, o := range f.Ops {
		if v, ok := o.(*ir.View); ok {
			if axes := ir.MergeAxes(v.Axes); axes[len(axes)-1].Stride != 1 {
				n++
			}
		}
	}
	return n
}

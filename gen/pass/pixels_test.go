package pass_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestPixelsOfInputs: an input of pixels is read where it lies by all that reads
// pixels, inference and training have no copy of it, and results are those of the
// same network of planes, bit for bit. What needs planes gets one copy.
func TestPixelsOfInputs(t *testing.T) {
	const last = "  - conv2d: {filters: 4, kernel_size: 1}\n  - global_avg_pool\n"
	for _, c := range []struct {
		layers string
		copies int
	}{
		{"  - conv2d: {filters: 8, kernel_size: 3, padding: same, activation: tanh}\n", 0},
		{"  - depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2}\n", 0},
		{"  - max_pool2d: {kernel_size: 2}\n", 0},
		{"  - avg_pool2d: {kernel_size: 2, strides: 1}\n", 0},
		{"  - pad: {padding: [0, 1, 1, 0, 1, 1], mode: reflect}\n", 0},
		{"  - tanh\n", 0},
		{"  - scale_shift: {axes: [0]}\n", 0},
		{"  - conv2d: {filters: 3, kernel_size: 3, padding: same}\n  - add: {from: [x, conv2d1]}\n", 0},
		{"  - conv2d: {filters: 2, kernel_size: 3, padding: same}\n  - concat: {axis: 0, from: [x, conv2d1]}\n", 0},
		{"  - dense: {units: 12}\n  - reshape: {shape: [2, 3, 2]}\n", 1},
	} {
		for _, elements := range []string{"", ", dtype: uint8, normalize: {min: 0, max: 255}"} {
			var want []float64
			for _, shape := range []string{"[3, 6, 5]", "[6, 5, 3], layout: hwc"} {
				net, err := spec.Decode("n.yaml", []byte("nngen: 1\nname: n\ninput: {shape: "+shape+elements+"}\nlayers:\n"+c.layers+last+"loss: mse\ncodegen: {batch: 1}\n"), op.Vocabulary())
				require.NoError(t, err)
				p, err := lower.Lower(net)
				require.NoError(t, err)
				require.NoError(t, gen.Pipeline.Run(p, nil))
				pixels := net.Inputs[0].ChannelsLast
				for _, f := range p.Funcs() {
					if pixels && f != p.Update {
						require.Equal(t, c.copies, copies(p, f), "%s of%s\n%s", f.Name, elements, c.layers)
					}
				}
				m := interp.NewOracle(p, false)
				m.Batch = 1
				for v, w := range interp.InitialValues(p, 7) {
					m.Set(v, w)
				}
				x := make([]float64, 90)
				for i := range x {
					at := i
					if pixels {
						at = i%30*3 + i/30
					}
					x[at] = float64(i*i*7%256) / 256
					if elements != "" {
						x[at] *= 256
					}
				}
				m.Set(p.Inputs[0], x)
				m.Set(p.Outputs[0].Target, []float64{1, 0, 2, -1})
				require.NoError(t, m.Run(p.Infer))
				got := m.Get(p.Outputs[0].Value)[0]
				require.NoError(t, m.Run(p.Gradients))
				for _, g := range p.Grads {
					got = append(got, m.Get(g)[0]...)
				}
				if want == nil {
					want = got
				}
				require.Equal(t, want, got, "%s%s", c.layers, elements)
			}
		}
	}
}

// copies are the views of an input, or of its numbers, that put the channels first.
func copies(p *ir.Program, f *ir.Func) (n int) {
	of := map[*ir.Value]bool{p.Inputs[0]: true}
	for _, o := range f.Ops {
		switch o := o.(type) {
		case *ir.Map:
			for _, x := range o.In {
				of[o.Out[0]] = of[o.Out[0]] || of[x]
			}
		case *ir.View:
			if axes := ir.MergeAxes(o.Axes); of[o.X] && axes[len(axes)-1].Stride != 1 {
				n++
			}
		}
	}
	return n
}

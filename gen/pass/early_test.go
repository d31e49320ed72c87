package pass_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/pass"
)

// TestEarly: what a sum is added to comes before the convolution, unless a product makes
// it or it needs the convolution; all parts of it do. The result is the same.
func TestEarly(t *testing.T) {
	const start = "input: {shape: [2, 4, 4]}\nlayers:\n  - conv2d: {filters: 3, kernel_size: 1}\n  - conv2d: {name: last, filters: 3, kernel_size: 1}\n"
	for layers, early := range map[string]bool{
		"  - pad: {from: conv2d1, padding: [0, 0, 0, 0, 0, 1]}\n  - slice: {axis: 2, end: 4}\n  - add: {from: [last, slice1]}\n":                                                        true,
		"  - max_pool2d: {from: conv2d1, kernel_size: 3, strides: 1, padding: 1}\n  - add: {from: [max_pool2d1, last]}\n  - relu\n":                                                     true,
		"  - max_pool2d: {from: last, kernel_size: 3, strides: 1, padding: 1}\n  - add: {from: [max_pool2d1, last]}\n":                                                                  false,
		"  - conv2d: {from: conv2d1, filters: 3, kernel_size: 1}\n  - pad: {padding: [0, 0, 0, 0, 0, 1]}\n  - slice: {axis: 2, end: 4}\n  - add: {from: [slice1, last]}\n":              false,
		"  - relu: {name: r}\n  - max_pool2d: {from: conv2d1, kernel_size: 3, strides: 1, padding: 1}\n  - add: {from: [r, max_pool2d1]}\n":                                             true,
		"  - pad: {from: conv2d1, padding: [0, 1, 0, 0, 1, 0], mode: edge}\n  - slice: {axis: 1, end: 4}\n  - add: {from: [last, slice1]}\n":                                            true,
		"  - max_pool2d: {from: conv2d1, kernel_size: 2}\n  - resize: {scales: 2, mode: linear}\n  - add: {from: [last, resize1]}\n":                                                    false,
		"  - max_pool2d: {from: conv2d1, kernel_size: 2}\n  - pad: {padding: [0, 1, 1, 0, 1, 1], mode: edge}\n  - add: {from: [last, pad1]}\n":                                          true,
		"  - slice: {from: conv2d1, axis: 0, end: 1}\n  - slice: {from: conv2d1, axis: 0, start: 1}\n  - concat: {axis: 0, from: [slice1, slice2]}\n  - add: {from: [last, concat1]}\n": true,
	} {
		var want []float64
		for _, passes := range []pass.Pipeline{{pass.Pixels}, {pass.Pixels, pass.Early}} {
			p := inference(t, start+layers, passes)
			at := slices.IndexFunc(p.Infer.Ops, func(o ir.Op) bool { c, ok := o.(*ir.Contract); return ok && c.Layer == "last" })
			add := slices.IndexFunc(p.Infer.Ops, func(o ir.Op) bool { m, ok := o.(*ir.Map); return ok && m.Doc == "add" })
			between := slices.ContainsFunc(p.Infer.Ops[at+1:add], func(o ir.Op) bool { _, ok := o.(*ir.Map); return !ok })
			require.Equal(t, len(passes) == 1 || !early, between, "%s%s", layers, p)
			m := interp.NewOracle(p, true)
			m.Batch = 1
			for v, w := range interp.InitialValues(p, 7) {
				m.Set(v, w)
			}
			x := make([]float64, p.Inputs[0].Size())
			for i := range x {
				x[i] = float64(i*7%11) - 4
			}
			m.Set(p.Inputs[0], x)
			require.NoError(t, m.Run(p.Infer))
			if got := m.Get(p.Outputs[0].Value)[0]; want == nil {
				want = got
			} else {
				require.Equal(t, want, got, layers)
			}
		}
	}
}

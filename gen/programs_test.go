package gen_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

// The layers of the test programs: contractions that no layer of the language
// makes, built as one would.
var programLayers = []op.Layer{
	{Kind: spec.Kind{Name: "test_conv"}, Build: testConv},
	{Kind: spec.Kind{Name: "test_gru"}, Build: testGRU},
	{Kind: spec.Kind{Name: "test_product", MinFrom: 2, MaxFrom: 2}, Build: testProduct},
}

var programs = []string{`
input: {shape: [36]}
layers:
  - dense: {units: 360, activation: tanh}
  - reshape: {shape: [18, 5, 4]}
  - test_conv
  - dense: {units: 2}
`, `
input: {shape: [3, 4]}
layers:
  - dense: {units: 5, axis: -1, activation: tanh}
  - test_gru
  - dense: {units: 2}
`, `
input: {shape: [6]}
layers:
  - dense: {name: a, units: 24, activation: tanh}
  - reshape: {name: a3, shape: [2, 3, 4]}
  - dense: {name: b, from: x, units: 40, activation: sigmoid}
  - reshape: {name: b3, shape: [2, 4, 5]}
  - test_product: {from: [a3, b3]}
  - dense: {units: 2}
`}

func weightOf(b *op.Builder, name string, order ir.Order, scale float64, shape ...int) *ir.Value {
	return b.Param(ir.ParamInfo{
		Name: name, Layer: 7, Shape: shape, Order: order, FanIn: 1, FanOut: 1, Trained: true,
		Init: expr.One("w", expr.Mul(expr.L("z"), expr.C(scale))),
	})
}

// testConv is a convolution [18,5,4] → [3,4,4] with 3×2 filters, strides 2 and
// 1, dilations 1 and 2, padding 2 above and below and 1 left and right.
func testConv(b *op.Builder, l *spec.Layer, xs []op.Tensor) op.Tensor {
	const filters, channels, high, wide = 3, 18, 4, 4
	w, bias := weightOf(b, l.Name+".weight", ir.RowMajor, 0.2, filters, channels, 3, 2), weightOf(b, l.Name+".bias", ir.ByOutputs, 0.3, filters)
	y := b.Value(ir.Value{Name: l.Name, Shape: []int{filters, high, wide}, Batch: true})
	loops, of := ir.SumOrder([]ir.Loop{{Name: "c", Size: channels, Channels: true}, {Name: "u", Size: 3}, {Name: "v", Size: 2}})
	for i := range of {
		of[i] = of[i].Behind(3)
	}
	n, i, j := ir.Unit(0), ir.Unit(1), ir.Unit(2)
	init := ir.Operand{V: bias, At: []ir.Affine{n}}
	b.Contract(&ir.Contract{
		Layer: l.Name, Loops: []ir.Loop{{Name: "n", Size: filters, Channels: true}, {Name: "i", Size: high}, {Name: "j", Size: wide}},
		Y: ir.Operand{V: y, At: []ir.Affine{n, i, j}}, Init: &init,
		Terms: []ir.Term{{
			Loops: loops,
			A: ir.Operand{V: xs[0].Value, Dims: xs[0].Dims, At: []ir.Affine{
				of[0], ir.Affine{Offset: -2}.Plus(i, 2).Plus(of[1], 1), ir.Affine{Offset: -1}.Plus(j, 1).Plus(of[2], 2),
			}},
			B: &ir.Operand{V: w, At: []ir.Affine{n, of[0], of[1], of[2]}},
		}},
	})
	return op.Tensor{Value: y, Dims: y.Shape}
}

// testGRU is a GRU of 6 units over three inputs, unrolled, from a zero state.
func testGRU(b *op.Builder, l *spec.Layer, xs []op.Tensor) op.Tensor {
	const units = 6
	in := xs[0].Dims[1]
	wi, wh := weightOf(b, l.Name+".weight_ih", ir.ByOutputs, 0.4, 3*units, in), weightOf(b, l.Name+".weight_hh", ir.ByOutputs, 0.4, 3*units, units)
	bi, bh := weightOf(b, l.Name+".bias_ih", ir.ByOutputs, 0.2, 3*units), weightOf(b, l.Name+".bias_hh", ir.ByOutputs, 0.2, 3*units)
	n, k := ir.Unit(0), ir.Unit(1)
	// sum is a gate's sum of the products of x at step t, of h, or of both.
	sum := func(name string, gate, t int, x, h, bias *ir.Value) *ir.Value {
		y := b.Temp(name, units)
		row := ir.Affine{Offset: gate * units}.Plus(n, 1)
		c := &ir.Contract{Layer: l.Name, Loops: []ir.Loop{{Name: "n", Size: units}}, Y: ir.Operand{V: y, At: []ir.Affine{n}}}
		c.Init = &ir.Operand{V: bias, At: []ir.Affine{row}}
		if x != nil {
			c.Terms = append(c.Terms, ir.Term{
				Loops: []ir.Loop{{Name: "k", Size: in}},
				A:     ir.Operand{V: x, Dims: xs[0].Dims, At: []ir.Affine{{Offset: t}, k}}, B: &ir.Operand{V: wi, At: []ir.Affine{row, k}},
			})
		}
		if h != nil {
			c.Terms = append(c.Terms, ir.Term{
				Loops: []ir.Loop{{Name: "m", Size: units}},
				A:     ir.Operand{V: h, At: []ir.Affine{k}}, B: &ir.Operand{V: wh, At: []ir.Affine{row, k}},
			})
		}
		b.Contract(c)
		return y
	}
	gate := func(act string, z *ir.Value) *ir.Value {
		return b.Activate(&spec.Named{Name: act}, op.Tensor{Value: z, Dims: []int{units}}, z.Name+"_a").Value
	}
	formula := func(name, y string, grads map[string]string, ins ...any) *ir.Value {
		v := b.Map(name, l.Name+"_"+name, expr.MustParse("y = "+y), "y", units, ins...)
		b.Record(v, func(dy *ir.Value) {
			for i := 0; i < len(ins); i += 2 {
				if x := ins[i+1].(*ir.Value); b.Flows(x) {
					b.AddGrad(x, b.Map(name+" gradient", "d"+x.Name, expr.MustParse("d = "+grads[ins[i].(string)]), "d", units, append([]any{"dy", dy}, ins...)...))
				}
			}
		})
		return v
	}
	var h *ir.Value
	x := xs[0].Value
	for t := range xs[0].Dims[0] {
		step := func(s string) string { return fmt.Sprintf("%s_%s%d", l.Name, s, t) }
		r, z := gate("sigmoid", sum(step("r"), 0, t, x, h, bi)), gate("sigmoid", sum(step("z"), 1, t, x, h, bi))
		inner := formula("reset", "r*s", map[string]string{"r": "dy*s", "s": "dy*r"}, "r", r, "s", sum(step("s"), 2, t, nil, h, bh))
		c := gate("tanh", formula("candidate", "a + b", map[string]string{"a": "dy", "b": "dy"}, "a", sum(step("c"), 2, t, x, nil, bi), "b", inner))
		if h == nil {
			h = formula("first", "(1 - z)*c", map[string]string{"z": "-(dy*c)", "c": "dy*(1 - z)"}, "z", z, "c", c)
			continue
		}
		h = formula("state", "(1 - z)*c + z*h", map[string]string{"z": "dy*(h - c)", "c": "dy*(1 - z)", "h": "dy*z"}, "z", z, "c", c, "h", h)
	}
	return op.Tensor{Value: h, Dims: []int{units}}
}

// testProduct is Y[h,i,j] = Σ A[h,i,k]·B[h,k,j] over the k that are not after i.
func testProduct(b *op.Builder, l *spec.Layer, xs []op.Tensor) op.Tensor {
	p, q := xs[0].Dims, xs[1].Dims
	y := b.Value(ir.Value{Name: l.Name, Shape: []int{p[0], p[1], q[2]}, Batch: true})
	h, i, j, k := ir.Unit(0), ir.Unit(1), ir.Unit(2), ir.Unit(3)
	b.Contract(&ir.Contract{
		Layer: l.Name, Loops: []ir.Loop{{Name: "h", Size: p[0]}, {Name: "i", Size: p[1]}, {Name: "j", Size: q[2]}},
		Y: ir.Operand{V: y, At: []ir.Affine{h, i, j}},
		Terms: []ir.Term{{
			Loops: []ir.Loop{{Name: "k", Size: p[2]}},
			A:     ir.Operand{V: xs[0].Value, Dims: p, At: []ir.Affine{h, i, k}}, B: &ir.Operand{V: xs[1].Value, Dims: q, At: []ir.Affine{h, k, j}},
			Where: []ir.Affine{i.Plus(k, -1)},
		}},
	})
	return op.Tensor{Value: y, Dims: y.Shape}
}

// TestPrograms runs a padded strided convolution, a GRU unrolled three times and
// a causal product of two values, with their gradients: generated code on every
// path and with several workers against the oracle, bit for bit; the gradients
// in float64 against differences of the loss.
func TestPrograms(t *testing.T) {
	defer op.Extend(programLayers...)()
	var nets []*gentest.Network
	for i, text := range programs {
		for _, tail := range []string{"optimizer: {sgd: {learning_rate: 0.1}}\n", "optimizer: {adam: {learning_rate: 0.01}}\nnumeric: {dtype: float64, mode: reproducible}\n"} {
			text := fmt.Sprintf("nngen: 1\nname: p%d%sloss: mse\ncodegen: {batch: 5}\n", i, text) + tail
			net, err := spec.Decode("p.yaml", []byte(text), op.Vocabulary())
			require.NoError(t, err)
			n, err := gentest.Prepare(net)
			require.NoError(t, err)
			nets = append(nets, n)
		}
		differences(t, nets[len(nets)-1])
	}
	runNetworks(t, nets)
}

// differences compares the float64 gradients with central differences.
func differences(t *testing.T, n *gentest.Network) {
	prog := n.Plan.Prog
	job := verify.NewJob(rand.New(rand.NewPCG(3, 4)), n, 5)
	params := interp.InitialValues(prog, 5)
	loss := func() (*interp.Machine, float64) {
		m := interp.New(prog)
		b := job.Batches[0]
		m.Batch = len(b.Inputs)
		for p, w := range params {
			m.Set(p, w)
		}
		verify.Rows(prog.Inputs, b.Inputs, m.Set)
		verify.Rows([]*ir.Value{prog.Outputs[0].Target}, b.Targets, m.Set)
		require.NoError(t, m.Run(prog.Gradients))
		return m, m.Get(prog.Loss)[0][0]
	}
	m, _ := loss()
	checked := 0
	for _, g := range prog.Grads {
		if !g.Param.Trained { // a statistic of the batch
			continue
		}
		w, got := params[prog.ParamByName(g.Param.Name)], m.Get(g)[0]
		largest := 0.0
		for _, x := range got {
			largest = max(largest, math.Abs(x))
		}
		require.Positive(t, largest, g.Name)
		for i := 0; i < len(w); i += 1 + len(w)/25 {
			const h = 1e-5
			x := w[i]
			w[i] = x + h
			_, up := loss()
			w[i] = x - h
			_, down := loss()
			w[i] = x
			require.InDelta(t, (up-down)/(2*h), got[i], 1e-7*(1+largest), "%s: %s[%d]", n.Net.Name, g.Param.Name, i)
			checked++
		}
	}
	require.Greater(t, checked, 60)
}

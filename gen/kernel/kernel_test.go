package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

func numbers(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(rng.NormFloat64()))
	}
	return v
}

// TestDense interprets the kernels of planned networks and compares them with
// the oracle, bit for bit.
func TestDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, outs := range []int{1, 2, 4, 5, 8, 9, 15, 16, 17, 32, 33, 70} {
		for _, ins := range []int{1, 3, 8, 17, 64, 65} {
			b := spec.New("net")
			x := b.Input("x", ins)
			h := b.Layer("dense", x, spec.Fields{"units": outs, "activation": "gelu"})
			b.Output("y", b.Layer("dense", h, spec.Fields{"units": 3, "activation": "tanh"}))
			b.Loss("mse")
			net, err := b.Build(op.Vocabulary())
			require.NoError(t, err)
			p, err := gen.Plan(net, gen.Options{})
			require.NoError(t, err)
			compare(t, rng, p)
			for _, storage := range []string{"float16", "int8"} {
				net.Codegen.Storage, net.Codegen.Train = storage, false
				p, err := gen.Plan(net, gen.Options{})
				require.NoError(t, err)
				compare(t, rng, p)
			}
		}
	}
}

// compare runs every step of inference and of the backward pass.
func compare(t *testing.T, rng *rand.Rand, p *plan.Plan) {
	m := interp.NewOracle(p.Prog, false)
	for v, w := range interp.InitialValues(p.Prog, 3) {
		m.Set(v, w)
	}
	m.Set(p.Prog.Inputs[0], numbers(rng, p.Prog.Inputs[0].Size()))
	require.NoError(t, m.Run(p.Prog.Infer))
	phases, want, kernels := []*plan.Phase{p.Infer}, 2, 0
	if p.Train != nil {
		m.Set(p.Prog.Outputs[0].Target, numbers(rng, 3))
		require.NoError(t, m.Run(p.Prog.Gradients))
		phases, want = append(phases, p.Train.Gradients.Phases(plan.Samples)[0]), 5
	}
	for _, ph := range phases {
		for _, s := range ph.Steps {
			if s.Kernel == nil {
				continue
			}
			kernels++
			y := s.Op.Outs()[0]
			if n := len(s.Epilogue); n > 0 {
				y = s.Epilogue[n-1].Out[0]
			}
			require.Equal(t, m.Get(y)[0], run(t, p, m, s), "%s", s.Op)
		}
	}
	require.Equal(t, want, kernels)
}

// run interprets a step's kernel on the oracle's operands.
func run(t *testing.T, p *plan.Plan, m *interp.Machine, s *plan.Step) []float64 {
	ins := s.Op.Ins()
	x, w := ins[0], ins[1]
	layout := &p.TensorOf(w.Param).Layout
	outs, inputs := w.Shape[0], w.Shape[1]
	packed, scale := make([]float64, layout.Size()), make([]float64, outs)
	for o := range outs {
		row := m.Get(w)[0][o*inputs:][:inputs]
		scale[o] = 1
		if s.Kernel.Scaled {
			scale[o] = interp.Scale(row)
		}
		for i := range row {
			packed[layout.Index(o, i, 0)] = row[i] / scale[o]
		}
	}
	mem := &kernel.Memory{
		X: map[string][]float64{"x": m.Get(x)[0]}, W: map[string][]float64{"w": packed},
		Index: layout.Index, Scale: scale, Extra: map[string][]float64{}, Y: make([]float64, s.Kernel.Outputs),
	}
	if layout.ByInputs { // whose outputs are inputs to the kernel
		mem.Index = func(out, in, tap int) int { return layout.Index(in, out, tap) }
	}
	if d, ok := ir.Form(s.Op).(*ir.Dense); ok {
		mem.X["x"], mem.Bias = m.Get(d.X)[0], m.Get(d.B)[0]
	}
	if d, ok := ir.Form(s.Op).(*ir.DenseGradInput); ok {
		mem.X["x"] = m.Get(d.DY)[0]
	}
	for _, e := range s.Epilogue {
		for _, v := range e.In {
			mem.Extra[v.String()] = nil
			if rows := m.Get(v); rows != nil {
				mem.Extra[v.String()] = rows[0]
			}
		}
	}
	require.NoError(t, kernel.Interpret(s.Kernel, mem, interp.Strict32))
	return mem.Y
}

// TestConv3x3 describes a 3×3 convolution with padding, bias and relu, in
// panels of 16 channels, and compares it with nested loops.
func TestConv3x3(t *testing.T) {
	const images, h, w, cin, cout = 2, 5, 6, 3, 20
	rng := rand.New(rand.NewPCG(3, 4))
	layout := plan.NewPanels(cout, cin, 9, 1, ir.Float32)
	// The source is planes [cin][h][w], the result pixels in panels
	// [cout/16][h·w][16].
	x, packed, bias := numbers(rng, images*cin*h*w), make([]float64, layout.Size()), numbers(rng, cout)
	weight := func(n, c, kh, kw int) *float64 { return &packed[layout.Index(n, c, kh*3+kw)] }
	for n := range cout {
		for c := range cin {
			for k := range 9 {
				*weight(n, c, k/3, k%3) = float64(float32(rng.NormFloat64()))
			}
		}
	}
	k := &kernel.Kernel{
		Elem: kernel.Elements{X: "float32", W: "float32", Acc: "float32"}, Outputs: cout, Chains: 1, Init: kernel.Bias,
		Segments: []kernel.Segment{{Source: "x", Weight: "w", Blocks: 1, PerBlock: cin, Channels: cin, PosStride: 1, ChannelStride: h * w}},
		Out:      kernel.Out{RowStride: w * 16, PosStride: 16, PanelStride: h * w * 16, Panel: 16},
		Runs: []kernel.Run{
			{Positions: 1, Cols: []bool{false, true, true}},
			{Positions: w - 2, Cols: []bool{true, true, true}},
			{Positions: 1, Cols: []bool{true, true, false}},
		},
		Epilogue: []kernel.Epilogue{{Name: "relu", Prog: expr.One("y", expr.Select(expr.Less(expr.L("x"), expr.C(0)), expr.C(0), expr.L("x"))),
			Operands: []kernel.Operand{{Leaf: "x", From: kernel.Sum}}, Result: "y"}},
		Batch: kernel.Batch{Count: images, X: cin * h * w, Y: 2 * h * w * 16},
	}
	for kh := range 3 {
		for kw := range 3 {
			k.Segments[0].Taps = append(k.Segments[0].Taps, kernel.Tap{Row: kh, Col: kw, Offset: (kh-1)*w + kw - 1, Weight: kh*3 + kw})
		}
	}
	for r := range h {
		row := kernel.Row{Offset: r * w, TapRows: 3}
		if r == 0 {
			row.TapRow, row.TapRows = 1, 2
		}
		if r == h-1 {
			row.TapRows = 2
		}
		k.Rows = append(k.Rows, row)
	}
	mem := &kernel.Memory{X: map[string][]float64{"x": x}, W: map[string][]float64{"w": packed}, Index: layout.Index, Bias: bias, Y: make([]float64, images*2*h*w*16)}
	require.NoError(t, kernel.Interpret(k, mem, interp.Strict32))
	for img := range images {
		for n := range cout {
			for r := range h {
				for p := range w {
					sum := float32(bias[n])
					for kh := range 3 {
						for kw := range 3 {
							for c := range cin {
								ih, iw := r+kh-1, p+kw-1
								if ih >= 0 && ih < h && iw >= 0 && iw < w {
									sum += float32(float32(*weight(n, c, kh, kw)) * float32(x[((img*cin+c)*h+ih)*w+iw]))
								}
							}
						}
					}
					got := mem.Y[img*2*h*w*16+n/16*h*w*16+(r*w+p)*16+n%16]
					require.Equal(t, float64(max(sum, 0)), got, "image %d, channel %d, row %d, column %d", img, n, r, p)
				}
			}
		}
	}
}

// integers is exact integer arithmetic.
type integers struct{}

func (integers) Round(v float64) float64               { return v }
func (integers) MulAdd(x, y, z float64) float64        { return x*y + z }
func (integers) Apply(o expr.Op, v ...float64) float64 { return expr.Float64.Apply(o, v...) }

// TestInt8Tile describes an int8 layer: bytes times int8 weights in groups of
// four inputs, [N/16][K/4][16][4], summed in int32, scaled and rounded back.
func TestInt8Tile(t *testing.T) {
	const outs, ins, positions = 24, 30, 5
	rng := rand.New(rand.NewPCG(5, 6))
	layout := plan.NewPanels(outs, ins, 1, 4, ir.Float32)
	require.Equal(t, 5, layout.Index(1, 1, 0), "the second output's inputs lie behind the first's four")
	require.Equal(t, 64, layout.Index(0, 4, 0), "the next four inputs lie behind all 16 outputs")
	x, packed, bias, scale := make([]float64, positions*ins), make([]float64, layout.Size()), make([]float64, outs), make([]float64, positions*32)
	for i := range x {
		x[i] = float64(rng.IntN(256))
	}
	for n := range outs {
		bias[n] = float64(rng.IntN(2000) - 1000)
		for i := range ins {
			packed[layout.Index(n, i, 0)] = float64(rng.IntN(256) - 128)
		}
		for p := range positions {
			scale[p*32+n] = 1 / float64(300+n)
		}
	}
	k := &kernel.Kernel{
		Elem: kernel.Elements{X: "uint8", W: "int8", Acc: "int32"}, Outputs: outs, Chains: 1, Init: kernel.Bias,
		Segments: []kernel.Segment{{Source: "x", Weight: "w", Taps: []kernel.Tap{{}}, Blocks: (ins + 3) / 4, PerBlock: 4, Channels: ins, PosStride: ins, ChannelStride: 1, BlockStride: 4}},
		Rows:     []kernel.Row{{TapRows: 1}},
		Runs:     []kernel.Run{{Positions: positions}},
		Out:      kernel.Out{PosStride: 32, PanelStride: 16, Panel: 16},
		Epilogue: []kernel.Epilogue{{Name: "requantize",
			Prog:     expr.One("q", expr.Min(expr.Max(expr.Floor(expr.Add(expr.Mul(expr.L("s"), expr.L("scale")), expr.C(0.5))), expr.C(-128)), expr.C(127))),
			Operands: []kernel.Operand{{Leaf: "s", From: kernel.Sum}, {Leaf: "scale", From: "scale"}}, Result: "q"}},
		Batch: kernel.Batch{Count: 1},
	}
	mem := &kernel.Memory{X: map[string][]float64{"x": x}, W: map[string][]float64{"w": packed}, Index: layout.Index, Bias: bias,
		Extra: map[string][]float64{"scale": scale}, Y: make([]float64, positions*32)}
	require.NoError(t, kernel.Interpret(k, mem, integers{}))
	for p := range positions {
		for n := range outs {
			sum := int32(bias[n])
			for i := range ins {
				sum += int32(int8(packed[layout.Index(n, i, 0)])) * int32(uint8(x[p*ins+i]))
			}
			want := math.Min(math.Max(math.Floor(float64(sum)/float64(300+n)+0.5), -128), 127)
			require.InDelta(t, want, mem.Y[p*32+n], 0, fmt.Sprintf("position %d, output %d", p, n))
		}
	}
}

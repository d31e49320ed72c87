//go:build linux

package asm_test

import (
	"fmt"
	"math"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// geometry is a convolution of [channels][height][width].
type geometry struct {
	filters, channels          int
	size, kernel, stride, step [2]int // step is the dilation
	before, after              [2]int // padding
	depthwise, planes, bias    bool   // planes: of an input, with the channels outside
	pool                       string // the layer, of channels by themselves
	turned                     bool   // the window of the filters, as for gradients of inputs
	algo                       string // of what is not pooled
	groups                     int    // of channels and filters, 0 is one
}

// out is the number of places along an axis, 0 where the window does not fit or
// lies in the padding alone.
func (g *geometry) out(axis int) int {
	room := g.size[axis] + g.before[axis] + g.after[axis] - (g.kernel[axis]-1)*g.step[axis] - 1
	if room < 0 || g.kernel[axis] == 0 {
		return 0
	}
	n, empty := room/g.stride[axis]+1, 0
	for i := range n {
		if !g.reads(axis, i) {
			empty++
		}
	}
	if empty == n || empty > 0 && g.pool != "" {
		return 0
	}
	return n
}

// reads reports whether place i along an axis reads anything.
func (g *geometry) reads(axis, i int) bool {
	for u := range g.kernel[axis] {
		if at := i*g.stride[axis] + u*g.step[axis] - g.before[axis]; at >= 0 && at < g.size[axis] {
			return true
		}
	}
	return false
}

// convolveCases: kernels of 1 to 5 by 1 to 5, strides, dilation and padding of
// every kind, every number of filters, inputs as planes and as pixels.
func convolveCases(s *suite) {
	epilogues := s.epilogues()
	residual := []kernel.Epilogue{{Name: "a", Prog: expr.One("y", expr.Add(expr.L("x"), expr.L("u"))),
		Operands: []kernel.Operand{{Leaf: "x", From: kernel.Sum}, {Leaf: "u", From: "u"}}, Result: "y"}}
	s.geometries(func(g *geometry, i int) {
		e := epilogues[i%len(epilogues)]
		if i%3 == 2 {
			e = residual
		}
		if i%7 == 5 && !g.depthwise {
			g.divide(2 + i%4)
		}
		s.convolveCase(g, e)
	})
}

// divide makes groups, with as many filters and channels as they need.
func (g *geometry) divide(groups int) {
	up := func(n int) int { return (n + groups - 1) / groups * groups }
	g.groups, g.filters, g.channels = groups, up(g.filters), up(g.channels)
}

// geometries are the convolutions of the tests, numbered.
func (s *suite) geometries(do func(g *geometry, i int)) {
	for turn := range 2 {
		for i, p := range sizes(turn) {
			if turn == 1 && i%3 > 0 && !*allSizes {
				continue
			}
			g := geometry{filters: p[0], channels: (p[1]-1)%40 + 1, depthwise: i%4 == 3, planes: i%3 == 1, bias: i%5 > 0, algo: "direct"}
			if i%8 == 2 {
				g.pool = []string{"max_pool2d", "avg_pool2d"}[i/8%2]
			}
			g.turned = g.pool == "" && i%4 < 2
			if g.depthwise = g.depthwise || g.pool != ""; g.depthwise {
				g.channels, g.planes = g.filters, false
			}
			most, largest := 5, 14+16/g.filters
			if i%5 == 4 { // few results, whose sums have several chains
				largest = 2
			}
			if g.filters*g.channels > 400 { // the guard's memory
				most = 3
			}
			for g.out(0)*g.out(1) == 0 {
				for axis := range 2 {
					g.size[axis], g.kernel[axis] = 1+s.rng.IntN(largest), 1+s.rng.IntN(most)
					g.stride[axis], g.step[axis] = 1+s.rng.IntN(3)*s.rng.IntN(2), 1+s.rng.IntN(3)*s.rng.IntN(2)
					g.before[axis], g.after[axis] = s.rng.IntN(g.kernel[axis]*g.step[axis]), s.rng.IntN(g.kernel[axis]*g.step[axis])
					if s.rng.IntN(3) == 0 {
						g.kernel[axis], g.before[axis], g.after[axis] = 1, 0, 0
					}
				}
			}
			do(&g, i)
		}
	}
}

// plan is the kernel that a network's convolution has, and how its filters lie.
func (g *geometry) plan(s *suite) (*kernel.Kernel, *plan.Layout) {
	b := spec.New("net")
	x := b.Input("x", g.channels, g.size[0], g.size[1])
	if !g.planes {
		x = b.Layer("conv2d", x, spec.Fields{"filters": g.channels, "kernel_size": 1})
	}
	fields := spec.Fields{
		"kernel_size": []int{g.kernel[0], g.kernel[1]}, "strides": []int{g.stride[0], g.stride[1]}, "dilation": []int{g.step[0], g.step[1]},
		"padding": []int{g.before[0], g.before[1], g.after[0], g.after[1]}, "use_bias": g.bias,
	}
	kind := "conv2d"
	switch {
	case g.pool != "":
		kind = g.pool
		delete(fields, "use_bias")
	case g.depthwise:
		kind = "depthwise_conv2d"
	default:
		fields["filters"], fields["algo"], fields["groups"] = g.filters, g.algo, max(g.groups, 1)
	}
	b.Output("y", b.Layer(kind, x, fields))
	b.Numeric(spec.Fields{"dtype": s.elem})
	b.Codegen(spec.Fields{"train": false})
	net, err := b.Build(op.Vocabulary())
	require.NoError(s, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(s, err)
	for i := len(p.Infer.Steps) - 1; i >= 0; i-- {
		step := p.Infer.Steps[i]
		c := ir.ConvolutionOf(step.Op)
		switch {
		case c == nil:
			continue
		case step.Convolution() == nil: // in chains that are not regular
			require.LessOrEqual(s, g.out(0)*g.out(1)*g.filters, 64, "there is no kernel of %+v", *g)
			return nil, nil
		case c.W == nil:
			return step.Kernel, nil
		}
		return step.Kernel, &p.TensorOf(c.W.V.Param).Layout
	}
	require.Fail(s, "there is no convolution", "%+v", *g)
	return nil, nil
}

// place is where an element of channels × height × width lies.
func place(planes bool, channels, height, width, c, i, j int) int {
	if planes {
		return (c*height+i)*width + j
	}
	return (i*width+j)*channels + c
}

// sum is the result of filter n at (i, j): channels 16 at a time, then rows and
// columns of the window, dealt to the chains in turn.
func (g *geometry) sum(s *suite, w, x []float64, chains int, bias float64, n, i, j int) float64 {
	acc, term, channels := make([]float64, chains), 0, g.channels
	acc[0] = bias
	if g.depthwise {
		channels = 1
	}
	first := 0 // channel of the group
	if g.groups > 0 {
		channels /= g.groups
		first = n / (g.filters / g.groups) * channels
	}
	for block := 0; block < channels; block += 16 {
		for u := range g.kernel[0] {
			for v := range g.kernel[1] {
				at, to := i*g.stride[0]+u*g.step[0]-g.before[0], j*g.stride[1]+v*g.step[1]-g.before[1]
				dealt := term // of all channels of the block, whether they exist or not
				if term += min(16, channels); at < 0 || at >= g.size[0] || to < 0 || to >= g.size[1] {
					continue
				}
				for c := block; c < min(block+16, channels); c++ {
					of := first + c
					if g.depthwise {
						of = n
					}
					sum := &acc[(dealt+c-block)%chains]
					element := x[place(g.planes, g.channels, g.size[0], g.size[1], of, at, to)]
					switch g.pool {
					case "":
						tap := u*g.kernel[1] + v
						if g.turned {
							tap = g.kernel[0]*g.kernel[1] - 1 - tap
						}
						*sum = s.arith.MulAdd(w[(n*channels+c)*g.kernel[0]*g.kernel[1]+tap], element, *sum)
					case "avg_pool2d":
						*sum = s.arith.Apply(expr.OpAdd, *sum, element)
					default:
						if element > *sum || math.IsNaN(element) {
							*sum = element
						}
					}
				}
			}
		}
	}
	for h := chains / 2; h >= 1; h /= 2 {
		for i := range h {
			acc[i] = s.arith.Apply(expr.OpAdd, acc[i], acc[i+h])
		}
	}
	return acc[0]
}

func (s *suite) convolveCase(g *geometry, e []kernel.Epilogue) {
	k, layout := g.plan(s)
	if k == nil {
		return
	}
	k.Epilogue, k.Fused = e, s.fused
	if g.turned {
		for i, taps := 0, k.Segments[0].Taps; i < len(taps); i++ {
			taps[i].Weight = g.kernel[0]*g.kernel[1] - 1 - taps[i].Weight
		}
	}
	if g.pool == "avg_pool2d" && g.bias { // sums that go on, as those of the gradient of biases
		k.Init = kernel.Bias
	}
	height, width := g.out(0), g.out(1)
	c := s.newCase("Convolve %+v, %d operands", *g, len(k.Extras()))
	if layout == nil { // there are no filters
		l := plan.NewLayout(&ir.ParamInfo{Shape: []int{g.filters, 1, 1, 1}}, ir.Float32)
		layout = &l
	}
	ins := layout.Ins()
	w, stored := s.numbers(g.filters*ins), make([]float64, ((layout.Full-1)*layout.Rows+ins)*16)
	for i := range stored {
		stored[i] = untouched
	}
	for n := range g.filters {
		for i := range ins {
			stored[layout.Index(n, i/layout.Taps, i%layout.Taps)] = w[n*ins+i]
		}
	}
	none := make([]float64, height*width*g.filters)
	for i := range none {
		none[i] = sentinel
	}
	y, x := c.operand("y", none), c.operand("x", s.numbers(g.channels*g.size[0]*g.size[1]))
	if g.pool == "max_pool2d" {
		for i := range 3 {
			at := s.rng.IntN(len(x.before))
			x.before[at] = []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[i]
			x.after[at] = x.before[at]
		}
	}
	filters, bias, u := c.operand("w", stored), c.operand("b", s.padded(g.filters)), c.operand("u", s.numbers(len(none)))
	finish := s.after(e)
	for n := range g.filters {
		for i := range height {
			for j := range width {
				at, first := (i*width+j)*g.filters+n, 0.0
				switch {
				case g.pool == "max_pool2d":
					first = math.Inf(-1)
				case g.bias:
					first = bias.before[n]
				}
				y.after[at] = finish(g.sum(s, w, x.before, k.Chains, first, n, i, j), u.before[at])
			}
		}
	}
	all := calls.ConvolutionOf(s.Target, k)
	if open := all.Parts[0].Kernel; g.depthwise && s.PanelsOfTile && s.rng.IntN(2) == 0 { // as on larger maps
		open.Tile.Part, open.Tile.Positions = 1+s.rng.IntN(4), 1+s.rng.IntN(open.Tile.Positions)
	}
	for _, part := range all.Parts {
		fn := s.function(part.Kernel.Key(), func(name string) *asm.Func { return s.Convolve(name, nil, part.Kernel) })
		for q := part.From; q < part.To; q += part.Panels {
			for _, rows := range all.Rows {
				lane, from := q*16+part.Lane, rows.X+q/all.XPanels*all.XStride+part.X
				c.call(fn, map[string]pass{
					"y": y.from(rows.Y + lane), "x": x.from(from), "w": filters.from(q*layout.Rows*16 + rows.W + part.Lane), "b": bias.from(lane),
					"u": u.from(rows.Y + lane), "rows": number(rows.Rows), "taps": number(rows.Taps),
				})
			}
		}
	}
	c.name += fmt.Sprintf(", %d calls", len(c.calls))
	c.done()
}

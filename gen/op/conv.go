package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// The convolutions, of values [channels, length] or [channels, height, width].
var (
	conv2d = convLayer(2, false, spec.Kind{
		Name: "conv2d",
		Doc:  "Convolution of [channels, height, width] (PyTorch Conv2d, Keras Conv2D, ONNX Conv), z[n, i, j] = b[n] + Σ W[n, c, u, v]·x[c, i·s + u·d − p, j·s + v·d − p] over the channels c of n's group and the window, y = f(z), with strides s, dilation d and padding p, where x is 0. W is [filters, channels/groups, height, width].",
	})
	conv1d = convLayer(1, false, spec.Kind{
		Name: "conv1d",
		Doc:  "Convolution of [channels, length] (PyTorch Conv1d, Keras Conv1D), z[n, j] = b[n] + Σ W[n, c, v]·x[c, j·s + v·d − p], y = f(z), as conv2d with one axis.",
	})
	depthwiseConv2d = convLayer(2, true, spec.Kind{
		Name: "depthwise_conv2d",
		Doc:  "Convolution of each channel of [channels, height, width] by itself, with depth_multiplier filters each (Keras DepthwiseConv2D; PyTorch Conv2d with as many groups as channels): filter c·depth_multiplier + m reads channel c. W is [channels·depth_multiplier, 1, height, width].",
	})
	depthwiseConv1d = convLayer(1, true, spec.Kind{
		Name: "depthwise_conv1d",
		Doc:  "Convolution of each channel of [channels, length] by itself, as depthwise_conv2d with one axis.",
	})
)

// convLayer is the row of a convolution over some axes.
func convLayer(rank int, depthwise bool, k spec.Kind) Layer {
	count := &spec.Range{Min: 1, Max: 1e6}
	if depthwise {
		k.Params = []spec.Param{{Name: "depth_multiplier", Doc: "filters of each channel", Type: spec.Integer, Default: 1, Range: count}}
	} else {
		k.Params = []spec.Param{{Name: "filters", Doc: "number of filters, the channels of the result", Type: spec.Integer, Required: true, Range: count}}
	}
	k.Params = append(k.Params, windowParams(1.0, rank == 1)...)
	if !depthwise {
		k.Params = append(k.Params, spec.Param{Name: "groups", Doc: "groups of channels, each with filters of its own", Type: spec.Integer, Default: 1, Range: count})
	}
	k.Params = append(k.Params, kernelParams...)
	if rank == 2 && !depthwise {
		k.Params = append(k.Params, spec.Param{Name: "algo", Doc: algoDoc, Type: spec.Enum, Enum: []string{"auto", string(ir.Direct), string(ir.Winograd2), string(ir.Winograd4)}})
	}
	if rank == 1 {
		k.Params = append(k.Params, spec.Param{Name: "stateful", Doc: "a causal convolution goes on where that of the call before ended: what its windows need of the past is kept from call to call", Type: spec.Bool, Default: false})
	}
	return Layer{Kind: k, Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x := xs[0]
		if !b.spatial(l, x, rank) {
			return Tensor{}
		}
		c := &convolution{Builder: b, l: l, x: x, groups: l.Args.Int("groups"), filters: l.Args.Int("filters")}
		if depthwise {
			c.groups, c.filters = x.Dims[0], x.Dims[0]*l.Args.Int("depth_multiplier")
		}
		return c.build()
	}}
}

const algoDoc = "how the sums are computed, and those of the gradient of the input: direct, product by product; winograd2, by Winograd's transform F(2×2, 3×3), which takes 4/9 of the products; winograd4, by F(4×4, 3×3), which takes 1/4 and is less exact; auto (the default) chooses the faster one by the shape; float64, reproducible mode, results of one row or column and inputs of the network that lie as planes are direct"

// kernelParams are the fields of what has filters and biases.
var kernelParams = []spec.Param{
	{Name: "activation", Doc: "activation function f", Type: spec.Word, Slot: spec.ActivationSlot, Default: "linear"},
	{Name: "use_bias", Doc: "add the bias b", Type: spec.Bool, Default: true},
	{Name: "kernel_initializer", Doc: "initial W; default he_normal before the relu family, else glorot_uniform; with a window of t places, fan_in is channels/groups·t and fan_out filters·t", Type: spec.Word, Slot: spec.InitializerSlot},
	{Name: "bias_initializer", Doc: "initial b", Type: spec.Word, Slot: spec.InitializerSlot, Default: "zeros"},
	{Name: "kernel_regularizer", Doc: "penalty on W", Type: spec.Word, Slot: spec.RegularizerSlot},
	{Name: "bias_regularizer", Doc: "penalty on b", Type: spec.Word, Slot: spec.RegularizerSlot},
	{Name: "trainable", Doc: "whether training changes W and b", Type: spec.Bool, Default: true},
}

// convolution is one that is being built.
type convolution struct {
	*Builder
	l               *spec.Layer
	x               Tensor
	groups, filters int
	ws              []window
}

func (c *convolution) build() Tensor {
	l, number := c.l, c.NextDense()
	if !c.divides(l, c.groups, c.x.Dims[0], c.filters) {
		return Tensor{}
	}
	ws, ok := c.windows(l, c.x)
	if !ok {
		return Tensor{}
	}
	c.ws = ws
	dims, ok := c.outDims(l, c.filters, ws)
	if !ok || l.Args.Bool("stateful") && !c.streamed() {
		return Tensor{}
	}
	algo := ir.Algo(l.Args.Text("algo"))
	if algo.Tile() > 0 && !c.tiles() {
		c.Errorf(l.Args["algo"].Pos, "write algo: auto", code.Conflict+"%s is for a window of 3 by 3 with stride, dilation and groups of 1, and at least %d channels and filters", algo, ir.LeastTiled)
		return Tensor{}
	}
	w, bias := c.params(c.filters)
	if w == nil {
		return Tensor{}
	}
	z := c.Temp("z"+number, dims...)
	k := c.contraction(z, w, bias)
	k.Asked = algo
	if !k.Exists(&k.Terms[0]) {
		c.Errorf(l.Args["padding"].Pos, "write less padding", code.Shapes+"its windows lie in the padding alone")
		return Tensor{}
	}
	if l.Args.Bool("stateful") {
		k.Chains = 1 // that of long signals, whatever the length of a block
	}
	c.Contract(k)
	return c.Activate(l.Args.Word("activation"), Tensor{z, dims}, "a"+number)
}

// tiles reports whether Winograd's transform can compute the convolution.
func (c *convolution) tiles() bool {
	for _, win := range c.ws {
		if win.kernel != 3 || win.stride != 1 || win.dilation != 1 {
			return false
		}
	}
	return c.groups == 1 && min(c.x.Dims[0], c.filters) >= ir.LeastTiled
}

// divides reports whether groups divide the channels of an input and of its result.
func (b *Builder) divides(l *spec.Layer, groups, channels, filters int) bool {
	for _, n := range []struct {
		what  string
		count int
	}{{"its input has", channels}, {"filters is", filters}} {
		if n.count%groups != 0 {
			b.Errorf(l.Args["groups"].Pos, "", code.Shapes+"groups must divide the channels of the input and of the result, but groups is %d and %s %d", groups, n.what, n.count)
			return false
		}
	}
	return true
}

// contraction sums over the channels of a group and the window, the channels 16
// at a time.
func (c *convolution) contraction(z, w, bias *ir.Value) *ir.Contract {
	ins, outs := c.x.Dims[0]/c.groups, c.filters/c.groups
	loops := []ir.Loop{{Name: "n", Size: outs, Channels: true}}
	n, in := ir.Unit(0), ir.Affine{} // of a filter, and of the first channel it reads
	if c.groups > 1 {
		loops = []ir.Loop{{Name: "g", Size: c.groups, Channels: true}, {Name: "n", Size: outs, Channels: true}}
		n, in = ir.Unit(1).Plus(ir.Unit(0), outs), ir.Affine{}.Plus(ir.Unit(0), ins)
	}
	first := len(loops)
	loops = append(loops, outLoops(c.ws)...)
	summed, of := ir.SumOrder(append([]ir.Loop{{Name: "c", Size: ins, Channels: true}}, kernelLoops(c.ws)...))
	for i := range of {
		of[i] = of[i].Behind(len(loops))
	}
	a := ir.Operand{V: c.x.Value, Dims: c.x.Dims, At: []ir.Affine{in.Plus(of[0], 1)}}
	for i, win := range c.ws {
		a.At = append(a.At, win.at(ir.Unit(first+i), of[1+i]))
	}
	k := &ir.Contract{
		Layer: c.l.Name, Loops: loops,
		Y:     ir.Operand{V: z, At: append([]ir.Affine{n}, units(first, len(c.ws))...)},
		Terms: []ir.Term{{Loops: summed, A: a, B: &ir.Operand{V: w, At: append([]ir.Affine{n}, of...)}}},
	}
	if bias != nil {
		k.Init = &ir.Operand{V: bias, At: []ir.Affine{n}}
	}
	return k
}

// params returns the filters [filters, channels/groups, window] and the bias of so
// many outputs (nil without one); no filters after an error.
func (c *convolution) params(outs int) (w, bias *ir.Value) {
	l := c.l
	shape, taps := []int{c.filters, c.x.Dims[0] / c.groups}, 1
	for _, win := range c.ws {
		shape, taps = append(shape, win.kernel), taps*win.kernel
	}
	checkDense(c.Builder, l)
	if full := l.Name + ".weight"; c.Builder.params[full] == nil {
		n := float64Volume(shape)
		if l.Args.Bool("use_bias") {
			n += float64(outs)
		}
		if !c.fit(l, n) {
			return nil, nil
		}
	}
	info := ir.ParamInfo{
		Layer: 2 * c.NextLayer(), Trained: l.Args.Bool("trainable"),
		FanIn: float64(shape[1] * taps), FanOut: float64(c.filters * taps),
	}
	return c.kernelAndBias(l, info, shape, outs, func(*ir.ParamInfo) {})
}

// kernelAndBias adds the weight of a shape and the bias of a layer with so many
// outputs; finish adds what the layer says of the weight besides.
func (b *Builder) kernelAndBias(l *spec.Layer, info ir.ParamInfo, shape []int, outs int, finish func(w *ir.ParamInfo)) (w, bias *ir.Value) {
	if l.Args.Bool("use_bias") {
		bi := info
		bi.Name, bi.Shape = l.Name+".bias", []int{outs}
		bi.Layer++
		setInitializer(&bi, l.Args.Word("bias_initializer"))
		bias = b.Param(bi)
	}
	info.Name, info.Shape, info.Bias = l.Name+".weight", slices.Clone(shape), bias
	finish(&info)
	init := l.Args.Word("kernel_initializer")
	if init == nil {
		init = defaultInitializer(l.Args.Word("activation"))
	}
	setInitializer(&info, init)
	if reg := l.Args.Word("kernel_regularizer"); reg != nil {
		b.Regularizers[info.Name] = reg
	}
	if reg := l.Args.Word("bias_regularizer"); reg != nil && bias != nil {
		b.Regularizers[bias.Name] = reg
	}
	return b.Param(info), bias
}

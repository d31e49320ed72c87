package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// dense is y = f(W·x + b), with W [units, inputs] and b [units].
var dense = Layer{
	Kind: spec.Kind{
		Name:    "dense",
		Aliases: []string{"linear_layer", "gemm", "fully_connected"},
		Doc:     "Fully connected layer, y = f(z), z = W·x + b, gradient dz = f′·dy, dx = Wᵀ·dz, dW = dz·xᵀ, db = dz (lecture eq. 1); with a mask, only the connections it has.",
		Params: []spec.Param{
			{Name: "units", Doc: "number of outputs", Type: spec.Integer, Required: true, Range: &spec.Range{Min: 1, Max: 1e6}},
			{Name: "activation", Doc: "activation function f", Type: spec.Word, Slot: spec.ActivationSlot, Default: "linear"},
			{Name: "use_bias", Doc: "add the bias b", Type: spec.Bool, Default: true},
			{Name: "kernel_initializer", Doc: "initial W; default he_normal before the relu family, else glorot_uniform", Type: spec.Word, Slot: spec.InitializerSlot},
			{Name: "bias_initializer", Doc: "initial b", Type: spec.Word, Slot: spec.InitializerSlot, Default: "zeros"},
			{Name: "kernel_regularizer", Doc: "penalty on W", Type: spec.Word, Slot: spec.RegularizerSlot},
			{Name: "bias_regularizer", Doc: "penalty on b", Type: spec.Word, Slot: spec.RegularizerSlot},
			{Name: "trainable", Doc: "whether training changes W and b", Type: spec.Bool, Default: true},
			{Name: "drop_connect", Doc: "share of connections removed at random in each training step", Type: spec.Number, Range: &spec.Range{Min: 0, Max: 1, MaxOpen: true}},
			{Name: "mask", Doc: "the connections the layer has", Type: spec.Group, OneOf: []string{"file", "density"}, Fields: []spec.Param{
				{Name: "file", Doc: ".npy file [units, inputs], nonzero where connected", Type: spec.Text, File: true},
				{Name: "density", Doc: "share of connections, drawn at random", Type: spec.Number, Range: &spec.Range{Min: 0, Max: 1, MinOpen: true}},
				{Name: "seed", Doc: "seed of the random mask", Type: spec.Integer, With: "density", Default: 0, Range: &spec.Range{Min: 0, Max: 1 << 53}},
			}},
		},
	},
	Build: buildDense,
}

func buildDense(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	x, units, i := xs[0].Value, l.Args.Int("units"), b.NextDense()
	w, bias := denseParams(b, l, x.Size())
	if w == nil {
		return Tensor{}
	}
	kernel, scale := w, (*ir.Value)(nil)
	if rate := l.Args.Float("drop_connect"); b.Training && rate > 0 {
		kernel, scale = dropConnect(b, w, rate)
	}
	z := b.Temp("z"+i, units)
	b.Emit(&ir.Dense{Layer: l.Name, Y: z, X: x, W: kernel, B: bias})
	b.Record(z, func(dz *ir.Value) {
		if b.Flows(x) {
			dx := b.Temp("d"+x.Name, x.Size())
			b.Emit(&ir.DenseGradInput{Layer: l.Name, DX: dx, DY: dz, W: kernel})
			b.AddGrad(x, dx)
		}
		if w.Param.Trained {
			denseGrads(b, l, x, dz, w, bias, scale)
		}
	})
	return b.Activate(l.Args.Word("activation"), Tensor{z, []int{units}}, "a"+i)
}

// denseGrads adds the gradients of the parameters.
func denseGrads(b *Builder, l *spec.Layer, x, dz, w, bias, scale *ir.Value) {
	dw := b.Value(ir.Value{Name: w.Name, Kind: ir.Gradient, Shape: w.Shape, Param: w.Param})
	if scale != nil {
		raw := b.Value(ir.Value{Name: w.Name + ".unmasked", Kind: ir.Gradient, Shape: w.Shape, Param: w.Param})
		b.Emit(&ir.DenseGradWeight{Layer: l.Name, DW: raw, DY: dz, X: x})
		b.Emit(&ir.Map{Doc: "drop_connect gradient", Prog: expr.One("dw", expr.Mul(expr.L("g"), expr.L("m"))),
			In: []*ir.Value{raw, scale}, InNames: []string{"g", "m"}, Out: []*ir.Value{dw}, OutNames: []string{"dw"}})
	} else {
		b.Emit(&ir.DenseGradWeight{Layer: l.Name, DW: dw, DY: dz, X: x})
	}
	b.AddGrad(w, dw)
	if bias != nil {
		db := b.Value(ir.Value{Name: bias.Name, Kind: ir.Gradient, Shape: bias.Shape, Param: bias.Param})
		b.Emit(&ir.BatchSum{Y: db, X: dz})
		b.AddGrad(bias, db)
	}
}

// dropConnect returns the weights without the removed connections, and the
// mask they were multiplied with.
func dropConnect(b *Builder, w *ir.Value, rate float64) (kernel, mask *ir.Value) {
	mask = b.Value(ir.Value{Name: w.Name + ".mask", Shape: w.Shape, Param: w.Param})
	b.Emit(&ir.Random{Y: mask, Purpose: "drop_connect", Layer: w.Param.Layer, Rate: rate})
	kernel = b.Value(ir.Value{Name: w.Name + ".kept", Shape: w.Shape, Param: w.Param})
	b.Emit(&ir.Map{Doc: "drop_connect", Prog: expr.One("y", expr.Mul(expr.L("w"), expr.L("m"))),
		In: []*ir.Value{w, mask}, InNames: []string{"w", "m"}, Out: []*ir.Value{kernel}, OutNames: []string{"y"}})
	return kernel, mask
}

// denseParams returns the layer's weight and bias (nil without bias).
func denseParams(b *Builder, l *spec.Layer, in int) (w, bias *ir.Value) {
	units := l.Args.Int("units")
	checkDense(b, l)
	if !fits(b, l, units, in) {
		return nil, nil
	}
	mask, ok := maskOf(b, l, units, in)
	if !ok {
		return nil, nil
	}
	fanIn, fanOut := float64(in), float64(units)
	if mask != nil {
		fanIn = float64(mask.Count()) / float64(units)
		fanOut = float64(mask.Count()) / float64(in)
	}
	info := ir.ParamInfo{
		Layer: 2 * b.NextLayer(), FanIn: fanIn, FanOut: fanOut, Trained: l.Args.Bool("trainable"),
	}
	if l.Args.Bool("use_bias") {
		bi := info
		bi.Name, bi.Shape = l.Name+".bias", []int{units}
		bi.Layer++
		setInitializer(&bi, l.Args.Word("bias_initializer"))
		bias = b.Param(bi)
	}
	info.Name, info.Shape, info.Mask, info.Bias = l.Name+".weight", []int{units, in}, mask, bias
	if s := b.Net.Codegen.Storage; s != "float32" {
		info.Storage = ir.DType(s)
	}
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

// defaultInitializer is He's for the relu family, else Glorot's.
func defaultInitializer(act *spec.Named) *spec.Named {
	name := "glorot_uniform"
	if ActivationByName(act.Name).Relu {
		name = "he_normal"
	}
	args := spec.Args{}
	for _, p := range InitializerByName(name).Params {
		args[p.Name] = spec.Arg{Value: p.Default}
	}
	return &spec.Named{Name: name, Args: args}
}

func setInitializer(info *ir.ParamInfo, init *spec.Named) {
	row := InitializerByName(init.Name)
	if row.Orthogonal && len(info.Shape) == 2 {
		info.Orthogonal = init.Args.Float("gain")
		return
	}
	if row.Value != nil {
		info.Init = row.Value(init.Args).Bind(map[string]float64{"fan_in": info.FanIn, "fan_out": info.FanOut})
	}
}

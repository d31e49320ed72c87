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
		Params: untied([]spec.Param{
			{Name: "units", Doc: "number of outputs", Type: spec.Integer, Required: true, Range: &spec.Range{Min: 1, Max: 1e6}},
			{Name: "activation", Doc: "activation function f", Type: spec.Word, Slot: spec.ActivationSlot, Default: "linear"},
			{Name: "use_bias", Doc: "add the bias b", Type: spec.Bool, Default: true},
			{Name: "kernel_initializer", Doc: "initial W; default he_normal before the relu family, else glorot_uniform", Type: spec.Word, Slot: spec.InitializerSlot},
			{Name: "bias_initializer", Doc: "initial b", Type: spec.Word, Slot: spec.InitializerSlot, Default: "zeros"},
			{Name: "kernel_regularizer", Doc: "penalty on W", Type: spec.Word, Slot: spec.RegularizerSlot},
			{Name: "bias_regularizer", Doc: "penalty on b", Type: spec.Word, Slot: spec.RegularizerSlot},
			{Name: "trainable", Doc: "whether training changes W and b", Type: spec.Bool, Default: true},
			{Name: "drop_connect", Doc: "share of connections removed at random in each training step", Type: spec.Number, Range: &spec.Range{Min: 0, Max: 1, MaxOpen: true}},
			{Name: "axis", Doc: "axis of the inputs, of the shape without the batch, from the end if negative: every position along the others is a row of its own, with the same W and b (PyTorch Linear and Keras Dense: -1); all elements of a sample are one row if absent", Type: spec.Integer},
			{Name: "tied_to", Doc: "dense layer above whose W and b this one shares; their gradients are the sums over both", Type: spec.Text},
			{Name: "mask", Doc: "the connections the layer has", Type: spec.Group, OneOf: []string{"file", "density"}, Fields: []spec.Param{
				{Name: "file", Doc: ".npy file [units, inputs], nonzero where connected", Type: spec.Text, File: true},
				{Name: "density", Doc: "share of connections, drawn at random", Type: spec.Number, Range: &spec.Range{Min: 0, Max: 1, MinOpen: true}},
				{Name: "seed", Doc: "seed of the random mask", Type: spec.Integer, With: "density", Default: 0, Range: &spec.Range{Min: 0, Max: 1 << 53}},
			}},
		}),
	},
	Build: buildDense,
}

func buildDense(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	x, units, i := xs[0], l.Args.Int("units"), b.NextDense()
	rows, ok := b.rowsOf(l, x)
	if !ok {
		return Tensor{}
	}
	w, bias := denseParams(b, l, rows.inputs)
	if w == nil {
		return Tensor{}
	}
	x = b.permute(l.Name+"_rows", x, rows.last)
	kernel := w
	if rate := l.Args.Float("drop_connect"); b.Training && rate > 0 {
		kernel = dropConnect(b, w, rate)
	}
	z := b.Temp("z"+i, append(rows.lead[:len(rows.lead):len(rows.lead)], units)...)
	b.Contract((&ir.Dense{Layer: l.Name, Y: z, X: x.Value, W: kernel, B: bias, Rows: rows.count}).Contract())
	y := b.permute(l.Name+"_axis", Tensor{z, append(rows.lead, units)}, rows.back)
	return b.Activate(l.Args.Word("activation"), y, "a"+i)
}

// dropConnect returns the weights without the connections that a mask removes.
func dropConnect(b *Builder, w *ir.Value, rate float64) *ir.Value {
	mask := b.Value(ir.Value{Name: w.Name + ".mask", Shape: w.Shape, Param: w.Param})
	b.Emit(&ir.Random{Y: mask, Purpose: "drop_connect", Layer: w.Param.Layer, Rate: rate})
	kernel := b.Value(ir.Value{Name: w.Name + ".kept", Shape: w.Shape, Param: w.Param})
	b.Emit(&ir.Map{Doc: "drop_connect", Prog: expr.One("y", expr.Mul(expr.L("w"), expr.L("m"))),
		In: []*ir.Value{w, mask}, InNames: []string{"w", "m"}, Out: []*ir.Value{kernel}, OutNames: []string{"y"}})
	b.Record(kernel, func(d *ir.Value) {
		dw := b.gradValue(w)
		b.Emit(&ir.Map{Doc: "drop_connect gradient", Prog: expr.One("dw", expr.Mul(expr.L("g"), expr.L("m"))),
			In: []*ir.Value{d, mask}, InNames: []string{"g", "m"}, Out: []*ir.Value{dw}, OutNames: []string{"dw"}})
		b.AddGrad(w, dw)
	})
	return kernel
}

// denseParams returns the layer's weight and bias (nil without bias).
func denseParams(b *Builder, l *spec.Layer, in int) (w, bias *ir.Value) {
	units := l.Args.Int("units")
	if l.Args.Has("tied_to") {
		return tiedParams(b, l, in)
	}
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
	return b.kernelAndBias(l, info, []int{units, in}, units, func(w *ir.ParamInfo) {
		w.Mask = mask
		if s := b.Net.Codegen.Storage; s != "float32" {
			w.Storage = ir.DType(s)
		}
	})
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
	if row.Orthogonal && len(info.Shape) >= 2 {
		info.Orthogonal = init.Args.Float("gain")
		return
	}
	if row.Value != nil {
		info.Init = row.Value(init.Args).Bind(map[string]float64{"fan_in": info.FanIn, "fan_out": info.FanOut})
	}
}

package spec

import (
	"math"
	"slices"
)

// testVocabulary has the real words of the language; the compiler's rows,
// with their arithmetic, live in gen/op.
func testVocabulary() *Vocabulary {
	return &Vocabulary{
		Layers: testLayers(), Activations: testActivations(), Losses: testLosses(), Optimizers: testOptimizers(),
		Schedules: testSchedules(), Clips: testClips(), Regularizers: testRegularizers(), Initializers: testInitializers(),
	}
}

var (
	inf         = math.Inf(1)
	above0      = &Range{MinOpen: true, Max: inf}
	notNegative = &Range{Max: inf}
	fraction    = &Range{Max: 1, MaxOpen: true}
	count       = &Range{Min: 1, Max: 1 << 53}
)

// row makes a word; its Params follow.
func row(name string, params ...Param) Kind { return Kind{Name: name, Params: params} }

// alias gives a word another name.
func alias(k Kind, names ...string) Kind {
	k.Aliases = names
	return k
}

func num0(name string, def any, r *Range) Param {
	return Param{Name: name, Type: Number, Default: def, Range: r}
}

func need(p Param) Param {
	p.Required, p.Default = true, nil
	return p
}

func short(p Param) Param {
	p.Short = true
	return need(p)
}

func enum(name string, values ...string) Param {
	return Param{Name: name, Type: Enum, Enum: values, Default: values[0]}
}

func slot(name string, s Slot, def any) Param {
	return Param{Name: name, Type: Word, Slot: s, Default: def}
}

func flag0(name string, def bool) Param { return Param{Name: name, Type: Bool, Default: def} }

func testLayers() []Kind {
	units := Param{Name: "units", Type: Integer, Required: true, Range: &Range{Min: 1, Max: MaxDim}, Doc: "Number of outputs."}
	mask := Param{Name: "mask", Type: Group, OneOf: []string{"file", "density"}, Fields: []Param{
		{Name: "file", Type: Text, File: true},
		num0("density", nil, &Range{Max: 1, MinOpen: true}),
		{Name: "seed", Type: Integer, With: "density", Range: &Range{Max: 1 << 53}, Default: 0},
	}}
	whole := func(name string) Param { return Param{Name: name, Type: Integer} }
	list := func(name string, def any, r *Range) Param {
		return Param{Name: name, Type: NumberList, Default: def, Range: r}
	}
	axis := whole("axis")
	features := []Param{list("axes", -1.0, nil), flag0("shared", false)}
	affine := []Param{flag0("use_weight", true), flag0("use_bias", true), flag0("trainable", true)}
	momentum := num0("momentum", 0.1, &Range{Max: 1, MinOpen: true})
	reduced := []Param{list("axes", nil, nil), flag0("keepdims", false)}
	join := func(name string, params ...Param) Kind {
		return Kind{Name: name, MinFrom: 2, MaxFrom: AnyFrom, Params: params}
	}
	layers := []Kind{
		alias(row("dense", units, slot("activation", ActivationSlot, "linear"), flag0("use_bias", true),
			slot("kernel_initializer", InitializerSlot, nil), slot("bias_initializer", InitializerSlot, "zeros"),
			slot("kernel_regularizer", RegularizerSlot, nil), slot("bias_regularizer", RegularizerSlot, nil),
			flag0("trainable", true), num0("drop_connect", nil, fraction), axis, Param{Name: "tied_to", Type: Text}, mask), "linear_layer", "gemm", "fully_connected"),
		row("dropout", need(num0("rate", nil, fraction)), Param{Name: "axis", Type: Integer}),
		join("add"), alias(join("subtract"), "sub"), alias(join("multiply"), "mul"), alias(join("divide"), "div"),
		join("minimum"), join("maximum"), join("average"), join("less"), join("less_equal"), join("equal"), join("where"), alias(join("concat", axis), "concatenate"),
		row("flatten"), row("reshape", need(list("shape", nil, nil))), alias(row("transpose", list("perm", nil, notNegative)), "permute"),
		{Name: "state", NoFrom: true, Params: []Param{need(list("shape", nil, count)), {Name: "next", Type: Text, Layer: true, Required: true}}},
		row("delay", Param{Name: "steps", Type: Integer, Default: 1, Range: &Range{Min: 1, Max: 1 << 16}}),
		row("slice", axis, whole("start"), whole("end"), whole("step")),
		{Name: "constant", NoFrom: true, Params: []Param{need(list("shape", nil, count)), list("value", 0.0, nil), flag0("trainable", false)}},
		row("scale_shift", slices.Concat(features, affine)...), row("prelu", append(features, num0("init", 0.25, nil), flag0("trainable", true))...),
		alias(row("batch_normalization", append(slices.Clone(affine), num0("epsilon", 1e-3, notNegative), enum("statistics", "stored", "batch"), momentum, axis)...), "batch_norm"),
		alias(row("layer_normalization", append(affine, num0("epsilon", 1e-5, notNegative), axis)...), "layer_norm"),
		row("reduce_sum", reduced...), row("reduce_mean", reduced...), row("reduce_max", reduced...), row("reduce_min", reduced...),
		row("argmax", axis, flag0("keepdims", false), flag0("last", false)), row("argmin", axis, flag0("keepdims", false), flag0("last", false)),
	}
	layers = append(layers, windowLayers(list, units)...)
	return append(layers, cells(units, axis)...)
}

// cells are the recurrent layers.
func cells(units, axis Param) []Kind {
	with := func(p Param) Param {
		p.With = "axis"
		return p
	}
	units.Range = &Range{Min: 1, Max: 1e5}
	all := []Param{axis, with(enum("return", "last", "all", "mean")), with(flag0("go_backwards", false)), with(flag0("stateful", false)),
		flag0("use_bias", true), flag0("trainable", true)}
	for _, field := range []string{"kernel", "recurrent", "bias"} {
		all = append(all, slot(field+"_initializer", InitializerSlot, nil), slot(field+"_regularizer", RegularizerSlot, nil))
	}
	cell := func(name string, own ...Param) Kind {
		return Kind{Name: name, MaxFrom: 2, Params: slices.Concat([]Param{units, slot("activation", ActivationSlot, "tanh")}, own, all)}
	}
	gates := slot("recurrent_activation", ActivationSlot, "sigmoid")
	return []Kind{
		alias(cell("rnn"), "simple_rnn", "elman"), cell("gru", gates, flag0("reset_after", true)),
		cell("lstm", gates, slot("output_activation", ActivationSlot, nil)),
	}
}

// windowLayers are the layers that move a window over axes, or pad.
func windowLayers(list func(name string, def any, r *Range) Param, units Param) []Kind {
	size := &Range{Min: 1, Max: 1 << 16}
	windows := func(stride any, words ...string) []Param {
		return []Param{
			need(list("kernel_size", nil, size)), list("strides", stride, size), list("dilation", 1.0, size),
			{Name: "padding", Type: EnumOrNumbers, Enum: append([]string{"valid", "same", "same_lower"}, words...), Default: "valid", Range: &Range{Max: 1 << 16}},
		}
	}
	filters := units
	filters.Name = "filters"
	kernel := []Param{slot("activation", ActivationSlot, "linear"), flag0("use_bias", true),
		slot("kernel_initializer", InitializerSlot, nil), slot("bias_initializer", InitializerSlot, "zeros"),
		slot("kernel_regularizer", RegularizerSlot, nil), slot("bias_regularizer", RegularizerSlot, nil), flag0("trainable", true)}
	conv := func(name string, first Param, words ...string) Kind {
		params := slices.Concat([]Param{first, {Name: "groups", Type: Integer, Default: 1, Range: count}}, windows(1.0, words...), kernel)
		if len(words) > 0 {
			params = append(params, flag0("stateful", false))
		}
		if name == "conv2d" {
			params = append(params, Param{Name: "algo", Type: Enum, Enum: []string{"auto", "direct", "winograd2", "winograd4"}})
		}
		return row(name, params...)
	}
	depth := Param{Name: "depth_multiplier", Type: Integer, Default: 1, Range: count}
	pool := func(name, long string, more ...Param) Kind {
		return alias(row(name, slices.Concat(windows(nil), []Param{flag0("ceil_mode", false)}, more)...), long)
	}
	include := flag0("count_include_pad", false)
	transposed := func(name string) Kind {
		return row(name, slices.Concat([]Param{filters}, windows(1.0), []Param{list("output_padding", 0.0, notNegative), {Name: "groups", Type: Integer, Default: 1, Range: count}}, kernel)...)
	}
	resize := row("resize", list("scales", nil, above0), list("sizes", nil, &Range{Min: 1, Max: 1 << 20}), enum("mode", "nearest", "linear", "cubic"),
		enum("coordinates", "half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"), enum("rounding", "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"))
	return []Kind{
		conv("conv1d", filters, "causal"), conv("conv2d", filters), conv("depthwise_conv1d", depth, "causal"), conv("depthwise_conv2d", depth),
		pool("max_pool1d", "max_pooling1d"), pool("max_pool2d", "max_pooling2d"),
		pool("avg_pool1d", "average_pooling1d", include), pool("avg_pool2d", "average_pooling2d", include),
		alias(row("global_max_pool", flag0("keepdims", false)), "global_max_pooling"), alias(row("global_avg_pool", flag0("keepdims", false)), "global_average_pooling"),
		alias(row("pad", need(list("padding", nil, notNegative)), enum("mode", "constant", "edge", "reflect"), num0("value", 0.0, nil)), "zero_padding"),
		transposed("conv1d_transpose"), transposed("conv2d_transpose"), alias(resize, "upsampling", "upsample"), row("channel_shuffle", need(Param{Name: "groups", Type: Integer, Range: count})),
	}
}

func testActivations() []Kind {
	axis := Param{Name: "axis", Type: Integer}
	return []Kind{
		alias(row("linear"), "identity"), alias(row("sigmoid"), "logistic"),
		alias(row("step", enum("gradient", "none", "straight_through")), "heaviside"),
		row("softsign"), row("tanh"), row("relu"), row("relu6"),
		row("leaky_relu", num0("negative_slope", 0.01, notNegative)),
		row("elu", num0("alpha", 1, above0)), row("selu", num0("alpha", 1.6732632423543772, above0), num0("gamma", 1.0507009873554805, above0)), row("celu", num0("alpha", 1.0, above0)),
		row("gelu", enum("approximate", "none", "tanh")), alias(row("silu", num0("beta", 1.0, above0)), "swish"), row("softplus"),
		row("hard_sigmoid", num0("alpha", 1.0/6, above0), num0("beta", 0.5, nil)), alias(row("hard_swish"), "hard_silu"), row("mish"), row("softmax", axis), row("log_softmax", axis),
		row("abs"), alias(row("neg"), "negative"), row("sign"), alias(row("exp"), "exponential"), row("log"), row("sqrt"), row("square"),
		row("reciprocal"), row("pow", short(num0("exponent", nil, nil))), row("erf"), row("sin"), row("cos"),
		alias(row("clip", num0("min", nil, nil), num0("max", nil, nil)), "clamp"), row("thresholded_relu", num0("theta", 1.0, nil)),
	}
}

func testLosses() []Kind {
	mean, weights := enum("reduction", "mean", "sum"), Param{Name: "class_weights", Type: EnumOrNumbers, Enum: []string{"balanced"}, ByLabel: true, Range: above0}
	return []Kind{
		row("l2_norm", mean), row("mse", mean), row("mae", mean), row("huber", num0("delta", 1, above0), mean),
		row("bce", mean), row("bce_with_logits", mean),
		alias(row("cross_entropy", enum("target", "class", "distribution"), weights, num0("label_smoothing", 0, fraction), Param{Name: "axis", Type: Integer}, mean), "categorical_cross_entropy"),
		row("nll", enum("target", "class"), weights, mean),
	}
}

func testOptimizers() []Kind {
	rate := func(x float64) Param { return num0("learning_rate", x, above0) }
	epsilon, decay := num0("epsilon", 1e-8, above0), num0("weight_decay", 0, notNegative)
	schedule, clip := slot("schedule", ScheduleSlot, nil), slot("clip", ClipSlot, nil)
	beta1, beta2 := num0("beta1", 0.9, fraction), num0("beta2", 0.999, fraction)
	return []Kind{
		row("sgd", rate(0.01), num0("momentum", 0, fraction), num0("dampening", 0, fraction), decay,
			flag0("nesterov", false), schedule, clip),
		row("adam", rate(0.001), beta1, beta2, epsilon, decay, schedule, clip),
		row("adamw", rate(0.001), beta1, beta2, epsilon, decay, schedule, clip),
		row("rmsprop", rate(0.01), num0("alpha", 0.99, fraction), epsilon, decay, num0("momentum", 0, fraction),
			flag0("centered", false), schedule, clip),
	}
}

func testSchedules() []Kind {
	steps := func(name string) Param { return Param{Name: name, Type: Integer, Required: true, Range: count} }
	gamma := num0("gamma", 0.1, &Range{Max: 1, MinOpen: true})
	return []Kind{
		row("constant"), row("step", steps("step_size"), gamma), row("exponential", need(gamma)),
		row("cosine", steps("steps"), num0("min_factor", 0, fraction)),
		row("warmup", steps("steps"), slot("then", ScheduleSlot, nil)),
	}
}

func testClips() []Kind {
	limit := short(num0("max", nil, above0))
	return []Kind{row("value", limit), row("norm", limit)}
}

func testRegularizers() []Kind {
	lambda, method := num0("lambda", nil, notNegative), enum("method", "subgradient", "proximal")
	return []Kind{
		row("l1", short(lambda), method), row("l2", short(lambda), method),
		row("l1_l2", need(num0("l1", nil, notNegative)), need(num0("l2", nil, notNegative)), method),
		row("lp", need(num0("p", nil, &Range{Min: 1, Max: inf})), need(lambda), method),
	}
}

func testInitializers() []Kind {
	gain, std, cut := num0("gain", 1, above0), need(num0("std", nil, above0)), flag0("truncated", false)
	return []Kind{
		row("zeros"), row("ones"), row("constant", short(num0("value", nil, nil))),
		row("uniform", need(num0("min", nil, nil)), need(num0("max", nil, nil))),
		row("normal", num0("mean", 0, nil), std), row("truncated_normal", num0("mean", 0, nil), std),
		alias(row("glorot_uniform", gain), "xavier_uniform"), alias(row("glorot_normal", gain, cut), "xavier_normal"),
		alias(row("he_uniform", gain), "kaiming_uniform"), alias(row("he_normal", gain, cut), "kaiming_normal"),
		row("lecun_uniform", gain), row("lecun_normal", gain, cut), row("orthogonal", gain),
	}
}

package gentest

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
)

// delicate activations are not defined everywhere, grow fast or cannot be
// trained through; they stand in layers of their own.
func delicate(name string) bool {
	return slices.Contains([]string{"exp", "log", "sqrt", "reciprocal", "pow", "sign"}, name)
}

// activationFields chooses the fields of an activation.
func (n *network) activationFields(name string) spec.Fields {
	f := spec.Fields{}
	switch {
	case name == "step" && n.train:
		f["gradient"] = "straight_through"
	case name == "leaky_relu" && n.chance(0.5):
		f["negative_slope"] = 0.2
	case name == "elu" && n.chance(0.5), name == "celu" && n.chance(0.5):
		f["alpha"] = 0.7
	case name == "selu" && n.chance(0.5):
		f["alpha"], f["gamma"] = 1.5, 0.8
	case name == "silu" && n.chance(0.5):
		f["beta"] = 1.75
	case name == "hard_sigmoid" && n.chance(0.5):
		f["alpha"], f["beta"] = 0.2, 0.5
	case name == "gelu":
		f["approximate"] = n.pick("gelu", []string{"none", "tanh"})
	case name == "pow":
		f["exponent"] = []float64{-1.5, 0, 0.5, 2, 3}[n.IntN(5)]
	case name == "thresholded_relu":
		f["theta"] = 0.4
	case name == "clip":
		end := n.IntN(3)
		if end != 0 {
			f["min"] = -0.6
		}
		if end != 1 {
			f["max"] = 0.7
		}
	}
	return f
}

// activationLayer adds an activation as a layer.
func (n *network) activationLayer() {
	name := n.pick("activation", names(n.vocab.Activations))
	x, f := n.source(name == "sign"), n.activationFields(name)
	switch {
	case name == "sign":
	case delicate(name): // between 0.37 and 2.7 they are harmless
		x = n.push(n.b.Layer("tanh", x.ref), x.size)
		x.read = true
		if name != "exp" {
			x = n.push(n.b.Layer("exp", x.ref), x.size)
			x.read = true
		}
	case name == "softmax" || name == "log_softmax":
		n.count("softmax over an axis", true)
		x = n.shaped(x)
		f["axis"] = n.IntN(len(x.dims))
	}
	n.push(n.b.Layer(name, x.ref, f), x.size).dims = x.dims
}

// source chooses what a layer reads: of a trained network an input, where the
// layer has no derivative.
func (n *network) source(flat bool) *node {
	if !flat || !n.train {
		return n.any()
	}
	i := 1
	for i < len(n.nodes) && n.nodes[i].fixed {
		i++
	}
	x := n.nodes[n.IntN(i)]
	x.read = true
	return x
}

// factors divides a size into dimensions.
func (n *network) factors(size int) []int {
	dims := []int{}
	for p := 2; p*p <= size && len(dims) < 2; {
		if size%p != 0 || n.chance(0.2) {
			p++
			continue
		}
		dims, size = append(dims, p), size/p
	}
	dims = append(dims, size)
	if n.chance(0.2) {
		dims = append(dims, 1)
	}
	n.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
	return dims
}

// shaped returns x with a shape of several dimensions.
func (n *network) shaped(x *node) *node { return n.reshaped(x, n.factors(x.size)) }

func (n *network) reshaped(x *node, dims []int) *node {
	n.Cover["layer reshape"]++
	y := n.push(n.b.Layer("reshape", x.ref, spec.Fields{"shape": dims}), x.size)
	y.dims, y.read = dims, true
	return y
}

// concat joins vectors, or along an axis.
func (n *network) concat() {
	x := n.any()
	if !n.count("concat along an axis", n.chance(0.9)) {
		y := n.any()
		n.push(n.b.Layer("concat", spec.Join(x.ref, y.ref)), x.size+y.size)
		return
	}
	x = n.shaped(x)
	y := n.dense(n.any(), x.size)
	y.read = true
	y = n.reshaped(y, x.dims)
	axis := n.IntN(len(x.dims))
	n.push(n.b.Layer("concat", spec.Join(x.ref, y.ref, x.ref), spec.Fields{"axis": axis - len(x.dims)}), 2*x.size+y.size)
}

// shapeLayer adds a layer that works on shapes.
func (n *network) shapeLayer(kind string) {
	compared := kind == "less" || kind == "less_equal" || kind == "equal"
	x := n.shaped(n.source(compared || kind == "argmax" || kind == "argmin"))
	f := spec.Fields{}
	size, from := x.size, x.ref
	axis := n.IntN(len(x.dims))
	switch kind {
	case "reshape":
		x.read = false
		return
	case "transpose":
		if n.chance(0.8) {
			f["perm"] = n.Perm(len(x.dims))
		}
	case "slice":
		d := x.dims[axis]
		start, step := n.IntN(d), 1+n.IntN(2)
		f["axis"], f["start"], f["step"] = axis, start, step
		count := (d - start + step - 1) / step
		if n.chance(0.3) {
			f["step"] = -step
			count = start/step + 1
		}
		size = size / d * count
	case "scale_shift", "prelu":
		if n.chance(0.3) {
			f["shared"] = true
		} else if n.chance(0.7) {
			axes := n.Perm(len(x.dims))
			f["axes"] = axes[:1+n.IntN(len(axes))]
		}
		n.frozen(f)
	case "batch_normalization":
		f["axis"] = axis
		if n.train {
			n.statistics(f)
		}
		f["use_weight"], f["use_bias"] = n.chance(0.7), n.chance(0.7)
	case "layer_normalization":
		f["axis"], f["epsilon"] = axis, 0.1
		f["use_weight"], f["use_bias"] = n.chance(0.7), n.chance(0.7)
		n.frozen(f)
	case "constant":
		n.constant(x)
		return
	case "less", "less_equal", "equal":
		from = n.compared(x)
	case "reduce_sum", "reduce_mean", "reduce_max", "reduce_min":
		axes := n.Perm(len(x.dims))
		axes = axes[:1+n.IntN(len(axes))]
		for _, a := range axes {
			size /= x.dims[a]
		}
		f["axes"], f["keepdims"] = axes, n.chance(0.5)
	case "argmax", "argmin":
		f["axis"], f["last"] = axis, n.chance(0.5)
		size /= x.dims[axis]
	default:
		from = n.partners(kind, x)
	}
	n.push(n.b.Layer(kind, from, f), size)
}

func (n *network) frozen(f spec.Fields) {
	if n.count("frozen parameters", n.train && n.chance(0.15)) {
		f["trainable"] = false
	}
}

// partners are the sources of a layer that combines x with others, some of
// which it repeats.
func (n *network) partners(kind string, x *node) spec.Ref {
	count := 1 + n.IntN(2)
	switch kind {
	case "subtract", "divide":
		count = 1
	case "where":
		count = 2
	}
	refs := []spec.Ref{x.ref}
	for range count {
		dims, size := n.repeated(x.dims)
		y := n.dense(n.any(), size)
		y.read = true
		if kind == "divide" { // not near 0
			y = n.push(n.b.Layer("tanh", y.ref), size)
			y.read = true
			y = n.push(n.b.Layer("exp", y.ref), size)
			y.read = true
		}
		refs = append(refs, n.reshaped(y, dims).ref)
	}
	if kind != "divide" {
		n.Shuffle(len(refs), func(i, j int) { refs[i], refs[j] = refs[j], refs[i] })
	}
	return spec.Join(refs...)
}

// compared are the sources of a comparison: x and a constant.
func (n *network) compared(x *node) spec.Ref {
	dims, size := n.repeated(x.dims)
	refs := []spec.Ref{x.ref, n.b.Source("constant", spec.Fields{"shape": dims, "value": n.numbers(size, -1, 1)})}
	n.Shuffle(len(refs), func(i, j int) { refs[i], refs[j] = refs[j], refs[i] })
	return spec.Join(refs...)
}

// repeated chooses a shape that is repeated to dims.
func (n *network) repeated(dims []int) (part []int, size int) {
	part, size = slices.Clone(dims[n.IntN(len(dims)):]), 1
	if n.chance(0.3) {
		part = slices.Clone(dims)
	}
	for i := range part {
		if n.count("repeated axis", part[i] > 1 && n.chance(0.4)) {
			part[i] = 1
		}
		size *= part[i]
	}
	return part, size
}

// constant adds a stored tensor and what reads it.
func (n *network) constant(x *node) {
	dims, size := n.repeated(x.dims)
	f := spec.Fields{"shape": dims, "value": n.numbers(size, -1, 1)}
	if n.chance(0.3) {
		f["value"] = 0.75
	}
	if n.count("trained constant", n.train && n.chance(0.7)) {
		f["trainable"] = true
	}
	c := n.b.Source("constant", f)
	kind := n.pick("layer", []string{"add", "multiply", "subtract"})
	n.push(n.b.Layer(kind, spec.Join(c, x.ref)), x.size)
}

package gentest

import "github.com/nngen-go/nngen/spec"

// kernelFields chooses the fields of what has weights and biases.
func (n *network) kernelFields(f spec.Fields) {
	name, args := n.activation()
	f["activation"] = spec.Fields{name: args}
	if n.count("no bias", n.chance(0.15)) {
		f["use_bias"] = false
	} else if n.chance(0.3) {
		f["bias_initializer"] = spec.Fields{"normal": spec.Fields{"mean": 0.0, "std": 0.3}}
	}
	if n.chance(0.8) {
		f["kernel_initializer"] = n.initializer()
	}
	if n.train && n.chance(0.4) {
		f["kernel_regularizer"] = n.regularizer()
	}
	if n.train && f["use_bias"] == nil && n.count("bias regularizer", n.chance(0.1)) {
		f["bias_regularizer"] = n.regularizer()
	}
	if n.count("frozen layer", n.train && n.chance(0.05)) {
		f["trainable"] = false
	}
}

func (n *network) initializer() any {
	name := n.pick("initializer", names(n.vocab.Initializers))
	f := spec.Fields{}
	switch name {
	case "constant":
		f["value"] = 0.05
	case "uniform":
		f["min"], f["max"] = -0.4, 0.4
	case "normal", "truncated_normal":
		f["mean"], f["std"] = 0.01, 0.2
	case "he_normal", "glorot_normal", "lecun_normal":
		f["truncated"] = n.chance(0.5)
	}
	return spec.Fields{name: f}
}

func (n *network) regularizer() any {
	name := n.pick("regularizer", names(n.vocab.Regularizers))
	f := spec.Fields{}
	switch name {
	case "l1", "l2":
		f["lambda"] = 0.01
	case "l1_l2":
		f["l1"], f["l2"] = 0.005, 0.01
	case "lp":
		f["p"], f["lambda"] = []float64{1, 1.5, 2, 2.5, 3}[n.IntN(5)], 0.01
	}
	if n.chance(0.35) {
		f["method"] = "proximal"
		n.prox = true
		n.count("proximal "+name, true)
	}
	return spec.Fields{name: f}
}

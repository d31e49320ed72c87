package gentest

import "github.com/nngen-go/nngen/spec"

// denseRows adds a dense layer along an axis, whose rows share the weights.
func (n *network) denseRows() {
	x := n.shaped(n.any())
	axis := n.IntN(len(x.dims))
	dims := append([]int(nil), x.dims...)
	dims[axis] = n.width()
	f := spec.Fields{"units": dims[axis], "axis": axis, "activation": n.pick("rows activation", []string{"linear", "tanh", "relu"})}
	if n.count("mask on rows", n.chance(0.8) && x.dims[axis]*dims[axis] >= 8) {
		f["mask"] = spec.Fields{"density": 0.6, "seed": 3}
	}
	n.push(n.b.Layer("dense", x.ref, f), x.size/x.dims[axis]*dims[axis]).dims = dims
}

// denseTied adds two dense layers that share their weights.
func (n *network) denseTied() {
	width := n.width()
	x := n.dense(n.any(), width)
	x.read = true
	first := spec.Fields{"units": width, "activation": "tanh"}
	if n.count("tied without bias", n.chance(0.4)) {
		first["use_bias"] = false
	}
	y := n.push(n.b.Layer("dense", x.ref, first), width)
	y.read = true
	n.push(n.b.Layer("dense", y.ref, spec.Fields{"units": width, "activation": "sigmoid", "tied_to": y.ref}), width)
}

// statistics says what a batch normalisation that is trained normalises by.
func (n *network) statistics(f spec.Fields) {
	if n.count("statistics of the batch", n.chance(0.7)) {
		n.pairs = true
		f["statistics"], f["momentum"], f["epsilon"] = "batch", 0.3, 0.5
		n.frozen(f)
		return
	}
	f["trainable"] = false
}

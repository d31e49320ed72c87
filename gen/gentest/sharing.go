package gentest

import "github.com/nngen-go/nngen/spec"

// denseLayer adds a dense layer: of a whole sample, of the rows of an axis, or
// two that share their weights.
func (n *network) denseLayer() {
	switch {
	case n.count("dense along an axis", n.chance(0.15)):
		x := n.shaped(n.any())
		axis := n.IntN(len(x.dims))
		dims := append([]int(nil), x.dims...)
		dims[axis] = n.width()
		size := x.size / x.dims[axis] * dims[axis]
		f := spec.Fields{"units": dims[axis], "axis": axis, "activation": n.pick("rows activation", []string{"linear", "tanh", "relu"})}
		if n.count("mask on rows", n.chance(0.2) && x.dims[axis]*dims[axis] >= 8) {
			f["mask"] = spec.Fields{"density": 0.6, "seed": 3}
		}
		n.push(n.b.Layer("dense", x.ref, f), size).dims = dims
	case n.count("tied weights", n.chance(0.15)):
		width := n.width()
		x := n.dense(n.any(), width)
		x.read = true
		first := spec.Fields{"units": width, "activation": "tanh"}
		if n.count("tied without bias", n.chance(0.3)) {
			first["use_bias"] = false
		}
		y := n.push(n.b.Layer("dense", x.ref, first), width)
		y.read = true
		n.push(n.b.Layer("dense", y.ref, spec.Fields{"units": width, "activation": "sigmoid", "tied_to": y.ref}), width)
	default:
		n.dense(n.any(), n.width())
	}
}

// statistics says what a batch normalisation that is trained normalises by.
func (n *network) statistics(f spec.Fields) {
	if n.count("statistics of the batch", n.chance(0.5)) {
		n.pairs = true
		f["statistics"], f["momentum"], f["epsilon"] = "batch", 0.3, 0.5
		n.frozen(f)
		return
	}
	f["trainable"] = false
}

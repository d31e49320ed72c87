package importer

import "slices"

// writtenNormPattern is a layer normalisation as Keras, flax and TensorFlow
// write it out, f being γ/√(variance + ε) with or without γ:
//
//	(x − mean)·f
//	x·f + (β − mean·f)
//	x·f − mean·f
func writtenNormPattern(n *node) *node {
	if x, mean, f := centred(n); f != nil {
		return normOf(n, x, mean, f, nil)
	}
	if len(n.from) != 2 || n.kind != "add" && n.kind != "subtract" {
		return nil
	}
	left, right := n.from[0], n.from[1]
	var shift *affine
	if n.kind == "add" {
		if left.kind == "affine" {
			left, right = right, left
		}
		if right.kind != "affine" || right.norm != nil {
			return nil
		}
		for i := range right.size() {
			if right.affine.scale(i) != -1 {
				return nil
			}
		}
		shift, right = right.affine, right.from[0]
	}
	if left.kind != "multiply" || right.kind != "multiply" || len(left.from) != 2 || len(right.from) != 2 {
		return nil
	}
	for i, f := range left.from {
		if k := slices.Index(right.from, f); k >= 0 {
			return normOf(n, left.from[1-i], right.from[1-k], f, shift)
		}
	}
	return nil
}

// centred takes (x − mean)·f apart.
func centred(n *node) (x, mean, f *node) {
	if n.kind != "multiply" || len(n.from) != 2 {
		return nil, nil, nil
	}
	for i, d := range n.from {
		if d.kind == "subtract" && d.from[1].kind == "reduce_mean" && d.from[1].from[0] == d.from[0] {
			return d.from[0], d.from[1], n.from[1-i]
		}
	}
	return nil, nil, nil
}

// normOf is the layer normalisation of x with a factor, and a term after it,
// if mean and factor are those of x.
func normOf(n, x, mean, factor *node, shift *affine) *node {
	axes, ok := isReduce(mean, "reduce_mean", x)
	scale, variance := []float64{1}, factor
	for variance.kind != "reciprocal" {
		k := slices.IndexFunc(variance.from, func(m *node) bool { return m.kind == "constant" })
		switch {
		case variance.kind == "multiply" && len(variance.from) == 2 && k >= 0:
			scale = combine(scale, variance.from[k].value.expand(factor.shape).data, product)
			variance = variance.from[1-k]
		case variance.kind == "affine" && variance.norm == nil && variance.affine.scalar() && variance.affine.shift(0) == 0:
			scale = combine(scale, []float64{variance.affine.scale(0)}, product)
			variance = variance.from[0]
		default:
			return nil
		}
	}
	root := variance.from[0]
	if !ok || root.kind != "sqrt" || root.from[0].kind != "affine" || !slices.Equal(n.shape, x.shape) || !trailing(axes, len(x.shape)) {
		return nil
	}
	epsilon := root.from[0].affine
	v := root.from[0].from[0]
	if v.kind == "relu" { // against roundings of mean x² − (mean x)²
		v = v.from[0]
	}
	d := &node{kind: "subtract", from: []*node{x, mean}}
	if v.kind == "reduce_mean" && v.from[0].kind == "square" && v.from[0].from[0].kind == "subtract" && slices.Equal(v.from[0].from[0].from, d.from) {
		d = v.from[0].from[0]
	}
	if !epsilon.scalar() || epsilon.scale(0) != 1 || !(epsilon.shift(0) >= 0) || !isVariance(v, x, d, axes) {
		return nil
	}
	y := layerNorm(x, axes[0], epsilon.shift(0), nil, nil)
	if len(scale) > 1 {
		scale = (&array{shape: factor.shape, data: scale}).expand(x.shape).data
	}
	after := affine{mul: scale}
	if shift != nil {
		terms := make([]float64, x.size())
		for i := range terms {
			terms[i] = shift.shift(i)
		}
		after.add = terms
	}
	return affinely(y, after)
}

// trailing reports whether axes are the last ones of so many dimensions.
func trailing(axes []int, rank int) bool {
	return len(axes) > 0 && axes[len(axes)-1] == rank-1 && axes[0] == rank-len(axes)
}

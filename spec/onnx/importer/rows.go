package importer

import "slices"

// denseRows is a dense layer along an axis, from the end, whose weights all rows
// share; out is its shape in the model.
func denseRows(x *node, w []float64, axis int, shape, out []int) *node {
	n := &node{kind: "rows", from: []*node{x}, shape: shape, w: w, fields: []field{{"axis", axis}}}
	if !slices.Equal(shape, out) {
		n = &node{kind: "reshape", from: []*node{n}, shape: out}
	}
	return n
}

// alongAxis is the size of a shape along the axis of a layer on rows.
func (n *node) alongAxis(shape []int) int { return shape[len(shape)+n.integerField("axis")] }

// rowsAfter changes the weights of a layer on rows so that it computes what n
// makes of its result, if that is the same for every row.
func (d *node) rowsAfter(n *node) bool {
	if n.kind != "affine" {
		return false
	}
	units, in, behind := d.alongAxis(d.shape), d.alongAxis(d.from[0].shape), 1
	for _, size := range d.shape[len(d.shape)+d.integerField("axis")+1:] {
		behind *= size
	}
	first := make([]int, units) // an element of every unit
	for i := range d.size() {
		o := i / behind % units
		switch {
		case i/behind < units && i%behind == 0:
			first[o] = i
		case n.affine.scale(i) != n.affine.scale(first[o]) || n.affine.shift(i) != n.affine.shift(first[o]):
			return false
		}
	}
	d.w = slices.Clone(d.w)
	b := make([]float64, units)
	for o, i := range first {
		s, z := n.affine.scale(i), 0.0
		if d.b != nil {
			z = d.b[o]
		}
		if s != 1 {
			for k := range in {
				d.w[o*in+k] *= s
			}
		}
		b[o] = n.affine.of(z, i)
	}
	d.setBias(b)
	return true
}

func writeRows(w *writer, n *node) {
	fields := []field{{"axis", n.integerField("axis")}}
	w.writeDense(n, n.alongAxis(n.shape), n.alongAxis(n.from[0].shape), true, fields, n.shape)
}

package importer

import "slices"

// moveTransposes puts transpositions of one another together and moves them behind
// layers that work on every element, and behind sums and concatenations of values
// that are all transposed: what exporters of channels last put around each
// convolution meets its opposite there.
func (g *graph) moveTransposes() bool {
	changed := false
	readers := g.readers()
	for _, n := range g.order() {
		x := firstOf(n)
		if x == nil || x.kind != "transpose" {
			continue
		}
		perm := x.field("perm").([]int)
		if n.kind == "transpose" {
			of := make([]int, len(perm))
			for i, p := range n.field("perm").([]int) {
				of[i] = perm[p]
			}
			n.from, n.fields = []*node{x.from[0]}, []field{{"perm", of}}
			if slices.IsSorted(of) {
				n.kind, n.fields = "linear", nil
			}
			changed = true
			continue
		}
		if !n.elementwise() || slices.ContainsFunc(n.from, func(y *node) bool {
			return y.kind != "transpose" || !slices.Equal(y.field("perm").([]int), perm) || n.kind != "concat" && !slices.Equal(y.shape, n.shape) ||
				slices.ContainsFunc(readers[y], func(r *node) bool { return r == nil || r != n && r.kind != "transpose" && !r.elementwise() })
		}) {
			continue
		}
		inner := *n
		inner.from, inner.shape = nil, make([]int, len(n.shape))
		for _, y := range n.from {
			inner.from = append(inner.from, y.from[0])
		}
		for i, p := range perm {
			inner.shape[p] = n.shape[i]
		}
		switch n.kind {
		case "affine":
			inner.affine = n.affine.transposed(n.shape, perm)
		case "concat":
			inner.fields = []field{{"axis", perm[n.integerField("axis")]}}
		}
		n.hints = nil
		n.become(&node{kind: "transpose", from: []*node{&inner}, shape: n.shape, fields: []field{{"perm", perm}}, integer: n.integer, truth: n.truth})
		changed = true
		readers = g.readers()
	}
	return changed
}

// elementwise reports whether a layer does the same wherever the axes of its sources
// are, but for a number per element and the axis of concat.
func (n *node) elementwise() bool {
	_, function := functions[n.kind]
	return function || n.kind == "affine" && n.norm == nil || slices.Contains([]string{"add", "subtract", "multiply", "divide", "minimum", "maximum", "average", "concat"}, n.kind)
}

// transposed is what an affine function of elements in some order of axes is of them
// as they were: axis i of shape is axis perm[i] of theirs.
func (a *affine) transposed(shape, perm []int) *affine {
	back := make([]int, len(perm))
	for i, p := range perm {
		back[p] = i
	}
	move := func(list []float64) []float64 {
		if len(list) <= 1 {
			return list
		}
		before, places := transposed(shape, back)
		return (&array{shape: shape, data: list}).pick(before, places).data
	}
	return &affine{sub: move(a.sub), mul: move(a.mul), div: move(a.div), add: move(a.add)}
}

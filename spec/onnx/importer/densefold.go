package importer

import (
	"math"
	"slices"
)

// foldIntoDense takes constant factors and terms, and choices, sums and
// permutations of elements, into the weights of the dense layer before or
// after them, and constant factors and terms of its channels into a convolution.
func (g *graph) foldIntoDense() bool {
	changed := false
	readers := g.readers()
	for _, n := range g.order() {
		x := firstOf(n)
		if x == nil {
			continue
		}
		r, single := only(readers, x)
		single = single && r == n
		switch {
		case single && x.activation == nil && (x.kind == "dense" && x.after(n) || x.kind == "rows" && x.rowsAfter(n) || x.isConv() && x.convAfter(n)):
			y := *x
			y.hints = joinHints(x.hints, n.hints)
			n.hints = nil
			n.become(&y)
		case n.kind == "dense" && x.kind == "reshape":
			n.from[0] = x.from[0]
		case single && n.kind == "dense" && n.before(x):
			n.from[0] = x.from[0]
		default:
			continue
		}
		source := n.from[0]
		readers[source] = append(readers[source], n)
		if single {
			readers[source] = slices.DeleteFunc(readers[source], func(r *node) bool { return r == x })
		}
		changed = true
	}
	return changed
}

// after changes the weights of a dense layer so that it computes what n makes
// of its result.
func (d *node) after(n *node) bool {
	in := d.inputs()
	switch n.kind {
	case "reshape":
		d.shape = n.shape
		return true
	case "affine":
		units := d.units()
		for o := range units {
			s := n.affine.scale(o)
			if degrades(d.w[o*in:(o+1)*in], func(int) float64 { return s }) {
				return false
			}
		}
		d.w = slices.Clone(d.w)
		b := make([]float64, units)
		for o := range units {
			s, z := n.affine.scale(o), 0.0
			if d.b != nil {
				z = d.b[o]
			}
			if s != 1 {
				for k := range in {
					d.w[o*in+k] *= s
				}
			}
			b[o] = n.affine.of(z, o)
		}
		d.setBias(b)
		d.shape = n.shape
		return true
	}
	groups, divide := combinations(n)
	if groups == nil || len(groups) > d.units() {
		return false
	}
	w, b := make([]float64, len(groups)*in), []float64(nil)
	if d.b != nil {
		b = make([]float64, len(groups))
	}
	for o, list := range groups {
		for _, p := range list {
			for k := range in {
				w[o*in+k] += d.w[p*in+k]
			}
			if b != nil {
				b[o] += d.b[p]
			}
		}
		if divide {
			for k := range in {
				w[o*in+k] /= float64(len(list))
			}
			if b != nil {
				b[o] /= float64(len(list))
			}
		}
	}
	d.w, d.b, d.shape = w, b, n.shape
	return true
}

// degrades reports whether the largest weight of a unit would lose digits as a
// float32 if its weights were multiplied by a factor each.
func degrades(row []float64, factor func(k int) float64) bool {
	before, after := 0.0, 0.0
	for k, w := range row {
		before, after = max(before, math.Abs(w)), max(after, math.Abs(w*factor(k)))
	}
	return normal(before) && !normal(after)
}

// setBias sets the bias; zeros where there was none stay none.
func (d *node) setBias(b []float64) {
	if d.b != nil || slices.ContainsFunc(b, func(x float64) bool { return x != 0 }) {
		d.b = b
	}
}

// of is y for the x of element i.
func (a *affine) of(x float64, i int) float64 {
	if a.sub != nil {
		x -= at(a.sub, i)
	}
	if a.mul != nil {
		x *= at(a.mul, i)
	}
	if a.div != nil {
		x /= at(a.div, i)
	}
	if a.add != nil {
		x += at(a.add, i)
	}
	return x
}

// combinations lists which elements of its source each element of a layer is
// the sum of, or the mean; nil if it is something else.
func combinations(n *node) (groups [][]int, mean bool) {
	x := firstOf(n)
	single := func(places []int) [][]int {
		for _, p := range places {
			groups = append(groups, []int{p})
		}
		return groups
	}
	switch n.kind {
	case "slice":
		axis, start, step := n.integerField("axis"), n.integerField("start"), n.integerField("step")
		_, places := sliced(x.shape, axis, start, step, n.shape[axis])
		return single(places), false
	case "transpose":
		_, places := transposed(x.shape, n.field("perm").([]int))
		return single(places), false
	case "reduce_sum", "reduce_mean":
		axes := n.field("axes").([]int)
		kept := slices.Clone(x.shape)
		for _, a := range axes {
			kept[a] = 1
		}
		groups = make([][]int, size(kept))
		for p, o := range indices(x.shape, kept) {
			groups[o] = append(groups[o], p)
		}
		return groups, n.kind == "reduce_mean"
	}
	return nil, false
}

// before changes the weights of a dense layer so that it reads the source of
// x, its only source so far.
func (d *node) before(x *node) bool {
	in, units := d.inputs(), d.units()
	switch x.kind {
	case "affine":
		if x.from[0].kind == "input" && x.from[0].affine == nil {
			if _, _, ok := x.affine.meanStd(x.size()); ok {
				return false // it becomes the normalisation of the input
			}
		}
		for o := range units {
			if degrades(d.w[o*in:(o+1)*in], x.affine.scale) {
				return false
			}
		}
		d.w = slices.Clone(d.w)
		b := make([]float64, units)
		copy(b, d.b)
		for o := range units {
			for k := range in {
				b[o] += d.w[o*in+k] * x.affine.shift(k)
				d.w[o*in+k] *= x.affine.scale(k)
			}
		}
		d.setBias(b)
		return true
	case "transpose":
		groups, _ := combinations(x)
		w := make([]float64, len(d.w))
		for o := range units {
			for k, from := range groups {
				w[o*in+from[0]] = d.w[o*in+k]
			}
		}
		d.w = w
		return true
	}
	return false
}

// joinDense makes one dense layer of several of the same source whose results
// are joined or added.
func (g *graph) joinDense() bool {
	changed := false
	readers := g.readers()
	for _, n := range g.order() {
		if n.kind != "concat" && n.kind != "add" || n.size() > maxUnits {
			continue
		}
		same := true
		for i, d := range n.from {
			r, ok := only(readers, d)
			same = same && ok && r == n && d.kind == "dense" && d.activation == nil && d.from[0] == n.from[0].from[0] &&
				!slices.Contains(n.from[:i], d) && (n.kind == "concat" || slices.Equal(d.shape, n.from[0].shape))
		}
		if !same {
			continue
		}
		y := joined(n)
		y.hints, n.hints = slices.Clone(n.hints), nil
		n.become(y)
		changed = true
	}
	return changed
}

// joined is the dense layer that computes a sum or concatenation of dense
// layers of one source.
func joined(n *node) *node {
	in := n.from[0].inputs()
	bias := slices.ContainsFunc(n.from, func(d *node) bool { return d.b != nil })
	w := make([]float64, n.size()*in)
	b := make([]float64, n.size())
	start, axis := 0, n.integerField("axis")
	for _, d := range n.from {
		places := make([]int, d.size())
		for i := range places {
			places[i] = i
		}
		if n.kind == "concat" {
			_, places = sliced(n.shape, axis, start, 1, d.shape[axis])
			start += d.shape[axis]
		}
		for i, o := range places {
			for k := range in {
				w[o*in+k] += d.w[i*in+k]
			}
			if d.b != nil {
				b[o] += d.b[i]
			}
		}
	}
	if !bias {
		b = nil
	}
	return dense(n.from[0].from[0], w, b, n.shape)
}

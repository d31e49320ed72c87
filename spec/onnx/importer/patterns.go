package importer

import (
	"math"
	"slices"
)

// Patterns are graphs that compute something known, by their form.
var patterns = []func(n *node) *node{
	softmaxPattern, logSoftmaxPattern, layerNormPattern, writtenNormPattern, wherePattern, preluPattern,
}

// matchPatterns replaces graphs of a known form.
func (g *graph) matchPatterns() bool {
	changed := false
	order, undefined := g.order(), g.undefined()
	slices.Reverse(order)
	for _, n := range order {
		if n.kind == "where" && undefined[n] {
			continue // it may be there to choose a number instead of none
		}
		for _, p := range patterns {
			if m := p(n); m != nil {
				n.become(m)
				changed = true
				break
			}
		}
	}
	return changed
}

// isReduce reports whether n reduces x along some axes, which stay as 1.
func isReduce(n *node, kind string, x *node) (axes []int, ok bool) {
	if n.kind != kind || n.from[0] != x {
		return nil, false
	}
	keep, _ := n.field("keepdims").(bool)
	axes, _ = n.field("axes").([]int)
	return axes, keep
}

// softmaxPattern is exp(x − max x)/Σ exp(x − max x), with or without max.
func softmaxPattern(n *node) *node {
	if n.kind != "divide" || n.from[0].kind != "exp" {
		return nil
	}
	e := n.from[0]
	axes, ok := isReduce(n.from[1], "reduce_sum", e)
	if !ok {
		return nil
	}
	return overAxes("softmax", lessMax(e.from[0], axes), axes)
}

// logSoftmaxPattern is d − log Σ exp(d) with d = x − max x, or x itself.
func logSoftmaxPattern(n *node) *node {
	if n.kind != "subtract" || n.from[1].kind != "log" {
		return nil
	}
	d, total := n.from[0], n.from[1].from[0]
	if total.kind != "reduce_sum" || total.from[0].kind != "exp" || total.from[0].from[0] != d {
		return nil
	}
	axes, ok := isReduce(total, "reduce_sum", total.from[0])
	if !ok {
		return nil
	}
	return overAxes("log_softmax", lessMax(d, axes), axes)
}

// lessMax is x, given x − max x or x.
func lessMax(d *node, axes []int) *node {
	if d.kind == "subtract" {
		if a, ok := isReduce(d.from[1], "reduce_max", d.from[0]); ok && slices.Equal(a, axes) {
			return d.from[0]
		}
	}
	return d
}

// overAxes is a softmax along one axis.
func overAxes(kind string, x *node, axes []int) *node {
	if len(axes) != 1 {
		return nil
	}
	return &node{kind: kind, from: []*node{x}, shape: x.shape, fields: []field{{"axis", axes[0]}}}
}

// layerNormPattern is (x − mean)/√(variance + ε), or times its reciprocal. A
// factor and a term per element that follow become weight and bias.
func layerNormPattern(n *node) *node {
	if n.kind == "affine" && n.norm == nil && n.affine.sub == nil && n.from[0].kind == "layer_normalization" {
		return scaledNorm(n)
	}
	var d, root *node
	switch {
	case n.kind == "divide":
		d, root = n.from[0], n.from[1]
	case n.kind == "multiply" && len(n.from) == 2:
		d, root = n.from[0], n.from[1]
		if d.kind == "reciprocal" {
			d, root = root, d
		}
		if root.kind != "reciprocal" {
			return nil
		}
		root = root.from[0]
	default:
		return nil
	}
	if root.kind != "sqrt" || root.from[0].kind != "affine" || d.kind != "subtract" {
		return nil
	}
	x, shift := d.from[0], root.from[0].affine
	axes, ok := isReduce(d.from[1], "reduce_mean", x)
	if !ok || !shift.scalar() || shift.scale(0) != 1 || !(shift.shift(0) >= 0) {
		return nil
	}
	if !isVariance(root.from[0].from[0], x, d, axes) || !trailing(axes, len(x.shape)) {
		return nil
	}
	return layerNorm(x, axes[0], shift.shift(0), nil, nil)
}

// isVariance recognises the mean of (x − mean)², and mean x² − (mean x)².
func isVariance(v, x, d *node, axes []int) bool {
	mean := d.from[1]
	if a, ok := isReduce(v, "reduce_mean", firstOf(v)); ok && slices.Equal(a, axes) {
		sq := v.from[0]
		return isSquare(sq, d)
	}
	if v.kind != "subtract" || !isSquare(v.from[1], mean) {
		return false
	}
	a, ok := isReduce(v.from[0], "reduce_mean", firstOf(v.from[0]))
	return ok && slices.Equal(a, axes) && isSquare(firstOf(v.from[0]), x)
}

func firstOf(n *node) *node {
	if len(n.from) == 0 {
		return nil
	}
	return n.from[0]
}

func isSquare(n, x *node) bool {
	return n != nil && n.kind == "square" && n.from[0] == x
}

// scaledNorm takes a factor or a term into a layer normalisation.
func scaledNorm(n *node) *node {
	norm, a := n.from[0], n.affine
	axis := norm.integerField("axis")
	over := norm.shape[axis:]
	list := func(get func(i int) float64) ([]float64, bool) {
		out := make([]float64, size(over))
		for i := range n.size() {
			k := i % len(out)
			if i < len(out) {
				out[k] = get(i)
			} else if out[k] != get(i) {
				return nil, false
			}
		}
		return out, true
	}
	s, ok1 := list(a.scale)
	t, ok2 := list(a.shift)
	if !ok1 || !ok2 {
		return nil
	}
	var w, b []float64
	for _, p := range norm.weights {
		if p.name == "weight" {
			w = p.data
		} else {
			b = p.data
		}
	}
	if w != nil || b != nil {
		if w == nil {
			w = []float64{1}
		}
		if b == nil {
			b = []float64{0}
		}
		s, t = combine(w, s, product), combine(combine(b, s, product), t, sum)
	}
	y := layerNorm(norm.from[0], axis, norm.number("epsilon"), s, t)
	return y
}

// wherePattern is a minimum or maximum as a choice.
func wherePattern(n *node) *node {
	if n.kind != "where" || comparisons[n.from[0].kind] == nil {
		return nil
	}
	a, b := n.from[0].from[0], n.from[0].from[1]
	less := n.from[0].kind == "less" || n.from[0].kind == "less_or_equal"
	kind := ""
	switch {
	case sameValue(n.from[1], a) && sameValue(n.from[2], b): // a < b ? a : b
		kind = pickText(less, "minimum", "maximum")
	case sameValue(n.from[1], b) && sameValue(n.from[2], a):
		kind = pickText(less, "maximum", "minimum")
	default:
		return nil
	}
	if b.kind != "constant" {
		a, b = b, a
	}
	if a.kind == "constant" {
		return nil
	}
	if u, ok := constantNumber(b); ok {
		if kind == "minimum" {
			return clip(a, math.Inf(-1), u)
		}
		return clip(a, u, math.Inf(1))
	}
	return &node{kind: kind, from: []*node{a, b}, shape: n.shape}
}

func pickText(c bool, a, b string) string {
	if c {
		return a
	}
	return b
}

func sameValue(a, b *node) bool {
	return a == b || a.kind == "constant" && b.kind == "constant" && slices.Equal(a.value.shape, b.value.shape) && slices.Equal(a.value.data, b.value.data)
}

func constantNumber(n *node) (float64, bool) {
	if n.kind != "constant" {
		return 0, false
	}
	return n.value.single()
}

// preluPattern is x < 0 ? slope·x : x.
func preluPattern(n *node) *node {
	if n.kind != "where" {
		return nil
	}
	c, a, x := n.from[0], n.from[1], n.from[2]
	if c.kind == "greater" || c.kind == "greater_or_equal" {
		a, x = x, a
	}
	zero, ok := 0.0, false
	if len(c.from) == 2 && c.from[0] == x {
		zero, ok = constantNumber(c.from[1])
	}
	if ok && zero == 0 && a.kind == "multiply" && slices.Contains(a.from, x) {
		// A computed slope: max(x, 0) + slope·min(x, 0).
		i := slices.Index(a.from, x)
		factors := slices.Replace(slices.Clone(a.from), i, i+1, clip(x, math.Inf(-1), 0))
		negative := &node{kind: "multiply", from: factors, shape: a.shape}
		return &node{kind: "add", from: []*node{apply("relu", x), negative}, shape: n.shape}
	}
	if !ok || zero != 0 || a.kind != "affine" || a.from[0] != x || a.norm != nil {
		return nil
	}
	slope := make([]float64, n.size())
	for i := range slope {
		if a.affine.shift(i) != 0 {
			return nil
		}
		slope[i] = a.affine.scale(i)
	}
	return prelu(x, slope)
}

package importer

import (
	"math"
	"slices"
)

// candidate is a function of one number with some parameters that graphs of
// element-wise operators may turn out to compute.
type candidate struct {
	kind   string // of functions
	params int
}

var candidates = []candidate{
	{"linear", 0}, {"relu", 0}, {"sigmoid", 0}, {"tanh", 0}, {"softsign", 0}, {"softplus", 0},
	{"gelu", 0}, {"gelu_tanh", 0}, {"mish", 0}, {"hard_swish", 0}, {"abs", 0}, {"step", 0},
	{"silu", 1}, {"leaky_relu", 1}, {"elu", 1}, {"celu", 1}, {"thresholded_relu", 1},
	{"selu", 2}, {"hard_sigmoid", 2}, {"clip", 2},
}

// mostInCone is the most nodes that are looked at as one function.
const mostInCone = 20

// mostTried bounds the work on a model that was made to be slow.
const mostTried = 10_000

// recognize replaces graphs of scalar functions, whatever their form, by the
// activation they compute. The largest graphs are tried first.
func (g *graph) recognize() bool {
	changed := false
	order := g.order()
	slices.Reverse(order)
	for _, root := range order {
		if !scalarOp(root) {
			continue
		}
		cuts := scalarCuts(root)
		for i := len(cuts) - 1; i >= 0; i-- {
			cut := cuts[i]
			if cut.inner < 2 || g.budget == 0 {
				continue
			}
			g.budget--
			if y := matchFunction(root, cut); y != nil {
				root.become(y)
				changed = true
				break
			}
		}
	}
	return changed
}

// scalarOp reports whether a node computes every element of its result from
// those at the same place.
func scalarOp(n *node) bool {
	switch n.kind {
	case "affine":
		return n.affine.scalar() && n.norm == nil
	case "add", "subtract", "multiply", "divide", "minimum", "maximum", "average", "where":
		return true
	}
	_, f := functions[n.kind]
	return f || comparisons[n.kind] != nil
}

// scalarCut is a node of which another is a function.
type scalarCut struct {
	x         *node
	inner     int // nodes between the two
	constants []float64
}

// scalarCuts lists the nodes x such that the root is a function of the elements of x
// alone, the nearest first.
func scalarCuts(root *node) []scalarCut {
	var cuts []scalarCut
	var constants []float64
	inside := []*node{}
	take := func(n *node) {
		inside = append(inside, n)
		for _, f := range n.fields {
			if x, ok := f.value.(float64); ok {
				constants = append(constants, x)
			}
		}
		if n.affine != nil {
			constants = slices.Concat(constants, n.affine.sub, n.affine.mul, n.affine.div, n.affine.add)
		}
		for _, from := range n.from {
			if x, ok := constantNumber(from); ok {
				constants = append(constants, x)
			}
		}
	}
	take(root)
	for len(inside) <= mostInCone {
		border, ok := borderOf(inside)
		if !ok {
			return cuts
		}
		if len(border) == 1 && slices.Equal(border[0].shape, root.shape) && !border[0].truth {
			cuts = append(cuts, scalarCut{border[0], len(inside), slices.Clone(constants)})
		}
		next := lastOf(border)
		if next == nil {
			return cuts
		}
		take(next)
	}
	return cuts
}

// borderOf lists what a set of nodes reads beside itself and single numbers;
// it reports false if that is another constant.
func borderOf(inside []*node) (border []*node, ok bool) {
	for _, n := range inside {
		for _, from := range n.from {
			if _, number := constantNumber(from); number {
				continue
			}
			if from.kind == "constant" {
				return nil, false
			}
			if !slices.Contains(inside, from) && !slices.Contains(border, from) {
				border = append(border, from)
			}
		}
	}
	return border, true
}

// lastOf is a scalar operator of a set that none of the others depends on.
func lastOf(set []*node) *node {
	for _, n := range set {
		if scalarOp(n) && !slices.ContainsFunc(set, func(m *node) bool { return m != n && dependsOn(m, n, 2*mostInCone) }) {
			return n
		}
	}
	return nil
}

// dependsOn reports whether n reads m, directly or through scalar operators.
func dependsOn(n, m *node, budget int) bool {
	seen := map[*node]bool{}
	stack := []*node{n}
	for len(stack) > 0 && budget > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		budget--
		for _, from := range top.from {
			if from == m {
				return true
			}
			if !seen[from] && scalarOp(from) {
				seen[from] = true
				stack = append(stack, from)
			}
		}
	}
	return false
}

// matchFunction compares the root as a function with every candidate.
func matchFunction(root *node, cut scalarCut) *node {
	var values []float64
	for _, c := range cut.constants {
		for _, v := range []float64{c, -c, 1 / c} {
			if !math.IsInf(v, 0) && !math.IsNaN(v) && v != 0 && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	if !slices.Contains(values, 1) {
		values = append(values, 1)
	}
	if len(values) > 32 {
		return nil
	}
	points := samplePoints(values)
	var computed []float64 // most graphs are told apart by the first few
	want := func(i int) float64 {
		for len(computed) <= i {
			computed = append(computed, evalCone(root, cut.x, points[len(computed)]))
		}
		return computed[i]
	}
	for _, c := range candidates {
		if c.kind == root.kind {
			continue
		}
		if p, ok := c.fit(points, want, values); ok {
			return apply(c.kind, cut.x, p...)
		}
	}
	return nil
}

// fit tries the constants of the graph as the candidate's parameters.
func (c candidate) fit(points []float64, want func(i int) float64, values []float64) ([]float64, bool) {
	f := functions[c.kind].f
	p := make([]float64, c.params)
	var try func(k int) bool
	try = func(k int) bool {
		if k < c.params {
			options := values
			if c.kind == "clip" || c.kind == "hard_sigmoid" && k == 1 {
				options = append([]float64{0}, values...)
			}
			for _, v := range options {
				if c.kind != "clip" && c.kind != "thresholded_relu" && v < 0 && !(c.kind == "hard_sigmoid" && k == 1) {
					continue // the language wants it positive
				}
				p[k] = v
				if try(k + 1) {
					return true
				}
			}
			return false
		}
		if c.kind == "clip" && p[0] >= p[1] {
			return false
		}
		for i, x := range points {
			y, w := f(x, p), want(i)
			if y == w {
				continue
			}
			if !(math.Abs(y-w) <= 1e-6*math.Abs(w)+1e-8*(1+math.Abs(x))) {
				return false
			}
		}
		return true
	}
	return p, try(0)
}

// samplePoints are where functions are compared: a grid, small and large
// numbers, and both sides of the constants, where functions may have kinks.
func samplePoints(constants []float64) []float64 {
	var points []float64
	for x := -9.93; x < 10; x += 0.37 {
		points = append(points, x)
	}
	for k := -7; k <= 1; k++ {
		points = append(points, 3.3*math.Pow10(k), -3.3*math.Pow10(k))
	}
	for _, c := range constants {
		if math.Abs(c) < 80 {
			points = append(points, c*(1+1e-4), c*(1-1e-4))
		}
	}
	return points
}

// evalCone computes root at x, the element of cut.
func evalCone(root, cut *node, x float64) float64 {
	known := map[*node]float64{cut: x}
	var eval func(n *node) float64
	eval = func(n *node) float64 {
		if v, ok := known[n]; ok {
			return v
		}
		v := 0.0
		if n.kind == "constant" {
			v, _ = n.value.single()
		} else {
			args := make([]float64, len(n.from))
			for i, from := range n.from {
				args[i] = eval(from)
			}
			v = scalarValue(n, args)
		}
		known[n] = v
		return v
	}
	return eval(root)
}

// scalarValue computes one element of a node.
func scalarValue(n *node, args []float64) float64 {
	fold := func(f func(x, y float64) float64) float64 {
		v := args[0]
		for _, x := range args[1:] {
			v = f(v, x)
		}
		return v
	}
	switch n.kind {
	case "affine":
		return args[0]*n.affine.scale(0) + n.affine.shift(0)
	case "add":
		return fold(sum)
	case "subtract":
		return fold(difference)
	case "multiply":
		return fold(product)
	case "divide":
		return fold(quotient)
	case "minimum":
		return fold(minimum)
	case "maximum":
		return fold(maximum)
	case "average":
		return fold(sum) / float64(len(args))
	case "where":
		return choose(args[0] != 0, args[1], args[2])
	}
	if f := comparisons[n.kind]; f != nil {
		return choose(f(args[0], args[1]), 1, 0)
	}
	return evalFunction(n, args[0])
}

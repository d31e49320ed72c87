package importer

import (
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/nngen-go/nngen/spec/onnx/symbolic"
)

// candidates are the functions that graphs of element-wise operators may turn
// out to compute, the simpler ones first.
var candidates = []string{
	"linear", "relu", "sigmoid", "tanh", "softsign", "softplus", "gelu", "gelu_tanh", "mish", "hard_swish", "abs", "step",
	"silu", "leaky_relu", "elu", "celu", "thresholded_relu", "selu", "clip", "hard_sigmoid",
}

// mostInCone is the most nodes that are looked at as one function.
const mostInCone = 20

// mostTried bounds the work on a model that was made to be slow.
const mostTried = 4000

// recognize replaces graphs of scalar functions, whatever their form, by the
// activation they are proven to compute. The largest graphs are tried first.
func (g *graph) recognize() bool {
	changed := false
	order, undefined, chosen := g.order(), g.undefined(), g.chosen()
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
			if y := matchFunction(root, cut.x, undefined[cut.x] || chosen[root]); y != nil {
				root.become(y)
				changed = true
				break
			}
		}
	}
	return changed
}

// chosen are the nodes of which another makes a number where they are NaN, by a
// comparison.
func (g *graph) chosen() map[*node]bool {
	m := map[*node]bool{}
	order := g.order()
	for _, n := range slices.Backward(order) {
		for _, from := range n.from {
			m[from] = m[from] || m[n] || comparisons[n.kind] != nil
		}
	}
	return m
}

// undefined are the nodes that may be NaN for finite inputs. A choice makes a
// number of that, which an activation does not.
func (g *graph) undefined() map[*node]bool {
	m := map[*node]bool{}
	for _, n := range g.order() {
		switch n.kind {
		case "log", "sqrt", "pow", "divide", "reciprocal":
			m[n] = true
		}
		for _, from := range n.from {
			m[n] = m[n] || m[from]
		}
	}
	return m
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
	x     *node
	inner int // nodes between the two
}

// scalarCuts lists the nodes x such that the root is a function of the elements of x
// alone, the nearest first.
func scalarCuts(root *node) []scalarCut {
	var cuts []scalarCut
	inside := []*node{root}
	for len(inside) <= mostInCone {
		border, ok := borderOf(inside)
		if !ok {
			return cuts
		}
		if len(border) == 1 && slices.Equal(border[0].shape, root.shape) && !border[0].truth {
			cuts = append(cuts, scalarCut{border[0], len(inside)})
		}
		next := lastOf(border)
		if next == nil {
			return cuts
		}
		inside = append(inside, next)
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

// matchFunction is the activation that the root is proven to be of x, nil if
// there is none. The proof is exact; what it says is tried on numbers as well.
// exact says that it matters what the root is where x is NaN.
func matchFunction(root, x *node, exact bool) *node {
	f, ok := symbolic.Prove(func() fn { return formOf(root, x) })
	if !ok {
		return nil
	}
	for _, kind := range candidates {
		row := forms[kind]
		p, ok := row.read(f)
		if !ok {
			continue
		}
		for i := range p {
			p[i] = short15(p[i])
		}
		want, ok := fixedForms()[kind]
		if len(p) > 0 {
			want, ok = symbolic.Prove(func() fn { return row.of(symbolic.X(), p) })
		}
		if !ok || !f.Same(want) && (row.nearly == nil || !row.nearly(f)) {
			continue
		}
		if y := apply(kind, x, p...); agree(root, x, y, f.Breaks(), exact) {
			return y
		}
	}
	return nil
}

// short15 is the number of 15 digits that a number is, if only roundings are
// between them: 0.5 for 0.49999999999999994.
func short15(x float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64)
	if err != nil || math.Abs(v-x) > 0x1p-52*math.Abs(x) {
		return x
	}
	return v
}

// fixedForms are the candidates without fields.
var fixedForms = sync.OnceValue(func() map[string]fn {
	m := map[string]fn{}
	for _, kind := range candidates {
		if len(functions[kind].params) == 0 {
			m[kind] = forms[kind].of(symbolic.X(), nil)
		}
	}
	return m
})

// formOf is the root as a function of x in exact terms.
func formOf(root, x *node) fn {
	known := map[*node]fn{x: symbolic.X()}
	var of func(n *node) fn
	of = func(n *node) fn {
		f, ok := known[n]
		if !ok {
			var in []fn
			for _, from := range n.from {
				in = append(in, of(from))
			}
			f = scalarForm(n, in)
			known[n] = f
		}
		return f
	}
	return of(root)
}

// folded is op over a list, from the left.
func folded[T any](op func(a, b T) T, list []T) T {
	y := list[0]
	for _, v := range list[1:] {
		y = op(y, v)
	}
	return y
}

// scalarForm is a node in exact terms.
func scalarForm(n *node, in []fn) fn {
	switch n.kind {
	case "constant":
		v, _ := n.value.single()
		return symbolic.Number(v)
	case "affine":
		a, y := n.affine, in[0]
		for _, part := range []struct {
			list []float64
			op   func(f, g fn) fn
		}{{a.sub, fn.Minus}, {a.mul, fn.Times}, {a.div, fn.Over}, {a.add, fn.Plus}} {
			if part.list != nil {
				y = part.op(y, symbolic.Number(part.list[0]))
			}
		}
		return y
	case "add":
		return folded(fn.Plus, in)
	case "subtract":
		return folded(fn.Minus, in)
	case "multiply":
		return folded(fn.Times, in)
	case "divide":
		return folded(fn.Over, in)
	case "minimum":
		return folded(fn.Min, in)
	case "maximum":
		return folded(fn.Max, in)
	case "average":
		return folded(fn.Plus, in).Over(symbolic.Number(float64(len(in))))
	case "where":
		return in[0].Where(in[1], in[2])
	case "less":
		return in[0].Less(in[1])
	case "less_or_equal":
		return in[0].LessOrEqual(in[1])
	case "greater":
		return in[1].Less(in[0])
	case "greater_or_equal":
		return in[1].LessOrEqual(in[0])
	case "equal":
		return in[0].Equal(in[1])
	}
	row, ok := forms[n.kind]
	if !ok {
		return symbolic.GiveUp()
	}
	return row.of(in[0], n.fieldsOf())
}

// agree compares the root with an activation of x on numbers of all sizes, both
// sides of the breaks, and those that are none: a second guard, which no match
// is known to need.
func agree(root, x, y *node, breaks []float64, exact bool) bool {
	points := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN()}
	for k := -30.0; k <= 30; k += 0.5 {
		points = append(points, math.Pow(10, k), -math.Pow(10, k))
	}
	for _, b := range breaks {
		points = append(points, b, b+math.Abs(b)*1e-9+1e-30, b-math.Abs(b)*1e-9-1e-30)
	}
	for _, v := range points {
		want, overflows := evalCone(root, x, v, 0)
		change := 0.0
		for _, noise := range []float64{1e-12, -1e-12} { // one sign alone may be cut off
			noisy, _ := evalCone(root, x, v, noise)
			if noisy != want && !math.IsNaN(want) {
				change = max(change, math.Abs(noisy-want)) // NaN too
			}
		}
		got := evalFunction(y, v)
		switch {
		case got == want:
		case math.IsNaN(got) && math.IsNaN(v) && (!exact || math.IsNaN(want)): // an input that is no number stays none
		case math.IsNaN(want) && (math.IsNaN(got) || math.IsInf(v, 0)): // not defined at infinity
		case overflows && !math.IsInf(v, 0): // the function need not
		case math.Abs(got-want) <= 1e-9*math.Abs(want)+1e3*change+math.SmallestNonzeroFloat32, math.IsNaN(change) && !math.IsNaN(v):
		default:
			return false
		}
	}
	return true
}

// evalCone computes the root at v, an element of x, and whether a number on the
// way is infinite. Noise, relative to each number, shows what roundings do.
func evalCone(root, x *node, v, noise float64) (y float64, overflows bool) {
	known := map[*node]float64{x: v * (1 + noise)}
	var eval func(n *node) float64
	eval = func(n *node) float64 {
		if y, ok := known[n]; ok {
			return y
		}
		y := 0.0
		if n.kind == "constant" {
			y, _ = n.value.single()
		} else {
			args := make([]float64, len(n.from))
			for i, from := range n.from {
				args[i] = eval(from)
			}
			y = scalarValue(n, args)
		}
		_, part := math.Modf(float64(len(known)) * math.Phi)
		y *= 1 + noise*(2*part-1)
		known[n] = y
		return y
	}
	y = eval(root)
	for _, v := range known {
		overflows = overflows || math.IsInf(v, 0)
	}
	return y, overflows
}

// scalarValue computes one element of a node.
func scalarValue(n *node, args []float64) float64 {
	switch n.kind {
	case "affine":
		return n.affine.of(args[0], 0)
	case "add":
		return folded(sum, args)
	case "subtract":
		return folded(difference, args)
	case "multiply":
		return folded(product, args)
	case "divide":
		return folded(quotient, args)
	case "minimum":
		return folded(minimum, args)
	case "maximum":
		return folded(maximum, args)
	case "average":
		return folded(sum, args) / float64(len(args))
	case "where":
		return choose(args[0] != 0, args[1], args[2])
	}
	if f := comparisons[n.kind]; f != nil {
		return choose(f(args[0], args[1]), 1, 0)
	}
	return evalFunction(n, args[0])
}

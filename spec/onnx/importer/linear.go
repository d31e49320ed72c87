package importer

import (
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// dense is y = W·x + b over all elements of x; its result has a shape of its
// own in the model.
func dense(x *node, w, b []float64, shape []int) *node {
	return &node{kind: "dense", from: []*node{x}, shape: shape, w: w, b: b}
}

// units is the number of outputs of a dense layer, inputs that of its inputs.
func (n *node) units() int  { return size(n.shape) }
func (n *node) inputs() int { return n.from[0].size() }

func lowerMatMul(c *call) {
	a, b := c.in(0), c.in(1)
	c.oneConstant(a, b)
	if c.rank(a) == 0 || c.rank(b) == 0 {
		c.fail(notSorted, "it needs operands of at least one dimension")
	}
	if a.node != nil {
		c.timesMatrix(c.asNode(a), b.array)
	} else {
		c.matrixTimes(a.array, c.asNode(b))
		b = a
	}
	c.nameAfter(b)
}

// oneConstant fails unless one of two operands is a constant. An input that
// may be one is named.
func (c *call) oneConstant(a, b value) {
	switch {
	case a.node == nil || b.node == nil:
	case b.node.kind == "input" || a.node.kind == "input":
		i := 1
		if b.node.kind != "input" {
			i = 0
		}
		c.constant(i, "operand, the weights,")
	default:
		c.refuse("", "a product of two values that the network computes (attention) is not supported")
	}
}

// nameAfter prefers the name of the weights for the layer.
func (c *call) nameAfter(weights value) {
	if n := c.values[c.n.Outputs[0]].node; n != nil {
		n.hints = append([]string{weights.name}, n.hints...)
	}
}

// timesMatrix is x·B. Where x is one row, that is a dense layer; where B is one
// matrix, several rows share the weights; otherwise they are written out for each.
func (c *call) timesMatrix(x *node, b *array) {
	xs := x.shape
	batch := c.apart(x)
	if batch && len(xs) == 0 {
		c.mixes("its first operand has one dimension")
	}
	if x.rows > 0 && len(b.shape) > len(xs) || x.rows > 0 && len(b.shape) > 2 && b.shape[0] != 1 {
		c.mixes("its weights of shape %v stand beside the batch", b.shape)
	}
	row := len(b.shape) == 1
	bs := b.shape
	if row {
		bs = []int{bs[0], 1}
	}
	k, n := bs[len(bs)-2], bs[len(bs)-1]
	if xs[len(xs)-1] != k {
		c.fail(notSorted, "shapes %v and %v do not fit", xs, b.shape)
	}
	rows := xs[:len(xs)-1]
	if batch && len(bs) > len(xs)+1 {
		c.mixes("its weights of shape %v have more dimensions than the value", b.shape)
	}
	if batch && len(bs) == len(xs)+1 && len(bs) > 2 {
		if bs[0] != 1 {
			c.mixes("its weights of shape %v have the batch as a dimension", b.shape)
		}
		bs = bs[1:]
	}
	stack, m := rows, 1
	if len(rows) > 0 && !(batch && len(xs) == 1) {
		stack, m = rows[:len(rows)-1], rows[len(rows)-1]
	}
	lead, ok := broadcast(stack, bs[:len(bs)-2])
	if !ok {
		c.fail(notSorted, "shapes %v and %v do not fit", xs, b.shape)
	}
	out := slices.Clone(lead)
	if len(rows) > 0 {
		out = append(out, m)
	}
	if !row {
		out = append(out, n)
	}
	if k == 0 {
		c.setArray(zeros(c.leading(out)))
		return
	}
	if size(out) == 0 {
		c.setNode(&node{kind: "empty", from: []*node{x}, shape: out})
		return
	}
	if size(lead)*m == 1 || len(bs) > 2 {
		c.checkExpanded(size(lead)*m*n, size(xs))
	}
	if size(lead)*m == 1 {
		c.setRows(x, dense(x, transposedMatrix(b.data, k, n), nil, out))
		return
	}
	if len(bs) == 2 {
		c.setRows(x, denseRows(x, transposedMatrix(b.data, k, n), -1, append(rows[:len(rows):len(rows)], n), out))
		return
	}
	w := make([]float64, size(lead)*m*n*size(xs))
	ai, bi := indices(lead, stack), indices(lead, bs[:len(bs)-2])
	for s := range size(lead) {
		for i := range m {
			for j := range n {
				o := (s*m+i)*n + j
				for p := range k {
					w[o*size(xs)+(ai[s]*m+i)*k+p] = b.data[(bi[s]*k+p)*n+j]
				}
			}
		}
	}
	c.setRows(x, dense(x, w, nil, out))
}

// setRows gives output 0 a product of the rows of x.
func (c *call) setRows(x, y *node) {
	if x.rows > 0 {
		y.rows = y.shape[0]
	}
	c.setNode(y)
}

// matrixTimes is A·x.
func (c *call) matrixTimes(a *array, x *node) {
	xs := x.shape
	if c.batch && (len(xs) < 2 || x.rows > 0) {
		c.mixes("its second operand is multiplied along the batch")
	}
	vector, row := len(xs) == 1, len(a.shape) == 1
	if vector {
		xs = []int{xs[0], 1}
	}
	as := a.shape
	if row {
		as = []int{1, as[0]}
	}
	if c.batch && len(as) > 2 && len(as) == len(xs)+1 && as[0] == 1 {
		as = as[1:]
	}
	m, k, n := as[len(as)-2], as[len(as)-1], xs[len(xs)-1]
	lead, ok := broadcast(as[:len(as)-2], xs[:len(xs)-2])
	if !ok || xs[len(xs)-2] != k {
		c.fail(notSorted, "shapes %v and %v do not fit", a.shape, x.shape)
	}
	if c.batch && len(as) > len(xs) {
		c.mixes("its first operand has more dimensions than the value")
	}
	out := slices.Clone(lead)
	if !row {
		out = append(out, m)
	}
	if !vector {
		out = append(out, n)
	}
	if k == 0 {
		c.setArray(zeros(c.leading(out)))
		return
	}
	if len(as) == 2 && size(xs) > k {
		c.setNode(denseRows(x, a.data, -2, append(lead[:len(lead):len(lead)], m, n), out))
		return
	}
	in := size(xs)
	c.checkExpanded(size(lead)*m*n, in)
	w := make([]float64, size(lead)*m*n*in)
	ai, xi := indices(lead, as[:len(as)-2]), indices(lead, xs[:len(xs)-2])
	for s := range size(lead) {
		for i := range m {
			for j := range n {
				o := (s*m+i)*n + j
				for p := range k {
					w[o*in+(xi[s]*k+p)*n+j] = a.data[(ai[s]*m+i)*k+p]
				}
			}
		}
	}
	c.setNode(dense(x, w, nil, out))
}

// leading puts the batch dimension, as 1, before the shape of a constant.
func (c *call) leading(shape []int) []int {
	if c.batch {
		return append([]int{1}, shape...)
	}
	return shape
}

func zeros(shape []int) *array { return &array{shape: shape, data: make([]float64, size(shape))} }

func (c *call) checkExpanded(units, inputs int) {
	if units > maxUnits || units*inputs > maxElements {
		c.refuse("", "a product with %d results of %d numbers is too large", units, inputs)
	}
}

// transposedMatrix turns [k, n] into [n, k].
func transposedMatrix(b []float64, k, n int) []float64 {
	w := make([]float64, len(b))
	for p := range k {
		for j := range n {
			w[j*k+p] = b[p*n+j]
		}
	}
	return w
}

// lowerGemm is y = α·A·B + β·C, A and B possibly transposed.
func lowerGemm(c *call) {
	alpha, beta := c.float("alpha", 1), c.float("beta", 1)
	transA, transB := c.integer("transA", 0) != 0, c.integer("transB", 0) != 0
	c.integer("broadcast", 1) // before operator set 7, of C
	a, b := c.in(0), c.in(1)
	if c.rank(a) != 2 || c.rank(b) != 2 {
		c.fail(notSorted, "A and B must be matrices, got %s and %s", plural.Of(c.rank(a), "dimension"), plural.Of(c.rank(b), "dimension"))
	}
	if a.node == nil {
		c.refuse("swap the operands", "A is a constant and B is not, which is not supported")
	}
	c.oneConstant(a, b)
	w := b.array
	if transB {
		w = w.pick(transposed(w.shape, []int{1, 0}))
	}
	x := c.asNode(a)
	if transA {
		if c.batch {
			c.mixes("A is transposed")
		}
		shape, places := transposed(x.shape, []int{1, 0})
		x = permuted(x, shape, places, []int{1, 0})
	}
	if alpha != 1 {
		w = w.each(func(v float64) float64 { return alpha * v })
	}
	c.timesMatrix(x, w)
	c.nameAfter(b)
	y := c.values[c.n.Outputs[0]]
	if !c.has(2) {
		return
	}
	bias := c.in(2)
	if beta == 0 { // whatever C holds
		return
	}
	if bias.node != nil && bias.node.kind == "input" && (bias.node.loose || !slices.Equal(bias.node.shape, x.shape[:len(x.shape)-1])) && (bias.node.loose || !slices.Equal(bias.node.shape, y.node.shape)) {
		bias.array = c.constant(2, "bias C")
		bias.node = nil
	}
	if y.node == nil { // of no columns
		if bias.node == nil {
			c.refuse("", "its result is a constant")
		}
		y.node = scaled(c.asNode(bias), beta)
		c.set(0, y)
		return
	}
	if bias.node != nil {
		bias.node = scaled(c.asNode(bias), beta)
		list, shape := c.aligned([]value{y, bias})
		c.setNode(merge("add", list, shape))
		return
	}
	list := combine(c.beside(y, bias.array), []float64{beta}, product)
	c.setNode(affinely(y.node, affine{}.plus(list)))
}

package ir

import "slices"

// Contract is the one operation that multiplies and sums. Over the loops l of
// the result and the loops s of each term,
//
//	Y[h(l)] = Init[i(l)] + Σ over the terms, over s, of A[f(l,s)]·B[g(l,s)]
//
// with affine maps f, g, h, i. An element that does not exist, outside of its
// value or under its mask, makes no term, and outside of Y no result. Terms are
// added in the order of the list, of each in the lexicographic order of its
// loops; a sum over the samples takes them one after the other, outside of all
// other loops. Operands with the batch are read at the sample of the result.
//
// A result may be computed in parts: by several contractions, one after the
// other, whose maps h reach every element of Y once.
type Contract struct {
	Layer string // the spec's name, for comments
	Loops []Loop // of the result
	Y     Operand
	Init  *Operand // nil is zero
	Terms []Term
	// Chains is the number of accumulator chains, where it is not that of the
	// schedule for sums of its shape.
	Chains int
	// Asked is how a layer wants the sums of a convolution to be computed; Algo is how
	// they are, by tiles or nothing, which the pass Winograd decides.
	Asked, Algo Algo
}

// Algo is a way to compute the sums of a convolution, part of the numeric schedule.
type Algo string

// The ways: one after the other, or by Winograd's transforms F(2×2, 3×3) and
// F(4×4, 3×3), tiles of 2×2 or of 4×4 results at a time.
const (
	Auto      Algo = ""
	Direct    Algo = "direct"
	Winograd2 Algo = "winograd2"
	Winograd4 Algo = "winograd4"
)

// Tile is the number of results of a tile along an axis, 0 without tiles.
func (a Algo) Tile() int {
	return map[Algo]int{Winograd2: 2, Winograd4: 4}[a]
}

// Term is a sum of products.
type Term struct {
	Loops []Loop // summed over, in the order in which products are added
	A     Operand
	B     *Operand // nil is one
	// Where holds further conditions: a product is a term where all of them,
	// over the loops of the result and of the term, are at least 0.
	Where []Affine
}

// Loop takes the values 0 … Size−1.
type Loop struct {
	Name string
	Size int
	// Channels: a sum over several loops takes this one 16 at a time, outside of
	// the others, and those 16 inside of them.
	Channels bool
}

// Affine is Offset + Σ By[i]·l[i] over the loops of a result, then of a term.
// Loops after those of By do not count.
type Affine struct {
	Offset int
	By     []int
}

// Operand is an element of a value: its place along every axis.
type Operand struct {
	V    *Value
	Dims []int // the shape it is read in, row-major; nil is that of the value
	At   []Affine
}

// Shape is the shape in which the operand is read.
func (o *Operand) Shape() []int {
	if o.Dims != nil {
		return o.Dims
	}
	return o.V.Shape
}

// Unit is loop i as a map.
func Unit(i int) Affine {
	by := make([]int, i+1)
	by[i] = 1
	return Affine{By: by}
}

// Coefficient is that of loop i.
func (a Affine) Coefficient(i int) int {
	if i < len(a.By) {
		return a.By[i]
	}
	return 0
}

// Eval is the map's value for the loops l.
func (a Affine) Eval(l []int) int {
	n := a.Offset
	for i, c := range a.By {
		if c != 0 {
			n += c * l[i]
		}
	}
	return n
}

// Range is the least and the greatest value over all steps of the loops.
func (a Affine) Range(loops []Loop) (low, high int) {
	low, high = a.Offset, a.Offset
	for i, c := range a.By {
		if c != 0 {
			low += min(0, c*(loops[i].Size-1))
			high += max(0, c*(loops[i].Size-1))
		}
	}
	return low, high
}

// equal reports whether two maps are the same.
func (a Affine) equal(b Affine) bool {
	for i := range max(len(a.By), len(b.By)) {
		if a.Coefficient(i) != b.Coefficient(i) {
			return false
		}
	}
	return a.Offset == b.Offset
}

// Flat is the operand's place in the row-major value as one map.
func (o *Operand) Flat() Affine {
	var flat Affine
	stride := 1
	dims := o.Shape()
	for d := len(o.At) - 1; d >= 0; d-- {
		flat = flat.Plus(o.At[d], stride)
		stride *= dims[d]
	}
	return flat
}

// Behind is the map over its loops with n others before them.
func (a Affine) Behind(n int) Affine { return Affine{a.Offset, append(make([]int, n), a.By...)} }

// Plus is a + n·b.
func (a Affine) Plus(b Affine, n int) Affine {
	by := make([]int, max(len(a.By), len(b.By)))
	for i := range by {
		by[i] = a.Coefficient(i) + n*b.Coefficient(i)
	}
	return Affine{a.Offset + n*b.Offset, by}
}

// Outside returns the axes along which the operand may leave its value.
func (o *Operand) Outside(loops []Loop) []int {
	var axes []int
	for d, size := range o.Shape() {
		if low, high := o.At[d].Range(loops); low < 0 || high >= size {
			axes = append(axes, d)
		}
	}
	return axes
}

// All are the loops of the result and of a term.
func (c *Contract) All(t *Term) []Loop { return slices.Concat(c.Loops, t.Loops) }

// Operands are what a term multiplies.
func (t *Term) Operands() []*Operand {
	if t.B == nil {
		return []*Operand{&t.A}
	}
	return []*Operand{&t.A, t.B}
}

// OverBatch reports whether the sum runs over the samples.
func (c *Contract) OverBatch() bool {
	return !c.Y.V.Batch && slices.ContainsFunc(c.Ins(), func(x *Value) bool { return x.Batch })
}

// Adds reports whether the sum goes on where its result ended: Init is Y.
func (c *Contract) Adds() bool { return c.Init != nil && c.Init.V == c.Y.V && c.Init.same(&c.Y) }

// Adding is the contraction that is added to its result.
func (c *Contract) Adding() *Contract {
	a := *c
	a.Init = &c.Y
	return &a
}

// Length is the number of products of a sum, of one sample, those that do not
// exist included.
func (c *Contract) Length() int {
	n := 0
	for i := range c.Terms {
		n += volume(c.Terms[i].Loops)
	}
	return n
}

// Results is the number of results of a sample.
func (c *Contract) Results() int { return volume(c.Loops) }

// MultiplyAdds is the number of products of one sample; a sum without products
// has none.
func (c *Contract) MultiplyAdds() int {
	n := 0
	for i := range c.Terms {
		t := &c.Terms[i]
		if t.B == nil {
			continue
		}
		products := c.Results() * volume(t.Loops)
		for _, o := range append(t.Operands(), &c.Y) {
			if o.V.Param != nil && o.V.Param.Mask != nil {
				products = products / o.V.Size() * o.V.Param.Mask.Count()
			}
		}
		n += products
	}
	return n
}

func volume(loops []Loop) int {
	n := 1
	for _, l := range loops {
		n *= l.Size
	}
	return n
}

// Whole reports whether the contraction computes all of its result.
func (c *Contract) Whole() bool {
	if len(c.Y.Outside(c.Loops)) == 0 {
		return c.Results() == c.Y.V.Size()
	}
	return len(c.reached()) == c.Y.V.Size()
}

// reached are the places of Y that are computed, each as often as it is.
func (c *Contract) reached() []int {
	var places []int
	flat, outside := c.Y.Flat(), c.Y.Outside(c.Loops)
	l := make([]int, len(c.Loops))
	for ok := true; ok; ok = Next(l, c.Loops) {
		if c.Y.Inside(l, outside) {
			places = append(places, flat.Eval(l))
		}
	}
	return places
}

// Next goes to the next step of nested loops; it reports false after the last.
func Next(l []int, loops []Loop) bool {
	for i := len(loops) - 1; i >= 0; i-- {
		if l[i]++; l[i] < loops[i].Size {
			return true
		}
		l[i] = 0
	}
	return false
}

// Inside reports whether the element exists along some axes.
func (o *Operand) Inside(l []int, axes []int) bool {
	for _, d := range axes {
		if at := o.At[d].Eval(l); at < 0 || at >= o.Shape()[d] {
			return false
		}
	}
	return true
}

// Ins returns the values the contraction reads.
func (c *Contract) Ins() []*Value {
	var vs []*Value
	for i := range c.Terms {
		for _, o := range c.Terms[i].Operands() {
			vs = append(vs, o.V)
		}
	}
	if c.Init != nil {
		vs = append(vs, c.Init.V)
	}
	return vs
}

// Outs returns the result.
func (c *Contract) Outs() []*Value { return []*Value{c.Y.V} }

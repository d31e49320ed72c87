package ir

import "slices"

// Convolution is the contraction of a value with filters, channels side by side:
//
//	Y[i][j][n] = Bias[n] + Σ_b,u,v,c W[n][16·b + c][u][v] · X[place of (i, u)][place of (j, v)][16·b + c]
//
// or, of each channel by itself, X[…][…][n] without the sum over channels; without
// filters, W is nil, the sum of a window, or its maximum. The filters of a group,
// of as many as Lane has steps, read the channels of theirs. Loops that there are
// not are None.
type Convolution struct {
	*Contract
	X, W                      *Operand
	Group, Lane, Row, Col     int // loops of the result
	Block, TapRow, TapCol, In int // loops that are summed over, among those of the result and the term
	Depthwise, Max            bool
}

// None is no loop.
const None = -1

// ConvolutionOf returns an operation as a convolution, nil if it is none.
func ConvolutionOf(op Op) *Convolution { return convolutionOf(op, (*Value).isFilter) }

func convolutionOf(op Op, filters func(v *Value) bool) *Convolution {
	c := &Convolution{Group: None, Lane: None, Row: None, Col: None, Block: None, TapRow: None, TapCol: None, In: None}
	switch o := op.(type) {
	case *Contract:
		c.Contract = o
	case *Pool:
		c.Contract, c.Max = &Contract{Layer: o.Layer, Loops: o.Loops, Y: o.Y, Terms: []Term{{Loops: o.Window, A: o.X}}}, true
	}
	if c.Contract == nil || len(c.Terms) != 1 || len(c.Terms[0].Where) > 0 || !c.Y.V.Batch || len(c.Y.Outside(c.Loops)) > 0 {
		return nil
	}
	t := &c.Terms[0]
	if c.X, c.W = &t.A, t.B; c.W != nil && filters(c.X.V) {
		c.X, c.W = c.W, c.X
	}
	if c.X.V.Param != nil || !c.X.V.Batch || c.X.V.DType != c.Y.V.DType {
		return nil
	}
	if c.W == nil && !c.window() || c.W != nil && !(filters(c.W.V) && c.lanes() && c.summed()) || !c.places() {
		return nil
	}
	return c
}

// window finds the loop over channels, each of which is taken by itself, and
// those of the window.
func (c *Convolution) window() bool {
	x, y := c.X.Flat(), c.Y.Flat()
	for i, l := range c.Loops {
		if l.Size > 1 && x.Coefficient(i) == 1 && y.Coefficient(i) == 1 {
			c.Lane = i
		}
	}
	taps := []int{}
	for i, l := range c.Terms[0].Loops {
		if l.Size > 1 {
			taps = append(taps, len(c.Loops)+i)
		}
	}
	c.Depthwise = true
	switch {
	case c.Init != nil || c.Lane == None || len(taps) > 2:
		return false
	case len(taps) == 2:
		c.TapRow, c.TapCol = taps[0], taps[1]
	case len(taps) == 1 && c.movesRows(taps[0]):
		c.TapRow = taps[0]
	case len(taps) == 1:
		c.TapCol = taps[0]
	}
	return true
}

// movesRows reports whether the places that share an axis with a loop of the
// window lie further apart than others.
func (c *Convolution) movesRows(tap int) bool {
	y := c.Y.Flat()
	shares := func(i int) bool { return c.axis(i) == c.axis(tap) }
	for i, l := range c.Loops {
		if i == c.Lane || l.Size == 1 || !shares(i) {
			continue
		}
		for j, m := range c.Loops {
			if j != c.Lane && m.Size > 1 && !shares(j) && y.Coefficient(j) < y.Coefficient(i) {
				return true
			}
		}
	}
	return false
}

// isFilter reports whether the value is a weight [filters, channels, window].
func (v *Value) isFilter() bool {
	return (v.Kind == Param || v.Kind == Temp && v.Param != nil && v.Param.Transposed != nil) && len(v.Shape) > 2 && len(v.Shape) < 5 && v.Param.Order != RowMajor && v.Param.Mask == nil
}

// used are the loops of several steps that a map depends on.
func (c *Convolution) used(a Affine) []int {
	var loops []int
	for i, l := range c.All(&c.Terms[0]) {
		if l.Size > 1 && a.Coefficient(i) != 0 {
			loops = append(loops, i)
		}
	}
	return loops
}

// lanes finds the loop over the filters, which lie side by side in the result.
func (c *Convolution) lanes() bool {
	of := c.used(c.W.At[0])
	if len(of) == 2 && c.groups(of[0], of[1]) {
		c.Group, of = of[0], of[1:]
	}
	if len(of) > 1 || c.W.At[0].Offset != 0 || c.W.V.Shape[0] > 1 && len(of) == 0 {
		return false
	}
	if len(of) == 1 {
		c.Lane = of[0]
		if c.Lane >= len(c.Loops) || c.W.At[0].Coefficient(c.Lane) != 1 || c.Outputs() != c.W.V.Shape[0] || c.Y.Flat().Coefficient(c.Lane) != 1 {
			return false
		}
		switch c.X.Flat().Coefficient(c.Lane) {
		case 0:
		case 1:
			c.Depthwise = true
		default: // groups of one filter
			c.Group, c.Lane = c.Lane, None
		}
	}
	if c.Group != None && c.Depthwise {
		return false
	}
	return c.Init == nil || c.Init.V.Kind == Param && len(c.Init.At) == 1 && c.Init.At[0].equal(c.W.At[0])
}

// groups reports whether two loops are over groups and the filters of one, side by
// side in the result. Many groups have panels of their own or are parts of one: others
// have no loop over panels.
func (c *Convolution) groups(group, lane int) bool {
	if lane >= len(c.Loops) {
		return false
	}
	n := c.Loops[lane].Size
	return c.W.At[0].Coefficient(group) == n && c.Y.Flat().Coefficient(group) == n && (dividesPanels(n) || c.Loops[group].Size <= fewGroups)
}

// fewGroups are called one by one.
const fewGroups = 4

func dividesPanels(n int) bool { return n%channelBlock == 0 || channelBlock%n == 0 }

// CrossesPanels reports whether some groups begin in the middle of a panel and end in
// another.
func (c *Convolution) CrossesPanels() bool { return c.Group != None && !dividesPanels(c.Size(c.Lane)) }

// Outputs are the filters, or the channels of a window without any.
func (c *Convolution) Outputs() int { return c.Size(c.Group) * c.Size(c.Lane) }

// summed finds the loops of the term, in their order.
func (c *Convolution) summed() bool {
	for _, i := range c.used(c.W.At[1]) {
		switch c.W.At[1].Coefficient(i) {
		case 1:
			c.In = i
		case channelBlock:
			c.Block = i
		}
	}
	taps := c.W.At[2:]
	slots := []*int{&c.TapRow, &c.TapCol}[2-len(taps):]
	for d, a := range taps {
		if of := c.used(a); len(of) > 0 {
			*slots[d] = of[0]
		}
	}
	last := len(c.Loops) - 1
	for _, loop := range []int{c.Block, c.TapRow, c.TapCol, c.In} {
		if loop == None {
			continue
		}
		if loop <= last {
			return false
		}
		last = loop
	}
	all := 0
	for _, l := range c.Terms[0].Loops {
		if l.Size > 1 {
			all++
		}
	}
	for _, i := range []int{c.Block, c.TapRow, c.TapCol, c.In} {
		if i != None {
			all--
		}
	}
	for d, a := range c.W.At[1:] {
		if d == 0 && a.Offset != 0 || d > 0 && len(c.used(a)) > 1 {
			return false
		}
		if low, high := a.Range(c.All(&c.Terms[0])); d > 0 && (low < 0 || high >= c.W.V.Shape[1+d]) {
			return false
		}
	}
	return all == 0 && (!c.Depthwise || c.Block == None && c.In == None)
}

// places finds the loops over the rows and columns of the result: what a row of
// the window is read with, and a column; of the others, those that lie further
// apart are rows.
func (c *Convolution) places() bool {
	var free []int
	for i, l := range c.Loops {
		if i == c.Lane || i == c.Group || l.Size == 1 {
			continue
		}
		switch axis := c.axis(i); {
		case axis < 0:
			return false
		case c.TapCol != None && axis == c.axis(c.TapCol):
			c.Col = i
		case c.TapRow != None && axis == c.axis(c.TapRow):
			c.Row = i
		default:
			free = append(free, i)
		}
	}
	slices.SortFunc(free, func(i, j int) int { return c.Y.Flat().Coefficient(j) - c.Y.Flat().Coefficient(i) })
	for len(free) > 0 {
		last := free[len(free)-1]
		switch {
		case c.Col == None && (len(free) > 1 || c.TapCol == None):
			c.Col = last
		case c.Row == None:
			c.Row = last
		default:
			return false
		}
		free = free[:len(free)-1]
	}
	for d, a := range c.X.At {
		if len(c.used(a)) == 0 && (a.Offset < 0 || a.Offset >= c.X.Shape()[d]) {
			return false // there are no products
		}
		for _, i := range c.used(a) {
			if c.axis(i) != d {
				return false // in two axes
			}
		}
		if !c.fits(c.used(a)) {
			return false
		}
		if low, high := a.Range(c.All(&c.Terms[0])); c.W != nil && slices.Contains(c.used(a), c.In) && (low < 0 || a.Offset != 0 || high >= c.X.Shape()[d] && (c.Block == None || c.X.Shape()[d] != c.W.V.Shape[1]*c.Size(c.Group))) {
			return false
		}
	}
	return true
}

// axis is the one of X that a loop moves along.
func (c *Convolution) axis(loop int) int {
	return slices.IndexFunc(c.X.At, func(a Affine) bool { return a.Coefficient(loop) != 0 })
}

// fits reports whether the loops of an axis belong together.
func (c *Convolution) fits(loops []int) bool {
	for _, together := range [][]int{{c.Row, c.TapRow}, {c.Col, c.TapCol}, {c.Group, c.Block, c.In}, {c.Lane}} {
		if !slices.ContainsFunc(loops, func(i int) bool { return !slices.Contains(together, i) }) {
			return true
		}
	}
	return false
}

// Terms of a result are dealt to several chains in turn; Regular reports whether
// the chain of a term follows from its place in a row of the window.
func (c *Convolution) Regular(chains int) bool {
	return chains == 1 || c.Row == None || c.Size(c.TapRow) == 1 || c.Size(c.TapCol)*c.Size(c.In)%chains == 0
}

// Size is the number of steps of a loop, 1 if there is none.
func (c *Convolution) Size(loop int) int {
	if loop == None {
		return 1
	}
	return c.All(&c.Terms[0])[loop].Size
}

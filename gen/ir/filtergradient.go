package ir

import "slices"

// FilterGradientOf returns the gradient of filters over a batch as the
// convolution whose filters they are, of X to a value that lies as DY does:
//
//	DW[n][c][u][v] = Σ over the samples, i, j of DY[i][j][n]·X[place of (i, u)][place of (j, v)][c]
//
// or added to DW; nil of other operations. Channels are no blocks of it, for they are not summed
// over.
func FilterGradientOf(op Op) *Convolution {
	g, ok := op.(*Contract)
	if !ok || !g.OverBatch() || g.Init != nil && !g.Adds() || len(g.Terms) != 1 || g.Terms[0].B == nil || len(g.Terms[0].Where) > 0 || !g.Whole() {
		return nil
	}
	w, t := &g.Y, &g.Terms[0]
	if w.V.Param == nil || w.V.Kind == State || w.V.Param.Order == RowMajor || w.V.Param.Mask != nil || len(w.Shape()) < 3 || len(w.Shape()) > 4 {
		return nil
	}
	for _, pair := range [][2]*Operand{{&t.A, t.B}, {t.B, &t.A}} {
		f := g.forward(pair[0], pair[1])
		if f == nil {
			continue
		}
		if c := convolutionOf(f, func(v *Value) bool { return v == w.V }); c != nil {
			return c
		}
	}
	return nil
}

// forward is the convolution of x to a result in the place of dy: the loops over
// filters and places are those of its result, the others those of its term; nil
// where dy depends on these.
func (c *Contract) forward(dy, x *Operand) *Contract {
	all := c.All(&c.Terms[0])
	var result, summed []int
	for i := range all {
		if i >= len(c.Loops) || c.Y.At[0].Coefficient(i) != 0 {
			result = append(result, i)
		}
	}
	for _, at := range append(slices.Clone(c.Y.At[2:]), c.Y.At[1]) { // the window, then channels
		for i := range c.Loops {
			if at.Coefficient(i) != 0 && !slices.Contains(result, i) && !slices.Contains(summed, i) {
				summed = append(summed, i)
			}
		}
	}
	order := append(slices.Clone(result), summed...)
	over := func(o *Operand) *Operand {
		n := o.over(func(a Affine) Affine {
			b := Affine{Offset: a.Offset, By: make([]int, len(order))}
			for to, from := range order {
				b.By[to] = a.Coefficient(from)
			}
			for n := len(b.By); n > 0 && b.By[n-1] == 0; n-- {
				b.By = b.By[:n-1]
			}
			return b
		})
		return &n
	}
	y := over(dy)
	if slices.ContainsFunc(y.At, func(a Affine) bool { return len(a.By) > len(result) }) {
		return nil
	}
	pick := func(list []int) []Loop {
		loops := make([]Loop, len(list))
		for i, from := range list {
			loops[i] = all[from]
		}
		return loops
	}
	return &Contract{
		Layer: c.Layer, Loops: pick(result), Y: *y,
		Terms: []Term{{Loops: pick(summed), A: *over(x), B: over(&c.Y)}},
	}
}

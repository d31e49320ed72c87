package ir

// BiasGradientOf returns the gradient of the biases of a convolution over a batch,
//
//	DB[n] = Σ over the samples, i, j of DY[i][j][n]
//
// or added to DB, as the sum of a window that is all of DY, for one sample; nil of other
// operations.
func BiasGradientOf(op Op) *Convolution {
	g, ok := op.(*Contract)
	if !ok || Form(op) != any(op) || !g.OverBatch() || g.Init != nil && !g.Adds() || len(g.Terms) != 1 || g.Terms[0].B != nil || !g.Whole() {
		return nil
	}
	t := &g.Terms[0]
	if len(t.Where) > 0 || len(t.A.Outside(g.All(t))) > 0 { // of a part of the biases
		return nil
	}
	b := g.Y.V
	if b.Kind != Gradient || b.Param.Order == RowMajor || len(b.Shape) != 1 {
		return nil
	}
	sample := &Value{Name: b.Name, DType: b.DType, Shape: b.Shape, Batch: true}
	c := ConvolutionOf(&Contract{Layer: g.Layer, Loops: g.Loops, Y: Operand{V: sample, Dims: g.Y.Dims, At: g.Y.At}, Terms: g.Terms})
	if c == nil || c.Max || c.Row != None || c.Col != None {
		return nil
	}
	return c
}

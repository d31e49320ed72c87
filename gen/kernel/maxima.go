package kernel

// MaxGradient describes the gradient of maxima of windows: for every position of every
// row, in their order, DX += Y where the greatest of a window of X lies, the first of equals
// and the last of NaNs. DX lies as X does.
type MaxGradient struct {
	// Of describes the maxima, of rows that have the same rows of the window; Y, the gradient
	// that is read, lies as these do.
	Of *Kernel
	// Adds: windows have elements in common, so that DX is added to, from 0 on. Otherwise all
	// elements of a window are stored.
	Adds bool
}

// Key describes the kernel.
func (g *MaxGradient) Key() string {
	if g.Adds {
		return "gradient, added, of " + g.Of.Key()
	}
	return "gradient of " + g.Of.Key()
}

// Reads counts for every element of the source of a pooling how many windows read it, by
// its place in units of the distance of neighbours.
func (k *Kernel) Reads(size int) []int {
	s := &k.Segments[0]
	counts := make([]int, size)
	for _, row := range k.Rows {
		at := row.Offset
		for _, r := range k.Runs {
			for range r.Positions {
				for _, tap := range s.Taps {
					if tap.Row >= row.TapRow && tap.Row < row.TapRow+row.TapRows && (r.Cols == nil || r.Cols[tap.Col]) {
						counts[(at+tap.Offset)/k.Outputs]++
					}
				}
				at += s.PosStride
			}
		}
	}
	return counts
}

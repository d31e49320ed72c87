package kernel

import "fmt"

// FilterGradient describes what rows of a result add to the gradient of filters
// in one row of the window: for every output n, filter column and channel c,
//
//	G[column·Channels + c][n] += Σ over the rows and positions of X[place][c]·DY[position][n]
//
// in their order. G lies as filters do, in panels of 16; how many rows, it is told
// by an argument. With Lanes, each output has its own channel.
type FilterGradient struct {
	Elem    string
	Fused   bool
	Outputs int // of the panel
	// Source says how X lies, and its taps are those of the row of the window.
	Source Segment
	Runs   []Run
	DY     Out
	// Group: outputs of other groups lie beside these, which are left alone.
	Group bool
	// Together is how many pairs of column and channel are summed at a time.
	Together int
}

// Key describes the kernel.
func (g *FilterGradient) Key() string { return fmt.Sprintf("filters %+v", *g) }

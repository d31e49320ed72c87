// Package kernel describes the loops that compute a layer as data: which
// sums, over which segments and taps, from which displacements, in how many
// chains, with what done to a sum before it is stored. A dense layer is one
// segment with one tap, one row, one run; its input gradient is the same with
// the weights read the other way; convolutions and int8 tiles are further
// descriptions, not further concepts.
//
// Emitters print a description for their machine. Interpret runs it in plain
// loops, which defines what it means; the oracle in gen/interp knows nothing
// of it.
package kernel

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Kernel computes Outputs sums at every position of every row. Positions are
// the columns of an output row; a dense layer has one row of one position.
type Kernel struct {
	Elem     Elements
	Fused    bool   // assembly rounds product and sum once
	Panels   Panels // where the weights lie
	Ahead    int    // inputs whose weights are fetched ahead; 0 where they are in a near cache
	Outputs  int    // sums per position; the lanes of the panels hold them
	Chains   int    // interleaved accumulator chains of each sum
	Init     Init
	Segments []Segment // added one after the other
	Rows     []Row     // one per output row
	Runs     []Run     // the positions of a row, by the taps they have
	Out      Out
	Epilogue []Epilogue
	Batch    Batch
	Tile     Tile
	// Partial: the last vector of an open kernel is not full; an argument says
	// which lanes it has.
	Partial bool
	// Winograd: the sums are made by a transform.
	Winograd Winograd
	// Rolled: the number of terms is an argument of the kernel for rows, as
	// distances are.
	Rolled bool
	// Scaled sums start from zero and are multiplied by Memory.Scale of their
	// output, before the bias is added, by one multiply-add: weights in units of
	// a scale.
	Scaled bool
	// Max: the greatest term instead of the sum, the first of equals; a NaN is
	// greater than everything else.
	Max bool
}

// Elements are the types of the operands and of the accumulators.
type Elements struct {
	X, W, Acc string // float32, float64, float16, int8, uint8, int32
}

// Init is what a sum starts from.
type Init string

// The initial values.
const (
	Zero   Init = "zero"
	Bias   Init = "bias"   // Memory.Bias of the output
	Lowest Init = "lowest" // −∞
)

// Segment is a part of the sum: all taps and channels of one source.
type Segment struct {
	Source string // operand read
	Weight string // operand with the weights; "" is one
	// Swapped: the layout's output is the channel summed over, as in the
	// gradient of the input.
	Swapped bool
	// Lanes: output n reads channel n alone, which lies n behind the first.
	Lanes bool
	// GroupOutputs outputs after the other read the same channels, the next ones
	// those that lie GroupStride behind; 0 is all outputs.
	GroupOutputs  int
	GroupStride   int
	Taps          []Tap
	Blocks        int // channel blocks
	PerBlock      int // channels of a block, as many as there are in the last
	Channels      int // in all
	PosStride     int // displacements in the source, in elements
	RowStride     int // of the rows that have the same taps
	ChannelStride int
	BlockStride   int
}

// Tap is one displacement in the source and the weight it is multiplied with.
type Tap struct {
	Row, Col int // of the filter, for the rows and runs that lack it
	Offset   int
	Weight   int // the layout's tap
}

// Row is one output row: where it starts in the source, and which filter rows
// fall inside.
type Row struct {
	Offset          int
	TapRow, TapRows int
}

// Run is a number of neighbouring positions that have the same filter
// columns.
type Run struct {
	Positions int
	Cols      []bool // by filter column; nil is all
}

// Out is where results are stored: element
// Base + row·RowStride + position·PosStride + (n/Panel)·PanelStride + n%Panel.
type Out struct {
	Base, RowStride, PosStride, PanelStride, Panel int
}

// Epilogue is a scalar program applied to a sum: Prog assigns Result from its
// operands. The last one's result is stored.
type Epilogue struct {
	Name     string
	Prog     expr.Program
	Operands []Operand
	Result   string
}

// Operand gives a leaf of an epilogue its value: the sum, the result of the
// epilogue of that name, or else Memory.Extra, which lies as the results do.
type Operand struct {
	Leaf, From string
}

// Sum is the name of the sum as an operand.
const Sum = "sum"

// Batch repeats the kernel with displaced operands.
type Batch struct {
	Count, X, Y int
}

// Tile is the machine schedule: how many sums are in registers at once. It
// does not change what is computed.
type Tile struct {
	Positions int
	Outputs   int // of a panel
	Chains    int
	Terms     int // products of a sum in one turn of the loop
	// Part, if not 0, is how many tiles of a row come, for all rows, before the next.
	Part int
	// Rows are the numbers of rows of a batch that tiles have, the largest first; the last
	// arguments of the kernel count the tiles of each.
	Rows []int
}

// Terms returns the number of products in a sum that misses no tap.
func (k *Kernel) Terms() int {
	n := 0
	for _, s := range k.Segments {
		n += len(s.Taps) * s.Channels
	}
	return n
}

// Dense describes y = W·x + b.
func Dense(elem string, outputs, inputs, chains int, bias bool, epilogue ...Epilogue) *Kernel {
	k := matrix(elem, outputs, inputs, chains, bias, epilogue)
	k.Tile = Tile{Positions: 1, Outputs: outputsAtOnce(chains), Chains: chainsAtOnce(chains), Terms: 4}
	return k
}

// Swapped describes y = W·x + b where the products of a sum lie side by side: the
// gradient of a layer's inputs, or a layer whose weights lie by inputs.
func Swapped(elem string, outputs, inputs, chains int, bias bool, epilogue ...Epilogue) *Kernel {
	k := matrix(elem, outputs, inputs, chains, bias, epilogue)
	k.Segments[0].Swapped = true
	k.Tile = Tile{Positions: 1, Outputs: 4, Chains: chains, Terms: 1}
	if chains > 1 {
		k.Tile.Outputs = 1
	}
	return k
}

func matrix(elem string, sums, terms, chains int, bias bool, epilogue []Epilogue) *Kernel {
	k := &Kernel{
		Elem: Elements{elem, elem, elem}, Outputs: sums, Chains: chains, Init: Zero, Epilogue: epilogue,
		Segments: []Segment{{
			Source: "x", Weight: "w", Taps: []Tap{{}}, Blocks: 1, PerBlock: terms, Channels: terms, ChannelStride: 1,
		}},
		Rows:  []Row{{TapRows: 1}},
		Runs:  []Run{{Positions: 1}},
		Out:   Out{PanelStride: 16, Panel: 16},
		Batch: Batch{Count: 1},
	}
	if bias {
		k.Init = Bias
	}
	return k
}

// Narrow reports whether the sums are a layer's own whose products lie side by side,
// not those of a gradient of inputs.
func (k *Kernel) Narrow() bool {
	return k.Segments[0].Swapped && (k.Init == Bias || k.Chains > panel/2)
}

// PanelTile is the tile of sums in one chain: six in registers. The sums over
// the batch, which make the gradients of weights, use it too.
var PanelTile = Tile{Positions: 1, Outputs: 6, Chains: 1, Terms: 1}

// FewTerms is the tile of the gradient of inputs of a narrow layer: divides a
// panel, and goes through the few terms one by one.
var FewTerms = Tile{Positions: 1, Outputs: 4, Chains: 1, Terms: 1}

// outputsAtOnce divides a panel of 16 outputs: portable code keeps six
// accumulators in registers, of one or of several chains.
func outputsAtOnce(chains int) int {
	if chains > 2 {
		return 1
	}
	return PanelTile.Outputs / chains
}

// chainsAtOnce is how many chains of a sum run in one loop.
func chainsAtOnce(chains int) int { return min(chains, 4) }

// Blocks divides the first n outputs of a panel as the tile says; the last
// block may be smaller.
func (t Tile) Blocks(n int) []int {
	var out []int
	for ; n > 0; n -= t.Outputs {
		out = append(out, min(t.Outputs, n))
	}
	return out
}

package kernel

// Winograd says that the sums of a convolution with a window of 3×3 are made by the
// transform F(2×2, 3×3): a tile of 4×4 elements of the source, and the filters, are
// transformed to 16 planes, in which sums over the channels alone, transformed back,
// are 2×2 results; or by F(4×4, 3×3), of 6×6 elements, 36 planes and 4×4 results. The
// bias is added after that.
type Winograd struct {
	// Size is the number of results of a tile along an axis.
	Size int
	// Block is how many rows of tiles are in memory at a time; 0: there are no tiles.
	Block int
	// The source: [Height][Width], of which the window of the first result begins at
	// (−Top, −Left).
	Top, Left, Height, Width int
}

// PlaneGap is the gap behind each plane, in elements: a line of the cache, so that
// planes do not compete for cache sets.
const PlaneGap = 16

// Planes is how many planes tiles of so many results along an axis have.
func Planes(size int) int { return (size + 2) * (size + 2) }

// Cols is the number of columns of the result.
func (k *Kernel) Cols() int {
	n := 0
	for _, r := range k.Runs {
		n += r.Positions
	}
	return n
}

// TileRows and TileCols are how many tiles the result has.
func (k *Kernel) TileRows() int { return (len(k.Rows) + k.Winograd.Size - 1) / k.Winograd.Size }
func (k *Kernel) TileCols() int { return (k.Cols() + k.Winograd.Size - 1) / k.Winograd.Size }

// Plane is the distance of the planes of some rows of tiles, of so many elements each.
func (k *Kernel) Plane(rows, elements int) int { return rows*k.TileCols()*elements + PlaneGap }

// Scratch is how many elements the transformed source and the products of a block
// take; the products begin at Products.
func (k *Kernel) Scratch() (size, products int) {
	planes := Planes(k.Winograd.Size)
	products = planes * k.Plane(k.Winograd.Block, k.Segments[0].Channels)
	return products + planes*k.Plane(k.Winograd.Block, k.Outputs), products
}

// Product is the sums over the channels in a plane of some rows of tiles.
func (k *Kernel) Product(rows int) *Kernel {
	c, tiles := k.Segments[0].Channels, rows*k.TileCols()
	return &Kernel{
		Elem: k.Elem, Fused: k.Fused, Outputs: k.Outputs, Chains: 1, Init: Zero,
		Segments: []Segment{{Source: "x", Weight: "w", Taps: []Tap{{}}, Blocks: 1, PerBlock: c, Channels: c, PosStride: c, ChannelStride: 1}},
		Rows:     []Row{{TapRows: 1}},
		Runs:     []Run{{Positions: tiles}},
		Out:      Out{PosStride: k.Outputs, PanelStride: k.Out.Panel, Panel: k.Out.Panel},
		Batch:    Batch{Count: 1},
	}
}

// Tiles is a transform of rows of tiles that have the same rows: of the source, or
// back to the result. Lanes are channels.
type Tiles struct {
	Elem     string
	Back     bool
	Size     int // results of a tile along an axis
	Channels int
	// Rows are the rows of a tile that exist, from First on; Runs are the tiles of a
	// row by the columns that exist.
	First, Rows int
	Runs        []Run
	// RowStride, ColStride are distances of the elements of a tile in the source or
	// in the result, in elements; Plane is that of the planes.
	RowStride, ColStride, Plane int
	Left                        int // columns before the first element
	Bias                        bool
	Epilogue                    []Epilogue // of results
}

// TileGroup is neighbouring rows of tiles with one transform: how many, where the
// first that exists of their rows begins.
type TileGroup struct {
	*Tiles
	Count, At int
}

// Transforms are the transforms of the source of rows of tiles from the first on, or
// back to results.
func (k *Kernel) Transforms(first, rows int, back bool) []TileGroup {
	w, s := &k.Winograd, &k.Segments[0]
	base := Tiles{Elem: k.Elem.Acc, Size: w.Size, Channels: s.Channels, RowStride: s.RowStride, ColStride: s.PosStride, Left: w.Left, Plane: k.Plane(rows, s.Channels)}
	size, before, height, width := w.Size+2, w.Top, w.Height, w.Width
	if back {
		base = Tiles{
			Elem: k.Elem.Acc, Back: true, Size: w.Size, Channels: k.Outputs, RowStride: k.Out.RowStride, ColStride: k.Out.PosStride,
			Plane: k.Plane(rows, k.Outputs), Bias: k.Init == Bias, Epilogue: k.Epilogue,
		}
		size, before, height, width = w.Size, 0, len(k.Rows), k.Cols()
	}
	for j := range k.TileCols() {
		base.Runs = AddPosition(base.Runs, exist(w.Size*j-base.Left, size, width))
	}
	var out []TileGroup
	for i := first; i < first+rows; i++ {
		t := base
		in := exist(w.Size*i-before, size, height)
		for u, ok := range in {
			switch {
			case !ok:
			case t.Rows == 0:
				t.First, t.Rows = u, 1
			default:
				t.Rows++
			}
		}
		if n := len(out) - 1; n >= 0 && out[n].First == t.First && out[n].Tiles.Rows == t.Rows {
			out[n].Count++
			continue
		}
		at := 0
		if t.Rows > 0 {
			at = w.Size*i - before + t.First
		}
		out = append(out, TileGroup{&t, 1, at})
	}
	return out
}

// exist are the elements of a tile from one on that are among so many.
func exist(first, size, n int) []bool {
	in := make([]bool, size)
	for i := range in {
		in[i] = first+i >= 0 && first+i < n
	}
	return in
}

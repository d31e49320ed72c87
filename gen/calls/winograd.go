package calls

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// Winograd is the calls of a convolution by tiles: block by block the transform of the
// source, the products plane by plane, the transform back.
type Winograd struct {
	Blocks  []TileBlocks
	Preempt bool
}

// TileBlocks is neighbouring blocks of rows of tiles that are alike: Count of Rows
// each, from row of tiles First on. Groups are those of the first.
type TileBlocks struct {
	First, Count, Rows int
	Size               int // results of a tile along an axis
	Source, Back       []kernel.TileGroup
	Parts              []ConvolutionPart // of the products of a plane
}

// WinogradOf schedules a convolution by tiles.
func WinogradOf(t *target.Target, k *kernel.Kernel) *Winograd {
	w := &Winograd{Preempt: Preempts(2 * k.Terms() * k.Outputs * len(k.Rows) * k.Cols())}
	for first := 0; first < k.TileRows(); first += k.Winograd.Block {
		rows := min(k.Winograd.Block, k.TileRows()-first)
		b := TileBlocks{First: first, Count: 1, Rows: rows, Size: k.Winograd.Size, Source: k.Transforms(first, rows, false), Back: k.Transforms(first, rows, true)}
		if n := len(w.Blocks); n > 0 && w.Blocks[n-1].goesOn(&b) {
			w.Blocks[n-1].Count++
			continue
		}
		b.Parts = ConvolutionOf(t, k.Product(rows)).Parts
		w.Blocks = append(w.Blocks, b)
	}
	return w
}

// goesOn reports whether a block is like those before it.
func (b *TileBlocks) goesOn(next *TileBlocks) bool {
	further := b.Size * (next.First - b.First)
	alike := func(x, y kernel.TileGroup) bool {
		return x.Count == y.Count && x.At+further == y.At && x.Key() == y.Key()
	}
	return b.Rows == next.Rows && slices.EqualFunc(b.Source, next.Source, alike) && slices.EqualFunc(b.Back, next.Back, alike)
}

func (w *Winograd) String() string {
	text := fmt.Sprintf("by tiles of %d×%[1]d:", w.Blocks[0].Size)
	for _, b := range w.Blocks {
		p := b.Parts[0]
		text += fmt.Sprintf(" %d blocks of %d rows of tiles, products of %d outputs in tiles of %d positions;", b.Count, b.Rows, p.Kernel.Outputs, p.Kernel.Tile.Positions)
	}
	return text[:len(text)-1]
}

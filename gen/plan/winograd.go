package plan

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
)

// blockBytes bounds what the transformed source and the products of a block of rows of
// tiles take: a part of a second-level cache.
const blockBytes = 160 << 10

// tile makes a convolution one by tiles, of which as many rows are in memory as a
// block has room for, in blocks as even as possible.
func tile(k *kernel.Kernel, t *ir.Tiled) {
	k.Winograd = kernel.Winograd{Size: t.Algo.Tile(), Block: 1, Top: t.Top, Left: t.Left, Height: t.Height, Width: t.Width}
	row := kernel.Planes(k.Winograd.Size) * k.TileCols() * (t.Channels + k.Outputs) * ElemSize(t.Y.V.DType)
	rows := k.TileRows()
	blocks := (rows + max(1, blockBytes/row) - 1) / max(1, blockBytes/row)
	k.Winograd.Block = (rows + blocks - 1) / blocks
}

// tiledFilters are the filters that are transformed, with the results of a tile along an
// axis.
func tiledFilters(p *ir.Program) map[*ir.Value]int {
	tiled := map[*ir.Value]int{}
	for _, f := range p.Funcs() {
		for _, op := range f.Ops {
			if c, ok := op.(*ir.Contract); ok && c.Algo.Tile() > 0 {
				tiled[c.Weight()] = c.Algo.Tile()
			}
		}
	}
	return tiled
}

// transforms reports whether an operation copies filters that are stored transformed.
func (p *Plan) transforms(op ir.Op) bool {
	c, ok := op.(*ir.Contract)
	if !ok || len(c.Terms) > 0 || c.Y.V.Param == nil || c.Y.V.Param.Transposed == nil {
		return false
	}
	return p.TensorOf(c.Y.V.Param).Tiled > 0 || c.Y.V.Shape[0] != c.Init.V.Shape[1]
}

// scratch is the memory that a step works with, nil if it needs none: in exact phases
// that of all steps.
func (p *Plan) scratch(ph *Phase, s *Step) *ir.Value {
	if s.Kernel == nil || s.Kernel.Winograd.Block == 0 {
		return nil
	}
	size, _ := s.Kernel.Scratch()
	if ph.exact && ph.Scratch != nil {
		ph.Scratch.Shape[0] = max(ph.Scratch.Shape[0], size)
		return ph.Scratch
	}
	p.scratches++
	v := &ir.Value{ID: len(p.Prog.Values) + p.scratches, Name: "tiles", DType: ir.DType(s.Kernel.Elem.Acc), Shape: []int{size}, Batch: true}
	if ph.exact {
		ph.Scratch = v
	}
	return v
}

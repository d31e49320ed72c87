package pass

import "github.com/nngen-go/nngen/gen/ir"

// Winograd chooses the convolutions that are computed by Winograd's transform
// F(2×2, 3×3), in fast mode: 16 products make 4 results of a channel, where a window of
// 3×3 takes 36; by F(4×4, 3×3), where a layer asks for it, 36 make 16. The choice depends
// on shapes and on what the layer asks for alone, and is one for all that reads some
// filters, so that inference has the bits of training.
var Winograd = Pass{"winograd", func(p *ir.Program) error {
	tiled := tiledFilters(p)
	for _, f := range p.Funcs() {
		for i, op := range f.Ops {
			c, ok := op.(*ir.Contract)
			if !ok || len(c.Terms) == 0 {
				continue
			}
			for _, x := range c.Ins() {
				if tiled[x].Tile() == 0 {
					continue
				}
				n := *c
				n.Algo, n.Chains = tiled[x], 1
				f.Ops[i] = &n
			}
		}
	}
	return nil
}}

// tiledFilters are the filters, and the copies of them for gradients of inputs, of
// which all readers are convolutions by the same tiles.
func tiledFilters(p *ir.Program) map[*ir.Value]ir.Algo {
	tiled := map[*ir.Value]ir.Algo{}
	if p.Mode != "fast" || p.DType != ir.Float32 {
		return tiled
	}
	for _, f := range p.Funcs() {
		for _, op := range f.Ops {
			c, ok := op.(*ir.Contract)
			if !ok || len(c.Terms) == 0 {
				continue
			}
			t := ir.TiledOf(c)
			algo := ir.Auto
			switch {
			case t != nil && c.Asked.Tile() > 0:
				algo = c.Asked
			case t != nil && c.Asked == ir.Auto && pays(t):
				algo = ir.Winograd2
			}
			for _, x := range c.Ins() {
				if x.Param == nil || len(x.Param.Shape) < 2 {
					continue
				}
				if before, seen := tiled[x]; seen && before != algo {
					algo = ir.Auto
				}
				tiled[x] = algo
			}
		}
	}
	return tiled
}

// pays reports whether the transform is faster: of tiles at the edge a part is
// computed in vain.
func pays(t *ir.Tiled) bool {
	tiles := (t.Rows + 1) / 2 * ((t.Cols + 1) / 2)
	direct := 9 * t.Rows * t.Cols
	return 3*16*tiles <= 2*direct
}

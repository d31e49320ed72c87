package pass

import "github.com/nngen-go/nngen/gen/ir"

// Winograd chooses the convolutions that are computed by Winograd's transform
// F(2×2, 3×3): 16 products make 4 results of a channel, where a window of 3×3 takes
// 36; by F(4×4, 3×3), where a layer asks for it, 36 make 16. Only packages that do not train have it, in fast mode: the transformed
// filters are made when weights are loaded, and a step would make them anew. The
// choice depends on shapes and on what the layer asks for alone.
var Winograd = Pass{"winograd", func(p *ir.Program) error {
	can := p.Mode == "fast" && p.DType == ir.Float32 && p.Gradients == nil
	for _, f := range p.Funcs() {
		for i, op := range f.Ops {
			c, ok := op.(*ir.Contract)
			if !ok {
				continue
			}
			n := *c
			n.Algo = ir.Auto
			if t := ir.TiledOf(c); can && t != nil {
				if n.Algo = c.Algo; n.Algo == ir.Auto && pays(t) {
					n.Algo = ir.Winograd2
				}
				if n.Algo.Tile() == 0 {
					n.Algo = ir.Auto
				} else {
					n.Chains = 1
				}
			}
			if n.Algo != c.Algo {
				f.Ops[i] = &n
			}
		}
	}
	return nil
}}

// pays reports whether the transform is faster: of tiles at the edge a part is
// computed in vain.
func pays(t *ir.Tiled) bool {
	tiles := (t.Rows + 1) / 2 * ((t.Cols + 1) / 2)
	direct := 9 * t.Rows * t.Cols
	return 3*16*tiles <= 2*direct
}

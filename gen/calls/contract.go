package calls

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// tileWidth is the number of results that portable loops sum side by side: so
// many additions are under way at a time, and what they share is read once.
const tileWidth = 4

// Tile is the loop of a contraction's result whose steps are summed side by side.
type Tile struct {
	Loop  int
	Width int // 0: one result after the other
}

// TileOf chooses the loop on which no bound depends, so that the results of a
// tile have the same terms, and on which fewest operands do; of these the
// longest. Every result keeps its terms in their order. A sum in several chains,
// or over connections, has one result after the other.
func TileOf(o *ir.Contract, chains int) Tile {
	best := Tile{}
	if chains > 1 || len(o.Terms) == 0 || slices.ContainsFunc(append(o.Ins(), o.Y.V), func(v *ir.Value) bool { return v.Param != nil && v.Param.Mask != nil }) {
		return best
	}
	worth := -1
	for i, l := range o.Loops {
		if l.Size == 1 || bounded(o, i) {
			continue
		}
		shared := 0
		for _, t := range o.Terms {
			for _, x := range t.Operands() {
				if x.Flat().Coefficient(i) == 0 {
					shared++
				}
			}
		}
		if w := shared<<32 + l.Size; w > worth {
			worth, best = w, Tile{Loop: i, Width: min(l.Size, tileWidth)}
		}
	}
	return best
}

// bounded reports whether an element's existence depends on a loop of the result.
func bounded(o *ir.Contract, loop int) bool {
	depends := func(a ir.Affine) bool { return a.Coefficient(loop) != 0 }
	ends := func(x *ir.Operand, loops []ir.Loop) bool {
		return slices.ContainsFunc(x.Outside(loops), func(d int) bool { return depends(x.At[d]) })
	}
	if ends(&o.Y, o.Loops) || o.Init != nil && ends(o.Init, o.Loops) {
		return true
	}
	for i := range o.Terms {
		t := &o.Terms[i]
		if slices.ContainsFunc(t.Where, depends) || slices.ContainsFunc(t.Operands(), func(x *ir.Operand) bool { return ends(x, o.All(t)) }) {
			return true
		}
	}
	return false
}

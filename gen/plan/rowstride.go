package plan

import "github.com/nngen-go/nngen/gen/ir"

// RowStride is the distance between the rows of a value in a batch, in elements. In a
// batch that goes layer by layer rows begin at vectors where that pays, and are one cache
// line longer where they would otherwise compete for few cache sets.
func (p *Plan) RowStride(size int, elem ir.DType) int {
	const few = 512 // bytes: an eighth of the sets
	if !p.Layerwise {
		return size
	}
	if p.aligned[size] {
		size = roundUp(size, vectorBytes/ElemSize(elem))
	}
	if bytes := size * ElemSize(elem); bytes%few == 0 {
		return size + alignment/ElemSize(elem)
	}
	return size
}

// Aligns reports whether rows of some size begin at vectors.
func (p *Plan) Aligns() bool { return p.Layerwise && len(p.aligned) > 0 }

const (
	vectorBytes     = 32
	firstCache      = 32 << 10
	firstCacheLines = 8 // of a set
	// crossing is the share of its multiply-adds' time that a gradient of weights waits
	// longer where its vectors cross lines that do not stay in the first cache; rowCycles
	// is what an element-wise operation takes longer for each row by itself.
	crossing, rowCycles = 0.22, 6
)

// alignRows finds the sizes of values whose rows begin at vectors: those that are lanes in
// gradients of weights, whose tiles would go through more cache lines than stay in the
// first cache. An estimate says whether that outweighs element-wise operations on rows
// with gaps.
func (p *Plan) alignRows() {
	p.aligned = map[int]bool{}
	if p.Prog.Gradients == nil {
		return
	}
	gain, operations := map[int]float64{}, map[int]int{} // cycles of a row; in all
	for _, op := range p.Prog.Gradients.Ops {
		switch o := op.(type) {
		case *ir.Map:
			operations[o.Out[0].Size()]++
		case *ir.Reduce:
			operations[o.In[0].Size()]++
		case *ir.Contract:
			if g, ok := ir.Form(o).(*ir.DenseGradWeight); ok {
				lanes, single := g.DY, g.X
				if g.DW.Param.Order == ir.ByInputs {
					lanes, single = single, lanes
				}
				n, size := lanes.Size(), ElemSize(lanes.DType)
				if lanes.Kind == ir.Temp && n*size%vectorBytes != 0 {
					gain[n] += crossing * p.lost(single.Size(), n, size) * float64(n*single.Size()*size) / alignment
				}
			}
		}
	}
	for n, cycles := range gain {
		if cycles > float64(rowCycles*operations[n]) {
			p.aligned[n] = true
		}
	}
}

// lost estimates the share of the cache lines of rows that do not stay in the first cache
// until a gradient of weights reads them again: those of a panel of the lanes and, of the
// other factor, of as many as take half of the cache. Where there is one more than a set
// has room for, the least recently used is always the next, and all are lost.
func (p *Plan) lost(inputs, lanes, size int) float64 {
	lines := func(n, of int) float64 { // a part of a row begins anywhere
		return min(float64((n-1)*size)/alignment+1, float64(of*size)/alignment)
	}
	part := max(min(inputs, firstCache/2/(p.Options.Batch*size)), 1)
	all := float64(p.Options.Batch*alignment) * (lines(part, inputs) + lines(min(lanes, alignment/size), lanes))
	return min(max(all/firstCache-1, 0)*firstCacheLines, 1)
}

package plan

import (
	"cmp"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Final is a part of the gradients that is final at once: elements Lo to Hi of the
// arena, those of parameter number Rank of those sorted by size.
type Final struct {
	Rank, Lo, Hi int
	Statistic    bool // of batch normalisation, not a gradient
}

// Finals are the parts of the gradients, in the order in which they are dealt out:
// the largest parameter first, which is on its way while the others are computed.
func (p *Plan) Finals() []Final {
	ranks := p.Ranks()
	computed := map[*ir.ParamInfo]bool{}
	for _, g := range p.Prog.Grads {
		computed[g.Param] = true
	}
	var list []Final
	at := map[*ir.ParamInfo]int{}
	for _, f := range p.Net.Fields {
		info := f.Tensor.Value.Param
		if !computed[info] {
			continue
		}
		size := ElemSize(f.Elem)
		lo, hi := f.Offset/size, (f.Offset+f.Size)/size
		if i, ok := at[info]; ok { // its last, narrow panel
			list[i].Hi = hi
			continue
		}
		at[info] = len(list)
		list = append(list, Final{Rank: ranks[info], Lo: lo, Hi: hi, Statistic: info.Momentum != 0})
	}
	slices.SortFunc(list, func(a, b Final) int { return cmp.Compare(a.Rank, b.Rank) })
	return list
}

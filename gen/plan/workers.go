package plan

import (
	"cmp"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Multiply-adds that take about 50 µs, below which a step is one worker's:
// handing out the work and waiting for it costs some µs, and tens of them
// where a worker has to be woken.
const (
	shareWithKernels = 2_000_000
	sharePortable    = 200_000
)

// ShareFrom is the number of samples from which a training step is shared
// among workers.
func (p *Plan) ShareFrom() int {
	least := sharePortable
	if len(p.Options.Targets) > 0 {
		least = shareWithKernels
	}
	perSample := 0
	for _, op := range p.Prog.Gradients.Ops {
		perSample += multiplyAdds(op)
	}
	return max(2, (least+perSample-1)/max(perSample, 1)) // one sample is never shared
}

// Shares reports whether a batch can be so large that workers share its step.
func (p *Plan) Shares() bool { return p.ShareFrom() <= p.Options.Batch }

// elements is the number of elements that a parameter, or its gradient, has.
func elements(v *ir.Value) int {
	if v.Param.Mask != nil {
		return v.Param.Mask.Count()
	}
	return v.Size()
}

// Ranks numbers the parameters by size, the largest 0: in this order they are
// dealt out where workers take whole ones.
func (p *Plan) Ranks() map[*ir.ParamInfo]int {
	params := slices.Clone(p.Prog.Params)
	slices.SortStableFunc(params, func(a, b *ir.Value) int { return cmp.Compare(elements(b), elements(a)) })
	ranks := map[*ir.ParamInfo]int{}
	for i, v := range params {
		ranks[v.Param] = i
	}
	return ranks
}

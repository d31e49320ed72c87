package calls

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

const (
	// leastChains is how many chains of a sum are worth a vector.
	leastChains = 4
	// rowsInCache is how many bytes the rows of a batch may have for one call to go
	// through all of them: more would have left the near caches when the next operation
	// reads them.
	rowsInCache = 128 << 10
)

// Through reports whether an element-wise operation, or the sum of its results, goes
// through the rows of a batch in one call: their values are as many for all operands, and
// nothing of the phase is kept of one sample alone, for the loop that makes and reads it
// would be two.
func Through(p *plan.Plan, ph *plan.Phase, y *ir.Value, ins []*ir.Value) bool {
	wide := y
	for _, x := range ins {
		if x.Batch && x.Size() > wide.Size() {
			wide = x
		}
	}
	for _, x := range ins {
		if !x.IsNumber() && (!x.Batch || x.Param != nil || x.Size() != wide.Size() || x.DType != y.DType) {
			return false
		}
	}
	return y.Batch && !ph.AnyLocal() && wide.Size()*plan.ElemSize(wide.DType)*p.Options.Batch <= rowsInCache
}

// SumOf is the kernel of the sum over the elements of a sample, as many of them side by
// side as it has chains; nil where no instruction set has it.
func SumOf(targets []*target.Target, o *ir.Reduce, chains int) *kernel.Map {
	T := "*" + string(o.Y.DType)
	k := &kernel.Map{
		Double: o.Y.DType == ir.Float64, Prog: kernel.Positional(o.Prog, o.InNames, "e"), Result: kernel.Result, YType: T, Chains: chains,
	}
	if o.Kind != ir.Sum || o.When != nil || chains < leastChains {
		return nil
	}
	size := 0
	for i, x := range o.In {
		in := kernel.MapOperand{Leaf: kernel.Leaf(i), Arg: kernel.Leaf(i), Type: T, Single: x.IsNumber()}
		if !in.Single && (!x.Batch || x.Param != nil || x.DType != o.Y.DType || size > 0 && x.Size() != size) {
			return nil
		}
		if !in.Single {
			size = x.Size()
		}
		k.Ins = append(k.Ins, in)
	}
	for _, t := range targets {
		if _, ok := t.Map(k); ok && size > 0 {
			return k
		}
	}
	return nil
}

package calls

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// leastChains is how many chains of a sum are worth a vector.
const leastChains = 4

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

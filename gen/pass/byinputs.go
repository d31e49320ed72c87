package pass

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
)

// ByInputs marks the weights of layers with so few outputs that vectors of them
// would be empty or wait for each other: the eight chains of their sums are lanes
// instead, which hold neighbouring inputs. Only fast mode has it, because the
// gradients of inputs change their chains, and only weights that nothing but dense
// layers multiplies.
var ByInputs = Pass{"by inputs", func(p *ir.Program) error {
	if p.Mode != "fast" || p.DType != ir.Float32 {
		return nil
	}
	multiplied := map[*ir.ParamInfo]bool{} // by something else
	for _, f := range p.Funcs() {
		for _, op := range f.Ops {
			if !dense(op) {
				for _, v := range append(op.Ins(), op.Outs()...) {
					multiplied[v.Param] = true
				}
			}
		}
	}
	for _, w := range p.Params {
		info := w.Param
		if len(info.Shape) == 2 && info.Order != ir.RowMajor && info.Mask == nil && w.StorageOf() == ir.Float32 && !multiplied[info] &&
			schedule.ByInputs(info.Shape[0], info.Shape[1]) {
			info.Order = ir.ByInputs
		}
	}
	return nil
}}

// dense reports whether an operation is one of a dense layer, or takes the elements
// of parameters one by one.
func dense(op ir.Op) bool {
	switch ir.Form(op).(type) {
	case *ir.Dense, *ir.DenseGradInput, *ir.DenseGradWeight, *ir.BatchSum, *ir.RankOne, *ir.Map, *ir.Reduce, *ir.Random:
		return true
	}
	return false
}

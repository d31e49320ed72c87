package calls

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// Splits reports whether the epilogue of a matrix operation follows its sums in a
// pass of its own: because it is long, because assembly cannot apply it in
// registers, or because training needs kernels of the sums alone, which then serve
// inference of batches too.
func Splits(targets []*target.Target, s *plan.Step) bool {
	k := s.Kernel
	if k == nil || len(k.Epilogue) == 0 {
		return false
	}
	return Long(k.Epilogue) || s.Vector && (s.Kept || !(plain(s) && Fuses(targets, k)))
}

// Inlines reports whether a layer takes a long epilogue along for one sample.
func Inlines(targets []*target.Target, s *plan.Step) bool {
	o, dense := ir.Form(s.Op).(*ir.Dense)
	return dense && s.Vector && plain(s) && Inline(s.Kernel.Epilogue, o.Y.Size()) && Fuses(targets, s.Kernel)
}

// plain reports whether an epilogue stores its last result alone and reads nothing
// but the sums and values like them.
func plain(s *plan.Step) bool {
	stored := s.Stored()
	last := s.Epilogue[len(s.Epilogue)-1].Out[0]
	if len(stored) != 1 || stored[0] != last {
		return false
	}
	own := slices.Clone(s.Op.Outs())
	for _, m := range s.Epilogue {
		for _, x := range m.In {
			if !slices.Contains(own, x) && (!x.Batch || x.Param != nil || x.Size() != last.Size()) {
				return false
			}
		}
		own = append(own, m.Out...)
	}
	return true
}

// Alike reports whether several steps of a phase reduce the elements of a sample in the
// same way, with as many chains: a function does for them.
func Alike(ph *plan.Phase, s *plan.Step, o *ir.Reduce) bool {
	like := 0
	for _, t := range ph.Steps {
		if r, ok := t.Op.(*ir.Reduce); ok && t.Chains == s.Chains && sameReduction(o, r) {
			like++
		}
	}
	return like > 1
}

func sameReduction(a, b *ir.Reduce) bool {
	if a.Kind != b.Kind || len(a.In) != len(b.In) || a.Prog.String() != b.Prog.String() {
		return false
	}
	for i, x := range a.In {
		y := b.In[i]
		if a.InNames[i] != b.InNames[i] || (x.Size() == 1) != (y.Size() == 1) || x.Param != nil || y.Param != nil || x.DType != y.DType || x.DType == ir.Uint8 {
			return false
		}
	}
	return true
}

// Targets are the instruction sets of a plan, the preferred first.
func Targets(p *plan.Plan) []*target.Target {
	var out []*target.Target
	for _, name := range p.Options.Targets {
		out = append(out, target.ByName(name))
	}
	return out
}

// TileRows is the number of rows of the smaller of the tiles that batches are best
// cut into, for the workers of a plan of training.
func TileRows(p *plan.Plan) int {
	targets, elem := Targets(p), string(p.Prog.Loss.DType)
	if len(targets) == 0 {
		return 1
	}
	rows := targets[0].TileRows(elem, targets[0].VectorOutputs(elem, 1), 1)
	return rows[min(1, len(rows)-1)]
}

package plan

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Sizes from which leaving out inputs that are zero is worth a list of the others, in
// inference and in a step, which does more with each: smaller layers gain too, but their
// kernels would make packages of many layers too large. A list of more inputs is large
// for a stack.
const (
	skipWeights     = 8192
	skipStepWeights = 4800
	skipInputs      = 4096
)

// skip marks the steps on one sample that may leave out the inputs that are
// zero. An activation like relu makes about half of them zero. A sum loses
// nothing but, perhaps, the sign of a zero and the NaN of an infinite weight;
// reproducible programs keep those.
func (p *Plan) skip() {
	if !p.AnyZero() || len(p.Options.Targets) == 0 {
		return
	}
	phases := []*Phase{p.Infer}
	if p.Train != nil && p.Train.One != nil {
		phases = append(phases, p.Train.One)
	}
	for _, ph := range phases {
		zeros := ph.zeros()
		for _, s := range ph.Steps {
			switch o := productOf(s.Op); {
			case o == nil || !s.Vector:
			case o.grad:
				s.Skip = s.Then != nil && worthSkipping(o.w, skipStepWeights) && zeros[s.Then.X] && zeroAtZero(s, o.y, s.Then.X)
			default:
				s.Skip = s.Chains == 1 && worthSkipping(o.w, skipWeights) && zeros[o.x]
			}
		}
	}
}

// AnyZero reports whether the sign of a zero may be that of another path.
func (p *Plan) AnyZero() bool { return p.Options.SkipZeros && p.Prog.Mode == "fast" }

func worthSkipping(w *ir.Value, least int) bool {
	return w.Param.Order != ir.ByInputs && w.Size() >= least && w.Shape[1] <= skipInputs
}

// zeros are the results of element-wise programs that give exactly zero for a
// range of operands.
func (ph *Phase) zeros() map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, s := range ph.Steps {
		maps := s.Epilogue
		if m, ok := s.Op.(*ir.Map); ok {
			maps = append(slices.Clone(maps), m)
		}
		for _, m := range maps {
			if len(m.Out) == 1 && m.Out[0].Batch && givesZero(m.Prog[len(m.Prog)-1].X) {
				out[m.Out[0]] = true
			}
		}
	}
	return out
}

// givesZero reports whether a value is a choice between zero and something
// else: relu and its family.
func givesZero(n *expr.Node) bool {
	zero := func(n *expr.Node) bool { return n.Op == expr.OpConst && n.Value == 0 }
	return n.Op == expr.OpSelect && slices.ContainsFunc(n.Args[1:], func(a *expr.Node) bool { return zero(a) || givesZero(a) })
}

// zeroAtZero reports whether the epilogue of a gradient is zero where x is,
// whatever the sum.
func zeroAtZero(s *Step, dx, x *ir.Value) bool {
	if len(s.Epilogue) != 1 || !slices.Contains(s.Epilogue[0].In, x) {
		return false
	}
	m := s.Epilogue[0]
	f, err := expr.Compile(m.Prog, expr.Float64, m.InNames...)
	if err != nil {
		return false
	}
	for _, sum := range []float64{-3.25, 0.5, 7} {
		env := make([]float64, len(f.Vars))
		for i, v := range m.In {
			switch v {
			case dx:
				env[i] = sum
			case x:
			default:
				return false
			}
		}
		f.Run(env)
		if env[f.Index(m.OutNames[0])] != 0 {
			return false
		}
	}
	return true
}

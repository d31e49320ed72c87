package plan

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
)

// describe returns the kernel of a matrix operation over all connections, nil
// for other operations.
func (p *Plan) describe(s *Step) *kernel.Kernel {
	if c := convolution(s.Op); c != nil {
		k := describeConvolution(c, s.Chains, epilogues(s, s.Op.Outs()[0]))
		k.Fused = p.Prog.Mode == "fast" && c.W != nil
		switch {
		case c.Algo.Tile() > 0:
			tile(k, ir.TiledOf(s.Op))
		case c.W != nil:
			k.Panels = p.TensorOf(c.W.V.Param).Layout.KernelPanels()
		}
		return k
	}
	if g := ir.FilterGradientOf(s.Op); g != nil {
		k := describeConvolution(g, 1, nil)
		k.Fused = p.Prog.Mode == "fast"
		return k
	}
	if g := ir.PoolGradientOf(s.Op); g != nil {
		return describeConvolution(g, 1, nil)
	}
	if b := ir.BiasGradientOf(s.Op); b != nil {
		k := describeConvolution(b, 1, nil)
		k.Init = kernel.Bias // the sum of the samples before
		return k
	}
	k := describe(s)
	if k == nil {
		return nil
	}
	t := p.TensorOf(productOf(s.Op).w.Param)
	l := &t.Layout
	k.Elem.W, k.Scaled = string(l.Elem), t.Scaled()
	k.Panels = l.KernelPanels()
	k.Fused = p.Prog.Mode == "fast"
	k.Ahead = p.Ahead()
	return k
}

// nearCache is the size of a second-level cache, less what else is in it.
const nearCache = 768 << 10

// Ahead is how many inputs ahead the weights are fetched that are read once
// per sample: none where a core's own cache holds all of them.
func (p *Plan) Ahead() int {
	if p.NetBytes() < nearCache {
		return 0
	}
	return 8
}

func describe(s *Step) *kernel.Kernel {
	p := productOf(s.Op)
	switch {
	case p == nil || !p.connected():
		return nil
	case p.grad != (p.w.Param.Order == ir.ByInputs):
		return kernel.Swapped(string(p.y.DType), p.y.Size(), p.x.Size(), s.Chains, p.bias, epilogues(s, p.y)...)
	}
	k := kernel.Dense(string(p.y.DType), p.y.Size(), p.x.Size(), s.Chains, p.bias, epilogues(s, p.y)...)
	if p.grad {
		k.Tile = kernel.FewTerms
	}
	return k
}

// epilogues describes the element-wise operations on the sums of y.
func epilogues(s *Step, y *ir.Value) []kernel.Epilogue {
	var out []kernel.Epilogue
	for _, m := range s.Epilogue {
		e := kernel.Epilogue{Name: m.Out[0].String(), Prog: m.Prog, Result: m.OutNames[0]}
		for i, x := range m.In {
			from := x.String()
			if x == y {
				from = kernel.Sum
			}
			e.Operands = append(e.Operands, kernel.Operand{Leaf: m.InNames[i], From: from})
		}
		out = append(out, e)
	}
	return out
}

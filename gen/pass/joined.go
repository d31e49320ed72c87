package pass

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// mostOperands is how many arrays an operation that was joined may read: pointers
// and vectors of all of them are in registers.
const mostOperands = 4

// Joined makes element-wise operations of an inference, of which one is the only
// reader of the other, one operation: the gates of a cell, and what comes of them.
// What reads sums stays apart, as kernels of sums finish with it. The arithmetic is
// the same; calls, stores and loads are fewer.
var Joined = Pass{"joined", func(p *ir.Program) error {
	j := &joiner{f: p.Infer, readers: map[*ir.Value]int{}, sums: map[*ir.Value]bool{}, made: map[*ir.Value]*ir.Map{}}
	j.run()
	return nil
}}

type joiner struct {
	f       *ir.Func
	readers map[*ir.Value]int
	sums    map[*ir.Value]bool // sums of products, and what is computed from them
	made    map[*ir.Value]*ir.Map
}

func (j *joiner) run() {
	for _, op := range j.f.Ops {
		for _, x := range op.Ins() {
			j.readers[x]++
		}
	}
	for _, r := range j.f.Results {
		j.readers[r]++
	}
	gone := map[ir.Op]bool{}
	for i, op := range j.f.Ops {
		m, ok := op.(*ir.Map)
		if !ok {
			if _, sum := op.(*ir.Contract); sum {
				j.sums[op.Outs()[0]] = true
			}
			continue
		}
		for _, x := range m.In {
			if inner := j.made[x]; inner != nil && j.joins(m, inner) {
				if n := joined(m, inner); n != nil {
					m, gone[inner] = n, true
				}
			}
		}
		j.f.Ops[i] = m
		j.sums[m.Out[0]] = slices.ContainsFunc(m.In, func(x *ir.Value) bool { return j.sums[x] })
		if len(m.Out) == 1 && simple(m) && !j.sums[m.Out[0]] {
			j.made[m.Out[0]] = m
		}
	}
	j.f.Ops = slices.DeleteFunc(j.f.Ops, func(op ir.Op) bool { return gone[op] })
}

// joins reports whether the operation whose result m reads can be part of m.
func (j *joiner) joins(m, inner *ir.Map) bool {
	x, y := inner.Out[0], m.Out[0]
	return len(m.Out) == 1 && simple(m) && isPlain(x) && j.readers[x] == 1 && x.Size() == y.Size() && x.Batch == y.Batch && x.DType == y.DType &&
		len(distinct(append(slices.Clone(m.In), inner.In...)))-1 <= mostOperands
}

func distinct(vs []*ir.Value) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, v := range vs {
		out[v] = true
	}
	return out
}

// simple reports whether every instruction set has the functions of an operation in
// vectors, with registers to spare.
func simple(m *ir.Map) bool {
	ops := []expr.Op{expr.OpPow, expr.OpErf, expr.OpSin, expr.OpCos, expr.OpLog, expr.OpLog1p, expr.OpExpm1, expr.OpFloor}
	var all func(n *expr.Node) bool
	all = func(n *expr.Node) bool {
		return !slices.Contains(ops, n.Op) && !slices.ContainsFunc(n.Args, func(a *expr.Node) bool { return !all(a) })
	}
	return !slices.ContainsFunc(m.Prog, func(a expr.Assign) bool { return !all(a.X) })
}

package plan

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
)

// fuse moves element-wise operations into the epilogue of the dense operation
// whose result they read, where everything else they read exists already.
// The arithmetic is the same; the result is not stored and read again.
func (p *Plan) fuse(ops []ir.Op, keep map[*ir.Value]bool) []*Step {
	readers := map[*ir.Value][]int{}
	for i, op := range ops {
		for _, x := range op.Ins() {
			readers[x] = append(readers[x], i)
		}
	}
	var steps []*Step
	fused := map[ir.Op]bool{}
	defined := map[*ir.Value]bool{}
	for _, op := range ops { // what another stage computed of the sample is there
		for _, x := range op.Ins() {
			defined[x] = x.Batch
		}
	}
	for _, op := range ops {
		for _, y := range op.Outs() {
			delete(defined, y)
		}
	}
	for _, op := range ops {
		if fused[op] {
			continue
		}
		s := &Step{Op: op, Keep: true}
		define(op, defined)
		if y := p.sumOf(op); y != nil {
			s.Epilogue = epilogue(ops, readers, y, defined)
			s.hidden = map[*ir.Value]bool{}
			for _, v := range append([]*ir.Value{y}, results(s.Epilogue)...) {
				inside := 0
				for _, m := range s.Epilogue {
					fused[m] = true
					inside += count(m.In, v)
				}
				s.hidden[v] = !keep[v] && len(readers[v]) == inside
			}
			s.Keep = !s.hidden[y]
		}
		steps = append(steps, s)
	}
	return steps
}

// keptSums marks the steps whose layer keeps its sums in training.
func (p *Plan) keptSums() {
	kept := map[*ir.Value]*Step{}
	mark := func(ph *Phase, see func(s *Step, w *ir.Value)) {
		for _, s := range ph.Steps {
			if o, ok := ir.Form(s.Op).(*ir.Dense); ok && len(s.Epilogue) > 0 {
				see(s, o.W)
			}
		}
	}
	for _, ph := range p.Train.Gradients.Phases(Samples) {
		mark(ph, func(s *Step, w *ir.Value) {
			if s.Keep {
				kept[w] = s
			}
		})
	}
	for _, ph := range append(p.Train.Evaluate.Phases(Samples), p.Infer, p.InferBatch) {
		if ph == nil {
			continue
		}
		mark(ph, func(s *Step, w *ir.Value) { s.Kept = kept[w] != nil && len(kept[w].Epilogue) == len(s.Epilogue) })
	}
}

// sumOf is the result of an operation that kernels finish, of a product or a
// convolution that computes all of it; nil of others.
func (p *Plan) sumOf(op ir.Op) *ir.Value {
	if p := productOf(op); p != nil {
		return p.y
	}
	if c := convolution(op); c != nil && c.Whole() {
		return c.Y.V
	}
	return nil
}

func results(maps []*ir.Map) []*ir.Value {
	var vs []*ir.Value
	for _, m := range maps {
		vs = append(vs, m.Out...)
	}
	return vs
}

// epilogue returns the maps that can be computed on y in registers, of the readers
// of what is there in their order.
func epilogue(ops []ir.Op, readers map[*ir.Value][]int, y *ir.Value, defined map[*ir.Value]bool) []*ir.Map {
	var maps []*ir.Map
	inRegisters := map[*ir.Value]bool{y: true}
	next := slices.Clone(readers[y])
	for len(next) > 0 {
		i := slices.Min(next)
		next = slices.DeleteFunc(next, func(j int) bool { return j == i })
		m, ok := ops[i].(*ir.Map)
		if !ok || len(m.Out) != 1 || !m.Out[0].Batch || m.Out[0].Size() != y.Size() {
			continue
		}
		ready := true
		for _, x := range m.In {
			// Kernels over rows take no parameters beside weight and bias, and no constants.
			ready = ready && x.Kind != ir.Param && x.Kind != ir.Constant && (inRegisters[x] || defined[x] || x.Kind != ir.Temp) && (x.Size() == 1 || x.Size() == y.Size())
		}
		if ready {
			maps = append(maps, m)
			inRegisters[m.Out[0]] = true
			defined[m.Out[0]] = true
			next = append(next, readers[m.Out[0]]...)
		}
	}
	return maps
}

func define(op ir.Op, defined map[*ir.Value]bool) {
	for _, y := range op.Outs() {
		defined[y] = true
	}
}

func count(vs []*ir.Value, v *ir.Value) int {
	n := 0
	for _, x := range vs {
		if x == v {
			n++
		}
	}
	return n
}

// chains returns the number of accumulator chains of an operation's sums.
func (p *Plan) chains(op ir.Op) int {
	if d := productOf(op); d != nil && d.connected() && !d.grad {
		if d.w.Param.Order == ir.ByInputs {
			return schedule.OfNarrow(d.y.Size(), d.x.Size())
		}
		return schedule.OfDense(d.y.Size(), d.x.Size(), p.Prog.Mode == "fast")
	}
	return chains(op)
}

// chains is the same for what is no dense layer.
func chains(op ir.Op) int {
	p := productOf(op)
	switch o := op.(type) {
	case *ir.Contract:
		switch {
		case o.OverBatch() || p != nil && !p.connected():
			return 1
		case p != nil && p.grad && p.w.Param.Order == ir.ByInputs:
			return 1
		case p != nil && p.grad:
			return schedule.GradInputChains
		case o.Chains > 0:
			return o.Chains
		}
		return schedule.Chains(o.Results(), o.Length())
	case *ir.ReduceAxis:
		if o.Kind == ir.Sum {
			return schedule.Chains(o.Inner, o.Length)
		}
	case *ir.Reduce:
		if w := widest(o.In); o.Kind == ir.Sum && w.Param == nil {
			return schedule.Chains(1, w.Size())
		}
	}
	return 1
}

func widest(vs []*ir.Value) *ir.Value {
	w := vs[0]
	for _, v := range vs {
		if v.Size() > w.Size() {
			w = v
		}
	}
	return w
}

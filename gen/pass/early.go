package pass

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Early puts what an element-wise operation of an inference reads beside a convolution
// before that, so that the kernel of the convolution finishes with the operation: a
// shortcut that is padded, pooled or resized before it is added. Products stay where
// they are.
var Early = Pass{"early", func(p *ir.Program) error {
	for i := 0; i < len(p.Infer.Ops); i++ {
		if c := ir.ConvolutionOf(p.Infer.Ops[i]); c != nil && c.W != nil {
			i += early(p.Infer.Ops, i)
		}
	}
	return nil
}}

// early moves what belongs before a convolution, and returns how many operations did.
func early(ops []ir.Op, convolution int) int {
	made := map[*ir.Value][]int{} // by which operations behind the convolution, several of parts
	finished := map[*ir.Value]bool{ops[convolution].Outs()[0]: true}
	moved := 0
	for i := convolution + 1; i < len(ops); i++ {
		for _, y := range ops[i].Outs() {
			made[y] = append(made[y], i)
		}
		m, ok := ops[i].(*ir.Map)
		if !ok || len(m.Out) != 1 || !slices.ContainsFunc(m.In, func(x *ir.Value) bool { return finished[x] }) {
			continue
		}
		others, ok := behind(ops, m, made, finished)
		if !ok {
			continue
		}
		finished[m.Out[0]] = true
		for _, from := range others {
			op := ops[from]
			copy(ops[convolution+1:from+1], ops[convolution:from])
			ops[convolution] = op
			for y, at := range made {
				made[y] = slices.DeleteFunc(at, func(i int) bool { return i == from })
				for j, i := range made[y] {
					if i < from {
						made[y][j]++
					}
				}
			}
			convolution++
			moved++
		}
	}
	return moved
}

// behind are the operations behind a convolution that make what m reads beside it, in
// their order; it reports false where one is a product or needs the convolution.
func behind(ops []ir.Op, m *ir.Map, made map[*ir.Value][]int, finished map[*ir.Value]bool) ([]int, bool) {
	var others []int
	next := slices.DeleteFunc(slices.Clone(m.In), func(x *ir.Value) bool { return finished[x] })
	for len(next) > 0 {
		x := next[0]
		next = next[1:]
		if finished[x] {
			return nil, false
		}
		for _, i := range made[x] {
			if slices.Contains(others, i) {
				continue
			}
			if isProduct(ops[i]) || len(ops[i].Outs()) != 1 {
				return nil, false
			}
			others = append(others, i)
			next = append(next, ops[i].Ins()...)
		}
	}
	slices.Sort(others)
	return others, true
}

func isProduct(op ir.Op) bool {
	c, ok := op.(*ir.Contract)
	return ok && slices.ContainsFunc(c.Terms, func(t ir.Term) bool { return t.B != nil })
}

package kernel

import (
	"fmt"
	"math"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Memory holds a kernel's operands as numbers; integers are exact.
type Memory struct {
	X map[string][]float64
	W map[string][]float64
	// Index says where the weight of (output, input, tap) lies: the plan's
	// layout.
	Index func(out, in, tap int) int
	Bias  []float64
	Scale []float64            // of the outputs, if sums are scaled
	Extra map[string][]float64 // further operands of the epilogue, laid out like Y
	Y     []float64
}

// Interpret runs a kernel in an arithmetic.
func Interpret(k *Kernel, m *Memory, a expr.Arith) error {
	for image := range k.Batch.Count {
		for r, row := range k.Rows {
			position := 0
			for _, run := range k.Runs {
				for range run.Positions {
					at := place{image, r, position}
					if err := k.position(m, a, at, row, run); err != nil {
						return err
					}
					position++
				}
			}
		}
	}
	return nil
}

type place struct {
	image, row, position int
}

// position computes all outputs of one position.
func (k *Kernel) position(m *Memory, a expr.Arith, at place, row Row, run Run) error {
	for n := range k.Outputs {
		sum, err := k.sum(m, a, at, row, run, n)
		if err != nil {
			return err
		}
		y := k.Batch.Y*at.image + k.Out.Base + at.row*k.Out.RowStride + at.position*k.Out.PosStride +
			n/k.Out.Panel*k.Out.PanelStride + n%k.Out.Panel
		if y >= len(m.Y) {
			return fmt.Errorf("kernel: output %d of position %v lies outside", n, at)
		}
		if m.Y[y], err = k.finish(m, a, sum, y); err != nil {
			return err
		}
	}
	return nil
}

// finish applies the epilogue to the sum that is stored at y.
func (k *Kernel) finish(m *Memory, a expr.Arith, sum float64, y int) (float64, error) {
	results := map[string]float64{Sum: sum}
	for _, e := range k.Epilogue {
		leaves := map[string]float64{}
		for _, o := range e.Operands {
			v, ok := results[o.From]
			if !ok {
				v = m.Extra[o.From][y]
			}
			leaves[o.Leaf] = v
		}
		v, err := expr.Eval(e.Prog, a, e.Result, leaves)
		if err != nil {
			return 0, err
		}
		results[e.Name], sum = v, v
	}
	return sum, nil
}

// combine adds a term without a weight to a sum, or to a maximum.
func (k *Kernel) combine(a expr.Arith, acc, x float64) float64 {
	switch {
	case !k.Max:
		return a.Apply(expr.OpAdd, acc, x)
	case x > acc || math.IsNaN(x):
		return x
	}
	return acc
}

// sum adds the terms of one output, dealt to the chains in turn.
func (k *Kernel) sum(m *Memory, a expr.Arith, at place, row Row, run Run, n int) (float64, error) {
	acc := make([]float64, k.Chains)
	switch {
	case k.Init == Bias && !k.Scaled:
		acc[0] = m.Bias[n]
	case k.Init == Lowest:
		acc[0] = math.Inf(-1)
	}
	term := 0
	for _, s := range k.Segments {
		x, w := m.X[s.Source], m.W[s.Weight]
		base := k.Batch.X*at.image + row.Offset + at.position*s.PosStride
		for block := range s.Blocks {
			for _, tap := range s.Taps {
				first := term
				term += s.PerBlock // those that do not exist count
				if tap.Row < row.TapRow || tap.Row >= row.TapRow+row.TapRows || run.Cols != nil && !run.Cols[tap.Col] {
					continue
				}
				for c := range min(s.PerBlock, s.Channels-block*s.PerBlock) {
					i := base + tap.Offset + block*s.BlockStride + c*s.ChannelStride
					if s.Lanes {
						i += n
					}
					if s.GroupOutputs > 0 {
						i += n / s.GroupOutputs * s.GroupStride
					}
					if i < 0 || i >= len(x) {
						return 0, fmt.Errorf("kernel: operand of output %d at %v lies outside: x[%d]", n, at, i)
					}
					if s.Weight == "" {
						acc[(first+c)%k.Chains] = k.combine(a, acc[(first+c)%k.Chains], x[i])
						continue
					}
					out, in := n, block*s.PerBlock+c
					if s.Swapped {
						out, in = in, out
					}
					j := m.Index(out, in, tap.Weight)
					if j < 0 || j >= len(w) {
						return 0, fmt.Errorf("kernel: operand of output %d at %v lies outside: w[%d]", n, at, j)
					}
					acc[(first+c)%k.Chains] = a.MulAdd(w[j], x[i], acc[(first+c)%k.Chains])
				}
			}
		}
	}
	for h := k.Chains / 2; h >= 1; h /= 2 {
		for i := range h {
			acc[i] = a.Apply(expr.OpAdd, acc[i], acc[i+h])
		}
	}
	switch {
	case k.Scaled && k.Init == Bias:
		return a.MulAdd(m.Scale[n], acc[0], m.Bias[n]), nil
	case k.Scaled:
		return a.Apply(expr.OpMul, m.Scale[n], acc[0]), nil
	}
	return acc[0], nil
}

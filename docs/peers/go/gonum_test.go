package peers

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// gonumNet computes with blas32: Gemv for one sample, Gemm for a batch.
// Weights are [out][in].
type gonumNet struct {
	w                  *workload
	batch              int
	weight, act, delta []blas32.General
	bias               [][]float32
	labels             []int
	target             []float32
}

func matrix(rows, columns int, scale float32) blas32.General {
	return blas32.General{Rows: rows, Cols: columns, Stride: columns, Data: uniform(rows*columns, scale)}
}

func vector(x []float32) blas32.Vector { return blas32.Vector{N: len(x), Inc: 1, Data: x} }

func newGonum(w *workload, batch int) *gonumNet {
	n := &gonumNet{w: w, batch: batch}
	for l, width := range w.widths {
		n.act, n.delta = append(n.act, matrix(batch, width, 1)), append(n.delta, matrix(batch, width, 0))
		if l > 0 {
			n.weight = append(n.weight, matrix(width, w.widths[l-1], float32(1/math.Sqrt(float64(w.widths[l-1])))))
			n.bias = append(n.bias, uniform(width, 0.05))
		}
	}
	outputs := w.widths[len(w.widths)-1]
	n.target = uniform(batch*outputs, 0.5)
	for range batch {
		n.labels = append(n.labels, rand.IntN(outputs))
	}
	return n
}

func (n *gonumNet) forward() {
	for l := range n.weight {
		x, y := n.act[l], n.act[l+1]
		for s := range n.batch {
			copy(y.Data[s*y.Cols:], n.bias[l])
		}
		if n.batch == 1 {
			blas32.Gemv(blas.NoTrans, 1, n.weight[l], vector(x.Data), 1, vector(y.Data))
		} else {
			blas32.Gemm(blas.NoTrans, blas.Trans, 1, x, n.weight[l], 1, y)
		}
		activate(n.w.act(l), y.Data, y.Cols)
	}
}

func (n *gonumNet) train() {
	n.forward()
	last := len(n.weight)
	outputGradient(n.w.output, n.delta[last].Data, n.act[last].Data, n.target, n.labels)
	for l := last - 1; l >= 0; l-- {
		x, dx, dy := n.act[l], n.delta[l], n.delta[l+1]
		if l > 0 {
			if n.batch == 1 {
				blas32.Gemv(blas.Trans, 1, n.weight[l], vector(dy.Data), 0, vector(dx.Data))
			} else {
				blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dy, n.weight[l], 0, dx)
			}
			activationGradient(n.w.hidden, dx.Data, x.Data)
		}
		if n.batch == 1 {
			blas32.Ger(-learningRate, vector(dy.Data), vector(x.Data), n.weight[l])
		} else {
			blas32.Gemm(blas.Trans, blas.NoTrans, -learningRate, dy, x, 1, n.weight[l])
		}
		for i, d := range dy.Data {
			n.bias[l][i%dy.Cols] -= learningRate * d
		}
	}
}

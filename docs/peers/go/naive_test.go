package peers

import (
	"math"
	"math/rand/v2"
)

// naiveNet is loops over slices, as one writes them first, sample by sample;
// buffers are allocated once. Weights are [out][in].
type naiveNet struct {
	w                         *workload
	batch                     int
	weight, bias              [][]float32
	gradWeight, gradBias      [][]float32
	act, delta, input, target [][]float32
	labels                    []int
}

func newNaive(w *workload, batch int) *naiveNet {
	n := &naiveNet{w: w, batch: batch}
	for l, width := range w.widths {
		n.act, n.delta = append(n.act, make([]float32, width)), append(n.delta, make([]float32, width))
		if l > 0 {
			in := w.widths[l-1]
			n.weight = append(n.weight, uniform(in*width, float32(1/math.Sqrt(float64(in)))))
			n.bias = append(n.bias, uniform(width, 0.05))
			n.gradWeight, n.gradBias = append(n.gradWeight, make([]float32, in*width)), append(n.gradBias, make([]float32, width))
		}
	}
	outputs := w.widths[len(w.widths)-1]
	for range batch {
		n.input, n.target = append(n.input, uniform(w.widths[0], 1)), append(n.target, uniform(outputs, 0.5))
		n.labels = append(n.labels, rand.IntN(outputs))
	}
	return n
}

func (n *naiveNet) infer() {
	for s := range n.batch {
		n.forward(n.input[s])
	}
}

func (n *naiveNet) forward(input []float32) {
	copy(n.act[0], input)
	for l := range n.weight {
		x, y := n.act[l], n.act[l+1]
		for o := range y {
			sum := n.bias[l][o]
			row := n.weight[l][o*len(x) : (o+1)*len(x)]
			for i, v := range x {
				sum += row[i] * v
			}
			y[o] = sum
		}
		activate(n.w.act(l), y, len(y))
	}
}

func (n *naiveNet) train() {
	for l := range n.weight {
		clear(n.gradWeight[l])
		clear(n.gradBias[l])
	}
	for s := range n.batch {
		n.forward(n.input[s])
		n.backward(s)
	}
	scale := float32(learningRate) / float32(n.batch)
	for l := range n.weight {
		for i, g := range n.gradWeight[l] {
			n.weight[l][i] -= scale * g
		}
		for i, g := range n.gradBias[l] {
			n.bias[l][i] -= scale * g
		}
	}
}

func (n *naiveNet) backward(s int) {
	last := len(n.weight)
	outputGradient(n.w.output, n.delta[last], n.act[last], n.target[s], n.labels[s:s+1])
	for l := last - 1; l >= 0; l-- {
		x, dx, dy := n.act[l], n.delta[l], n.delta[l+1]
		for o, d := range dy {
			row := n.gradWeight[l][o*len(x) : (o+1)*len(x)]
			for i, v := range x {
				row[i] += d * v
			}
			n.gradBias[l][o] += d
		}
		if l == 0 {
			return
		}
		clear(dx)
		for o, d := range dy {
			row := n.weight[l][o*len(x) : (o+1)*len(x)]
			for i, v := range row {
				dx[i] += d * v
			}
		}
		activationGradient(n.w.hidden, dx, x)
	}
}

package verify

import (
	"math"
	"math/rand/v2"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
)

// trainingSteps is the number of training steps of a job.
const trainingSteps = 3

// NewJob draws a seed, samples, targets and training batches of at most the
// given number of samples; the samples of inference and the first batch are as
// many.
func NewJob(rng *rand.Rand, n *Network, most int) *Job {
	eval := samples(rng, n, most)
	j := &Job{Seed: rng.Uint64(), Inputs: eval.Inputs, Targets: eval.Targets}
	least := max(1, n.Plan.Prog.MinBatch)
	most = max(least, most)
	for i := range trainingSteps {
		count := most
		if i > 0 {
			count = least + rng.IntN(most-least+1)
		}
		j.Batches = append(j.Batches, samples(rng, n, count))
	}
	return j
}

// samples draws standard normal inputs, and targets that fit the losses.
func samples(rng *rand.Rand, n *Network, count int) (b Batch) {
	for range count {
		var x, y []float64
		for _, v := range n.Plan.Prog.Inputs {
			for range v.Size() {
				if v.DType == ir.Uint8 {
					x = append(x, float64(rng.IntN(256)))
					continue
				}
				x = append(x, float64(float32(rng.NormFloat64())))
			}
		}
		for _, o := range n.Plan.Prog.Outputs {
			y = append(y, targetOf(rng, o)...)
		}
		b.Inputs, b.Targets = append(b.Inputs, x), append(b.Targets, y)
	}
	return b
}

// targetOf draws what an output is compared with: a class, a distribution, or
// numbers between 0 and 1.
func targetOf(rng *rand.Rand, o ir.Output) []float64 {
	if o.Target == nil {
		return nil
	}
	if o.Class {
		y := make([]float64, o.Numbers())
		for i := range y {
			y[i] = float64(rng.IntN(o.Classes()))
		}
		return y
	}
	y := make([]float64, o.Value.Size())
	sum := 0.0
	for i := range y {
		y[i] = rng.Float64()
		sum += y[i]
	}
	for i := range y {
		if o.LossName == "cross_entropy" {
			y[i] /= sum
		}
		y[i] = float64(float32(y[i]))
	}
	return y
}

// denormalize moves standard normal inputs to where the network expects them.
func (n *Network) denormalize(j *Job) {
	at := 0
	for _, in := range n.Net.Inputs {
		size := 1
		for _, d := range in.Shape {
			size *= d
		}
		if norm := in.Normalize; norm != nil && !norm.Fit && !in.Bytes {
			move := func(rows [][]float64) {
				for _, r := range rows {
					for i := range size {
						x := &r[at+i]
						*x = float64(float32(norm.Mean[min(i, len(norm.Mean)-1)] + *x*norm.Std[min(i, len(norm.Std)-1)]))
					}
				}
			}
			move(j.Inputs)
			for _, b := range j.Batches {
				move(b.Inputs)
			}
		}
		at += size
	}
}

// randomParameters draws parameters none of which is zero, biases included,
// so that a place mixed up shows. Stored constants keep their values.
func randomParameters(rng *rand.Rand, prog *ir.Program) Values {
	all := Values(interp.InitialValues(prog, 1))
	for _, p := range prog.Params {
		info := p.Param
		if len(info.Values) > 0 {
			continue
		}
		w := make([]float64, p.Size())
		scale := 0.5
		if len(p.Shape) > 1 {
			scale = 1 / math.Sqrt(max(1, info.FanIn))
		}
		for i := range w {
			w[i] = float64(float32(scale * rng.NormFloat64()))
		}
		if info.Mask != nil {
			w = masked(w, info.Mask)
		}
		all[p] = w
	}
	return all
}

// masked keeps the connections of a mask.
func masked(w []float64, m *ir.Mask) []float64 {
	kept := make([]float64, len(w))
	for o, cols := range m.Cols {
		for _, k := range cols {
			kept[o*m.In+k] = w[o*m.In+k]
		}
	}
	return kept
}

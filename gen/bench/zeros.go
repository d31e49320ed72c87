package bench

import (
	"math/rand/v2"
	"os"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// zeroSamples is how many samples the share of zeros is taken over.
const zeroSamples = 16

// zeroShare returns the share of exact zeros among what the layers with
// weights read, the network's inputs left out, on samples like those of the
// benchmark and with the weights of a file. It is 0 if there is nothing to
// count.
func zeroShare(prog *ir.Program, weights string) (float64, error) {
	f, err := os.Open(weights)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	m := interp.New(prog)
	m.Batch = zeroSamples
	var tensors []nnrt.Tensor
	for _, p := range prog.Params {
		tensors = append(tensors, nnrt.Tensor{Name: p.Name, Shape: p.Shape})
	}
	err = nnrt.LoadTensors(f, tensors, nil, func(i int, v []float64) error {
		m.Set(prog.Params[i], append([]float64(nil), v...))
		return nil
	})
	if err != nil {
		return 0, err
	}
	rng := rand.New(rand.NewPCG(1, 0))
	for _, in := range prog.Inputs {
		rows := make([][]float64, zeroSamples)
		for s := range rows {
			rows[s] = make([]float64, in.Size())
			for i := range rows[s] {
				rows[s][i] = 2*rng.Float64() - 1
			}
		}
		m.Set(in, rows...)
	}
	if err := m.Run(prog.Infer); err != nil {
		return 0, err
	}
	zeros, all := 0, 0
	for _, op := range prog.Infer.Ops {
		d, ok := ir.Form(op).(*ir.Dense)
		if !ok || d.X.Kind != ir.Temp {
			continue
		}
		for _, row := range m.Get(d.X) {
			for _, v := range row {
				all++
				if v == 0 {
					zeros++
				}
			}
		}
	}
	return float64(zeros) / float64(max(1, all)), nil
}

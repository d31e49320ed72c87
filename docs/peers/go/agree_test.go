package peers

import (
	"math"
	"testing"
)

// TestAgree gives gonum and the loops the same parameters and samples: after
// steps of training they still agree, so they compute the same thing.
func TestAgree(t *testing.T) {
	for i := range workloads {
		w := &workloads[i]
		for _, batch := range []int{1, 5} {
			a, b := newGonum(w, batch), newNaive(w, batch)
			for l := range a.weight {
				copy(b.weight[l], a.weight[l].Data)
				copy(b.bias[l], a.bias[l])
			}
			for s := range batch {
				copy(b.input[s], a.act[0].Data[s*w.widths[0]:])
				copy(b.target[s], a.target[s*len(b.target[s]):])
				b.labels[s] = a.labels[s]
			}
			for range 3 {
				a.train()
				b.train()
			}
			for l := range a.weight {
				for k, v := range a.weight[l].Data {
					if !(math.Abs(float64(v-b.weight[l][k])) <= 1e-5) {
						t.Fatalf("%s, batch %d, weight %d of layer %d: gonum %g, loops %g", w.name, batch, k, l, v, b.weight[l][k])
					}
				}
			}
		}
	}
}

// Package peers compares generated networks with what a Go programmer has
// otherwise: nested loops and gonum's BLAS. It is a module of its own, so that
// nobody who uses nngen has to download gonum.
//
//	go test -bench . -benchtime 20ms -count 15
package peers

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// workload is a network, as in ../workloads.py.
type workload struct {
	name           string
	widths         []int
	hidden, output string
	generated      func(batch int) peer
}

// peer is an implementation of a workload for a batch size; train is nil for a
// batch that it does not take.
type peer struct {
	infer, train func()
}

const learningRate = 0.01

// act names the activation of layer l.
func (w *workload) act(l int) string {
	if l == len(w.widths)-2 {
		return w.output
	}
	return w.hidden
}

// uniform draws n numbers of −scale…scale.
func uniform(n int, scale float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = (2*rand.Float32() - 1) * scale
	}
	return x
}

var modes = []struct {
	name    string
	batches []int
}{{"infer", []int{1, 32, 256}}, {"train", []int{1, 32, 128}}}

// Benchmark has a benchmark per workload, mode, batch and peer; ns/op is per
// call, that is per batch.
func Benchmark(b *testing.B) {
	peers := []struct {
		name string
		make func(w *workload, batch int) peer
	}{
		{"nngen", func(w *workload, batch int) peer { return w.generated(batch) }},
		{"gonum", func(w *workload, batch int) peer { n := newGonum(w, batch); return peer{n.forward, n.train} }},
		{"naivego", func(w *workload, batch int) peer { n := newNaive(w, batch); return peer{n.infer, n.train} }},
	}
	for i := range workloads {
		w := &workloads[i]
		for _, m := range modes {
			for _, batch := range m.batches {
				for _, p := range peers {
					b.Run(w.name+"/"+m.name+"/"+strconv.Itoa(batch)+"/"+p.name, func(b *testing.B) {
						impl := p.make(w, batch)
						call := impl.infer
						if m.name == "train" {
							call = impl.train
						}
						if call == nil {
							b.Skip("the package is generated for smaller batches")
						}
						b.ReportAllocs()
						for b.Loop() {
							call()
						}
						b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/sample")
					})
				}
			}
		}
	}
}

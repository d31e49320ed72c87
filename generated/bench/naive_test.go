// Package bench compares W2 with the loop one would write by hand.
package bench

import (
	"math"
	"testing"

	"github.com/nngen-go/nngen/generated/bench/w2"
)

// naive is W2 as nested loops, one sum after the other. The weights lie in
// arrays, so that no bounds are checked.
type naive struct {
	w1 [128][784]float32
	b1 [128]float32
	w2 [10][128]float32
	b2 [10]float32
}

func (n *naive) forward(y *[10]float32, x *[784]float32, a1 *[128]float32) {
	for o := range n.w1 {
		s := n.b1[o]
		for i := range x {
			s += n.w1[o][i] * x[i]
		}
		a1[o] = max(s, 0)
	}
	largest := float32(math.Inf(-1))
	for o := range n.w2 {
		s := n.b2[o]
		for i := range a1 {
			s += n.w2[o][i] * a1[i]
		}
		y[o] = s
		largest = max(largest, s)
	}
	sum := float32(0)
	for o := range y {
		y[o] = float32(math.Exp(float64(y[o] - largest)))
		sum += y[o]
	}
	for o := range y {
		y[o] /= sum
	}
}

// pair returns the generated network, the naive one with the same weights and
// a sample.
func pair() (*w2.Net, *naive, *w2.Input) {
	g, n, x := w2.New(1), new(naive), new(w2.Input)
	for o := range n.w1 {
		for i := range n.w1[o] {
			n.w1[o][i] = g.Dense1Weight(o, i)
		}
		n.b1[o] = g.Dense1Bias(o)
	}
	for o := range n.w2 {
		for i := range n.w2[o] {
			n.w2[o][i] = g.Dense2Weight(o, i)
		}
		n.b2[o] = g.Dense2Bias(o)
	}
	for i := range x {
		x[i] = float32(i*37%256) / 255
	}
	return g, n, x
}

func TestNaive(t *testing.T) {
	g, n, x := pair()
	want := g.Predict(x)
	var y [10]float32
	n.forward(&y, (*[784]float32)(x), new([128]float32))
	for o := range y {
		if !(math.Abs(float64(y[o]-want[o])) < 1e-5) {
			t.Errorf("output %d: naive %g, generated %g", o, y[o], want[o])
		}
	}
}

// BenchmarkW2 is one inference of W2, generated and naive.
func BenchmarkW2(b *testing.B) {
	g, n, x := pair()
	b.Run("generated", func(b *testing.B) {
		var y w2.Output
		var ws w2.Workspace
		for b.Loop() {
			g.Forward(&y, x, &ws)
		}
	})
	b.Run("naive", func(b *testing.B) {
		var y [10]float32
		var a1 [128]float32
		for b.Loop() {
			n.forward(&y, (*[784]float32)(x), &a1)
		}
	})
}

package peers

import (
	"math/rand/v2"
	"unsafe"

	"github.com/nngen-go/nngen/generated/bench/w1"
	"github.com/nngen-go/nngen/generated/bench/w2"
	"github.com/nngen-go/nngen/generated/bench/w3"
	"github.com/nngen-go/nngen/generated/bench/w4"
	"github.com/nngen-go/nngen/generated/bench/w5"
	"github.com/nngen-go/nngen/generated/bench/w6"
)

var workloads = []workload{
	{"W1", []int{4, 32, 32, 2}, "tanh", "linear", func(b int) peer {
		t := w1.NewTrainer(w1.New(1), w1.Options{})
		return generated[w1.Input, w1.Output, w1.Target, w1.Workspace, w1.BatchWorkspace](w1.New(1), t, w1.MaxBatch, b)
	}},
	{"W2", []int{784, 128, 10}, "relu", "softmax", func(b int) peer {
		t := w2.NewTrainer(w2.New(1), w2.Options{})
		return generated[w2.Input, w2.Output, w2.Target, w2.Workspace, w2.BatchWorkspace](w2.New(1), t, w2.MaxBatch, b)
	}},
	{"W3", []int{784, 512, 512, 10}, "relu", "softmax", func(b int) peer {
		t := w3.NewTrainer(w3.New(1), w3.Options{})
		return generated[w3.Input, w3.Output, w3.Target, w3.Workspace, w3.BatchWorkspace](w3.New(1), t, w3.MaxBatch, b)
	}},
	{"W4", []int{640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640}, "relu", "linear", func(b int) peer {
		t := w4.NewTrainer(w4.New(1), w4.Options{})
		return generated[w4.Input, w4.Output, w4.Target, w4.Workspace, w4.BatchWorkspace](w4.New(1), t, w4.MaxBatch, b)
	}},
	{"W5", []int{256, 1024, 512, 256, 1}, "relu", "linear", func(b int) peer {
		t := w5.NewTrainer(w5.New(1), w5.Options{})
		return generated[w5.Input, w5.Output, w5.Target, w5.Workspace, w5.BatchWorkspace](w5.New(1), t, w5.MaxBatch, b)
	}},
	{"W6", []int{64, 64, 64, 64, 1}, "sigmoid", "sigmoid", func(b int) peer {
		t := w6.NewTrainer(w6.New(1), w6.Options{})
		return generated[w6.Input, w6.Output, w6.Target, w6.Workspace, w6.BatchWorkspace](w6.New(1), t, w6.MaxBatch, b)
	}},
}

// net and trainer are what the packages have in common: I and O are arrays of
// float32, T such an array or a class.
type net[I, O, W, B any] interface {
	Forward(y *O, x *I, ws *W)
	ForwardBatch(y []O, x []I, ws *B)
}

type trainer[I, T any] interface {
	Step(x []I, y []T) float32
}

// turns is how many samples take turns at batch 1.
const turns = 16

func generated[I, O, T, W, B any](n net[I, O, W, B], t trainer[I, T], most, batch int) peer {
	x, y := make([]I, max(batch, turns)), make([]O, batch)
	target := make([]T, max(batch, turns))
	for i := range x {
		fill(&x[i])
		fillTarget(&target[i])
	}
	one, ws := new(W), new(B)
	p := peer{infer: func() { n.ForwardBatch(y, x[:batch], ws) }}
	if batch <= most {
		p.train = func() { t.Step(x[:batch], target[:batch]) }
	}
	if batch == 1 {
		s := 0
		next := func() int { s = (s + 1) % turns; return s }
		p.infer = func() { n.Forward(&y[0], &x[next()], one) }
		p.train = func() { i := next(); t.Step(x[i:i+1], target[i:i+1]) }
	}
	return p
}

// fill draws the numbers of an array of float32.
func fill[A any](a *A) {
	copy(unsafe.Slice((*float32)(unsafe.Pointer(a)), int(unsafe.Sizeof(*a)/4)), uniform(int(unsafe.Sizeof(*a)/4), 1))
}

// fillTarget draws an array of float32, or a class.
func fillTarget[T any](t *T) {
	switch c := any(t).(type) {
	case *w2.Target:
		*c = w2.Target(rand.IntN(w2.Outputs))
	case *w3.Target:
		*c = w3.Target(rand.IntN(w3.Outputs))
	default:
		fill(t)
	}
}

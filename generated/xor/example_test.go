package xor_test

import (
	"fmt"

	"github.com/nngen-go/nngen/generated/xor"
)

// A network is trained by steps on batches of samples.
func ExampleTrainer_Step() {
	net := xor.New(1)
	trainer := xor.NewTrainer(net, xor.Options{Seed: 1})
	defer trainer.Close()
	x := []xor.Input{{0, 0}, {0, 1}, {1, 0}, {1, 1}}
	y := []xor.Target{{0}, {1}, {1}, {0}}
	var loss float32
	for range 2000 {
		loss = trainer.Step(x, y)
	}
	fmt.Println("learnt:", loss < 0.05)
	// Output: learnt: true
}

// Gradients of several batches can be added up before a step, and one network
// can be read while a copy of it is trained.
func ExampleTrainer_Gradients() {
	serving := xor.New(1)
	net := serving.Clone()
	trainer := xor.NewTrainer(net, xor.Options{Seed: 1})
	defer trainer.Close()
	var sum, g xor.Gradients
	trainer.Gradients(&sum, []xor.Input{{0, 1}}, []xor.Target{{1}})
	trainer.Gradients(&g, []xor.Input{{1, 1}}, []xor.Target{{0}})
	sum.Add(&g)
	sum.Scale(0.5) // the mean of two batches
	trainer.Apply(&sum)
	before, after := serving.Predict(&xor.Input{0, 1}), net.Predict(&xor.Input{0, 1})
	serving.CopyFrom(net)
	now := serving.Predict(&xor.Input{0, 1})
	fmt.Println("trained:", before != after, "serving:", now == after)
	// Output: trained: true serving: true
}

// The scratch of an inference lies on the stack, or in a workspace that a
// goroutine keeps.
func ExampleNet_Predict() {
	net := xor.New(1)
	x := xor.Input{1, 0}
	var y xor.Output
	var ws xor.Workspace
	net.Forward(&y, &x, &ws)
	fmt.Println(y == net.Predict(&x))
	// Output: true
}

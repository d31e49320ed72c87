package spec_test

import (
	"errors"
	"fmt"

	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// Everything wrong with a spec is reported at once: the place, what was
// expected, the code of the error, and what to do.
func ExampleDecode() {
	_, err := spec.Decode("net.yaml", []byte(`nngen: 1
input: {shape: [4]}
layers:
  - dense: {unit: 8, activation: rellu}
loss: mse
`), op.Vocabulary())
	fmt.Println(err)
	var list spec.ErrorList
	if errors.As(err, &list) {
		fmt.Println(list[0].Pos.Line, list[0].Code)
	}
	// Output:
	// net.yaml:4:13: layer 1 (dense "dense1") has no field unit (NN202)
	//       - dense: {unit: 8, activation: rellu}
	//                 ^
	//     did you mean units?
	// net.yaml:4:34: layer 1 (dense "dense1"): activation must be a known activation, got "rellu" (NN203)
	//       - dense: {unit: 8, activation: rellu}
	//                                      ^
	//     did you mean relu?
	// 4 NN202
}

// A spec has one canonical form, with the defaults written out.
func ExampleFormat() {
	text, err := spec.Format("net.yaml", []byte("nngen: 1\ninput: {shape: [4]}\nlayers: [{dense: {units: 2}}]\nloss: mse # of the rates\n"), op.Vocabulary())
	fmt.Printf("%s%v", text, err)
	// Output:
	// nngen: 1
	// name: net
	// package: net
	// inputs:
	//   x: {shape: [4]}
	// layers:
	//   - dense:
	//       name: dense1
	//       from: [x]
	//       units: 2
	//       activation: linear
	//       use_bias: true
	//       bias_initializer: zeros
	//       trainable: true
	// outputs:
	//   # of the rates
	//   y: {from: dense1, loss: {mse: {reduction: mean}}, weight: 1}
	// optimizer: {sgd: {learning_rate: 0.01, momentum: 0, dampening: 0, weight_decay: 0, nesterov: false}}
	// numeric: {mode: fast, dtype: float32}
	// codegen:
	//   train: true
	//   batch: 32
	//   unroll: auto
	//   simd: [auto]
	//   storage: float32
	//   standalone: false
	//   skip_zeros: auto
	// <nil>
}

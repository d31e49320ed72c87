package gentest

import (
	"fmt"
	"strings"
)

// Runs are networks with runs of equal layers, of every kind of loop.
var Runs = []string{
	run(16, 9, "relu", "", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\n"),
	run(21, 7, "gelu", "", "loss: mse\noptimizer: {adam: {learning_rate: 0.01}}\ncodegen: {batch: 5}\n"),
	run(16, 8, "tanh", "", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05, momentum: 0.9}}\ncodegen: {batch: 7, simd: none}\n"),
	run(6, 12, "sigmoid", "", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\ncodegen: {unroll: full}\n"),
	run(18, 8, "silu", "", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\nnumeric: {dtype: float64, mode: reproducible}\n"),
	run(16, 7, "relu", "dropout: {rate: 0.2}", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\n"),
	run(20, 7, "relu, drop_connect: 0.2", "", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\n"),
	run(16, 6, "linear, drop_connect: 0.2", "", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\n"),
	run(20, 7, "relu, kernel_regularizer: {l1: 0.01}", "prelu", "loss: mse\noptimizer: {adamw: {learning_rate: 0.01, clip: {norm: 1}}}\n"),
	run(8, 6, "relu", "batch_normalization: {statistics: batch}", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\ncodegen: {batch: 6}\n"),
	run(16, 7, "linear", "layer_normalization", "loss: mse\noptimizer: {sgd: {learning_rate: 0.05}}\n"),
	residual(6),
	heads(5),
	run(16, 9, "relu", "", "codegen: {train: false}\n"),
	run(16, 9, "relu", "", "codegen: {train: false, storage: float16}\n"),
}

// run is dense layers of a width with something after each but the last.
func run(width, layers int, activation, after, rest string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "nngen: 1\nname: run\ninput: {shape: [%d]}\nlayers:\n", width)
	for i := range layers {
		if i == layers-1 {
			activation, after = "linear", ""
		}
		fmt.Fprintf(&b, "  - dense: {units: %d, activation: %s}\n", width, activation)
		if after != "" {
			fmt.Fprintf(&b, "  - %s\n", after)
		}
	}
	return b.String() + rest
}

// heads is a network of equal outputs.
func heads(n int) string {
	var layers, outputs strings.Builder
	for i := range n {
		fmt.Fprintf(&layers, "  - dense: {name: head%d, from: stem, units: 16}\n", i)
		fmt.Fprintf(&outputs, "  y%d: {from: head%d, loss: mse}\n", i, i)
	}
	return "nngen: 1\nname: run\ninput: {shape: [16]}\nlayers:\n  - dense: {name: stem, units: 16, activation: tanh}\n" + layers.String() +
		"outputs:\n" + outputs.String() + "optimizer: {sgd: {learning_rate: 0.05}}\n"
}

// residual is a classifier of equal residual blocks.
func residual(blocks int) string {
	var b strings.Builder
	b.WriteString("nngen: 1\nname: run\ninput: {shape: [12]}\nlayers:\n  - dense: {name: block0, units: 16}\n")
	for i := range blocks {
		fmt.Fprintf(&b, "  - dense: {name: wide%d, from: block%d, units: 24, activation: elu}\n", i+1, i)
		fmt.Fprintf(&b, "  - dense: {name: narrow%d, units: 16}\n", i+1)
		fmt.Fprintf(&b, "  - add: {name: block%d, from: [narrow%d, block%d]}\n", i+1, i+1, i)
	}
	fmt.Fprintf(&b, "  - dense: {name: head, from: block%d, units: 5}\n  - softmax\n", blocks)
	return b.String() + "loss: cross_entropy\noptimizer: {adam: {learning_rate: 0.01}}\n"
}

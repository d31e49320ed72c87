// Package export writes a network with its parameters as an ONNX model, which
// ONNX Runtime and every other reader of ONNX run.
//
// The graph has a node or a few per layer, named by the spec; the batch is the
// symbolic first dimension. It is operator set 17. What only training knows
// (dropout, losses, the optimiser, regularisers) is left out, and a mask leaves
// zeros in its weight.
//
// Layers are rows of the table in layers.go. Activations need none: what has no
// operator in activations.go is written by the formula of its row in package op.
package export

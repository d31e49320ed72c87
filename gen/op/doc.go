// Package op is the vocabulary of the compiler: activations, losses,
// optimisers, schedules, regularisers and initialisers as rows of literal
// tables, and layers as one file each, forward and gradient side by side.
//
// A row is the only place where its word is defined: the language (its
// fields, defaults and documentation), the mathematics (value and derivative
// in the scalar expression language of gen/ir/expr), and everything that
// reads it: decoder, JSON Schema, interpreter, Go emitter, gradient check.
//
// Layers see shapes without the batch (Tensor), row-major; values of the
// program are plain vectors. dense reads all elements of a sample, whatever
// their shape; softmax and log_softmax, concat, argmax and argmin do so unless
// they have an axis. A parameter per feature (scale_shift, prelu,
// normalisation) is stored in the shape of the axes it belongs to, as
// <layer>.weight and <layer>.bias.
//
// To add an activation, loss, optimiser, schedule, regulariser or
// initialiser, add a row to its table. To add a layer, add a file with its
// Layer and a line to the table in layers.go.
package op

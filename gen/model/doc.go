// Package model reads trained models of other frameworks as networks of nngen:
// the spec, and the weights as a weight file. It finds what the formats' own
// packages (spec/onnx/importer) leave open: files beside the model, the
// training that the language allows, reference inputs and outputs; and it
// compares an ONNX model with the network that was made of it (prove.go). To add a
// format, add a file that reads it and a row to formats in import.go.
package model

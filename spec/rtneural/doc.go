// Package rtneural imports models in RTNeural's JSON format, as its Python
// scripts write them from Keras and PyTorch: a spec as a person would have
// written it, and the weights under their canonical names.
//
// Dense layers, activations, prelu and batch normalisation are read; what
// looks at a sequence (convolutions, GRU, LSTM) is refused by layer. Layers are
// rows of the table in layers.go.
package rtneural
